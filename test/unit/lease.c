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

int
main(void)
{
	check_cases();
	check_lasting();
	check_enduring();
	check_absurd();
	return tap_done();
}
