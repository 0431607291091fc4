/*-------------------------------------------------------------------------
 *
 * version.h
 *	  The version of the library, which is that of the extension's objects.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VERSION_H
#define TEND_VERSION_H

#define TEND_VERSION "1.0"

#endif							/* TEND_VERSION_H */
