/*-------------------------------------------------------------------------
 *
 * plan_diff.c
 *	  Tests of src/advise/plan_diff.c and plan_outline.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include <time.h>

#include "advise/plan_diff.h"
#include "common/pg_prng.h"
#include "lib/stringinfo.h"

#define COSTS "  (cost=0.29..8.31 rows=1 width=4)"
#define OTHER_COSTS "  (cost=10.00..977.50 rows=5000 width=44)"

typedef struct Case
{
	const char *name;
	const char *old_plan;
	const char *new_plan;
	const char *want;			/* lines "mark old|new", without indentation
								 * and costs */
}			Case;

static const Case cases[] = {
	{
		"the same plan has no marks",
		"Limit" COSTS "\n  ->  Seq Scan on a" COSTS "\n        Filter: (x > $0)",
		"Limit" COSTS "\n  ->  Seq Scan on a" COSTS "\n        Filter: (x > $0)",
		" Limit|Limit\n Seq Scan on a|Seq Scan on a\n Filter: (x > $0)|Filter: (x > $0)\n"
	},
	{
		"other costs are no difference",
		"Seq Scan on a" COSTS,
		"Seq Scan on a" OTHER_COSTS,
		" Seq Scan on a|Seq Scan on a\n"
	},
	{
		"another condition of the same node",
		"Seq Scan on a" COSTS "\n  Filter: (x > $0)",
		"Seq Scan on a" COSTS "\n  Filter: (y > $0)",
		"~Seq Scan on a|Seq Scan on a\n~Filter: (x > $0)|Filter: (y > $0)\n"
	},
	{
		"another index of the same table",
		"Index Scan using i on a" COSTS "\n  Index Cond: (x = $0)",
		"Index Scan using j on a" COSTS "\n  Index Cond: (x = $0)",
		"~Index Scan using i on a|Index Scan using j on a\n Index Cond: (x = $0)|Index Cond: (x = $0)\n"
	},
	{
		"another way to read the same table",
		"Index Scan using i on a" COSTS "\n  Index Cond: (x = $0)",
		"Seq Scan on a" COSTS "\n  Filter: (x = $0)",
		"~Index Scan using i on a|Seq Scan on a\n<Index Cond: (x = $0)|\n>|Filter: (x = $0)\n"
	},
	{
		"another table is another node",
		"Seq Scan on a" COSTS,
		"Seq Scan on b" COSTS,
		"<Seq Scan on a|\n>|Seq Scan on b\n"
	},
	{
		"a node on top leaves what is below it paired",
		"Seq Scan on a" COSTS "\n  Filter: (x > $0)",
		"Sort" COSTS "\n  Sort Key: x\n  ->  Seq Scan on a" COSTS "\n        Filter: (x > $0)",
		">|Sort\n>|Sort Key: x\n Seq Scan on a|Seq Scan on a\n Filter: (x > $0)|Filter: (x > $0)\n"
	},
	{
		"a node in between",
		"Limit" COSTS "\n  ->  Sort" COSTS "\n        Sort Key: x\n        ->  Seq Scan on a" COSTS,
		"Limit" COSTS "\n  ->  Gather Merge" COSTS "\n        Workers Planned: 2\n        ->  Sort" COSTS
		"\n              Sort Key: x\n              ->  Parallel Seq Scan on a" COSTS,
		" Limit|Limit\n>|Gather Merge\n>|Workers Planned: 2\n Sort|Sort\n Sort Key: x|Sort Key: x\n"
		"~Seq Scan on a|Parallel Seq Scan on a\n"
	},
	{
		"another method joins the same tables",
		"Hash Join" COSTS "\n  Hash Cond: (a.id = b.id)\n  ->  Seq Scan on a" COSTS "\n  ->  Hash" COSTS
		"\n        ->  Seq Scan on b" COSTS,
		"Nested Loop" COSTS "\n  ->  Seq Scan on a" COSTS "\n  ->  Index Scan using b_pkey on b" COSTS
		"\n        Index Cond: (id = a.id)",
		"~Hash Join|Nested Loop\n<Hash Cond: (a.id = b.id)|\n Seq Scan on a|Seq Scan on a\n<Hash|\n"
		"~Seq Scan on b|Index Scan using b_pkey on b\n>|Index Cond: (id = a.id)\n"
	},
	{
		"the order of a join: the table keeps its partner",
		"Nested Loop" COSTS "\n  ->  Seq Scan on a" COSTS "\n  ->  Seq Scan on b" COSTS,
		"Nested Loop" COSTS "\n  ->  Seq Scan on b" COSTS "\n  ->  Seq Scan on a" COSTS,
		" Nested Loop|Nested Loop\n<Seq Scan on a|\n Seq Scan on b|Seq Scan on b\n>|Seq Scan on a\n"
	},
	{
		"aliases tell the two sides of a self-join",
		"Nested Loop" COSTS "\n  ->  Seq Scan on a x" COSTS "\n  ->  Seq Scan on a y" COSTS,
		"Nested Loop" COSTS "\n  ->  Seq Scan on a y" COSTS,
		" Nested Loop|Nested Loop\n<Seq Scan on a x|\n Seq Scan on a y|Seq Scan on a y\n"
	},
	{
		"a bitmap gives way",
		"Bitmap Heap Scan on a" COSTS "\n  Recheck Cond: (x = $0)\n  ->  Bitmap Index Scan on a_x" COSTS
		"\n        Index Cond: (x = $0)",
		"Seq Scan on a" COSTS "\n  Filter: (x = $0)",
		"~Bitmap Heap Scan on a|Seq Scan on a\n<Recheck Cond: (x = $0)|\n>|Filter: (x = $0)\n"
		"<Bitmap Index Scan on a_x|\n<Index Cond: (x = $0)|\n"
	},
	{
		"another index in a bitmap",
		"Bitmap Heap Scan on a" COSTS "\n  ->  Bitmap Index Scan on a_x" COSTS,
		"Bitmap Heap Scan on a" COSTS "\n  ->  Bitmap Index Scan on a_y" COSTS,
		" Bitmap Heap Scan on a|Bitmap Heap Scan on a\n~Bitmap Index Scan on a_x|Bitmap Index Scan on a_y\n"
	},
	{
		"subplans and CTEs",
		"Result" COSTS "\n  InitPlan 1 (returns $0)\n    ->  Seq Scan on a" COSTS "\n  CTE c\n    ->  Seq Scan on b" COSTS,
		"Result" COSTS "\n  CTE c\n    ->  Seq Scan on b" COSTS "\n  SubPlan 1\n    ->  Seq Scan on a" COSTS,
		" Result|Result\n<InitPlan 1 (returns $0)|\n<Seq Scan on a|\n CTE c|CTE c\n Seq Scan on b|Seq Scan on b\n"
		">|SubPlan 1\n>|Seq Scan on a\n"
	},
	{
		"partitions that are not shown",
		"Append" COSTS "\n  ->  Seq Scan on a1" COSTS "\n  ... and 480 more\n",
		"Append" COSTS "\n  ->  Seq Scan on a1" COSTS "\n  ... and 499 more\n",
		" Append|Append\n Seq Scan on a1|Seq Scan on a1\n~... and 480 more|... and 499 more\n"
	},
	{
		"partial and final aggregates",
		"Aggregate" COSTS "\n  ->  Seq Scan on a" COSTS,
		"Finalize Aggregate" COSTS "\n  ->  Gather" COSTS "\n        ->  Partial Aggregate" COSTS
		"\n              ->  Parallel Seq Scan on a" COSTS,
		"~Aggregate|Finalize Aggregate\n>|Gather\n>|Partial Aggregate\n~Seq Scan on a|Parallel Seq Scan on a\n"
	},
	{
		"tables of a change of data",
		"Update on a" COSTS "\n  ->  Seq Scan on a" COSTS,
		"Delete on a" COSTS "\n  ->  Seq Scan on a" COSTS,
		"<Update on a|\n>|Delete on a\n Seq Scan on a|Seq Scan on a\n"
	},
	{
		"words in quoted names mean nothing",
		"Index Scan using \"i on b\" on \"a using c\" x" COSTS,
		"Seq Scan on \"a using c\" x" COSTS,
		"~Index Scan using \"i on b\" on \"a using c\" x|Seq Scan on \"a using c\" x\n"
	},
	{"a line end within a name", "Seq Scan on \"a\nb\"" COSTS, "Seq Scan on \"a\nb\"" COSTS,
	" Seq Scan on \"a|Seq Scan on \"a\n b\"|b\"\n"},
	{"a plan we do not have", NULL, "Result" COSTS, ">|Result\n"},
	{"a plan gone", "Result" COSTS, "", "<Result|\n"},
	{"no plans", NULL, NULL, ""},
	{"empty lines", "\n\n", "\n", "~|\n<|\n"},
};

/* ---- collecting ---- */

typedef struct Collected
{
	StringInfoData lines;		/* as in Case */
	StringInfoData old_side;	/* the lines as they came */
	StringInfoData new_side;
	bool		sound;
}			Collected;

static void
append_short(StringInfo out, const char *line)
{
	const char *costs;

	if (line == NULL)
		return;
	line += strspn(line, " ");
	if (strncmp(line, "->  ", 4) == 0)
		line += 4;
	costs = strstr(line, "  (cost=");
	appendBinaryStringInfo(out, line, costs ? costs - line : (int) strlen(line));
}

static void
append_side(StringInfo out, const char *line)
{
	if (line != NULL)
		appendStringInfo(out, "%s\n", line);
}

static void
collect(char mark, const char *old_line, const char *new_line, void *arg)
{
	Collected  *c = (Collected *) arg;

	appendStringInfoChar(&c->lines, mark);
	append_short(&c->lines, old_line);
	appendStringInfoChar(&c->lines, '|');
	append_short(&c->lines, new_line);
	appendStringInfoChar(&c->lines, '\n');
	append_side(&c->old_side, old_line);
	append_side(&c->new_side, new_line);
	c->sound &= (mark == '>') == (old_line == NULL) && (mark == '<') == (new_line == NULL) &&
		strchr(" ~<>", mark) != NULL;
}

static Collected *
compare(const char *old_plan, const char *new_plan)
{
	static Collected c;

	if (c.lines.data == NULL)
	{
		initStringInfo(&c.lines);
		initStringInfo(&c.old_side);
		initStringInfo(&c.new_side);
	}
	resetStringInfo(&c.lines);
	resetStringInfo(&c.old_side);
	resetStringInfo(&c.new_side);
	c.sound = true;
	tend_plan_diff(old_plan, new_plan, collect, &c);
	return &c;
}

static bool
is_text(const StringInfoData *side, const char *plan)
{
	size_t		len = strlen(plan);

	return strncmp(side->data, plan, len) == 0 &&
		(side->data[len] == '\0' || strcmp(side->data + len, "\n") == 0);
}

/* Each side shows all of its plan, in its order. */
static bool
is_complete(const Collected * c, const char *old_plan, const char *new_plan)
{
	return c->sound && is_text(&c->old_side, old_plan) && is_text(&c->new_side, new_plan);
}

/* ---- damaged plans ---- */

static char *
damage(const char *plan, pg_prng_state *random)
{
	static const char bytes[] = "\n\n  \"->(=.:$\x80\xff\xc3" "aJ1";
	StringInfoData out;
	int			len = strlen(plan);
	int			changes = pg_prng_uint64_range(random, 0, 6);

	initStringInfo(&out);
	appendStringInfoString(&out, plan);
	for (int i = 0; i < changes && len > 0; i++)
	{
		int			at = pg_prng_uint64_range(random, 0, len - 1);
		int			n = pg_prng_uint64_range(random, 1, 40);

		n = Min(n, len - at);
		switch (pg_prng_uint64_range(random, 0, 3))
		{
			case 0:
				out.data[at] = bytes[pg_prng_uint64_range(random, 0, sizeof(bytes) - 2)];
				break;
			case 1:
				memmove(out.data + at, out.data + at + n, len - at - n + 1);
				break;
			case 2:
				memset(out.data + at, out.data[at], n);
				break;
			default:
				out.data[at] = '\0';
		}
		out.len = len = strlen(out.data);
	}
	return out.data;
}

static void
check_damaged(void)
{
	pg_prng_state random;
	int			bad = 0;

	pg_prng_seed(&random, 4);
	for (int i = 0; i < 20000; i++)
	{
		const		Case *o = &cases[pg_prng_uint64_range(&random, 0, lengthof(cases) - 1)];
		const		Case *n = &cases[pg_prng_uint64_range(&random, 0, lengthof(cases) - 1)];
		char	   *old_plan = damage(o->old_plan ? o->old_plan : "", &random);
		char	   *new_plan = damage(n->new_plan ? n->new_plan : "", &random);

		if (!is_complete(compare(old_plan, new_plan), old_plan, new_plan) && bad++ == 0)
			fprintf(stderr, "# incomplete:\n%s\n# and:\n%s\n", old_plan, new_plan);
		pfree(old_plan);
		pfree(new_plan);
	}
	tap_ok(bad == 0, "whatever happened to plans, each side shows all of its own");
}

/* ---- large plans ---- */

/* Joins within joins; every "strange"th table has another name. */
static char *
deep_plan(int joins, int strange)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < joins; i++)
		appendStringInfo(&out, "%*s%sNested Loop" COSTS "\n%*s->  Seq Scan on %c%d" COSTS "\n%*sFilter: (x = %d)\n",
						 6 * i, "", i ? "->  " : "", 6 * i + 2, "", i % strange ? 't' : 'u', i, 6 * i + 8, "", i % 3);
	return out.data;
}

static char *
wide_plan(int tables, int strange)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "Append" COSTS "\n");
	for (int i = 0; i < tables; i++)
		appendStringInfo(&out, "  ->  %s Scan on t%d" COSTS "\n        Filter: (x = %d)\n",
						 i % strange ? "Seq" : "Tid", i * strange, i % 3);
	return out.data;
}

static void
check_large(const char *name, char *old_plan, char *new_plan)
{
	clock_t		start = clock();
	const		Collected *c = compare(old_plan, new_plan);
	double		seconds = (clock() - start) / (double) CLOCKS_PER_SEC;

	printf("# %s: %d and %d kB, %.1f ms\n", name, (int) strlen(old_plan) / 1024,
		   (int) strlen(new_plan) / 1024, seconds * 1000);
	tap_ok(is_complete(c, old_plan, new_plan), psprintf("%s: all is shown", name));
	tap_ok(seconds < 5, psprintf("%s: within seconds", name));
	pfree(old_plan);
	pfree(new_plan);
}

static char *
repeated(const char *line, int times)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "Result\n");
	for (int i = 0; i < times; i++)
		appendStringInfo(&out, "%s%d\n", line, i % 7);
	return out.data;
}

int
main(void)
{
	for (int i = 0; i < (int) lengthof(cases); i++)
		tap_text(compare(cases[i].old_plan, cases[i].new_plan)->lines.data, cases[i].want, cases[i].name);
	check_damaged();
	check_large("1000 nodes, one in another", deep_plan(500, 3), deep_plan(500, 2));
	check_large("1000 nodes side by side", wide_plan(1000, 3), wide_plan(1000, 2));
	check_large("more nodes than are compared", wide_plan(5000, 3), wide_plan(5000, 2));
	check_large("more details than are compared", repeated("Filter: ", 9000), repeated("Sort: ", 9000));
	check_large("many details", repeated("Filter: ", 2000), repeated("Filter: 1", 2000));
	check_large("empty lines", repeated("\n\n", 9000), repeated("\n \n", 9000));
	return tap_done();
}
