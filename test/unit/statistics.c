/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  Tests of src/advise/statistics.c and src/advise/statistics_words.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/attribute.h"
#include "advise/statistics.h"

#define MAX_EXAMPLES 6
#define MAX_TRIALS 5

/* ---- choice ---- */

/* A case: numbers of rows, and trials as "01 dm@1000: 12 34 56" */
typedef struct Case
{
	const char *name;
	const char *actual;			/* "12*3" stands for 3 executions, "12/1" is
								 * of kind 1 */
	const char *control;
	const char *trials[MAX_TRIALS];
	const char *given;			/* "covered parameters=0.5 wins=1" */
	const char *winner;			/* of the round before, as a trial */
	const char *verdict;
	int			best;
	double		gain;			/* NaN: none */
} Case;

typedef struct Given
{
	TendTrials	trials;
	TendTrial	trial[MAX_TRIALS];
	TendCandidate winner;
	double		actual[MAX_EXAMPLES];
	double		control[MAX_EXAMPLES];
	double		weights[MAX_EXAMPLES];
	int			kinds[MAX_EXAMPLES];
	double		estimated[MAX_TRIALS][MAX_EXAMPLES];
}			Given;

static const GivenField trials_fields[] = {
	{"covered", GIVEN_BOOL, offsetof(TendTrials, covered)},
	{"parameters", GIVEN_DOUBLE, offsetof(TendTrials, parameters)},
	{"wins", GIVEN_INT, offsetof(TendTrials, wins)},
	{0}
};

static int
numbers(const char *text, double *out)
{
	char		item[128];
	int			n = 0;

	while (given_next(&text, item, sizeof(item)))
		out[n++] = strtod(item, NULL);
	return n;
}

static int
actual_numbers(const char *text, Given * g)
{
	char		item[128];
	char	   *rest;
	int			n = 0;

	for (; given_next(&text, item, sizeof(item)); n++)
	{
		g->actual[n] = strtod(item, &rest);
		g->weights[n] = *rest == '*' ? strtod(rest + 1, &rest) : 1;
		g->kinds[n] = *rest == '/' ? atoi(rest + 1) : 0;
	}
	return n;
}

static const char *
read_candidate(const char *text, TendCandidate *c)
{
	memset(c, 0, sizeof(*c));
	for (; *text >='0' && *text <='9'; text ++)
		c->columns[c->ncolumns++] = *text -'0';
	for (text ++; *text >='a' && *text <='z'; text ++)
		c->kinds |= *text == 'n' ? TEND_STATISTICS_NDISTINCT :
			*text == 'd' ? TEND_STATISTICS_DEPENDENCIES : TEND_STATISTICS_MCV;
	if (*text == '@')
		c->target = atoi(text +1);
	return strchr(text, ':');
}

static void
given_trials(Given * g, const Case *c)
{
	memset(g, 0, sizeof(*g));
	given_set(trials_fields, &g->trials, c->given);
	g->trials.weights = g->weights;
	g->trials.kinds = g->kinds;
	g->trials.nexamples = actual_numbers(c->actual, g);
	numbers(c->control, g->control);
	g->trials.actual = g->actual;
	g->trials.control = g->control;
	for (int i = 0; i < MAX_TRIALS && c->trials[i] != NULL; i++)
	{
		numbers(read_candidate(c->trials[i], &g->trial[i].candidate) + 1, g->estimated[i]);
		g->trial[i].estimated = g->estimated[i];
		g->trials.ntrials++;
	}
	g->trials.trials = g->trial;
	if (c->winner != NULL)
	{
		read_candidate(c->winner, &g->winner);
		g->trials.winner = &g->winner;
	}
}

static const char *const verdicts[TEND_NUM_STATISTICS_VERDICTS] = {
	"proven", "try", "again", "too small", "near unique", "independent", "no kind", "generic",
	"no examples", "fresh", "covered", "no use", "not better", "harmful"
};

static const Case cases[] = {
	{"one kind repairs it", "4310", "12", {"01 d: 3980"}, "", NULL, "again", 0, 4310.0 / 12 / (4310.0 / 3980)},
	{"and again: proven", "4310", "12", {"01 d: 3980"}, "wins=1", "01 d", "proven", 0, 4310.0 / 12 / (4310.0 / 3980)},
	{"other columns won before", "4310", "12", {"01 d: 3980"}, "wins=1", "02 d", "again", 0, 331.6473},
	{"another kind won before: it is the columns that count",
	"4310", "12", {"01 d: 3980"}, "wins=1", "01 m", "proven", 0, 331.6473},
	{"wins below zero", "4310", "12", {"01 d: 3980"}, "wins=-7", "01 d", "again", 0, 331.6473},

	{"a gain of 1.5 is enough", "300", "100", {"01 m: 150"}, "wins=1", "01 m", "proven", 0, 1.5},
	{"and less is not", "300", "100", {"01 m: 149"}, "wins=1", "01 m", "not better", -1, NAN},
	{"a fifth is something", "300", "100", {"01 m: 120"}, "", NULL, "not better", -1, NAN},
	{"and less is nothing", "300", "100", {"01 m: 119"}, "", NULL, "no use", -1, NAN},
	{"a mean over the examples", "100 100", "10 40", {"01 m: 100 100"}, "", NULL, "again", 0, 5},
	{"overestimates, too", "10 100", "1000 10", {"01 m: 10 100"}, "", NULL, "again", 0, 31.6228},
	{"no rows, and fewer expected", "0 100", "40 10", {"01 m: 1 100"}, "", NULL, "again", 0, 20},
	{"no better than the control", "100 100", "10 40", {"01 m: 10 40"}, "", NULL, "no use", -1, NAN},
	{"no trials", "100 100", "10 40", {NULL}, "", NULL, "no use", -1, NAN},

	{"the control is right", "100 100", "51 198", {"01 m: 100 100"}, "", NULL, "fresh", -1, NAN},
	{"the control is wrong for one", "100 100", "50 100", {"01 m: 100 99"}, "", NULL, "not better", -1, NAN},
	{"an object that exists makes it right",
	"100 100", "60 150", {"01 m: 100 100"}, "covered", NULL, "covered", -1, NAN},
	{"an object that exists does not", "100 100", "5 9", {"01 m: 100 100"}, "covered", NULL, "again", 0, 14.9071},

	{"a kind of examples may become worse by half",
	"1000 1000/1", "10 500", {"01 m: 1000 334"}, "", NULL, "again", 0, 8.1731},
	{"and not by more", "1000 1000/1", "10 500", {"01 m: 1000 333"}, "", NULL, "harmful", -1, NAN},
	{"right ones may, too", "1000 1000/1", "10 1000", {"01 m: 1000 1501"}, "", NULL, "harmful", -1, NAN},
	{"it is the mean of a kind that counts",
	"1000 1000/1 1000/1", "10 500 500", {"01 m: 1000 200 900"}, "", NULL, "again", 0, 4.1602},
	{"one may become four times as bad",
	"1000 1000", "10 500", {"01 m: 1000 125"}, "", NULL, "again", 0, 5},
	{"and not worse", "1000 1000", "10 500", {"01 m: 1000 124"}, "", NULL, "harmful", -1, NAN},
	{"five rows more than there are harm nobody", "1000 0/1", "10 1", {"01 m: 1000 7"}, "", NULL, "again", 0, 3.7796},
	{"eight do", "1000 0/1", "10 1", {"01 m: 1000 8"}, "", NULL, "harmful", -1, NAN},
	{"who harms does not stand in the way of others",
	"1000 1000", "10 500", {"01 m: 1000 100", "01 d: 900 400"}, "", NULL, "again", 1, 8.4853},
	{"who does too little does no harm", "1000 1000", "10 500", {"01 m: 15 1"}, "", NULL, "no use", -1, NAN},

	{"what stands for more executions counts more",
	"1000 100*4 100*5", "10 100 100", {"01 m: 1000 100 100"}, "", NULL, "again", 0, 1.584893},
	{"rare errors are not worth it",
	"1000 100*9 100*10", "10 100 100", {"01 m: 1000 100 100"}, "", NULL, "not better", -1, NAN},
	{"what stands for nothing does not count",
	"1000*0 100", "1 10", {"01 m: 1000 10"}, "", NULL, "no use", -1, NAN},
	{"but must not become worse",
	"1000 0*0", "10 1", {"01 m: 1000 60"}, "", NULL, "harmful", -1, NAN},

	{"the better kind", "1000", "10", {"01 m: 200", "01 d: 900"}, "", NULL, "again", 1, 90},
	{"the better of two that are alike", "1000", "10", {"01 m: 900", "01 d: 950"}, "", NULL, "again", 1, 95},
	{"one kind before two", "1000", "10", {"01 dm: 1000", "01 m: 800"}, "", NULL, "again", 1, 80},
	{"two kinds if they are much better", "1000", "10", {"01 dm: 1000", "01 m: 760"}, "", NULL, "again", 0, 100},
	{"fewer columns first", "1000", "10", {"012 d: 1000", "01 dm: 800"}, "", NULL, "again", 1, 80},
	{"more columns if they are much better", "1000", "10", {"012 d: 1000", "01 dm: 760"}, "", NULL, "again", 0, 100},
	{"a lower target first", "1000", "10", {"01 m@1000: 1000", "01 m: 800"}, "", NULL, "again", 1, 80},
	{"a higher target if it is much better",
	"1000", "10", {"01 m@1000: 1000", "01 m: 760"}, "", NULL, "again", 0, 100},
	{"what generic plans can use", "1000", "10", {"01 m: 1000", "01 d: 800"}, "parameters=0.5", NULL, "again", 1, 80},
	{"unless they are rare", "1000", "10", {"01 m: 1000", "01 d: 800"}, "parameters=0.4", NULL, "again", 0, 100},
	{"the winner of before stays if it is as good",
	"1000", "10", {"01 m: 1000", "01 d: 800"}, "wins=1", "01 d", "proven", 1, 80},
	{"and goes if it is not", "1000", "10", {"01 m: 1000", "01 d: 760"}, "wins=1", "01 d", "proven", 0, 100},
	{"three alike in a row of 1.25 do not walk away from the best",
	"1000", "10", {"012 dm: 1000", "012 d: 800", "01 d: 640"}, "", NULL, "again", 1, 80},
	{"alike, but not good enough", "300", "100", {"012 d: 180", "01 d: 145"}, "", NULL, "again", 0, 1.8},

	{"no examples", "", "", {"01 m:"}, "", NULL, "no examples", -1, NAN},
	{"examples that could not be planned", "100 nan", "nan 10", {"01 m: 100 100"}, "", NULL, "no examples", -1, NAN},
	{"some that could not be planned",
	"100 100 nan", "nan 10 10", {"01 m: 1 100 1"}, "", NULL, "again", 0, 10},
	{"a trial that could not be planned",
	"100 100", "10 10", {"01 m: nan 100", "01 d: 50 50"}, "", NULL, "again", 1, 5},
	{"negative and infinite rows",
	"-1 inf 100", "10 10 10", {"01 m: 1 1 100"}, "", NULL, "again", 0, 10},
	{"negative and infinite estimates", "100", "10", {"01 m: inf", "01 d: -5"}, "", NULL, "no use", -1, NAN},
};

static void
check_choice(void)
{
	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		const Case *c = &cases[i];
		Given		g;
		TendChoice	got;

		given_trials(&g, c);
		got = tend_statistics_choose(&g.trials, &tend_choice_policy);
		if (!tap_ok(strcmp(verdicts[got.verdict], c->verdict) == 0 && got.best == c->best &&
					(isnan(c->gain) ? isnan(got.gain) : fabs(got.gain - c->gain) < 1e-4 * c->gain), c->name))
			fprintf(stderr, "# %s, trial %d, gain %g\n", verdicts[got.verdict], got.best, got.gain);
	}
}

static void
check_policy(void)
{
	static const Case weak = {
		"", "300", "100", {"01 m: 150"}, "", NULL, "", 0, 0
	};
	static const Case mean = {
		"", "100 100 400", "10 50 400", {"01 m: 100 100 400"}, "", NULL, "", 0, 0
	};
	TendChoicePolicy policy = tend_choice_policy;
	Given		g;
	TendChoice	c;

	given_trials(&g, &weak);
	policy.wins = 1;
	c = tend_statistics_choose(&g.trials, &policy);
	tap_ok(c.verdict == TEND_STATISTICS_PROVEN && c.wins == 1, "a policy that believes the first win");
	policy.wins = 3;
	c = tend_statistics_choose(&g.trials, &policy);
	tap_ok(c.verdict == TEND_STATISTICS_AGAIN, "one that wants three");
	policy.min_gain = 1.6;
	c = tend_statistics_choose(&g.trials, &policy);
	tap_ok(c.verdict == TEND_STATISTICS_NOT_BETTER, "one that wants more");

	given_trials(&g, &mean);
	c = tend_statistics_choose(&g.trials, &tend_choice_policy);
	tap_ok(c.examples == 3 && c.example == 0 && fabs(c.q_now - cbrt(20)) < 1e-9 && fabs(c.q_expected - 1) < 1e-9,
		   "means, and the worst example");
}

static void
check_absurd(void)
{
	bool		ok = true;

	for (int i = 0; i < 20000; i++)
	{
		Given		g = {0};
		TendChoice	c;

		g.trials.nexamples = given_dice(MAX_EXAMPLES + 1);
		g.trials.ntrials = given_dice(MAX_TRIALS + 1);
		g.trials.actual = g.actual;
		g.trials.control = g.control;
		g.trials.weights = g.weights;
		g.trials.kinds = g.kinds;
		g.trials.trials = g.trial;
		g.trials.parameters = given_absurd();
		for (int j = 0; j < g.trials.nexamples; j++)
		{
			g.actual[j] = given_dice(4) ? given_between(0.1, 1e6) : given_absurd();
			g.control[j] = given_dice(4) ? given_between(0.1, 1e6) : given_absurd();
			g.kinds[j] = given_dice(TEND_EXAMPLE_KINDS);
			g.weights[j] = given_dice(4) ? given_between(0, 10) : 0;
		}
		for (int k = 0; k < g.trials.ntrials; k++)
		{
			g.trial[k].estimated = g.estimated[k];
			g.trial[k].candidate.kinds = given_dice(8);
			g.trial[k].candidate.ncolumns = given_dice(9);
			for (int j = 0; j < g.trials.nexamples; j++)
				g.estimated[k][j] = given_dice(9) ? given_between(0.5, 2) * g.actual[j] : given_absurd();
		}
		c = tend_statistics_choose(&g.trials, &tend_choice_policy);
		ok = ok && (c.best >= 0) == (c.verdict == TEND_STATISTICS_AGAIN) &&
			(c.best < 0 || (c.best < g.trials.ntrials && c.gain >= 1.5 - 1e-9 && c.q_expected >= 1));
	}
	tap_ok(ok, "whatever was measured, a choice is sound");
}

/* ---- afterwards ---- */

typedef struct UseCase
{
	const char *name;
	const char *actual;
	const char *with;
	const char *without;
	TendStatisticsUse want;
	double		gain;
}			UseCase;

static const UseCase uses[] = {
	{"it helps", "100", "100", "10", TEND_USE_HELPS, 10},
	{"it helps a little", "100 100 100", "100 100 100", "90 90 90", TEND_USE_HELPS, 10 / 9.0},
	{"it makes no difference", "100 100 100", "10 10 10", "10 10 10", TEND_USE_NONE, 1},
	{"too few to say so", "100 100", "10 10", "10 10", TEND_USE_UNKNOWN, 1},
	{"it helps one, and costs others a little",
	"1000 1000 1000", "150 100 100", "100 120 120", TEND_USE_HELPS, 1.0137},
	{"it harms", "100 100 100", "10 10 10", "20 20 20", TEND_USE_HARMS, 0.5},
	{"it harms, for all that is known", "100", "10", "90", TEND_USE_UNKNOWN, 1 / 9.0},
	{"it harms a little", "100 100 100", "50 50 50", "70 70 70", TEND_USE_NONE, 1 / 1.4},
	{"nothing is known", "", "", "", TEND_USE_UNKNOWN, NAN},
	{"nothing could be planned", "nan 100 100 100", "1 nan inf -1", "1 1 1 1", TEND_USE_UNKNOWN, NAN},
};

static void
check_use(void)
{
	for (int i = 0; i < (int) lengthof(uses); i++)
	{
		double		actual[MAX_EXAMPLES];
		double		with[MAX_EXAMPLES];
		double		without[MAX_EXAMPLES];
		int			n = numbers(uses[i].actual, actual);
		double		gain;
		TendStatisticsUse got;

		numbers(uses[i].with, with);
		numbers(uses[i].without, without);
		got = tend_statistics_use(n, actual, with, without, &gain);
		if (!tap_ok(got == uses[i].want &&
					(isnan(uses[i].gain) ? isnan(gain) : fabs(gain - uses[i].gain) < 1e-4), uses[i].name))
			fprintf(stderr, "# %s, gain %g\n", tend_statistics_use_name(got), gain);
	}
}

static void
check_effect(void)
{
	static const struct
	{
		const char *name;
		double		q_before;
		int			wrong;
		double		q_wrong;
		int			right;
		TendStatisticsEffect want;
		double		q_since;
	}			effects[] = {
		{"nothing since", 50, 0, 0, 0, TEND_EFFECT_PENDING, NAN},
		{"too few", 50, 1, 3, 1, TEND_EFFECT_PENDING, 2.059767},
		{"all right", 50, 0, 0, 3, TEND_EFFECT_IMPROVED, M_SQRT2},
		{"still wrong, but less", 50, 3, 4, 0, TEND_EFFECT_IMPROVED, 4},
		{"as wrong as before", 50, 3, 50, 0, TEND_EFFECT_NONE, 50},
		{"improved at the border", 6, 3, 4, 0, TEND_EFFECT_IMPROVED, 4},
		{"not quite", 5.9, 3, 4, 0, TEND_EFFECT_NONE, 4},
		{"worse", 4, 3, 8, 0, TEND_EFFECT_WORSE, 8},
		{"some right, some wrong", 16, 2, 16, 2, TEND_EFFECT_IMPROVED, 4.756828},
		{"before is not known", NAN, 3, 8, 0, TEND_EFFECT_PENDING, 8},
		{"before was no error", 0, 3, 8, 0, TEND_EFFECT_PENDING, 8},
	};

	for (int i = 0; i < (int) lengthof(effects); i++)
	{
		TendEstimateSums since = {.right = effects[i].right};
		TendFinding f = {.expected = 1,.actual = effects[i].q_wrong,.q_error = effects[i].q_wrong};
		TendStatisticsEffect got;
		double		q;

		for (int j = 0; j < effects[i].wrong; j++)
			tend_estimate_count(&since, &f);
		got = tend_statistics_effect(effects[i].q_before, &since, &q);
		if (!tap_ok(got == effects[i].want &&
					(isnan(effects[i].q_since) ? isnan(q) : fabs(q - effects[i].q_since) < 1e-4), effects[i].name))
			fprintf(stderr, "# %s, %g\n", tend_statistics_effect_name(got), q);
	}
}

/* ---- words ---- */

static void
proof_is(const Case *c, int64 queries, double ms_per_day, const char *want)
{
	Given		g;
	TendChoice	choice;
	StringInfoData out;

	given_trials(&g, c);
	choice = tend_statistics_choose(&g.trials, &tend_choice_policy);
	initStringInfo(&out);
	tend_statistics_proof(&out, &g.trials, &choice, queries, ms_per_day);
	tap_text(out.data, want, want);
	pfree(out.data);
}

static void
check_proof(void)
{
	static const Case one = {"", "4310", "12", {"01 d: 3980"}, "", NULL, "", 0, 0};
	static const Case many = {
		"", "100 4310", "50 11.6", {"012 dm@1000: 100 3980.4"}, "", NULL, "", 0, 0
	};
	static const Case right = {"", "100", "90", {"01 d: 100"}, "", NULL, "", 0, 0};
	static const Case nobody = {"", "", "", {"01 d:"}, "", NULL, "", 0, 0};
	static const Case none = {"", "0", "0.2 ", {"01 d: 0"}, "", NULL, "", 0, 0};

	proof_is(&one, 14, 41 * 60000.0, "estimated 12, really 4 310; with (dependencies) 3 980; 14 queries, 41 min a day");
	proof_is(&one, 1, NAN, "estimated 12, really 4 310; with (dependencies) 3 980; 1 query");
	proof_is(&one, 0, 1000, "estimated 12, really 4 310; with (dependencies) 3 980");
	proof_is(&many, 0, NAN, "estimated 12, really 4 310; with (dependencies, mcv, target 1000) 3 980; 2 examples are wrong by 27.3 times on average, with it by 1.0");
	proof_is(&right, 3, 10, "estimated 90, really 100; with fresh statistics of the single columns the estimates are right: ANALYZE is enough");
	proof_is(&nobody, 3, 10, "no execution is known whose conditions can be planned again");
	proof_is(&none, 3, 10, "estimated 1, really 0; with fresh statistics of the single columns the estimates are right: ANALYZE is enough");
}

static void
check_words(void)
{
	StringInfoData out;
	bool		ok = true;

	for (int i = 0; i < TEND_NUM_STATISTICS_VERDICTS; i++)
	{
		ok = ok && strlen(tend_statistics_verdict_text(i)) > 0;
		for (int j = 0; j < i; j++)
			ok = ok && strcmp(tend_statistics_verdict_text(i), tend_statistics_verdict_text(j)) != 0;
	}
	tap_ok(ok, "each verdict has words of its own");
	for (int i = 0; i < TEND_NUM_STATISTICS_VERDICTS; i++)
		ok = ok && tend_statistics_verdict_of(tend_statistics_verdict_text(i)) == (TendStatisticsVerdict) i;
	tap_ok(ok, "and is known by them");
	tap_ok(tend_statistics_verdict_of("of no use") == TEND_NUM_STATISTICS_VERDICTS, "other words mean none");
	tap_text(tend_statistics_kind_name(TEND_STATISTICS_NDISTINCT), "ndistinct", "ndistinct");
	tap_text(tend_statistics_kind_name(TEND_STATISTICS_DEPENDENCIES), "dependencies", "dependencies");
	tap_text(tend_statistics_kind_name(TEND_STATISTICS_MCV), "mcv", "mcv");
	tap_ok(tend_statistics_kind_name(0) == NULL && tend_statistics_kind_name(3) == NULL, "no single kind");
	initStringInfo(&out);
	tend_statistics_kinds_text(&out, 0);
	tap_text(out.data, "", "no kinds");
	tend_statistics_kinds_text(&out, 7);
	tap_text(out.data, "ndistinct, dependencies, mcv", "all kinds");
	pfree(out.data);

	tap_text(tend_statistics_use_name(TEND_USE_UNKNOWN), "unknown", "use: unknown");
	tap_text(tend_statistics_use_name(TEND_USE_HELPS), "helps", "use: helps");
	tap_text(tend_statistics_use_name(TEND_USE_NONE), "of no use", "use: none");
	tap_text(tend_statistics_use_name(TEND_USE_HARMS), "harmful", "use: harmful");
	tap_text(tend_statistics_effect_name(TEND_EFFECT_PENDING), "pending", "effect: pending");
	tap_text(tend_statistics_effect_name(TEND_EFFECT_IMPROVED), "improved", "effect: improved");
	tap_text(tend_statistics_effect_name(TEND_EFFECT_NONE), "unchanged", "effect: none");
	tap_text(tend_statistics_effect_name(TEND_EFFECT_WORSE), "worse", "effect: worse");
}

int
main(void)
{
	check_choice();
	check_policy();
	check_absurd();
	check_use();
	check_effect();
	check_proof();
	check_words();
	return tap_done();
}
