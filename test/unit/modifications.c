/*-------------------------------------------------------------------------
 *
 * modifications.c
 *	  Tests of src/advise/modifications.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/modifications.h"

typedef struct Case
{
	const char *name;
	TendModificationFacts facts;	/* since analyze, ever, live, analyzed,
									 * table rows */
	double		want;
} Case;

static const Case cases[] = {
	{"nothing modified", {0, 9000, 9000, 9000, 9000}, 0},
	{"inserted since", {4000, 13000, 13000, 9000, 13000}, 4000},
	{"updated since", {4000, 13000, 9000, 9000, 9000}, 4000},
	{"deleted since", {4000, 13000, 5000, 9000, 9000}, 4000},
	{"loaded and analyzed within a second", {9000, 9000, 18000, 9000, 9000}, 0},
	{"loaded and analyzed in a transaction", {9000, 9000, 9000, 9000, 9000}, 0},
	{"of two loads the second came in late", {4000, 9000, 13000, 9000, 9000}, 0},
	{"loaded and analyzed in a transaction, then more", {13000, 13000, 13000, 9000, 13000}, 4000},
	{"loaded and analyzed within a second, then more", {13000, 13000, 22000, 9000, 13000}, 4000},
	{"loaded and analyzed within a second, then updated", {13000, 13000, 18000, 9000, 9000}, 4000},
	{"analyzed when it was empty", {9000, 9000, 9000, 0, 9000}, 9000},
	{"never analyzed", {9000, 9000, 9000, -1, 9000}, 9000},
	{"counters began after the table", {4000, 4000, 4000, 9000, 9000}, 4000},
	{"an analyze that took a few rows too many for live", {4000, 13000, 13100, 9000, 13000}, 3900},
	{"never below nothing", {100, 9000, 30000, 9000, 9000}, 0},
};

int
main(void)
{
	for (int i = 0; i < (int) lengthof(cases); i++)
		tap_number(tend_modifications(&cases[i].facts), cases[i].want, cases[i].name);
	return tap_done();
}
