/*-------------------------------------------------------------------------
 *
 * rates.c
 *	  Tests of src/advise/rates.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/rates.h"

#define INTERVAL 60.0

/* 1000 seconds after 2000-01-01 */
#define NOW INT64CONST(1000000000)

/* ---- what happened since the last row of history ---- */

typedef struct DeltaCase
{
	const char *name;
	const char *past;			/* NULL: none */
	const char *heap;
	const char *want;
}			DeltaCase;

static const DeltaCase deltas[] = {
	{"without a past nothing is known",
	"", "inserted=5 deleted=5", "known=0 reset=0 seconds=0 dead_made=nan inserted=nan"},
	{"seconds since the past",
	"at=940000000", "", "known=1 reset=0 seconds=60 dead_made=0 inserted=0"},
	{"a microsecond is known",
	"at=999999999", "", "known=1 seconds=1e-6"},
	{"no time between is not known",
	"at=1000000000 deleted=1", "deleted=2", "known=0 reset=0 dead_made=nan inserted=nan"},
	{"a clock that was set back is not known",
	"at=1000000001 deleted=1", "deleted=2", "known=0 reset=0 dead_made=nan inserted=nan"},

	{"inserts are counted",
	"at=940000000 inserted=100", "inserted=130", "inserted=30 dead_made=0"},
	{"deletes die",
	"at=940000000 deleted=100", "deleted=130", "dead_made=30"},
	{"updates die",
	"at=940000000 updated=100", "updated=130", "dead_made=30"},
	{"heap-only updates are pruned",
	"at=940000000 updated=100 hot=50", "updated=130 hot=75", "dead_made=5"},
	{"deletes and updates add up",
	"at=940000000 updated=100 deleted=100", "updated=110 deleted=101", "dead_made=11"},
	{"where more are dead than that, not all were pruned",
	"at=940000000 updated=100 hot=50 dead=10", "updated=130 hot=80 dead=22", "dead_made=12"},
	{"aborted inserts show only as dead",
	"at=940000000 dead=10", "dead=40", "dead_made=30"},
	{"after a vacuum the dead say nothing",
	"at=940000000 deleted=100 dead=10 vacuums=1", "deleted=105 dead=200 vacuums=2", "dead_made=190"},
	{"pruned rows do not count backwards",
	"at=940000000 dead=100", "dead=10", "dead_made=0"},
	{"more heap-only updates than updates do not count backwards",
	"at=940000000 hot=0", "hot=10", "dead_made=0"},

	{"lost inserts are a reset",
	"at=940000000 inserted=2", "inserted=1", "known=0 reset=1 dead_made=nan inserted=nan seconds=0"},
	{"lost updates are a reset",
	"at=940000000 updated=2", "updated=1", "known=0 reset=1"},
	{"lost deletes are a reset",
	"at=940000000 deleted=2", "deleted=1", "known=0 reset=1"},
	{"lost vacuums are a reset",
	"at=940000000 vacuums=2", "vacuums=1", "known=0 reset=1"},
	{"lost analyzes are a reset",
	"at=940000000 analyzes=2", "analyzes=1", "known=0 reset=1"},
	{"fewer dead or unanalyzed rows are no reset",
	"at=940000000 dead=9 ins=9 mods=9", "dead=0 ins=0 mods=0", "known=1 reset=0"},
	{"a reset under a clock that was set back is a reset",
	"at=1000000001 inserted=2", "inserted=1", "known=0 reset=1"},

	{"the largest counters do not overflow",
		"at=1 inserted=0 updated=0 deleted=0",
		"inserted=9223372036854775807 updated=9223372036854775807 hot=0 deleted=9223372036854775807",
	"known=1 inserted=9223372036854775807 dead_made=18446744073709551614"},
};

/* ---- the moving average ---- */

typedef struct RateCase
{
	const char *name;
	double		rate;
	double		amount;
	double		seconds;
	double		want;
}			RateCase;

static const RateCase rates[] = {
	{"the first observation is the rate", NAN, 120, 60, 2},
	{"nothing observed is a rate of nothing", NAN, 0, 60, 0},
	{"an unknown amount changes nothing", 3, NAN, 60, 3},
	{"an unknown amount stays unknown", NAN, NAN, 60, NAN},
	{"half an interval is long enough", NAN, 60, 30, 2},
	{"less is too short", NAN, 60, 29.9, NAN},
	{"what is too short changes nothing", 3, 6000, 29.9, 3},
	{"no time at all changes nothing", 3, 6000, 0, 3},
	{"the same rate stays", 2, 120, 60, 2},
	{"rising takes 5 intervals", 0, 300 * 10, 300, 10 * 0.63212055882855767},
	{"falling takes 30 intervals", 10, 0, 1800, 10 * 0.36787944117144233},
	{"an interval of a higher rate", 0, 600, 60, 10 * 0.18126924692201815},
	{"an interval of a lower rate", 10, 0, 60, 10 * 0.96721610048200649},
	{"a very long time forgets the past", 10, 1e9 * 60, 1e9, 60},
};

typedef struct BurnCase
{
	const char *name;
	int64		xids;
	int64		mxids;
	double		seconds;
	double		xid_per_second;
	double		mxid_per_second;
}			BurnCase;

static const BurnCase burns[] = {
	{"five intervals are long enough", 600, 300, 300, 2, 1},
	{"less is too short", 600, 300, 299.9, NAN, NAN},
	{"nothing consumed is a rate of nothing", 0, 0, 300, 0, 0},
	{"a next ID that went down is not known", -1, 0, 300, NAN, NAN},
	{"a next multixact that went down counts as none", 600, -1, 300, 2, 0},
	{"a clock that was set back is not known", 600, 300, -1, NAN, NAN},
};

typedef struct FasterCase
{
	const char *name;
	TendBurn	a;
	TendBurn	b;
	TendBurn	want;
}			FasterCase;

static const FasterCase fasters[] = {
	{"the faster of each", {1, 20}, {2, 10}, {2, 20}},
	{"an unknown first window is left out", {NAN, NAN}, {2, 10}, {2, 10}},
	{"an unknown second window is left out", {1, 20}, {NAN, NAN}, {1, 20}},
	{"two unknown windows are unknown", {NAN, NAN}, {NAN, NAN}, {NAN, NAN}},
	{"nothing is faster than unknown", {0, NAN}, {NAN, 0}, {0, 0}},
};

/* ---- a row of history ---- */

/* the default thresholds of 1000 rows: 250 dead, 1200 inserted, 150 modified */
typedef struct WorthCase
{
	const char *name;
	const char *past;
	const char *heap;
	const char *toast;			/* NULL: none */
	const char *options;
	double		seconds;
	bool		want;
}			WorthCase;

static const WorthCase worths[] = {
	{"what did not change is not worth it", "", "", NULL, "", 60, false},
	{"nor is it after any time", "at=1 live=1000", "", NULL, "", 1e6, false},
	{"a vacuum is", "vacuums=1", "vacuums=2", NULL, "", 60, true},
	{"an analyze is", "analyzes=1", "analyzes=2", NULL, "", 60, true},
	{"freezing is", "frozen_xid=1000", "frozen_xid=1001", NULL, "", 60, true},
	{"a small change waits", "dead=0", "dead=1", NULL, "", 899.9, false},
	{"but not longer than 15 intervals", "dead=0", "dead=1", NULL, "", 900, true},
	{"a hundredth of the vacuum threshold is", "dead=100", "dead=103", NULL, "", 60, true},
	{"less is not", "dead=100", "dead=102", NULL, "", 60, false},
	{"a fall by a hundredth is", "dead=103", "dead=100", NULL, "", 60, true},
	{"a hundredth of the insert threshold is", "ins=0", "ins=12", NULL, "", 60, true},
	{"fewer inserts are not", "ins=0", "ins=11", NULL, "", 60, false},
	{"a hundredth of the analyze threshold is", "mods=0", "mods=2", NULL, "", 60, true},
	{"fewer modifications are not", "mods=0", "mods=1", NULL, "", 60, false},
	{"each insert is where they cause no vacuum", "ins=0", "ins=1", NULL, "autovacuum_vacuum_insert_threshold=-1", 60, true},
	{"each dead row is above a threshold of 0", "dead=0", "dead=1", NULL, "autovacuum_vacuum_threshold=0 autovacuum_vacuum_scale_factor=0", 60, true},
	{"nothing is not, above a threshold of 0", "dead=1", "dead=1", NULL, "autovacuum_vacuum_threshold=0 autovacuum_vacuum_scale_factor=0", 60, false},
	{"a hundredth of the TOAST table's threshold is", "toast_dead=0", "", "dead=1", "", 60, true},
	{"less is not, of a large TOAST table", "toast_dead=0", "", "reltuples=10000 dead=20", "", 60, false},
	{"a little more is, of a large TOAST table", "toast_dead=0", "", "reltuples=10000 dead=21", "", 60, true},
	{"an unchanged TOAST table is not", "toast_dead=21", "", "dead=21", "", 60, false},
};

/* ---- statistics that begin after the data ---- */

typedef struct MissingCase
{
	const char *name;
	const char *heap;
	bool		want;
}			MissingCase;

static const MissingCase missings[] = {
	{"all counters at zero over many rows", "reltuples=1000 live=0", true},
	{"fewer counted than half of the rows", "reltuples=1000 live=400 dead=99", true},
	{"half of the rows may be true", "reltuples=1000 live=400 dead=100", false},
	{"a table of the size the catalog says", "reltuples=1000 live=1000", false},
	{"a vacuum has counted the rows", "reltuples=1000 live=0 last_vacuum=5", false},
	{"an analyze has counted the rows", "reltuples=1000 live=0 last_analyze=5", false},
	{"an empty table has nothing to lose", "reltuples=0 live=0", false},
	{"a table that was never analyzed", "reltuples=-1 live=0", false},
	{"a table of one row", "reltuples=1 live=0", true},
	{"no table at all", "relid=0 reltuples=1000 live=0", false},
	{"the largest counters do not overflow", "reltuples=1000 live=9223372036854775807 dead=9223372036854775807", false},
};

static TendTablePast
given_past(const char *text)
{
	TendTablePast past = {0};

	given_set(given_past_fields, &past, text);
	return past;
}

static bool
close_to(double got, double want)
{
	return tap_same_number(got, want) || fabs(got - want) < 1e-12 * fabs(want);
}

static void
check_deltas(void)
{
	for (int i = 0; i < (int) lengthof(deltas); i++)
	{
		const		DeltaCase *c = &deltas[i];
		TendTablePast past = given_past(c->past);
		TendTableFacts table = given_table(c->heap, "", NULL, NULL);
		TendTableDelta got = tend_table_delta(&table, &past, NOW);

		given_expect(given_delta_fields, &got, c->want, c->name);
	}
}

static void
check_rates(void)
{
	double		rate = 0;

	for (int i = 0; i < (int) lengthof(rates); i++)
	{
		const		RateCase *c = &rates[i];

		tap_ok(close_to(tend_rate_next(c->rate, c->amount, c->seconds, INTERVAL), c->want), c->name);
	}

	for (int i = 0; i < 10; i++)
		rate = tend_rate_next(rate, 100, 10, 10);
	tap_ok(close_to(rate, tend_rate_next(0, 1000, 100, 10)),
		   "many short observations equal a long one");
	tap_ok(close_to(tend_rate_next(1, 100, 10, 10), tend_rate_next(1, 1000, 100, 100)),
		   "time may be compressed");
}

static void
check_burns(void)
{
	for (int i = 0; i < (int) lengthof(burns); i++)
	{
		const		BurnCase *c = &burns[i];
		TendBurn	got = tend_burn(c->xids, c->mxids, c->seconds, INTERVAL);

		tap_ok(tap_same_number(got.xid_per_second, c->xid_per_second) &&
			   tap_same_number(got.mxid_per_second, c->mxid_per_second), c->name);
	}
	for (int i = 0; i < (int) lengthof(fasters); i++)
	{
		const		FasterCase *c = &fasters[i];
		TendBurn	got = tend_burn_faster(c->a, c->b);

		tap_ok(tap_same_number(got.xid_per_second, c->want.xid_per_second) &&
			   tap_same_number(got.mxid_per_second, c->want.mxid_per_second), c->name);
	}
}

static void
check_worth(void)
{
	TendAutovacuumSettings settings = given_settings("");
	TendTableFacts table = given_table("", "", NULL, NULL);
	TendTablePast past = given_past("");
	TendTableDelta unknown = {.dead_made = NAN,.inserted = NAN};

	for (int i = 0; i < (int) lengthof(worths); i++)
	{
		const		WorthCase *c = &worths[i];
		TendTableDelta delta = {.known = true,.seconds = c->seconds};

		past = given_past(c->past);
		table = given_table(c->heap, c->options, c->toast, "");
		tap_ok(tend_history_worth(&table, &past, &delta, &settings, INTERVAL) == c->want, c->name);
	}
	tap_ok(tend_history_worth(&table, &past, &unknown, &settings, INTERVAL),
		   "a table without a past is worth it");
	unknown.reset = true;
	tap_ok(tend_history_worth(&table, &past, &unknown, &settings, INTERVAL),
		   "a reset is worth it");
}

int
main(void)
{
	check_rates();
	check_burns();
	check_worth();
	for (int i = 0; i < (int) lengthof(missings); i++)
	{
		TendHeapFacts heap = given_heap(missings[i].heap, "");

		tap_ok(tend_statistics_missing(&heap) == missings[i].want, missings[i].name);
	}
	check_deltas();
	return tap_done();
}
