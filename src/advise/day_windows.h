/*-------------------------------------------------------------------------
 *
 * day_windows.h
 *	  Times of the day: "08:00-18:00, 23:30-00:30".
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DAY_WINDOWS_H
#define TEND_DAY_WINDOWS_H

extern bool tend_day_windows_valid(const char *windows);
extern bool tend_day_windows_contain(const char *windows, int minute_of_day);

#endif							/* TEND_DAY_WINDOWS_H */
