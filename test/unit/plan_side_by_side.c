/*-------------------------------------------------------------------------
 *
 * plan_side_by_side.c
 *	  Tests of src/advise/plan_side_by_side.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/plan_side_by_side.h"
#include "common/pg_prng.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

static int
utf8_bytes(const char *s)
{
	return pg_encoding_mblen(PG_UTF8, s);
}

static int
utf8_columns(const char *s)
{
	return pg_encoding_dsplen(PG_UTF8, s);
}

static const TendPlanRuler utf8 = {utf8_bytes, utf8_columns};

static void
collect(const char *row, void *arg)
{
	appendStringInfo((StringInfo) arg, "%s\n", row);
}

static const char *
table(const char *old_plan, const char *new_plan, const TendPlanRuler *ruler)
{
	static StringInfoData out;

	if (out.data == NULL)
		initStringInfo(&out);
	resetStringInfo(&out);
	tend_plan_side_by_side("old 1", old_plan, "new 2", new_plan, ruler, collect, &out);
	return out.data;
}

static void
check_looks(void)
{
	tap_text(table("Sort  (cost=0.29..8.31 rows=1 width=4)\n  ->  Seq Scan on a  (cost=0.29..8.31 rows=1 width=4)\n        Filter: (x)",
				   "Seq Scan on a  (cost=0.29..9.31 rows=2 width=4)", &utf8),
			 "old 1                                     new 2\n"
			 "---------------------------------------------------------------------------\n"
			 "Sort  (cost=8.31 rows=1)                <\n"
			 "  ->  Seq Scan on a  (cost=8.31 rows=1) ~ Seq Scan on a  (cost=9.31 rows=2)\n"
			 "        Filter: (x)                     <\n",
			 "columns are as wide as needed, costs are short");
	tap_text(table(NULL, NULL, NULL),
			 "old 1   new 2\n"
			 "-------------\n",
			 "no plans: a table without lines");
	tap_text(table("a\tb\x1b[31m", "a", &utf8),
			 "old 1      new 2\n"
			 "----------------\n"
			 "a?b?[31m <\n"
			 "         > a\n",
			 "control characters are shown as ?");
	tap_text(table("Scan on \xe6\xbc\xa2\xc3\xa9", "Scan", &utf8),
			 "old 1         new 2\n"
			 "-------------------\n"
			 "Scan on \xe6\xbc\xa2\xc3\xa9 <\n"
			 "            > Scan\n",
			 "columns of wide characters are counted");
}

static void
check_costs(void)
{
	static const char *const odd[] = {
		"A  (cost=", "A  (cost=1.00..", "A  (cost=1.00..2.00 rows=1 width=", "A  (cost=) width=)..",
		"A  (cost=.. width=4)", "A  (cost=1 rows=1 width=1)",
	};

	for (int i = 0; i < (int) lengthof(odd); i++)
		tap_contains(table(odd[i], NULL, NULL), "A  (cost=", psprintf("odd costs: %s", odd[i]));
}

/* ---- long lines ---- */

/* The longest row, in columns; its indentation apart */
static int
widest(const char *rows)
{
	int			most = 0;

	while (*rows != '\0')
	{
		int			columns = 0;

		for (; *rows != '\n'; rows += utf8_bytes(rows))
			columns += utf8_columns(rows);
		most = Max(most, columns);
		rows++;
	}
	return most;
}

static int
count_rows(const char *rows)
{
	int			n = 0;

	for (; *rows != '\0'; rows++)
		n += *rows == '\n';
	return n;
}

#define TABLE_WIDTH (2 * TEND_PLAN_COLUMN_WIDTH + 3)

static char *
long_filter(const char *word, int words)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n  Filter:");
	for (int i = 0; i < words; i++)
		appendStringInfo(&out, " %s", word);
	return out.data;
}

static void
check_long(void)
{
	const char *rows = table(long_filter("words", 30), long_filter("words", 30), &utf8);

	tap_ok(widest(rows) <= TABLE_WIDTH, "a long line goes on in the next row");
	tap_ok(count_rows(rows) == 6, "and takes as many as it needs");
	rows = table(long_filter("words", 20000), long_filter("\xe6\xbc\xa2\xe6\xbc\xa2", 20000), &utf8);
	tap_ok(widest(rows) <= TABLE_WIDTH && pg_encoding_verifymbstr(PG_UTF8, rows, strlen(rows)) == (int) strlen(rows),
		   "a very long one is cut, between characters");
	tap_ok(count_rows(rows) <= 3 + 7 * 2, "after a few rows");
	tap_contains(rows, "...", "and shows it");
	tap_ok(widest(table(psprintf("%400sA", ""), psprintf("%4000s->  B", ""), NULL)) <= TABLE_WIDTH,
		   "indentation has a limit, too");
}

/* Random characters, valid in UTF-8 and not */
static void
check_random(void)
{
	static const char *const pieces[] = {
		"\n", "\n  ", " ", "->  ", "  (cost=", "..", " rows=", " width=", ")", "word", "\xc3\xa9",
		"\xe6\xbc\xa2", "\xf0\x9f\x98\x80", "e\xcc\x81", "          ", "\x01", "Filter: ", "\xff", "\xe6", "\xf0\x9f"
	};
	const int	valid = lengthof(pieces) - 3;
	pg_prng_state random;
	int			wide = 0;
	int			torn = 0;

	pg_prng_seed(&random, 4);
	for (int i = 0; i < 5000; i++)
	{
		int			kinds = i % 2 ? valid : (int) lengthof(pieces);
		StringInfoData sides[2];
		const char *rows;

		for (int side = 0; side < 2; side++)
		{
			initStringInfo(&sides[side]);
			for (int n = pg_prng_uint64_range(&random, 0, 150); n > 0; n--)
				appendStringInfoString(&sides[side], pieces[pg_prng_uint64_range(&random, 0, kinds - 1)]);
		}
		rows = table(sides[0].data, sides[1].data, i % 3 ? &utf8 : NULL);
		if (kinds == valid && i % 3)
		{
			wide += widest(rows) > TABLE_WIDTH;
			torn += pg_encoding_verifymbstr(PG_UTF8, rows, strlen(rows)) != (int) strlen(rows);
		}
		pfree(sides[0].data);
		pfree(sides[1].data);
	}
	tap_ok(wide == 0, "no table is too wide");
	tap_ok(torn == 0, "no character is torn");
}

int
main(void)
{
	check_looks();
	check_costs();
	check_long();
	check_random();
	return tap_done();
}
