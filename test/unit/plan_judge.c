/*-------------------------------------------------------------------------
 *
 * plan_judge.c
 *	  Tests of src/advise/plan_{sums,watch,judge,change,follow,words}.c
 *
 * A small server: one query with a few plans, and neighbours that give the
 * climate.  Each test tells what ran between the visits, and looks at the
 * changes that were noticed.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/plan_sums.h"

#define PLANS		3
#define NEIGHBOURS	7
#define CHANGES		40
#define MINUTE		INT64CONST(60000000)
#define BEGIN		(INT64CONST(800000000) * 1000000)

/* Simulated; sanitizers are slow, and need no rates. */
#ifdef __SANITIZE_ADDRESS__
#define SERVERS		20
#else
#define SERVERS		200
#endif

static const TendPlanPolicy policy = {.interval = 60,.slow_ratio = 3,.min_lost_ms = 1000};

typedef struct Server
{
	TendPlanCase plans[PLANS];
	TendPlanCase neighbours[NEIGHBOURS];
	TendPlanChange changes[CHANGES];
	int			nchanges;
	TimestampTz now;
	double		slowness;		/* of the machine */
} Server;

static double
uniform(void)
{
	return (given_dice(1 << 30) + 0.5) / (1 << 30);
}

/* Log-normal, with mean 1 */
static double
scattered(double cv)
{
	double		z = sqrt(-2 * log(uniform())) * cos(6.2831853 * uniform());
	double		sigma = sqrt(log(1 + cv * cv));

	return exp(sigma * z - sigma * sigma / 2);
}

/* What an execution is like */
typedef struct Run
{
	double		ms;
	double		cv;				/* scatter: standard deviation over mean */
	double		rows;
	double		blks;
	double		cpu;			/* share of the time; NaN: never taken */
} Run;

static const Run fast = {1, 0.3, 10, 5, 0.9};
static const Run slow = {50, 0.3, 10, 400, 0.9};
static const Run two_ms = {3, 0.1, 10, 50, 0.9};
static const Run stuck = {20000, 0, 10, 5, 0.9};
static const Run stuck_unmeasured = {30000, 0, 10, 5, NAN};
static const Run awful = {2000, 0.3, 10, 40000, 0.9};
static const Run report = {30000, 0.1, 1, 1000, 1};

static Server
new_server(void)
{
	Server		s;

	memset(&s, 0, sizeof(s));
	for (int i = 0; i < PLANS; i++)
		s.plans[i].planid = i + 1;
	for (int i = 0; i < NEIGHBOURS; i++)
		s.neighbours[i].planid = 100 + i;
	s.now = BEGIN;
	s.slowness = 1;
	return s;
}

static void
touch(Server *s, TendPlanCase *p)
{
	if (p->first_seen == 0)
		p->first_seen = s->now - MINUTE / 2;
	p->last_seen = s->now - 1;
}

static void
ran(Server *s, TendPlanCase *p, int n, const Run *r)
{
	TendPlanSums one;
	double		ms = r->ms * s->slowness;

	if (n == 0)
		return;
	touch(s, p);
	one = (TendPlanSums)
	{
		.calls = n,.ms = n * ms,.m2 = (n - 1) * pow(r->cv * ms, 2),
			.rows = n * r->rows,.blks = n * r->blks
	};
	if (!isnan(r->cpu))
	{
		one.cpu_wall_ms = one.ms;
		/* a slow machine waits, it does not work more */
		one.cpu_ms = n * r->ms * r->cpu;
	}
	p->totals = tend_sums_add(&p->totals, &one);
}

static void
failed(Server *s, TendPlanCase *p, int n, double ms)
{
	touch(s, p);
	p->totals.aborted += n;
	p->totals.aborted_ms += n * ms;
}

/* The state of a database's plans after one more visit */
static void
visit(Server *s)
{
	TendPlanCase all[PLANS + NEIGHBOURS];
	TendPlanChange known[CHANGES];
	int			nknown = 0;
	double		climate;

	for (int i = 0; i < NEIGHBOURS; i++)
	{
		Run			neighbour = {2 + i, 0.2, 1, 3, NAN};

		ran(s, &s->neighbours[i], 20, &neighbour);
		tend_plan_watch(&s->neighbours[i], 1, 1);
		all[PLANS + i] = s->neighbours[i];
	}
	tend_plan_watch(s->plans, PLANS, 1);
	memcpy(all, s->plans, sizeof(s->plans));
	climate = tend_plan_climate(all, PLANS + NEIGHBOURS);
	for (int i = 0; i < s->nchanges; i++)
	{
		if (s->changes[i].state == TEND_PLAN_RESOLVED)
			continue;
		(void) tend_plan_follow(&s->changes[i], s->plans, PLANS, s->now, climate, &policy);
		known[nknown++] = s->changes[i];
	}
	if (s->nchanges < CHANGES &&
		tend_plan_change(s->plans, PLANS, known, nknown, s->now, climate, &policy,
						 &s->changes[s->nchanges]))
		s->nchanges++;
	s->now += MINUTE;
}

/* So many visits, with so many executions of one plan before each */
static void
visits(Server *s, int n, int plan, int calls, const Run *r)
{
	for (int i = 0; i < n; i++)
	{
		ran(s, &s->plans[plan], calls, r);
		visit(s);
	}
}

static void
expect(const Server *s, int n, TendPlanVerdict verdict, TendPlanReason reason,
	   TendPlanState state, const char *name)
{
	const TendPlanChange *c = &s->changes[Max(s->nchanges - 1, 0)];
	char		words[512];

	if (tap_ok(s->nchanges == n && (n == 0 ||
									(c->verdict == verdict && c->reason == reason && c->state == state)), name))
		return;
	fprintf(stderr, "# %d changes\n", s->nchanges);
	for (int i = 0; i < s->nchanges; i++)
	{
		c = &s->changes[i];
		tend_plan_explain(c, words, sizeof(words));
		fprintf(stderr, "# %d to %d: %s %s reason %d: %s climate %g\n", (int) c->old_planid, (int) c->new_planid,
				tend_plan_verdict_name(c->verdict), tend_plan_state_name(c->state), c->reason, words, c->climate);
	}
}

#define NOTHING(s, name)	expect(s, 0, 0, 0, 0, name)

/* ---- sums ---- */

static double
naive_m2(const double *x, int n)
{
	double		mean = 0;
	double		m2 = 0;

	for (int i = 0; i < n; i++)
		mean += x[i] / n;
	for (int i = 0; i < n; i++)
		m2 += (x[i] - mean) * (x[i] - mean);
	return m2;
}

static TendPlanSums
sums_of(const double *x, int n)
{
	TendPlanSums s = {.calls = n,.m2 = naive_m2(x, n)};

	for (int i = 0; i < n; i++)
		s.ms += x[i];
	return s;
}

static void
check_sums(void)
{
	double		x[50];
	TendPlanSums a;
	TendPlanSums b;
	TendPlanSums both;
	TendPlanSums left;
	TendPlanCounters c = {0};

	for (int i = 0; i < 50; i++)
		x[i] = given_between(0.1, 100);
	a = sums_of(x, 20);
	b = sums_of(x + 20, 30);
	both = tend_sums_add(&a, &b);
	tap_ok(fabs(both.m2 / naive_m2(x, 50) - 1) < 1e-9, "scatter of two groups is that of all executions");
	left = tend_sums_minus(&both, &a);
	tap_ok(fabs(left.m2 / b.m2 - 1) < 1e-9 && left.calls == 30, "and taken apart again");
	left = tend_sums_minus(&a, &both);
	tap_ok(left.calls == 0 && left.m2 >= 0, "less than nothing is nothing");

	c.calls = PG_INT64_MAX;
	c.blks_hit = c.blks_read = PG_INT64_MAX;
	c.total_ms = 1e300;
	c.m2 = INFINITY;
	c.read_ms = NAN;
	c.cpu_ms = -1;
	a = tend_plan_sums(&c);
	both = tend_sums_add(&a, &a);
	tap_ok(isfinite(a.m2) && a.read_ms == 0 && a.cpu_ms == 0 && isfinite(both.ms) && isfinite(both.m2),
		   "damaged and huge counters stay numbers");
	c = (TendPlanCounters)
	{
		.calls = 3,.aborted = 2,.total_ms = 6,.m2 = 1,.rows = 9,.blks_hit = 4,.blks_read = 5,.temp_blks = 7,.partitions = 8,.aborted_ms = 11
	};
	a = tend_plan_sums(&c);
	tap_ok(a.calls == 3 && a.aborted == 2 && a.ms == 6 && a.m2 == 1 && a.rows == 9 && a.blks == 9 &&
		   a.reads == 5 && a.temp_blks == 7 && a.partitions == 8 && a.aborted_ms == 11, "counters become sums");
}

/* Executions of one side; "outlier": one of them took so long */
static TendPlanTime
times(int n, double mean, double cv, double outlier)
{
	TendPlanTime t = {.n = n,.mean = mean,.m2 = (n - 1) * pow(cv * mean, 2)};

	if (outlier > 0)
	{
		TendPlanSums a = {.calls = n - 1,.ms = mean * (n - 1),.m2 = Max(n - 2, 0) * pow(cv * mean, 2)};
		TendPlanSums b = {.calls = 1,.ms = outlier};
		TendPlanSums both = tend_sums_add(&a, &b);

		t.mean = both.ms / n;
		t.m2 = both.m2;
	}
	return t;
}

static bool
is_beyond(TendPlanTime a, TendPlanTime b)
{
	return tend_plan_beyond(&a, &b, 1);
}

static void
check_chance(void)
{
	int			decided = 0;
	int			wrong = 0;

	tap_ok(is_beyond(times(100, 1, 0.3, 0), times(5, 50, 0.3, 0)), "five clearly slower ones decide");
	for (int n = 2; n <= 1000; n += n < 20 ? 1 : 100)
		for (double outlier = 2; outlier < 1e9; outlier *= 3)
			decided += is_beyond(times(1000, 1, 0.05, 0), times(n, 1, 0.05, outlier * n));
	tap_number(decided, 0, "one slow execution never decides, however slow, among however many");
	tap_ok(is_beyond(times(100, 1000, 0.05, 0), times(2, 100000, 0.05, 0)), "two that are alike and far slower decide");
	tap_ok(!is_beyond(times(100, 1000, 1, 0), times(2, 3000, 0.01, 0)), "two alike by luck, where times scatter, do not");
	tap_ok(!is_beyond(times(100, 1000, 0.05, 0), times(2, 10000, 0.3, 0)), "two that differ from each other more than usual do not");
	tap_ok(!is_beyond(times(1, 1, 0, 0), times(1, 100, 0, 0)), "one against one is nothing");
	tap_ok(!is_beyond(times(0, NAN, 0, 0), times(10, 100, 0, 0)), "nothing to compare with");
	tap_ok(is_beyond(times(10, 1, 0, 0), times(10, 2, 0, 0)), "no scatter at all");

	/* the same distribution, exponential, on both sides */
	for (int i = 0; i < 20000; i++)
	{
		double		x[20];
		TendPlanSums a;
		TendPlanSums b;

		for (int j = 0; j < 20; j++)
			x[j] = -log(uniform());
		a = sums_of(x, 12);
		b = sums_of(x + 12, 8);
		wrong += is_beyond(tend_plan_time(&a), tend_plan_time(&b));
	}
	tap_ok(wrong < 200, psprintf("chance is taken for a difference in less than 1 %% (%d of 20000)", wrong));
}

/* ---- judging two sides ---- */

static TendPlanReason
judged(const TendPlanSums *old, const TendPlanSums *since, double climate, bool same_plan)
{
	TendPlanChange c = {.old_planid = 1,.new_planid = same_plan ? 1 : 2,.climate = climate,.old = *old};

	tend_plan_judge(&c, since, 10000, &policy);
	return c.reason;
}

static void
check_sides(void)
{
	TendPlanSums old = {.calls = 100,.ms = 100,.m2 = 9,.blks = 500,.rows = 100};
	TendPlanSums since = {.calls = 20,.ms = 1000,.m2 = 100,.blks = 100,.rows = 20};

	tap_ok(judged(&old, &since, 1, false) == TEND_PLAN_WORSE, "only time is known, another plan");
	tap_ok(judged(&old, &since, 1, true) == TEND_PLAN_SAME_WORK, "only time is known, the same plan");
	tap_ok(judged(&old, &since, 20, false) == TEND_PLAN_SAME_WORK, "only time is known, on a slow machine");
	since.read_ms = 800;
	tap_ok(judged(&old, &since, 1, false) == TEND_PLAN_SAME_WORK, "it waited for the disk, and we know it");
	since.temp_blks = 1000;
	tap_ok(judged(&old, &since, 1, false) == TEND_PLAN_WORSE, "and writes temporary files");
	since.m2 = 1e7;
	tap_ok(judged(&old, &since, 1, false) == TEND_PLAN_NOISE, "too much scatter");
	tap_ok(judged(&old, &since, 100, false) == TEND_PLAN_NOISE, "scatter needs no climate to explain it");
	since.ms = 25;
	since.m2 = 1e4;
	tap_ok(judged(&old, &since, 1, false) == TEND_PLAN_NOISE, "alike, but it might be twice the time");
	since = (TendPlanSums)
	{
		.calls = NAN,.ms = NAN,.m2 = NAN
	};
	tap_ok(judged(&old, &since, NAN, false) == TEND_PLAN_FEW_CALLS, "nothing is known");
}

/* ---- watching ---- */

static void
check_watch(void)
{
	Server		s = new_server();
	TendPlanMemory m;

	visits(&s, 100, 0, 50, &fast);
	m = s.plans[0].memory;
	tap_ok(fabs(m.recent.ms / m.recent.calls - 1) < 1e-9 && fabs(m.base.ms / m.base.calls - 1) < 1e-9,
		   "means do not fade");
	tap_ok(fabs(sqrt(m.base.m2 / m.base.calls) - 0.3) < 0.01, "nor does scatter");
	tap_number(m.share, 1, "the only plan has all");
	tap_ok(fabs(tend_plan_rate(s.plans, PLANS, &s.plans[0], &policy) / 3000 - 1) < 0.02, "the rate of calls");
	visits(&s, 2000, 0, 0, &fast);
	m = s.plans[0].memory;
	tap_ok(fabs(m.base.ms / m.base.calls - 1) < 1e-6 && m.base.calls > 4 && m.recent.calls > 4.9 && m.recent.calls < 6,
		   "without executions means stay, and some executions");
	s.plans[0].totals = (TendPlanSums)
	{
		.calls = 3,.ms = 3
	};
	tend_plan_watch(s.plans, PLANS, 1);
	tap_number(s.plans[0].latest.calls, 3, "after a reset, what is there is new");
	tend_plan_watch(s.plans, PLANS, NAN);
	tend_plan_watch(s.plans, PLANS, -5);
	tend_plan_watch(s.plans, PLANS, INFINITY);
	tap_ok(isfinite(s.plans[0].memory.recent.calls) && isfinite(s.plans[0].memory.base.ms), "strange times between visits");
	tap_number(tend_plan_climate(s.plans, PLANS), 1, "few plans make no climate");
	tap_number(tend_plan_climate(NULL, 0), 1, "nor do none");
}

/* ---- flips ---- */

/* Two hours of a fast plan, then another one */
static Server
flipped(const Run *before, int calls_before, const Run *after, int calls_after, int n)
{
	Server		s = new_server();

	visits(&s, 120, 0, calls_before, before);
	visits(&s, n, 1, calls_after, after);
	return s;
}

static Run
with(Run r, double ms, double rows, double blks, double cpu)
{
	r.ms *= ms;
	r.rows *= rows;
	r.blks *= blks;
	r.cpu *= cpu;
	return r;
}

typedef struct FlipCase
{
	const char *name;
	double		ms;				/* times of the fast plan's */
	double		rows;
	double		blks;
	double		cpu;			/* share of CPU, times the fast one's */
	TendPlanVerdict verdict;
	TendPlanReason reason;
	TendPlanState state;
} FlipCase;

#define BAD TEND_PLAN_REGRESSED, TEND_PLAN_WORSE, TEND_PLAN_CONFIRMED
#define GOOD TEND_PLAN_IMPROVED, TEND_PLAN_BETTER, TEND_PLAN_RESOLVED
#define SAME TEND_PLAN_UNCHANGED, TEND_PLAN_ALIKE, TEND_PLAN_RESOLVED
#define ROWS TEND_PLAN_UNCHANGED, TEND_PLAN_MORE_ROWS, TEND_PLAN_RESOLVED
#define CHEAP TEND_PLAN_UNCHANGED, TEND_PLAN_CHEAP, TEND_PLAN_RESOLVED
#define WAITS TEND_PLAN_UNDECIDED, TEND_PLAN_SAME_WORK, TEND_PLAN_OPEN

static const FlipCase flip_cases[] = {
	{"slower with more blocks", 50, 1, 80, 1, BAD},
	{"slower with more CPU time, the same blocks", 50, 1, 1, 1, BAD},
	{"slower, and it waits", 50, 1, 1, 0.02, WAITS},
	{"slower, and it waits, which takes some CPU time, too", 50, 1, 1, 0.06, WAITS},
	{"more rows, on a machine that is busy", 14, 4.6, 4.6, 0.46, WAITS},
	{"slower, CPU time unknown, much", 50, 1, 1, NAN, BAD},
	{"slower, CPU time unknown, not much", 3, 1, 1, NAN, WAITS},
	{"slower, CPU time unknown, more blocks", 3, 1, 2, NAN, BAD},
	{"more rows, each as fast", 10, 10, 10, 1, ROWS},
	{"more rows, each slower", 50, 10, 80, 1, BAD},
	{"more rows, each slower, with the same blocks for each, waiting", 50, 10, 10, 0.1, WAITS},
	{"as fast", 1, 1, 1, 1, SAME},
	{"as fast with more blocks", 1.1, 1, 10, 1, SAME},
	{"faster with fewer blocks", 0.1, 1, 0.1, 1, GOOD},
	{"faster with as many blocks and less CPU time", 0.1, 1, 1, 1, GOOD},
	{"faster, as it waits no longer", 0.4, 1, 1, 2.5, WAITS},
	{"faster for fewer rows", 0.1, 0.1, 0.1, 1, ROWS},
	{"no rows any more", 50, 0, 80, 1, BAD},
};

static void
check_flips(void)
{
	Server		s;
	Run			r = with(fast, 20, 1, 20, 1);

	for (int i = 0; i < (int) lengthof(flip_cases); i++)
	{
		const FlipCase *c = &flip_cases[i];

		r = with(fast, c->ms, c->rows, c->blks, c->cpu);
		s = flipped(&fast, 200, &r, 200, 16);
		expect(&s, 1, c->verdict, c->reason, c->state, c->name);
	}
	s = flipped(&fast, 200, &slow, 200, 16);
	tap_ok(s.changes[0].old_planid == 1 && s.changes[0].new_planid == 2, "old and new");
	tap_number(s.changes[0].at, BEGIN + 120 * MINUTE - MINUTE / 2, "since the new plan was first seen");
	tap_ok(fabs(s.changes[0].ratio - 50) < 1e-6 && fabs(s.changes[0].block_ratio - 80) < 1e-6 &&
		   fabs(s.changes[0].cpu_ratio - 50) < 1e-6 && fabs(s.changes[0].row_ratio - 1) < 1e-6, "figures");
	tap_ok(s.changes[0].decided_at >= s.changes[0].at && s.changes[0].closed_at == 0, "decided, not closed");
	tap_ok(s.plans[1].memory.current_since != 0 && s.plans[0].memory.current_since == 0 &&
		   s.plans[1].memory.flips > 0.9, "the new plan is the current one");

	/* cheap ones */
	s = flipped(&fast, 1, &two_ms, 1, 25);
	expect(&s, 1, CHEAP, "two ms, 60 times an hour, are nothing");

	/* few calls */
	s = flipped(&fast, 200, &slow, 5, 1);
	NOTHING(&s, "five calls among thousands are no flip");
	s = new_server();
	ran(&s, &s.plans[0], 2, &fast);
	visit(&s);
	visits(&s, 20, 1, 200, &slow);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_FEW_CALLS, TEND_PLAN_OPEN, "an old plan that hardly ran");
	tap_ok(!isnan(s.changes[0].old_mean_ms) && s.changes[0].decided_at == 0, "is told, but does not decide");
	visits(&s, 1440, 1, 200, &slow);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_FEW_CALLS, TEND_PLAN_RESOLVED, "and is given up after a day");
	s = new_server();
	visits(&s, 10, 1, 200, &slow);
	NOTHING(&s, "the first plan is no change");

	s = new_server();
	visits(&s, 1, 0, 2, &fast);
	visits(&s, 1, 1, 4, &slow);
	NOTHING(&s, "four executions after two are no flip");

	/* the end */
	s = flipped(&fast, 200, &slow, 200, 16);
	visits(&s, 20, 0, 200, &fast);
	tap_ok(s.nchanges == 2 && s.changes[0].state == TEND_PLAN_RESOLVED && s.changes[0].verdict == TEND_PLAN_REGRESSED &&
		   s.changes[0].closed_at > s.changes[0].at, "the old plan is back");
	expect(&s, 2, GOOD, "which is an improvement");
	s = flipped(&fast, 200, &slow, 200, 16);
	visits(&s, 40, 1, 200, &fast);
	expect(&s, 1, TEND_PLAN_REGRESSED, TEND_PLAN_WORSE, TEND_PLAN_RESOLVED, "the new plan is as fast as the old one was");
	s = flipped(&fast, 200, &slow, 200, 10);
	visits(&s, 1000, 1, 0, &slow);
	tap_ok(s.changes[0].state != TEND_PLAN_RESOLVED, "nobody asks for it");
	visits(&s, 10080, 1, 0, &slow);
	expect(&s, 1, TEND_PLAN_REGRESSED, TEND_PLAN_WORSE, TEND_PLAN_RESOLVED, "for a week");

	s = flipped(&fast, 200, &slow, 4, 150);
	ran(&s, &s.plans[1], 4, &slow);
	visits(&s, 20, 0, 2000, &fast);
	tap_ok(s.nchanges == 2 && s.changes[0].verdict == TEND_PLAN_REGRESSED, "the old plan is back, and runs far more often");

	/* cold cache */
	s = flipped(&fast, 200, &slow, 200, 8);
	s.changes[0].state = TEND_PLAN_OPEN;
	s.changes[0].decided = s.plans[1].totals;
	visits(&s, 1, 1, 2000, &fast);
	tap_ok(s.changes[0].verdict == TEND_PLAN_UNCHANGED, "a verdict that what follows does not confirm is revised");
}

/* ---- a change of plan changes how often it is executed ---- */

typedef struct RateCase
{
	const char *name;
	int			calls_before;	/* a visit */
	const Run  *after;
	int			calls;			/* and so many each "every" visits */
	int			every;
	int			visits;			/* until it is noticed, at most */
} RateCase;

static const RateCase rate_cases[] = {
	{"the rate stays", 1000, &slow, 1000, 1, 6},
	{"the rate falls by 100", 1000, &slow, 10, 1, 6},
	{"the rate falls by 1000", 5000, &slow, 5, 1, 6},
	{"the rate falls by 1000, to 2 slow ones", 2000, &awful, 2, 1, 6},
	{"the rate falls by 1000, to one", 1000, &slow, 1, 1, 15},
	{"the rate falls by 1000, to one slow one", 1000, &awful, 1, 1, 10},
	{"the rate falls by 2000, to one in two visits", 1000, &slow, 1, 2, 20},
	{"the rate falls by 5000, to a slow one in five visits", 1000, &awful, 1, 5, 20},
	{"the rate falls from 5 to 1", 5, &slow, 1, 1, 15},
	{"one a visit, as before", 1, &slow, 1, 1, 7},
	{"the rate rises", 1, &slow, 1000, 1, 6},
};

static void
check_rate_case(const RateCase *c)
{
	Server		s = new_server();
	double		hourly;
	int			n = 0;
	double		lost;

	visits(&s, 120, 0, c->calls_before, &fast);
	/* the visit in which it flips saw some of both */
	ran(&s, &s.plans[0], c->calls_before / 2, &fast);
	do
		visits(&s, 1, 1, n % c->every == 0 ? c->calls : 0, c->after);
	while (s.nchanges == 0 && ++n < 100);
	tap_ok(n <= c->visits, psprintf("%s: noticed after %d visits", c->name, n));
	for (int i = 1; i <= 3 * c->every; i++)
		visits(&s, 1, 1, (n + i) % c->every == 0 ? c->calls : 0, c->after);
	tap_ok(s.nchanges == 1 && s.changes[0].verdict == TEND_PLAN_REGRESSED, psprintf("%s: regressed", c->name));

	hourly = 60.0 * c->calls / c->every;
	lost = s.changes[0].lost_ms_per_hour / (hourly * (c->after->ms - fast.ms));
	/* a rate that rises is known after a while, but a verdict does not wait */
	tap_ok(lost > (hourly > 60.0 * c->calls_before ? 0.25 : 0.5) && lost < 2,
		   psprintf("%s: %.2f times what it costs per hour", c->name, lost));
	for (int i = 1; i <= 200; i++)
		visits(&s, 1, 1, (n + i) % c->every == 0 ? c->calls : 0, c->after);
	expect(&s, 1, BAD, psprintf("%s: told once", c->name));
}

static void
check_rates(void)
{
	Server		s;
	int			n;

	for (int i = 0; i < (int) lengthof(rate_cases); i++)
		check_rate_case(&rate_cases[i]);

	/* the old plan comes back */
	s = flipped(&fast, 1000, &awful, 2, 60);
	expect(&s, 1, BAD, "the rate falls by 500");
	for (n = 0; s.nchanges == 1 && n < 100; n++)
		visits(&s, 1, 0, 1000, &fast);
	tap_ok(n <= 6, psprintf("it rises by 500, as the old plan is back: noticed after %d visits", n));
	visits(&s, 3, 0, 1000, &fast);
	tap_ok(s.changes[0].state == TEND_PLAN_RESOLVED && s.changes[0].verdict == TEND_PLAN_REGRESSED, "which ends it");
	visits(&s, 200, 0, 1000, &fast);
	expect(&s, 2, GOOD, "and is an improvement");

	/* less traffic, and a plan that costs little */
	s = new_server();
	visits(&s, 120, 0, 1000, &fast);
	visits(&s, 60, 1, 1, &two_ms);
	expect(&s, 1, CHEAP, "what it would have cost at the rate of before does not count");

	/* the new plan runs as often at first */
	s = new_server();
	visits(&s, 120, 0, 1000, &fast);
	visits(&s, 3, 1, 1000, &slow);
	visits(&s, 200, 1, 1, &slow);
	expect(&s, 1, BAD, "nor is it a mixture, if the rate falls later");

	/* a rush of another plan */
	s = new_server();
	visits(&s, 120, 0, 5, &fast);
	visits(&s, 3, 1, 1000, &slow);
	visits(&s, 60, 0, 5, &fast);
	NOTHING(&s, "three visits with many executions of another plan");
	s = new_server();
	visits(&s, 120, 0, 1000, &fast);
	for (int i = 0; i < 500; i++)
	{
		ran(&s, &s.plans[1], i % 10 == 0 ? 5 : 0, &slow);
		visits(&s, 1, 0, i % 10 == 0 ? 0 : 1000, &fast);
	}
	NOTHING(&s, "one visit in ten uses another plan");
}

/* ---- what shall not fool us ---- */

static void
check_foolers(void)
{
	Server		s;
	Run			r;

	/* everything is slow, after a flip and without one */
	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	s.slowness = 5;
	visits(&s, 20, 1, 200, &fast);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_CLIMATE, TEND_PLAN_OPEN, "slow disk for all, and a flip");
	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	s.slowness = 5;
	visits(&s, 4, 0, 200, &fast);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_CLIMATE, TEND_PLAN_OPEN, "slow disk for all");
	s.slowness = 1;
	visits(&s, 30, 0, 200, &fast);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_CLIMATE, TEND_PLAN_RESOLVED, "and it is over");

	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	s.slowness = 5;
	visits(&s, 20, 1, 200, &fast);
	s.slowness = 1;
	visits(&s, 5, 1, 200, &fast);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_CLIMATE, TEND_PLAN_OPEN, "what was slow then is not explained by now");

	/* and the plan is bad, too */
	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	s.slowness = 3;
	visits(&s, 20, 1, 200, &slow);
	expect(&s, 1, BAD, "a bad plan on a slow machine");

	/* the same plan */
	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	r = with(fast, 5, 1, 1, 0.2);
	visits(&s, 2, 0, 200, &r);
	NOTHING(&s, "slow for two visits");
	visits(&s, 1, 0, 200, &r);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_SAME_WORK, TEND_PLAN_OPEN, "slow for three visits: a lock, or the disk");
	tap_ok(s.changes[0].old_planid == 1 && s.changes[0].new_planid == 1, "the plan is the same");
	visits(&s, 30, 0, 200, &r);
	tap_ok(s.nchanges == 1, "told once");
	visits(&s, 60, 0, 200, &fast);
	expect(&s, 1, TEND_PLAN_UNDECIDED, TEND_PLAN_SAME_WORK, TEND_PLAN_RESOLVED, "until it is fast again");

	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	r = with(fast, 5, 1, 5, 1);
	visits(&s, 4, 0, 200, &r);
	expect(&s, 1, BAD, "the same plan does more work");
	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	r = with(fast, 5, 5, 5, 1);
	visits(&s, 5, 0, 200, &r);
	expect(&s, 1, TEND_PLAN_UNCHANGED, TEND_PLAN_MORE_ROWS, TEND_PLAN_CONFIRMED, "data grew, and so did the rows");
	visits(&s, 12000, 0, 200, &r);
	expect(&s, 1, ROWS, "told once, until it has become usual");
	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	r = with(fast, 2, 2, 2, 1);
	visits(&s, 50, 0, 200, &r);
	NOTHING(&s, "data doubled, the same cost per row");
	s = new_server();
	visits(&s, 120, 0, 200, &fast);
	r = with(fast, 5, 1, 5, 1);
	visits(&s, 4, 0, 10, &r);
	expect(&s, 1, BAD, "slow, and therefore seldom");

	/* one slow execution */
	s = new_server();
	for (int i = 0; i < 300; i++)
	{
		if (i % 50 == 49)
			ran(&s, &s.plans[0], 1, &stuck);
		visits(&s, 1, 0, i % 7, &fast);
	}
	NOTHING(&s, "one slow execution now and then");
	s = flipped(&fast, 20, &fast, 20, 10);
	ran(&s, &s.plans[1], 1, &stuck_unmeasured);
	visits(&s, 10, 1, 20, &fast);
	tap_ok(s.nchanges == 1 && s.changes[0].verdict != TEND_PLAN_REGRESSED, "one slow execution of the new plan");

	/* a plan for some of the parameters */
	s = new_server();
	for (int i = 0; i < 150; i++)
	{
		r = with(fast, 5, 1, 5, 1);
		ran(&s, &s.plans[0], 200, &fast);
		visits(&s, 1, 1, 30, i < 120 ? &fast : &r);
	}
	expect(&s, 1, BAD, "a plan that is not the usual one becomes slow, told once");

	/* too cheap */
	s = new_server();
	visits(&s, 120, 0, 10, &fast);
	r = with(fast, 3.5, 1, 5, 1);
	visits(&s, 50, 0, 10, &r);
	expect(&s, 1, BAD, "slow, and it matters");
	s = new_server();
	visits(&s, 120, 0, 5, &fast);
	visits(&s, 50, 0, 5, &r);
	NOTHING(&s, "slow, and too cheap to tell");

	/* a baseline that is slow, too */
	s = new_server();
	for (int i = 0; i < 143; i++)
	{
		r = with(fast, i % 5 == 4 || i >= 140 ? 100 : 1, 1, 1, 1);
		visits(&s, 1, 0, 1, &r);
	}
	NOTHING(&s, "slow four times in a row, where one in five is");
	s = new_server();
	for (int i = 0; i < 500; i++)
	{
		r = with(fast, 100 * scattered(3), 1, 1, 1);
		visits(&s, 1, 0, 1, &r);
	}
	NOTHING(&s, "times that scatter much");
}

/* ---- parameters ---- */

static void
check_mixtures(void)
{
	Server		s = new_server();

	for (int i = 0; i < 60; i++)
	{
		ran(&s, &s.plans[0], 60, &fast);
		ran(&s, &s.plans[1], 40, &slow);
		visit(&s);
	}
	expect(&s, 1, TEND_PLAN_PARAMETER_SENSITIVE, TEND_PLAN_OSCILLATES, TEND_PLAN_CONFIRMED,
		   "two parameters with different best plans");
	visits(&s, 120, 0, 100, &fast);
	expect(&s, 1, TEND_PLAN_PARAMETER_SENSITIVE, TEND_PLAN_OSCILLATES, TEND_PLAN_RESOLVED,
		   "until there is one plan for long");

	/* seldom, in turns */
	s = new_server();
	for (int i = 0; i < 300; i++)
		visits(&s, 1, i / 3 % 2, 1, i / 3 % 2 ? &slow : &fast);
	tap_ok(s.nchanges > 0 && s.nchanges <= 4 && s.changes[s.nchanges - 1].verdict == TEND_PLAN_PARAMETER_SENSITIVE,
		   "in turns, with few executions");

	/* back and forth */
	s = new_server();
	for (int i = 0; i < 8; i++)
		visits(&s, 30, i % 2, 200, i % 2 ? &slow : &fast);
	expect(&s, 3, TEND_PLAN_PARAMETER_SENSITIVE, TEND_PLAN_OSCILLATES, TEND_PLAN_CONFIRMED,
		   "the third flip is oscillation, and the last row");

	/* a flip that is not complete */
	s = new_server();
	visits(&s, 120, 0, 4, &fast);
	for (int i = 0; i < 200; i++)
	{
		ran(&s, &s.plans[0], i % 3 == 0, &fast);
		visits(&s, 1, 1, i % 3 != 0, &slow);
	}
	tap_ok(s.nchanges >= 1 && s.changes[s.nchanges - 1].verdict == TEND_PLAN_PARAMETER_SENSITIVE,
		   "the old plan does not go away");
}

typedef struct MixtureCase
{
	const char *name;
	double		calls;			/* a visit, on average */
	double		slow_calls;		/* if all of them use the slow plan */
	double		share;			/* of the slow plan */
	bool		by_visit;		/* in each visit all use the same */
	int			found;			/* in so many of 10 servers; with few
								 * executions they may not flip often enough */
} MixtureCase;

static const MixtureCase mixture_cases[] = {
	{"1000 a visit", 1000, 1000, 0.3, false, 10},
	{"1000 a visit, half and half", 1000, 1000, 0.5, false, 10},
	{"20 a visit", 20, 20, 0.3, false, 10},
	{"2 a visit", 2, 2, 0.4, false, 8},
	{"one a visit", 1, 1, 0.3, false, 8},
	{"one a visit, half and half", 1, 1, 0.5, false, 8},
	{"one in two visits", 0.5, 0.5, 0.3, false, 4},
	{"1000 a visit, or 1 that is slow", 1000, 1, 0.5, true, 4},
	{"1000 a visit, or 5 that are slow", 1000, 5, 0.3, true, 8},
	{"1000 a visit, or 1000 that are slow", 1000, 1000, 0.3, true, 8},
	{"5 a visit, or 5 that are slow", 5, 5, 0.5, true, 8},
};

static bool
was_found(const Server *s)
{
	for (int i = 0; i < s->nchanges; i++)
		if (s->changes[i].verdict == TEND_PLAN_PARAMETER_SENSITIVE)
			return true;
	return false;
}

/* So many visits with so many executions each, some of them by the slow plan */
static Server
with_parameters(const MixtureCase *c, const Run *other, int n)
{
	Server		s = new_server();

	visits(&s, 120, 0, (int) ceil(c->calls), &fast);
	for (int i = 0; i < n; i++)
	{
		bool		all = c->by_visit && uniform() < c->share;
		int			calls = (int) ((all ? c->slow_calls : c->calls) + uniform());
		int			others = all ? calls : 0;

		for (int j = 0; j < calls && !c->by_visit; j++)
			others += uniform() < c->share;
		ran(&s, &s.plans[0], calls - others, &fast);
		visits(&s, 1, 1, others, other);
	}
	return s;
}

/* Parameters for one plan or the other, by chance, for three days */
static void
check_parameters(void)
{
	for (int i = 0; i < (int) lengthof(mixture_cases); i++)
	{
		const MixtureCase *c = &mixture_cases[i];
		int			rows = 0;
		int			most = 0;
		int			found = 0;

		for (int j = 0; j < 10; j++)
		{
			Server		s = with_parameters(c, &slow, 3 * 1440);

			rows += s.nchanges;
			most = Max(most, s.nchanges);
			found += was_found(&s);
		}
		tap_ok(found >= c->found, psprintf("%s: %d of 10 are found to depend on parameters", c->name, found));
		tap_ok(most <= 5, psprintf("%s: %d rows, at most %d each", c->name, rows, most));
	}
}

typedef struct SeldomCase
{
	const char *name;
	double		calls;			/* a visit, on average */
	double		share;			/* of the other plan */
	const Run  *other;
} SeldomCase;

static const SeldomCase seldom_cases[] = {
	{"one in five, of two a visit", 2, 0.2, &slow},
	{"one in five, of two a visit, for seconds", 2, 0.2, &awful},
	{"one in ten, of one a visit", 1, 0.1, &slow},
	{"one in ten, of one a visit, for seconds", 1, 0.1, &awful},
	{"one in seven, of one in two visits", 0.5, 0.15, &slow},
	{"one in fifteen, of one in two visits, for seconds", 0.5, 0.07, &awful},
	{"one in seven, of one in ten visits", 0.1, 0.15, &slow},
	{"one in fifteen, of one in ten visits, for seconds", 0.1, 0.07, &awful},
};

/* A few executions in a row that use the other plan are chance. */
static void
check_seldom_parameters(void)
{
	for (int i = 0; i < (int) lengthof(seldom_cases); i++)
	{
		const SeldomCase *c = &seldom_cases[i];
		MixtureCase mixture = {.calls = c->calls,.share = c->share};
		int			rows = 0;

		for (int j = 0; j < SERVERS / 20; j++)
			rows += with_parameters(&mixture, c->other, 10 * 1440).nchanges;
		tap_ok(rows <= 8, psprintf("%s: %d rows in %d days", c->name, rows, SERVERS / 2));
	}
}

/* ---- executions that never end ---- */

static void
check_aborted(void)
{
	Server		s = new_server();

	visits(&s, 120, 0, 20, &fast);
	for (int i = 0; i < 20; i++)
	{
		failed(&s, &s.plans[1], 5, 60000);
		visit(&s);
	}
	expect(&s, 1, TEND_PLAN_REGRESSED, TEND_PLAN_NEVER_ENDS, TEND_PLAN_CONFIRMED, "a new plan that never ends");
	tap_ok(fabs(s.changes[0].new_mean_ms - 60000) < 1e-6 && isnan(s.changes[0].block_ratio), "its time is the least, its work unknown");
	visits(&s, 40, 0, 20, &fast);
	tap_ok(s.changes[0].state == TEND_PLAN_RESOLVED, "the old plan is back");

	s = new_server();
	visits(&s, 120, 0, 20, &fast);
	for (int i = 0; i < 20; i++)
	{
		failed(&s, &s.plans[1], 20, 0.1);
		visit(&s);
	}
	tap_ok(s.nchanges == 1 && s.changes[0].verdict == TEND_PLAN_UNDECIDED, "errors that come soon tell nothing");

	s = new_server();
	visits(&s, 120, 0, 20, &fast);
	for (int i = 0; i < 2; i++)
	{
		failed(&s, &s.plans[0], 5, 60000);
		visit(&s);
	}
	expect(&s, 1, TEND_PLAN_REGRESSED, TEND_PLAN_NEVER_ENDS, TEND_PLAN_OPEN, "the same plan never ends any more: two visits");

	s = new_server();
	for (int i = 0; i < 300; i++)
	{
		failed(&s, &s.plans[0], 2, 60000);
		visit(&s);
	}
	NOTHING(&s, "a statement that always timed out");
	for (int i = 0; i < 30; i++)
	{
		failed(&s, &s.plans[1], 2, 60000);
		visit(&s);
	}
	expect(&s, 1, SAME, "with another plan, too: nothing has changed");
	visits(&s, 40, 2, 10, &slow);
	expect(&s, 2, GOOD, "and one that ends is better");

	/* cancelled sooner than the old one took */
	s = new_server();
	visits(&s, 120, 0, 2, &report);
	for (int i = 0; i < 20; i++)
	{
		failed(&s, &s.plans[1], 2, 5000);
		visit(&s);
	}
	tap_ok(s.nchanges == 1 && s.changes[0].verdict == TEND_PLAN_UNDECIDED, "what was cancelled is not faster");
}

/* ---- seldom ---- */

static void
check_seldom(void)
{
	Server		s = new_server();
	Run			job = {60000, 0.05, 1, 10000, 0.9};
	Run			bad = {3600000, 0.05, 1, 1000000, 0.9};

	for (int day = 0; day < 20; day++)
	{
		visits(&s, 1, 0, 1, &job);
		visits(&s, 1439, 0, 0, &job);
	}
	NOTHING(&s, "a job once a day");
	visits(&s, 1, 1, 1, &bad);
	visits(&s, 1439, 1, 0, &bad);
	NOTHING(&s, "one execution is no flip");
	for (int day = 0; day < 3; day++)
	{
		visits(&s, 1, 1, 1, &bad);
		visits(&s, 1439, 1, 0, &bad);
	}
	tap_ok(s.nchanges == 1 && s.changes[0].verdict == TEND_PLAN_REGRESSED, "a worse plan of it is found within days");
	tap_ok(s.changes[0].lost_ms_per_hour > 100000 && s.changes[0].lost_ms_per_hour < 200000,
		   "and what it costs per hour is known");

	s = new_server();
	for (int day = 0; day < 20; day++)
	{
		visits(&s, 1, day % 2, 1, day % 2 ? &bad : &job);
		visits(&s, 1439, 0, 0, &job);
	}
	NOTHING(&s, "a job that uses another plan each other day");
}

/* ---- clocks, resets, nonsense ---- */

static void
check_faults(void)
{
	Server		s = flipped(&fast, 200, &slow, 200, 8);
	TendPlanChange c;
	TendPlanSums saved;
	Run			few;
	char		words[512];

	s.now -= 5000 * MINUTE;
	visits(&s, 10, 1, 200, &slow);
	tap_ok(s.changes[0].decided_at >= s.changes[0].at && s.changes[0].state == TEND_PLAN_CONFIRMED, "the clock goes back");
	visits(&s, 20, 0, 200, &fast);
	tap_ok(s.changes[0].closed_at == 0 || s.changes[0].closed_at > s.changes[0].decided_at, "closed after it was opened");

	s = new_server();
	visits(&s, 10, 1, 200, &slow);
	visits(&s, 120, 0, 200, &fast);
	while (s.nchanges < 2)
		visits(&s, 1, 1, 200, &slow);
	memset(&s.plans[1].totals, 0, sizeof(s.plans[1].totals));
	visits(&s, 1, 1, 20, &slow);
	expect(&s, 2, TEND_PLAN_REGRESSED, TEND_PLAN_WORSE, TEND_PLAN_CONFIRMED, "counters of a plan that came back are reset");

	s = flipped(&fast, 200, &slow, 200, 7);
	saved = s.plans[1].totals;
	s.plans[1].totals = tend_sums_scale(&saved, 0.001);
	visits(&s, 3, 1, 200, &slow);
	expect(&s, 1, BAD, "counters are reset");

	/* the plan is gone */
	c = s.changes[0];
	(void) tend_plan_follow(&c, NULL, 0, s.now, NAN, &policy);
	tap_ok(c.state == TEND_PLAN_CONFIRMED, "no plans");
	tap_ok(!tend_plan_change(NULL, 0, NULL, 0, s.now, 1, &policy, &c), "no plans, no change");

	c = s.changes[0];
	tend_plan_explain(&c, words, sizeof(words));
	tap_contains(words, "The old plan took 1.00 ms, the new one takes 50.0 ms (50 times as long), at 1", "times in words");
	tap_contains(words, " lost per hour; it needs 80 times as many blocks and 50 times the CPU time.", "work in words");
	for (size_t n = 0; n < 40; n++)
	{
		memset(words, 'x', sizeof(words));
		tend_plan_explain(&c, words, n);
		if (words[n] != 'x' || (n > 0 && strlen(words) >= n))
			tap_ok(false, "words are cut");
	}
	few = with(fast, 1, 1, 1.6, 1);
	s = flipped(&slow, 200, &few, 200, 20);
	tend_plan_explain(&s.changes[0], words, sizeof(words));
	tap_contains(words, "takes 1.00 ms (2 % of the time), at 1", "an improvement in words");
	tap_contains(words, " won per hour; it needs 2 % of the blocks and 2 % of the CPU time.", "and its work");
	tap_text(tend_plan_verdict_name(TEND_PLAN_PARAMETER_SENSITIVE), "parameter-sensitive", "name of a verdict");
	tap_text(tend_plan_state_name(TEND_PLAN_CONFIRMED), "confirmed", "name of a state");
}

static double
nonsense(void)
{
	static const double odd[] = {0, 1, -1, 1e-300, 1e22, 1e300, NAN, INFINITY, -INFINITY};
	int			i = (int) given_between(1, 30);

	return i < (int) lengthof(odd) ? odd[i] : given_between(1e-3, 1e9);
}

static void
fill(void *sums)
{
	for (int i = 0; i < TEND_PLAN_NSUMS; i++)
		((double *) sums)[i] = nonsense();
}

/* Nothing to check but that it ends, and the sanitizer is content. */
static void
check_nonsense(void)
{
	char		words[300];
	bool		sane = true;

	for (int i = 0; i < 20000; i++)
	{
		Server		s = new_server();
		TendPlanPolicy p = {nonsense(), nonsense(), nonsense()};
		TendPlanChange c = {.old_planid = 1,.new_planid = 1 + i % 3};
		TimestampTz odd[] = {0, PG_INT64_MAX, PG_INT64_MIN, BEGIN};

		for (int j = 0; j < PLANS; j++)
		{
			fill(&s.plans[j].totals);
			fill(&s.plans[j].memory.seen);
			fill(&s.plans[j].memory.recent);
			fill(&s.plans[j].memory.base);
			s.plans[j].memory.turns = nonsense();
			s.plans[j].memory.share = nonsense();
			s.plans[j].memory.flips = nonsense();
			s.plans[j].memory.current_since = odd[(i + j) % 4];
			s.plans[j].first_seen = odd[(i / 4 + j) % 4];
			s.plans[j].last_seen = odd[(i / 16 + j) % 4];
			s.plans[j].memory.slow_visits = i % 7 - 3;
			s.plans[j].memory.mixed_visits = i % 9 - 3;
		}
		fill(&c.old);
		fill(&c.start);
		fill(&c.decided);
		c.at = odd[i % 4];
		tend_plan_watch(s.plans, PLANS, nonsense());
		(void) tend_plan_climate(s.plans, PLANS);
		(void) tend_plan_follow(&c, s.plans, PLANS, odd[i / 64 % 4], nonsense(), &p);
		tend_plan_explain(&c, words, sizeof(words));
		sane &= strlen(words) < sizeof(words);
		(void) tend_plan_change(s.plans, PLANS, &c, 1, odd[i / 256 % 4], nonsense(), &p, &c);
		tend_plan_explain(&c, words, sizeof(words));
		sane &= c.verdict <= TEND_PLAN_PARAMETER_SENSITIVE;
	}
	tap_ok(sane, "nonsense does no harm");
}

/* Plans that never change, with load that varies: how many false alarms? */
static void
check_quiet(void)
{
	int			alarms = 0;
	int			regressed = 0;

	for (int i = 0; i < SERVERS; i++)
	{
		Server		s = new_server();
		double		cv = given_between(0.05, 2);
		double		calls = given_between(0.2, 100);

		for (int j = 0; j < 500; j++)
		{
			int			n = (int) (calls * given_between(0.5, 2) + uniform());

			/* log-normal, each execution for itself */
			for (int k = 0; k < n; k++)
			{
				Run			r = with(fast, 100 * scattered(cv), 1, 1, 1);

				ran(&s, &s.plans[0], 1, &r);
			}
			visit(&s);
		}
		alarms += s.nchanges;
		for (int j = 0; j < s.nchanges; j++)
			regressed += s.changes[j].verdict == TEND_PLAN_REGRESSED;
	}
	tap_ok(alarms <= 10, psprintf("%d alarms in %d visits without a change", alarms, SERVERS * 500));
	tap_ok(regressed <= 5, psprintf("%d of them regressed", regressed));
}

/*
 * The same for two plans, one of them for one execution in a hundred, at
 * rates that change from visit to visit, by up to 10000.
 */
static void
check_quiet_pair(void)
{
	int			alarms = 0;

	for (int i = 0; i < SERVERS; i++)
	{
		Server		s = new_server();
		double		least = given_between(0.1, 100);
		double		range = given_between(1, 10000);

		/* else it may be the first, and the usual one a change */
		visits(&s, 5, 0, 5, &fast);
		for (int j = 0; j < 500; j++)
		{
			int			n = (int) (Min(given_between(least, least * range), 1000) + uniform());
			int			others = 0;

			for (int k = 0; k < n; k++)
				others += uniform() < 0.01;
			ran(&s, &s.plans[0], n - others, &fast);
			visits(&s, 1, 1, others, &slow);
		}
		alarms += s.nchanges;
	}
	tap_number(alarms, 0, "nor any where another plan is seldom used");
}

int
main(void)
{
	check_sums();
	check_chance();
	check_sides();
	check_watch();
	check_flips();
	check_rates();
	check_foolers();
	check_mixtures();
	check_parameters();
	check_seldom_parameters();
	check_aborted();
	check_seldom();
	check_faults();
	check_nonsense();
	check_quiet();
	check_quiet_pair();
	return tap_done();
}
