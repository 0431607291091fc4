/*-------------------------------------------------------------------------
 *
 * query_text.c
 *	  A statement as text, without its constants and comments.
 *
 * The server's scanner finds the literals, so that there is no string and no
 * number that it knows and we do not.  All of them are replaced, except some
 * integers that cannot be data: what varchar(10) or ORDER BY 2 says.  Only the
 * grammar knows those; it is asked if there is something that could be one.
 *
 * The settings of the session decide how a string is read.  If they changed
 * since the statement was parsed, the scanner may fail; then there is no text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/plan_text.h"
#include "compat.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "utils/guc.h"

/* Longer statements are not parsed once more: all integers are replaced */
#define MAX_PARSED_BYTES	16384

/*
 * The first tokens of the server's grammar.  gram.h is not installed, but the
 * scanner has other users, who declare these in the same order, and Bison
 * counts from 258.
 */
typedef enum TokenKind
{
	TOKEN_END = 0,
	TOKEN_IDENT = 258,
	TOKEN_UIDENT,
	TOKEN_FCONST,
	TOKEN_SCONST,
	TOKEN_USCONST,
	TOKEN_BCONST,
	TOKEN_XCONST,
	TOKEN_OP,
	TOKEN_ICONST,
	TOKEN_PARAM
} TokenKind;

typedef struct Token
{
	int			kind;			/* TokenKind, a character, or a keyword */
	int			start;			/* bytes from the start of the statement */
	int			end;
	bool		masked;
} Token;

typedef struct Statement
{
	const char *text;
	int			len;
	Token	   *tokens;
	int			ntokens;
	int			highest_param;
} Statement;

/*
 * Words after which a sign is that of the number that follows.  After other
 * words it may be, or may come between two operands; there it stays.
 */
static const char *const before_sign[] = {
	"all", "and", "between", "by", "case", "distinct", "else", "for", "from", "having", "ilike",
	"in", "is", "like", "limit", "not", "offset", "on", "or", "return", "returning", "select",
	"set", "similar", "then", "to", "using", "values", "when", "where"
};

static bool
is_word(const Statement *stmt, int i, const char *word)
{
	const Token *token;

	if (i < 0)
		return false;
	token = &stmt->tokens[i];
	return token->end - token->start == (int) strlen(word) &&
		pg_strncasecmp(stmt->text +token->start, word, strlen(word)) == 0;
}

static bool
is_kind(const Statement *stmt, int i, int kind)
{
	return i >= 0 && stmt->tokens[i].kind == kind;
}

static bool
is_literal(int kind)
{
	return kind == TOKEN_ICONST || (kind >= TOKEN_FCONST && kind <= TOKEN_XCONST);
}

static bool
is_number(int kind)
{
	return kind == TOKEN_ICONST || kind == TOKEN_FCONST;
}

/*
 * Bytes that a token adds at least to the result, to know when we have read
 * enough
 */
static int
least_bytes(const Token *token)
{
	return is_literal(token->kind) ? 2 : token->end - token->start;
}

/* Split the statement into tokens, until there are enough for max_bytes. */
static void
scan(Statement *stmt, char *text, int max_bytes)
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		start;
	int			kind;
	int			bytes = 0;
	int			room = 64;

	stmt->tokens = palloc(room * sizeof(Token));
	scanner = scanner_init(text, &extra, &ScanKeywords, ScanKeywordTokens);
	TEND_SILENCE_SCANNER(extra);

	while (bytes <= max_bytes &&
		   (kind = core_yylex(&value, &start, scanner)) != TOKEN_END)
	{
		Token	   *token;

		if (stmt->ntokens == room)
		{
			room *= 2;
			stmt->tokens = repalloc_huge(stmt->tokens, room * sizeof(Token));
		}
		token = &stmt->tokens[stmt->ntokens++];
		token->kind = kind;
		token->start = start;
		/* the scanner ends the current token with a zero in its buffer */
		token->end = start + strlen(extra.scanbuf + start);
		token->masked = is_literal(kind);
		if (kind == TOKEN_PARAM)
			stmt->highest_param = Max(stmt->highest_param, value.ival);
		bytes += least_bytes(token);
	}
	scanner_finish(scanner);
}

/* Words look like names, the keywords among them too. */
static bool
is_any_word(const Statement *stmt, int i)
{
	unsigned char c;

	if (i < 0 || is_literal(stmt->tokens[i].kind))
		return false;
	c = stmt->text[stmt->tokens[i].start];
	return isalpha(c) || c == '_' || c == '"' || IS_HIGHBIT_SET(c);
}

/*
 * Is there an integer that could be a type modifier or the position of a
 * column?  True too often costs a parse.
 */
static bool
may_have_positions(const Statement *stmt)
{
	bool		by = false;		/* was there an ORDER BY or GROUP BY? */
	int			open = -1;		/* integer after which one more may follow */

	for (int i = 0; i < stmt->ntokens; i++)
	{
		if (is_word(stmt, i, "by"))
			by = true;
		if (stmt->tokens[i].kind != TOKEN_ICONST)
			continue;
		if (by && (is_word(stmt, i - 1, "by") || is_kind(stmt, i - 1, ',') ||
				   is_kind(stmt, i - 1, '(')))
			return true;
		if (is_kind(stmt, i - 1, '(') && is_any_word(stmt, i - 2) &&
			!is_word(stmt, i - 2, "values") && !is_word(stmt, i - 2, "in"))
			open = i;
		else if (open < 0 || open != i - 2 || !is_kind(stmt, i - 1, ','))
			continue;
		if (is_kind(stmt, i + 1 < stmt->ntokens ? i + 1 : -1, ')'))
			return true;
		open = i;
	}
	return false;
}

static void
keep_integer(Statement *stmt, int location)
{
	for (int i = 0; i < stmt->ntokens; i++)
	{
		if (stmt->tokens[i].start == location && stmt->tokens[i].kind == TOKEN_ICONST)
			stmt->tokens[i].masked = false;
	}
}

static void
keep_integers(Statement *stmt, List *nodes)
{
	ListCell   *lc;

	foreach(lc, nodes)
	{
		Node	   *node = lfirst(lc);

		if (node == NULL)
			continue;			/* plain DISTINCT is a list of it */
		if (IsA(node, SortBy))
			node = ((SortBy *) node)->node;
		if (IsA(node, GroupingSet))
			keep_integers(stmt, ((GroupingSet *) node)->content);
		else if (IsA(node, RowExpr))
			keep_integers(stmt, ((RowExpr *) node)->args);
		else if (IsA(node, A_Const) && IsA(&((A_Const *) node)->val, Integer))
			keep_integer(stmt, ((A_Const *) node)->location);
	}
}

static bool
keep_positions(Node *node, void *context)
{
	Statement  *stmt = context;

	if (node == NULL)
		return false;
	if (IsA(node, TypeName))
		keep_integers(stmt, ((TypeName *) node)->typmods);
	else if (IsA(node, SelectStmt))
	{
		keep_integers(stmt, ((SelectStmt *) node)->sortClause);
		keep_integers(stmt, ((SelectStmt *) node)->groupClause);
		keep_integers(stmt, ((SelectStmt *) node)->distinctClause);
	}
	return raw_expression_tree_walker(node, keep_positions, context);
}

/* The query in a statement that is not one itself, or NULL */
static Node *
query_within(Node *node)
{
	switch (nodeTag(node))
	{
		case T_ExplainStmt:
			return query_within(((ExplainStmt *) node)->query);
		case T_CreateTableAsStmt:
			return query_within(((CreateTableAsStmt *) node)->query);
		case T_DeclareCursorStmt:
			return query_within(((DeclareCursorStmt *) node)->query);
		case T_PrepareStmt:
			return query_within(((PrepareStmt *) node)->query);
		case T_CopyStmt:
			node = ((CopyStmt *) node)->query;
			return node != NULL ? query_within(node) : NULL;
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return node;
		default:
			return NULL;
	}
}

static void
parse_for_positions(Statement *stmt, const char *text)
{
	List	   *parsed = raw_parser(text, RAW_PARSE_DEFAULT);
	Node	   *query;

	if (list_length(parsed) != 1)
		return;
	query = query_within(linitial_node(RawStmt, parsed)->stmt);
	if (query != NULL)
		(void) keep_positions(query, stmt);
}

/*
 * Scan and parse.  False if the scanner cannot read the text; what the parser
 * cannot read (expressions of PL/pgSQL, for one) has no positions.
 *
 * Neither of the two takes locks or other resources, so an error can be
 * dropped without a subtransaction.  The client has had the notices of long
 * identifiers already.
 */
static bool
read_statement(Statement *stmt, char *text, bool constants, int max_bytes)
{
	MemoryContext context = CurrentMemoryContext;
	int			level = client_min_messages;
	uint32		holdoff = InterruptHoldoffCount;
	volatile bool scanned = false;

	client_min_messages = ERROR;
	PG_TRY();
	{
		scan(stmt, text, max_bytes);
		scanned = true;
		if (!constants && stmt->len <= MAX_PARSED_BYTES && may_have_positions(stmt))
			parse_for_positions(stmt, text);
	}
	PG_CATCH();
	{
		int			category = ERRCODE_TO_CATEGORY(geterrcode());

		client_min_messages = level;
		if (category == ERRCODE_INSUFFICIENT_RESOURCES ||
			category == ERRCODE_OPERATOR_INTERVENTION)
			PG_RE_THROW();

		/* the error set it to zero, and our caller will count it down */
		InterruptHoldoffCount = holdoff;
		MemoryContextSwitchTo(context);
		FlushErrorState();
		/* the error forgot that somebody holds off interrupts, and still does */
		InterruptHoldoffCount = holdoff;
	}
	PG_END_TRY();
	client_min_messages = level;
	return scanned;
}

/* Does a sign at token i belong to the number after it? */
static bool
is_unary(const Statement *stmt, int i)
{
	int			kind;

	if (i == 0)
		return true;
	kind = stmt->tokens[i - 1].kind;
	if (kind < 256)
		return kind != ')' && kind != ']';
	if (kind == TOKEN_OP)
		return true;
	if (!is_any_word(stmt, i - 1))	/* <=, and literals, after which there is
									 * no sign */
		return !is_literal(kind) && kind != TOKEN_PARAM;
	for (int word = 0; word < (int) lengthof(before_sign); word++)
	{
		if (is_word(stmt, i - 1, before_sign[word]))
			return true;
	}
	return false;
}

/* Signs become part of the numbers that are replaced. */
static bool
is_sign_of_masked(const Statement *stmt, int i)
{
	return (stmt->tokens[i].kind == '-' || stmt->tokens[i].kind == '+') &&
		i + 1 < stmt->ntokens && stmt->tokens[i + 1].masked &&
		is_number(stmt->tokens[i + 1].kind) && is_unary(stmt, i);
}

/* After a comment that begins at p */
static const char *
comment_end(const char *p, const char *end)
{
	int			depth = 0;

	if (*p == '-')
	{
		while (p < end && *p != '\n' && *p != '\r')
			p++;
		return p;
	}
	while (p < end)
	{
		if (end - p >= 2 && p[0] == '/' && p[1] == '*')
		{
			depth++;
			p += 2;
		}
		else if (end - p >= 2 && p[0] == '*' && p[1] == '/')
		{
			p += 2;
			if (--depth == 0)
				break;
		}
		else
			p++;
	}
	return p;
}

/*
 * What stands between two tokens: nothing, a blank, or one new line with the
 * white space that follows it.
 */
static void
append_gap(StringInfo out, const char *p, const char *end)
{
	bool		newline = false;
	int			start = out->len;

	if (p == end)
		return;
	while (p < end)
	{
		if (*p == '-' || *p == '/')
		{
			p = comment_end(p, end);
			continue;
		}
		if (*p == '\n' || *p == '\r')
		{
			newline = true;
			out->len = start;
			appendStringInfoChar(out, '\n');
		}
		else if (newline)
			appendStringInfoChar(out, *p);
		p++;
	}
	if (out->len == start)
		appendStringInfoChar(out, ' ');
}

static bool
is_word_byte(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '$' || IS_HIGHBIT_SET(c);
}

/* N'x' and the like: quotes separate words, parameters do not. */
static bool
needs_blank(const StringInfo out, const Statement *stmt, int i)
{
	const Token *token = &stmt->tokens[i];

	return i > 0 && (token->masked || token[-1].masked) && token->start == token[-1].end &&
		out->len > 0 && is_word_byte(out->data[out->len - 1]) &&
		(token->masked || is_word_byte(stmt->text[token->start]));
}

static void
append_tokens(StringInfo out, const Statement *stmt, bool constants, int max_bytes)
{
	int			param = stmt->highest_param;
	int			end = -1;		/* of the last token printed or dropped */
	int			ntokens = stmt->ntokens;

	while (ntokens > 0 && stmt->tokens[ntokens - 1].kind == ';')
		ntokens--;

	for (int i = 0; i < ntokens && out->len <= max_bytes; i++)
	{
		const Token *token = &stmt->tokens[i];
		bool		masked = token->masked && !constants;

		if (end >= 0)
			append_gap(out, stmt->text +end, stmt->text +token->start);
		if (!constants && needs_blank(out, stmt, i))
			appendStringInfoChar(out, ' ');
		if (masked)
			appendStringInfo(out, "$%d", ++param);
		else if (!constants && is_sign_of_masked(stmt, i))
		{
			/* not the white space after it, either */
			end = token[1].start;
			continue;
		}
		else
			appendBinaryStringInfo(out, stmt->text +token->start, token->end - token->start);
		end = token->end;
	}
}

static void
cut(StringInfo out, int max_bytes)
{
	const char *mark = GetDatabaseEncoding() == PG_UTF8 ? "\xe2\x80\xa6" : "...";
	int			len;

	if (out->len <= max_bytes)
		return;
	len = Max(max_bytes - (int) strlen(mark), 0);
	out->len = pg_mbcliplen(out->data, out->len, len);
	out->data[out->len] = '\0';
	if (out->len + (int) strlen(mark) <= max_bytes)
		appendStringInfoString(out, mark);
}

char *
tend_query_text(const char *source, int location, int len, bool constants, int max_bytes)
{
	Statement	stmt = {0};
	StringInfoData out;
	char	   *text;

	if (source == NULL)
		return pstrdup("");

	/*
	 * The location of a statement in the body of an SQL function may be one
	 * in another text, that of CREATE FUNCTION.
	 */
	if (location < 0 || strnlen(source, location) < (size_t) location)
		location = len = 0;
	source += location;
	stmt.len = len > 0 ? strnlen(source, len) : strlen(source);
	stmt.text = text = pnstrdup(source, stmt.len);

	initStringInfo(&out);
	if (read_statement(&stmt, text, constants, max_bytes))
	{
		append_tokens(&out, &stmt, constants, max_bytes);
		cut(&out, max_bytes);
	}
	return out.data;
}
