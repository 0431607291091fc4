/*-------------------------------------------------------------------------
 *
 * thresholds.c
 *	  Tests of src/advise/thresholds.c
 *
 * The cases name the rules one by one; then many made-up tables are compared
 * with a transcript of the server's own decision.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/thresholds.h"

typedef struct Case
{
	const char *name;
	const char *settings;
	const char *options;
	const char *heap;
	const char *want;
}			Case;

static const Case cases[] = {
	/* dead tuples */
	{"threshold plus share of the rows",
	"", "", "reltuples=1000 dead=250", "vacuum=250 vacuum_due=1 enabled=1"},
	{"one dead tuple more is due",
	"", "", "reltuples=1000 dead=251", "vacuum=250 vacuum_due=1.004"},
	{"without dead tuples nothing is due",
	"", "", "reltuples=1000 dead=0", "vacuum_due=0 insert_due=0 analyze_due=0"},
	{"settings of the server count",
	"vacuum_threshold=10 vacuum_scale_factor=0.5", "", "reltuples=100 dead=30", "vacuum=60 vacuum_due=0.5"},
	{"options win over settings",
		"vacuum_threshold=10 vacuum_scale_factor=0.5", "autovacuum_vacuum_threshold=20 autovacuum_vacuum_scale_factor=0.25",
	"reltuples=100", "vacuum=45"},
	{"an option leaves the other setting alone",
	"", "autovacuum_vacuum_threshold=20", "reltuples=1000", "vacuum=220"},
	{"threshold 0 as an option wins",
	"", "autovacuum_vacuum_threshold=0", "reltuples=1000", "vacuum=200"},
	{"scale factor 0 as an option wins",
	"", "autovacuum_vacuum_scale_factor=0", "reltuples=1000", "vacuum=50"},
	{"a table that was never analyzed counts as empty",
	"", "", "reltuples=-1 dead=50", "vacuum=50 insert=1000 analyze=50 vacuum_due=1"},
	{"an empty table has the bare thresholds",
	"", "", "reltuples=0", "vacuum=50 insert=1000 analyze=50"},
	{"a threshold of 0 lets one dead tuple be due",
	"vacuum_threshold=0 vacuum_scale_factor=0", "", "dead=1", "vacuum=0 vacuum_due=2"},
	{"a threshold of 0 lets no dead tuple be not due",
	"vacuum_threshold=0 vacuum_scale_factor=0", "", "dead=0", "vacuum=0 vacuum_due=0"},

	/* at most the maximum */
	{"the maximum of 18 caps the threshold",
	"vacuum_max_threshold=100", "", "reltuples=1000 dead=100", "vacuum=100 vacuum_due=1"},
	{"a threshold below the maximum stays",
	"vacuum_max_threshold=251", "", "reltuples=1000", "vacuum=250"},
	{"a threshold at the maximum stays",
	"vacuum_max_threshold=250", "", "reltuples=1000", "vacuum=250"},
	{"a maximum of 0 is a maximum",
	"vacuum_max_threshold=0", "", "reltuples=1000 dead=1", "vacuum=0 vacuum_due=2"},
	{"a maximum of -1 is none",
	"vacuum_max_threshold=-1", "", "reltuples=1000000000", "vacuum=200000048"},
	{"a maximum as an option lowers",
	"vacuum_max_threshold=200", "autovacuum_vacuum_max_threshold=100", "reltuples=1000", "vacuum=100"},
	{"a maximum as an option raises",
	"vacuum_max_threshold=100", "autovacuum_vacuum_max_threshold=200", "reltuples=1000", "vacuum=200"},
	{"a maximum of -1 as an option switches it off",
	"vacuum_max_threshold=100", "autovacuum_vacuum_max_threshold=-1", "reltuples=1000", "vacuum=250"},
	{"the maximum is none for inserts and analyze",
	"vacuum_max_threshold=1", "", "reltuples=1000", "vacuum=1 insert=1200 analyze=150"},

	/* inserts */
	{"insert threshold plus share of the rows",
	"", "", "reltuples=1000 ins=1200", "insert=1200 insert_due=1"},
	{"options of inserts win",
	"", "autovacuum_vacuum_insert_threshold=10 autovacuum_vacuum_insert_scale_factor=0.5", "reltuples=100 ins=30", "insert=60 insert_due=0.5"},
	{"an insert threshold of -1 switches it off",
	"insert_threshold=-1", "", "ins=1000000", "insert=-1 insert_due=nan"},
	{"an insert threshold of -1 as an option switches it off",
	"", "autovacuum_vacuum_insert_threshold=-1", "ins=1000000", "insert=-1 insert_due=nan"},
	{"an option switches inserts on again",
	"insert_threshold=-1", "autovacuum_vacuum_insert_threshold=100", "reltuples=0 ins=50", "insert=100 insert_due=0.5"},
	{"an insert threshold of 0 lets one insert be due",
	"insert_threshold=0 insert_scale_factor=0", "", "ins=1", "insert=0 insert_due=2"},

	/* the share of pages that are not frozen */
	{"half frozen, the share of the rows is half",
	"", "", "reltuples=1000 relpages=10 all_frozen=5", "insert=1100"},
	{"all frozen, no share of the rows is left",
	"", "", "reltuples=1000 relpages=10 all_frozen=10", "insert=1000"},
	{"none frozen, the whole share counts",
	"", "", "reltuples=1000 relpages=10 all_frozen=0", "insert=1200"},
	{"more pages frozen than there are count as all",
	"", "", "reltuples=1000 relpages=10 all_frozen=11", "insert=1000"},
	{"without pages nothing is frozen",
	"", "", "reltuples=1000 relpages=0 all_frozen=7", "insert=1200"},
	{"frozen pages do not change the other thresholds",
	"", "", "reltuples=1000 relpages=10 all_frozen=10", "vacuum=250 analyze=150"},

	/* analyze */
	{"analyze threshold plus share of the rows",
	"", "", "reltuples=1000 mods=150", "analyze=150 analyze_due=1"},
	{"options of analyze win",
	"", "autovacuum_analyze_threshold=10 autovacuum_analyze_scale_factor=0.5", "reltuples=100 mods=30", "analyze=60 analyze_due=0.5"},

	/* who is looked at */
	{"autovacuum off for the table looks at no counter",
	"", "autovacuum_enabled=off", "reltuples=1000 dead=500", "enabled=0 vacuum=250 vacuum_due=2"},
	{"autovacuum off in the server looks at no counter",
	"active=0", "", "reltuples=1000 dead=500", "enabled=0 vacuum=250 vacuum_due=2"},
	{"the table cannot switch it on where the server has it off",
	"active=0", "autovacuum_enabled=on", "", "enabled=0"},

	/* freezing */
	{"at the freeze age nothing is forced",
	"", "", "xid_age=200000000", "freeze_max_age=200000000 freeze_due=1 forced=0"},
	{"beyond the freeze age it is",
	"", "", "xid_age=200000001", "freeze_due=1.000000005 forced=1"},
	{"at the multixact age nothing is forced",
	"", "", "mxid_age=400000000", "multixact_freeze_max_age=400000000 freeze_due=1 forced=0"},
	{"beyond the multixact age it is",
	"", "", "mxid_age=400000001", "freeze_due=1.0000000025 forced=1"},
	{"a freeze age as an option lowers",
	"", "autovacuum_freeze_max_age=100000", "xid_age=100001", "freeze_max_age=100000 freeze_due=1.00001 forced=1"},
	{"a freeze age as an option does not raise",
	"", "autovacuum_freeze_max_age=300000000", "xid_age=200000001", "freeze_max_age=200000000 forced=1"},
	{"a multixact age as an option lowers",
	"", "autovacuum_multixact_freeze_max_age=10000", "mxid_age=10001", "multixact_freeze_max_age=10000 forced=1"},
	{"a multixact age as an option does not raise",
	"multixact_freeze_max_age=1000", "autovacuum_multixact_freeze_max_age=10000", "mxid_age=1001", "multixact_freeze_max_age=1000 forced=1"},
	{"the worse of the two ages is shown",
	"", "", "xid_age=50000000 mxid_age=300000000", "freeze_due=0.75"},
	{"an unknown age counts as nothing",
	"", "", "xid_age=-1 mxid_age=100000000", "freeze_due=0.25 forced=0"},
	{"without ages there is nothing to freeze",
	"", "", "xid_age=-1 mxid_age=-1", "freeze_due=nan forced=0"},
	{"no multixact may be kept while members are exhausted",
	"multixact_freeze_max_age=0", "", "mxid_age=1", "freeze_due=2 forced=1"},
	{"autovacuum off does not keep a table from being frozen",
	"active=0", "autovacuum_enabled=off", "xid_age=200000001", "enabled=0 forced=1"},

	/* single precision */
	{"a scale factor is a single",
	"vacuum_threshold=0 vacuum_scale_factor=0.1", "", "reltuples=1000000000", "vacuum=100000000"},
	{"rows beyond a single's precision are rounded as the server does",
	"vacuum_threshold=0 vacuum_scale_factor=1", "", "reltuples=16777217", "vacuum=16777216"},
	{"a large threshold swallows a small one",
	"vacuum_threshold=1 vacuum_scale_factor=1", "", "reltuples=16777216", "vacuum=16777216"},
	{"a threshold setting is a single",
	"vacuum_threshold=2147483647 vacuum_scale_factor=0", "", "", "vacuum=2147483648"},
};

/* With the TOAST table's options, NULL for none, and what becomes of it */
typedef struct ToastCase
{
	const char *name;
	const char *settings;
	const char *options;
	const char *toast_options;
	char		persistence;
	const char *toast;
	const char *want;
}			ToastCase;

static const ToastCase toasts[] = {
	{"TOAST without options takes the table's",
		"", "autovacuum_vacuum_threshold=7 autovacuum_vacuum_scale_factor=0", "", 'p',
	"dead=14", "vacuum=7 vacuum_due=2"},
	{"TOAST takes the table's freeze age",
		"", "autovacuum_freeze_max_age=100000", "", 'p',
	"xid_age=100001", "freeze_max_age=100000 forced=1"},
	{"TOAST is switched off with the table",
		"", "autovacuum_enabled=off", "", 'p',
	"dead=100", "enabled=0"},
	{"TOAST without options of a table without options takes the settings",
		"", "", "", 'p',
	"dead=100", "vacuum=50 vacuum_due=2 enabled=1"},
	{"TOAST with its own option wins",
		"", "autovacuum_vacuum_threshold=7", "autovacuum_vacuum_threshold=9", 'p',
	"", "vacuum=9"},
	{"TOAST with its own option inherits no other",
		"", "autovacuum_vacuum_threshold=7", "autovacuum_vacuum_scale_factor=0", 'p',
	"", "vacuum=50"},
	{"TOAST with an unrelated option inherits none",
		"", "autovacuum_vacuum_threshold=7 autovacuum_enabled=off", "vacuum_truncate=off", 'p',
	"", "vacuum=50 enabled=1"},
	{"TOAST can be switched off alone",
		"", "", "autovacuum_enabled=off", 'p',
	"dead=100", "enabled=0"},
	{"TOAST inherits an insert threshold of -1",
		"", "autovacuum_vacuum_insert_threshold=-1", "", 'p',
	"ins=5000", "insert=-1 insert_due=nan"},
	{"TOAST is never analyzed",
		"", "autovacuum_analyze_threshold=7", "", 'p',
	"mods=5000", "analyze=-1 analyze_due=nan"},
	{"TOAST of an unlogged table is a table like others",
		"", "", "", 'u',
	"dead=100 xid_age=200000001", "enabled=1 forced=1"},
	{"TOAST of a temporary table is never processed",
		"", "", "", 't',
	"dead=100 xid_age=200000001", "enabled=0 forced=0"},
};

typedef struct TableCase
{
	const char *name;
	char		persistence;
	bool		is_statistic;
	const char *heap;
	const char *want;
}			TableCase;

static const TableCase tables[] = {
	{"a permanent table", 'p', false, "dead=500", "vacuum=250 vacuum_due=2 analyze=150 enabled=1"},
	{"an unlogged table is a table like others", 'u', false, "xid_age=200000001", "enabled=1 forced=1"},
	{"a temporary table is never processed", 't', false, "dead=500 xid_age=200000001",
	"vacuum_due=2 enabled=0 forced=0"},
	{"pg_statistic is vacuumed but never analyzed", 'p', true, "dead=500 mods=5000",
	"vacuum=250 vacuum_due=2 enabled=1 analyze=-1 analyze_due=nan"},
};

static void
check_cases(void)
{
	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		const		Case *c = &cases[i];
		TendAutovacuumSettings settings = given_settings(c->settings);
		TendHeapFacts heap = given_heap(c->heap, c->options);
		TendThresholds got = tend_thresholds(&heap, &heap.options, &settings);

		given_expect(given_thresholds_fields, &got, c->want, c->name);
	}
}

static void
check_tables(void)
{
	TendAutovacuumSettings settings = given_settings("");

	for (int i = 0; i < (int) lengthof(tables); i++)
	{
		const		TableCase *c = &tables[i];
		TendTableFacts table = given_table(c->heap, "", NULL, NULL);
		TendThresholds got;

		table.persistence = c->persistence;
		table.is_statistic = c->is_statistic;
		got = tend_table_thresholds(&table, &settings);
		given_expect(given_thresholds_fields, &got, c->want, c->name);
	}
	for (int i = 0; i < (int) lengthof(toasts); i++)
	{
		const		ToastCase *c = &toasts[i];
		TendTableFacts table = given_table("", c->options, c->toast, c->toast_options);
		TendThresholds got;

		settings = given_settings(c->settings);
		table.persistence = c->persistence;
		got = tend_toast_thresholds(&table, &settings);
		given_expect(given_thresholds_fields, &got, c->want, c->name);
	}
}

/* ---- the server's own decision ---- */

typedef struct Decision
{
	bool		vacuum;
	bool		analyze;
	bool		forced;
}			Decision;

static float4
server_float(double option, double setting)
{
	return isnan(option) ? (float4) setting : (float4) option;
}

static int64
server_age(double option, int setting)
{
	return isnan(option) ? setting : Min((int64) option, setting);
}

/* relation_needs_vacanalyze() of PostgreSQL 18, line by line */
static Decision
server_decides(const TendHeapFacts *heap, const TendAutovacuumSettings *s)
{
	const TendOptions *o = &heap->options;
	Decision	d = {false, false, false};
	float4		vac_base_thresh = server_float(o->vacuum_threshold, s->vacuum_threshold);
	float4		vac_max_thresh = server_float(o->vacuum_max_threshold, s->vacuum_max_threshold);
	float4		vac_ins_base_thresh = server_float(o->insert_threshold, s->insert_threshold);
	float4		anl_base_thresh = server_float(o->analyze_threshold, s->analyze_threshold);
	float4		vac_scale_factor = server_float(o->vacuum_scale_factor, s->vacuum_scale_factor);
	float4		vac_ins_scale_factor = server_float(o->insert_scale_factor, s->insert_scale_factor);
	float4		anl_scale_factor = server_float(o->analyze_scale_factor, s->analyze_scale_factor);
	float4		vactuples = heap->dead_tuples;
	float4		instuples = heap->inserts_since_vacuum;
	float4		anltuples = heap->mods_since_analyze;
	float4		pcnt_unfrozen = 1;
	float4		reltuples = heap->reltuples;
	float4		vacthresh;
	float4		vacinsthresh;
	float4		anlthresh;

	d.forced = heap->xid_age > server_age(o->freeze_max_age, s->freeze_max_age) ||
		heap->mxid_age > server_age(o->multixact_freeze_max_age, s->multixact_freeze_max_age);
	d.vacuum = d.forced;
	if (!o->enabled || !s->active)
		return d;

	if (heap->relpages > 0 && heap->all_frozen_pages > 0)
	{
		int32		relallfrozen = Min(heap->all_frozen_pages, heap->relpages);

		pcnt_unfrozen = 1 - ((float4) relallfrozen / heap->relpages);
	}
	if (reltuples < 0)
		reltuples = 0;
	vacthresh = vac_base_thresh + vac_scale_factor * reltuples;
	if (vac_max_thresh >= 0 && vacthresh > vac_max_thresh)
		vacthresh = vac_max_thresh;
	vacinsthresh = vac_ins_base_thresh + vac_ins_scale_factor * reltuples * pcnt_unfrozen;
	anlthresh = anl_base_thresh + anl_scale_factor * reltuples;

	d.vacuum = d.forced || vactuples > vacthresh ||
		(vac_ins_base_thresh >= 0 && instuples > vacinsthresh);
	d.analyze = anltuples > anlthresh;
	return d;
}

/* the same numbers in every run, on every machine */
static uint64 seed = 42;

static uint64
dice(uint64 sides)
{
	seed = seed * UINT64CONST(6364136223846793005) + UINT64CONST(1442695040888963407);
	return (seed >> 33) % sides;
}

static double
one_of(const double *values, int n)
{
	return values[dice(n)];
}

static int64
near(double threshold)
{
	return (int64) Max(threshold, 0) + (int64) dice(5) - 2;
}

static TendHeapFacts
roll_heap(double max_rows)
{
	static const double scales[] = {NAN, 0, 0.001, 0.01, 0.1, 0.3, 1, 100};
	static const double bases[] = {NAN, NAN, 0, 1, 50, 12345, 2147483647};
	static const double maybe_off[] = {NAN, NAN, NAN, -1, 0, 1000, 100000000};
	static const double ages[] = {NAN, NAN, 100000, 2000000000};
	TendHeapFacts heap = {.relid = 16384};
	TendOptions *o = &heap.options;

	tend_options_init(o);
	o->enabled = dice(10) > 0;
	o->vacuum_threshold = one_of(bases, lengthof(bases));
	o->vacuum_max_threshold = one_of(maybe_off, lengthof(maybe_off));
	o->insert_threshold = one_of(maybe_off, lengthof(maybe_off));
	o->analyze_threshold = one_of(bases, lengthof(bases));
	o->vacuum_scale_factor = one_of(scales, lengthof(scales));
	o->insert_scale_factor = one_of(scales, lengthof(scales));
	o->analyze_scale_factor = one_of(scales, lengthof(scales));
	o->freeze_max_age = one_of(ages, lengthof(ages));
	o->multixact_freeze_max_age = one_of(ages, lengthof(ages));

	/* pg_class.reltuples is a single */
	heap.reltuples = dice(8) == 0 ? -1 : (float) (max_rows * dice(1000000) / 1e6);
	heap.relpages = dice(1000);
	heap.all_frozen_pages = dice(1100);
	heap.xid_age = (int64) dice(3) - 1 + (dice(2) ? 200000000 : 100000);
	heap.mxid_age = (int64) dice(3) - 1 + (dice(2) ? 400000000 : 100000);
	return heap;
}

/* How often do we decide otherwise than the server, of n tables? */
static void
check_decisions(const char *name, int n, double max_rows)
{
	TendAutovacuumSettings settings = given_settings("");
	int			differ = 0;

	for (int i = 0; i < n; i++)
	{
		TendHeapFacts heap = roll_heap(max_rows);
		TendThresholds t;
		Decision	want;
		Decision	got;

		settings.vacuum_max_threshold = dice(2) ? -1 : 100000000;
		settings.active = dice(20) > 0;
		t = tend_thresholds(&heap, &heap.options, &settings);
		heap.dead_tuples = Max(near(t.vacuum), 0);
		heap.inserts_since_vacuum = dice(2) ? 0 : Max(near(t.insert), 0);
		heap.mods_since_analyze = Max(near(t.analyze), 0);

		t = tend_thresholds(&heap, &heap.options, &settings);
		got.forced = t.forced;
		got.vacuum = t.forced || (t.enabled && (t.vacuum_due > 1 || t.insert_due > 1));
		got.analyze = t.enabled && t.analyze_due > 1;
		want = server_decides(&heap, &settings);
		if (got.vacuum == want.vacuum && got.analyze == want.analyze && got.forced == want.forced)
			continue;
		if (differ++ == 0)
			fprintf(stderr, "# dead " INT64_FORMAT " of %.17g, inserted " INT64_FORMAT " of %.17g, modified " INT64_FORMAT " of %.17g: vacuum %d, want %d; analyze %d, want %d\n",
					heap.dead_tuples, t.vacuum, heap.inserts_since_vacuum, t.insert,
					heap.mods_since_analyze, t.analyze,
					got.vacuum, want.vacuum, got.analyze, want.analyze);
	}
	if (differ > 0)
		fprintf(stderr, "# %d of %d decisions differ\n", differ, n);
	tap_ok(differ == 0, name);
}

int
main(void)
{
	TendHeapFacts heap = given_heap("reltuples=0 dead=16777217", "autovacuum_vacuum_threshold=16777216");
	TendAutovacuumSettings settings = given_settings("");

	check_cases();
	check_tables();
	tap_ok(!(tend_thresholds(&heap, &heap.options, &settings).vacuum_due > 1),
		   "a counter is a single too: 16777217 is not above 16777216");
	check_decisions("decides like the server on small tables", 100000, 1e4);
	check_decisions("decides like the server on large tables", 100000, 1e7);
	check_decisions("decides like the server on the largest tables", 100000, 1e12);
	return tap_done();
}
