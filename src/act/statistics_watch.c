/*-------------------------------------------------------------------------
 *
 * statistics_watch.c
 *	  Did estimates improve since statistics were created?
 *
 * The evidence that led to statistics is forgotten by the first visit after
 * they were created: what comes then, has come in spite of them.  If nothing
 * comes for long, they have done their work.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "act/statistics_change.h"
#include "act/statistics_watch.h"
#include "advise/attribute.h"
#include "advise/statistics.h"
#include "catalog/pg_statistic_ext.h"
#include "collect/existing_statistics.h"
#include "column_name.h"
#include "settings.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* How long nothing must have come, and when to ask about an object again */
#define QUIET_INTERVALS		60
#define A_WEEK				(7 * 1440)

typedef struct Watch
{
	TendStatisticsAction action;
	TendColumnSet columns;		/* of the object */
	const TendVerdictRow *rows; /* all of them */
	int			nrows;
	const TendEstimateEntry *entries;
	int			nentries;
	TimestampTz now;
} Watch;

/* False: the object is gone. */
static bool
read_object(Watch *w)
{
	HeapTuple	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(w->action.object));
	Form_pg_statistic_ext form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	w->columns.n = Min(form->stxkeys.dim1, TEND_ESTIMATE_COLUMNS);
	memcpy(w->columns.columns, form->stxkeys.values, sizeof(int16) * w->columns.n);
	ReleaseSysCache(tuple);
	return true;
}

/* In a partition, columns have the same names, but other numbers. */
static bool
same_columns(const Watch *w, const TendVerdictRow *row)
{
	if (w->columns.n != row->advised.n)
		return false;
	for (int i = 0; i < row->advised.n; i++)
	{
		char	   *name = tend_column_name(row->relid, row->advised.columns[i]);

		if (name == NULL || get_attnum(w->action.relid, name) != w->columns.columns[i])
			return false;
	}
	return true;
}

/* Did the action carry out this verdict? */
static bool
is_of(const Watch *w, const TendVerdictRow *row)
{
	if (row->state != TEND_VERDICT_APPLIED || OidIsValid(row->object))
		return false;
	for (int i = 0; i < row->ntables; i++)
	{
		if (row->tables[i] == w->action.relid)
			return same_columns(w, row);
	}
	return false;
}

/*
 * Is an entry about the columns of a verdict?  Those that statistics on several
 * columns mislead have no known cause.
 */
static bool
concerns(const TendEstimateEntry *entry, const TendVerdictRow *row)
{
	const TendEstimateKey *key = &entry->key;

	return key->relid == row->relid &&
		key->kind == (row->groups ? TEND_ESTIMATE_GROUPS : TEND_ESTIMATE_FILTER) &&
		(key->cause == TEND_CAUSE_CORRELATED || key->cause == TEND_CAUSE_UNKNOWN) &&
		key->ncolumns == row->columns.n &&
		memcmp(key->columns, row->columns.columns, sizeof(int16) * key->ncolumns) == 0;
}

static bool
concerns_one(const Watch *w, const TendEstimateEntry *entry)
{
	for (int i = 0; i < w->nrows; i++)
	{
		if (is_of(w, &w->rows[i]) && concerns(entry, &w->rows[i]))
			return true;
	}
	return false;
}

static void
forget_evidence(const Watch *w)
{
	for (int i = 0; i < w->nentries; i++)
	{
		if (concerns_one(w, &w->entries[i]))
			tend_estimates_restart(&w->entries[i].key);
	}
}

static TendEstimateSums
evidence_since(const Watch *w)
{
	TendEstimateSums sums = {0};

	for (int i = 0; i < w->nentries; i++)
	{
		if (concerns_one(w, &w->entries[i]))
			tend_estimate_sums_add(&sums, &w->entries[i].sums);
	}
	return sums;
}

/* What does not help can go. */
static void
advise_to_drop(const Watch *w, const char *proof, double q_since)
{
	TendVerdictRow drop = {
		.relid = w->action.relid,
		.columns = w->columns,
		.object = w->action.object,
		.state = TEND_VERDICT_USELESS,
		.reason = proof,
		.advised = w->columns,
		.ntables = 1,
		.tables = {w->action.relid},
		.q_error_now = q_since,
		.q_error_expected = NAN,
		.proof = proof,
		.verified_at = w->now,
		.next_at = w->now + (int64) A_WEEK * tend_interval * USECS_PER_SEC
	};
	TendExistingStatistics existing;

	tend_existing_statistics(w->action.relid, w->columns.columns, w->columns.n, &existing);
	for (int i = 0; i < existing.n; i++)
	{
		if (existing.objects[i] == w->action.object)
			drop.kinds = existing.like[i].kinds;
	}
	tend_verdict_write(&drop);
}

static char *
effect_text(TendStatisticsEffect effect, const TendEstimateSums *since, double before)
{
	char	   *misestimated = since->samples == 0 ? "none was misestimated" :
		psprintf(INT64_FORMAT " were misestimated, by %.1f times on average",
				 since->samples, exp(since->ln_abs_sum / since->samples));

	return psprintf("%s: of " INT64_FORMAT " sampled executions since, %s; by %.1f times before",
					tend_statistics_effect_name(effect), since->samples + since->right,
					misestimated, before);
}

static void
judge(const Watch *w)
{
	TendEstimateSums since = evidence_since(w);
	double		before = w->action.q_error_before;
	double		q_since;
	TendStatisticsEffect effect = tend_statistics_effect(before, &since, &q_since);
	char	   *text;

	if (effect == TEND_EFFECT_PENDING)
	{
		if (since.samples == 0 &&
			w->now - w->action.at > (int64) QUIET_INTERVALS * tend_interval * USECS_PER_SEC)
			tend_statistics_observed(&w->action, "kept", "no misestimate was seen since", NAN);
		return;
	}
	text = effect_text(effect, &since, before);
	tend_statistics_observed(&w->action, effect == TEND_EFFECT_IMPROVED ? "kept" : "useless", text, q_since);
	if (effect != TEND_EFFECT_IMPROVED)
		advise_to_drop(w, text, q_since);
}

/*
 * Look at what was created and is not judged yet; returns the rows written.
 */
int
tend_statistics_watch(const TendVerdictRow *rows, int nrows,
					  const TendEstimateEntry *entries, int nentries, TimestampTz now)
{
	Watch		w = {.rows = rows,.nrows = nrows,.entries = entries,.nentries = nentries,.now = now};
	int			n;
	TendStatisticsAction *actions = tend_statistics_pending(&n);
	int			written = 0;

	for (int i = 0; i < n; i++)
	{
		w.action = actions[i];
		if (!read_object(&w))
			tend_statistics_gone(&w.action, now);
		else if (w.action.watched)
			judge(&w);
		else
		{
			forget_evidence(&w);
			tend_statistics_observed(&w.action, "pending", "it is being watched", NAN);
			written++;
		}
	}
	return written;
}
