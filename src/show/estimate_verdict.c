/*-------------------------------------------------------------------------
 *
 * estimate_verdict.c
 *	  What verification says of a misestimate.
 *
 * The remedy for columns that depend on each other is what
 * tend.statistics_advice says, word by word, or that there is none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "act/statistics_advice.h"
#include "act/statistics_object.h"
#include "as_owner.h"
#include "show/estimate_verdict.h"

/*
 * Read them; needs a connected SPI.  Who may see misestimates may know what
 * became of them.
 */
TendEstimateVerdicts
tend_estimate_verdicts(void)
{
	TendEstimateVerdicts v = {0};
	TendIdentity saved = tend_become_superuser();

	v.rows = tend_verdicts_list(&v.nrows);
	tend_become_again(saved);
	v.advice = tend_statistics_advice(v.rows, v.nrows, &v.nadvice);
	return v;
}

static const TendVerdictRow *
find_verdict(const TendEstimateVerdicts *verdicts, const TendEstimateKey *key)
{
	for (int i = 0; i < verdicts->nrows; i++)
	{
		const TendVerdictRow *row = &verdicts->rows[i];

		if (row->relid == key->relid && !OidIsValid(row->object) &&
			row->groups == (key->kind == TEND_ESTIMATE_GROUPS) && row->columns.n == key->ncolumns &&
			memcmp(row->columns.columns, key->columns, sizeof(int16) * key->ncolumns) == 0)
			return row;
	}
	return NULL;
}

/*
 * The command, as in tend.statistics_advice: one object may cure rows and
 * groups at once.  NULL: somebody has created it.
 */
static const char *
command_of(const TendEstimateVerdicts *verdicts, const TendVerdictRow *row)
{
	for (int i = 0; i < verdicts->nadvice; i++)
	{
		const TendVerdictRow *advice = &verdicts->advice[i];
		TendStatisticsPlan plans[TEND_VERDICT_TABLES];
		int			n;

		if (advice->state != TEND_VERDICT_PROVEN || advice->relid != row->relid ||
			advice->ntables != row->ntables ||
			memcmp(advice->tables, row->tables, sizeof(Oid) * row->ntables) != 0 ||
			advice->advised.n != row->advised.n ||
			memcmp(advice->advised.columns, row->advised.columns, sizeof(AttrNumber) * row->advised.n) != 0)
			continue;
		n = tend_statistics_plans(advice, plans);
		return n > 0 ? tend_statistics_plans_command(plans, n) : NULL;
	}
	return NULL;
}

/* Complete a misestimate of columns that depend on each other. */
void
tend_estimate_add_verdict(const TendEstimateVerdicts *verdicts, TendMisestimate *m)
{
	const TendVerdictRow *row;

	if (m->key->cause != TEND_CAUSE_CORRELATED || (row = find_verdict(verdicts, m->key)) == NULL)
		return;
	switch (row->state)
	{
		case TEND_VERDICT_UNVERIFIED:
		case TEND_VERDICT_LIKELY:
		case TEND_VERDICT_FAILED:
			m->undecided = row->reason;
			break;
		case TEND_VERDICT_PROVEN:
			m->proven = command_of(verdicts, row);
			if (m->proven == NULL)
				m->exists = "statistics that were proven to help exist by now";
			break;
		case TEND_VERDICT_REFUTED:
			m->refused = row->reason;
			break;
		case TEND_VERDICT_APPLIED:
		case TEND_VERDICT_USELESS:
			m->exists = row->reason;
			break;
	}
}
