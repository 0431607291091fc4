/*-------------------------------------------------------------------------
 *
 * estimate_keep.c
 *	  Tests of src/advise/estimate_keep.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/estimate_keep.h"

#define HOUR	(INT64CONST(3600) * USECS_PER_SEC)
#define NOW		(INT64CONST(800000000) * USECS_PER_SEC)

/* weight fades by half in an hour */
#define HALF_LIFE ((double) HOUR)

/* ---- weights ---- */

static double
weight(double ln_abs_sum, double ms)
{
	TendEstimateSums sums = {.ln_abs_sum = ln_abs_sum};

	return tend_estimate_weight(&sums, ms);
}

static void
test_weights(void)
{
	tap_number(weight(0, 0), 0, "what is nothing weighs nothing");
	tap_ok(weight(7, 100) > weight(6, 100), "more error weighs more");
	tap_ok(weight(7, 100) > weight(7, 99), "more time weighs more");
	tap_number(weight(7, 3), 5, "error and time are multiplied");
	tap_number(weight(-1, -1), 0, "no sum is below zero");
	tap_number(tend_example_weight(8), 3, "an example weighs by its q-error");
	tap_number(tend_example_weight(0), 0, "a q-error is at least 1");
}

/* ---- the least ---- */

typedef struct LeastCase
{
	const char *name;
	int			n;
	struct
	{
		double		weight;
		double		hours_ago;	/* -1: a free place */
	}			given[4];
	int			want;
} LeastCase;

static const LeastCase least_cases[] = {
	{"the lightest goes", 3, {{5, 0}, {3, 0}, {4, 0}}, 1},
	{"a free place is taken first", 3, {{5, 0}, {0, 0}, {9, -1}}, 2},
	{"of two alike the first goes", 2, {{5, 0}, {5, 0}}, 0},
	{"of two alike the older goes", 2, {{5, 1}, {5, 2}}, 1},
	{"an hour is worth half", 2, {{5, 2.1}, {3, 0}}, 0},
	{"less than that is not", 2, {{5, 1.9}, {3, 0}}, 1},
	{"a year ago is nothing", 2, {{40, 8760}, {0, 0}}, 0},
	{"there may be one only", 1, {{5, 0}}, 0},
};

static TendWorth
given(double weight, double hours_ago, bool under)
{
	TendWorth	worth = {
		.weight = weight,
		.at = hours_ago < 0 ? 0 : NOW - (TimestampTz) rint(hours_ago * HOUR),
		.under = under
	};

	return worth;
}

static void
test_least(void)
{
	for (int i = 0; i < (int) lengthof(least_cases); i++)
	{
		const LeastCase *c = &least_cases[i];
		TendWorth	worths[4];

		for (int j = 0; j < c->n; j++)
			worths[j] = given(c->given[j].weight, c->given[j].hours_ago, false);
		tap_number(tend_worth_least(worths, c->n, HALF_LIFE), c->want, c->name);
	}
}

/* ---- examples ---- */

typedef struct PlaceCase
{
	const char *name;
	struct
	{
		double		weight;
		double		hours_ago;	/* -1: a free place */
		bool		under;
	}			given[4];
	double		weight;			/* of the new one */
	bool		under;
	int			want;
} PlaceCase;

/* the last of the four places is for the latest */
static const PlaceCase place_cases[] = {
	{"the first takes the first place", {{0, -1, 0}, {0, -1, 0}, {0, -1, 0}, {0, -1, 0}}, 1, true, 0},
	{"free places are taken, however small the error", {{9, 0, 0}, {8, 0, 0}, {0, -1, 0}, {0, -1, 0}}, 1, false, 2},
	{"a worse one takes the place of the least bad", {{9, 0, 0}, {3, 0, 0}, {5, 0, 0}, {0, -1, 0}}, 4, false, 1},
	{"one that is not worse is the latest", {{9, 0, 0}, {3, 0, 0}, {5, 0, 0}, {7, 0, 0}}, 2, false, 3},
	{"one that is as bad is the latest", {{9, 0, 0}, {3, 0, 0}, {5, 0, 0}, {7, 0, 0}}, 3, false, 3},
	{"what is old gives way", {{9, 7, 0}, {3, 0, 0}, {5, 0, 0}, {7, 0, 0}}, 2.5, false, 0},
	{"the first in its direction has a place", {{9, 0, 0}, {3, 0, 0}, {5, 0, 0}, {7, 0, 0}}, 1, true, 1},
	{"also if all are underestimates", {{9, 0, 1}, {3, 0, 1}, {2, 0, 1}, {7, 0, 1}}, 1, false, 2},
	{"the only one of its direction stays", {{9, 0, 0}, {1, 0, 1}, {5, 0, 0}, {7, 0, 0}}, 6, false, 2},
	{"one of two of a direction may go", {{2, 0, 0}, {3, 0, 0}, {5, 0, 1}, {7, 0, 0}}, 6, true, 0},
	{"the only one of its direction gives way to a worse one", {{9, 0, 0}, {1, 0, 1}, {5, 0, 0}, {7, 0, 0}}, 2, true, 1},
	{"but not to a lesser one", {{9, 0, 0}, {3, 0, 1}, {5, 0, 0}, {7, 0, 0}}, 2, true, 3},
};

static void
test_places(void)
{
	for (int i = 0; i < (int) lengthof(place_cases); i++)
	{
		const PlaceCase *c = &place_cases[i];
		TendWorth	newcomer = given(c->weight, 0, c->under);
		TendWorth	worths[4];

		for (int j = 0; j < 4; j++)
			worths[j] = given(c->given[j].weight, c->given[j].hours_ago, c->given[j].under);
		tap_number(tend_example_place(worths, 4, &newcomer, HALF_LIFE), c->want, c->name);
	}
}

/* ---- lots ---- */

static void
test_lots(void)
{
	int			drawn[200] = {0};
	int			places[4] = {0};

	tap_number(tend_example_lot(0, 4, 0.99), 0, "free places are taken");
	tap_number(tend_example_lot(3, 4, 0.99), 3, "up to the last");
	tap_number(tend_example_lot(4, 4, 0.79), 3, "the fifth comes in four times of five");
	tap_number(tend_example_lot(4, 4, 0.81), -1, "and once not");
	tap_number(tend_example_lot(1000000, 4, 0.0624), 3, "one of sixteen always comes in");
	tap_number(tend_example_lot(1000000, 4, 0.0626), -1, "and no more");

	/* who is there after 60 were offered, in many trials */
	for (int trial = 0; trial < 20000; trial++)
	{
		for (int i = 0; i < 60; i++)
		{
			int			place = tend_example_lot(i, 4, given_dice(1 << 20) / (double) (1 << 20));

			if (place >= 0)
				places[place] = i;
		}
		for (int i = 0; i < 4; i++)
			drawn[places[i]]++;
	}
	/* 1333 each, standard deviation 35 */
	for (int i = 0; i < 60; i++)
	{
		if (drawn[i] < 1333 - 6 * 35 || drawn[i] > 1333 + 6 * 35)
			drawn[199]++;
	}
	tap_number(drawn[199], 0, "all have the same chance");
}

int
main(void)
{
	test_weights();
	test_least();
	test_places();
	test_lots();
	return tap_done();
}
