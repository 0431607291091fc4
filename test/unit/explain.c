/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  Tests of src/advise/explain.c
 *
 * The story itself is read in the regression tests; here it is short, keeps
 * to its lines and survives whatever facts there may be.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include <ctype.h>

#include "advise/explain.h"

#define NOW (INT64CONST(800000000) * USECS_PER_SEC)

typedef struct Setup
{
	TendTableFacts table;
	TendAutovacuumSettings settings;
	TendHorizon horizon;
	TendTableSize size;
	TendTableCase tc;
}			Setup;

static void
set_up(Setup * s, const char *heap, const char *toast)
{
	s->settings = given_settings("");
	s->table = given_table(heap, "", toast, "");
	memset(&s->horizon, 0, sizeof(s->horizon));
	s->size = (TendTableSize)
	{
		81920, 16384, 0
	};
	s->tc = (TendTableCase)
	{
		.facts = &s->table,
			.settings = &s->settings,
			.horizon = &s->horizon,
			.age_policy =
		{
			500000000, 1000000000
		},
			.overdue = 2,
			.dead_per_second = 1,
			.burn =
		{
			1000, 10
		},
			.now = NOW
	};
}

static void
hold(Setup * s, const char *who, const char *remedy)
{
	s->horizon.held = true;
	s->horizon.xmin_age = 1000;
	s->horizon.since = NOW - 3600 * USECS_PER_SEC;
	strlcpy(s->horizon.who, who, sizeof(s->horizon.who));
	strlcpy(s->horizon.remedy, remedy, sizeof(s->horizon.remedy));
}

static const char *
story(const Setup * s)
{
	static StringInfoData out;
	TendTableVerdict v = tend_table_verdict(&s->tc);

	if (out.data == NULL)
		initStringInfo(&out);
	resetStringInfo(&out);
	tend_explain_state(&out, &s->tc, &v, &s->size);
	tend_explain_todo(&out, &s->tc, &v);
	return out.data;
}

static int
lines(const char *text)
{
	int			n = 0;

	for (; *text !='\0'; text ++)
		n += *text == '\n';
	return n;
}

/* Does the text have this word, in whatever case, standing alone? */
static bool
has_word(const char *text, const char *word)
{
	size_t		len = strlen(word);

	for (const char *p = text; *p != '\0'; p++)
	{
		if (pg_strncasecmp(p, word, len) == 0 &&
			(p == text ||!isalpha((unsigned char) p[-1])) &&
			!isalpha((unsigned char) p[len]))
			return true;
	}
	return false;
}

static bool
says_no_number(const char *text)
{
	return has_word(text, "nan") || has_word(text, "inf") || has_word(text, "infinity");
}

/* ---- names ---- */

static void
check_length(const Setup * s, int want, const char *name)
{
	const char *text = story(s);

	if (!tap_ok(lines(text) == want && text[strlen(text) - 1] == '\n', name))
		fprintf(stderr, "# %d lines, want %d:\n%s", lines(text), want, text);
}

static void
check_names(void)
{
	static char threshold[] = "autovacuum_vacuum_threshold=100";
	static char newline[] = "autovacuum_vacuum_threshold=\n100";
	char	   *overrides[] = {threshold, newline};
	Setup		s;

	set_up(&s, "", NULL);
	check_length(&s, 9, "a plain table has nine lines");
	tap_contains(story(&s), "To do: nothing.\n", "a healthy table needs nothing");
	set_up(&s, "", "");
	check_length(&s, 9, "a TOAST table without rows is left out");
	set_up(&s, "", "live=1");
	check_length(&s, 10, "a table with TOAST has a tenth");
	set_up(&s, "live=0", NULL);
	check_length(&s, 10, "lost statistics are worth a line");
	set_up(&s, "", NULL);
	s.table.is_statistic = true;
	check_length(&s, 8, "pg_statistic has no line about analyze");

	set_up(&s, "", NULL);
	strlcpy(s.table.table_name, "two\nlines\r\tand \"quotes\" \xc3\xa9", NAMEDATALEN);
	strlcpy(s.table.schema_name, "a\nschema", NAMEDATALEN);
	check_length(&s, 9, "names stay on one line");
	tap_contains(story(&s), "\"quotes\" \xc3\xa9", "what can be shown of a name is shown");

	hold(&s, "prepared transaction 'a\nb' (alice)", "ROLLBACK PREPARED 'a\nb';");
	check_length(&s, 9, "a blocker stays on one line");
	set_up(&s, "dead=1000", NULL);
	hold(&s, "prepared transaction 'a\nb' (alice)", "ROLLBACK PREPARED 'a\nb';");
	s.table.heap.last_vacuum = NOW;
	check_length(&s, 9, "the advice about a blocker stays on one line");

	set_up(&s, "", NULL);
	s.table.overrides = overrides;
	s.table.noverrides = 1;
	tap_contains(story(&s), "Options: autovacuum_vacuum_threshold=100.\n", "options are listed");
	s.table.noverrides = 2;
	check_length(&s, 9, "an option stays on one line");
}

/* ---- extremes ---- */

static const int64 counts[] = {0, 1, 999, INT64CONST(1000000000000), PG_INT64_MAX};
static const double rows[] = {-1, 0, 1, 1e6, 1e13};
static const double rates[] = {NAN, 0, 1e-300, 1, 1e300};
static const int64 ages[] = {-1, 0, 200000000, 200000001, PG_INT32_MAX};
static const TimestampTz times[] = {0, 1, NOW, NOW + 3600 * USECS_PER_SEC, PG_INT64_MAX / 2};
static const char *const options[] = {
	"",
	"autovacuum_vacuum_threshold=0 autovacuum_vacuum_scale_factor=0 autovacuum_vacuum_insert_threshold=-1 autovacuum_enabled=off",
	"autovacuum_vacuum_threshold=2147483647 autovacuum_vacuum_scale_factor=100 autovacuum_vacuum_insert_threshold=0 autovacuum_vacuum_insert_scale_factor=0",
	"autovacuum_vacuum_scale_factor=1e-300 autovacuum_vacuum_max_threshold=0 autovacuum_analyze_threshold=0 autovacuum_analyze_scale_factor=0",
	"autovacuum_freeze_max_age=100000 autovacuum_multixact_freeze_max_age=10000"
};
static const int64 sizes[] = {-1, 0, 8192, PG_INT64_MAX};

#define PICK(a, n) ((a)[(n) % lengthof(a)])

/* One of all combinations; each digit of the number chooses for one kind. */
static void
set_extreme(Setup * s, int combination)
{
	int			digit[7];

	for (int i = 0; i < (int) lengthof(digit); i++)
	{
		digit[i] = combination % 5;
		combination /= 5;
	}
	set_up(s, "", digit[0] == 0 ? NULL : "");
	given_options(&s->table.heap.options, PICK(options, digit[0]));
	s->table.heap.reltuples = s->table.toast.reltuples = PICK(rows, digit[1]);
	s->table.heap.live_tuples = PICK(counts, digit[2]);
	s->table.heap.dead_tuples = PICK(counts, digit[3]);
	s->table.toast.dead_tuples = s->table.toast.live_tuples = PICK(counts, digit[3] + digit[2]);
	s->table.heap.inserts_since_vacuum = s->table.heap.mods_since_analyze = PICK(counts, digit[4]);
	s->table.heap.xid_age = s->table.toast.mxid_age = PICK(ages, digit[4]);
	s->table.heap.mxid_age = s->table.toast.xid_age = PICK(ages, digit[4] + digit[5]);
	s->table.heap.last_vacuum = PICK(times, digit[5]);
	s->table.heap.last_analyze = PICK(times, digit[5] + digit[1]);
	s->tc.dead_per_second = PICK(rates, digit[6]);
	s->tc.burn = (TendBurn)
	{
		PICK(rates, digit[6]), PICK(rates, digit[6] + digit[5])
	};
	s->size = (TendTableSize)
	{
		PICK(sizes, digit[2]), PICK(sizes, digit[3]), PICK(sizes, digit[4])
	};
	if (digit[1] >= 2)
	{
		hold(s, "standby x (walsender 1)", "SELECT 1;");
		s->horizon.xmin_age = PICK(ages, digit[1]);
		s->horizon.since = PICK(times, digit[2]);
	}
	s->table.persistence = "ptu"[digit[3] % 3];
	s->settings.active = digit[6] != 1;
}

static void
check_extremes(void)
{
	Setup		s;
	int			long_ones = 0;
	int			no_numbers = 0;
	int			silent = 0;

	for (int i = 0; i < 5 * 5 * 5 * 5 * 5 * 5 * 5; i++)
	{
		const char *text;

		set_extreme(&s, i);
		text = story(&s);

		if (lines(text) > 11 && long_ones++ == 0)
			fprintf(stderr, "# %d lines:\n%s", lines(text), text);
		if (says_no_number(text) && no_numbers++ == 0)
			fprintf(stderr, "# no number:\n%s", text);
		if (strstr(text, "To do: \n") != NULL && silent++ == 0)
			fprintf(stderr, "# no advice:\n%s", text);
	}
	tap_ok(long_ones == 0, "whatever the facts, no story is longer than eleven lines");
	tap_ok(no_numbers == 0, "whatever the facts, no story says NaN or infinity");
	tap_ok(silent == 0, "whatever the facts, there is something to do or nothing");
}

int
main(void)
{
	check_names();
	check_extremes();
	return tap_done();
}
