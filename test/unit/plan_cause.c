/*-------------------------------------------------------------------------
 *
 * plan_cause.c
 *	  Tests of src/advise/plan_cause.c and plan_evidence.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include <ctype.h>

#include "advise/plan_cause.h"

/* ---- is it JSON? ---- */

static bool json_value(const char **at);

static bool
json_string(const char **at)
{
	if (*(*at)++ != '"')
		return false;
	for (; **at != '"'; (*at)++)
	{
		if ((unsigned char) **at < ' ')
			return false;
		if (**at != '\\')
			continue;
		(*at)++;
		if (strchr("\"\\/bfnrt", **at) != NULL && **at != '\0')
			continue;
		if (**at != 'u' || strspn(*at + 1, "0123456789abcdef") < 4)
			return false;
		*at += 4;
	}
	(*at)++;
	return true;
}

static bool
json_list(const char **at, char end, bool named)
{
	(*at)++;
	if (**at == end)
		return (*at)++, true;
	for (;;)
	{
		if (named && (!json_string(at) || *(*at)++ != ':'))
			return false;
		if (!json_value(at))
			return false;
		if (**at == end)
			return (*at)++, true;
		if (*(*at)++ != ',')
			return false;
	}
}

static bool
json_value(const char **at)
{
	static const char *const words[] = {"null", "true", "false"};
	char	   *end;

	if (**at == '{')
		return json_list(at, '}', true);
	if (**at == '[')
		return json_list(at, ']', false);
	if (**at == '"')
		return json_string(at);
	for (int i = 0; i < (int) lengthof(words); i++)
		if (strncmp(*at, words[i], strlen(words[i])) == 0)
			return *at += strlen(words[i]), true;
	if (!isdigit((unsigned char) **at) && **at != '-')
		return false;
	(void) strtod(*at, &end);
	*at = end;
	return true;
}

static bool
is_json_object(const char *str)
{
	return *str == '{' && json_value(&str) && *str == '\0';
}

/* ---- two sides ---- */

typedef struct Sides
{
	TendTableInputs tables[2];	/* before and after */
	TendPlanSide old;
	TendPlanSide new;
} Sides;

#define OLD_PLAN "Index Scan using orders_day on orders\n  Index Cond: (day = $1)"
#define NEW_PLAN "Seq Scan on orders\n  Filter: (day = $1)"

static TendColumnInputs
column(const char *name)
{
	TendColumnInputs c = {.n_distinct = 100,.correlation = 0.5,.top_frequency = 0.02,.target = -1};

	strlcpy(c.name, name, sizeof(c.name));
	return c;
}

static void
add_index(TendTableInputs *t, Oid oid, const char *name, bool valid)
{
	TendIndexInputs *index = &t->indexes[t->nindexes++];

	index->oid = oid;
	index->valid = valid;
	strlcpy(index->name, name, sizeof(index->name));
}

/* Two plans between which nothing has changed */
static Sides *
alike(void)
{
	Sides	   *s = palloc0(sizeof(Sides));

	for (int i = 0; i < 2; i++)
	{
		TendTableInputs *t = &s->tables[i];
		TendPlanSide *side = i == 0 ? &s->old : &s->new;

		t->relid = 1000;
		strlcpy(t->name, "shop.orders", sizeof(t->name));
		t->last_analyze = 5;
		t->reltuples = 100000;
		t->relpages = 1000;
		t->allvisible = 900;
		add_index(t, 2000, "orders_pkey", true);
		add_index(t, 2001, "orders_day", true);
		t->columns[t->ncolumns++] = column("id");
		t->columns[t->ncolumns++] = column("day");
		side->planid = i + 1;
		side->plan = i == 0 ? OLD_PLAN : NEW_PLAN;
		side->settings = "random_page_cost = 1.1\nwork_mem = 64MB\n";
		side->ntables = 1;
		side->tables = t;
		side->sums.calls = 100;
		side->sums.partitions = 200;
	}
	return s;
}

static TendPlanFinding
find(const Sides *s)
{
	TendPlanFinding f;

	memset(&f, 'x', sizeof(f));
	tend_plan_find_cause(&s->old, &s->new, &f);
	if (!is_json_object(f.evidence))
		fprintf(stderr, "# not JSON: %s\n", f.evidence);
	return f;
}

/* "evidence" and "remedy" are parts of those */
static void
expect(const Sides *s, TendPlanCause cause, const char *evidence, const char *words,
	   const char *remedy, const char *name)
{
	TendPlanFinding f = find(s);

	if (!tap_ok(f.cause == cause && is_json_object(f.evidence) && strstr(f.evidence, evidence) &&
				strstr(f.words, words) && strstr(f.remedy, remedy), name))
		fprintf(stderr, "# %s\n# %s\n# %s\n# %s\n", tend_plan_cause_name(f.cause), f.evidence, f.words, f.remedy);
}

/* ---- each cause ---- */

static void
check_unknown(void)
{
	Sides	   *s = alike();

	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "{\"tables\":1,\"settings\":\"equal\"}", "nothing notable differs", "", "nothing has changed");
	s->old.settings = NULL;
	s->old.ntables = 0;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "\"settings\":\"unknown\"", "Nothing is known", "", "nothing is known of the old side");
	memset(&s->old, 0, sizeof(s->old));
	memset(&s->new, 0, sizeof(s->new));
	s->new.planid = 1;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "\"tables\":0", "Nothing is known", "", "nor of any");
}

static void
check_generic(void)
{
	Sides	   *s = alike();

	s->new.generic = true;
	expect(s, TEND_PLAN_CAUSE_GENERIC_PLAN, "\"new\":\"generic plan\"", "for all values.", "force_custom_plan", "generic plan");
	s->tables[1].columns[1].top_frequency = 0.9;
	expect(s, TEND_PLAN_CAUSE_GENERIC_PLAN, "\"column\":\"day\",\"top_frequency\":0.9", "column day of shop.orders is in 90 % of the rows",
		   "force_custom_plan", "and the column whose values matter");
	s->old.generic = true;
	s->tables[1] = s->tables[0];
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "both are generic");
	s->new.generic = false;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "the new one is custom");
}

static void
check_indexes(void)
{
	Sides	   *s = alike();

	s->tables[1].nindexes = 1;
	expect(s, TEND_PLAN_CAUSE_INDEX_DROPPED, "\"index\":\"orders_day\",\"now\":\"dropped\"", "does not exist any more",
		   "CREATE INDEX CONCURRENTLY orders_day ON shop.orders", "index dropped");
	s->tables[0].indexes[1].definition = "CREATE UNIQUE INDEX orders_day ON shop.orders USING btree (day)";
	expect(s, TEND_PLAN_CAUSE_INDEX_DROPPED, "", "",
		   "CREATE UNIQUE INDEX CONCURRENTLY orders_day ON shop.orders USING btree (day)", "with its definition, the statement that makes it again");
	s->old.plan = NULL;
	expect(s, TEND_PLAN_CAUSE_INDEX_DROPPED, "orders_day", "", "", "the old plan's text is lost");
	s->old.plan = "Index Scan using orders_day2 on orders_day";
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "another index, that the old plan did not use");
	s->old.plan = "Bitmap Index Scan on orders_day";
	expect(s, TEND_PLAN_CAUSE_INDEX_DROPPED, "", "", "", "of a bitmap scan");

	s = alike();
	s->tables[1].indexes[1].valid = false;
	expect(s, TEND_PLAN_CAUSE_INDEX_DROPPED, "\"now\":\"invalid\"", "is invalid now",
		   "REINDEX INDEX CONCURRENTLY shop.orders_day", "index invalid");
	s = alike();
	s->tables[1].indexes[1].oid = 3000;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "REINDEX CONCURRENTLY is no drop");
	strlcpy(s->tables[1].indexes[1].name, "renamed", NAMEDATALEN);
	s->tables[1].indexes[1].oid = 2001;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "nor is a new name");
	s = alike();
	s->tables[1].indexes[1].oid = 9999;
	strlcpy(s->tables[1].indexes[1].name, "other", NAMEDATALEN);
	s->tables[1].nindexes = TEND_INPUT_INDEXES;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "a list that is full may have left it out");

	s = alike();
	add_index(&s->tables[1], 2002, "orders \"new\"", true);
	s->new.plan = "Index Only Scan using \"orders \"\"new\"\"\" on orders";
	expect(s, TEND_PLAN_CAUSE_INDEX_CREATED, "\"index\":\"orders \\\"new\\\"\"", "is new",
		   "DROP INDEX CONCURRENTLY shop.\"orders \"\"new\"\"\"", "index created, with a name that needs quotes");
	s->new.plan = NEW_PLAN;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "an index that the new plan does not use");
	s->new.plan = OLD_PLAN;
	s->tables[1].nindexes = 2;
	s->tables[0].indexes[1].valid = false;
	expect(s, TEND_PLAN_CAUSE_INDEX_CREATED, "orders_day", "", "", "an index that has become valid");
	s->new.planid = s->old.planid;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "the same plan does not get slow by an index");
}

static void
check_settings(void)
{
	Sides	   *s = alike();

	s->new.settings = "random_page_cost = 4\nwork_mem = 64MB\n";
	expect(s, TEND_PLAN_CAUSE_SETTING, "{\"settings\":[{\"name\":\"random_page_cost\",\"old\":\"1.1\",\"new\":\"4\"}]}",
		   "random_page_cost was 1.1", "set it back to 1.1", "setting changed");
	s->new.settings = "work_mem = 64MB";
	expect(s, TEND_PLAN_CAUSE_SETTING, "\"old\":\"1.1\",\"new\":null", "and the default for the new one", "", "setting reset");
	s->new.settings = "enable_seqscan = off\nrandom_page_cost = 1.1\nwork_mem = 64";
	expect(s, TEND_PLAN_CAUSE_SETTING, "{\"name\":\"enable_seqscan\",\"old\":null,\"new\":\"off\"}", "1 more settings differ", "",
		   "one setting more, and one that is longer");
	s->new.settings = "";
	expect(s, TEND_PLAN_CAUSE_SETTING, "work_mem", "", "", "all are the default");
	s->new.settings = "garbage\n\n = \nx = ";
	expect(s, TEND_PLAN_CAUSE_SETTING, "\"name\":\"garbage\"", "", "", "lines that are none");
	s->tables[1].columns[0].target = 1000;
	s->new.settings = s->old.settings;
	expect(s, TEND_PLAN_CAUSE_STATISTICS_TARGET, "\"column\":\"id\",\"old\":-1,\"new\":1000", "was -1 and is 1000",
		   "ALTER TABLE shop.orders ALTER COLUMN id SET STATISTICS -1", "statistics target");
}

static void
check_executions(void)
{
	Sides	   *s = alike();

	s->new.sums.partitions = 5000;
	expect(s, TEND_PLAN_CAUSE_PRUNING_LOST, "{\"old\":2,\"new\":50}", "goes to 50 partitions; it went to 2", "partition key", "partition pruning lost");
	s->new.sums.partitions = 300;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "one partition more is a new month");
	s->new.sums.calls = 0;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "without calls nothing is known");

	s = alike();
	s->new.sums.temp_blks = 100000;
	expect(s, TEND_PLAN_CAUSE_SPILLED, "\"old\":0,\"new\":1000", "writes 8000 kB to temporary files", "work_mem", "spilled");
	s->old.sums.temp_blks = 50000;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "it had spilled before");

	s = alike();
	s->tables[1].allvisible = 100;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "visibility does not matter to these plans");
	s->old.plan = "Index Only Scan using orders_day on orders";
	expect(s, TEND_PLAN_CAUSE_VISIBILITY_LOST, "\"old\":0.9,\"new\":0.1", "90 % of the pages", "VACUUM shop.orders", "visibility map lost");
	s->tables[1].relpages = s->tables[0].relpages = 0;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "an empty table");

	s = alike();
	s->tables[1].relpages = 5000;
	s->new.planid = s->old.planid;
	expect(s, TEND_PLAN_CAUSE_TABLE_GREW, "\"old_pages\":1000,\"new_pages\":5000", "5.0 times", "VACUUM (VERBOSE) shop.orders", "table grew");
	s->tables[1].relpages = 2000;
	expect(s, TEND_PLAN_CAUSE_UNKNOWN, "", "", "", "table doubled");
	s->tables[0].relpages = 0;
	s->tables[0].reltuples = -1;
	expect(s, TEND_PLAN_CAUSE_TABLE_GREW, "\"old_rows\":null", "", "", "a table that was empty");
}

static void
check_analyze(void)
{
	Sides	   *s = alike();
	TendPlanFinding f;

	s->tables[1].last_analyze = 9;
	expect(s, TEND_PLAN_CAUSE_ANALYZE, "\"changed\":[]", "did not change much", "ANALYZE shop.orders", "analyzed, and nothing else is known");
	s->tables[1].columns[1].top_frequency = NAN;
	expect(s, TEND_PLAN_CAUSE_ANALYZE, "", "share of the most common value of column day 0.02 to none.", "", "no most common value any more");
	s->tables[1].reltuples = 150000;
	s->tables[1].columns[1].correlation = -0.9;
	s->tables[1].columns[1].n_distinct = -0.5;
	s->tables[1].columns[0].null_frac = 0.4;
	expect(s, TEND_PLAN_CAUSE_ANALYZE, "{\"what\":\"rows\",\"old\":100000,\"new\":150000}", "rows 100 000 to 150 000",
		   "", "what it changed: rows");
	expect(s, TEND_PLAN_CAUSE_ANALYZE, "{\"column\":\"day\",\"what\":\"n_distinct\",\"old\":100,\"new\":75000}", "", "", "distinct values");
	expect(s, TEND_PLAN_CAUSE_ANALYZE, "\"what\":\"correlation\",\"old\":0.5,\"new\":-0.9", "", "", "correlation");
	expect(s, TEND_PLAN_CAUSE_ANALYZE, "\"what\":\"top_frequency\",\"old\":0.02,\"new\":null", "", "", "a most common value");
	expect(s, TEND_PLAN_CAUSE_ANALYZE, "\"what\":\"null_frac\",\"old\":0,\"new\":0.4", "share of nulls of column id", "", "nulls");
	s->tables[1].reltuples = 400000;
	s->tables[0].last_analyze = 0;
	expect(s, TEND_PLAN_CAUSE_TABLE_GREW, "\"also\":[\"analyze\"]", "", "", "the stronger cause is told, the other one beside it");
	s->new.generic = true;
	s->tables[1].nindexes = 1;
	s->new.settings = "";
	s->tables[1].columns[0].target = 7;
	s->new.sums.partitions = 1e6;
	s->new.sums.temp_blks = 1e6;
	s->tables[1].allvisible = 0;
	s->old.plan = "Index Only Scan using orders_day";
	f = find(s);
	tap_ok(f.cause == TEND_PLAN_CAUSE_GENERIC_PLAN, "of many the strongest");
	tap_contains(f.evidence, "\"also\":[\"index dropped\",\"setting changed\",\"statistics target\",\"partition pruning lost\",\"spilled\",\"visibility map lost\",\"table grew\",\"analyze\"]}",
				 "and all of the others");
	for (int i = 0; i <= TEND_PLAN_CAUSE_VISIBILITY_LOST; i++)
		for (int j = 0; j < i; j++)
			if (strcmp(tend_plan_cause_name(i), tend_plan_cause_name(j)) == 0)
				tap_ok(false, "names of causes differ");
}

/* ---- nonsense ---- */

static char *
odd_text(size_t size)
{
	static const char bytes[] = "a_\"\\\n\t.= \001\177\303\244\377$'";
	size_t		len = given_dice(size);
	char	   *str = palloc(size);

	for (size_t i = 0; i < len; i++)
		str[i] = given_dice(3) ? 'x' : bytes[given_dice(sizeof(bytes) - 1)];
	str[len] = '\0';
	return str;
}

static double
odd_number(void)
{
	static const double odd[] = {0, -1, 1, NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e-300, 1e15};

	return given_dice(2) ? odd[given_dice(lengthof(odd))] : given_between(1e-3, 1e9);
}

static void
odd_table(TendTableInputs *t)
{
	char	   *name = odd_text(sizeof(t->name));

	strcpy(t->name, name);
	pfree(name);
	t->reltuples = odd_number();
	t->relpages = odd_number();
	t->allvisible = odd_number();
	t->last_analyze = given_dice(3);
	t->nindexes = (int) given_dice(TEND_INPUT_INDEXES + 3) - 1;
	for (int i = 0; i < TEND_INPUT_INDEXES; i++)
	{
		name = odd_text(given_dice(2) ? 3 : NAMEDATALEN);
		t->indexes[i].oid = given_dice(1000);
		t->indexes[i].valid = given_dice(2);
		strcpy(t->indexes[i].name, name);
		pfree(name);
	}
	t->ncolumns = (int) given_dice(TEND_INPUT_COLUMNS + 3) - 1;
	for (int i = 0; i < TEND_INPUT_COLUMNS; i++)
	{
		name = odd_text(given_dice(2) ? 3 : NAMEDATALEN);
		strcpy(t->columns[i].name, name);
		pfree(name);
		t->columns[i].n_distinct = odd_number();
		t->columns[i].correlation = odd_number();
		t->columns[i].null_frac = odd_number();
		t->columns[i].top_frequency = odd_number();
		t->columns[i].target = given_dice(2);
	}
}

static void
odd_side(TendPlanSide *side)
{
	side->planid = given_dice(2);
	side->generic = given_dice(2);
	side->plan = given_dice(4) ? odd_text(3000) : NULL;
	side->settings = given_dice(4) ? odd_text(2000) : NULL;
	for (int i = 0; i < TEND_PLAN_NSUMS; i++)
		((double *) &side->sums)[i] = odd_number();
	side->ntables = given_dice(2) ? 1 : 0;
}

static bool
ends_within(const char *str, size_t size)
{
	return memchr(str, '\0', size) != NULL;
}

static void
check_nonsense(void)
{
	int			wrong = 0;

	for (int i = 0; i < 10000; i++)
	{
		Sides	   *s = alike();
		TendPlanFinding f;

		odd_side(&s->old);
		odd_side(&s->new);
		odd_table(&s->tables[0]);
		odd_table(&s->tables[1]);
		memset(&f, 'x', sizeof(f));
		tend_plan_find_cause(&s->old, &s->new, &f);
		if (!ends_within(f.evidence, sizeof(f.evidence)) || !ends_within(f.words, sizeof(f.words)) ||
			!ends_within(f.remedy, sizeof(f.remedy)) || !is_json_object(f.evidence))
		{
			if (wrong++ == 0)
				fprintf(stderr, "# %.1000s\n", f.evidence);
		}
		pfree(s);
	}
	tap_ok(wrong == 0, "nonsense makes valid JSON");
}

int
main(void)
{
	tap_ok(is_json_object("{\"a\":[1,{\"b\":null}],\"c\":\"\\u0001\\\"\"}") && !is_json_object("{\"a\":nan}") &&
		   !is_json_object("{\"a\":1,}") && !is_json_object("{\"a\":\"\n\"}"), "we know JSON when we see it");
	check_unknown();
	check_generic();
	check_indexes();
	check_settings();
	check_executions();
	check_analyze();
	check_nonsense();
	return tap_done();
}
