/*-------------------------------------------------------------------------
 *
 * report.c
 *	  What came out, as text.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

/* Worse than the default by less than this is not worse. */
#define TOLERANCE		1.01
/* Nor are a page touch per day and 8 kB */
#define LEAST_WORK		1.0
#define LEAST_WASTE		(8192 / SIM_MB)

/* Goals of doc/design.md */
#define MOST_JOINT		1.15

static const char *const policy_names[SIM_NUM_POLICIES] = {
	"default (50 + 20 %)", "one percent", "flat 1000", "maximum threshold",
	"pg_tend", "best constant", "clairvoyant, target", "clairvoyant"
};

/* A new file to write to; ends the program if there can be none */
FILE *
sim_output(const char *dir, const char *name)
{
	char		path[MAXPGPATH];
	FILE	   *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	if (out == NULL)
	{
		fprintf(stderr, "could not write \"%s\": %s\n", path, strerror(errno));
		exit(2);
	}
	return out;
}

const char *
sim_policy_name(SimPolicy p)
{
	return policy_names[p];
}

static void
add_score(SimScore *sum, const SimScore *s)
{
	sum->work += s->work;
	sum->insert_work += s->insert_work;
	sum->stock += s->stock;
	sum->reserved += s->reserved;
	sum->vacuums += s->vacuums;
	sum->futile += s->futile;
}

/* All tables of a kind, or of all kinds if it is -1 */
SimScore
sim_total(const SimReport *r, SimPolicy p, SimSpan span, int kind)
{
	SimScore	sum = {0};

	for (int i = 0; i < r->world->ntables; i++)
	{
		if (kind < 0 || r->world->tables[i].kind == (SimKind) kind)
			add_score(&sum, &r->outcomes[i].score[p][span]);
	}
	return sum;
}

/* ---- the frontier of constant thresholds ---- */

SimScore
sim_frontier_at(const SimReport *r, double price)
{
	double		minutes = sim_span_minutes(SIM_HALF, r->world->days);
	SimScore	sum = {0};

	for (int i = 0; i < r->world->ntables; i++)
	{
		const SimFrontierTable *f = &r->frontier[i];
		double		least = INFINITY;
		int			best = 0;

		for (int n = 0; n < SIM_NUM_THRESHOLDS; n++)
		{
			double		cost = f->work[n] + price * 60 * minutes * f->reserved[n];

			if (cost >= least)
				continue;
			least = cost;
			best = n;
		}
		sum.work += f->work[best];
		sum.reserved += f->reserved[best];
	}
	return sum;
}

/* The price at which the frontier does so much work */
double
sim_frontier_same_work(const SimReport *r, double work, SimScore *at)
{
	double		low = log(r->tend.price) - 12;
	double		high = log(r->tend.price) + 12;

	for (int i = 0; i < 40; i++)
	{
		double		middle = (low + high) / 2;

		*at = sim_frontier_at(r, exp(middle));
		if (at->work > work)
			high = middle;
		else
			low = middle;
	}
	return exp(low);
}

/* ---- parts of the report ---- */

static void
print_policies(FILE *out, const SimReport *r, SimSpan span)
{
	double		minutes = sim_span_minutes(span, r->world->days);
	double		per_day = minutes / SIM_DAY;
	SimScore	clairvoyant = sim_total(r, SIM_CLAIRVOYANT, span, -1);
	double		least = sim_joint(&clairvoyant, minutes, r->tend.price, false);
	double		least_by_stock = 0;

	for (int i = 0; i < r->world->ntables; i++)
		least_by_stock += r->outcomes[i].best_by_stock;
	fprintf(out, "%-20s %14s %13s %13s %12s %9s %12s %10s %9s\n", span == SIM_HALF ? "second half" : "whole time",
			"effort/day", "reserved MB", "stock MB", "joint cost", "by stock", "insert e/day", "vacuums/d", "futile/d");
	for (SimPolicy p = 0; p < SIM_NUM_POLICIES; p++)
	{
		SimScore	s = sim_total(r, p, span, -1);

		fprintf(out, "%-20s %14.0f %13.1f %13.1f %12.3f ", policy_names[p], s.work / per_day,
				s.reserved, s.stock, sim_joint(&s, minutes, r->tend.price, false) / least);
		if (span == SIM_HALF)
			fprintf(out, "%9.3f", sim_joint(&s, minutes, r->tend.price, true) / least_by_stock);
		else
			fprintf(out, "%9s", "");
		fprintf(out, " %12.0f %10.0f %9.0f\n", s.insert_work / per_day, s.vacuums / per_day, s.futile / per_day);
	}
	fprintf(out, "\n");
}

static bool
is_worse(const SimReport *r, int table)
{
	const SimScore *tend = &r->outcomes[table].score[SIM_TEND][SIM_HALF];
	const SimScore *other = &r->outcomes[table].score[SIM_DEFAULT][SIM_HALF];
	double		days = sim_span_minutes(SIM_HALF, r->world->days) / SIM_DAY;

	return tend->work > Max(TOLERANCE * other->work, other->work + LEAST_WORK * days) &&
		tend->reserved > Max(TOLERANCE * other->reserved, other->reserved + LEAST_WASTE);
}

typedef struct KindSums
{
	int			tables;
	int			worse;
	int			changed;
	int			changes;
	int			changes_half;
	int			most_changes;
	int			most_half;
	int			all_changes;
} KindSums;

static KindSums
sum_kind(const SimReport *r, int kind)
{
	KindSums	k = {0};

	for (int i = 0; i < r->world->ntables; i++)
	{
		const SimOutcome *o = &r->outcomes[i];

		if (kind >= 0 && r->world->tables[i].kind != (SimKind) kind)
			continue;
		k.tables++;
		k.worse += is_worse(r, i);
		k.changed += o->changes > 0;
		k.changes += o->changes;
		k.changes_half += o->changes_half;
		k.most_changes = Max(k.most_changes, o->changes);
		k.most_half = Max(k.most_half, o->changes_half);
		k.all_changes += o->all_changes;
	}
	return k;
}

static double
joint_of(const SimReport *r, SimPolicy p, int kind)
{
	SimScore	s = sim_total(r, p, SIM_HALF, kind);

	return sim_joint(&s, sim_span_minutes(SIM_HALF, r->world->days), r->tend.price, false);
}

static void
print_kinds(FILE *out, const SimReport *r)
{
	double		all = joint_of(r, SIM_CLAIRVOYANT, -1);

	fprintf(out, "%-14s %6s %8s %8s %8s %8s %8s | %8s %8s | %6s %8s %8s %8s %6s\n", "kind", "tables", "share",
			"default", "1 %", "pg_tend", "target", "work", "waste", "ALTERs", "in half", "most", "most/2", "worse");
	for (int k = -1; k < SIM_NUM_KINDS; k++)
	{
		KindSums	s = sum_kind(r, k);
		double		least = joint_of(r, SIM_CLAIRVOYANT, k);
		SimScore	tend = sim_total(r, SIM_TEND, SIM_HALF, k);
		SimScore	best = sim_total(r, SIM_CLAIRVOYANT, SIM_HALF, k);

		if (s.tables == 0)
			continue;
		fprintf(out, "%-14s %6d %7.1f%% %8.3f %8.3f %8.3f %8.3f | %8.3f %8.3f | %6d %8d %8d %8d %6d\n",
				k < 0 ? "all" : sim_kind_name(k), s.tables, 100 * least / all,
				joint_of(r, SIM_DEFAULT, k) / least, joint_of(r, SIM_ONE_PERCENT, k) / least,
				joint_of(r, SIM_TEND, k) / least, joint_of(r, SIM_KEEPER, k) / least,
				tend.work / best.work, tend.reserved / best.reserved,
				s.changes, s.changes_half, s.most_changes, s.most_half, s.worse);
	}
	fprintf(out, "\n(second half; joint cost, work and waste of pg_tend in times of the clairvoyant's;"
			" ALTERs of the dead rows' options in the whole time)\n\n");
}

static void
print_goals(FILE *out, const SimReport *r)
{
	KindSums	all = sum_kind(r, -1);
	KindSums	constant = sum_kind(r, SIM_CONSTANT);
	double		joint = joint_of(r, SIM_TEND, -1) / joint_of(r, SIM_CLAIRVOYANT, -1);
	double		keeping = joint_of(r, SIM_TEND, -1) / joint_of(r, SIM_KEEPER, -1);
	SimScore	tend = sim_total(r, SIM_TEND, SIM_HALF, -1);
	SimScore	same;
	double		price = sim_frontier_same_work(r, tend.work, &same);

	fprintf(out, "price of bloat that pg_tend settled on: %.3g page touches per second and MB\n", r->tend.price);
	fprintf(out, "with the same work, the best constant thresholds would reserve %.1f MB, pg_tend %.1f MB (%.3f; at a price of %.3g)\n",
			same.reserved, tend.reserved, tend.reserved / same.reserved, price);
	fprintf(out, "ALTERs: %d for dead rows, %d in all, at most %.0f in an hour\n", all.changes, all.all_changes,
			r->tend.most_actions_in_an_hour);
	fprintf(out, "rows of history: %.0f, CPU seconds: %.1f for pg_tend, %.1f in all\n\n",
			r->tend.rows_of_history, r->tend_seconds, r->seconds);
	fprintf(out, "%-8s pg_tend within 15 %% of the clairvoyant's joint cost: %.1f %%\n",
			joint <= MOST_JOINT ? "reached" : "MISSED", 100 * (joint - 1));
	fprintf(out, "%-8s the same, if the clairvoyant keeps the dead ratio target of %g, too: %.1f %%\n",
			keeping <= MOST_JOINT ? "reached" : "MISSED", r->target, 100 * (keeping - 1));
	fprintf(out, "%-8s no table worse than the default on both work and waste: %d of %d\n",
			all.worse == 0 ? "reached" : "MISSED", all.worse, all.tables);
	fprintf(out, "%-8s at most 2 changes of a table with constant load in the second half: %d\n",
			constant.most_half <= 2 ? "reached" : "MISSED", constant.most_half);
}

void
sim_report_print(FILE *out, const SimReport *r)
{
	fprintf(out, "%d tables, %d days, seed " UINT64_FORMAT ", maximum threshold %.0f\n\n", r->world->ntables,
			r->world->days, r->seed, r->max_threshold);
	print_policies(out, r, SIM_HALF);
	print_policies(out, r, SIM_WHOLE);
	print_kinds(out, r);
	print_goals(out, r);
}

/* One line per table, the scored half, for a closer look */
void
sim_tables_write(FILE *out, const SimReport *r)
{
	double		minutes = sim_span_minutes(SIM_HALF, r->world->days);

	fprintf(out, "table\tkind\trows\trow_bytes\tindex_bytes\ttouched\tdense\tprice\tbest_threshold\tchanges\tchanges_half\tworse");
	for (SimPolicy p = 0; p < SIM_NUM_POLICIES; p++)
		fprintf(out, "\t%s work\t%s reserved\t%s joint", policy_names[p], policy_names[p], policy_names[p]);
	fprintf(out, "\n");
	for (int i = 0; i < r->world->ntables; i++)
	{
		const SimTable *t = &r->world->tables[i];
		const SimOutcome *o = &r->outcomes[i];

		fprintf(out, "%d\t%s\t%.0f\t%.0f\t%.0f\t%.3f\t%d\t%.2f\t%.0f\t%d\t%d\t%d", i, sim_kind_name(t->kind),
				t->rows, t->row_bytes, t->index_bytes, t->touched, t->dense, t->price,
				o->best_threshold, o->changes, o->changes_half, is_worse(r, i));
		for (SimPolicy p = 0; p < SIM_NUM_POLICIES; p++)
			fprintf(out, "\t%.0f\t%.3f\t%.0f", o->score[p][SIM_HALF].work, o->score[p][SIM_HALF].reserved,
					sim_joint(&o->score[p][SIM_HALF], minutes, r->tend.price, false));
		fprintf(out, "\n");
	}
}
