/*-------------------------------------------------------------------------
 *
 * clause_shape.c
 *	  What a clause of a scan is, for statistics.
 *
 * Clauses have Vars of range table entry 1.  The classes are those that the
 * server makes itself, in statext_is_compatible_clause() and
 * dependency_is_compatible_clause(): what an operator is, its function for
 * selectivity says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "collect/clause_shape.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

static TendClauseClass
class_of_operator(Oid opno)
{
	switch (get_oprrest(opno))
	{
		case F_EQSEL:
			return TEND_CLAUSE_EQUAL;
		case F_NEQSEL:
			return TEND_CLAUSE_NOT_EQUAL;
		case F_SCALARLTSEL:
		case F_SCALARLESEL:
		case F_SCALARGTSEL:
		case F_SCALARGESEL:
			return TEND_CLAUSE_RANGE;
		case F_LIKESEL:
		case F_NLIKESEL:
		case F_ICLIKESEL:
		case F_ICNLIKESEL:
		case F_REGEXEQSEL:
		case F_REGEXNESEL:
		case F_ICREGEXEQSEL:
		case F_ICREGEXNESEL:
		case F_PREFIXSEL:
			return TEND_CLAUSE_PATTERN;
		default:
			return TEND_CLAUSE_OTHER;
	}
}

static Node *
strip_relabel(Node *expr)
{
	while (expr != NULL && IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	return expr;
}

/* How many columns an expression has, and which if it is one */
static int
columns_of(Node *expr, AttrNumber *column)
{
	Bitmapset  *attnos = NULL;
	int			n;

	pull_varattnos(expr, 1, &attnos);
	n = bms_num_members(attnos);
	*column = n != 1 ? 0 : bms_singleton_member(attnos) + FirstLowInvalidHeapAttributeNumber;
	if (*column < 0)
		*column = 0;
	return n;
}

static bool
is_column(Node *expr)
{
	expr = strip_relabel(expr);
	return IsA(expr, Var) && ((Var *) expr)->varattno > 0;
}

/* A comparison of a variable: its class is that of the operator on a column. */
static void
shape_of_comparison(TendClauseClass class, Node *variable, TendClauseShape *shape)
{
	(void) columns_of(variable, &shape->column);
	shape->variable = strip_relabel(variable);
	shape->class = is_column(variable) ? class : TEND_CLAUSE_EXPRESSION;
}

static void
shape_of_operator(OpExpr *op, TendClauseShape *shape)
{
	Node	   *left = list_length(op->args) == 2 ? linitial(op->args) : NULL;
	Node	   *right = left != NULL ? lsecond(op->args) : NULL;
	AttrNumber	left_column;
	AttrNumber	right_column;
	int			nleft = columns_of(left, &left_column);
	int			nright = columns_of(right, &right_column);

	if (left == NULL || (nleft == 0 && nright == 0))
		return;
	if (nleft > 0 && nright > 0)
	{
		shape->class = is_column(left) && is_column(right) ? TEND_CLAUSE_COLUMNS : TEND_CLAUSE_EXPRESSION;
		(void) columns_of((Node *) op, &shape->column);
		return;
	}
	shape->value = nleft > 0 ? right : left;
	shape->opno = nleft > 0 ? op->opno : get_commutator(op->opno);
	shape->collation = op->inputcollid;
	shape_of_comparison(class_of_operator(op->opno), nleft > 0 ? left : right, shape);
}

/* column op ANY (array), column op ALL (array) */
static void
shape_of_array_operator(ScalarArrayOpExpr *op, TendClauseShape *shape)
{
	Node	   *variable = linitial(op->args);
	TendClauseClass class = class_of_operator(op->opno);
	AttrNumber	column;

	if (columns_of(variable, &column) == 0 || columns_of(lsecond(op->args), &column) > 0)
	{
		(void) columns_of((Node *) op, &shape->column);
		return;
	}
	/* equal to all, or different from any: nobody has statistics for these */
	if ((class == TEND_CLAUSE_EQUAL && !op->useOr) || (class == TEND_CLAUSE_NOT_EQUAL && op->useOr))
		class = TEND_CLAUSE_OTHER;
	shape_of_comparison(class, variable, shape);
}

/*
 * What several clauses on one column are together: if not all the same, as
 * good as the worst of them, and no better than a range.
 */
static void
shape_of_several(List *args, TendClauseShape *shape)
{
	ListCell   *lc;

	foreach(lc, args)
	{
		TendClauseShape arg;

		tend_clause_classify(lfirst(lc), &arg);
		if (foreach_current_index(lc) == 0)
			*shape = arg;
		else if (arg.class != shape->class)
			shape->class = Max(Max(arg.class, shape->class), TEND_CLAUSE_RANGE);
		if (arg.column == 0 || arg.column != shape->column)
		{
			shape->class = Max(shape->class, TEND_CLAUSE_OTHER);
			shape->column = 0;
		}
	}
	shape->value = NULL;
}

static void
shape_of_boolean(BoolExpr *expr, TendClauseShape *shape)
{
	if (expr->boolop != NOT_EXPR)
	{
		shape_of_several(expr->args, shape);
		return;
	}
	tend_clause_classify(linitial(expr->args), shape);
	shape->value = NULL;
	if (shape->class == TEND_CLAUSE_EQUAL && !is_column(linitial(expr->args)))
		shape->class = TEND_CLAUSE_NOT_EQUAL;
	else if (shape->class == TEND_CLAUSE_NOT_EQUAL)
		shape->class = TEND_CLAUSE_EQUAL;
}

static void
shape_of_other(Node *clause, TendClauseShape *shape)
{
	int			n = columns_of(clause, &shape->column);

	if (IsA(clause, FuncExpr) || IsA(clause, OpExpr))
	{
		shape->class = n > 0 ? TEND_CLAUSE_EXPRESSION : TEND_CLAUSE_OTHER;
		shape->variable = n > 0 ? clause : NULL;
	}
}

void
tend_clause_classify(Node *clause, TendClauseShape *shape)
{
	check_stack_depth();
	memset(shape, 0, sizeof(*shape));
	shape->class = TEND_CLAUSE_OTHER;
	switch (nodeTag(clause))
	{
		case T_OpExpr:
			shape_of_operator((OpExpr *) clause, shape);
			break;
		case T_ScalarArrayOpExpr:
			shape_of_array_operator((ScalarArrayOpExpr *) clause, shape);
			break;
		case T_BoolExpr:
			shape_of_boolean((BoolExpr *) clause, shape);
			break;
		case T_NullTest:
			if (((NullTest *) clause)->argisrow)
				shape_of_other(clause, shape);
			else
				shape_of_comparison(TEND_CLAUSE_NULL, (Node *) ((NullTest *) clause)->arg, shape);
			break;
		case T_Var:
			shape_of_comparison(TEND_CLAUSE_EQUAL, clause, shape);
			break;
		default:
			shape_of_other(clause, shape);
			break;
	}
}
