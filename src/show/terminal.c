/*-------------------------------------------------------------------------
 *
 * terminal.c
 *	  Texts for a terminal of fixed width: tend.sparkline(), tend.shorten(),
 *	  tend.wrap(), tend.short_count() and tend.short_duration()
 *
 * Widths are columns of the terminal, as psql counts them: a Chinese
 * character takes two, an accent that joins the letter before it none.
 * Control characters, which psql would write as several, become spaces.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/words.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(tend_sparkline);
PG_FUNCTION_INFO_V1(tend_shorten);
PG_FUNCTION_INFO_V1(tend_wrap);
PG_FUNCTION_INFO_V1(tend_short_count);
PG_FUNCTION_INFO_V1(tend_short_duration);

/* Can the client show what is neither ASCII nor a name of the user's? */
static bool
has_unicode(void)
{
	return GetDatabaseEncoding() == PG_UTF8 && pg_get_client_encoding() == PG_UTF8;
}

/* ---- sparklines ---- */

#define LEVELS	8

static const char *const blocks[LEVELS] = {
	"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
	"\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"
};
static const char *const ascii_blocks[LEVELS] = {"_", ".", ",", "-", "=", "+", "*", "#"};

/* 0 has the lowest block for itself, and the top and more the highest. */
static int
level_of(double value, double top)
{
	if (value <= 0 || top <= 0)
		return 0;
	return Min(1 + (int) (Min(value / top, 1) * (LEVELS - 1)), LEVELS - 1);
}

static bool
is_known(Datum value, bool isnull)
{
	return !isnull && !isnan(DatumGetFloat8(value));
}

/*
 * tend.sparkline(series, top) - one character for each value; a space for NULL
 *
 * Without a top, the largest value is the highest.
 */
Datum
tend_sparkline(PG_FUNCTION_ARGS)
{
	const char *const *ramp = has_unicode() ? blocks : ascii_blocks;
	double		top = PG_ARGISNULL(1) ? 0 : PG_GETARG_FLOAT8(1);
	StringInfoData out;
	Datum	   *values;
	bool	   *nulls;
	int			n;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &values, &nulls, &n);
	for (int i = 0; i < n && PG_ARGISNULL(1); i++)
		if (is_known(values[i], nulls[i]) && !isinf(DatumGetFloat8(values[i])))
			top = Max(top, DatumGetFloat8(values[i]));
	initStringInfo(&out);
	for (int i = 0; i < n; i++)
		appendStringInfoString(&out, is_known(values[i], nulls[i]) ?
							   ramp[level_of(DatumGetFloat8(values[i]), top)] : " ");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* ---- widths ---- */

/* A text that is read character by character */
typedef struct Reader
{
	const char *at;
	const char *end;
} Reader;

typedef struct Character
{
	const char *bytes;
	int			len;
	int			width;			/* 0: joins the one before it */
	bool		is_space;
	bool		is_newline;
} Character;

static bool
next_character(Reader *reader, Character *c)
{
	if (reader->at >= reader->end)
		return false;
	c->bytes = reader->at;
	c->len = Min(pg_mblen(reader->at), (int) (reader->end - reader->at));
	c->width = pg_dsplen(reader->at);
	c->is_newline = *reader->at == '\n';
	c->is_space = c->width < 0 || *reader->at == ' ';
	if (c->width < 0)
	{
		c->bytes = " ";
		c->width = 1;
	}
	reader->at += c->len;
	c->len = c->bytes == reader->at - c->len ? c->len : 1;
	return true;
}

static Reader
read_text(text *t)
{
	Reader		reader = {VARDATA_ANY(t), VARDATA_ANY(t) + VARSIZE_ANY_EXHDR(t)};

	return reader;
}

static int
width_argument(int32 width)
{
	if (width < 4)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a width of %d columns is too small", width),
				 errhint("Use 4 or more.")));
	return width;
}

/*
 * tend.shorten(text, width) - its beginning, with an ellipsis where it is longer
 */
Datum
tend_shorten(PG_FUNCTION_ARGS)
{
	Reader		reader = read_text(PG_GETARG_TEXT_PP(0));
	int			width = width_argument(PG_GETARG_INT32(1));
	const char *ellipsis = has_unicode() ? "\xe2\x80\xa6" : "...";
	int			room = width - (has_unicode() ? 1 : 3);
	int			used = 0;
	int			kept = 0;		/* bytes that leave room for the ellipsis */
	StringInfoData out;
	Character	c;

	initStringInfo(&out);
	while (next_character(&reader, &c))
	{
		if (used + c.width > width)
		{
			out.len = kept;
			appendStringInfoString(&out, ellipsis);
			break;
		}
		appendBinaryStringInfo(&out, c.bytes, c.len);
		used += c.width;
		if (used <= room)
			kept = out.len;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* A text that is being broken into lines */
typedef struct Wrapping
{
	StringInfoData out;
	int			width;
	int			used;			/* columns of the last line */
	int			space;			/* where its last space is; -1: it has none */
	int			after_space;	/* columns behind that space */
} Wrapping;

static void
begin_line(Wrapping *w)
{
	w->used = 0;
	w->space = -1;
	w->after_space = 0;
}

/* Make room for a character: at the last space, or else here. */
static void
break_line(Wrapping *w)
{
	int			rest = w->after_space;

	if (w->space >= 0)
	{
		w->out.data[w->space] = '\n';
		begin_line(w);
		w->used = rest;
		return;
	}
	appendStringInfoChar(&w->out, '\n');
	begin_line(w);
}

static void
wrap_character(Wrapping *w, const Character *c)
{
	if (c->is_newline)
	{
		appendStringInfoChar(&w->out, '\n');
		begin_line(w);
		return;
	}
	if (w->used + c->width > w->width)
	{
		if (c->is_space)
		{
			/* the end of the line stands for it */
			appendStringInfoChar(&w->out, '\n');
			begin_line(w);
			return;
		}
		break_line(w);
	}
	if (c->is_space)
	{
		w->space = w->out.len;
		w->after_space = 0;
	}
	else
		w->after_space += c->width;
	appendBinaryStringInfo(&w->out, c->bytes, c->len);
	w->used += c->width;
}

/*
 * tend.wrap(text, width) - the text, broken into lines
 */
Datum
tend_wrap(PG_FUNCTION_ARGS)
{
	Reader		reader = read_text(PG_GETARG_TEXT_PP(0));
	Wrapping	w = {.width = width_argument(PG_GETARG_INT32(1))};
	Character	c;

	initStringInfo(&w.out);
	begin_line(&w);
	while (next_character(&reader, &c))
		wrap_character(&w, &c);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(w.out.data, w.out.len));
}

/* ---- numbers ---- */

/*
 * tend.short_count(n) - three digits and a prefix
 */
Datum
tend_short_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(tend_word_short(PG_GETARG_FLOAT8(0)).str));
}

/*
 * tend.short_duration(seconds) - as people say it
 */
Datum
tend_short_duration(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(tend_word_duration(PG_GETARG_FLOAT8(0)).str));
}
