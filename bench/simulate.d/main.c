/*-------------------------------------------------------------------------
 *
 * main.c
 *	  Rules of autovacuum over the same traces.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct Options
{
	int			tables;
	int			days;
	uint64		seed;
	const char *out;
	const char *recorded;
	double		target;
	double		max_threshold;
	int			max_actions;
} Options;

static void
usage(void)
{
	fprintf(stderr,
			"usage: simulate [-n TABLES] [-d DAYS] [-s SEED] [-o OUTDIR] [-r TRACES.tsv]\n"
			"                [-t DEAD_RATIO_TARGET] [-m MAX_THRESHOLD] [-a ACTIONS_PER_HOUR]\n");
	exit(2);
}

static Options
parse_options(int argc, char **argv)
{
	Options		o = {1000, 30, 1, NULL, NULL, 0.2, 100000, 60};
	int			c;

	while ((c = getopt(argc, argv, "n:d:s:o:r:t:m:a:")) != -1)
	{
		switch (c)
		{
			case 'n':
				o.tables = atoi(optarg);
				break;
			case 'd':
				o.days = atoi(optarg);
				break;
			case 's':
				o.seed = strtoull(optarg, NULL, 10);
				break;
			case 'o':
				o.out = optarg;
				break;
			case 'r':
				o.recorded = optarg;
				break;
			case 't':
				o.target = atof(optarg);
				break;
			case 'm':
				o.max_threshold = atof(optarg);
				break;
			case 'a':
				o.max_actions = atoi(optarg);
				break;
			default:
				usage();
		}
	}
	if (optind < argc || o.tables < 1 || o.days < 2 || o.days > SIM_MAX_DAYS || o.target <= 0)
		usage();
	return o;
}

static SimRule
rule_of(SimPolicy policy, const Options *o)
{
	SimRule		rule = {50, 0.2, INFINITY, 1000, 0.2};

	switch (policy)
	{
		case SIM_ONE_PERCENT:
			rule.scale = 0.01;
			break;
		case SIM_FLAT:
			rule.threshold = 1000;
			rule.scale = 0;
			break;
		case SIM_MAX_THRESHOLD:
			rule.most = o->max_threshold;
			break;
		default:
			break;
	}
	return rule;
}

static void
fill_scores(SimOutcome *o, SimPolicy p, const SimLedger *ledger, int days, double debt)
{
	for (SimSpan span = 0; span < SIM_NUM_SPANS; span++)
		o->score[p][span] = sim_score(ledger, span, days, debt);
}

/* One table of each kind, the busiest of the first few, for the plots */
static void
choose_examples(const SimWorld *w, SimDiary *diaries)
{
	double		most[SIM_NUM_KINDS] = {0};

	for (int k = 0; k < SIM_NUM_KINDS; k++)
		diaries[k] = (SimDiary)
	{
		.table = -1
	};
	for (int i = 0; i < Min(w->ntables, 500); i++)
	{
		const SimTable *t = &w->tables[i];
		double		dead = 0;

		for (int s = 0; s < t->nsegments; s++)
			dead += sim_dead_rate(&t->segments[s]) * (t->segments[s + 1].start - t->segments[s].start);
		/* of the turnover of a table, what still shows single vacuums */
		dead = Min(dead / Max(t->rows, 1), 8) + dead * 1e-12;
		if (diaries[t->kind].table >= 0 && dead <= most[t->kind])
			continue;
		diaries[t->kind].table = i;
		most[t->kind] = dead;
	}
}

static double
seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void
write_files(const SimReport *r, const char *dir)
{
	FILE	   *out;

	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
	{
		fprintf(stderr, "could not create \"%s\": %s\n", dir, strerror(errno));
		exit(2);
	}
	out = sim_output(dir, "report.txt");
	sim_report_print(out, r);
	fclose(out);
	out = sim_output(dir, "tables.tsv");
	sim_tables_write(out, r);
	fclose(out);
	sim_plots_write(r, dir);
}

int
main(int argc, char **argv)
{
	Options		o = parse_options(argc, argv);
	SimWorld	w = o.recorded != NULL ? sim_world_read(o.recorded) :
		sim_world_make(o.tables, o.days, o.seed);
	SimOutcome *outcomes = pg_malloc0(sizeof(SimOutcome) * Max(w.ntables, 1));
	SimLedger  *ledgers = pg_malloc0(sizeof(SimLedger) * Max(w.ntables, 1));
	SimFrontierTable *frontier = pg_malloc0(sizeof(SimFrontierTable) * Max(w.ntables, 1));
	SimDiary	diaries[SIM_NUM_KINDS];
	SimReport	r = {&w, outcomes, frontier, diaries,.seed = o.seed,.target = o.target,.max_threshold = o.max_threshold};

	if (w.ntables == 0 || w.days < 2)
	{
		fprintf(stderr, "the traces are shorter than two days\n");
		return 2;
	}
	choose_examples(&w, diaries);
	r.tend = sim_tend(&w, o.target, o.max_actions, ledgers, outcomes, diaries);
	r.tend_seconds = seconds_now();
	if (isnan(r.tend.price))
	{
		fprintf(stderr, "pg_tend found no price of bloat: nothing happened\n");
		return 2;
	}
	for (int i = 0; i < w.ntables; i++)
	{
		double		debt = sim_clairvoyant(&w.tables[i], w.days, r.tend.price, o.target, &outcomes[i], &frontier[i]);

		fill_scores(&outcomes[i], SIM_TEND, &ledgers[i], w.days, debt);
		for (SimPolicy p = 0; p < SIM_TEND; p++)
		{
			SimRule		rule = rule_of(p, &o);
			SimLedger	ledger;

			sim_run_days(&w.tables[i], &rule, w.days, &ledger);
			fill_scores(&outcomes[i], p, &ledger, w.days, debt);
		}
	}
	r.seconds = seconds_now();
	sim_report_print(stdout, &r);
	if (o.out != NULL)
		write_files(&r, o.out);
	return 0;
}
