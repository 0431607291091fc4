/*-------------------------------------------------------------------------
 *
 * page.h
 *	  The parts of a page that are not plots.
 *
 * Texts that are passed in are plain; they are escaped here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PAGE_H
#define TEND_PAGE_H

#include "draw/draw.h"

typedef struct TendColumn
{
	const char *name;
	bool		is_number;
	bool		is_long;		/* sentences */
	bool		is_code;		/* long, too */
} TendColumn;

extern const char tend_page_style[];

extern void tend_page_begin(StringInfo out, const char *title, const char *generator);
extern void tend_page_end(StringInfo out);

extern void tend_section_begin(StringInfo out, const char *id, const char *title);
extern void tend_section_end(StringInfo out);
extern void tend_paragraph(StringInfo out, const char *css, const char *text);
extern void tend_small_multiples_begin(StringInfo out);
extern void tend_small_multiples_end(StringInfo out);

extern void tend_table_begin(StringInfo out, const char *caption, const TendColumn *columns, int n);
extern void tend_table_row(StringInfo out, const TendColumn *columns, const char *const *cells, int n);
extern void tend_table_end(StringInfo out);

extern const char *tend_severity_css(const char *severity);

#endif							/* TEND_PAGE_H */
