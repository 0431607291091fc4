/*-------------------------------------------------------------------------
 *
 * candidates.c
 *	  Which statistics on several columns are worth a trial?
 *
 * A filter or grouping may have columns that have nothing to do with the
 * error.  So all pairs and triples are measured, at most 28 and 56: about 0.4 s
 * for eight columns, and a few ms for two.  Larger sets come from pairs that hang
 * together.
 *
 * What the sample shows decides only what is tried; whether it helps is
 * measured (advise/statistics.c).
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/candidates.h"

/* Columns depend on each other if the product is wrong by so many times. */
#define DEPENDENT		1.5
/* A triple has to be so much stronger than its best pair. */
#define TRIPLE_GAIN		1.5
/* The product is wrong by so many times in all that a list can tell. */
#define LIST_REACH		1.2
/* A degree of functional dependence beyond chance */
#define SOME_DEGREE		0.05
/* Executions with generic plans, from which on a list of values is no use */
#define MOSTLY_GENERIC	0.8

#define MAX_PAIRS		(TEND_ESTIMATE_COLUMNS * (TEND_ESTIMATE_COLUMNS - 1) / 2)
/*
 * Columns of a filter's object.  ANALYZE sorts its sample once for each
 * functional dependence that could be: 28 times with four, 1016 with eight.
 */
#define FILTER_COLUMNS	4
#define MAX_TARGET		10000

typedef struct Search
{
	TendCodes  *codes;
	const TendNeed *need;
	TendCandidates *chosen;
	int			ncolumns;
	double		strength[TEND_ESTIMATE_COLUMNS][TEND_ESTIMATE_COLUMNS]; /* of pairs */
	bool		any_near_unique;
	bool		any_without_kind;
	bool		any_generic;
	int			nsets;
	TendDependence sets[MAX_PAIRS + 8];
} Search;

/* What counts: for filters the error of the product, for groups their number */
static double
strength_of(const Search *s, const TendDependence *d)
{
	return s->need->kind == TEND_ESTIMATE_GROUPS ? d->groups_q : d->excess;
}

static TendDependence
measure(Search *s, const int *columns, int ncolumns)
{
	TendDependence d;

	if (s->need->breathe != NULL)
		s->need->breathe();
	tend_dependence_measure(s->codes, columns, ncolumns, s->need->target, &d);
	s->any_near_unique |= d.near_unique;
	if (s->chosen->strongest.ncolumns == 0 || strength_of(s, &d) > strength_of(s, &s->chosen->strongest))
		s->chosen->strongest = d;
	return d;
}

/* ---- sets of columns ---- */

static bool
same_columns(const TendDependence *a, const TendDependence *b)
{
	return a->ncolumns == b->ncolumns &&
		memcmp(a->columns, b->columns, a->ncolumns * sizeof(int)) == 0;
}

static void
add_set(Search *s, const TendDependence *d)
{
	if (!(strength_of(s, d) >= DEPENDENT) || s->nsets == lengthof(s->sets))
		return;
	for (int i = 0; i < s->nsets; i++)
	{
		if (same_columns(&s->sets[i], d))
			return;
	}
	s->sets[s->nsets++] = *d;
}

static void
measure_pairs(Search *s, TendDependence *pairs, int *npairs)
{
	*npairs = 0;
	for (int i = 0; i < s->ncolumns; i++)
	{
		for (int j = i + 1; j < s->ncolumns; j++)
		{
			int			columns[2] = {i, j};

			pairs[*npairs] = measure(s, columns, 2);
			s->strength[i][j] = s->strength[j][i] = strength_of(s, &pairs[*npairs]);
			(*npairs)++;
		}
	}
}

/* The triple that is strongest beyond its pairs; 0 columns: none is. */
static TendDependence
best_triple(Search *s)
{
	TendDependence best = {0};
	double		best_gain = TRIPLE_GAIN;

	for (int i = 0; i < s->ncolumns; i++)
	{
		for (int j = i + 1; j < s->ncolumns; j++)
		{
			for (int k = j + 1; k < s->ncolumns; k++)
			{
				int			columns[3] = {i, j, k};
				double		pair = Max(Max(s->strength[i][j], s->strength[i][k]), s->strength[j][k]);
				TendDependence d = measure(s, columns, 3);

				if (!(strength_of(s, &d) >= best_gain * Max(pair, 1)))
					continue;
				best = d;
				best_gain = strength_of(s, &d) / Max(pair, 1);
			}
		}
	}
	return best;
}

/* The strongest pair with a column inside, and one outside that is still free */
static int
next_column(const Search *s, const bool *inside, const bool *used)
{
	double		most = DEPENDENT;
	int			next = -1;

	for (int i = 0; i < s->ncolumns; i++)
	{
		for (int j = 0; j < s->ncolumns; j++)
		{
			if (inside[i] && !inside[j] && !used[j] && s->strength[i][j] >= most)
			{
				most = s->strength[i][j];
				next = j;
			}
		}
	}
	return next;
}

/*
 * Columns that hang together with the first by pairs that depend on each
 * other, strongest first.  They are used up.
 */
static int
gather(const Search *s, int first, bool *used, int *columns)
{
	bool		inside[TEND_ESTIMATE_COLUMNS] = {0};
	int			n = 0;

	while (first >= 0 && n < FILTER_COLUMNS)
	{
		inside[first] = true;
		columns[n++] = first;
		first = next_column(s, inside, used);
	}
	for (int i = 0; i < n; i++)
		used[columns[i]] = true;
	return n;
}

static int
compare_strength(const Search *s, const TendDependence *a, const TendDependence *b)
{
	double		x = strength_of(s, a);
	double		y = strength_of(s, b);

	return x > y ? -1 : x < y;
}

static void
sort_pairs(const Search *s, TendDependence *pairs, int npairs)
{
	for (int i = 1; i < npairs; i++)
	{
		for (int j = i; j > 0 && compare_strength(s, &pairs[j], &pairs[j - 1]) < 0; j--)
		{
			TendDependence swap = pairs[j];

			pairs[j] = pairs[j - 1];
			pairs[j - 1] = swap;
		}
	}
}

/* For a filter: the best pair, what hangs together, the best triple, more pairs */
static void
find_filter_sets(Search *s, TendDependence *pairs, int npairs)
{
	bool		used[TEND_ESTIMATE_COLUMNS] = {0};
	TendDependence triple = s->ncolumns > 2 ? best_triple(s) : (TendDependence) {0};

	add_set(s, &pairs[0]);
	for (int i = 0; i < npairs && strength_of(s, &pairs[i]) >= DEPENDENT; i++)
	{
		int			columns[FILTER_COLUMNS];
		int			n;

		if (used[pairs[i].columns[0]] || used[pairs[i].columns[1]])
			continue;
		n = gather(s, pairs[i].columns[0], used, columns);
		if (n > 2)
		{
			TendDependence d = measure(s, columns, n);

			add_set(s, &d);
		}
		add_set(s, &pairs[i]);
	}
	if (triple.ncolumns > 0)
		add_set(s, &triple);
	for (int i = 1; i < npairs; i++)
		add_set(s, &pairs[i]);
}

/* For groups: all columns, the best triple, the best pair */
static void
find_group_sets(Search *s, TendDependence *pairs)
{
	int			columns[TEND_ESTIMATE_COLUMNS];
	TendDependence all;
	TendDependence triple;

	for (int i = 0; i < s->ncolumns; i++)
		columns[i] = i;
	if (s->ncolumns > 2)
	{
		all = measure(s, columns, s->ncolumns);
		add_set(s, &all);
	}
	if (s->ncolumns > 3)
	{
		triple = best_triple(s);
		if (triple.ncolumns > 0)
			add_set(s, &triple);
	}
	add_set(s, &pairs[0]);
}

/* ---- kinds ---- */

static void
add_candidate(Search *s, const TendDependence *d, int kinds, int target)
{
	TendCandidate *c;

	if (s->chosen->n == TEND_CANDIDATES)
		return;
	c = &s->chosen->candidates[s->chosen->n++];
	c->ncolumns = d->ncolumns;
	memcpy(c->columns, d->columns, sizeof(c->columns));
	c->kinds = kinds;
	c->target = target;
}

/* "dependencies" knows equality only, and one column must tell another. */
static bool
suits_dependencies(Search *s, const TendDependence *d)
{
	TendDegrees degrees;

	for (int i = 0; i < d->ncolumns; i++)
	{
		if (s->need->classes[d->columns[i]] != TEND_CLAUSE_EQUAL)
			return false;
	}
	tend_dependence_degrees(s->codes, d->columns, d->ncolumns, &degrees);
	for (int i = 0; i < d->ncolumns; i++)
	{
		if (degrees.degree[i] - degrees.chance[i] >= SOME_DEGREE)
			return true;
	}
	/* for three and more the object has its pairs, too */
	return d->ncolumns > 2;
}

/*
 * Both at once only where each has its use: PostgreSQL takes the list first, and
 * dependencies see nothing of the clauses that it has answered.
 */
static void
add_filter_kinds(Search *s, const TendDependence *d)
{
	int			more = Min(s->need->target * TEND_TARGET_STEP, MAX_TARGET);
	bool		dependencies = suits_dependencies(s, d);
	bool		list = d->reach >= log(LIST_REACH);
	bool		longer = more > s->need->target && d->reach_more >= d->reach + log(LIST_REACH);
	bool		generic = s->need->parameters >= MOSTLY_GENERIC;

	if (dependencies)
		add_candidate(s, d, TEND_STATISTICS_DEPENDENCIES, 0);
	if (!generic && list)
		add_candidate(s, d, TEND_STATISTICS_MCV, 0);
	if (!generic && list && dependencies)
		add_candidate(s, d, TEND_STATISTICS_DEPENDENCIES | TEND_STATISTICS_MCV, 0);
	if (!generic && longer)
		add_candidate(s, d, TEND_STATISTICS_MCV, more);
	s->any_generic |= generic && !dependencies && (list || longer);
	s->any_without_kind |= !dependencies && !list && !longer;
}

static TendStatisticsVerdict
verdict_of(const Search *s)
{
	if (s->chosen->n > 0)
		return TEND_STATISTICS_TRY;
	if (s->any_generic)
		return TEND_STATISTICS_GENERIC;
	if (s->any_without_kind)
		return TEND_STATISTICS_NO_KIND;
	return s->any_near_unique ? TEND_STATISTICS_NEAR_UNIQUE : TEND_STATISTICS_INDEPENDENT;
}

/*
 * Choose what to try, from a prepared sample of the columns of a key.
 */
void
tend_candidates_choose(TendCodes * codes, const TendNeed *need, TendCandidates *chosen)
{
	Search	   *s = palloc0(sizeof(Search));
	TendDependence pairs[MAX_PAIRS];
	int			npairs;

	memset(chosen, 0, sizeof(*chosen));
	s->codes = codes;
	s->need = need;
	s->chosen = chosen;
	s->ncolumns = tend_codes_columns(codes);
	if (tend_codes_rows(codes) < TEND_SAMPLE_MIN_ROWS || s->ncolumns < 2)
		chosen->verdict = TEND_STATISTICS_TOO_SMALL;
	else
	{
		measure_pairs(s, pairs, &npairs);
		sort_pairs(s, pairs, npairs);
		if (need->kind == TEND_ESTIMATE_GROUPS)
			find_group_sets(s, pairs);
		else
			find_filter_sets(s, pairs, npairs);
		for (int i = 0; i < Min(s->nsets, TEND_CANDIDATE_SETS); i++)
		{
			if (need->kind == TEND_ESTIMATE_GROUPS)
				add_candidate(s, &s->sets[i], TEND_STATISTICS_NDISTINCT, 0);
			else
				add_filter_kinds(s, &s->sets[i]);
		}
		chosen->verdict = verdict_of(s);
	}
	pfree(s);
}
