/*-------------------------------------------------------------------------
 *
 * well_formed.h
 *	  Is this XML that a browser would not stumble over?
 *
 * Not a parser of all of XML, but stricter where it looks: ASCII only, each
 * "<" begins a tag, each "&" a reference, tags are closed in order, attributes
 * are quoted and have no "<", no id comes twice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_WELL_FORMED_H
#define TEND_WELL_FORMED_H

#include "tap.h"

#define WELL_DEPTH	64
#define WELL_IDS	256

typedef struct WellFormed
{
	const char *problem;
	char		open[WELL_DEPTH][16];
	int			depth;
	char		ids[WELL_IDS][40];
	int			nids;
} WellFormed;

/* Behind the reference at s, or NULL */
static inline const char *
well_reference(const char *s)
{
	const char *end = s + 1;

	if (*end == '#')
		end++;
	while ((*end >= '0' && *end <= '9') || (*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z'))
		end++;
	return *end == ';' && end > s + 1 ? end + 1 : NULL;
}

static inline void
well_id(WellFormed *w, const char *tag, const char *s, const char *value, const char *end)
{
	char		id[40] = "";

	if (s - tag < 4 || strncmp(s - 4, " id=", 4) != 0)
		return;
	memcpy(id, value, Min((size_t) (end - value), sizeof(id) - 1));
	for (int i = 0; i < w->nids; i++)
	{
		if (strcmp(w->ids[i], id) == 0)
			w->problem = "an id comes twice";
	}
	if (w->nids < WELL_IDS)
		strlcpy(w->ids[w->nids++], id, sizeof(id));
}

/* Behind the tag at s, or NULL */
static inline const char *
well_tag(WellFormed *w, const char *s)
{
	const char *tag = s;
	bool		closes = s[1] == '/';
	const char *name = s + 1 + closes;
	size_t		length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
	bool		empty = false;

	if (length == 0 || length > 15)
		return NULL;
	for (s = name + length; *s != '>'; s++)
	{
		if (*s == '"')
		{
			const char *value = s + 1;

			for (s = value; *s != '"'; s++)
			{
				if (*s == '\0' || *s == '<' || (*s == '&' && well_reference(s) == NULL))
					return NULL;
			}
			well_id(w, tag, value - 1, value, s);
		}
		else if (*s == '\0' || *s == '<' || *s == '\'')
			return NULL;
		empty = *s == '/';
	}
	if (closes)
	{
		if (w->depth == 0 || strlen(w->open[w->depth - 1]) != length ||
			strncmp(w->open[w->depth - 1], name, length) != 0)
			return NULL;
		w->depth--;
	}
	else if (!empty)
	{
		if (w->depth == WELL_DEPTH)
			return NULL;
		memcpy(w->open[w->depth], name, length);
		w->open[w->depth++][length] = '\0';
	}
	return s + 1;
}

/* NULL, or what is wrong with it */
static inline const char *
well_formed(const char *xml)
{
	static WellFormed w;
	const char *s = xml;

	memset(&w, 0, sizeof(w));
	if (strncmp(s, "<!DOCTYPE html>", 15) == 0)
		s += 15;
	while (*s != '\0' && w.problem == NULL)
	{
		const char *next = s + 1;

		if (*s == '<')
			next = well_tag(&w, s);
		else if (*s == '&')
			next = well_reference(s);
		else if ((unsigned char) *s >= 0x7F || ((unsigned char) *s < 0x20 && *s != '\n' && *s != '\t'))
			return "a byte that is not printable ASCII";
		if (next == NULL)
			return psprintf("broken at: %.60s", s);
		s = next;
	}
	if (w.problem == NULL && w.depth > 0)
		return psprintf("not closed: %s", w.open[w.depth - 1]);
	return w.problem;
}

static inline void
tap_well_formed(const char *xml, const char *name)
{
	const char *problem = well_formed(xml);

	if (!tap_ok(problem == NULL, name))
		fprintf(stderr, "# %s: %s\n", name, problem);
}

#endif							/* TEND_WELL_FORMED_H */
