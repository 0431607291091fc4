/*-------------------------------------------------------------------------
 *
 * verdict.c
 *	  Tests of src/advise/verdict.c
 *
 * Thresholds of the made-up table, 1000 rows under default settings: 250 dead,
 * 1200 inserted, 150 modified; it is overdue at 500 dead.  It was last
 * vacuumed at second 500 and it is second 1000 now.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/verdict.h"

#define SECOND USECS_PER_SEC
#define NOW (1000 * SECOND)

typedef struct Case
{
	const char *name;
	const char *heap;
	const char *options;
	const char *toast;			/* NULL: none */
	const char *toast_options;
	int			held_since;		/* second; 0: nobody holds back vacuum */
	const char *want;
	const char *advice;			/* a part of it */
}			Case;

#define QUIET NULL, NULL, 0

static const Case cases[] = {
	/* each verdict at its border */
	{"a healthy table is ok", "", "", QUIET, "ok", ""},
	{"at all thresholds it is still ok", "dead=250 ins=1200 mods=150 xid_age=200000000 mxid_age=400000000", "", QUIET, "ok", ""},
	{"above the analyze threshold", "mods=151", "", QUIET, "analyze due", "151 rows modified since the last analyze, threshold 150"},
	{"above the insert threshold", "ins=1201", "", QUIET, "insert vacuum due", "1 201 rows inserted since the last vacuum, threshold 1 200"},
	{"above the vacuum threshold", "dead=251", "", QUIET, "vacuum due", "251 dead tuples, 100 % of the threshold of 250"},
	{"at the overdue ratio it is only due", "dead=500", "", QUIET, "vacuum due", "500 dead tuples, 2.0 times the threshold of 250"},
	{"above the overdue ratio", "dead=501", "", QUIET, "vacuum overdue", "501 dead tuples, 2.0 times the threshold of 250"},
	{"above the overdue ratio, but vacuumed two rounds ago", "dead=9000 last_vacuum=880000000", "", QUIET, "vacuum due", "9 000 dead tuples, 36.0 times"},
	{"above the overdue ratio, and vacuumed longer ago", "dead=9000 last_vacuum=879000000", "", QUIET, "vacuum overdue", "9 000 dead tuples, 36.0 times"},
	{"above the overdue ratio, and never vacuumed", "dead=9000 last_vacuum=0", "", QUIET, "vacuum overdue", "9 000 dead tuples, 36.0 times"},
	{"counters that do not know the rows", "live=0 last_vacuum=0", "", QUIET, "statistics lost", "run ANALYZE"},
	{"switched off and above the vacuum threshold", "dead=251", "autovacuum_enabled=off", QUIET, "unattended", "the threshold of 250; autovacuum_enabled is off for this table"},
	{"switched off and above the analyze threshold", "mods=151", "autovacuum_enabled=off", QUIET, "unattended", "151 rows modified since the last analyze; autovacuum_enabled is off for this table"},
	{"switched off and at the threshold", "dead=250", "autovacuum_enabled=off", QUIET, "ok", ""},
	{"vacuum came and someone holds the rows", "dead=251", "", NULL, NULL, 499, "vacuum blocked", "because of the idle transaction of pid 123 (alice, psql): SELECT pg_terminate_backend(123);"},
	{"vacuum came before someone held the rows", "dead=251", "", NULL, NULL, 500, "vacuum due", "251"},
	{"someone holds rows of a table that is not due", "dead=250", "", NULL, NULL, 499, "ok", ""},
	{"above the freeze age", "xid_age=200000001", "", QUIET, "freeze due", "200.0 million old (limit 200.0 million)"},
	{"above the multixact age", "mxid_age=400000001", "", QUIET, "freeze due", "oldest multixact 400.0 million (limit 400.0 million)"},
	{"frozen although switched off", "xid_age=200000001", "autovacuum_enabled=off", QUIET, "freeze due", "autovacuum must freeze it now"},
	{"below the critical age", "xid_age=999999999", "", QUIET, "freeze due", "1.0 billion old"},
	{"at the critical age", "xid_age=1000000000", "", QUIET, "wraparound danger", "1.0 billion old (limit 200.0 million)"},
	{"at the critical multixact age", "mxid_age=1000000000", "", QUIET, "wraparound danger", "oldest multixact 1.0 billion (limit 400.0 million)"},

	/* vacuum is at it */
	{"a running vacuum is news only if something is due", "running dead=250", "", QUIET, "ok", ""},
	{"a running vacuum that is due", "running dead=251", "", QUIET, "vacuum running", "pg_stat_progress_vacuum"},
	{"a running vacuum that is overdue", "running dead=1000", "", QUIET, "vacuum running", "pg_stat_progress_vacuum"},
	{"a running vacuum for inserts", "running ins=1201", "", QUIET, "vacuum running", "pg_stat_progress_vacuum"},
	{"a running vacuum that freezes", "running xid_age=200000001", "", QUIET, "vacuum running", "pg_stat_progress_vacuum"},
	{"a running vacuum on a table that is switched off", "running dead=251", "autovacuum_enabled=off", QUIET, "vacuum running", "pg_stat_progress_vacuum"},
	{"a running vacuum does not analyze", "running mods=151", "", QUIET, "analyze due", "151"},

	/* the more urgent one of two, from the top down */
	{"wraparound before freezing", "xid_age=1000000000 dead=1000", "", QUIET, "wraparound danger", "run VACUUM (FREEZE) now"},
	{"wraparound although vacuum is running", "running xid_age=1000000000", "", QUIET, "wraparound danger", "run VACUUM (FREEZE) now"},
	{"freezing before a blocker", "xid_age=200000001 dead=251", "", NULL, NULL, 499, "freeze due", "200.0 million"},
	{"freezing before overdue", "xid_age=200000001 dead=1000", "", QUIET, "freeze due", "200.0 million"},
	{"a blocker before a running vacuum", "running dead=251", "", NULL, NULL, 499, "vacuum blocked", "251"},
	{"a blocker before unattended", "dead=251", "autovacuum_enabled=off", NULL, NULL, 499, "vacuum blocked", "251"},
	{"a blocker before overdue", "dead=1000", "", NULL, NULL, 499, "vacuum blocked", "1 000 dead tuples, 4.0 times"},
	{"unattended before overdue", "dead=1000", "autovacuum_enabled=off", QUIET, "unattended", "1 000 dead tuples, 4.0 times"},
	{"unattended before lost statistics", "reltuples=10000 live=0 dead=2051 last_vacuum=0", "autovacuum_enabled=off", QUIET, "unattended", "2 051"},
	{"overdue before lost statistics", "reltuples=10000 live=0 dead=4101 last_vacuum=0", "", QUIET, "vacuum overdue", "4 101"},
	{"lost statistics before due", "reltuples=10000 live=0 dead=2051 last_vacuum=0", "", QUIET, "statistics lost", "ANALYZE"},
	{"lost statistics before inserts", "reltuples=10000 live=0 ins=5000 last_vacuum=0", "", QUIET, "statistics lost", "ANALYZE"},
	{"due before inserts", "dead=251 ins=2000", "", QUIET, "vacuum due", "251"},
	{"inserts before analyze", "ins=1201 mods=1201", "", QUIET, "insert vacuum due", "1 201"},
	{"due before analyze", "dead=251 mods=1000", "", QUIET, "vacuum due", "251"},

	/* TOAST; its threshold is 50 */
	{"a healthy TOAST table is ok", "", "", "dead=50", "", 0, "ok", ""},
	{"TOAST above its threshold", "", "", "dead=51", "", 0, "vacuum due", "51 dead tuples in its TOAST table"},
	{"TOAST above the overdue ratio", "", "", "dead=101", "", 0, "vacuum overdue", "101 dead tuples in its TOAST table"},
	{"the worse of table and TOAST is named", "dead=251", "", "dead=60", "", 0, "vacuum due", "60 dead tuples in its TOAST table"},
	{"the table is named if it is worse", "dead=400", "", "dead=51", "", 0, "vacuum due", "400 dead tuples, 160 % "},
	{"TOAST above its insert threshold", "", "", "ins=1001", "", 0, "insert vacuum due", "1 001"},
	{"TOAST with a running vacuum", "", "", "running dead=51", "", 0, "vacuum running", ""},
	{"TOAST above the freeze age", "", "", "xid_age=200000001", "", 0, "freeze due", "200.0 million old (limit 200.0 million)"},
	{"TOAST above a freeze age of its own", "", "", "xid_age=150000", "autovacuum_freeze_max_age=100000", 0, "freeze due", "150 000 old (limit 100 000)"},
	{"TOAST at the critical age", "", "", "xid_age=1000000000", "", 0, "wraparound danger", "1.0 billion"},
	{"TOAST of a table that is switched off", "", "autovacuum_enabled=off", "dead=51", "", 0, "unattended", "51 dead tuples in its TOAST table"},
	{"TOAST that is switched off alone", "", "", "dead=51", "autovacuum_enabled=off", 0, "unattended", "51 dead tuples in its TOAST table"},
	{"TOAST that is switched off alone, inserts", "", "", "ins=1001", "autovacuum_enabled=off", 0, "ok", ""},
	{"TOAST that is attended although the table is not", "", "autovacuum_enabled=off", "dead=51", "autovacuum_vacuum_threshold=50", 0, "vacuum due", "51 dead tuples in its TOAST table"},
	{"TOAST that no one has vacuumed is not blocked", "last_vacuum=900000000", "", "dead=51 last_vacuum=100000000", "", 499, "vacuum due", "51"},
	{"TOAST that vacuum came to while someone held the rows", "last_vacuum=100000000", "", "dead=51 last_vacuum=900000000", "", 499, "vacuum blocked", "51 dead tuples in its TOAST table"},
};

typedef struct Setup
{
	TendTableFacts table;
	TendAutovacuumSettings settings;
	TendHorizon horizon;
	TendTableCase tc;
}			Setup;

/* Everything is passed by pointer, so a setup must stay where it is. */
static void
set_up(Setup * s, const Case * c)
{
	s->settings = given_settings("naptime_seconds=60");
	s->table = given_table("last_vacuum=500000000", c->options, c->toast, c->toast_options);
	given_set(given_heap_fields, &s->table.heap, c->heap);
	memset(&s->horizon, 0, sizeof(s->horizon));
	if (c->held_since != 0)
	{
		s->horizon.held = true;
		s->horizon.xmin_age = 77;
		s->horizon.since = c->held_since * SECOND;
		strlcpy(s->horizon.who, "idle transaction of pid 123 (alice, psql)", sizeof(s->horizon.who));
		strlcpy(s->horizon.remedy, "SELECT pg_terminate_backend(123);", sizeof(s->horizon.remedy));
	}
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
			.dead_per_second = NAN,
			.burn =
		{
			NAN, NAN
		},
			.now = NOW
	};
}

static const char *
advice_of(const TendTableCase *tc, const TendTableVerdict *v)
{
	StringInfoData out;

	initStringInfo(&out);
	tend_table_advice(&out, tc, v);
	return out.data;
}

static void
check(const Setup * s, const char *name, const char *want, const char *advice)
{
	TendTableVerdict v = tend_table_verdict(&s->tc);
	const char *got = advice_of(&s->tc, &v);

	tap_text(tend_verdict_name(v.kind), want, name);
	if (strcmp(want, "ok") == 0)
		tap_text(got, "", psprintf("%s: no advice", name));
	else if (strcmp(tend_verdict_name(v.kind), want) == 0)
		tap_contains(got, advice, psprintf("%s: advice", name));
}

static void
check_cases(void)
{
	Setup		s;

	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		set_up(&s, &cases[i]);
		check(&s, cases[i].name, cases[i].want, cases[i].advice);
	}
}

/* on a standby nothing is counted, but ages are as on the primary */
static void
check_standby(void)
{
	static const Case due = {"", "dead=1000 mods=1000 ins=9000", "", QUIET, "", ""};
	static const Case lost = {"", "live=0 last_vacuum=0", "", QUIET, "", ""};
	static const Case old = {"", "xid_age=200000001", "", QUIET, "", ""};
	static const Case aged = {"", "xid_age=1000000000", "", QUIET, "", ""};
	Setup		s;

	set_up(&s, &due);
	s.settings.standby = true;
	check(&s, "counters of a standby say nothing", "see primary", "on the primary");
	set_up(&s, &lost);
	s.settings.standby = true;
	check(&s, "nor does it lose them", "see primary", "on the primary");
	set_up(&s, &old);
	s.settings.standby = true;
	check(&s, "a freeze age is due on a standby too", "freeze due", "200.0 million");
	set_up(&s, &aged);
	s.settings.standby = true;
	check(&s, "and dangerous", "wraparound danger", "1.0 billion");
}

/* what no line of text can say */
static void
check_special(void)
{
	static const Case due = {"", "dead=1000 mods=1000", "", QUIET, "", ""};
	static const Case old = {"", "dead=1000 xid_age=200000001", "", QUIET, "", ""};
	static const Case modified = {"", "mods=1000", "", QUIET, "", ""};
	static const Case held = {"", "dead=1000", "", NULL, NULL, 499, "", ""};
	static const Case aged = {"", "xid_age=1200000000", "", QUIET, "", ""};
	static const Case young = {"", "xid_age=2000000", "", QUIET, "", ""};
	Setup		s;

	set_up(&s, &due);
	s.table.persistence = 't';
	check(&s, "a temporary table is unattended", "unattended", "autovacuum cannot see temporary tables");

	set_up(&s, &old);
	s.table.persistence = 't';
	check(&s, "a temporary table is never frozen by autovacuum", "unattended", "autovacuum cannot see temporary tables");

	set_up(&s, &due);
	s.settings.active = false;
	check(&s, "a table is unattended where autovacuum is off", "unattended", "autovacuum or track_counts is off in this server");

	set_up(&s, &modified);
	s.settings.active = false;
	check(&s, "nobody analyzes where autovacuum is off", "unattended", "1 000 rows modified since the last analyze; autovacuum or track_counts is off in this server");

	set_up(&s, &modified);
	s.table.is_statistic = true;
	check(&s, "pg_statistic is not analyzed", "ok", "");

	set_up(&s, &held);
	s.horizon.since = 0;
	check(&s, "nobody is blamed who may have come after the vacuum", "vacuum overdue", "4.0 times");

	set_up(&s, &held);
	s.horizon.held = false;
	check(&s, "a horizon that nobody holds is not blamed", "vacuum overdue", "4.0 times");

	set_up(&s, &due);
	s.tc.overdue = 1;
	check(&s, "at an overdue ratio of 1 every due table is overdue", "vacuum overdue", "4.0 times");

	/* freezing late on purpose */
	set_up(&s, &aged);
	s.settings.freeze_max_age = 1500000000;
	check(&s, "a high freeze age is no danger before it is reached", "ok", "");
	set_up(&s, &young);
	s.tc.age_policy.critical_age = 1000000;
	check(&s, "a low critical age is no danger before the freeze age", "ok", "");
}

static void
check_numbers(void)
{
	static const Case c = {"", "dead=100 ins=60 xid_age=100000000", "", "dead=40 xid_age=150000000", "", 0, "", ""};
	static const Case late = {"", "dead=251 xid_age=200000001", "", QUIET, "", ""};
	static const Case no_toast = {"", "mods=75", "", QUIET, "", ""};
	Setup		s;
	TendTableVerdict v;

	set_up(&s, &c);
	v = tend_table_verdict(&s.tc);
	tap_number(v.worst_due, 0.8, "the worst due may be the TOAST table's");
	tap_ok(isnan(v.vacuum_eta_seconds) && isnan(v.freeze_eta_seconds), "without rates there are no dates");

	s.tc.dead_per_second = 10;
	s.tc.burn = (TendBurn)
	{
		1000, NAN
	};
	v = tend_table_verdict(&s.tc);
	tap_number(v.vacuum_eta_seconds, 15, "time until the vacuum threshold");
	tap_number(v.freeze_eta_seconds, 50000, "time until the freeze age, of the older of table and TOAST");

	s.tc.burn = (TendBurn)
	{
		1000, 100000
	};
	v = tend_table_verdict(&s.tc);
	tap_number(v.freeze_eta_seconds, 4000, "multixacts may be faster");

	s.tc.dead_per_second = 0;
	s.tc.burn = (TendBurn)
	{
		0, 0
	};
	v = tend_table_verdict(&s.tc);
	tap_number(v.vacuum_eta_seconds, INFINITY, "where nothing dies, vacuum is never due");
	tap_number(v.freeze_eta_seconds, INFINITY, "where nothing is consumed, freezing is never due");

	set_up(&s, &late);
	v = tend_table_verdict(&s.tc);
	tap_number(v.vacuum_eta_seconds, 0, "what is due is due now, whatever the rate");
	tap_number(v.freeze_eta_seconds, 0, "what must be frozen must be frozen now");

	set_up(&s, &no_toast);
	v = tend_table_verdict(&s.tc);
	tap_number(v.worst_due, 0.5, "the worst due may be that of analyze");
	s.table.heap.xid_age = s.table.heap.mxid_age = -1;
	s.tc.burn = (TendBurn)
	{
		1000, 1000
	};
	v = tend_table_verdict(&s.tc);
	tap_ok(isnan(v.freeze_eta_seconds), "without ages there is no date of freezing");
}

int
main(void)
{
	check_cases();
	check_standby();
	check_special();
	check_numbers();
	return tap_done();
}
