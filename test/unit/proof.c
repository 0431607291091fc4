/*-------------------------------------------------------------------------
 *
 * proof.c
 *	  Tests of src/advise/proof.c
 *
 * A claim is kept or taken back.  In most cases the change has been from 1000
 * to 500 dead rows, 10 per second; a vacuum costs 100 pages.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/proof.h"

#define SEEN(f) {#f, GIVEN_DOUBLE, offsetof(TendObserved, f)}
static const GivenField given_seen_fields[] = {
	SEEN(seconds), SEEN(cycles), SEEN(pages_per_cycle), SEEN(made), SEEN(rows), SEEN(vacuum_ms), SEEN(stale),
	{0}
};

static bool
prove(const TendClaim *claim, const TendObserved *seen, TendOutcome *observed, const char **why)
{
	StringInfoData text;
	bool		kept;

	initStringInfo(&text);
	kept = tend_proof(claim, seen, observed, &text);
	*why = text.data;

	return kept;
}

/* ---- dead rows ---- */

static TendClaim
lowered(double bloat_price)
{
	TendClaim	claim = {
		.topic = TEND_TOPIC_DEAD,
		.reason = TEND_REASON_CHEAPER_SPACE,
		.now = {1000, 36, 3600, 1000, 100000},
		.then = {500, 72, 7200, 500, 50000},
		.bloat_price = bloat_price
	};

	return claim;
}

static TendClaim
raised(double bloat_price)
{
	TendClaim	claim = lowered(bloat_price);
	TendOutcome now = claim.now;

	claim.reason = TEND_REASON_CHEAPER_WORK;
	claim.now = claim.then;
	claim.then = now;
	return claim;
}

typedef struct Case
{
	const char *name;
	double		bloat_price;	/* page touches per second for a megabyte */
	const char *seen;
	bool		want;			/* kept */
} Case;

/* as predicted: an hour, 72 vacuums */
#define PREDICTED "seconds=3600 cycles=72 pages_per_cycle=100 made=36000 rows=500 "

static const Case lowerings[] = {
	{"as predicted, and worth it", 100, PREDICTED, true},
	{"as predicted, and not worth it", 1, PREDICTED, false},
	{"vacuums are not measured: as predicted", 100, PREDICTED "pages_per_cycle=nan", true},
	{"vacuums are dearer than predicted", 100, PREDICTED "pages_per_cycle=2000", false},
	{"a bit dearer", 100, PREDICTED "pages_per_cycle=110", true},
	{"as many dead rows as before, with more work", 100, PREDICTED "rows=1100", false},
	{"fewer dead rows than predicted", 100, PREDICTED "rows=300", true},

	/* traffic that is another one */
	{"half of the traffic", 100, "seconds=3600 cycles=36 pages_per_cycle=100 made=18000 rows=500", true},
	{"five times the traffic", 200, "seconds=3600 cycles=360 pages_per_cycle=100 made=180000 rows=500", true},
	{"a tenth of the traffic, though vacuums are dear", 100, "seconds=36000 cycles=72 pages_per_cycle=300 made=36000 rows=500", true},
	{"a tenth of the traffic does not hide that there are more dead rows", 100, "seconds=36000 cycles=72 pages_per_cycle=100 made=36000 rows=1500", false},
};

static const Case raisings[] = {
	{"less work as predicted", 1, "seconds=3600 cycles=36 pages_per_cycle=100 made=36000 rows=1000", true},
	{"less work, and space is dear", 100, "seconds=3600 cycles=36 pages_per_cycle=100 made=36000 rows=1000", false},
	{"no less work", 1, "seconds=3600 cycles=72 pages_per_cycle=150 made=36000 rows=1000", false},
	{"twice the traffic, less work than it would have been", 1, "seconds=3600 cycles=72 pages_per_cycle=100 made=72000 rows=1000", true},
	{"many more dead rows than predicted", 10, "seconds=3600 cycles=36 pages_per_cycle=100 made=36000 rows=10000", false},
};

static void
check_case(const Case *c, TendClaim claim, const char *prefix)
{
	TendObserved seen = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	TendOutcome observed;
	const char *why;
	bool		got;

	given_set(given_seen_fields, &seen, c->seen);
	got = prove(&claim, &seen, &observed, &why);
	if (!tap_ok(got == c->want, psprintf("%s: %s is %s", prefix, c->name, c->want ? "kept" : "taken back")))
		fprintf(stderr, "# %s\n", why);
}

static void
check_dead(void)
{
	TendClaim	claim = lowered(100);
	TendObserved seen = {3600, 72, 100, 36000, 500, NAN, NAN};
	TendOutcome observed;
	const char *why;

	for (int i = 0; i < (int) lengthof(lowerings); i++)
		check_case(&lowerings[i], lowered(lowerings[i].bloat_price), "lowered");
	for (int i = 0; i < (int) lengthof(raisings); i++)
		check_case(&raisings[i], raised(raisings[i].bloat_price), "raised");

	(void) prove(&claim, &seen, &observed, &why);
	given_expect(given_outcome_fields, &observed, "threshold=500 per_hour=72 pages_per_hour=7200 rows=500 bytes=50000",
				 "what was observed is told in the terms of the prediction");
	tap_text(why, "500 dead rows at most and 7 200 page touches per hour, with the old options 1 000 and 3 600",
			 "and why");
	seen.made = 72000;
	(void) prove(&claim, &seen, &observed, &why);
	tap_contains(why, "with the old options 1 000 and 7 200", "with twice the traffic the old options would have cost twice as much");

	/* the user's target */
	claim = lowered(1);
	claim.reason = TEND_REASON_TARGET;
	seen = (TendObserved)
	{
		3600, 72, 100, 36000, 500, NAN, NAN
	};
	tap_ok(prove(&claim, &seen, &observed, &why), "the user's target is worth the work");
	seen.rows = 990;
	tap_ok(!prove(&claim, &seen, &observed, &why), "unless it gains nothing");

	/* TOAST is judged alike */
	claim = lowered(100);
	claim.topic = TEND_TOPIC_TOAST;
	seen.rows = 500;
	tap_ok(prove(&claim, &seen, &observed, &why), "TOAST: as predicted is kept");
	seen.pages_per_cycle = 2000;
	tap_ok(!prove(&claim, &seen, &observed, &why), "TOAST: dearer is taken back");
}

/*
 * What the model promises is kept when it comes true, with whatever traffic,
 * as long as the change is right for it.
 */
static void
check_promises(double wal_price, const char *name)
{
	int			broken = 0;
	int			wrong = 0;
	int			judged = 0;

	for (int i = 0; i < 20000; i++)
	{
		TendStock	s = given_stock("");
		double		price = given_between(1e-3, 1e3);
		double		before;
		double		after;

		/*
		 * how much of a vacuum is WAL depends on its traffic, which proofs do
		 * not know
		 */
		double		times = wal_price > 0 ? 1 : given_between(0.1, 10);
		TendClaim	claim = {.topic = TEND_TOPIC_DEAD,.reason = TEND_REASON_CHEAPER_SPACE,.bloat_price = price};
		TendObserved seen = {.seconds = 36000};
		TendOutcome observed;
		const char *why;
		bool		kept;
		double		gain;

		s.rate = given_between(0.01, 100);
		s.round_seconds = 1;
		s.wal_price = wal_price;
		before = given_between(5000, 1e6);
		after = given_between(5000, 1e6);
		claim.now = (TendOutcome)
		{
			before, tend_stock_vacuums(&s, before) * 3600, tend_stock_work(&s, before) * 3600,
				tend_stock_dead(&s, before), tend_stock_waste(&s, before),
				tend_stock_effort(&s, before) * 3600, 0
		};
		claim.then = (TendOutcome)
		{
			after, tend_stock_vacuums(&s, after) * 3600, tend_stock_work(&s, after) * 3600,
				tend_stock_dead(&s, after), tend_stock_waste(&s, after),
				tend_stock_effort(&s, after) * 3600, 0
		};
		/* then the traffic changes */
		s.rate *= times;
		seen.cycles = tend_stock_vacuums(&s, after) * seen.seconds;
		seen.pages_per_cycle = tend_stock_pages(&s, tend_stock_dead(&s, after));
		seen.made = s.rate * seen.seconds;
		seen.rows = tend_stock_dead(&s, after);
		kept = prove(&claim, &seen, &observed, &why);
		gain = tend_stock_cost(&s, before, price) / tend_stock_cost(&s, after, price);
		judged += gain > 1.05 || gain < 0.85;
		if (gain > 1.05 && !kept && broken++ == 0)
			fprintf(stderr, "# gain %.6g, price %.6g, traffic %.6g times: %s\n", gain, price, times, why);
		if (gain < 0.85 && kept && wrong++ == 0)
			fprintf(stderr, "# gain %.6g, price %.6g, traffic %.6g times: %s\n", gain, price, times, why);
	}
	tap_ok(judged > 10000, psprintf("%s: changes are right or wrong for the traffic that came", name));
	tap_ok(broken == 0, psprintf("%s: those that are right are kept", name));
	tap_ok(wrong == 0, psprintf("%s: those that are wrong are taken back", name));
}

/* ---- the other topics ---- */

typedef struct TopicCase
{
	const char *name;
	TendTopic	topic;
	TendReason	reason;
	const char *now;
	const char *then;
	const char *seen;
	bool		want;
}			TopicCase;

#define OFTEN TEND_TOPIC_ANALYZE, TEND_REASON_ANALYZED_TOO_OFTEN, "per_hour=60", "per_hour=3"
#define LATE TEND_TOPIC_ANALYZE, TEND_REASON_ANALYZED_TOO_LATE, "per_hour=0.1", "per_hour=0.5"
#define MISLED TEND_TOPIC_ANALYZE, TEND_REASON_MISLED, "per_hour=1 stale_per_hour=6", "per_hour=10"
#define EARLY TEND_TOPIC_INSERT, TEND_REASON_INSERTS, "per_hour=1 pages_per_hour=20000 rows=1e6 bytes=1e8", "per_hour=10 pages_per_hour=20000 rows=1e5 bytes=1e7"
#define SLOW TEND_TOPIC_COST, TEND_REASON_TOO_SLOW, "threshold=200 per_hour=1 rows=36000", "threshold=800 per_hour=1 rows=9000"
#define APART TEND_TOPIC_FREEZE, TEND_REASON_STAGGER, "threshold=200000000", "threshold=150000000"

static const TopicCase topic_cases[] = {
	{"analyzed more rarely", OFTEN, "seconds=3600 cycles=3", true},
	{"analyzed as often as before", OFTEN, "seconds=3600 cycles=60", true},
	{"analyzed more often than before", OFTEN, "seconds=3600 cycles=90", false},
	{"analyzed more often", LATE, "seconds=36000 cycles=5", true},
	{"analyzed more rarely than before", LATE, "seconds=360000 cycles=5", false},

	/* six in an hour */
	{"nobody misled any more", MISLED, "seconds=3600 cycles=10 stale=0", true},
	{"half as many misled", MISLED, "seconds=3600 cycles=10 stale=3", true},
	{"hardly fewer misled", MISLED, "seconds=3600 cycles=10 stale=4", false},
	{"as many misled as before", MISLED, "seconds=7200 cycles=10 stale=12", false},
	{"analyzed more rarely, and queries misled", OFTEN, "seconds=3600 cycles=3 stale=3", false},
	{"analyzed more rarely, and two queries misled", OFTEN, "seconds=3600 cycles=3 stale=2", true},
	{"analyzed more rarely, and as many misled as before", TEND_TOPIC_ANALYZE, TEND_REASON_ANALYZED_TOO_OFTEN,
	"per_hour=60 stale_per_hour=6", "per_hour=3", "seconds=3600 cycles=3 stale=9", true},

	/* 2000 pages were expected */
	{"a vacuum for inserts as expected", EARLY, "seconds=3600 cycles=10 pages_per_cycle=2000 rows=1e5", true},
	{"one twice as dear", EARLY, "seconds=3600 cycles=10 pages_per_cycle=4000 rows=1e5", true},
	{"one ten times as dear", EARLY, "seconds=3600 cycles=10 pages_per_cycle=20000 rows=1e5", false},
	{"one that was not measured", EARLY, "seconds=3600 cycles=10 pages_per_cycle=nan rows=1e5", true},
	{"one of a few pages more than hardly any", TEND_TOPIC_INSERT, TEND_REASON_INSERTS, "per_hour=1", "per_hour=10 pages_per_hour=10",
	"seconds=3600 cycles=10 pages_per_cycle=200", true},

	/* an hour before */
	{"a vacuum that got faster", SLOW, "seconds=36000 cycles=10 made=360000 vacuum_ms=900000", true},
	{"one that did not", SLOW, "seconds=36000 cycles=10 made=360000 vacuum_ms=3600000", false},
	{"one that was not measured, of cost", SLOW, "seconds=36000 cycles=10 made=360000 vacuum_ms=nan", true},

	{"frozen ahead of the others", APART, "seconds=3600 cycles=1", true},
	{"frozen, and nothing is known of it", APART, "", true},
};

static void
check_topics(void)
{
	for (int i = 0; i < (int) lengthof(topic_cases); i++)
	{
		const		TopicCase *c = &topic_cases[i];
		TendClaim	claim = {.topic = c->topic,.reason = c->reason,.bloat_price = 1};
		TendObserved seen = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
		TendOutcome observed;
		const char *why;

		given_set(given_outcome_fields, &claim.now, c->now);
		given_set(given_outcome_fields, &claim.then, c->then);
		given_set(given_seen_fields, &seen, c->seen);
		if (!tap_ok(prove(&claim, &seen, &observed, &why) == c->want,
					psprintf("%s is %s", c->name, c->want ? "kept" : "taken back")))
			fprintf(stderr, "# %s\n", why);
	}
}

/* Analyzes are judged by the traffic of the time after, too. */
static void
check_analyze_traffic(void)
{
	TendClaim	often = {
		.topic = TEND_TOPIC_ANALYZE,.reason = TEND_REASON_ANALYZED_TOO_OFTEN,
		.now = {1000, 6, NAN, 1000, NAN},
		.then = {2000, 3, NAN, 2000, NAN}
	};
	TendClaim	late = {
		.topic = TEND_TOPIC_ANALYZE,.reason = TEND_REASON_ANALYZED_TOO_LATE,
		.now = {1e7, 0.36, NAN, 1e7, NAN},
		.then = {2e6, 1.8, NAN, 2e6, NAN}
	};
	TendObserved seen = {.seconds = 36000,.pages_per_cycle = NAN,.vacuum_ms = NAN,.rows = NAN};
	TendOutcome observed;
	const char *why;

	/* 1000 rows per second had changed; now it is a tenth */
	seen.made = 100 * seen.seconds;
	seen.cycles = seen.made / 2e6;
	if (!tap_ok(prove(&late, &seen, &observed, &why), "analyzed five times as often as it would have been, in a tenth of the traffic, is kept"))
		fprintf(stderr, "# %s\n", why);
	/* 100 rows per minute had changed; now it is ten times that */
	seen.made = 1000 / 60.0 * seen.seconds;
	seen.cycles = seen.made / 2000;
	if (!tap_ok(prove(&often, &seen, &observed, &why), "analyzed half as often as it would have been, in ten times the traffic, is kept"))
		fprintf(stderr, "# %s\n", why);
}

/* When is it time to judge by what did not happen? */
static void
check_due(void)
{
	TendClaim	claim = {.topic = TEND_TOPIC_ANALYZE,.reason = TEND_REASON_MISLED,.now = {.stale_per_hour = 2}};
	TendObserved seen = {.seconds = 5000};

	tap_ok(!tend_proof_is_due(&claim, &seen), "that nobody is misled says nothing as long as two would have been");
	seen.seconds = 5400;
	tap_ok(tend_proof_is_due(&claim, &seen), "it does when three would have been");
	claim.reason = TEND_REASON_ANALYZED_TOO_LATE;
	seen.seconds = 1;
	tap_ok(tend_proof_is_due(&claim, &seen), "other changes do not wait for queries");
}

/* What nobody knows is no failure. */
static void
check_unknown(void)
{
	static const char *const names[] = {"dead rows", "inserts", "analyze", "cost", "freeze", "toast"};

	for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
	{
		TendClaim	claim = lowered(100);
		TendObserved seen = {3600, 72, NAN, NAN, NAN, NAN, NAN};
		TendOutcome observed;
		const char *why;

		claim.topic = topic;
		claim.reason = topic == TEND_TOPIC_ANALYZE ? TEND_REASON_ANALYZED_TOO_LATE : TEND_REASON_CHEAPER_SPACE;
		tap_ok(prove(&claim, &seen, &observed, &why), psprintf("%s: what was not observed is no failure", names[topic]));
	}
}

static void
check_absurd(void)
{
	int			quotes = 0;

	for (int i = 0; i < 200000; i++)
	{
		TendClaim	claim = {.topic = given_dice(TEND_NUM_TOPICS),.reason = given_dice(TEND_NUM_REASONS)};
		TendObserved seen;
		TendOutcome observed;
		const char *why;

		for (size_t f = 0; f < sizeof(TendOutcome) / sizeof(double); f++)
		{
			((double *) &claim.now)[f] = given_absurd();
			((double *) &claim.then)[f] = given_absurd();
		}
		claim.bloat_price = given_absurd();
		for (size_t f = 0; f < sizeof(TendObserved) / sizeof(double); f++)
			((double *) &seen)[f] = given_absurd();
		(void) prove(&claim, &seen, &observed, &why);
		quotes += strpbrk(why, "\"\\\n\t") != NULL || why[0] == '\0';
		pfree((char *) why);
	}
	tap_ok(quotes == 0, "the reason of absurd numbers needs no escape in JSON");
}

int
main(void)
{
	check_dead();
	check_promises(0, "without WAL");
	check_promises(25, "with WAL");
	check_topics();
	check_analyze_traffic();
	check_due();
	check_unknown();
	check_absurd();
	return tap_done();
}
