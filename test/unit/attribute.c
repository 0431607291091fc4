/*-------------------------------------------------------------------------
 *
 * attribute.c
 *	  Tests of src/advise/attribute.c and src/advise/estimate_sums.c
 *
 * A clause is written as its column, what it is, and the rows that it alone
 * lets expect; then what is known of it: "2=1933/lt100" is an equality on
 * column 2, whose list of common values is full at a target of 100.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/attribute.h"

/* In the order of TendClauseClass */
static const char class_signs[] = "=<!?~fco";

static const char *const causes[] = {
	"correlated", "stale", "target", "generic", "expression", "join", "not coverable", "unknown"
};

#define NODE(n, f) {n, GIVEN_DOUBLE, offsetof(TendNodeFacts, f)}
static const GivenField node_fields[] = {
	NODE ("T", table_rows),
	NODE ("modified", modified),
	NODE ("planned", planned),
	NODE ("actual", actual),
	NODE ("S", estimated),
	NODE ("generic", generic),
	NODE ("in", input_planned),
	NODE ("came", input_actual),
	NODE ("d1", distinct[0]),
	NODE ("d2", distinct[1]),
	NODE ("d3", distinct[2]),
	{"columns", GIVEN_INT, offsetof(TendNodeFacts, ncolumns)},
	{"more", GIVEN_BOOL, offsetof(TendNodeFacts, more_clauses)},
	{"covered", GIVEN_BOOL, offsetof(TendNodeFacts, covered)},
	{"relid", GIVEN_UINT32, offsetof(TendNodeFacts, relid)},
	{0}
};

static TendClauseFacts
clause_of(const char *text)
{
	TendClauseFacts c = {.target = 100};
	char	   *rest;
	const char *sign;

	c.column = strtol(text, &rest, 10);
	sign = strchr(class_signs, *rest);
	if (sign == NULL || *rest == '\0')
	{
		fprintf(stderr, "no clause is written \"%s\"\n", text);
		exit(2);
	}
	c.class = sign - class_signs;
	c.rows = strtod(rest + 1, &rest);
	for (; *rest != '\0'; rest++)
	{
		c.parameter |= *rest == 'p';
		c.no_statistics |= *rest == 'n';
		c.beyond |= *rest == 'b';
		c.list_full |= *rest == 'l';
		c.no_list |= *rest == 'r';
		if (*rest == 't')
			c.target = atoi(rest + 1);
	}
	return c;
}

/* A scan of 100 000 rows with fresh statistics, or what "text" says */
static TendNodeFacts
node_of(TendEstimateKind kind, const char *clauses, const char *text)
{
	TendNodeFacts node = {
		.kind = kind,
		.relid = 16384,
		.scanned = 16384,
		.table_rows = 100000,
		.modified = NAN,
		.planned = NAN,
		.estimated = NAN,
		.generic = NAN,
		.input_planned = NAN,
		.input_actual = NAN
	};
	char		item[128];

	for (int i = 0; i < TEND_ESTIMATE_COLUMNS; i++)
	{
		node.columns[i] = i + 1;
		node.distinct[i] = NAN;
	}
	while (given_next(&clauses, item, sizeof(item)))
		node.clauses[node.nclauses++] = clause_of(item);
	given_set(node_fields, &node, text);
	return node;
}

/* "correlated 1= 2<", "" without a finding */
static void
print_finding(bool found, const TendFinding *f, char *buffer, size_t size)
{
	size_t		len;

	buffer[0] = '\0';
	if (!found)
		return;
	snprintf(buffer, size, "%s", causes[f->key.cause]);
	for (int i = 0; i < f->key.ncolumns; i++)
	{
		len = strlen(buffer);
		snprintf(buffer + len, size - len, " %d%c", f->key.columns[i], class_signs[f->key.classes[i]]);
	}
	len = strlen(buffer);
	snprintf(buffer + len, size - len, "%s", f->parameter ? " p" : "");
}

typedef struct Case
{
	const char *name;
	const char *clauses;
	const char *node;
	const char *want;
	double		expected;		/* checked if there is a finding */
} Case;

static void
check_cases(TendEstimateKind kind, const Case *cases, int n)
{
	for (int i = 0; i < n; i++)
	{
		TendNodeFacts node = node_of(kind, cases[i].clauses, cases[i].node);
		TendFinding f;
		char		got[200];
		bool		found = tend_attribute(&node, &f);

		print_finding(found, &f, got, sizeof(got));
		if (strcmp(got, cases[i].want) == 0 && found &&
			!(fabs(f.expected - cases[i].expected) <= 1e-6 * cases[i].expected))
			snprintf(got, sizeof(got), "expected %.17g", f.expected);
		tap_text(got, cases[i].want, cases[i].name);
	}
}

static const Case filters[] = {
	/* what was measured on a server */
	{"functional dependency", "1=137 2=1933", "planned=3 S=3 actual=137", "correlated 1= 2=", 3},
	{"independent columns", "1=3667 2=3993", "planned=146 S=146 actual=143", "", 0},
	{"a stale column", "1=32102 2=0/b", "planned=1 S=0 actual=804", "stale 2=", 0},
	{"a generic plan", "1=90073/p 2=10047/p", "planned=50 S=9049 generic=50 actual=9010", "generic 1= 2= p", 50},

	/* rule 1 */
	{"a generic plan has parameters", "1=90073 2=10047", "planned=50 S=9049 generic=50 actual=9010", "", 0},
	{"only columns with a parameter belong to it",
	"1=90073 2=10047/p 3<50000/p", "planned=50 S=9049 generic=50 actual=9010", "generic 2= 3< p", 50},
	{"a plan that does not come without the values is an old one",
	"1=90073/p 2=10047/p", "planned=50 S=9049 generic=101 actual=9010", "", 0},
	{"which values would not have helped is not to blame",
	"1=1000/p 2=2000/p", "planned=20 S=20 generic=20 actual=900", "correlated 1= 2= p", 20},
	{"at the border of twice", "1=500/p", "planned=500 S=501 generic=999 actual=1000", "generic 1= p", 500},
	{"beyond it", "1=500/p", "planned=500 S=501 generic=1000 actual=1000", "", 0},

	/* rule 2 */
	{"an old plan", "1=4000 2=4000", "planned=3 S=100 actual=150", "", 0},
	{"almost twice is not wrong", "1=400 2=400", "planned=50 S=50 actual=99", "", 0},
	{"twice is", "1=400 2=400", "planned=50 S=50 actual=100", "correlated 1= 2=", 50},
	{"and half is", "1=4000 2=4000", "planned=160 S=160 actual=80", "correlated 1= 2=", 160},

	/* rule 3, one of several clauses */
	{"more rows than a clause alone lets expect",
	"1=50000 2=100/l", "planned=50 S=50 actual=400", "target 2=", 100},
	{"up to half as many more are chance", "1=50000 2=100/l", "planned=50 S=50 actual=150", "correlated 1= 2=", 50},
	{"less than twice, and it could not be known better: nothing",
	"1=50000 2=100/l", "planned=50 S=50 actual=151", "", 0},
	{"less than twice, but it is old",
	"1=50000 2=100", "planned=50 S=50 actual=151 modified=20001", "stale 2=", 100},
	{"the clause that is wrong most is to blame",
	"1=90/l 2=40 3=80/b", "planned=1 S=1 actual=400", "target 2=", 40},
	{"a value beyond the histogram", "1=50000 2=100/b", "planned=50 S=50 actual=400", "stale 2=", 100},
	{"one fifth of the rows modified is not too old",
	"1=50000 2=100/l", "planned=50 S=50 actual=400 modified=20000", "target 2=", 100},
	{"more is", "1=50000 2=100/l", "planned=50 S=50 actual=400 modified=20001", "stale 2=", 100},
	{"a full list at a high target", "1=50000 2=100/lt1000", "planned=50 S=50 actual=400", "unknown 2=", 100},
	{"a full list at a target that can be raised",
	"1=50000 2=100/lt999", "planned=50 S=50 actual=400", "target 2=", 100},
	{"a list with room, and all rows in the sample",
	"1=9000 2=100", "T=30000 planned=50 S=30 actual=400", "unknown 2=", 100},
	{"a list with room, and not all rows in the sample",
	"1=9000 2=100", "T=30001 planned=50 S=30 actual=400", "target 2=", 100},
	{"a range is as exact as the histogram",
	"1=9000 2<100", "T=20000 planned=50 S=45 actual=400", "target 2<", 100},
	{"an expression without statistics",
	"1=50000 2f500/n", "planned=250 S=250 actual=30000", "expression 2f", 500},
	{"an expression with statistics", "1=50000 2f500", "planned=250 S=250 actual=30000", "not coverable 2f", 500},
	{"an expression of several columns",
	"1=50000 0f500/n", "planned=250 S=250 actual=30000", "expression", 500},
	{"a pattern", "1=50000 2~500/n", "planned=250 S=250 actual=30000", "not coverable 2~", 500},
	{"two columns compared", "1=50000 0c500/n", "planned=250 S=250 actual=30000", "not coverable", 500},
	{"rows that are not known disprove nothing",
	"1=nan 2=2000", "planned=50 S=50 actual=1500", "correlated 1= 2=", 50},

	{"a type without a list, beside another column",
	"1=500/r 2=9000", "planned=45 S=45 actual=900", "correlated 1= 2=", 45},
	{"a type without a list, and nothing beside it",
	"1=500/r 2~9000", "planned=45 S=45 actual=1100", "not coverable 1=", 500},
	{"a range of such a type", "1<500/r 2=9000", "planned=45 S=45 actual=1100", "target 1<", 500},

	/* a clause alone */
	{"alone: too low", "1=100/l", "planned=100 S=100 actual=400", "target 1=", 100},
	{"alone: too high", "1=1000/l", "planned=1000 S=1000 actual=400", "target 1=", 1000},
	{"alone: a value that does not exist", "1=1000/l", "planned=1000 S=1000 actual=0", "unknown 1=", 1000},
	{"alone: a range without rows", "1<1000", "planned=1000 S=1000 actual=0", "target 1<", 1000},
	{"alone: beyond, but too many were expected",
	"1=1000/b", "T=20000 planned=1000 S=1000 actual=0", "unknown 1=", 1000},
	{"alone: old, and too many were expected",
	"1=1000", "planned=1000 S=1000 actual=0 modified=50000", "stale 1=", 1000},
	{"alone: both ends of a range",
	"1<30000 1<80000", "planned=10000 S=10000 actual=90", "target 1<", 10000},
	{"alone: not null and equal", "1?90000 1=100/bp", "planned=90 S=90 actual=1000", "stale 1= p", 90},
	{"alone: a type without a list", "1=500/rl", "planned=500 S=500 actual=2000", "not coverable 1=", 500},
	{"alone: a pattern", "1~100", "planned=100 S=100 actual=1000", "not coverable 1~", 100},
	{"alone: an expression", "0f500/n", "planned=500 S=500 actual=20", "expression", 500},
	{"alone: never analyzed", "1=500/n", "planned=500 S=500 actual=20", "stale 1=", 500},
	{"alone: of another kind", "3o500", "planned=500 S=500 actual=20", "not coverable 3o", 500},
	{"not alone: there were more than fit",
	"1=1000/l", "planned=1000 S=1000 actual=400 more", "unknown 1=", 1000},

	/* rule 4 */
	{"a pattern beside two columns, which are wrong without it",
	"1=1000 2=2000 3~30000", "planned=6 S=6 actual=200", "correlated 1= 2=", 20},
	{"wrong by twice at least", "1=1000 2=2000 3~30000", "planned=6 S=6 actual=40", "correlated 1= 2=", 20},
	{"a pattern that could be wrong itself",
	"1=1000 2=2000 3~30000", "planned=6 S=6 actual=39", "not coverable 1= 2= 3~", 6},
	{"too many rows expected: who knows of which",
	"1=10000 2=20000 3~30000", "planned=600 S=600 actual=3", "not coverable 1= 2= 3~", 600},
	{"a pattern and one column", "1=1000 2~30000", "planned=300 S=300 actual=20", "not coverable 1= 2~", 300},
	{"an expression beside two columns, which are wrong without it",
	"1=1000 2=2000 3f500/n", "planned=0 S=0 actual=200", "correlated 1= 2=", 20},
	{"an expression without statistics may explain it",
	"1=10000 2=20000 0f500/n", "planned=10 S=10 actual=300", "expression", 10},
	{"clauses that did not fit", "1=1000 2=2000", "planned=6 S=6 actual=39 more", "unknown 1= 2=", 6},
	{"clauses that did not fit, and two columns that are wrong without",
	"1=1000 2=2000", "planned=6 S=6 actual=40 more", "correlated 1= 2=", 20},
	{"only clauses without a column",
	"0c33333 0o50000", "planned=16666 S=16666 actual=100", "not coverable", 16666},

	/* rule 5 */
	{"three columns", "3=1000 1=2000 2=3000", "planned=1 S=1 actual=900", "correlated 1= 2= 3=", 1},
	{"several kinds of clauses",
	"4=9000 2<8000 7!90000 3?7000", "planned=40 S=45 actual=900", "correlated 2< 3? 4= 7!", 45},
	{"a column twice stands once, with what says most",
	"2<80000 1=1000 2=2000 2?90000", "planned=12 S=12 actual=900", "correlated 1= 2=", 12},
	{"no rows, and twenty were expected", "1=1000 2=2000", "planned=20 S=20 actual=0", "correlated 1= 2=", 20},
	{"no rows, and fewer were expected", "1=1000 2=1999", "planned=19.99 S=19.99 actual=0", "", 0},
	{"twenty rows, and none were expected", "1=1000 2=1000", "planned=0 S=0 actual=20", "correlated 1= 2=", 0},
	{"nineteen", "1=1000 2=1000", "planned=0 S=0 actual=19", "", 0},
	{"old statistics come first",
	"1=1000 2=2000", "planned=20 S=20 actual=900 modified=20001", "stale 1= 2=", 20},
	{"an unknown number of modified rows", "1=1000 2=2000", "planned=20 S=20 actual=900 modified=nan",
	"correlated 1= 2=", 20},
	{"columns without statistics come first",
	"1=1000 2=500/n", "planned=20 S=5 actual=400", "stale 2=", 5},
	{"covered, but not cured", "1=1000 2=2000", "planned=60 S=60 actual=900 covered", "correlated 1= 2=", 60},
	{"covered, and it would be right without",
	"1=10000 2=20000", "planned=9000 S=9000 actual=2000 covered", "unknown 1= 2=", 9000},
	{"not covered: what the planner made of it all counts",
	"1=10000 2=20000", "planned=9000 S=9000 actual=2000", "correlated 1= 2=", 9000},
	{"covered, right without, and old",
	"1=10000 2=20000", "planned=9000 S=9000 actual=2000 covered modified=90000", "stale 1= 2=", 9000},
	{"a parameter", "1=1000/p 2=2000", "planned=20 S=20 actual=900", "correlated 1= 2= p", 20},
	{"a parameter of a clause that does not belong to it",
	"1=1000 2=2000 3~30000/p", "planned=6 S=6 actual=200", "correlated 1= 2=", 20},
	{"eight columns", "8=50000 7=50000 6=50000 5=50000 4=50000 3=50000 2=50000 1=50000",
	"planned=390 S=390 actual=4000", "correlated 1= 2= 3= 4= 5= 6= 7= 8=", 390},

	/* nonsense */
	{"it could not be planned again", "1=1000 2~2000", "planned=20 actual=900", "unknown 1= 2~", 20},
	{"it could not be planned again, and was right", "1=1000 2=2000", "planned=500 actual=900", "", 0},
	{"it could not be planned again, and there are no columns", "0c100", "planned=20 actual=900", "", 0},
	{"a scan without clauses: the size of the table is wrong", "", "planned=20 S=20 actual=900", "stale", 20},
	{"a scan without clauses that could not be planned again", "", "planned=20 actual=900", "", 0},
	{"a table without rows", "1=1000 2=2000", "T=0 planned=20 S=20 actual=900", "", 0},
	{"a table of unknown size", "1=1000 2=2000", "T=nan planned=20 S=20 actual=900", "", 0},
	{"an infinite table", "1=1000 2=2000", "T=inf planned=20 S=20 actual=900", "", 0},
	{"no table", "1=1000 2=2000", "relid=0 planned=20 S=20 actual=900", "", 0},
	{"an unknown number of rows", "1=1000 2=2000", "planned=20 S=20 actual=nan", "", 0},
	{"a negative number of rows", "1=10000 2=20000", "planned=2000 S=2000 actual=-1", "", 0},
	{"infinitely many rows", "1=10000 2=20000", "planned=2000 S=2000 actual=inf", "", 0},
	{"infinitely many expected", "1=10000 2=20000", "planned=inf S=inf actual=100", "", 0},
	{"negative rows of a clause", "1=-1000 2=2000", "planned=0 S=-20 actual=900", "target 1=", 0},
	{"columns that no table has", "-1=1000 0=2000 40000=50000 2=2000", "planned=20 S=20 actual=100",
	"not coverable 2=", 20},
	{"nothing is known", "", "", "", 0},
};

static const Case groups[] = {
	{"two columns with fewer groups than combinations", "",
	"columns=2 d1=100 d2=50 planned=5000 came=100000 actual=100", "correlated 1= 2=", 5000},
	{"all combinations", "", "columns=2 d1=100 d2=50 planned=5000 came=100000 actual=4500", "", 0},
	{"a tenth of the rows is taken at most", "",
	"columns=2 d1=1000 d2=500 planned=10000 came=100000 actual=20000", "correlated 1= 2=", 10000},
	{"but no less than one column has", "",
	"columns=2 d1=30000 d2=500 planned=30000 came=100000 actual=50000", "", 0},
	{"three columns", "",
	"columns=3 d1=100 d2=50 d3=2 planned=10000 came=100000 actual=200", "correlated 1= 2= 3=", 10000},
	{"one column has more values than there are groups", "",
	"columns=2 d1=100 d2=300 planned=10000 came=100000 actual=150", "target 2=", 10000},
	{"up to half as many more are chance", "",
	"columns=2 d1=100 d2=300 planned=10000 came=100000 actual=200", "correlated 1= 2=", 10000},
	{"more groups than combinations", "",
	"columns=2 d1=10 d2=5 planned=50 came=100000 actual=5000", "target 1= 2=", 50},
	{"more groups than combinations, and old", "",
	"columns=2 d1=10 d2=5 planned=50 came=100000 actual=5000 modified=50000", "stale 1= 2=", 50},
	{"correlated or old", "",
	"columns=2 d1=100 d2=50 planned=5000 came=100000 actual=100 modified=50000", "stale 1= 2=", 5000},
	{"one column, too many expected", "", "columns=1 d1=5000 planned=5000 came=100000 actual=100", "target 1=", 5000},
	{"one column, too few expected", "", "columns=1 d1=500 planned=500 came=100000 actual=20000", "target 1=", 500},
	{"one column, old", "", "columns=1 d1=500 planned=500 came=100000 actual=20000 modified=30000", "stale 1=", 500},
	{"fewer rows came, which explains it", "",
	"columns=2 d1=100 d2=50 planned=5000 in=100000 came=500 actual=480", "", 0},
	{"fewer rows came, which does not", "",
	"columns=2 d1=100 d2=50 planned=5000 in=100000 came=500 actual=70", "correlated 1= 2=", 476.947599},
	{"more rows came than the table has", "",
	"columns=2 d1=100 d2=50 planned=5000 came=1e9 actual=100", "correlated 1= 2=", 5000},
	{"a part of the table, and fewer groups than one column has there", "3=500",
	"columns=2 d1=100 d2=50 planned=5000 came=500 actual=25", "not coverable 1= 2=", 476.947599},
	{"a filter on a column that is grouped by", "2=2000",
	"columns=2 d1=100 d2=50 planned=1648 came=2000 actual=100", "", 0},
	{"a range on a column that is grouped by", "2<50000",
	"columns=2 d1=100 d2=50 planned=5000 came=50000 actual=2000", "", 0},
	{"a range on such a column, and more groups than expected", "2<50000",
	"columns=2 d1=1000 d2=500 planned=10000 came=50000 actual=30000", "correlated 1= 2=", 9990.234375},
	{"a filter on another column", "3<50000",
	"columns=2 d1=100 d2=50 planned=5000 came=50000 actual=100", "correlated 1= 2=", 4999.9952},
	{"covered: as it was planned anew", "",
	"columns=2 d1=100 d2=50 S=700 planned=5000 came=100000 actual=100 covered", "correlated 1= 2=", 700},
	{"covered and right", "", "columns=2 d1=100 d2=50 S=120 planned=120 came=100000 actual=100 covered", "", 0},
	{"covered, and not planned anew", "",
	"columns=2 d1=100 d2=50 planned=700 came=100000 actual=100 covered", "correlated 1= 2=", 700},
	{"values that are not known", "", "columns=2 planned=700 in=90000 came=100000 actual=100", "correlated 1= 2=", 700},
	{"values that are not known, and rows that were wrong", "",
	"columns=2 planned=700 in=1000 came=100000 actual=100", "", 0},
	{"values of one that are not known", "",
	"columns=2 d1=100 planned=700 in=90000 came=100000 actual=60", "target 1=", 700},
	{"no rows", "", "columns=2 d1=100 d2=50 planned=5000 in=1 came=0 actual=0", "", 0},
	{"few groups", "", "columns=2 d1=4 d2=4 planned=16 came=100000 actual=4", "", 0},
	{"no columns", "", "columns=0 planned=5000 in=100000 came=100000 actual=4", "", 0},
	{"a negative number of values", "", "columns=2 d1=-1 d2=50 planned=500 came=100000 actual=100", "correlated 1= 2=", 500},
	{"more columns than there is room for", "", "columns=99 planned=700 in=90000 came=100000 actual=100",
	"correlated 1= 2= 3= 4= 5= 6= 7= 8=", 700},
	{"a table of unknown size", "",
	"columns=2 T=nan d1=100 d2=50 planned=700 in=90000 came=100000 actual=100", "correlated 1= 2=", 700},
	{"nothing is known", "", "columns=2", "", 0},
};

static const Case joins[] = {
	{"skewed keys", "2=nan", "planned=50 actual=9000", "join 2=", 50},
	{"too many expected", "2=nan", "planned=9000 actual=0", "join 2=", 9000},
	{"right", "2=nan", "planned=5000 actual=9000", "", 0},
	{"its inputs explain it", "2=nan", "planned=100 in=1e6 came=1e8 actual=9000", "", 0},
	{"its inputs do not", "2=nan", "planned=100 in=1e6 came=1e7 actual=9000", "join 2=", 1000},
	{"right only as its inputs are wrong", "2=nan", "planned=9000 in=1e6 came=1e8 actual=9000", "join 2=", 900000},
	{"an input without rows", "2=nan", "planned=9000 in=1e6 came=0 actual=0", "join 2=", 9000},
	{"without columns", "", "planned=50 actual=9000", "join", 50},
	{"never a group", "1=100 2=200", "planned=50 S=50 actual=90", "", 0},
	{"its columns as those of groups", "", "columns=2 planned=50 actual=9000", "join 1= 2=", 50},
	{"nothing is known", "1=nan", "", "", 0},
};

/* ---- small functions ---- */

static void
check_q_error(void)
{
	static const struct
	{
		double		a,
					b,
					want;
	}			cases[] = {
		{1, 1, 1}, {10, 1, 10}, {1, 10, 10}, {10, 5, 2}, {5, 10, 2}, {0, 0, 1}, {0.5, 0.1, 1}, {0, 20, 20}, {-7, 20, 20},
		{NAN, 1, NAN}, {1, NAN, NAN}, {INFINITY, 1, INFINITY}, {0, INFINITY, INFINITY}, {INFINITY, INFINITY, 1},
		{DBL_MAX, DBL_MIN, DBL_MAX}
	};

	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		char		name[80];

		snprintf(name, sizeof(name), "q-error of %g and %g", cases[i].a, cases[i].b);
		tap_number(tend_q_error(cases[i].a, cases[i].b), cases[i].want, name);
	}
}

static void
check_worth_a_look(void)
{
	tap_ok(tend_worth_a_look(10, 20, 1000), "worth a look: twice, twenty rows, a thousand in the table");
	tap_ok(tend_worth_a_look(20, 10, 1000), "the other way round");
	tap_ok(!tend_worth_a_look(10.1, 20, 1000), "not quite twice");
	tap_ok(!tend_worth_a_look(1, 19, 1000), "few rows");
	tap_ok(!tend_worth_a_look(1, 500, 999), "a small table");
	tap_ok(tend_worth_a_look(0, 20, 1e9) && tend_worth_a_look(20, 0, 1e9), "none counts as one");
	tap_ok(!tend_worth_a_look(NAN, 20, 1e9) && !tend_worth_a_look(20, NAN, 1e9) && !tend_worth_a_look(1, 20, NAN),
		   "what is not known is not worth it");
}

/* The rest of a key must be zero: it is hashed. */
static void
check_key(void)
{
	TendNodeFacts node = node_of(TEND_ESTIMATE_FILTER, "7=137 2<1933", "planned=3 S=3 actual=137");
	TendEstimateKey want = {
		.relid = 16384,
		.ncolumns = 2,
		.columns = {2, 7},
		.classes = {TEND_CLAUSE_RANGE}
	};
	TendFinding f;

	memset(&f, 0x7f, sizeof(f));
	tap_ok(tend_attribute(&node, &f) && memcmp(&f.key, &want, sizeof(want)) == 0, "a key compares as bytes");
	tap_number(f.q_error, 137 / 3.0, "q-error of a finding");
	tap_number(f.actual, 137, "rows of a finding");
	tap_ok(!f.parameter, "without a parameter");
}

/* Whatever comes in, what comes out is sound. */
/* ---- what was right ---- */

static void
check_right(void)
{
	static const Case cases[] = {
		{"right", "1=1000 2=2000", "planned=20 S=20 actual=21", "correlated 1= 2=", 20},
		{"few rows", "2<1000 1=2000/p", "planned=1 S=1 actual=0", "correlated 1= 2< p", 1},
		{"one column says nothing of two", "1=1000 1<2000", "planned=20 S=20 actual=21", "", 0},
		{"nor does what statistics cannot take", "1=1000 2=2000 3~9", "planned=20 S=20 actual=21", "", 0},
		{"nor what did not fit", "1=1000 2=2000", "planned=20 S=20 actual=21 more", "", 0},
		{"nor what could not be planned", "1=1000 2=2000", "planned=20 actual=21", "", 0},
		{"nor what is no number", "1=1000 2=2000", "planned=20 S=20 actual=nan", "", 0},
		{"nor nothing", "", "", "", 0},
	};

	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		TendNodeFacts node = node_of(TEND_ESTIMATE_FILTER, cases[i].clauses, cases[i].node);
		TendFinding f;
		TendEstimateSums sums = {0};
		char		got[200];
		bool		found = tend_attribute_right(&node, &f);

		print_finding(found, &f, got, sizeof(got));
		tap_text(got, cases[i].want, cases[i].name);
		if (!found)
			continue;
		tend_estimate_count(&sums, &f);
		tap_ok(sums.right == 1 && sums.samples == 0 && sums.max_q == 0, "it counts as no error");
	}
	{
		TendNodeFacts wrong = node_of(TEND_ESTIMATE_FILTER, "2=1000 1=2000", "planned=20 S=20 actual=900");
		TendNodeFacts right = node_of(TEND_ESTIMATE_FILTER, "1=700 2=900", "planned=6 S=6 actual=0");
		TendFinding a;
		TendFinding b;

		tap_ok(tend_attribute(&wrong, &a) && tend_attribute_right(&right, &b) &&
			   memcmp(&a.key, &b.key, sizeof(a.key)) == 0, "right and wrong come under the same key");
		tap_ok(!tend_attribute_right(&(TendNodeFacts)
									 {
										 .kind = TEND_ESTIMATE_GROUPS,.relid = 1
									 }, &b), "groups are not counted");
	}
}

static void
check_absurd(void)
{
	bool		ok = true;
	int			nfound = 0;

	for (int i = 0; i < 200000; i++)
	{
		TendNodeFacts node = {
			.kind = given_dice(4),
			.relid = given_dice(10),
			.table_rows = given_dice(2) ? given_absurd() : given_between(1, 1e7),
			.modified = given_absurd(),
			.planned = given_dice(2) ? given_absurd() : given_between(1, 1e5),
			.actual = given_dice(2) ? given_absurd() : given_between(0.1, 1e5),
			.estimated = given_dice(2) ? given_absurd() : given_between(1, 1e5),
			.generic = given_absurd(),
			.nclauses = (int) given_dice(12) - 2,
			.more_clauses = given_dice(2),
			.covered = given_dice(2),
			.ncolumns = (int) given_dice(12) - 2,
			.input_planned = given_absurd(),
			.input_actual = given_dice(2) ? given_absurd() : given_between(1, 1e7)
		};
		TendFinding f;

		for (int j = 0; j < TEND_ESTIMATE_CLAUSES; j++)
		{
			node.clauses[j] = (TendClauseFacts)
			{
				.class = given_dice(8),
					.column = (int) given_dice(14) - 2,
					.parameter = given_dice(2),
					.rows = given_dice(2) ? given_absurd() : given_between(1, 1e5),
					.no_statistics = given_dice(8) == 0,
					.beyond = given_dice(2),
					.list_full = given_dice(2),
					.target = (int) given_dice(2000) - 1
			};
			node.columns[j] = (int) given_dice(14) - 2;
			node.distinct[j] = given_dice(2) ? given_absurd() : given_between(1, 1e5);
		}
		if (!tend_attribute(&node, &f))
			continue;
		nfound++;
		ok = ok && f.q_error >= 1 && isfinite(f.q_error) && f.key.cause <= TEND_CAUSE_UNKNOWN &&
			f.key.ncolumns <= TEND_ESTIMATE_COLUMNS && f.key.kind == node.kind;
		if (f.key.cause == TEND_CAUSE_CORRELATED)
			ok = ok && f.key.ncolumns >= 2 && f.q_error >= 2;
		for (int j = 0; j < f.key.ncolumns; j++)
			ok = ok && f.key.columns[j] > (j > 0 ? f.key.columns[j - 1] : 0);
	}
	tap_ok(ok && nfound > 1000, "whatever comes in, a finding is sound");
}

/* ---- sums ---- */

static TendFinding
finding_of(double expected, double actual)
{
	return (TendFinding)
	{
		.expected = expected,.actual = actual,.q_error = tend_q_error(expected, actual)
	};
}

static void
count(TendEstimateSums *sums, double expected, double actual)
{
	TendFinding f = finding_of(expected, actual);

	tend_estimate_count(sums, &f);
}

static bool
is_near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * Max(fabs(a), fabs(b));
}

static void
check_sums(void)
{
	TendEstimateSums a = {0};
	TendEstimateSums b = {0};
	TendEstimateSums both = {0};
	TendEstimateSums nothing = {0};
	TendEstimateSums before;
	TendFinding with_parameter = finding_of(1, 64);

	with_parameter.parameter = true;
	count(&a, 10, 40);
	tap_ok(a.samples == 1 && is_near(a.ln_sum, log(4)) && is_near(a.ln_abs_sum, log(4)), "too low is positive");
	tap_ok(a.max_q == 4 && a.expected == 10 && a.actual == 40, "the worst so far");
	tap_ok(a.histogram[4] == 1, "four is two to the power of 4/2");
	count(&a, 200, 0);
	tap_ok(a.samples == 2 && is_near(a.ln_sum, log(4) - log(200)) && is_near(a.ln_abs_sum, log(4) + log(200)),
		   "too high is negative, and none is one");
	tap_ok(a.max_q == 200 && a.expected == 200 && a.actual == 0, "a worse one");
	count(&a, 10, 50);
	tap_ok(a.max_q == 200 && a.expected == 200, "it stays the worst");
	tap_ok(a.parameters == 0, "no parameters so far");

	before = a;
	count(&a, NAN, 10);
	count(&a, 10, NAN);
	count(&a, INFINITY, 10);
	count(&a, 10, INFINITY);
	tap_ok(memcmp(&a, &before, sizeof(a)) == 0, "what is no number is not counted");

	tend_estimate_count(&b, &with_parameter);
	count(&b, 1, 1e30);
	tap_ok(b.parameters == 1 && b.histogram[12] == 1, "a parameter");
	tap_ok(b.histogram[TEND_ESTIMATE_BUCKETS - 1] == 1, "the last bucket has no end");
	tend_estimate_sums_add(&both, &a);
	tap_ok(memcmp(&both, &a, sizeof(a)) == 0, "added to nothing");
	tend_estimate_sums_add(&both, &b);
	tap_ok(both.samples == 5 && both.parameters == 1 && both.max_q == 1e30 && both.actual == 1e30 &&
		   is_near(both.ln_abs_sum, a.ln_abs_sum + b.ln_abs_sum) && both.histogram[4] == 2, "both together");
	before = both;
	tend_estimate_sums_add(&both, &nothing);
	tap_ok(memcmp(&both, &before, sizeof(both)) == 0, "nothing added");
}

static void
check_buckets(void)
{
	bool		ok = true;

	for (int i = 0; i < TEND_ESTIMATE_BUCKETS; i++)
	{
		TendEstimateSums s = {0};
		double		begin = exp2(i / 2.0);

		count(&s, 1, begin * 1.0001);
		count(&s, 1, begin * 1.4);
		ok = ok && s.histogram[i] == 2;
		if (i % 2 == 0)
		{
			count(&s, 1, begin);
			ok = ok && s.histogram[i] == 3;
		}
	}
	tap_ok(ok, "bucket i begins at the square root of 2 to the power of i");
}

static void
check_median(void)
{
	TendEstimateSums s = {0};
	bool		ok = true;

	tap_number(tend_estimate_median(&s), NAN, "no median of nothing");
	count(&s, 10, 47);
	tap_number(tend_estimate_median(&s), 4.7, "of one it is that one");
	for (int i = 0; i < 2; i++)
		count(&s, 1, 1000);
	tap_ok(tend_estimate_median(&s) > 700 && tend_estimate_median(&s) <= 1000, "two of three are larger");

	s = (TendEstimateSums)
	{
		0
	};
	for (int i = 0; i < 5; i++)
		count(&s, 1, i < 2 ? 4 : 1000);
	tap_ok(tend_estimate_median(&s) > 700, "and three of five");

	/* the true median of many, to half a bucket */
	for (int round = 0; round < 200; round++)
	{
		double		center = given_between(4, 4000);

		s = (TendEstimateSums)
		{
			0
		};
		for (int i = -50; i <= 50; i++)
			count(&s, 1, center * exp(i * 0.02));
		ok = ok && tend_q_error(tend_estimate_median(&s), center) < 1.1;
	}
	tap_ok(ok, "the median of many is found to a tenth");

	s = (TendEstimateSums)
	{
		0
	};
	for (int i = 0; i < 5; i++)
		count(&s, 2, 2);
	tap_number(tend_estimate_median(&s), 1, "it does not exceed the largest");
	s = (TendEstimateSums)
	{
		0
	};
	count(&s, 1, 1e9);
	count(&s, 1, 1e9);
	tap_ok(tend_estimate_median(&s) > 46000 && tend_estimate_median(&s) < 1e9, "in the last bucket");
}

/* ---- queries ---- */

static void
suffer(TendEstimateQuery *queries, uint64 queryid, int64 samples, double ms)
{
	TendEstimateQuery more = {.queryid = queryid,.samples = samples,.ms = ms};

	tend_estimate_queries_add(queries, &more);
}

static bool
is_sorted(const TendEstimateQuery *queries)
{
	for (int i = 1; i < TEND_ESTIMATE_QUERIES; i++)
	{
		if (queries[i].samples > 0 && (queries[i - 1].samples == 0 || queries[i - 1].ms < queries[i].ms))
			return false;
		for (int j = 0; j < i; j++)
		{
			if (queries[i].samples > 0 && queries[i].queryid == queries[j].queryid)
				return false;
		}
	}
	return true;
}

static void
check_queries(void)
{
	TendEstimateQuery q[TEND_ESTIMATE_QUERIES] = {0};
	bool		ok = true;

	suffer(q, 0, 1, 10);
	suffer(q, 5, 0, 10);
	suffer(q, 5, -1, 10);
	tap_ok(q[0].samples == 0, "no query, or no sample");
	suffer(q, 1, 1, 10);
	suffer(q, 2, 1, 30);
	suffer(q, 3, 2, 20);
	tap_ok(q[0].queryid == 2 && q[1].queryid == 3 && q[2].queryid == 1 && q[3].samples == 0, "worst first");
	suffer(q, 1, 3, 15);
	tap_ok(q[1].queryid == 1 && q[1].samples == 4 && q[1].ms == 25 && q[2].queryid == 3, "it moves up as it adds up");
	suffer(q, 1, 1, NAN);
	suffer(q, 1, 1, -100);
	suffer(q, 1, 1, INFINITY);
	tap_ok(q[1].samples == 7 && q[1].ms == 25, "a time that is no number does not count");
	suffer(q, 4, 1, NAN);
	tap_ok(q[3].queryid == 4 && q[3].ms == 0, "an unknown time is none");

	for (int i = 11; i < 15; i++)
		suffer(q, i, 1, 100 + i);
	tap_ok(q[0].queryid == 14 && q[7].queryid == 4, "eight");
	suffer(q, 20, 1, 5);
	tap_ok(q[7].queryid == 20 && q[7].ms == 5 && q[7].samples == 1, "a newcomer takes the last place");
	suffer(q, 21, 1, 1000);
	tap_ok(q[0].queryid == 21 && q[7].queryid == 3, "or the first, if it is the worst");
	for (int i = 0; i < 3; i++)
		suffer(q, 22, 1, 15);
	tap_ok(q[7].queryid == 1 && q[6].queryid == 2 && q[5].queryid == 22 && q[5].ms == 45,
		   "many small ones add up");

	memset(q, 0, sizeof(q));
	for (int i = 0; i < 10000; i++)
	{
		/* one in four is the same query, the others come once */
		suffer(q, i % 4 == 0 ? 7 : 100 + i, 1, given_between(1, 2));
		ok = ok && is_sorted(q);
	}
	tap_ok(ok, "always sorted, and each once");
	tap_ok(q[0].queryid == 7 && q[0].samples > 2400, "one that returns is found among many that do not");
}

/* ---- news ---- */

static void
check_news(void)
{
	TendFinding f = {.key.cause = TEND_CAUSE_STALE,.q_error = 8,.modified = 500};
	TendStaleNews news = {0};
	TendStaleNews told;

	tend_stale_count(&news, &f, 10);
	f.q_error = 2;
	tend_stale_count(&news, &f, 10);
	tap_ok(news.samples == 1 && news.rows == 500 && news.ms == 10, "an error by stale statistics is news, a small one is none");
	f.q_error = 8;
	f.modified = 0;
	tend_stale_count(&news, &f, 10);
	f.modified = NAN;
	tend_stale_count(&news, &f, 10);
	f.modified = 500;
	f.key.cause = TEND_CAUSE_TARGET;
	tend_stale_count(&news, &f, 10);
	f.key.cause = TEND_CAUSE_STALE;
	f.q_error = NAN;
	tend_stale_count(&news, &f, 10);
	tap_ok(news.samples == 1, "nor one that an ANALYZE would not have spared");
	f.q_error = 32;
	f.modified = 200;
	tend_stale_count(&news, &f, NAN);
	tap_ok(news.samples == 2 && news.rows == 200 && news.ms == 10 && fabs(news.ln_q - log(8 * 32)) < 1e-9,
		   "news add up, and the fewest modified rows count");

	told = news;
	f.modified = 900;
	tend_stale_count(&news, &f, 5);
	tend_stale_subtract(&news, &told);
	tap_ok(news.samples == 1 && news.ms == 5 && fabs(news.ln_q - log(32)) < 1e-9, "what came in while it was told stays");
	told = news;
	tend_stale_subtract(&news, &told);
	tap_ok(news.samples == 0 && news.rows == 0 && news.ln_q == 0 && news.ms == 0, "then there is none");
	tend_stale_subtract(&news, &told);
	tap_ok(news.samples == 0, "it is not told twice");
}

int
main(void)
{
	check_q_error();
	check_worth_a_look();
	check_cases(TEND_ESTIMATE_FILTER, filters, lengthof(filters));
	check_cases(TEND_ESTIMATE_GROUPS, groups, lengthof(groups));
	check_cases(TEND_ESTIMATE_JOIN, joins, lengthof(joins));
	check_key();
	check_right();
	check_absurd();
	check_sums();
	check_buckets();
	check_median();
	check_queries();
	check_news();
	return tap_done();
}
