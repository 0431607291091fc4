/*-------------------------------------------------------------------------
 *
 * tune_words.c
 *	  Tests of src/advise/tune_words.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/tune_words.h"

/* ---- JSON, as strict as the server ---- */

static const char *json_value(const char *s);

static const char *
json_space(const char *s)
{
	return s + strspn(s, " ");
}

static const char *
json_digits(const char *s)
{
	size_t		n = strspn(s, "0123456789");

	return n > 0 ? s + n : NULL;
}

static const char *
json_number(const char *s)
{
	s += *s == '-';
	/* no zero in front of other digits */
	if (s[0] == '0' && s[1] >= '0' && s[1] <= '9')
		return NULL;
	s = json_digits(s);
	if (s != NULL && *s == '.')
		s = json_digits(s + 1);
	if (s != NULL && (*s == 'e' || *s == 'E'))
		s = json_digits(s + 1 + (s[1] == '+' || s[1] == '-'));
	return s;
}

static const char *
json_string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	while (*s != '"')
	{
		if ((unsigned char) *s < ' ')
			return NULL;
		if (*s == '\\' && *++s == '\0')
			return NULL;
		s++;
	}
	return s + 1;
}

static const char *
json_object(const char *s)
{
	s = json_space(s + 1);
	if (*s == '}')
		return s + 1;
	for (;;)
	{
		s = json_string(json_space(s));
		if (s == NULL || *(s = json_space(s)) != ':')
			return NULL;
		s = json_value(json_space(s + 1));
		if (s == NULL)
			return NULL;
		s = json_space(s);
		if (*s == '}')
			return s + 1;
		if (*s++ != ',')
			return NULL;
	}
}

static const char *
json_value(const char *s)
{
	return *s == '{' ? json_object(s) : *s == '"' ? json_string(s) : json_number(s);
}

static bool
is_json(const char *s)
{
	s = *s == '{' ? json_object(s) : NULL;
	return s != NULL && *s == '\0';
}

static void
check_checker(void)
{
	static const char *const good[] = {
		"{}", "{\"a\": 1}", "{\"a\": -1.5e-07, \"b\": {\"c\": \"d\"}}", "{\"a\": {}, \"b\": 0}"
	};
	static const char *const bad[] = {
		"", "{", "{,}", "{\"a\"}", "{\"a\": }", "{\"a\": nan}", "{\"a\": inf}", "{\"a\": 1,}", "{, \"a\": 1}",
		"{\"a\": 1}}", "{\"a\": 01}", "{\"a\": 1.}", "{\"a\": 1e}", "{\"a\": 1 \"b\": 2}", "{\"a: 1}", "{\"a\": \"\n\"}", "{\"a\": -}"
	};
	bool		ok = true;

	for (int i = 0; i < (int) lengthof(good); i++)
		ok = ok && is_json(good[i]);
	for (int i = 0; i < (int) lengthof(bad); i++)
		ok = ok && !is_json(bad[i]);
	tap_ok(ok, "we know JSON when we see it");
}

/* ---- names ---- */

static void
check_names(void)
{
	TendTopic	topic = TEND_NUM_TOPICS;
	bool		topics = true;
	bool		reasons = true;

	for (int i = 0; i < TEND_NUM_TOPICS; i++)
		topics = topics && tend_topic_by_name(tend_topic_name(i), &topic) && (int) topic == i;
	tap_ok(topics, "each topic is found by its name");
	tap_ok(!tend_topic_by_name("", &topic) && !tend_topic_by_name("dead", &topic) &&
		   !tend_topic_by_name("Toast", &topic) && !tend_topic_by_name("dead rows ", &topic), "and by no other");
	for (int i = 0; i < TEND_NUM_REASONS; i++)
	{
		reasons = reasons && strlen(tend_reason_name(i)) > 0 && strpbrk(tend_reason_name(i), "\"\\") == NULL;
		for (int j = 0; j < i; j++)
			reasons = reasons && strcmp(tend_reason_name(i), tend_reason_name(j)) != 0;
	}
	tap_ok(reasons, "each reason has a name of its own");
}

/* ---- values of options ---- */

static const struct
{
	double		value;
	const char *want;
}			values[] = {
	{0, "0"}, {20, "20"}, {50, "50"}, {-1, "-1"}, {12000, "12000"}, {2147483647, "2147483647"}, {1234567, "1234567"},
	{200000000, "200000000"}, {0.01, "0.01"}, {0.025, "0.025"}, {0.2, "0.2"}, {100, "100"}, {1.5e-5, "1.5e-05"},
	{2.2, "2.2"}
};

static void
check_values(void)
{
	int			lost = 0;

	for (int i = 0; i < (int) lengthof(values); i++)
		tap_text(tend_word_option(values[i].value).str, values[i].want, psprintf("the option's value %s", values[i].want));
	for (int i = 0; i < 100000; i++)
	{
		double		value = tend_round_option(given_between(1e-9, 1e10));
		TendOptions options;

		tend_options_init(&options);
		tend_options_add(&options, psprintf("autovacuum_vacuum_scale_factor=%s", tend_word_option(value).str));
		lost += fabs(options.vacuum_scale_factor - value) > 1e-9 * value;
		if (value < 1)
			continue;
		value = rint(value);
		tend_options_add(&options, psprintf("autovacuum_vacuum_threshold=%s", tend_word_option(value).str));
		lost += options.vacuum_threshold != value;
	}
	tap_ok(lost == 0, "a value is read from pg_class as it was written into ALTER TABLE");
}

/* ---- sentences ---- */

typedef struct SentenceCase
{
	const char *name;
	TendTopic	topic;
	TendReason	reason;
	const char *now;
	const char *then;
	const char *want;
}			SentenceCase;

static const SentenceCase sentences[] = {
	{"lower", TEND_TOPIC_DEAD, TEND_REASON_CHEAPER_SPACE,
		"per_hour=1 rows=36000 bytes=3600000", "per_hour=4 pages_per_hour=4000 rows=9000 bytes=900000",
	"10 rows die per second, and a vacuum touches about 1 000 pages: every 15 min at 9 000 dead rows (879 kB) is better than every 1 h at 36 000 (3516 kB)"},
	{"higher", TEND_TOPIC_DEAD, TEND_REASON_CHEAPER_WORK,
		"per_hour=4 rows=9000 bytes=900000", "per_hour=1 pages_per_hour=1000 rows=36000 bytes=3600000",
	"10 rows die per second, and a vacuum touches about 1 000 pages: every 1 h at 36 000 dead rows (3516 kB) is better than every 15 min at 9 000 (879 kB)"},
	{"the target", TEND_TOPIC_DEAD, TEND_REASON_TARGET, "rows=70000", "per_hour=1 pages_per_hour=1000 threshold=50000",
	"70 000 dead rows are more than the target of 5 %, so vacuum at 50 000"},
	{"bursts", TEND_TOPIC_DEAD, TEND_REASON_BURST, "", "per_hour=1 pages_per_hour=1000",
	"they come in bursts of about 5 000, so vacuum right after one"},
	{"TOAST", TEND_TOPIC_TOAST, TEND_REASON_CHEAPER_SPACE, "per_hour=1 rows=36000 bytes=1", "per_hour=4 pages_per_hour=4000 rows=9000 bytes=1",
	"2.0 rows die per minute in its TOAST table, and a vacuum touches"},
	{"inserts", TEND_TOPIC_INSERT, TEND_REASON_INSERTS, "threshold=1000000", "threshold=100000",
	"100 rows come per second and few die: vacuum after 100 000 of them instead of 1.0 million, so that index-only scans and freezing need not wait"},
	{"often", TEND_TOPIC_ANALYZE, TEND_REASON_ANALYZED_TOO_OFTEN, "per_hour=60", "per_hour=3",
	"110 rows change per second: it is analyzed about 60 times per hour, 3 times are enough"},
	{"late", TEND_TOPIC_ANALYZE, TEND_REASON_ANALYZED_TOO_LATE, "threshold=10000000", "threshold=2000000",
	"10.0 million rows change before it is analyzed: in so large a table that is late"},
	{"queries that were misled", TEND_TOPIC_ANALYZE, TEND_REASON_MISLED, "threshold=100050", "threshold=10000",
	"misestimates by about 120 times in 40 sampled executions of late came from statistics that as few as 2 % of the rows had outgrown: analyze after 10 000 modified rows instead of 100 050"},
	{"slow", TEND_TOPIC_COST, TEND_REASON_TOO_SLOW, "rows=36000", "", "a vacuum takes 1 h, and 36 000 rows die meanwhile: let it rest less"},
	{"freezing", TEND_TOPIC_FREEZE, TEND_REASON_STAGGER, "threshold=200000000", "threshold=150000000",
	"other large tables of the same age would be frozen together with it: freeze this one at 150.0 million"},
	{"a lease", TEND_TOPIC_DEAD, TEND_REASON_LEASE, "threshold=1000", "threshold=3000",
	"vacuum can remove nothing because of the idle transaction of pid 1: wait for 3 000 rows as long as it lasts"},
};

static void
given_words(GivenTune * g)
{
	given_tune(g, "reltuples=1000000 live=1000000 relpages=10000", "");
	g->facts.toast = given_heap("relid=16387", "");
	g->size.toast_bytes = 10000000;
	given_set(given_learnt_fields, &g->c.learnt,
			  "dead_hour=10 dead_day=10 inserts_day=100 mods_day=110 burst_share=1 burst_rows=5000 vacuum_ms=3600000 "
			  "stale_seconds=900000 stale_day=0.000462962963 stale_q=120 stale_rows=20000 "
			  "toast_dead_hour=0.0333333333 toast_dead_day=0.0333333333");
	strlcpy(g->horizon.who, "idle transaction of pid 1", sizeof(g->horizon.who));
}

static void
check_sentences(void)
{
	for (int i = 0; i < (int) lengthof(sentences); i++)
	{
		const		SentenceCase *c = &sentences[i];
		GivenTune	g;
		TendProposal p = {.topic = c->topic,.reason = c->reason};
		StringInfoData out;

		given_words(&g);
		given_set(given_outcome_fields, &p.now, c->now);
		given_set(given_outcome_fields, &p.then, c->then);
		initStringInfo(&out);
		tend_proposal_reason(&out, &g.c, &p);
		tap_contains(out.data, c->want, psprintf("a sentence about %s", c->name));
	}
}

/* The rate comes in a unit that gives a number above 1. */
static void
check_rates(void)
{
	static const struct
	{
		double		rate;
		const char *want;
	}			rates[] = {
		{5000, "5 000 rows come per second"}, {1, "1 rows come per second"}, {0.5, "30 rows come per minute"},
		{0.01, "36 rows come per hour"}, {0.0001, "8.6 rows come per day"}, {0, "0 rows come per day"},
	};

	for (int i = 0; i < (int) lengthof(rates); i++)
	{
		GivenTune	g;
		TendProposal p = {.topic = TEND_TOPIC_INSERT,.reason = TEND_REASON_INSERTS};
		StringInfoData out;

		given_words(&g);
		g.c.learnt.inserts_day = rates[i].rate;
		initStringInfo(&out);
		tend_proposal_reason(&out, &g.c, &p);
		tap_contains(out.data, rates[i].want, psprintf("a rate in words: %s", rates[i].want));
	}
}

/* ---- JSON ---- */

static void
check_json(void)
{
	GivenTune	g;
	TendProposal p = {.topic = TEND_TOPIC_DEAD,.reason = TEND_REASON_TARGET,.now = {1, 2, 3, 4, 5, NAN, 0},.then = {6, 7, 8, 9, NAN, NAN, 0}};
	TendOutcome none = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	TendObserved seen = {3600, 72, 100, 36000, 500, NAN, NAN};
	TendObserved blind = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	StringInfoData out;

	given_words(&g);
	initStringInfo(&out);
	tend_outcome_json(&out, &p.now);
	tap_text(out.data, "{\"threshold\": 1, \"per_hour\": 2, \"pages_per_hour\": 3, \"rows\": 4, \"bytes\": 5}", "an outcome");
	resetStringInfo(&out);
	tend_outcome_json(&out, &none);
	tap_text(out.data, "{}", "an outcome of which nothing is known");

	resetStringInfo(&out);
	tend_proposal_predicted(&out, &g.c, &p);
	tap_text(out.data, "{\"before\": {\"threshold\": 1, \"per_hour\": 2, \"pages_per_hour\": 3, \"rows\": 4, \"bytes\": 5}, "
			 "\"after\": {\"threshold\": 6, \"per_hour\": 7, \"pages_per_hour\": 8, \"rows\": 9}, "
			 "\"pages_per_mb_second\": 1, \"reason\": \"dead ratio above target\"}", "a prediction");
	p.now = p.then = none;
	g.c.market.bloat_price = NAN;
	resetStringInfo(&out);
	tend_proposal_predicted(&out, &g.c, &p);
	tap_ok(is_json(out.data), "a prediction of which nothing is known");

	resetStringInfo(&out);
	tend_proposal_evidence(&out, &g.c, &p);
	tap_ok(is_json(out.data), "evidence");
	tap_contains(out.data, "\"dead_per_second\": 10", "evidence has the rate");
	tap_ok(strstr(out.data, "pages_per_mb_second") == NULL, "and no price where there is none");
	tap_ok(strstr(out.data, "stale") == NULL, "nor what concerns analyze only");
	p.topic = TEND_TOPIC_ANALYZE;
	resetStringInfo(&out);
	tend_proposal_evidence(&out, &g.c, &p);
	tap_contains(out.data, "\"stale_q_error\": 120, \"stale_rows\": 20000", "evidence of analyze has the queries that were misled");
	p.topic = TEND_TOPIC_TOAST;
	resetStringInfo(&out);
	tend_proposal_evidence(&out, &g.c, &p);
	tap_contains(out.data, "\"dead_per_second\": 0.0333333", "that of TOAST for TOAST");

	resetStringInfo(&out);
	p.now = (TendOutcome)
	{
		1, 2, 3, 4, 5, NAN, 0
	};
	tend_observed_json(&out, &p.now, &seen, "it was so");
	tap_text(out.data, "{\"threshold\": 1, \"per_hour\": 2, \"pages_per_hour\": 3, \"rows\": 4, \"bytes\": 5, "
			 "\"seconds\": 3600, \"cycles\": 72, \"pages_per_cycle\": 100, \"why\": \"it was so\"}", "what was observed");
	resetStringInfo(&out);
	tend_observed_json(&out, &none, &seen, "it was so");
	tap_ok(is_json(out.data), "what was observed without an outcome");
	resetStringInfo(&out);
	tend_observed_json(&out, &none, &blind, "it was so");
	if (!tap_ok(is_json(out.data), "what was observed, where nothing was"))
		fprintf(stderr, "# %s\n", out.data);
}

/* ---- made-up tables ---- */

static bool
is_sentence(const char *text)
{
	return text[0] != '\0' && text[strlen(text) - 1] != '.' && strstr(text, "nan") == NULL &&
		strstr(text, "inf") == NULL && strstr(text, "unknown") == NULL && strchr(text, '\n') == NULL;
}

static void
check_many(void)
{
	StringInfoData out;
	int			broken = 0;
	int			wordless = 0;
	int			said = 0;

	initStringInfo(&out);
	for (int i = 0; i < 20000; i++)
	{
		GivenTune	g;
		TendTuning	tuning;

		given_words(&g);
		g.facts.heap.reltuples = g.facts.heap.live_tuples = (int64) given_between(1, 1e10);
		g.size.table_bytes = (int64) given_between(8192, 1e13);
		g.size.index_bytes = given_dice(2) ? 0 : (int64) given_between(8192, 1e13);
		g.size.toast_bytes = given_dice(2) ? 0 : (int64) given_between(8192, 1e13);
		for (size_t f = 1; f < sizeof(TendLearnt) / sizeof(double); f++)
			((double *) &g.c.learnt)[f] = given_between(1e-4, 1e4);
		g.c.learnt.burst_share = given_dice(2) ? NAN : given_between(0.1, 1);
		g.c.learnt.vacuum_ms = given_between(10, 1e9);
		g.c.market.bloat_price = given_between(1e-6, 1e4);
		tuning = tend_tune(&g.c);
		for (int t = 0; t < tuning.nproposals; t++)
		{
			said++;
			resetStringInfo(&out);
			tend_proposal_reason(&out, &g.c, &tuning.proposals[t]);
			if (!is_sentence(out.data) && wordless++ == 0)
				fprintf(stderr, "# %s\n", out.data);
			resetStringInfo(&out);
			tend_proposal_evidence(&out, &g.c, &tuning.proposals[t]);
			broken += !is_json(out.data);
			resetStringInfo(&out);
			tend_proposal_predicted(&out, &g.c, &tuning.proposals[t]);
			broken += !is_json(out.data);
		}
	}
	tap_ok(said > 10000, "made-up tables are talked about");
	tap_ok(wordless == 0, "in sentences without a period, and without numbers that are none");
	tap_ok(broken == 0, "their JSON is valid");
}

static void
check_absurd(void)
{
	StringInfoData out;
	int			broken = 0;

	initStringInfo(&out);
	for (int i = 0; i < 100000; i++)
	{
		GivenTune	g;
		TendProposal p = {.topic = given_dice(TEND_NUM_TOPICS),.reason = given_dice(TEND_NUM_REASONS)};
		TendObserved seen;

		given_words(&g);
		for (size_t f = 0; f < sizeof(TendOutcome) / sizeof(double); f++)
		{
			((double *) &p.now)[f] = given_absurd();
			((double *) &p.then)[f] = given_absurd();
		}
		for (size_t f = 0; f < sizeof(TendObserved) / sizeof(double); f++)
			((double *) &seen)[f] = given_absurd();
		/* somebody has looked for some time */
		seen.seconds = given_between(1, 1e6);
		for (size_t f = 0; f < sizeof(TendLearnt) / sizeof(double); f++)
			((double *) &g.c.learnt)[f] = given_absurd();
		g.c.learnt.observed_seconds = given_dice(1000);
		g.c.market.bloat_price = given_absurd();
		g.c.dead_ratio_target = given_absurd();
		g.facts.heap.xid_age = given_absurd_count();
		g.facts.heap.reltuples = given_absurd();
		g.size = (TendTableSize)
		{
			given_absurd_count(), given_absurd_count(), given_absurd_count()
		};
		resetStringInfo(&out);
		tend_proposal_reason(&out, &g.c, &p);
		broken += out.len == 0;
		resetStringInfo(&out);
		tend_proposal_evidence(&out, &g.c, &p);
		broken += !is_json(out.data);
		resetStringInfo(&out);
		tend_proposal_predicted(&out, &g.c, &p);
		broken += !is_json(out.data);
		resetStringInfo(&out);
		tend_observed_json(&out, &p.now, &seen, "it was so");
		broken += !is_json(out.data);
		(void) tend_word_option(given_absurd());
	}
	tap_ok(broken == 0, "the JSON of absurd numbers is valid");
}

int
main(void)
{
	check_checker();
	check_names();
	check_values();
	check_sentences();
	check_rates();
	check_json();
	check_many();
	check_absurd();
	return tap_done();
}
