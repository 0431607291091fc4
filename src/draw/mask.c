/*-------------------------------------------------------------------------
 *
 * mask.c
 *	  A statement without its constants.
 *
 * Texts of queries and plans come without constants, unless somebody switched
 * on pg_tend.plan_constants while they were recorded.  A report is made to be
 * given away, so here we look again: quoted strings and numbers become "?",
 * and comments go.  This is about not showing data: where it is in doubt, as
 * with a quote that does not end, it hides the rest.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/mask.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
		((unsigned char) c) >= 0x80;
}

/*
 * Behind the closing quote, which doubled is none; escaped: nor after \.  In
 * other strings \' ends them or not, as standard_conforming_strings was then,
 * which nobody knows now.
 */
static const char *
skip_quoted(const char *s, char quote, bool escaped)
{
	for (s++; *s != '\0'; s++)
	{
		if (escaped && *s == '\\' && s[1] != '\0')
			s++;
		else if (quote == '\'' && *s == '\\' && s[1] == '\'')
			return s + strlen(s);
		else if (*s == quote && s[1] == quote)
			s++;
		else if (*s == quote)
			return s + 1;
	}
	return s;
}

/* Behind $tag$...$tag$; NULL if it is no such thing, but a parameter */
static const char *
skip_dollar(const char *s)
{
	const char *tag = s + 1;
	size_t		length;

	if (is_digit(*tag))
		return NULL;
	while (is_word(*tag))
		tag++;
	if (*tag != '$')
		return NULL;
	length = tag + 1 - s;
	for (const char *end = tag + 1; *end != '\0'; end++)
	{
		if (strncmp(end, s, length) == 0)
			return end + length;
	}
	return s + strlen(s);
}

/* Behind a comment, which may hold others */
static const char *
skip_comment(const char *s)
{
	int			depth = 0;

	if (s[0] == '-')
		return s + strcspn(s, "\n");
	while (*s != '\0')
	{
		if (s[0] == '/' && s[1] == '*')
			depth++, s += 2;
		else if (s[0] == '*' && s[1] == '/')
		{
			depth--, s += 2;
			if (depth == 0)
				return s;
		}
		else
			s++;
	}
	return s;
}

/* Behind a number: 12, 1.5e-3, 0x1F, 1_000 */
static const char *
skip_number(const char *s)
{
	while (is_word(*s) || *s == '.' ||
		   ((*s == '+' || *s == '-') && (s[-1] == 'e' || s[-1] == 'E') && is_digit(s[1])))
		s++;
	return s;
}

/* Behind a constant or comment that begins here, or NULL */
static const char *
skip_hidden(const char *s, const char *begin)
{
	char		before = s > begin ? s[-1] : ' ';

	if (*s == '\'')
		return skip_quoted(s, '\'', before == 'E' || before == 'e');
	if (*s == '$' && !is_word(before))
		return skip_dollar(s);
	if (is_digit(*s) && !is_word(before) && before != '$')
		return skip_number(s);
	if (*s == '.' && is_digit(s[1]) && !is_word(before) && before != '"')
		return skip_number(s);
	if ((s[0] == '-' && s[1] == '-') || (s[0] == '/' && s[1] == '*'))
		return skip_comment(s);
	return NULL;
}

/* What is no data: a name, or the costs and rows of a plan; NULL if neither */
static const char *
skip_shown(const char *s, bool is_plan)
{
	if (*s == '"')
		return skip_quoted(s, '"', false);
	if (is_plan && strncmp(s, "  (cost=", 8) == 0)
		return s + strcspn(s, "\n");
	return NULL;
}

static const char *
mask(const char *text, bool is_plan)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *s = text; *s != '\0';)
	{
		const char *behind = skip_shown(s, is_plan);

		if (behind != NULL)
			appendBinaryStringInfo(&out, s, (int) (behind - s));
		else if ((behind = skip_hidden(s, text)) != NULL)
			appendStringInfoChar(&out, *s == '-' || *s == '/' ? ' ' : '?');
		else
		{
			appendStringInfoChar(&out, *s);
			behind = s + 1;
		}
		s = behind;
	}
	return out.data;
}

const char *
tend_mask_query(const char *query)
{
	return mask(query, false);
}

/*
 * Costs and rows, which the first line of each node has in parentheses at its
 * end, are no data.  A constant may have several lines.
 */
const char *
tend_mask_plan(const char *plan)
{
	return mask(plan, true);
}
