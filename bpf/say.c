/*-------------------------------------------------------------------------
 *
 * say.c
 *	  Messages of pg_tend_iotrace.
 *
 * One line each, in one write, so that lines of several processes stay whole.
 *
 *-------------------------------------------------------------------------
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "say.h"

bool		tend_verbose = false;

/* priority: as of syslog(3) */
static void
say(int priority, const char *format, va_list arguments)
{
	char		line[1024];

	vsnprintf(line, sizeof(line), format, arguments);
	if (getenv("JOURNAL_STREAM") != NULL)
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "pg_tend_iotrace: %s\n", line);
}

void
tend_say_error(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	say(3, format, arguments);
	va_end(arguments);
}

void
tend_say(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	say(6, format, arguments);
	va_end(arguments);
}

void
tend_say_more(const char *format,...)
{
	va_list		arguments;

	if (!tend_verbose)
		return;
	va_start(arguments, format);
	say(7, format, arguments);
	va_end(arguments);
}
