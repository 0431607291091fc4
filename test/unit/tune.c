/*-------------------------------------------------------------------------
 *
 * tune.c
 *	  Tests of src/advise/tune*.c: which options should a table have?
 *
 * One table wants all that there is to change.  The cases say what keeps one
 * or the other from it.  Then come the rules of single topics, and many
 * made-up tables, for which a proposal has to lead to what it predicts.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/tune.h"
#include "advise/tune_words.h"

/* ---- options ---- */

typedef struct Accepted
{
	const char *name;
	double		least;
	double		most;
	bool		whole;
}			Accepted;

/* What ALTER TABLE takes */
static const Accepted accepted[TEND_NUM_OPTIONS] = {
	[TEND_OPTION_VACUUM_THRESHOLD] = {"autovacuum_vacuum_threshold", 0, PG_INT32_MAX, true},
	[TEND_OPTION_VACUUM_SCALE_FACTOR] = {"autovacuum_vacuum_scale_factor", 0, 100, false},
	[TEND_OPTION_INSERT_THRESHOLD] = {"autovacuum_vacuum_insert_threshold", -1, PG_INT32_MAX, true},
	[TEND_OPTION_INSERT_SCALE_FACTOR] = {"autovacuum_vacuum_insert_scale_factor", 0, 100, false},
	[TEND_OPTION_FREEZE_MIN_AGE] = {"autovacuum_freeze_min_age", 0, 1000000000, true},
	[TEND_OPTION_ANALYZE_THRESHOLD] = {"autovacuum_analyze_threshold", 0, PG_INT32_MAX, true},
	[TEND_OPTION_ANALYZE_SCALE_FACTOR] = {"autovacuum_analyze_scale_factor", 0, 100, false},
	[TEND_OPTION_COST_LIMIT] = {"autovacuum_vacuum_cost_limit", 1, 10000, true},
	[TEND_OPTION_FREEZE_MAX_AGE] = {"autovacuum_freeze_max_age", 100000, 2000000000, true},
	[TEND_OPTION_TOAST_VACUUM_THRESHOLD] = {"toast.autovacuum_vacuum_threshold", 0, PG_INT32_MAX, true},
	[TEND_OPTION_TOAST_VACUUM_SCALE_FACTOR] = {"toast.autovacuum_vacuum_scale_factor", 0, 100, false},
};

static bool
is_accepted(const TendOptionValue *o)
{
	const		Accepted *a = &accepted[o->option];

	return o->value >= a->least && o->value <= a->most && (!a->whole || o->value == rint(o->value));
}

/* ALTER TABLE ... SET, by text; "ours": pg_tend did it */
static void
set_option(GivenTune * g, TendOptionId option, const char *value, bool ours)
{
	const char *name = tend_option_name(option);
	bool		toast = strncmp(name, "toast.", 6) == 0;

	g->facts.noverrides += isnan(tend_option_current(&g->facts, option));
	tend_options_add(toast ? &g->facts.toast.options : &g->facts.heap.options,
					 psprintf("%s=%s", toast ? name + 6 : name, value));
	g->managed.options[option].ours = ours;
	g->managed.options[option].value = tend_option_current(&g->facts, option);
}

static void
carry_out(GivenTune * g, const TendProposal *p)
{
	for (int i = 0; i < p->noptions; i++)
		set_option(g, p->options[i].option, tend_word_option(p->options[i].value).str, true);
}

static const TendProposal *
find(const TendTuning *tuning, TendTopic topic)
{
	for (int i = 0; i < tuning->nproposals; i++)
	{
		if (tuning->proposals[i].topic == topic)
			return &tuning->proposals[i];
	}
	return NULL;
}

static double
value_of(const TendProposal *p, TendOptionId option)
{
	for (int i = 0; i < p->noptions; i++)
	{
		if (p->options[i].option == option)
			return p->options[i].value;
	}
	return NAN;
}

static void
check_options(void)
{
	GivenTune	g;

	given_tune(&g, "", "");
	g.facts.toast.relid = 16387;
	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
	{
		const		Accepted *a = &accepted[i];
		double		value = a->whole ? 100007 : 0.25;

		tap_text(tend_option_name(i), a->name, psprintf("%s is called so", a->name));
		tap_number(tend_option_current(&g.facts, i), NAN, psprintf("%s is not set at first", a->name));
		set_option(&g, i, tend_word_option(value).str, true);
		tap_number(tend_option_current(&g.facts, i), value, psprintf("%s is read where it is written", a->name));
	}
}

/* ---- rounding ---- */

typedef struct Rounded
{
	double		value;
	double		want;
}			Rounded;

static const Rounded rounded[] = {
	{0, 0}, {-1, 0}, {-1e9, 0}, {20, 20}, {99, 99}, {101, 100}, {12345, 12000}, {12500, 12000}, {99999, 100000},
	{1, 1}, {5, 5}, {9.96, 10}, {0.1, 0.1}, {0.0149, 0.015}, {0.02, 0.02}, {0.0123, 0.012}, {1.26e-7, 1.3e-7},
};

static void
check_rounding(void)
{
	int			far = 0;
	int			again = 0;
	int			lost = 0;
	int			nan = 0;

	for (int i = 0; i < (int) lengthof(rounded); i++)
		tap_number(tend_round_option(rounded[i].value), rounded[i].want,
				   psprintf("%g is rounded to %g", rounded[i].value, rounded[i].want));
	for (int i = 0; i < 100000; i++)
	{
		double		value = given_between(1e-12, 1e12);
		double		got = tend_round_option(value);
		double		read = strtod(tend_word_option(got).str, NULL);

		far += fabs(got / value - 1) > 0.0501;
		again += tend_round_option(got) != got;
		lost += fabs(read - got) > 1e-12 * got;
	}
	tap_ok(far == 0, "rounding moves no value by more than a twentieth");
	tap_ok(again == 0, "what is rounded stays so");
	tap_ok(lost == 0, "and is read as it was written");
	for (int i = 0; i < 10000; i++)
		nan += isnan(tend_round_option(given_between(1e-150, 1e150)));
	tap_ok(nan == 0, "all numbers are rounded to numbers");
}

/* ---- one table that wants it all ---- */

static const char *const topic_words[TEND_NUM_TOPICS] = {"dead", "insert", "analyze", "cost", "freeze", "toast"};

/* "dead toast ...", in the order of the enum */
static const char *
topics_of(const TendTuning *tuning)
{
	static char text[100];

	text[		0] = '\0';

	for (int i = 0; i < TEND_NUM_TOPICS; i++)
	{
		if (find(tuning, i) == NULL)
			continue;
		if (text[0] != '\0')
			strlcat(text, " ", sizeof(text));
		strlcat(text, topic_words[i], sizeof(text));
	}
	return text;
}

#define ALL "dead insert analyze cost freeze toast"

/*
 * 100 million rows, loaded with two others: many rows come and some die, its
 * vacuum is slow, and it has a large TOAST table.
 */
static void
wants_all(GivenTune * g)
{
	given_tune(g, "reltuples=100000000 live=100000000 relpages=1000000 inserted=1000000 deleted=90000 xid_age=100000000", "");
	g->facts.toast = given_heap("relid=16387 reltuples=10000000 live=10000000", "");
	g->size = (TendTableSize)
	{
		INT64CONST(8192000000), 2457600, INT64CONST(20000000000)
	};
	given_set(given_learnt_fields, &g->c.learnt,
			  "dead_fast=90 dead_hour=90 dead_day=90 inserts_fast=1000 inserts_day=1000 mods_day=1100 "
			  "vacuum_ms=150000000 toast_dead_hour=50 toast_dead_day=50");
	g->storm.n = 3;
	for (int i = 0; i < 3; i++)
		g->storm.tables[i] = (TendStormTable)
	{
		16384 + i, 1000000 - i, 100000000
	};
}

typedef struct UserCase
{
	const char *option;			/* "toast." in front of TOAST's */
	bool		steers_vacuum;
	const char *want;
}			UserCase;

static const UserCase user_cases[] = {
	{"fillfactor=70", false, ALL},
	{"toast_tuple_target=4000", false, ALL},

	/* one option of a topic takes the whole topic, and TOAST's inheritance */
	{"autovacuum_vacuum_threshold=50", true, "insert analyze cost freeze"},
	{"autovacuum_vacuum_scale_factor=0.2", true, "insert analyze cost freeze"},
	{"autovacuum_vacuum_max_threshold=100000000", true, "insert analyze cost freeze"},
	{"autovacuum_vacuum_insert_threshold=1000", true, "dead analyze cost freeze"},
	{"autovacuum_vacuum_insert_scale_factor=0.2", true, "dead analyze cost freeze"},
	{"autovacuum_freeze_min_age=50000000", true, "dead analyze cost freeze"},
	{"autovacuum_analyze_threshold=50", true, "dead insert cost freeze"},
	{"autovacuum_analyze_scale_factor=0.1", true, "dead insert cost freeze"},
	{"autovacuum_vacuum_cost_limit=200", true, "dead insert analyze freeze"},
	{"autovacuum_vacuum_cost_delay=2", true, "dead insert analyze freeze"},
	{"autovacuum_freeze_max_age=200000000", true, "dead insert analyze cost"},
	{"autovacuum_multixact_freeze_max_age=400000000", true, "dead insert analyze cost"},

	/* options that TOAST would lose */
	{"autovacuum_enabled=on", true, "dead insert analyze cost freeze"},
	{"vacuum_truncate=off", true, "dead insert analyze cost freeze"},
	{"log_autovacuum_min_duration=0", true, "dead insert analyze cost freeze"},

	/* TOAST's own */
	{"toast.autovacuum_vacuum_threshold=50", true, "dead insert analyze cost freeze"},
	{"toast.autovacuum_vacuum_scale_factor=0.2", true, "dead insert analyze cost freeze"},
	{"toast.autovacuum_vacuum_cost_delay=0", true, "dead insert analyze cost freeze"},
	{"toast.autovacuum_enabled=off", true, "dead insert analyze cost freeze"},

	/* hands off */
	{"autovacuum_enabled=off", true, ""},
};

static void
check_users_options(void)
{
	GivenTune	g;
	TendTuning	tuning;

	wants_all(&g);
	tuning = tend_tune(&g.c);
	tap_text(topics_of(&tuning), ALL, "one table wants it all");
	g.c.managed = NULL;
	tuning = tend_tune(&g.c);
	tap_text(topics_of(&tuning), ALL, "even if pg_tend never touched it");

	for (int i = 0; i < (int) lengthof(user_cases); i++)
	{
		const		UserCase *c = &user_cases[i];
		bool		toast = strncmp(c->option, "toast.", 6) == 0;

		for (int managed = 0; managed < 2; managed++)
		{
			wants_all(&g);
			tend_options_add(toast ? &g.facts.toast.options : &g.facts.heap.options,
							 toast ? c->option + 6 : c->option);
			g.facts.noverrides = c->steers_vacuum;
			if (!managed)
				g.c.managed = NULL;
			tuning = tend_tune(&g.c);
			tap_text(topics_of(&tuning), c->want,
					 psprintf("the user set %s%s", c->option, managed ? ", of a table that is watched" : ""));
		}
	}
}

/* What pg_tend wrote is pg_tend's to change, beside options of the user. */
static void
check_our_options(void)
{
	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
	{
		GivenTune	g;

		wants_all(&g);
		set_option(&g, i, accepted[i].whole ? "200" : "0.2", true);
		for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
		{
			if (!tend_tune_is_open(&g.c, topic))
				tap_ok(false, psprintf("%s of ours leaves %s open", accepted[i].name, topic_words[topic]));
		}
		tap_ok(tend_tune_is_open(&g.c, tend_option_topic(i)), psprintf("%s of ours is ours", accepted[i].name));

		/* one of ours and one of the user's */
		for (int j = 0; j < TEND_NUM_OPTIONS; j++)
		{
			if (j == i || tend_option_topic(j) != tend_option_topic(i))
				continue;
			wants_all(&g);
			set_option(&g, i, accepted[i].whole ? "200" : "0.2", true);
			set_option(&g, j, accepted[j].whole ? "200" : "0.2", false);
			tap_ok(!tend_tune_is_open(&g.c, tend_option_topic(i)),
				   psprintf("%s of ours and %s of the user: the topic is his", accepted[i].name, accepted[j].name));
		}
	}
}

static void
check_toast_is_left(void)
{
	GivenTune	g;

	wants_all(&g);
	set_option(&g, TEND_OPTION_ANALYZE_SCALE_FACTOR, "0.02", true);
	tap_ok(tend_tune_is_open(&g.c, TEND_TOPIC_TOAST), "TOAST may have options of its own beside ours of the table");
	set_option(&g, TEND_OPTION_VACUUM_SCALE_FACTOR, "0.02", false);
	tap_ok(!tend_tune_is_open(&g.c, TEND_TOPIC_TOAST), "but not beside one of the user");
	wants_all(&g);
	/* ours in the ledger, but taken away since; another one is the user's */
	g.managed.options[TEND_OPTION_ANALYZE_SCALE_FACTOR].ours = true;
	set_option(&g, TEND_OPTION_VACUUM_SCALE_FACTOR, "0.02", false);
	tap_ok(!tend_tune_is_open(&g.c, TEND_TOPIC_TOAST), "an option of ours that is gone does not stand for one of the user");
}

/* ---- who is left alone ---- */

static void
expect_topics(const GivenTune * g, const char *want, const char *name)
{
	TendTuning	tuning = tend_tune(&g->c);

	tap_text(topics_of(&tuning), want, name);
}

static void
check_left_alone(void)
{
	GivenTune	g;

	wants_all(&g);
	g.settings.standby = true;
	expect_topics(&g, "", "on a standby nothing is tuned");
	wants_all(&g);
	g.settings.active = false;
	expect_topics(&g, "", "nor where autovacuum is off");
	wants_all(&g);
	g.facts.heap.relid = 16383;
	expect_topics(&g, "", "nor a system catalog");
	wants_all(&g);
	g.facts.persistence = 't';
	expect_topics(&g, "", "nor a temporary table");
	wants_all(&g);
	g.facts.persistence = 'u';
	expect_topics(&g, ALL, "an unlogged table is a table like others");
	wants_all(&g);
	g.facts.kind = 'm';
	expect_topics(&g, ALL, "and so is a materialized view");
	wants_all(&g);
	strlcpy(g.facts.schema_name, "tend", NAMEDATALEN);
	expect_topics(&g, "", "tables of pg_tend are left alone");
	wants_all(&g);
	strlcpy(g.facts.schema_name, "tender", NAMEDATALEN);
	expect_topics(&g, ALL, "but not those of a schema with a longer name");
	wants_all(&g);
	g.facts.heap.live_tuples = 100;
	expect_topics(&g, "", "a table whose statistics were lost is left alone");
	wants_all(&g);
	g.facts.heap.live_tuples = 100;
	g.facts.heap.last_analyze = GIVEN_NOW;
	tap_ok(tend_tune(&g.c).nproposals > 0, "until it was analyzed");

	/* watching */
	wants_all(&g);
	g.c.learnt.observed_seconds = 30 * GIVEN_INTERVAL;
	expect_topics(&g, ALL, "30 intervals of watching are enough");
	g.c.learnt.observed_seconds = 10 * GIVEN_INTERVAL;
	expect_topics(&g, "freeze", "10 are not, but ages are known without watching");
	g.c.learnt.observed_seconds = 0;
	expect_topics(&g, "freeze", "nothing is decided in the beginning");
	g.c.learnt.observed_seconds = NAN;
	expect_topics(&g, "freeze", "nor when nobody knows for how long");
	wants_all(&g);
	g.c.interval_seconds = 86400;
	expect_topics(&g, "freeze", "a longer interval needs longer watching");

	/* leases */
	for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
	{
		TendTuning	tuning;

		wants_all(&g);
		g.managed.leased[topic] = true;
		tuning = tend_tune(&g.c);
		tap_ok(find(&tuning, topic) == NULL && tuning.nproposals == TEND_NUM_TOPICS - 1,
			   psprintf("a lease of %s waits for its blocker, and keeps nothing else waiting", topic_words[topic]));
	}
}

/* ---- dead rows ---- */

/* A table of a million rows, and nothing but dead rows to decide */
static void
given_dead(GivenTune * g, double rate, double current)
{
	given_tune(g, "reltuples=1000000 live=1000000 relpages=20000 deleted=1000", "");
	g->size.index_bytes = 10000 * BLCKSZ;
	g->c.learnt.dead_hour = g->c.learnt.dead_day = rate;
	/* any benefit will do */
	g->c.market.one_percent_work = 1e-9;
	set_option(g, TEND_OPTION_VACUUM_THRESHOLD, psprintf("%.0f", current), true);
	set_option(g, TEND_OPTION_VACUUM_SCALE_FACTOR, "0", true);
}

static TendStock
stock_of(const GivenTune * g)
{
	return tend_heap_stock(&g->facts, &g->size, &g->c.learnt, &g->settings);
}

/* The threshold that leads to so many dead rows */
static double
leading_to(const TendStock *s, double dead)
{
	return rint(dead - s->rate * s->round_seconds / 2);
}

static const TendProposal *
dead_of(GivenTune * g)
{
	static TendTuning tuning;

	tuning = tend_tune(&g->c);
	return find(&tuning, TEND_TOPIC_DEAD);
}

static void
check_dead_band(void)
{
	GivenTune	g;
	TendStock	s;
	double		best;
	const TendProposal *p;

	given_dead(&g, 1, 1000);
	s = stock_of(&g);
	best = tend_stock_best(&s, tend_stock_range(&s, 0.05), 1);

	given_dead(&g, 1, leading_to(&s, best));
	tap_ok(dead_of(&g) == NULL, "the best threshold stays");
	given_dead(&g, 1, leading_to(&s, best * 1.3));
	tap_ok(dead_of(&g) == NULL, "and what is near to it, above");
	given_dead(&g, 1, leading_to(&s, best / 1.3));
	tap_ok(dead_of(&g) == NULL, "or below");
	given_dead(&g, 1, leading_to(&s, best * 3));
	p = dead_of(&g);
	tap_ok(p != NULL && p->reason == TEND_REASON_CHEAPER_SPACE && p->then.threshold < p->now.threshold,
		   "three times as many dead rows are too many");
	given_dead(&g, 1, leading_to(&s, best / 3));
	p = dead_of(&g);
	tap_ok(p != NULL && p->reason == TEND_REASON_CHEAPER_WORK && p->then.threshold > p->now.threshold,
		   "a third of them is too few");

	/* what a change must be worth */
	given_dead(&g, 1, leading_to(&s, best * 3));
	p = dead_of(&g);
	g.c.market.one_percent_work = p->benefit * 100;
	tap_ok(dead_of(&g) != NULL, "a benefit of a hundredth of the database's work is worth a change");
	given_dead(&g, 1e-6, 1000);
	s = stock_of(&g);
	given_dead(&g, 1e-6, leading_to(&s, 10 * tend_stock_best(&s, tend_stock_range(&s, 0.05), 1e-5)));
	g.c.market = (TendMarket)
	{
		1e-5, 1e6
	};
	tap_ok(dead_of(&g) == NULL, "a benefit of next to nothing is not");
	g.c.market.bloat_price = NAN;
	tap_ok(dead_of(&g) == NULL, "without a price there is no decision");
	given_dead(&g, 0, 100);
	tap_ok(dead_of(&g) == NULL, "nor where nothing dies");
}

static void
check_target(void)
{
	GivenTune	g;
	const TendProposal *p;

	/* bloat is worth nothing here, so only the target speaks */
	given_dead(&g, 30, 60000);
	g.c.market = (TendMarket)
	{
		1e-7, 1e6
	};
	tap_ok(tend_tune(&g.c).nproposals == 0, "a little above the target is near enough");
	given_dead(&g, 30, 90000);
	g.c.market = (TendMarket)
	{
		1e-7, 1e6
	};
	p = dead_of(&g);
	tap_ok(p != NULL && p->reason == TEND_REASON_TARGET && p->then.rows <= 51000,
		   "nearly twice the target is lowered to it, though it does not pay");
	tap_ok(p != NULL && p->benefit > 0, "and counts as a benefit");
	given_dead(&g, 30, 49000);
	g.c.market = (TendMarket)
	{
		1e-7, 1e6
	};
	tap_ok(dead_of(&g) == NULL, "below the target nothing happens");
	given_dead(&g, 0.01, 90000);
	g.c.market = (TendMarket)
	{
		1e-7, 1e6
	};
	tap_ok(dead_of(&g) == NULL, "a table that takes months to get there misses no target");
	given_dead(&g, 30, 90000);
	g.c.market = (TendMarket)
	{
		1e-7, 1e6
	};
	g.c.dead_ratio_target = 0.2;
	p = dead_of(&g);
	tap_ok(p == NULL || p->then.threshold > p->now.threshold, "the user may accept more");
	g.c.dead_ratio_target = 0.01;
	p = dead_of(&g);
	tap_ok(p != NULL && p->then.rows <= 11000, "or less");
}

static void
check_dead_options(void)
{
	GivenTune	g;
	TendStock	s;
	const TendProposal *p;
	double		share;

	/* steps */
	given_dead(&g, 1, 1000000);
	g.c.market.bloat_price = 1e6;
	p = dead_of(&g);
	tap_ok(p != NULL && p->then.threshold >= 100000 * (1 - 1e-9), "no step down is longer than a tenth");
	given_dead(&g, 100, 50);
	g.c.market.bloat_price = 1e-7;
	g.settings.naptime_seconds = 1;
	p = dead_of(&g);
	tap_ok(p != NULL && p->then.threshold <= 500, "and none up longer than ten times");
	given_dead(&g, 100, 0);
	g.c.market.bloat_price = 1e-7;
	g.settings.naptime_seconds = 1;
	g.facts.heap.deleted = 1000000;
	p = dead_of(&g);
	tap_ok(p == NULL || p->then.threshold <= 20, "from nothing, it is a step to a few rows");

	/* half and half */
	given_dead(&g, 1, 1000000);
	p = dead_of(&g);
	share = p == NULL ? NAN : value_of(p, TEND_OPTION_VACUUM_SCALE_FACTOR) * 1e6;
	tap_ok(p != NULL && fabs(share / p->then.threshold - 0.5) < 0.05 &&
		   fabs((share + value_of(p, TEND_OPTION_VACUUM_THRESHOLD)) / p->then.threshold - 1) < 0.05,
		   "half of the threshold grows with the table");
	given_tune(&g, "reltuples=100 live=100 relpages=100 deleted=1000", "");
	g.size.index_bytes = 100 * BLCKSZ;
	g.c.learnt.dead_hour = g.c.learnt.dead_day = 50;
	set_option(&g, TEND_OPTION_VACUUM_THRESHOLD, "1000000", true);
	p = dead_of(&g);
	tap_ok(p != NULL && value_of(p, TEND_OPTION_VACUUM_SCALE_FACTOR) == 0,
		   "where all rows die within some rounds, none of it does");

	/* bursts */
	given_dead(&g, 10, 200000);
	g.c.learnt.burst_share = 0.9;
	g.c.learnt.burst_rows = 10000;
	s = stock_of(&g);
	p = dead_of(&g);
	tap_ok(p != NULL && p->reason == TEND_REASON_BURST, "bursts are a reason of their own");
	tap_ok(p != NULL && value_of(p, TEND_OPTION_VACUUM_SCALE_FACTOR) == 0, "with a plain number");
	tap_ok(p != NULL && fmod(value_of(p, TEND_OPTION_VACUUM_THRESHOLD), s.burst_rows + s.trickle_rows) > s.trickle_rows,
		   "that the burst crosses, not what trickles in between");
}

/* a maximum of the server's stays above what we write */
static void
check_maximum(void)
{
	GivenTune	g;
	TendTuning	tuning;

	given_tune(&g, "reltuples=10000000000 live=10000000000 relpages=100000000 deleted=1000", "");
	g.size.index_bytes = INT64CONST(100000000) * BLCKSZ;
	g.settings.vacuum_max_threshold = 100000000;
	g.c.learnt.dead_hour = g.c.learnt.dead_day = 20000;
	g.c.market = (TendMarket)
	{
		0.1, 1e5
	};
	tuning = tend_tune(&g.c);
	for (int i = 0; i < tuning.nproposals; i++)
		carry_out(&g, &tuning.proposals[i]);
	tuning = tend_tune(&g.c);
	tap_ok(find(&tuning, TEND_TOPIC_DEAD) == NULL, "no threshold is proposed beyond autovacuum_vacuum_max_threshold");
}

/* ---- inserts ---- */

typedef struct TopicCase
{
	const char *name;
	const char *heap;
	const char *options;		/* ours */
	const char *settings;
	const char *learnt;
	const char *want;			/* options, NULL: nothing to propose */
}			TopicCase;

static const TopicCase inserts[] = {
	{"a table that is only inserted into is vacuumed early, and frozen",
	"reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=100", "insert freeze"},
	{"where nobody has seen rows die too", "reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=100 dead_day=nan", "insert freeze"},
	{"where a row in a hundred dies too", "reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=100 dead_day=1", "insert freeze"},
	{"where more die, rows are not frozen at once", "reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=100 dead_day=1.1", "insert"},
	{"a tenth may die", "reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=100 dead_day=10", "insert"},
	{"where more die, it is not a table of inserts", "reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=100 dead_day=10.1", NULL},
	{"without inserts there is nothing to do", "reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=0", NULL},
	{"nor where nobody has seen any", "reltuples=10000000 live=10000000 relpages=100000", "", "", "inserts_day=nan", NULL},
	{"a small table is not worth it", "reltuples=25500 live=25500 relpages=255", "", "", "inserts_day=100", NULL},
	{"switched off in the server it stays off", "reltuples=10000000 live=10000000 relpages=100000", "", "insert_threshold=-1", "inserts_day=100", NULL},
	{"what is early enough stays", "reltuples=10000000 live=10000000 relpages=100000",
	"autovacuum_vacuum_insert_threshold=100000 autovacuum_vacuum_insert_scale_factor=0", "", "inserts_day=100", NULL},
	{"what is earlier than needed stays too", "reltuples=10000000 live=10000000 relpages=100000",
	"autovacuum_vacuum_insert_threshold=100 autovacuum_vacuum_insert_scale_factor=0", "", "inserts_day=100", NULL},
	{"frozen pages count no more in 18", "reltuples=10000000 live=10000000 relpages=100000 all_frozen=100000", "", "", "inserts_day=100", NULL},
};

/* Do the texts "autovacuum_x=1 ..." become options of ours? */
static void
set_ours(GivenTune * g, const char *text)
{
	char		item[128];

	while (given_next(&text, item, sizeof(item)))
	{
		char	   *equals = strchr(item, '=');

		*equals = '\0';
		for (int i = 0; i < TEND_NUM_OPTIONS; i++)
		{
			if (strcmp(tend_option_name(i), item) == 0)
				set_option(g, i, equals + 1, true);
		}
	}
}

static void
given_topic(GivenTune * g, const TopicCase * c)
{
	given_tune(g, c->heap, "");
	set_ours(g, c->options);
	given_set(given_settings_fields, &g->settings, c->settings);
	given_set(given_learnt_fields, &g->c.learnt, c->learnt);
}

static void
check_inserts(void)
{
	GivenTune	g;

	for (int i = 0; i < (int) lengthof(inserts); i++)
	{
		const		TopicCase *c = &inserts[i];
		TendTuning	tuning;
		const TendProposal *p;
		const char *got;

		given_topic(&g, c);
		tuning = tend_tune(&g.c);
		p = find(&tuning, TEND_TOPIC_INSERT);
		got = p == NULL ? "nothing" : isnan(value_of(p, TEND_OPTION_FREEZE_MIN_AGE)) ? "insert" : "insert freeze";
		tap_text(got, c->want == NULL ? "nothing" : c->want, c->name);
		if (p != NULL)
			tap_ok(p->reason == TEND_REASON_INSERTS && p->then.threshold < p->now.threshold / 1.9,
				   psprintf("%s: much earlier than before", c->name));
	}
}

/* The threshold that the server would make of a proposal */
static double
written(const GivenTune * g, const TendProposal *p)
{
	GivenTune	then = *g;
	TendThresholds t;

	then.c.managed = &then.managed;
	carry_out(&then, p);
	t = p->topic == TEND_TOPIC_TOAST ? tend_toast_thresholds(&then.facts, &then.settings) :
		tend_table_thresholds(&then.facts, &then.settings);
	switch (p->topic)
	{
		case TEND_TOPIC_DEAD:
		case TEND_TOPIC_TOAST:
			return t.vacuum;
		case TEND_TOPIC_INSERT:
			return t.insert;
		case TEND_TOPIC_ANALYZE:
			return t.analyze;
		case TEND_TOPIC_COST:
			return then.facts.heap.options.cost_limit;
		case TEND_TOPIC_FREEZE:
			return t.freeze_max_age;
		case TEND_NUM_TOPICS:
			break;
	}
	abort();
}

static void
check_insert_price(void)
{
	GivenTune	g;
	TendProposal cheap = {0};
	TendProposal dear = {0};
	int			off = 0;

	given_tune(&g, "reltuples=2560000 live=2560000 relpages=25600", "");
	given_set(given_learnt_fields, &g.c.learnt, "inserts_day=100");
	tap_ok(tend_tune_insert(&g.c, &cheap), "a table of 200 MB");
	g.c.learnt.vacuum_pages = 2 * (1000 + 0.2 * 2560000) / 100 + 500;
	tap_ok(tend_tune_insert(&g.c, &dear) && dear.then.threshold > 1.5 * cheap.then.threshold,
		   "waits longer if a vacuum is dear by itself");

	for (int i = 0; i < 2000; i++)
	{
		TendProposal p = {0};
		double		pages = given_between(256, 1e6);
		double		rows = pages * given_between(5, 200);

		given_tune(&g, psprintf("reltuples=%.0f live=%.0f relpages=%.0f", rows, rows, pages), "");
		given_set(given_learnt_fields, &g.c.learnt, "inserts_day=100");
		if (given_dice(2))
			g.c.learnt.vacuum_pages = 2 * (1000 + 0.2 * rows) * pages / rows + given_between(1, 100000);
		if (tend_tune_insert(&g.c, &p) &&
			!(written(&g, &p) > p.then.threshold / 2 && written(&g, &p) < p.then.threshold * 2) && off++ == 0)
			fprintf(stderr, "# %.0f pages, %.0f rows, %.0f pages per vacuum: written %.0f, predicted %.0f\n",
					pages, rows, g.c.learnt.vacuum_pages, written(&g, &p), p.then.threshold);
	}
	tap_ok(off == 0, "the options of inserts lead to about what is predicted");
}

/* ---- analyze ---- */

#define BIG "reltuples=100000 live=100000 relpages=1000"
#define TROUBLE "stale_seconds=86400 stale_day=0.001 stale_q=50 stale_rows=2000 stale_ms_day=10"

static const TopicCase analyzes[] = {
	/* a round is 60 s, and the threshold of 1000 rows 150 */
	{"a table whose rows change once per round is analyzed too often", "", "", "", "mods_day=16", "often"},
	{"one that takes ten rounds to get there is not", "", "", "", "mods_day=0.25", NULL},
	{"nothing changes", "", "", "", "mods_day=0", NULL},
	{"nobody knows whether anything changes", "", "", "", "mods_day=nan", NULL},
	{"a threshold of twenty rounds stays", "", "autovacuum_analyze_threshold=20000 autovacuum_analyze_scale_factor=0", "", "mods_day=16", NULL},
	{"so does one at which all rows changed many times", "", "autovacuum_analyze_threshold=20000 autovacuum_analyze_scale_factor=0", "", "mods_day=1600", NULL},

	/* large */
	{"a tenth of a hundred million rows is late", "reltuples=100000000 live=100000000 relpages=1000000", "", "", "mods_day=10", "late"},
	{"a tenth of a million is not", "reltuples=1000000 live=1000000 relpages=10000", "", "", "mods_day=1", NULL},
	{"where so much changes that a tenth is soon there, neither", "reltuples=100000000 live=100000000 relpages=1000000", "", "", "mods_day=10000", NULL},
	{"a lower share stays", "reltuples=100000000 live=100000000 relpages=1000000", "autovacuum_analyze_scale_factor=0.02", "", "mods_day=10", NULL},

	/*
	 * queries that were misled: 2000 rows were modified when it began, 10 050
	 * is the threshold
	 */
	{"queries are misled since the last analyze", BIG, "", "", "mods_day=0.5 " TROUBLE, "misled"},
	{"two samples are chance", BIG, "", "", "mods_day=0.5 " TROUBLE " stale_day=0.00003", NULL},
	{"it began only when autovacuum was late", BIG, "", "", "mods_day=0.5 " TROUBLE " stale_rows=20000", NULL},
	{"it began just before it was analyzed", BIG, "", "", "mods_day=0.5 " TROUBLE " stale_rows=10050", "misled"},
	{"a threshold that is half of it stays", BIG, "autovacuum_analyze_threshold=1000 autovacuum_analyze_scale_factor=0", "", "mods_day=0.1 " TROUBLE, NULL},
	{"queries that take less time than analyze are not worth it", BIG, "", "", "mods_day=0.5 " TROUBLE " stale_ms_day=0.001", NULL},
	{"a busy table whose queries are misled is not analyzed more rarely", "", "", "", "mods_day=16 " TROUBLE " stale_rows=500", NULL},
	{"a growing key in a busy table: analyze at each round", BIG, "", "", "mods_day=16 " TROUBLE, "misled"},
	{"where it begins within a round, nothing helps", BIG, "", "", "mods_day=64 " TROUBLE " stale_rows=300", NULL},
	{"a huge table is not analyzed at each round", "reltuples=1000000000 live=1000000000 relpages=10000000",
	"autovacuum_analyze_threshold=4000000 autovacuum_analyze_scale_factor=0", "", "mods_day=5000 stale_ms_day=500 " TROUBLE, NULL},
	{"a table that stands still is not late", "reltuples=100000000 live=100000000 relpages=1000000", "", "", "mods_day=0", NULL},
};

static void
check_analyzes(void)
{
	GivenTune	g;
	TendProposal p = {0};
	double		before = INFINITY;
	bool		falls = true;

	for (int i = 0; i < (int) lengthof(analyzes); i++)
	{
		const		TopicCase *c = &analyzes[i];
		TendTuning	tuning;
		const TendProposal *found;
		const char *got;

		given_topic(&g, c);
		tuning = tend_tune(&g.c);
		found = find(&tuning, TEND_TOPIC_ANALYZE);
		got = found == NULL ? "nothing" : found->reason == TEND_REASON_ANALYZED_TOO_OFTEN ? "often" :
			found->reason == TEND_REASON_MISLED ? "misled" : "late";
		tap_text(got, c->want == NULL ? "nothing" : c->want, c->name);
	}

	given_tune(&g, "", "");
	g.facts.is_statistic = true;
	g.c.learnt.mods_day = 100;
	tap_ok(!tend_tune_analyze(&g.c, &p), "pg_statistic is never analyzed");

	for (double rows = 2e6; rows < 1e12; rows *= 3)
	{
		double		share;

		given_tune(&g, psprintf("reltuples=%.0f live=%.0f relpages=10000", rows, rows), "");
		g.c.learnt.mods_day = 0.001;
		memset(&p, 0, sizeof(p));
		if (!tend_tune_analyze(&g.c, &p))
			continue;
		share = value_of(&p, TEND_OPTION_ANALYZE_SCALE_FACTOR);
		falls = falls && share <= before && share >= 0.001 && share < 0.1;
		before = share;
	}
	tap_ok(falls && before < 0.1, "the share falls with the size, but not to nothing");

	/* traffic that was, and is no more */
	given_tune(&g, "reltuples=50000000 live=50000000 relpages=500000", "");
	set_ours(&g, "autovacuum_analyze_threshold=10000000 autovacuum_analyze_scale_factor=0");
	g.c.learnt.mods_day = 1;
	memset(&p, 0, sizeof(p));
	if (tend_tune_analyze(&g.c, &p))
	{
		double		then = written(&g, &p);

		if (!tap_ok(then < p.now.threshold, "a threshold of ours that is too late is lowered, not raised"))
			fprintf(stderr, "# from %.0f to %.0f, predicted %.0f\n", p.now.threshold, then, p.then.threshold);
	}
	else
		tap_ok(false, "a threshold of ours that is too late is lowered, not raised");
}

/* ---- queries that were misled ---- */

/* One day of a table whose queries are misled from "onset" modified rows on */
static void
live_a_day(GivenTune * g, double onset, double samples)
{
	TendLearnt *l = &g->c.learnt;
	double		current = tend_table_thresholds(&g->facts, &g->settings).analyze;
	double		cycle = Max(current, l->mods_day * g->settings.naptime_seconds);
	double		misled = Max(1 - onset / cycle, 0) * samples / 86400;

	l->stale_day = isnan(l->stale_day) ? misled : 0.37 * l->stale_day + 0.63 * misled;
	l->stale_ms_day = l->stale_day * 1000;
	l->stale_seconds = (isnan(l->stale_seconds) ? 0 : l->stale_seconds) + 86400;
	l->stale_q = 100;
	if (misled > 0)
		l->stale_rows = onset;
}

/* How many changes a month brings; the last day has no more misled queries. */
static int
live_a_month(GivenTune * g, double onset, bool *calm)
{
	int			changes = 0;

	for (int day = 0; day < 30; day++)
	{
		TendProposal p = {0};
		bool		change = tend_tune_analyze(&g->c, &p);

		if (change)
		{
			g->managed.misled |= p.reason == TEND_REASON_MISLED;
			carry_out(g, &p);
			changes++;
		}
		*calm = !change;
		live_a_day(g, onset, 1000);
	}
	return changes;
}

/* What the thresholds of a table lead to, its cost included */
static void
check_misled(void)
{
	int			restless = 0;
	int			many = 0;
	int			dear = 0;
	int			helpless = 0;

	for (int i = 0; i < 3000; i++)
	{
		GivenTune	g;
		double		rows = given_between(1000, 1e10);
		double		onset = given_between(1e-4, 1) * rows;
		double		pages = Max(rows / 100, 1);
		double		analyze_pages = Min(pages, 30000) + TEND_OVERHEAD_PAGES;
		double		current;
		double		cycle_seconds;
		bool		calm;

		given_tune(&g, psprintf("reltuples=%.0f live=%.0f relpages=%.0f", rows, rows, pages), "");
		g.c.learnt.mods_day = rows * given_between(1e-8, 1e-3);
		live_a_day(&g, onset, 1000);
		many += live_a_month(&g, onset, &calm) > 6;
		restless += !calm;
		current = tend_table_thresholds(&g.facts, &g.settings).analyze;
		cycle_seconds = Max(current / g.c.learnt.mods_day, g.settings.naptime_seconds);

		/*
		 * 5 s per 100 000 pages, a 500th of the time, and what rounding and
		 * the band leave
		 */
		dear += g.managed.misled && analyze_pages * 5e-5 > 0.002 * cycle_seconds * 2.2;
		helpless += !g.managed.misled && onset < current / 4 && onset > 200 &&
			onset / g.c.learnt.mods_day > 2000 && cycle_seconds > 4000;
	}
	tap_ok(many == 0, "a table whose queries are misled is changed a few times a month");
	tap_ok(restless == 0, "and not at the end of it");
	tap_ok(dear == 0, "analyze takes no more than a 500th of the time for it");
	tap_ok(helpless == 0, "where a change helps and is not dear, it comes");
}

/* ---- cost ---- */

/* A table of a million rows that fills up in 1000 s */
static void
given_slow(GivenTune * g, double vacuum_ms)
{
	given_tune(g, "reltuples=1000000 live=1000000 relpages=20000 deleted=1000", "");
	set_ours(g, "autovacuum_vacuum_threshold=99700 autovacuum_vacuum_scale_factor=0");
	g->settings.naptime_seconds = 6;
	g->c.learnt.dead_hour = g->c.learnt.dead_day = 100;
	g->c.learnt.vacuum_ms = vacuum_ms;
}

static double
granted(const GivenTune * g)
{
	TendProposal p = {0};

	return tend_tune_cost(&g->c, &p) ? value_of(&p, TEND_OPTION_COST_LIMIT) : NAN;
}

static void
check_cost(void)
{
	GivenTune	g;
	TendProposal p = {0};
	double		total;
	int			above = 0;

	given_slow(&g, 400000);
	tap_number(granted(&g), NAN, "a vacuum that takes less than half of the time to fill up is fast enough");
	given_slow(&g, 600000);
	tap_ok(granted(&g) > 200 && granted(&g) <= 800, "one that takes longer is given more");
	given_slow(&g, 1e9);
	tap_number(granted(&g), 800, "but four times at most");
	given_slow(&g, 1e9);
	g.settings.cost_delay = 0;
	tap_number(granted(&g), NAN, "where vacuum does not rest, nothing is to be given");
	given_slow(&g, NAN);
	tap_number(granted(&g), NAN, "nor where nothing was measured");
	given_slow(&g, 1e9);
	g.c.learnt.dead_hour = g.c.learnt.dead_day = 0;
	tap_number(granted(&g), NAN, "nor where nothing dies");
	given_slow(&g, 9999);
	g.c.learnt.dead_hour = g.c.learnt.dead_day = 1e5;
	tap_number(granted(&g), NAN, "short vacuums rest too little to be helped");
	given_slow(&g, 1e9);
	set_ours(&g, "autovacuum_vacuum_cost_limit=400");
	tap_number(granted(&g), 1600, "what is ours can be raised once more");
	given_slow(&g, 1e9);
	g.settings.cost_limit = 9000;
	tap_number(granted(&g), 10000, "never above what the server accepts");
	given_slow(&g, 1e9);
	g.settings.cost_limit = 10000;
	tap_number(granted(&g), NAN, "and nothing above that");

	/* all tables together */
	given_slow(&g, 1e9);
	g.c.cost_granted = 800;
	tap_number(granted(&g), 800, "eight times the server's limit may be given in all");
	g.c.cost_granted = 801;
	tap_number(granted(&g), NAN, "and no more");
	given_slow(&g, 1e9);
	set_ours(&g, "autovacuum_vacuum_cost_limit=400");
	g.c.cost_granted = 400;
	tap_number(granted(&g), 1600, "a new limit takes the place of the old one");
	g.c.cost_granted = 401;
	tap_number(granted(&g), NAN, "beside what others were given");
	for (int i = 0; i < 20000; i++)
	{
		total = given_dice(1600);
		given_slow(&g, given_between(1e5, 1e8));
		g.c.cost_granted = total;
		if (total + granted(&g) > 1600 && above++ == 0)
			fprintf(stderr, "# %.6g given before, and %.6g now\n", total, granted(&g));
	}
	tap_ok(above == 0, "not even by rounding");

	given_slow(&g, 1e9);
	tap_ok(tend_tune_cost(&g.c, &p) && p.reason == TEND_REASON_TOO_SLOW && p.benefit > 0 && p.then.rows < p.now.rows,
		   "fewer rows die during a faster vacuum");
	g.c.market.bloat_price = NAN;
	memset(&p, 0, sizeof(p));
	tap_ok(!tend_tune_cost(&g.c, &p) || !isnan(p.benefit), "a benefit is a number before there is a price");
}

/* ---- freezing ---- */

static void
given_storm(GivenTune * g, int n, int64 age)
{
	given_tune(g, psprintf("relpages=1000000 reltuples=1e8 live=100000000 xid_age=" INT64_FORMAT, age), "");
	g->storm.n = n;
	for (int i = 0; i < n; i++)
		g->storm.tables[i] = (TendStormTable)
	{
		16384 + i, 1000000 - i, age
	};
}

static double
freeze_at(const GivenTune * g)
{
	TendProposal p = {0};

	return tend_tune_freeze(&g->c, &p) ? value_of(&p, TEND_OPTION_FREEZE_MAX_AGE) : NAN;
}

static void
check_freeze(void)
{
	GivenTune	g;

	given_storm(&g, 2, 100000000);
	tap_ok(freeze_at(&g) < 200000000 && freeze_at(&g) > 100000000, "of two large tables of one age the larger is frozen earlier");
	g.facts.heap.relid = 16385;
	g.facts.heap.relpages = 999999;
	tap_number(freeze_at(&g), NAN, "the other one when the server says");
	given_storm(&g, 2, 100000000);
	g.storm.tables[0].pages = g.storm.tables[1].pages;
	g.facts.heap.relpages = 999999;
	tap_ok(!isnan(freeze_at(&g)), "of equal ones, the older table goes first");
	given_storm(&g, 1, 100000000);
	tap_number(freeze_at(&g), NAN, "a table alone is frozen when the server says");
	given_storm(&g, 2, 100000000);
	g.c.storm = NULL;
	tap_number(freeze_at(&g), NAN, "nothing is done where others are not known");
	given_storm(&g, 2, 100000000);
	g.storm.tables[1].xid_age = 150000000;
	tap_number(freeze_at(&g), NAN, "a table of another age does not meet this one");
	given_storm(&g, 2, 100000000);
	g.facts.heap.relpages = TEND_STORM_PAGES - 1;
	tap_number(freeze_at(&g), NAN, "a small table is frozen in no time");
	given_storm(&g, 2, 79999999);
	tap_number(freeze_at(&g), NAN, "below two fifths of the limit there is time");
	given_storm(&g, 2, 80000000);
	tap_ok(!isnan(freeze_at(&g)), "from there on there is none");
	given_storm(&g, 2, 195000000);
	tap_number(freeze_at(&g), NAN, "close to the limit it is too late");
	given_storm(&g, 2, 300000000);
	tap_number(freeze_at(&g), NAN, "and above it");
	given_storm(&g, 2, 100000000);
	set_option(&g, TEND_OPTION_FREEZE_MAX_AGE, "150000000", true);
	tap_number(freeze_at(&g), NAN, "what was set once is not set again");
	given_storm(&g, 2, -1);
	tap_number(freeze_at(&g), NAN, "a table without an age is not frozen");
}

static int
by_size(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Many storms: limits are spread, below the server's, and ahead of the age */
static void
check_storms(void)
{
	int			outside = 0;
	int			behind = 0;
	int			together = 0;
	int			unasked = 0;

	for (int i = 0; i < 3000; i++)
	{
		GivenTune	g;
		int			n = 1 + given_dice(TEND_MAX_STORM);
		int			limit = (int) given_between(100000, 2e9);
		int64		age = (int64) (limit * given_between(0.3, 1.2));
		double		limits[TEND_MAX_STORM];
		int			nlimits = 0;
		TendStorm	storm = {.n = n};

		for (int t = 0; t < n; t++)
			storm.tables[t] = (TendStormTable)
		{
			16384 + t, given_between(TEND_STORM_PAGES, 1e9),
				given_dice(5) ? age + (int64) given_dice(limit / 100 + 1) : (int64) given_between(1, 2e9)
		};
		for (int t = 0; t < n; t++)
		{
			double		at;

			given_tune(&g, "", "");
			g.facts.heap.relid = storm.tables[t].relid;
			g.facts.heap.relpages = (int32) storm.tables[t].pages;
			storm.tables[t].pages = g.facts.heap.relpages;
			g.facts.heap.xid_age = storm.tables[t].xid_age;
			g.settings.freeze_max_age = limit;
			g.storm = storm;
			at = freeze_at(&g);
			if (isnan(at))
				continue;
			outside += !(at >= 100000 && at <= 2000000000 && at < limit && at == rint(at));
			behind += at <= storm.tables[t].xid_age;
			unasked += !tend_storm_concerns(&storm, t, limit);
			limits[nlimits++] = at;
		}
		qsort(limits, nlimits, sizeof(double), by_size);
		/* as far as the step of 100 000 can tell them apart */
		for (int l = 1; l < nlimits && limit > 100000000; l++)
			together += limits[l] == limits[l - 1] && n < 10;
	}
	tap_ok(outside == 0, "limits of freezing are below the server's and within what it accepts");
	tap_ok(behind == 0, "no limit of freezing lies behind a table's age");
	tap_ok(together == 0, "tables of one age are frozen apart");
	tap_ok(unasked == 0, "a table that wants a limit is one that a storm concerns");
}

/* ---- TOAST ---- */

static void
check_toast(void)
{
	GivenTune	g;
	TendTuning	tuning;
	TendProposal p = {0};
	const TendProposal *dead;
	TendProposal follows;

	wants_all(&g);
	tuning = tend_tune(&g.c);
	dead = find(&tuning, TEND_TOPIC_DEAD);
	tap_ok(tend_tune_toast(&g.c, dead, &p) && value_of(&p, TEND_OPTION_TOAST_VACUUM_THRESHOLD) > 0, "TOAST has options of its own");

	/* the table's proposal would suit TOAST */
	follows = *dead;
	follows.options[0].value = p.then.threshold;
	follows.options[1].value = 0;
	memset(&p, 0, sizeof(p));
	g.c.market.bloat_price = 1e-3;
	(void) tend_tune_toast(&g.c, NULL, &p);
	follows.options[0].value = rint(p.then.threshold * 1.1);
	tap_ok(!tend_tune_toast(&g.c, &follows, &p), "TOAST that suits the table's new options follows them");

	wants_all(&g);
	g.size.toast_bytes = 100000;
	tap_ok(!tend_tune_toast(&g.c, NULL, &p), "a small TOAST table follows");
	wants_all(&g);
	g.facts.toast.relid = InvalidOid;
	tap_ok(!tend_tune_toast(&g.c, NULL, &p), "without a TOAST table there is nothing to do");
	wants_all(&g);
	g.facts.toast.options.enabled = false;
	tap_ok(!tend_tune_toast(&g.c, NULL, &p), "nor for one that autovacuum leaves alone");
	wants_all(&g);
	g.c.learnt.toast_dead_hour = g.c.learnt.toast_dead_day = 0;
	tap_ok(!tend_tune_toast(&g.c, NULL, &p), "nor where nothing dies in it");
	g.c.learnt.toast_dead_hour = g.c.learnt.toast_dead_day = NAN;
	tap_ok(!tend_tune_toast(&g.c, NULL, &p), "nor where that is not known");
}

/* ---- many tables ---- */

/* A table as there are many */
static void
roll_table(GivenTune * g)
{
	double		rows = given_between(10, 1e10);
	double		pages = Min(Max(rows / given_between(5, 150) * (given_dice(3) ? 1 : given_between(1, 100)), 1), 4e9);
	double		dead = given_dice(5) ? given_between(1e-4, 1e4) : 0;
	double		came = given_dice(5) ? given_between(1e-4, 1e5) : 0;
	TendLearnt *l = &g->c.learnt;
	TendStock	s;
	TendEconomy economy = {0};
	TendMarket	unknown = {NAN, NAN};

	given_tune(g, "", "");
	g->facts.heap.reltuples = g->facts.heap.live_tuples = (int64) rows;
	g->facts.heap.relpages = (int32) Min(pages, PG_INT32_MAX);
	g->facts.heap.inserted = (int64) (1e5 * came);
	g->facts.heap.deleted = (int64) (1e5 * dead * given_dice(2));
	g->facts.heap.updated = (int64) (1e5 * dead);
	g->facts.heap.xid_age = given_dice(200000000);
	g->size.table_bytes = (int64) (pages * BLCKSZ);
	g->size.index_bytes = given_dice(4) ? (int64) (pages * BLCKSZ * given_between(0.01, 3)) : 0;
	g->settings.naptime_seconds = given_dice(3) ? 60 : (int) given_between(1, 3600);
	l->dead_hour = dead * given_between(0.3, 3);
	l->dead_fast = l->dead_day = dead;
	l->inserts_fast = l->inserts_day = came;
	l->mods_day = dead + came;
	if (given_dice(4) == 0)
	{
		l->burst_share = given_between(0.4, 1);
		l->burst_rows = given_between(100, Max(rows, 200));
	}
	if (given_dice(2))
	{
		l->vacuum_ms = given_between(10, 1e9);
		l->vacuum_pages = given_between(10, 1e7);
		l->price_ratio = given_between(0.05, 20);
		l->analyze_pages = given_between(30, 30000);
	}
	if (given_dice(2))
	{
		g->facts.toast = given_heap("relid=16387", "");
		g->facts.toast.reltuples = g->facts.toast.live_tuples = (int64) given_between(10, 1e9);
		g->size.toast_bytes = (int64) (g->facts.toast.live_tuples * 2000.0);
		l->toast_dead_hour = l->toast_dead_day = given_between(1e-4, 1e4);
	}
	s = tend_heap_stock(&g->facts, &g->size, l, &g->settings);
	if (s.rate > 0)
		tend_economy_add(&economy, &s, 0.05, 1);
	g->c.market = tend_market_next(unknown, &economy, given_dice(2) ? -1 : given_between(1e-3, 1e5), 1);
	if (given_dice(3) == 0 && s.rate > 0)
		g->c.market.one_percent_work *= given_between(1, 1000);
}

/* How often a rule was broken; the first of each topic is shown. */
typedef struct Broken
{
	const char *rule;
	int			n[TEND_NUM_TOPICS];
}			Broken;

static void
report(Broken * broken, const GivenTune * g, const TendProposal *p)
{
	if (broken->n[p->topic]++ > 0)
		return;
	fprintf(stderr, "# %s: threshold %.6g to %.6g, written %.6g;", topic_words[p->topic],
			p->now.threshold, p->then.threshold, written(g, p));
	for (int i = 0; i < p->noptions; i++)
		fprintf(stderr, " %s=%.10g,", tend_option_name(p->options[i].option), p->options[i].value);
	fprintf(stderr, " where reltuples=%.0f live=%.0f pages=%.0f+%.0f dead_day=%.6g inserts_day=%.6g naptime=%d maximum=%d burst_rows=%.6g",
			g->facts.heap.reltuples, (double) g->facts.heap.live_tuples,
			(double) g->size.table_bytes / BLCKSZ, (double) g->size.index_bytes / BLCKSZ,
			g->c.learnt.dead_day, g->c.learnt.inserts_day, g->settings.naptime_seconds,
			g->settings.vacuum_max_threshold, g->c.learnt.burst_rows);
	if (p->topic == TEND_TOPIC_TOAST)
		fprintf(stderr, " toast_dead_day=%.6g, of TOAST reltuples=%.0f", g->c.learnt.toast_dead_day, g->facts.toast.reltuples);
	fprintf(stderr, "\n");
}

static void
expect_none(const Broken * broken, const char *where)
{
	int			n = 0;

	for (int i = 0; i < TEND_NUM_TOPICS; i++)
		n += broken->n[i];
	if (!tap_ok(n == 0, psprintf("%s: %s", where, broken->rule)))
	{
		for (int i = 0; i < TEND_NUM_TOPICS; i++)
		{
			if (broken->n[i] > 0)
				fprintf(stderr, "# %d times for %s\n", broken->n[i], topic_words[i]);
		}
	}
}

/* Would the same be written once more? */
static bool
changes_nothing(const GivenTune * g, const TendProposal *p)
{
	for (int i = 0; i < p->noptions; i++)
	{
		double		now = tend_option_current(&g->facts, p->options[i].option);

		if (isnan(now) || fabs(now - p->options[i].value) > 1e-9 * fabs(now))
			return false;
	}
	return true;
}

typedef struct Rules
{
	int			proposals[TEND_NUM_TOPICS];
	Broken		accepted;
	Broken		read;
	Broken		benefit;
	Broken		own_topic;
	Broken		predicted;
	Broken		direction;
	Broken		step;
	Broken		news;
	Broken		rest;
} Rules;

static const Rules no_rule_broken = {
	.accepted = {"ALTER TABLE accepts all values", {0}},
	.read = {"values are read as they were written", {0}},
	.benefit = {"all benefits are numbers", {0}},
	.own_topic = {"all options are of their topic", {0}},
	.predicted = {"what is written leads to about what is predicted", {0}},
	.direction = {"and never the other way", {0}},
	.step = {"no step is longer than ten times", {0}},
	.news = {"nothing is proposed that is there already", {0}},
	.rest = {"once all is carried out, nothing is left to propose", {0}}
};

static void
judge(Rules *r, const GivenTune * g, const TendProposal *p)
{
	bool		vacuum = p->topic == TEND_TOPIC_DEAD || p->topic == TEND_TOPIC_TOAST;
	double		then;

	r->proposals[p->topic]++;
	for (int i = 0; i < p->noptions; i++)
	{
		double		read = strtod(tend_word_option(p->options[i].value).str, NULL);

		if (!is_accepted(&p->options[i]))
		{
			report(&r->accepted, g, p);
			return;
		}
		if (fabs(read - p->options[i].value) > 1e-9 * fabs(read))
			report(&r->read, g, p);
		if (tend_option_topic(p->options[i].option) != p->topic)
			report(&r->own_topic, g, p);
	}
	if (!isfinite(p->benefit))
		report(&r->benefit, g, p);
	then = written(g, p);
	if (!(then > p->then.threshold / 2 && then < p->then.threshold * 2))
		report(&r->predicted, g, p);
	if ((p->then.threshold > p->now.threshold) != (then > p->now.threshold))
		report(&r->direction, g, p);
	if (vacuum && !(p->then.threshold >= p->now.threshold / 10.001 &&
					p->then.threshold <= Max(p->now.threshold, 1) * 10.001))
		report(&r->step, g, p);
	if (changes_nothing(g, p))
		report(&r->news, g, p);
}

/* Propose and carry out, until nothing is left to propose */
static void
settle(Rules *r, GivenTune * g)
{
	TendTuning	tuning;

	for (int round = 0; round < 12; round++)
	{
		tuning = tend_tune(&g->c);
		if (tuning.nproposals == 0)
			return;
		for (int i = 0; i < tuning.nproposals; i++)
		{
			judge(r, g, &tuning.proposals[i]);
			carry_out(g, &tuning.proposals[i]);
		}
	}
	report(&r->rest, g, &tuning.proposals[0]);
}

static void
check_many(int maximum, const char *where)
{
	Rules		r = no_rule_broken;
	bool		all = true;

	for (int i = 0; i < 20000; i++)
	{
		GivenTune	g;

		roll_table(&g);
		g.settings.vacuum_max_threshold = maximum;
		settle(&r, &g);
	}
	for (int i = 0; i < TEND_NUM_TOPICS; i++)
		all = all && (r.proposals[i] > 500 || i == TEND_TOPIC_FREEZE);
	tap_ok(all, psprintf("%s: made-up tables want all there is", where));
	expect_none(&r.accepted, where);
	expect_none(&r.read, where);
	expect_none(&r.benefit, where);
	expect_none(&r.own_topic, where);
	expect_none(&r.predicted, where);
	expect_none(&r.direction, where);
	expect_none(&r.step, where);
	expect_none(&r.news, where);
	expect_none(&r.rest, where);
}

/* The catalog knows fewer rows than there are, until the next analyze. */
static void
check_stale_rows(void)
{
	Rules		r = no_rule_broken;

	for (int i = 0; i < 10000; i++)
	{
		GivenTune	g;

		roll_table(&g);
		g.facts.heap.last_analyze = 1;
		g.facts.heap.reltuples = given_dice(2) ? -1 : rint(g.facts.heap.live_tuples * given_between(0.001, 1));
		for (int round = 0; round < 6; round++)
		{
			TendTuning	tuning = tend_tune(&g.c);

			for (int t = 0; t < tuning.nproposals; t++)
			{
				if (changes_nothing(&g, &tuning.proposals[t]))
					report(&r.news, &g, &tuning.proposals[t]);
				carry_out(&g, &tuning.proposals[t]);
			}
		}
	}
	expect_none(&r.news, "while the catalog's rows lag behind");
}

/* ---- absurd numbers ---- */

static void
roll_heap(TendHeapFacts *h)
{
	h->reltuples = given_dice(2) ? given_between(1, 1e12) : given_absurd();
	h->relpages = (int32) given_dice(PG_INT32_MAX);
	h->live_tuples = given_absurd_count();
	h->dead_tuples = given_absurd_count();
	h->inserted = given_absurd_count();
	h->updated = given_absurd_count();
	h->hot_updated = given_absurd_count();
	h->deleted = given_absurd_count();
	h->xid_age = given_absurd_count();
	h->last_analyze = given_dice(2);
}

static void
check_absurd(void)
{
	int			refused = 0;
	int			nan = 0;
	int			many = 0;
	int			found = 0;

	for (int i = 0; i < 200000; i++)
	{
		GivenTune	g;
		TendTuning	tuning;

		wants_all(&g);
		roll_heap(&g.facts.heap);
		roll_heap(&g.facts.toast);
		g.facts.toast.relid = 16387;
		for (size_t f = 0; f < sizeof(TendLearnt) / sizeof(double); f++)
			((double *) &g.c.learnt)[f] = given_dice(3) ? given_between(1e-3, 1e6) : given_absurd();
		if (given_dice(2))
			g.c.learnt.burst_share = NAN;
		g.size = (TendTableSize)
		{
			given_absurd_count(), given_absurd_count(), given_absurd_count()
		};
		g.settings.naptime_seconds = 1 + given_dice(2147483);
		g.settings.cost_limit = 1 + given_dice(10000);
		g.settings.freeze_max_age = 100000 + given_dice(1999900001);
		g.settings.vacuum_threshold = given_dice(PG_INT32_MAX);
		g.settings.vacuum_scale_factor = given_between(1e-6, 100);
		g.c.market.bloat_price = given_absurd();
		g.c.market.one_percent_work = given_absurd();
		g.c.cost_granted = given_absurd();
		g.c.dead_ratio_target = given_between(0.001, 0.5);
		tuning = tend_tune(&g.c);
		many += tuning.nproposals > TEND_NUM_TOPICS;
		for (int t = 0; t < tuning.nproposals; t++)
		{
			const TendProposal *p = &tuning.proposals[t];

			found++;
			many += p->noptions < 1 || p->noptions > TEND_MAX_TOPIC_OPTIONS;
			for (int o = 0; o < p->noptions; o++)
			{
				if (!is_accepted(&p->options[o]) && refused++ == 0)
					fprintf(stderr, "# %s = %.10g\n", tend_option_name(p->options[o].option), p->options[o].value);
			}
			nan += isnan(p->then.threshold);
		}
	}
	tap_ok(found > 1000, "absurd tables want something, too");
	tap_ok(refused == 0, "but nothing that ALTER TABLE refuses");
	tap_ok(nan == 0, "and no threshold that is no number");
	tap_ok(many == 0, "nor more than there is room for");
}

int
main(void)
{
	check_options();
	check_rounding();
	check_users_options();
	check_our_options();
	check_toast_is_left();
	check_left_alone();
	check_dead_band();
	check_target();
	check_dead_options();
	check_maximum();
	check_inserts();
	check_insert_price();
	check_analyzes();
	check_misled();
	check_cost();
	check_freeze();
	check_storms();
	check_toast();
	check_many(-1, "up to 17");
	check_many(100000000, "from 18 on");
	check_stale_rows();
	check_absurd();
	return tap_done();
}
