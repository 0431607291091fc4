/*-------------------------------------------------------------------------
 *
 * plan_evidence.c
 *	  Fill a finding: JSON, words and remedy, each in its room.
 *
 * What does not fit is left out as a whole, so that the JSON is valid
 * whatever the names are.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_evidence.h"

/* The end of the JSON object is kept free for the names of other causes. */
#define ROOM_FOR_ALSO		256

/* A longer text is cut. */
#define MOST_TEXT			160

/*
 * Bytes of a text that may be shown, if it has to be cut there.  In all
 * encodings of a server, the bytes of a multibyte character have the high bit
 * set, so that a cut after an ASCII character is safe.
 */
static size_t
cut_at(const char *str, size_t most)
{
	size_t		len = strlen(str);

	if (len <= most)
		return len;
	len = most;
	while (len > 0 && IS_HIGHBIT_SET(str[len - 1]))
		len--;
	return len;
}

/* ---- JSON ---- */

void
tend_json_text(StringInfo out, const char *value)
{
	size_t		len = cut_at(value, MOST_TEXT);

	appendStringInfoChar(out, '"');
	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = value[i];

		if (c == '"' || c == '\\')
			appendStringInfo(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			appendStringInfo(out, "\\u%04x", c);
		else
			appendStringInfoChar(out, c);
	}
	appendStringInfoString(out, value[len] != '\0' ? "...\"" : "\"");
}

void
tend_json_number(StringInfo out, double value)
{
	if (isnan(value) || isinf(value))
		appendStringInfoString(out, "null");
	else
		appendStringInfo(out, "%.10g", value);
}

/* Append a member, if it fits.  The object is valid before and after. */
static void
append_member(TendPlanFinding *f, const char *key, const char *json, size_t keep)
{
	size_t		len = strlen(f->evidence);

	/* quotes, colon, comma, closing brace, end */
	if (len + strlen(key) + strlen(json) + 6 + keep > sizeof(f->evidence))
		return;
	snprintf(f->evidence + len - 1, sizeof(f->evidence) - len + 1, "%s\"%s\":%s}",
			 len > 2 ? "," : "", key, json);
}

void
tend_evidence_begin(TendPlanFinding *f)
{
	strlcpy(f->evidence, "{}", sizeof(f->evidence));
	f->words[0] = '\0';
	f->remedy[0] = '\0';
}

void
tend_evidence_json(TendPlanFinding *f, const char *key, const char *json)
{
	append_member(f, key, json, ROOM_FOR_ALSO);
}

void
tend_evidence_text(TendPlanFinding *f, const char *key, const char *value)
{
	StringInfoData json;

	initStringInfo(&json);
	tend_json_text(&json, value);
	tend_evidence_json(f, key, json.data);
	pfree(json.data);
}

void
tend_evidence_number(TendPlanFinding *f, const char *key, double value)
{
	StringInfoData json;

	initStringInfo(&json);
	tend_json_number(&json, value);
	tend_evidence_json(f, key, json.data);
	pfree(json.data);
}

void
tend_evidence_pair(TendPlanFinding *f, double old, double new)
{
	tend_evidence_number(f, "old", old);
	tend_evidence_number(f, "new", new);
}

/* Other causes that would do */
void
tend_evidence_also(TendPlanFinding *f, const char *const *names, int n)
{
	StringInfoData json;

	if (n == 0)
		return;
	initStringInfo(&json);
	for (int i = 0; i < n; i++)
	{
		appendStringInfoString(&json, i == 0 ? "[" : ",");
		tend_json_text(&json, names[i]);
	}
	appendStringInfoChar(&json, ']');
	append_member(f, "also", json.data, 0);
	pfree(json.data);
}

/* ---- words ---- */

/* Add a sentence, or part of one; long ones are cut. */
void
tend_finding_words(TendPlanFinding *f, const char *fmt,...)
{
	size_t		len = strlen(f->words);
	size_t		room = sizeof(f->words) - len;
	int			wanted;
	va_list		args;

	va_start(args, fmt);
	wanted = vsnprintf(f->words + len, room, fmt, args);
	va_end(args);
	if (wanted < 0 || (size_t) wanted >= room)
		f->words[cut_at(f->words, sizeof(f->words) - 2)] = '\0';
}

/* A command that is cut would be another command: then there is none. */
void
tend_finding_remedy(TendPlanFinding *f, const char *fmt,...)
{
	int			wanted;
	va_list		args;

	va_start(args, fmt);
	wanted = vsnprintf(f->remedy, sizeof(f->remedy), fmt, args);
	va_end(args);
	if (wanted < 0 || (size_t) wanted >= sizeof(f->remedy))
		f->remedy[0] = '\0';
}
