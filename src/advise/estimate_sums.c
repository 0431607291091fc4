/*-------------------------------------------------------------------------
 *
 * estimate_sums.c
 *	  Evidence of many misestimates, added up.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/attribute.h"

/* An error of statistics that are stale hardly changes a plan below that. */
#define STALE_LEAST_Q		4.0

/* The bucket of a q-error, which is 1 at least */
static int
bucket_of(double q)
{
	double		half_powers = floor(2 * log2(q));

	return (int) Min(Max(half_powers, 0), TEND_ESTIMATE_BUCKETS - 1);
}

static double
bucket_begin(int bucket)
{
	return exp2(bucket / 2.0);
}

void
tend_estimate_count(TendEstimateSums *sums, const TendFinding *finding)
{
	double		ln = log(Max(finding->actual, 1)) - log(Max(finding->expected, 1));

	if (finding->right)
	{
		sums->right++;
		return;
	}
	/* one that is no number would spoil all sums */
	if (!isfinite(ln) || !(finding->q_error >= 1))
		return;
	sums->samples++;
	sums->ln_sum += ln;
	sums->ln_abs_sum += fabs(ln);
	sums->parameters += finding->parameter;
	sums->histogram[bucket_of(finding->q_error)]++;
	if (finding->q_error > sums->max_q)
	{
		sums->max_q = finding->q_error;
		sums->expected = finding->expected;
		sums->actual = finding->actual;
	}
}

void
tend_estimate_sums_add(TendEstimateSums *sums, const TendEstimateSums *more)
{
	sums->samples += more->samples;
	sums->ln_sum += more->ln_sum;
	sums->ln_abs_sum += more->ln_abs_sum;
	sums->parameters += more->parameters;
	sums->right += more->right;
	for (int i = 0; i < TEND_ESTIMATE_BUCKETS; i++)
		sums->histogram[i] += more->histogram[i];
	if (more->max_q > sums->max_q)
	{
		sums->max_q = more->max_q;
		sums->expected = more->expected;
		sums->actual = more->actual;
	}
}

/*
 * The q-error that half of the samples do not exceed, NaN without any: exact
 * to a bucket, in which they are taken to lie evenly on a logarithmic scale.
 */
double
tend_estimate_median(const TendEstimateSums *sums)
{
	uint64		all = 0;
	uint64		below = 0;
	double		q;
	int			i = 0;

	for (int j = 0; j < TEND_ESTIMATE_BUCKETS; j++)
		all += sums->histogram[j];
	if (all == 0)
		return NAN;
	while (2 * (below + sums->histogram[i]) < all)
		below += sums->histogram[i++];
	if (i == TEND_ESTIMATE_BUCKETS - 1)
		return sqrt(bucket_begin(i) * Max(sums->max_q, bucket_begin(i)));
	q = exp2((i + (all / 2.0 - below) / sums->histogram[i]) / 2);
	return all == 1 ? sums->max_q : Min(q, sums->max_q);
}

/* ---- queries ---- */

/* Put one, whose time has changed, where it belongs: the worst are first. */
static void
move_up(TendEstimateQuery *queries, int i)
{
	TendEstimateQuery moved = queries[i];

	while (i > 0 && (queries[i - 1].samples == 0 || queries[i - 1].ms < moved.ms))
	{
		queries[i] = queries[i - 1];
		i--;
	}
	queries[i] = moved;
}

/*
 * Count a query among those that suffer.  One that is new takes the last
 * place if all are taken: what it has cost so far cannot be compared with
 * what others have cost since long, and without a place it would never add up.
 */
void
tend_estimate_queries_add(TendEstimateQuery *queries, const TendEstimateQuery *more)
{
	int			i = 0;
	TendEstimateQuery *q;

	if (more->queryid == 0 || more->samples <= 0)
		return;
	while (i < TEND_ESTIMATE_QUERIES - 1 && queries[i].samples > 0 &&
		   queries[i].queryid != more->queryid)
		i++;
	q = &queries[i];
	if (q->samples == 0 || q->queryid != more->queryid)
		*q = (TendEstimateQuery)
	{
		.queryid = more->queryid
	};
	q->samples += more->samples;
	q->ms += isfinite(more->ms) && more->ms > 0 ? more->ms : 0;
	move_up(queries, i);
}

/* ---- news of statistics that are stale ---- */

/*
 * Count an error if an earlier ANALYZE would have spared it: something was
 * modified since the last one.
 */
void
tend_stale_count(TendStaleNews *news, const TendFinding *finding, double ms)
{
	TendStaleNews one = {
		.samples = 1,
		.ln_q = log(finding->q_error),
		.rows = finding->modified,
		.ms = isfinite(ms) && ms > 0 ? ms : 0
	};

	if (finding->key.cause == TEND_CAUSE_STALE && isfinite(one.ln_q) &&
		finding->q_error >= STALE_LEAST_Q && finding->modified >= 1 && isfinite(finding->modified))
		tend_stale_add(news, &one);
}

void
tend_stale_add(TendStaleNews *news, const TendStaleNews *more)
{
	if (more->samples <= 0)
		return;
	news->rows = news->samples > 0 ? Min(news->rows, more->rows) : more->rows;
	news->samples += more->samples;
	news->ln_q += more->ln_q;
	news->ms += more->ms;
}

/* What was told is no news; what has come in meanwhile is. */
void
tend_stale_subtract(TendStaleNews *news, const TendStaleNews *told)
{
	news->samples -= told->samples;
	news->ln_q = Max(news->ln_q - told->ln_q, 0);
	news->ms = Max(news->ms - told->ms, 0);
	if (news->samples <= 0)
		memset(news, 0, sizeof(*news));
}
