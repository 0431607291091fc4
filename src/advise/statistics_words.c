/*-------------------------------------------------------------------------
 *
 * statistics_words.c
 *	  Statistics on several columns in words and in SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/statistics.h"
#include "advise/words.h"

static const int all_kinds[] = {
	TEND_STATISTICS_NDISTINCT, TEND_STATISTICS_DEPENDENCIES, TEND_STATISTICS_MCV
};

/* As CREATE STATISTICS calls it; NULL: no single kind */
const char *
tend_statistics_kind_name(int kind)
{
	switch (kind)
	{
		case TEND_STATISTICS_NDISTINCT:
			return "ndistinct";
		case TEND_STATISTICS_DEPENDENCIES:
			return "dependencies";
		case TEND_STATISTICS_MCV:
			return "mcv";
	}
	return NULL;
}

void
tend_statistics_kinds_text(StringInfo out, int kinds)
{
	const char *separator = "";

	for (int i = 0; i < (int) lengthof(all_kinds); i++)
	{
		if ((kinds & all_kinds[i]) == 0)
			continue;
		appendStringInfo(out, "%s%s", separator, tend_statistics_kind_name(all_kinds[i]));
		separator = ", ";
	}
}

static const char *const verdict_texts[TEND_NUM_STATISTICS_VERDICTS] = {
	"statistics on these columns make the estimates right",
	"there are kinds of statistics to be tried",
	"it helped once; it is tried on another sample before it is advised",
	"the sample is too small",
	"the values hardly repeat in a sample, which cannot tell dependence then",
	"the columns do not depend on each other",
	"the columns depend on each other, but no kind of statistics can tell in what way",
	"the plans are made without the values, and only a list of values could help",
	"no execution is known whose conditions can be planned again",
	"with fresh statistics of the single columns the estimates are right: ANALYZE is enough",
	"statistics on these columns exist, and the estimates are right",
	"no kind of statistics makes the estimates better than fresh ones of the single columns",
	"no kind of statistics makes the estimates much better than fresh ones of the single columns",
	"it would make some estimates better and others worse"
};

/* A reason, without a period */
const char *
tend_statistics_verdict_text(TendStatisticsVerdict verdict)
{
	return verdict_texts[verdict];
}

/* The verdict that has this reason; TEND_NUM_STATISTICS_VERDICTS: none has */
TendStatisticsVerdict
tend_statistics_verdict_of(const char *text)
{
	int			verdict = 0;

	while (verdict < TEND_NUM_STATISTICS_VERDICTS && strcmp(verdict_texts[verdict], text) != 0)
		verdict++;
	return (TendStatisticsVerdict) verdict;
}

const char *
tend_statistics_use_name(TendStatisticsUse use)
{
	switch (use)
	{
		case TEND_USE_UNKNOWN:
			return "unknown";
		case TEND_USE_HELPS:
			return "helps";
		case TEND_USE_NONE:
			return "of no use";
		case TEND_USE_HARMS:
			return "harmful";
	}
	return "unknown";
}

const char *
tend_statistics_effect_name(TendStatisticsEffect effect)
{
	switch (effect)
	{
		case TEND_EFFECT_PENDING:
			return "pending";
		case TEND_EFFECT_IMPROVED:
			return "improved";
		case TEND_EFFECT_NONE:
			return "unchanged";
		case TEND_EFFECT_WORSE:
			return "worse";
	}
	return "pending";
}

/* Rows that the planner shows: whole ones, and one at least */
static TendWord
rows_expected(double rows)
{
	return tend_word_count(Max(rint(rows), 1));
}

/*
 * "estimated 12, really 4 310; with (dependencies) 3 980; ...": the worst
 * example, the mean of all, and who gains.  Queries below 1 and a time that is
 * not known are left out.
 */
void
tend_statistics_proof(StringInfo out, const TendTrials *trials, const TendChoice *choice,
					  int64 queries, double ms_per_day)
{
	const TendTrial *best;
	int			i = choice->example;

	if (i < 0)
	{
		appendStringInfoString(out, tend_statistics_verdict_text(choice->verdict));
		return;
	}
	appendStringInfo(out, "estimated %s, really %s", rows_expected(trials->control[i]).str,
					 tend_word_count(trials->actual[i]).str);
	if (choice->best < 0)
	{
		appendStringInfo(out, "; %s", tend_statistics_verdict_text(choice->verdict));
		return;
	}
	best = &trials->trials[choice->best];
	appendStringInfoString(out, "; with (");
	tend_statistics_kinds_text(out, best->candidate.kinds);
	if (best->candidate.target > 0)
		appendStringInfo(out, ", target %d", best->candidate.target);
	appendStringInfo(out, ") %s", rows_expected(best->estimated[i]).str);
	if (choice->examples > 1)
		appendStringInfo(out, "; %d examples are wrong by %.1f times on average, with it by %.1f",
						 choice->examples, choice->q_now, choice->q_expected);
	if (queries > 0)
		appendStringInfo(out, "; %s %s", tend_word_count(queries).str, queries == 1 ? "query" : "queries");
	if (queries > 0 && ms_per_day >= 1000)
		appendStringInfo(out, ", %s a day", tend_word_duration(ms_per_day / 1000).str);
}
