/*-------------------------------------------------------------------------
 *
 * escape.c
 *	  Text of strangers, for a page.
 *
 * Names may hold anything but a zero byte.  What is markup to a browser, what
 * XML does not allow and what turns the direction of other text becomes
 * visible and harmless here.  Input should be UTF-8; what is not is replaced.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/escape.h"

#define REPLACEMENT	0xFFFD
#define ELLIPSIS "&#x2026;"

/*
 * The character at *text, which moves on.  Overlong forms, surrogates and
 * broken sequences give the replacement character, one for each byte.
 */
static uint32
next_char(const unsigned char **text)
{
	static const uint32 least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *s = *text;
	int			more = s[0] < 0x80 ? 0 : s[0] < 0xC2 ? -1 : s[0] < 0xE0 ? 1 :
		s[0] < 0xF0 ? 2 : s[0] < 0xF5 ? 3 : -1;
	uint32		c;

	*text = s + 1;
	if (more == 0)
		return s[0];
	if (more < 0)
		return REPLACEMENT;
	c = s[0] & (0x3F >> more);
	for (int i = 1; i <= more; i++)
	{
		/* the zero at the end is no continuation either */
		if ((s[i] & 0xC0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (s[i] & 0x3F);
	}
	if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return REPLACEMENT;
	*text = s + more + 1;
	return c;
}

/* Characters that nobody sees, but that move or join what others see */
static bool
is_invisible_control(uint32 c)
{
	return c == 0x061C || c == 0x200B || c == 0x200E || c == 0x200F ||
		(c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
		c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

static bool
is_forbidden(uint32 c)
{
	return (c >= 0x7F && c <= 0x9F) || (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

static void
put_char(StringInfo out, uint32 c)
{
	if (c == '&')
		appendStringInfoString(out, "&amp;");
	else if (c == '<')
		appendStringInfoString(out, "&lt;");
	else if (c == '>')
		appendStringInfoString(out, "&gt;");
	else if (c == '"')
		appendStringInfoString(out, "&quot;");
	else if (c == '\'')
		appendStringInfoString(out, "&#39;");
	else if (c == '\n' || c == '\t')
		appendStringInfoChar(out, (char) c);
	else if (c < 0x20)
		appendStringInfo(out, "&#x%X;", 0x2400 + c);	/* its picture */
	else if (c < 0x7F)
		appendStringInfoChar(out, (char) c);
	else if (is_invisible_control(c))
		appendStringInfo(out, "[U+%04X]", c);
	else if (c == 0x2028 || c == 0x2029)
		appendStringInfoChar(out, ' ');
	else
		appendStringInfo(out, "&#x%X;", is_forbidden(c) ? REPLACEMENT : c);
}

/*
 * Good between tags, and inside an attribute with double or single quotes.
 * The copy is for the memory context to free.
 */
const char *
tend_escape(const char *text)
{
	return tend_escape_clipped(text, PG_INT32_MAX);
}

/* At most so many characters, the last one an ellipsis where more follow */
const char *
tend_escape_clipped(const char *text, int max_chars)
{
	const unsigned char *s = (const unsigned char *) text;
	StringInfoData out;
	int			before_last = 0;

	initStringInfo(&out);
	for (int n = 0; *s != '\0'; n++)
	{
		if (n == max_chars - 1)
			before_last = out.len;
		if (n == max_chars)
		{
			out.len = before_last;
			out.data[out.len] = '\0';
			appendStringInfoString(&out, ELLIPSIS);
			break;
		}
		put_char(&out, next_char(&s));
	}
	return out.data;
}

/* A number in words, which no line break tears apart */
const char *
tend_escape_word(TendWord word)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *c = word.str; *c != '\0'; c++)
	{
		if (*c == ' ')
			appendStringInfoString(&out, "&#xA0;");
		else
			put_char(&out, (unsigned char) *c);
	}
	return out.data;
}
