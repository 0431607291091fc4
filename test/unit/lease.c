/*-------------------------------------------------------------------------
 *
 * lease.c
 *	  Tests of src/advise/lease.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/lease.h"

#define INTERVAL 60.0

/* Somebody holds rows; times in intervals */
typedef struct Given
{
	bool		held;
	double		held_for;		/* NaN: unknown since when */
	int64		xmin_age;
	double		counter;
	double		threshold;
	double		rate;			/* per interval */
	double		freeze_due;
}			Given;

#define GIVEN(t, f) {#f, t, offsetof(Given, f)}
static const GivenField given_fields[] = {
	GIVEN(GIVEN_BOOL, held), GIVEN(GIVEN_DOUBLE, held_for), GIVEN(GIVEN_INT64, xmin_age),
	GIVEN(GIVEN_DOUBLE, counter), GIVEN(GIVEN_DOUBLE, threshold), GIVEN(GIVEN_DOUBLE, rate),
	GIVEN(GIVEN_DOUBLE, freeze_due),
	{0}
};

typedef struct Case
{
	const char *name;
	const char *given;
	bool		want;
}			Case;

/*
 * Somebody has held the horizon for ten intervals, in which 1000 rows died:
 * all that there are.
 */
static const Case cases[] = {
	{"vacuum would remove nothing", "", true},
	{"nobody holds back anything", "held=0", false},
	{"a blocker of two intervals is everyday life", "held_for=2.9", false},
	{"one of three is not", "held_for=3 rate=400", true},
	{"what was there before the blocker can be removed", "held_for=4", false},
	{"half of it may be", "held_for=5", true},
	{"less than half of the threshold, there is time", "threshold=2001", false},
	{"at half of it, there is not", "threshold=2000", true},
	{"above it all the less", "threshold=10", true},
	{"a threshold of nothing", "threshold=0", true},
	{"nobody knows how fast rows die", "rate=nan", false},
	{"no rows die any more", "rate=0", false},
	{"a table that has used half of its age still gets a lease", "freeze_due=0.5", true},
	{"beyond it deserves every vacuum", "freeze_due=0.51", false},
	{"ages that are not known are no reason", "freeze_due=nan", true},

	/* nobody knows since when */
	{"unknown since when, few transactions", "held_for=nan xmin_age=999999", false},
	{"unknown since when, many transactions", "held_for=nan xmin_age=1000000", true},
	{"unknown since when, and nothing dies", "held_for=nan xmin_age=1000000 rate=0", false},
};

static double
lease(const char *text)
{
	Given		given = {.held = true,.held_for = 10,.counter = 1000,.threshold = 1000,.rate = 100,.freeze_due = 0.1};
	TendHorizon horizon = {0};
	TendLeaseCase l;

	given_set(given_fields, &given, text);
	horizon.held = given.held;
	horizon.xmin_age = given.xmin_age;
	horizon.since = isnan(given.held_for) ? 0 :
		GIVEN_NOW - (int64) (given.held_for * INTERVAL * USECS_PER_SEC);
	l = (TendLeaseCase)
	{
		.horizon = &horizon,
			.counter = given.counter,
			.threshold = given.threshold,
			.rate = given.rate / INTERVAL,
			.freeze_due = given.freeze_due,
			.now = GIVEN_NOW,
			.interval_seconds = INTERVAL
	};
	return tend_lease_threshold(&l);
}

static void
check_cases(void)
{
	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		double		got = lease(cases[i].given);

		if (!tap_ok(cases[i].want ? got > 0 : got == 0, cases[i].name))
			fprintf(stderr, "# threshold %.6g\n", got);
	}
	tap_ok(lease("") > 2000, "as much again as there is may come");
	tap_ok(lease("threshold=1500") > lease(""), "never below the threshold there is");
	tap_ok(lease("rate=200") > lease(""), "the more the faster rows die");
	tap_ok(lease("held_for=nan xmin_age=5000000") > 1000, "unknown since when, it is above what is there");
}

static void
check_lasting(void)
{
	TendHorizon nobody = {0};
	TendHorizon catalogs = {.anybody = true};
	TendHorizon somebody = {.anybody = true,.held = true};

	tap_ok(tend_lease_may_last(&somebody, 0.5), "a lease lasts as long as its blocker");
	tap_ok(!tend_lease_may_last(&nobody, 0), "and ends with it");
	tap_ok(!tend_lease_may_last(&catalogs, 0), "somebody who holds back catalogs only is none");
	tap_ok(!tend_lease_may_last(&somebody, 0.51), "half of the freeze age ends it");
	tap_ok(tend_lease_may_last(&somebody, NAN), "an unknown age does not");
}

/*
 * Somebody stays for months: how often is the threshold raised, and how often
 * does vacuum come in vain?
 */
static void
endure(bool known, int *raises, int *vacuums)
{
	TendHorizon horizon = {.held = true,.xmin_age = 5000000,.since = known ? GIVEN_NOW : 0};
	double		threshold = 1000;
	double		counter = 900;

	*raises = *vacuums = 0;
	for (int i = 1; i < 100000; i++)
	{
		TendLeaseCase l = {
			.horizon = &horizon,
			.counter = counter,
			.threshold = threshold,
			.rate = 100 / INTERVAL,
			.freeze_due = 0.1,
			.now = GIVEN_NOW + (int64) (i * INTERVAL * USECS_PER_SEC),
			.interval_seconds = INTERVAL
		};
		double		wanted = tend_lease_threshold(&l);

		if (wanted > threshold)
		{
			threshold = wanted;
			(*raises)++;
		}
		*vacuums += counter > threshold;
		counter += 100;
	}
}

static void
check_enduring(void)
{
	int			raises;
	int			vacuums;

	endure(true, &raises, &vacuums);
	if (!tap_ok(raises > 0 && raises < 40, "months of a blocker need some dozen raises at most"))
		fprintf(stderr, "# %d raises\n", raises);
	/* the first ones may still remove what was there before */
	tap_ok(vacuums < 30, "and hardly any vacuum comes in vain");
	endure(false, &raises, &vacuums);
	tap_ok(raises > 0 && raises < 40, "unknown since when: as few raises");
	tap_ok(vacuums == 0, "and no vacuum in vain");
}

static void
check_absurd(void)
{
	int			low = 0;
	int			nan = 0;
	int			given_nan = 0;

	for (int i = 0; i < 200000; i++)
	{
		TendHorizon horizon = {
			.held = given_dice(8) > 0,.xmin_age = given_absurd_count(),
			.since = given_dice(2) ? 0 : GIVEN_NOW - (int64) given_between(1, 1e15)
		};
		TendLeaseCase l = {
			.horizon = &horizon,
			.counter = given_dice(2) ? given_between(1, 1e9) : (double) given_absurd_count(),
			.threshold = given_dice(2) ? given_between(1, 1e9) : given_absurd(),
			.rate = given_dice(2) ? given_between(1e-3, 1e6) : given_absurd(),
			.freeze_due = given_dice(2) ? 0.1 : given_absurd(),
			.now = GIVEN_NOW,
			.interval_seconds = given_dice(2) ? 60 : 1 + given_dice(86400)
		};
		double		got;

		/* a threshold is a sum of settings */
		if (isnan(l.threshold))
			continue;
		got = tend_lease_threshold(&l);
		if (isnan(got) && isinf(l.rate))
			given_nan++;
		else
			nan += isnan(got);
		if (got > 0 && l.rate >= 0)
			low += got < l.counter || got < l.threshold;
	}
	tap_ok(nan == 0, "a lease of absurd numbers is a number");
	tap_ok(given_nan == 0, "even of an infinite rate");
	tap_ok(low == 0, "and lies above what there is");
}

/* ---- the leases of one table ---- */

/*
 * A million rows, of which 30 000 died while somebody looked on, and as many
 * were inserted; and as many chunks of TOAST.  Each threshold lies at 50 000.
 */
static void
held_up(GivenTune * g, const char *options)
{
	given_tune(g, "reltuples=1000000 live=1000000 dead=30000 ins=30000", options);
	g->facts.toast = given_heap("relid=16387 reltuples=1000000 live=1000000 dead=30000", "");
	g->settings.vacuum_threshold = g->settings.insert_threshold = 10000;
	g->settings.vacuum_scale_factor = g->settings.insert_scale_factor = 0.04;
	g->horizon = (TendHorizon)
	{
		.anybody = true,.held = true,
			.since = GIVEN_NOW - (int64) (10 * GIVEN_INTERVAL * USECS_PER_SEC)
	};
	given_set(given_learnt_fields, &g->c.learnt, "dead_fast=50 inserts_fast=50 toast_dead_hour=50");
}

/* "dead=70000 toast=..." */
static const char *
leases_of(const GivenTune * g)
{
	static const char *const words[TEND_NUM_TOPICS] = {
		[TEND_TOPIC_DEAD] = "dead",[TEND_TOPIC_INSERT] = "insert",[TEND_TOPIC_TOAST] = "toast"
	};
	static char text[200];
	TendProposal proposals[TEND_NUM_TOPICS];
	int			n = tend_leases(&g->c, proposals);

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%.0f", i > 0 ? " " : "",
				 words[proposals[i].topic], proposals[i].options[0].value);
	return text;
}

/* 1.5 times what will be there in an hour, less the share of the table; rounded */
#define LEASE "300000"

static void
check_table(void)
{
	GivenTune	g;
	TendProposal proposals[TEND_NUM_TOPICS];

	held_up(&g, "");
	tap_text(leases_of(&g), "dead=" LEASE " insert=" LEASE " toast=" LEASE, "all three counters deserve a lease");
	tap_ok(tend_leases(&g.c, proposals) > 0 && proposals[0].reason == TEND_REASON_LEASE &&
		   proposals[0].noptions == 1 && proposals[0].now.threshold == 50000 && proposals[0].then.threshold == 345000,
		   "which raises one option of each, and says from where to where");
	g.horizon.held = false;
	tap_text(leases_of(&g), "", "none while nobody holds back anything");

	held_up(&g, "");
	g.facts.heap.dead_tuples = 10000;
	tap_text(leases_of(&g), "insert=" LEASE " toast=" LEASE, "each is counted by itself: few dead rows");
	held_up(&g, "");
	g.facts.heap.inserts_since_vacuum = 10000;
	tap_text(leases_of(&g), "dead=" LEASE " toast=" LEASE, "few inserts");
	held_up(&g, "");
	g.c.learnt.toast_dead_hour = NAN;
	tap_text(leases_of(&g), "dead=" LEASE " insert=" LEASE, "a TOAST table of which nothing is known");
	held_up(&g, "");
	g.facts.heap.xid_age = 150000000;
	tap_text(leases_of(&g), "", "a table that has used half of its age has none");
	held_up(&g, "");
	g.settings.insert_threshold = -1;
	tap_text(leases_of(&g), "dead=" LEASE " toast=" LEASE, "vacuum after inserts that is switched off stays so");

	/* whose options are they */
	held_up(&g, "autovacuum_vacuum_threshold=20000");
	g.facts.noverrides = 1;
	tap_text(leases_of(&g), "insert=" LEASE, "options of the user keep us from their topic and from TOAST");
	g.managed.options[TEND_OPTION_VACUUM_THRESHOLD] = (TendInForce) {true, 20000};
	tap_text(leases_of(&g), "dead=320000 insert=" LEASE " toast=320000", "what is ours is raised from where it is");
	held_up(&g, "");
	g.managed.hands_off_until[TEND_TOPIC_DEAD] = GIVEN_NOW + 1;
	tap_text(leases_of(&g), "insert=" LEASE " toast=" LEASE, "what was taken back by hand is left alone");
	g.managed.hands_off_until[TEND_TOPIC_DEAD] = GIVEN_NOW;
	tap_text(leases_of(&g), "dead=" LEASE " insert=" LEASE " toast=" LEASE, "for a time");
	g.c.managed = NULL;
	tap_text(leases_of(&g), "dead=" LEASE " insert=" LEASE " toast=" LEASE, "a table that was never touched may have one");
	held_up(&g, "autovacuum_enabled=off");
	tap_text(leases_of(&g), "", "one that autovacuum leaves out has none");
}

int
main(void)
{
	check_cases();
	check_table();
	check_lasting();
	check_enduring();
	check_absurd();
	return tap_done();
}
