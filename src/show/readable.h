/*-------------------------------------------------------------------------
 *
 * readable.h
 *	  Texts that may come from a database of another encoding.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_READABLE_H
#define TEND_READABLE_H

extern const char *tend_readable(const char *text);

#endif							/* TEND_READABLE_H */
