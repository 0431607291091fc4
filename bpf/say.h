/*-------------------------------------------------------------------------
 *
 * say.h
 *	  Messages of pg_tend_iotrace, to standard error.
 *
 * Under systemd that is the journal, which knows the priority by a prefix.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SAY_H
#define TEND_SAY_H

#include <stdbool.h>

extern bool tend_verbose;

/* what went wrong, and what is only worth knowing */
extern void tend_say_error(const char *format,...) __attribute__((format(printf, 1, 2)));
extern void tend_say(const char *format,...) __attribute__((format(printf, 1, 2)));

/* only with --verbose */
extern void tend_say_more(const char *format,...) __attribute__((format(printf, 1, 2)));

#endif							/* TEND_SAY_H */
