/*-------------------------------------------------------------------------
 *
 * readable.c
 *	  Texts that may come from a database of another encoding.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "show/readable.h"

/*
 * The text itself, or, where it is not valid in the encoding of this database,
 * a copy in which only the ASCII characters are left.
 */
const char *
tend_readable(const char *text)
{
	char	   *copy;

	if (pg_verifymbstr(text, strlen(text), true))
		return text;

	copy = pstrdup(text);
	for (char *c = copy; *c != '\0'; c++)
		*c = IS_HIGHBIT_SET(*c) ? '?' : *c;
	return copy;
}
