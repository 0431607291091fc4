/*-------------------------------------------------------------------------
 *
 * verify_judge.c
 *	  What a verification means for the verdict on its columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "act/verify_private.h"
#include "advise/attribute.h"
#include "advise/statistics.h"
#include "settings.h"
#include "utils/timestamp.h"

/* If questions were drawn from the sample, one may seem worse by chance. */
#define ROUGH_HARM		2.0

/* When to look again, in intervals */
#define SOON			1
#define LATER			10
#define A_DAY			1440
#define A_WEEK			(7 * A_DAY)

static void
set_verdict(TendVerdictRow *row, TendVerdictState state, const char *reason, TimestampTz now, int intervals)
{
	if (state != TEND_VERDICT_LIKELY && state != TEND_VERDICT_PROVEN && state != TEND_VERDICT_USELESS)
		row->wins = 0;
	row->state = state;
	row->reason = reason;
	row->next_at = now + (int64) intervals * tend_interval * USECS_PER_SEC;
}

/* No sample, or an error: what was proven before stays so if it is no news. */
static void
judge_failure(const TendVerification *v, int code, TimestampTz now, TendVerdictRow *row)
{
	if (code == ERRCODE_LOCK_NOT_AVAILABLE || v->result == TEND_SAMPLE_LOCKED)
	{
		row->next_at = now + (int64) LATER * tend_interval * USECS_PER_SEC;
		row->reason = tend_sample_problem(TEND_SAMPLE_LOCKED);
	}
	else if (code == ERRCODE_QUERY_CANCELED)
		set_verdict(row, TEND_VERDICT_FAILED, "it takes too long", now, A_DAY);
	else if (code == ERRCODE_INSUFFICIENT_PRIVILEGE)
		set_verdict(row, TEND_VERDICT_FAILED, "the table's owner may not read it", now, A_DAY);
	else if (code != 0)
		set_verdict(row, TEND_VERDICT_FAILED,
					psprintf("reading the values, or comparing them, fails (SQLSTATE %s)",
							 unpack_sql_state(code)), now, A_DAY);
	else if (v->slow)
		set_verdict(row, TEND_VERDICT_UNVERIFIED, "the trials take too long", now, A_DAY);
	else
		set_verdict(row, TEND_VERDICT_UNVERIFIED, tend_sample_problem(v->result), now,
					v->result == TEND_SAMPLE_SLOW ? A_DAY : A_WEEK);
}

/* What was found best the last time, as a candidate */
static bool
candidate_of_row(const TendVerifyTask *task, const TendVerdictRow *row, TendCandidate *candidate)
{
	memset(candidate, 0, sizeof(*candidate));
	candidate->kinds = row->kinds;
	candidate->target = row->target;
	for (int i = 0; i < task->columns.n && row->wins > 0; i++)
	{
		for (int j = 0; j < row->advised.n; j++)
		{
			if (row->advised.columns[j] == task->columns.columns[i])
				candidate->columns[candidate->ncolumns++] = i;
		}
	}
	return candidate->ncolumns >= 2;
}

static void
set_advised(TendVerdictRow *row, const TendVerifyTask *task, const TendCandidate *candidate)
{
	row->advised.n = candidate->ncolumns;
	for (int i = 0; i < candidate->ncolumns; i++)
		row->advised.columns[i] = task->columns.columns[candidate->columns[i]];
	row->kinds = candidate->kinds;
	row->target = candidate->target;
}

/* What the sampled executions stand for */
static double
ms_per_day(const TendVerifyTask *task, TimestampTz now)
{
	double		seconds = task->first_seen != 0 ? (now - task->first_seen) / (double) USECS_PER_SEC : 0;

	if (task->nkeys == 0 || !(tend_estimate_sample_rate > 0))
		return 0;
	return task->ms / tend_estimate_sample_rate * SECS_PER_DAY / Max(seconds, SECS_PER_HOUR);
}

static char *
evidence(const TendVerification *v, const TendTrials *trials, const TendChoice *choice)
{
	StringInfoData json;
	int			i = choice->example;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"sample_rows\": %d, \"table_rows\": %.0f, \"examples\": %d, \"executions\": " INT64_FORMAT
					 ", \"executions_right\": " INT64_FORMAT,
					 v->sample.nrows, v->sample.table_rows, choice->examples, v->task->samples, v->task->right);
	if (v->chosen.strongest.ncolumns > 0)
		appendStringInfo(&json, ", \"excess\": %.3g, \"reach\": %.3g", v->chosen.strongest.excess,
						 exp(v->chosen.strongest.reach));
	if (i >= 0)
		appendStringInfo(&json, ", \"estimated\": %.0f, \"actual\": %.0f",
						 trials->control[i], trials->actual[i]);
	if (i >= 0 && choice->best >= 0)
		appendStringInfo(&json, ", \"expected\": %.0f, \"gain\": %.3g",
						 trials->trials[choice->best].estimated[i], choice->gain);
	appendStringInfoString(&json, v->task->groups ? ", \"of\": \"groups\"}" : ", \"of\": \"rows\"}");
	return json.data;
}

static double *
weights_of_questions(const TendVerification *v)
{
	double	   *weights = palloc(sizeof(double) * Max(v->nquestions, 1));

	for (int i = 0; i < v->nquestions; i++)
		weights[i] = v->questions[i].weight;
	return weights;
}

static int *
kinds_of_questions(const TendVerification *v)
{
	int		   *kinds = palloc(sizeof(int) * Max(v->nquestions, 1));

	for (int i = 0; i < v->nquestions; i++)
		kinds[i] = v->questions[i].kind;
	return kinds;
}

static double *
actual_answers(const TendVerification *v)
{
	double	   *actual = palloc(sizeof(double) * Max(v->nquestions, 1));

	for (int i = 0; i < v->nquestions; i++)
		actual[i] = v->questions[i].actual;
	return actual;
}

static bool
is_covered(const TendVerification *v)
{
	for (int i = 0; i < v->nquestions; i++)
	{
		if (v->whatif.control[i] != v->whatif.bare[i])
			return true;
	}
	return false;
}

static void
judge_choice(const TendVerification *v, const TendChoice *choice, TimestampTz now, TendVerdictRow *row)
{
	const char *reason = tend_statistics_verdict_text(choice->verdict);

	row->q_error_now = choice->q_now;
	row->q_error_expected = choice->q_expected;
	switch (choice->verdict)
	{
		case TEND_STATISTICS_PROVEN:
			set_verdict(row, TEND_VERDICT_PROVEN, reason, now, A_DAY);
			break;
		case TEND_STATISTICS_AGAIN:
			set_verdict(row, TEND_VERDICT_LIKELY, reason, now, SOON);
			break;
		case TEND_STATISTICS_NO_EXAMPLES:
			set_verdict(row, TEND_VERDICT_UNVERIFIED, reason, now, A_DAY / 24);
			break;
		default:
			set_verdict(row, TEND_VERDICT_REFUTED, reason, now, A_DAY);
	}
	row->wins = choice->wins;
}

/* Which of the candidates, if any? */
static void
judge_candidates(const TendVerification *v, TimestampTz now, TendVerdictRow *row)
{
	TendTrial  *list = palloc0(sizeof(TendTrial) * Max(v->chosen.n, 1));
	TendCandidate winner;
	TendTrials	trials = {
		.nexamples = v->nquestions,
		.actual = actual_answers(v),
		.weights = weights_of_questions(v),
		.kinds = kinds_of_questions(v),
		.control = v->whatif.control,
		.covered = is_covered(v),
		.parameters = v->task->samples > 0 ? (double) v->task->parameters / v->task->samples : 0,
		.ntrials = v->chosen.n,
		.trials = list,
		.winner = candidate_of_row(v->task, row, &winner) ? &winner : NULL,
		.wins = row->wins
	};
	TendChoicePolicy policy = tend_choice_policy;
	TendChoice	choice;
	StringInfoData proof;

	for (int i = 0; i < v->chosen.n; i++)
	{
		list[i].candidate = v->chosen.candidates[i];
		list[i].estimated = v->whatif.with[i];
	}
	if (!v->any_example)
		policy.max_harm = ROUGH_HARM;
	choice = tend_statistics_choose(&trials, &policy);
	initStringInfo(&proof);
	tend_statistics_proof(&proof, &trials, &choice, v->task->nqueries, ms_per_day(v->task, now));
	row->proof = proof.data;
	row->evidence = evidence(v, &trials, &choice);
	if (choice.best >= 0)
		set_advised(row, v->task, &v->chosen.candidates[choice.best]);
	judge_choice(v, &choice, now, row);
}

/* Is the object of any use? */
static void
judge_object(const TendVerification *v, TimestampTz now, TendVerdictRow *row)
{
	double		gain;
	TendStatisticsUse use;

	if (v->chosen.n == 0)
	{
		set_verdict(row, TEND_VERDICT_UNVERIFIED, "the object is gone, or has expressions", now, A_WEEK);
		return;
	}
	set_advised(row, v->task, &v->chosen.candidates[0]);
	use = tend_statistics_use(v->nquestions, actual_answers(v), v->whatif.with[0], v->whatif.control, &gain);
	row->evidence = psprintf("{\"sample_rows\": %d, \"table_rows\": %.0f, \"examples\": %d%s}",
							 v->sample.nrows, v->sample.table_rows, v->nquestions,
							 isnan(gain) ? "" : psprintf(", \"gain\": %.3g", gain));
	if (use == TEND_USE_NONE || use == TEND_USE_HARMS)
	{
		row->wins++;
		row->proof = psprintf("of %d combinations of values, the planner expects %s with it (gain %.2f)",
							  v->nquestions, use == TEND_USE_HARMS ? "worse" : "nothing better", gain);
		set_verdict(row, row->wins >= tend_choice_policy.wins ? TEND_VERDICT_USELESS : TEND_VERDICT_LIKELY,
					tend_statistics_use_name(use), now,
					row->wins >= tend_choice_policy.wins ? A_WEEK : SOON);
	}
	else
		set_verdict(row, use == TEND_USE_HELPS ? TEND_VERDICT_APPLIED : TEND_VERDICT_UNVERIFIED,
					use == TEND_USE_HELPS ? tend_statistics_use_name(use) :
					"too few combinations of values are frequent enough to tell", now, A_WEEK);
}

void
tend_verify_judge(const TendVerification *v, int code, TimestampTz now, TendVerdictRow *row)
{
	if (code != 0 || v->result != TEND_SAMPLE_DONE || v->slow)
		judge_failure(v, code, now, row);
	else if (OidIsValid(v->task->object))
		judge_object(v, now, row);
	else if (v->chosen.n == 0)
	{
		row->proof = NULL;
		row->evidence = psprintf("{\"sample_rows\": %d, \"table_rows\": %.0f, \"excess\": %.3g}",
								 v->sample.nrows, v->sample.table_rows, v->chosen.strongest.excess);
		set_verdict(row, TEND_VERDICT_REFUTED, tend_statistics_verdict_text(v->chosen.verdict), now, A_DAY);
	}
	else
		judge_candidates(v, now, row);
}
