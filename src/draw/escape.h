/*-------------------------------------------------------------------------
 *
 * escape.h
 *	  Text of strangers, for a page.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESCAPE_H
#define TEND_ESCAPE_H

#include "advise/words.h"
#include "draw/draw.h"

extern const char *tend_escape(const char *text);
extern const char *tend_escape_clipped(const char *text, int max_chars);
extern const char *tend_escape_word(TendWord word);

#endif							/* TEND_ESCAPE_H */
