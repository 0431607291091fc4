/*-------------------------------------------------------------------------
 *
 * given.h
 *	  Facts of a test case in a line of text.
 *
 * A case says only what it is about: given_heap("reltuples=1000 dead=250") is
 * a table that is fine in every other respect.  Expectations are written the
 * same way and compare only what they name.  A name that does not exist ends
 * the program.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_GIVEN_H
#define TEND_GIVEN_H

#include "tap.h"

#include <float.h>

#include "advise/options.h"
#include "advise/tune.h"

typedef enum GivenType
{
	GIVEN_BOOL,
	GIVEN_INT,
	GIVEN_INT32,
	GIVEN_UINT32,
	GIVEN_INT64,
	GIVEN_DOUBLE
}			GivenType;

typedef struct GivenField
{
	const char *name;
	GivenType	type;
	size_t		offset;
}			GivenField;

#define HEAP(n, t, f) {n, t, offsetof(TendHeapFacts, f)}
static const GivenField given_heap_fields[] = {
	HEAP("relid", GIVEN_UINT32, relid),
	HEAP("reltuples", GIVEN_DOUBLE, reltuples),
	HEAP("relpages", GIVEN_INT32, relpages),
	HEAP("all_visible", GIVEN_INT32, all_visible_pages),
	HEAP("all_frozen", GIVEN_INT32, all_frozen_pages),
	HEAP("frozen_xid", GIVEN_UINT32, frozen_xid),
	HEAP("xid_age", GIVEN_INT64, xid_age),
	HEAP("mxid_age", GIVEN_INT64, mxid_age),
	HEAP("live", GIVEN_INT64, live_tuples),
	HEAP("dead", GIVEN_INT64, dead_tuples),
	HEAP("ins", GIVEN_INT64, inserts_since_vacuum),
	HEAP("mods", GIVEN_INT64, mods_since_analyze),
	HEAP("inserted", GIVEN_INT64, inserted),
	HEAP("updated", GIVEN_INT64, updated),
	HEAP("hot", GIVEN_INT64, hot_updated),
	HEAP("deleted", GIVEN_INT64, deleted),
	HEAP("vacuums", GIVEN_INT64, vacuum_count),
	HEAP("analyzes", GIVEN_INT64, analyze_count),
	HEAP("last_vacuum", GIVEN_INT64, last_vacuum),
	HEAP("last_analyze", GIVEN_INT64, last_analyze),
	HEAP("running", GIVEN_BOOL, vacuum_running),
	{0}
};

#define SETTING(t, f) {#f, t, offsetof(TendAutovacuumSettings, f)}
static const GivenField given_settings_fields[] = {
	SETTING(GIVEN_BOOL, active),
	SETTING(GIVEN_INT, vacuum_threshold),
	SETTING(GIVEN_INT, vacuum_max_threshold),
	SETTING(GIVEN_DOUBLE, vacuum_scale_factor),
	SETTING(GIVEN_INT, insert_threshold),
	SETTING(GIVEN_DOUBLE, insert_scale_factor),
	SETTING(GIVEN_INT, analyze_threshold),
	SETTING(GIVEN_DOUBLE, analyze_scale_factor),
	SETTING(GIVEN_INT, freeze_max_age),
	SETTING(GIVEN_INT, multixact_freeze_max_age),
	SETTING(GIVEN_INT, naptime_seconds),
	SETTING(GIVEN_BOOL, standby),
	SETTING(GIVEN_INT, cost_limit),
	SETTING(GIVEN_DOUBLE, cost_delay),
	SETTING(GIVEN_INT, checkpoint_seconds),
	{0}
};

#define PAST(n, t, f) {n, t, offsetof(TendTablePast, f)}
static const GivenField given_past_fields[] = {
	PAST("at", GIVEN_INT64, at),
	PAST("live", GIVEN_INT64, live_tuples),
	PAST("dead", GIVEN_INT64, dead_tuples),
	PAST("ins", GIVEN_INT64, inserts_since_vacuum),
	PAST("mods", GIVEN_INT64, mods_since_analyze),
	PAST("toast_dead", GIVEN_INT64, toast_dead_tuples),
	PAST("inserted", GIVEN_INT64, inserted),
	PAST("updated", GIVEN_INT64, updated),
	PAST("hot", GIVEN_INT64, hot_updated),
	PAST("deleted", GIVEN_INT64, deleted),
	PAST("vacuums", GIVEN_INT64, vacuum_count),
	PAST("analyzes", GIVEN_INT64, analyze_count),
	PAST("frozen_xid", GIVEN_UINT32, frozen_xid),
	PAST("toast_deleted", GIVEN_INT64, toast_deleted),
	PAST("bytes", GIVEN_INT64, bytes),
	{0}
};

#define DELTA(t, f) {#f, t, offsetof(TendTableDelta, f)}
static const GivenField given_delta_fields[] = {
	DELTA(GIVEN_BOOL, known),
	DELTA(GIVEN_BOOL, reset),
	DELTA(GIVEN_DOUBLE, seconds),
	DELTA(GIVEN_DOUBLE, dead_made),
	DELTA(GIVEN_DOUBLE, inserted),
	{0}
};

#define THRESHOLD(t, f) {#f, t, offsetof(TendThresholds, f)}
static const GivenField given_thresholds_fields[] = {
	THRESHOLD(GIVEN_BOOL, enabled),
	THRESHOLD(GIVEN_DOUBLE, vacuum),
	THRESHOLD(GIVEN_DOUBLE, insert),
	THRESHOLD(GIVEN_DOUBLE, analyze),
	THRESHOLD(GIVEN_INT64, freeze_max_age),
	THRESHOLD(GIVEN_INT64, multixact_freeze_max_age),
	THRESHOLD(GIVEN_DOUBLE, vacuum_due),
	THRESHOLD(GIVEN_DOUBLE, insert_due),
	THRESHOLD(GIVEN_DOUBLE, analyze_due),
	THRESHOLD(GIVEN_DOUBLE, freeze_due),
	THRESHOLD(GIVEN_BOOL, forced),
	{0}
};

#define STOCK(f) {#f, GIVEN_DOUBLE, offsetof(TendStock, f)}
static const GivenField given_stock_fields[] = {
	STOCK(rate),
	STOCK(rows),
	STOCK(heap_pages),
	STOCK(index_pages),
	STOCK(dead_bytes),
	STOCK(price_ratio),
	STOCK(wal_price),
	STOCK(checkpoint_seconds),
	STOCK(round_seconds),
	STOCK(burst_rows),
	STOCK(trickle_rows),
	{0}
};

#define LEARNT(f) {#f, GIVEN_DOUBLE, offsetof(TendLearnt, f)}
static const GivenField given_learnt_fields[] = {
	LEARNT(observed_seconds),
	LEARNT(dead_fast),
	LEARNT(dead_hour),
	LEARNT(dead_day),
	LEARNT(burst_share),
	LEARNT(burst_rows),
	LEARNT(inserts_fast),
	LEARNT(inserts_day),
	LEARNT(mods_day),
	LEARNT(dead_peak),
	LEARNT(growth_rows),
	LEARNT(growth_bytes),
	LEARNT(vacuum_pages),
	LEARNT(vacuum_wal),
	LEARNT(vacuum_ms),
	LEARNT(price_ratio),
	LEARNT(wal_price),
	LEARNT(analyze_pages),
	LEARNT(toast_dead_hour),
	LEARNT(toast_dead_day),
	LEARNT(toast_vacuum_pages),
	LEARNT(toast_price_ratio),
	LEARNT(toast_wal_price),
	LEARNT(stale_samples),
	LEARNT(stale_seconds),
	LEARNT(stale_day),
	LEARNT(stale_q),
	LEARNT(stale_rows),
	LEARNT(stale_ms_day),
	{0}
};

#define MEASURED(t, f) {#f, t, offsetof(TendMeasured, f)}
static const GivenField given_measured_fields[] = {
	MEASURED(GIVEN_INT, vacuums),
	MEASURED(GIVEN_DOUBLE, vacuum_pages),
	MEASURED(GIVEN_DOUBLE, vacuum_wal),
	MEASURED(GIVEN_DOUBLE, vacuum_ms),
	MEASURED(GIVEN_INT, analyzes),
	MEASURED(GIVEN_DOUBLE, analyze_pages),
	MEASURED(GIVEN_INT, toast_vacuums),
	MEASURED(GIVEN_DOUBLE, toast_vacuum_pages),
	MEASURED(GIVEN_DOUBLE, toast_vacuum_wal),
	{0}
};

#define SIZE(f) {#f, GIVEN_INT64, offsetof(TendTableSize, f)}
static const GivenField given_size_fields[] = {
	SIZE(table_bytes),
	SIZE(index_bytes),
	SIZE(toast_bytes),
	{0}
};

#define OUTCOME(f) {#f, GIVEN_DOUBLE, offsetof(TendOutcome, f)}
static const GivenField given_outcome_fields[] = {
	OUTCOME(threshold),
	OUTCOME(per_hour),
	OUTCOME(pages_per_hour),
	OUTCOME(rows),
	OUTCOME(bytes),
	OUTCOME(stale_per_hour),
	{0}
};

/* The next "name=value" of a text; false at its end. */
static inline bool
given_next(const char **text, char *item, size_t size)
{
	size_t		len;

	*text +=strspn(*text, " ");
	len = strcspn(*text, " ");
	if (len == 0)
		return false;
	if (len >= size)
		abort();
	memcpy(item, *text, len);
	item[len] = '\0';
	*text +=len;
	return true;
}

/* Splits an item; "name" alone means "name=1". */
static inline const GivenField *
given_find(const GivenField * fields, char *item, const char **value)
{
	char	   *equals = strchr(item, '=');

	*value = "1";
	if (equals != NULL)
	{
		*equals = '\0';
		*value = equals + 1;
	}
	for (; fields->name != NULL; fields++)
	{
		if (strcmp(fields->name, item) == 0)
			return fields;
	}
	fprintf(stderr, "no field is called \"%s\"\n", item);
	exit(2);
}

static inline void
given_set(const GivenField * fields, void *object, const char *text)
{
	char		item[128];
	const char *value;

	while (given_next(&text, item, sizeof(item)))
	{
		const		GivenField *f = given_find(fields, item, &value);
		char	   *to = (char *) object + f->offset;

		switch (f->type)
		{
			case GIVEN_BOOL:
				*(bool *) to = atoi(value) != 0;
				break;
			case GIVEN_INT:
				*(int *) to = atoi(value);
				break;
			case GIVEN_INT32:
				*(int32 *) to = atoi(value);
				break;
			case GIVEN_UINT32:
				*(uint32 *) to = strtoul(value, NULL, 10);
				break;
			case GIVEN_INT64:
				*(int64 *) to = strtoll(value, NULL, 10);
				break;
			case GIVEN_DOUBLE:
				*(double *) to = strtod(value, NULL);
				break;
		}
	}
}

static inline double
given_get(const GivenField * f, const void *object)
{
	const char *from = (const char *) object + f->offset;

	switch (f->type)
	{
		case GIVEN_BOOL:
			return *(const bool *) from;
		case GIVEN_INT:
			return *(const int *) from;
		case GIVEN_INT32:
			return *(const int32 *) from;
		case GIVEN_UINT32:
			return *(const uint32 *) from;
		case GIVEN_INT64:
			return (double) *(const int64 *) from;
		case GIVEN_DOUBLE:
			return *(const double *) from;
	}
	abort();
}

/* Does the object have the values that the text names? */
static inline void
given_expect(const GivenField * fields, const void *object, const char *text, const char *name)
{
	char		item[128];
	const char *value;
	bool		ok = true;
	const char *rest = text;

	while (given_next(&rest, item, sizeof(item)))
	{
		const		GivenField *f = given_find(fields, item, &value);
		double		got = given_get(f, object);

		if (tap_same_number(got, strtod(value, NULL)))
			continue;
		fprintf(stderr, "# %s: %s is %.17g, want %s\n", name, f->name, got, value);
		ok = false;
	}
	tap_ok(ok, name);
}

/* ---- objects ---- */

static inline void
given_options(TendOptions *options, const char *text)
{
	char		item[128];

	tend_options_init(options);
	while (given_next(&text, item, sizeof(item)))
		tend_options_add(options, item);
}

/* A heap without any work for vacuum */
static inline TendHeapFacts
given_heap(const char *text, const char *options)
{
	TendHeapFacts heap = {.relid = 16384,.reltuples = 1000,.relpages = 10,.live_tuples = 1000};

	given_options(&heap.options, options);
	given_set(given_heap_fields, &heap, text);
	return heap;
}

/* Settings as the server has them, without the maximum that 18 brought */
static inline TendAutovacuumSettings
given_settings(const char *text)
{
	TendAutovacuumSettings s = {
		.active = true,
		.vacuum_threshold = 50,
		.vacuum_max_threshold = -1,
		.vacuum_scale_factor = 0.2,
		.insert_threshold = 1000,
		.insert_scale_factor = 0.2,
		.analyze_threshold = 50,
		.analyze_scale_factor = 0.1,
		.freeze_max_age = 200000000,
		.multixact_freeze_max_age = 400000000,
		.naptime_seconds = 60,
		.cost_limit = 200,
		.cost_delay = 2,
		.checkpoint_seconds = 300
	};

	given_set(given_settings_fields, &s, text);
	return s;
}

/* A table; toast NULL means that it has no TOAST table */
static inline TendTableFacts
given_table(const char *heap, const char *options, const char *toast, const char *toast_options)
{
	TendTableFacts table = {
		.schema_name = "public",
		.table_name = "orders",
		.kind = 'r',
		.persistence = 'p',
		.heap = given_heap(heap, options)
	};

	if (toast != NULL)
	{
		table.toast = given_heap("relid=16387 reltuples=0 live=0", toast_options);
		given_set(given_heap_fields, &table.toast, toast);
	}
	else
	{
		tend_options_init(&table.toast.options);
		table.toast.xid_age = table.toast.mxid_age = -1;
	}
	return table;
}

/*
 * A stock without bursts: a table of 1 GB with 10 million rows, half as much
 * in indexes
 */
static inline TendStock
given_stock(const char *text)
{
	TendStock	s = {
		.rate = 10,
		.rows = 1e7,
		.heap_pages = 131072,
		.index_pages = 65536,
		.dead_bytes = 100,
		.price_ratio = 1,
		.wal_price = 0,
		.checkpoint_seconds = 300,
		.round_seconds = 60
	};

	given_set(given_stock_fields, &s, text);
	return s;
}

static inline TendLearnt
given_learnt(const char *text)
{
	TendLearnt	l;

	tend_learnt_init(&l);
	given_set(given_learnt_fields, &l, text);
	return l;
}

/* Nobody holds back anything. */
static const TendHorizon given_no_horizon = {0};

/*
 * Everything that a tuning depends on.  A setup must stay where it is.
 */
typedef struct GivenTune
{
	TendTableFacts facts;
	TendTableSize size;
	TendAutovacuumSettings settings;
	TendHorizon horizon;
	TendManaged managed;
	TendStorm	storm;
	TendTableCase table;
	TendTuneCase c;
}			GivenTune;

#define GIVEN_NOW INT64CONST(1000000000000000)
#define GIVEN_INTERVAL 60.0

/*
 * A table that has been watched for a day, in which nothing happens, in a
 * database with a price of bloat.  Options are those of the table.
 */
static inline void
given_tune(GivenTune * g, const char *heap, const char *options)
{
	memset(g, 0, sizeof(*g));
	g->facts = given_table(heap, options, NULL, NULL);
	g->size.table_bytes = (int64) g->facts.heap.relpages * BLCKSZ;
	g->settings = given_settings("");
	g->table = (TendTableCase)
	{
		.facts = &g->facts,
			.settings = &g->settings,
			.horizon = &g->horizon,
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
			.now = GIVEN_NOW
	};
	g->c = (TendTuneCase)
	{
		.table = &g->table,
			.size = &g->size,
			.learnt = given_learnt("observed_seconds=86400 dead_fast=0 dead_hour=0 dead_day=0 inserts_day=0 mods_day=0"),
			.market =
		{
			1, 100
		},
			.managed = &g->managed,
			.storm = &g->storm,
			.dead_ratio_target = 0.05,
			.interval_seconds = GIVEN_INTERVAL
	};
}

/* ---- chance ---- */

static uint64 given_seed = 42;

/* the same numbers in every run, on every machine */
static inline uint64
given_dice(uint64 sides)
{
	given_seed = given_seed * UINT64CONST(6364136223846793005) + UINT64CONST(1442695040888963407);
	return (given_seed >> 33) % sides;
}

/* Any number between two, as likely in each order of magnitude */
static inline double
given_between(double least, double most)
{
	return least * pow(most / least, given_dice(1 << 30) / (double) ((1 << 30) - 1));
}

/* A number that nobody expects; of whole ones, those that fit into 62 bits */
static inline double
given_absurd(void)
{
	static const double numbers[] = {
		0, -0.0, 1, -1, 0.5, 1e-300, 5e-324, 1e-12, 100, 1e4, 2147483647.0, 4e9, 1e15, 4e18, 1e30, 1e300,
		DBL_MAX, -1e-9, -1e9, -1e300, INFINITY, -INFINITY, NAN
	};

	return numbers[given_dice(lengthof(numbers))];
}

static inline int64
given_absurd_count(void)
{
	static const int64 numbers[] = {
		0, 1, -1, 49, 1000, 1000000, PG_INT32_MAX, INT64CONST(4000000000), INT64CONST(1000000000000),
		PG_INT64_MAX / 4, -PG_INT64_MAX / 4
	};

	return numbers[given_dice(lengthof(numbers))];
}

#endif							/* TEND_GIVEN_H */
