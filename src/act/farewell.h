/*-------------------------------------------------------------------------
 *
 * farewell.h
 *	  Say what stays behind when the extension is dropped.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_FAREWELL_H
#define TEND_FAREWELL_H

extern void tend_farewell_install(void);

#endif							/* TEND_FAREWELL_H */
