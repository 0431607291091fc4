/*-------------------------------------------------------------------------
 *
 * mask.c
 *	  Tests of src/draw/mask.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "draw/mask.h"

typedef struct Case
{
	const char *name;
	const char *text;
	const char *want;
}			Case;

static const Case queries[] = {
	{"parameters stay", "SELECT * FROM t1 WHERE a = $1", "SELECT * FROM t1 WHERE a = $1"},
	{"numbers go", "SELECT 12, 1.5e-3, 0x1F, .5, a-7 FROM t2", "SELECT ?, ?, ?, ?, a-? FROM t2"},
	{"strings go", "WHERE a = 'my secret' AND b = 'it''s'", "WHERE a = ? AND b = ?"},
	{"with escapes, too", "WHERE a = E'it\\'s secret' AND b", "WHERE a = E? AND b"},
	{"a backslash elsewhere is none", "WHERE a = 'C:\\x' AND b = 'y'", "WHERE a = ? AND b = ?"},
	{"unless it may be one", "WHERE a = 'it\\'s a secret' AND b = 'x'", "WHERE a = ?"},
	{"in a name it is none", "SELECT \"a\\\", 'secret'", "SELECT \"a\\\", ?"},
	{"between dollars", "SELECT $$secret$$, $a$ $$ secret $a$, $2", "SELECT ?, ?, $2"},
	{"names stay", "SELECT \"user 7\", \"it's\" FROM t_1", "SELECT \"user 7\", \"it's\" FROM t_1"},
	{"comments go", "SELECT a /* secret /* more */ */ FROM t -- secret\nWHERE b", "SELECT a   FROM t  \nWHERE b"},
	{"what does not end is hidden", "SELECT 'secret", "SELECT ?"},
	{"between dollars, too", "SELECT $x$ secret", "SELECT ?"},
	{"letters beyond ASCII are letters", "SELECT \xc3\xa4" "1 FROM t", "SELECT \xc3\xa4" "1 FROM t"},
	{"nothing", "", ""},
};

static const Case plans[] = {
	{"costs stay, constants go",
		"Index Scan using i on t  (cost=0.28..8.30 rows=1 width=14)\n  Index Cond: (id = 4711)\n  Filter: (name = 'secret'::text)",
	"Index Scan using i on t  (cost=0.28..8.30 rows=1 width=14)\n  Index Cond: (id = ?)\n  Filter: (name = ?::text)"},
	{"a constant of several lines",
		"Seq Scan on t  (cost=0.00..8.30 rows=1 width=14)\n  Filter: (name = 'first\nsecret 'text)\nSort  (cost=1.00..2.00 rows=1 width=4)",
	"Seq Scan on t  (cost=0.00..8.30 rows=1 width=14)\n  Filter: (name = ?text)\nSort  (cost=1.00..2.00 rows=1 width=4)"},
	{"costs in a constant are data", "Filter: (name = 'x  (cost=secret')", "Filter: (name = ?)"},
	{"costs in a name are a name", "Seq Scan on \"a  (cost=\" t\n  Filter: (b = 'secret')", "Seq Scan on \"a  (cost=\" t\n  Filter: (b = ?)"},
	{"parameters stay", "Seq Scan on job_1\n  Filter: (a = $0)", "Seq Scan on job_1\n  Filter: (a = $0)"},
	{"nothing", "", ""},
};

int
main(void)
{
	for (int i = 0; i < (int) lengthof(queries); i++)
		tap_text(tend_mask_query(queries[i].text), queries[i].want, psprintf("query: %s", queries[i].name));
	for (int i = 0; i < (int) lengthof(plans); i++)
		tap_text(tend_mask_plan(plans[i].text), plans[i].want, psprintf("plan: %s", plans[i].name));
	return tap_done();
}
