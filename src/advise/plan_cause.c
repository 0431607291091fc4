/*-------------------------------------------------------------------------
 *
 * plan_cause.c
 *	  Why did a plan change, or become slow?
 *
 * Compares both sides, the strongest evidence first: what somebody did on
 * purpose and what makes an old plan impossible come before what may merely
 * have shifted an estimate.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include <ctype.h>

#include "advise/plan_evidence.h"
#include "advise/plan_sums.h"
#include "advise/words.h"

/* From which ratio on ... a table grew, more partitions are scanned */
#define GREW				3.0
#define MORE_PARTITIONS		3.0
/* and at least so many pages, or partitions, more */
#define LEAST_PAGES			10.0
#define LEAST_PARTITIONS	2.0

/* Spilled: so many temporary blocks per call, and so many times the old ones */
#define LEAST_SPILL			1.0
#define MORE_SPILL			10.0

/* The share of pages that are all visible fell by so much. */
#define LESS_VISIBLE		0.3

/* A value in so many rows makes a column's best plan depend on the value. */
#define SKEWED				0.1

/* Statistics that an ANALYZE changed notably */
#define OTHER_COUNT			1.2
#define OTHER_DISTINCT		1.5
#define OTHER_CORRELATION	0.2
#define OTHER_FREQUENCY		0.05
#define OTHER_NULLS			0.1

/* ---- names ---- */

const char *
tend_plan_cause_name(TendPlanCause cause)
{
	switch (cause)
	{
		case TEND_PLAN_CAUSE_UNKNOWN:
			return "unknown";
		case TEND_PLAN_CAUSE_ANALYZE:
			return "analyze";
		case TEND_PLAN_CAUSE_INDEX_DROPPED:
			return "index dropped";
		case TEND_PLAN_CAUSE_INDEX_CREATED:
			return "index created";
		case TEND_PLAN_CAUSE_SETTING:
			return "setting changed";
		case TEND_PLAN_CAUSE_TABLE_GREW:
			return "table grew";
		case TEND_PLAN_CAUSE_GENERIC_PLAN:
			return "generic plan";
		case TEND_PLAN_CAUSE_STATISTICS_TARGET:
			return "statistics target";
		case TEND_PLAN_CAUSE_PRUNING_LOST:
			return "partition pruning lost";
		case TEND_PLAN_CAUSE_SPILLED:
			return "spilled";
		case TEND_PLAN_CAUSE_VISIBILITY_LOST:
			return "visibility map lost";
	}
	return "unknown";
}

typedef struct SqlName
{
	char		str[2 * NAMEDATALEN + 3];
} SqlName;

/* As it stands in the text of a plan, but for the outer quotes */
static SqlName
doubled(const char *name)
{
	SqlName		n;
	size_t		len = 0;

	for (int i = 0; i < NAMEDATALEN && name[i] != '\0'; i++)
	{
		if (name[i] == '"')
			n.str[len++] = '"';
		n.str[len++] = name[i];
	}
	n.str[len] = '\0';
	return n;
}

/* Quoted unless it is plain; key words are not known here. */
static SqlName
quoted(const char *name)
{
	SqlName		n = doubled(name);
	size_t		len = strlen(n.str);

	if (len > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == len &&
		strchr("0123456789", name[0]) == NULL)
		return n;
	memmove(n.str + 1, n.str, len);
	n.str[0] = n.str[len + 1] = '"';
	n.str[len + 2] = '\0';
	return n;
}

/* Bytes of "schema." in the name of a table, which is quoted as needed */
static int
schema_length(const char *table)
{
	bool		inside = false;

	for (int i = 0; table[i] != '\0'; i++)
	{
		if (table[i] == '"')
			inside = !inside;
		else if (table[i] == '.' && !inside)
			return i + 1;
	}
	return 0;
}

static bool
is_word_byte(unsigned char c)
{
	return isalnum(c) || c == '_' || c == '$' || IS_HIGHBIT_SET(c);
}

/* Does a text name this, as a word of its own? */
static bool
mentions(const char *plan, const char *name)
{
	SqlName		wanted = doubled(name);
	size_t		len = strlen(wanted.str);

	if (plan == NULL || len == 0)
		return false;
	for (const char *at = strstr(plan, wanted.str); at != NULL; at = strstr(at + 1, wanted.str))
		if ((at == plan || !is_word_byte(at[-1])) && !is_word_byte(at[len]))
			return true;
	return false;
}

/* An index, where a node says that it is used: it may be named like a column */
static bool
uses_index(const char *plan, const char *name)
{
	SqlName		wanted = doubled(name);
	size_t		len = strlen(wanted.str);

	if (plan == NULL || len == 0)
		return false;
	for (const char *at = strstr(plan, wanted.str); at != NULL; at = strstr(at + 1, wanted.str))
	{
		const char *before = at > plan && at[-1] == '"' ? at - 1 : at;

		if (!is_word_byte(at[len]) &&
			((before - plan >= 6 && strncmp(before - 6, "using ", 6) == 0) ||
			 (before - plan >= 14 && strncmp(before - 14, "Index Scan on ", 14) == 0)))
			return true;
	}
	return false;
}

/* ---- tables of both sides ---- */

static const TendTableInputs *
same_table(const TendPlanSide *side, Oid relid)
{
	for (int i = 0; i < side->ntables; i++)
		if (side->tables[i].relid == relid)
			return &side->tables[i];
	return NULL;
}

static int
count_indexes(const TendTableInputs *t)
{
	return Min(Max(t->nindexes, 0), TEND_INPUT_INDEXES);
}

static int
count_columns(const TendTableInputs *t)
{
	return Min(Max(t->ncolumns, 0), TEND_INPUT_COLUMNS);
}

/* By OID, that survives renames, or by name, that survives REINDEX */
static const TendIndexInputs *
same_index(const TendTableInputs *t, const TendIndexInputs *index)
{
	for (int i = 0; i < count_indexes(t); i++)
		if (t->indexes[i].oid == index->oid || strcmp(t->indexes[i].name, index->name) == 0)
			return &t->indexes[i];
	return NULL;
}

static const TendColumnInputs *
same_column(const TendTableInputs *t, const char *name)
{
	for (int i = 0; i < count_columns(t); i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return &t->columns[i];
	return NULL;
}

/* ---- generic plan ---- */

/* The column of the plan whose values differ most in how often they occur */
static const TendColumnInputs *
skewed_column(const TendPlanSide *side, const TendTableInputs **table)
{
	const TendColumnInputs *worst = NULL;

	for (int i = 0; i < side->ntables; i++)
		for (int j = 0; j < count_columns(&side->tables[i]); j++)
		{
			const TendColumnInputs *c = &side->tables[i].columns[j];

			if (c->top_frequency >= SKEWED && mentions(side->plan, c->name) &&
				(worst == NULL || c->top_frequency > worst->top_frequency))
			{
				worst = c;
				*table = &side->tables[i];
			}
		}
	return worst;
}

static bool
find_generic(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	const TendTableInputs *table = NULL;
	const TendColumnInputs *column;

	if (old->generic || !new->generic)
		return false;
	column = skewed_column(new, &table);
	tend_evidence_json(f, "old", "\"custom plan\"");
	tend_evidence_json(f, "new", "\"generic plan\"");
	tend_finding_words(f, "The old plan was made for the parameters of each execution, the new one is generic: it has to do for all values");
	if (column != NULL)
	{
		tend_evidence_text(f, "table", table->name);
		tend_evidence_text(f, "column", column->name);
		tend_evidence_number(f, "top_frequency", column->top_frequency);
		tend_finding_words(f, ", though one value of column %s of %s is in %s of the rows",
						   quoted(column->name).str, table->name,
						   tend_word_times(column->top_frequency).str);
	}
	tend_finding_words(f, ".");
	tend_finding_remedy(f, "SET plan_cache_mode = force_custom_plan, where the query is run: in its session, or for its user by ALTER ROLE ... SET plan_cache_mode = force_custom_plan");
	return true;
}

/* ---- indexes ---- */

/* Lists are as long as they may be: what is not there may only be left out. */
static bool
is_cut(const TendTableInputs *t)
{
	return t->nindexes >= TEND_INPUT_INDEXES;
}

static bool
index_is_gone(const TendTableInputs *now, const TendIndexInputs *index)
{
	const TendIndexInputs *is = same_index(now, index);

	return is == NULL ? !is_cut(now) : index->valid && !is->valid;
}

/* The statement that makes an index again, without keeping out writers */
static void
remedy_create(TendPlanFinding *f, const char *definition)
{
	static const char word[] = " INDEX ";
	const char *at = definition != NULL ? strstr(definition, word) : NULL;

	if (at == NULL)
		return;
	at += strlen(word);
	tend_finding_remedy(f, "%.*sCONCURRENTLY %s", (int) (at - definition), definition, at);
}

static void
tell_dropped(TendPlanFinding *f, const TendTableInputs *t, const TendIndexInputs *index, bool there)
{
	SqlName		name = quoted(index->name);

	tend_evidence_text(f, "table", t->name);
	tend_evidence_text(f, "index", index->name);
	tend_evidence_text(f, "now", there ? "invalid" : "dropped");
	tend_finding_words(f, "Index %s of %s, which the old plan used, %s.", name.str, t->name,
					   there ? "is invalid now" : "does not exist any more");
	if (there)
		tend_finding_remedy(f, "REINDEX INDEX CONCURRENTLY %.*s%s", schema_length(t->name),
							t->name, name.str);
	else
		remedy_create(f, index->definition);
	if (f->remedy[0] == '\0')
		tend_finding_remedy(f, "Create the index again, with the columns and conditions that the old plan shows: CREATE INDEX CONCURRENTLY %s ON %s (...)",
							name.str, t->name);
}

/* If we have the old plan's text, it must have used the index. */
static bool
find_dropped(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	for (int i = 0; i < old->ntables; i++)
	{
		const TendTableInputs *t = &old->tables[i];
		const TendTableInputs *now = same_table(new, t->relid);

		for (int j = 0; now != NULL && j < count_indexes(t); j++)
			if (index_is_gone(now, &t->indexes[j]) &&
				(old->plan == NULL || uses_index(old->plan, t->indexes[j].name)))
			{
				tell_dropped(f, now, &t->indexes[j], same_index(now, &t->indexes[j]) != NULL);
				return true;
			}
	}
	return false;
}

static bool
index_is_new(const TendTableInputs *before, const TendIndexInputs *index)
{
	const TendIndexInputs *was = same_index(before, index);

	return index->valid && (was == NULL ? !is_cut(before) : !was->valid);
}

static bool
find_created(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	for (int i = 0; i < new->ntables; i++)
	{
		const TendTableInputs *t = &new->tables[i];
		const TendTableInputs *before = same_table(old, t->relid);

		for (int j = 0; before != NULL && j < count_indexes(t); j++)
			if (index_is_new(before, &t->indexes[j]) &&
				(new->plan == NULL || uses_index(new->plan, t->indexes[j].name)))
			{
				tend_evidence_text(f, "table", t->name);
				tend_evidence_text(f, "index", t->indexes[j].name);
				tend_finding_words(f, "Index %s of %s, which the new plan uses, is new.",
								   quoted(t->indexes[j].name).str, t->name);
				tend_finding_remedy(f, "If the new plan is worse, look at both plans: an index with the columns of all conditions serves better; or DROP INDEX CONCURRENTLY %.*s%s",
									schema_length(t->name), t->name, quoted(t->indexes[j].name).str);
				return true;
			}
	}
	return false;
}

/* ---- settings ---- */

/* A line "name = value" */
typedef struct Line
{
	const char *name;
	int			name_len;
	const char *value;			/* NULL: the default */
	int			value_len;
} Line;

/* Take the next line; false at the end. */
static bool
next_line(const char **rest, Line *line)
{
	const char *end;
	const char *equals;

	while (**rest == '\n')
		(*rest)++;
	if (**rest == '\0')
		return false;
	end = *rest + strcspn(*rest, "\n");
	line->name = *rest;
	equals = strstr(*rest, " = ");
	if (equals == NULL || equals >= end)
		equals = end;
	line->name_len = equals - *rest;
	line->value = equals == end ? end : equals + 3;
	line->value_len = end - line->value;
	*rest = end;
	return true;
}

static bool
find_line(const char *settings, const Line *wanted, Line *found)
{
	while (next_line(&settings, found))
		if (found->name_len == wanted->name_len &&
			strncmp(found->name, wanted->name, wanted->name_len) == 0)
			return true;
	found->value = NULL;
	return false;
}

static void
put_part(StringInfo out, const char *part, int len)
{
	char	   *copy;

	if (part == NULL)
	{
		appendStringInfoString(out, "null");
		return;
	}
	copy = pnstrdup(part, len);
	tend_json_text(out, copy);
	pfree(copy);
}

/* Differences so far */
typedef struct Differences
{
	StringInfoData json;
	Line		first;
	Line		first_old;
	Line		first_new;
	int			n;
} Differences;

static void
note_difference(Differences *d, const Line *line, const Line *old, const Line *new)
{
	if (d->n++ == 0)
	{
		d->first = *line;
		d->first_old = *old;
		d->first_new = *new;
	}
	/* the evidence has no room for more */
	if (d->json.len > 300)
		return;
	appendStringInfoString(&d->json, d->n == 1 ? "[{\"name\":" : ",{\"name\":");
	put_part(&d->json, line->name, line->name_len);
	appendStringInfoString(&d->json, ",\"old\":");
	put_part(&d->json, old->value, old->value_len);
	appendStringInfoString(&d->json, ",\"new\":");
	put_part(&d->json, new->value, new->value_len);
	appendStringInfoChar(&d->json, '}');
}

static void
compare_settings(const char *old, const char *new, Differences *d)
{
	const char *rest;
	Line		line;
	Line		other;

	for (rest = old; next_line(&rest, &line);)
	{
		bool		found = find_line(new, &line, &other);

		if (!found || other.value_len != line.value_len ||
			strncmp(other.value, line.value, line.value_len) != 0)
			note_difference(d, &line, &line, &other);
	}
	for (rest = new; next_line(&rest, &line);)
		if (!find_line(old, &line, &other))
			note_difference(d, &line, &other, &line);
}

/* The value of a setting in words */
static char *
said(const Line *line)
{
	return line->value == NULL ? pstrdup("the default") :
		pnstrdup(line->value, Min(line->value_len, 60));
}

static bool
find_setting(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	Differences d = {0};
	char	   *name;

	if (old->settings == NULL || new->settings == NULL)
		return false;
	initStringInfo(&d.json);
	compare_settings(old->settings, new->settings, &d);
	if (d.n > 0)
	{
		appendStringInfoChar(&d.json, ']');
		name = pnstrdup(d.first.name, Min(d.first.name_len, NAMEDATALEN));
		tend_evidence_json(f, "settings", d.json.data);
		tend_finding_words(f, "%s was %s when the old plan was made, and %s for the new one",
						   name, said(&d.first_old), said(&d.first_new));
		if (d.n > 1)
			tend_finding_words(f, "; %d more settings differ", d.n - 1);
		tend_finding_words(f, ".");
		tend_finding_remedy(f, "Find out who sets %s (pg_settings, pg_db_role_setting, the application), and set it back to %s if the new plan is worse",
							name, said(&d.first_old));
	}
	return d.n > 0;
}

/* ---- statistics target ---- */

static bool
find_target(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	for (int i = 0; i < new->ntables; i++)
	{
		const TendTableInputs *t = &new->tables[i];
		const TendTableInputs *before = same_table(old, t->relid);

		for (int j = 0; before != NULL && j < count_columns(t); j++)
		{
			const TendColumnInputs *c = &t->columns[j];
			const TendColumnInputs *was = same_column(before, c->name);

			if (was == NULL || was->target == c->target)
				continue;
			tend_evidence_text(f, "table", t->name);
			tend_evidence_text(f, "column", c->name);
			tend_evidence_pair(f, was->target, c->target);
			tend_finding_words(f, "The statistics target of column %s of %s was %d and is %d (-1: the default).",
							   quoted(c->name).str, t->name, was->target, c->target);
			tend_finding_remedy(f, "ALTER TABLE %s ALTER COLUMN %s SET STATISTICS %d; ANALYZE %s",
								t->name, quoted(c->name).str, was->target, t->name);
			return true;
		}
	}
	return false;
}

/* ---- what executions did ---- */

static bool
find_pruning(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	double		was = tend_sums_per_call(&old->sums, old->sums.partitions);
	double		is = tend_sums_per_call(&new->sums, new->sums.partitions);

	if (!(was > 0) || !(is >= MORE_PARTITIONS * was) || !(is - was >= LEAST_PARTITIONS))
		return false;
	tend_evidence_pair(f, was, is);
	tend_finding_words(f, "An execution goes to %s partitions; it went to %s.",
					   tend_word_count(is).str, tend_word_count(was).str);
	tend_finding_remedy(f, "Compare the partition key as it is, without a cast or an expression around it, with a constant or parameter of its own type, and keep enable_partition_pruning on");
	return true;
}

static bool
find_spill(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	double		was = tend_sums_per_call(&old->sums, old->sums.temp_blks);
	double		is = tend_sums_per_call(&new->sums, new->sums.temp_blks);

	if (!(is >= LEAST_SPILL) || !(is >= MORE_SPILL * was))
		return false;
	tend_evidence_json(f, "unit", "\"temporary blocks per call\"");
	tend_evidence_pair(f, was, is);
	tend_finding_words(f, "A sort or hash does not fit into memory: an execution writes %s to temporary files, before %s.",
					   tend_word_bytes(is * BLCKSZ).str, tend_word_bytes(was * BLCKSZ).str);
	tend_finding_remedy(f, "Raise work_mem for this query, for example to twice of what it writes (%s): SET work_mem, or ALTER ROLE ... SET work_mem",
						tend_word_bytes(2 * is * BLCKSZ).str);
	return true;
}

/* ---- tables ---- */

static bool
find_visibility(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	if (!(old->plan != NULL && strstr(old->plan, "Index Only Scan")) &&
		!(new->plan != NULL && strstr(new->plan, "Index Only Scan")))
		return false;
	for (int i = 0; i < new->ntables; i++)
	{
		const TendTableInputs *t = &new->tables[i];
		const TendTableInputs *before = same_table(old, t->relid);
		double		was = before != NULL ? before->allvisible / before->relpages : NAN;
		double		is = t->allvisible / t->relpages;

		if (!(was - is >= LESS_VISIBLE))
			continue;
		tend_evidence_text(f, "table", t->name);
		tend_evidence_pair(f, was, is);
		tend_finding_words(f, "Of %s, %s of the pages were known to be all visible, and %s are now: an index-only scan has to look into the table.",
						   t->name, tend_word_times(Min(was, 1)).str, tend_word_times(is).str);
		tend_finding_remedy(f, "VACUUM %s", t->name);
		return true;
	}
	return false;
}

/* How many times as large a table is; NaN or less than 1: not larger */
static double
growth(const TendTableInputs *before, const TendTableInputs *now)
{
	double		pages = now->relpages - before->relpages >= LEAST_PAGES ?
		now->relpages / Max(before->relpages, 1) : NAN;
	double		rows = before->reltuples > 0 && now->reltuples > 0 ?
		now->reltuples / before->reltuples : NAN;

	/* fmax() ignores a NaN beside a number */
	return fmax(pages, rows);
}

static bool
find_growth(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	const TendTableInputs *most = NULL;
	const TendTableInputs *before = NULL;

	for (int i = 0; i < new->ntables; i++)
	{
		const TendTableInputs *was = same_table(old, new->tables[i].relid);

		if (was == NULL || !(growth(was, &new->tables[i]) >= GREW))
			continue;
		if (most != NULL && growth(was, &new->tables[i]) <= growth(before, most))
			continue;
		most = &new->tables[i];
		before = was;
	}
	if (most == NULL)
		return false;
	tend_evidence_text(f, "table", most->name);
	tend_evidence_number(f, "old_rows", before->reltuples >= 0 ? before->reltuples : NAN);
	tend_evidence_number(f, "new_rows", most->reltuples >= 0 ? most->reltuples : NAN);
	tend_evidence_number(f, "old_pages", before->relpages);
	tend_evidence_number(f, "new_pages", most->relpages);
	tend_finding_words(f, "Table %s is %s as large as it was: %s, before %s.", most->name,
					   tend_word_times(growth(before, most)).str,
					   tend_word_bytes(most->relpages * BLCKSZ).str,
					   tend_word_bytes(before->relpages * BLCKSZ).str);
	tend_finding_remedy(f, "If it holds more rows: an index for the conditions of the query, or partitions. If it does not, it is bloated: VACUUM (VERBOSE) %s tells",
						most->name);
	return true;
}

/* ---- analyze ---- */

static bool
differs(double a, double b, double least)
{
	/* unknown on one side only is a difference, too */
	if (isnan(a) || isnan(b))
		return isnan(a) != isnan(b);
	return fabs(a - b) >= least;
}

static bool
ratio_differs(double a, double b, double least)
{
	return a > 0 && b > 0 && Max(a / b, b / a) >= least;
}

/* Negative numbers are shares of the rows. */
static double
distinct(const TendTableInputs *t, const TendColumnInputs *c)
{
	return c->n_distinct < 0 ? -c->n_distinct * Max(t->reltuples, 1) : c->n_distinct;
}

/* What an ANALYZE changed, as elements of a JSON array */
typedef struct Changes
{
	StringInfoData json;
	StringInfoData words;
	int			n;
} Changes;

/* A number of rows or values, a share, or a correlation */
static TendWord
word_number(double n)
{
	TendWord	w;

	if (isnan(n))
		strlcpy(w.str, "none", sizeof(w.str));
	else if (fabs(n) >= 1000)
		return tend_word_count(n);
	else
		snprintf(w.str, sizeof(w.str), "%.3g", n);
	return w;
}

static void
note_change(Changes *ch, const char *column, const char *what, const char *words,
			double was, double is)
{
	StringInfo	out = &ch->json;

	/* the evidence, and patience, have no room for more */
	if (out->len > 350)
		return;
	appendStringInfoString(out, ch->n == 0 ? "[{" : ",{");
	if (column != NULL)
	{
		appendStringInfoString(out, "\"column\":");
		tend_json_text(out, column);
		appendStringInfoChar(out, ',');
	}
	appendStringInfo(out, "\"what\":\"%s\",\"old\":", what);
	tend_json_number(out, was);
	appendStringInfoString(out, ",\"new\":");
	tend_json_number(out, is);
	appendStringInfoChar(out, '}');
	if (ch->n++ < 3)
		appendStringInfo(&ch->words, "%s %s%s%s %s to %s", ch->n == 1 ? ":" : ",", words,
						 column != NULL ? " of column " : "",
						 column != NULL ? quoted(column).str : "",
						 word_number(was).str, word_number(is).str);
}

static void
compare_column(const TendTableInputs *before, const TendTableInputs *t,
			   const TendColumnInputs *was, const TendColumnInputs *c, Changes *ch)
{
	double		d_was = distinct(before, was);
	double		d_is = distinct(t, c);

	if (ratio_differs(d_was, d_is, OTHER_DISTINCT))
		note_change(ch, c->name, "n_distinct", "distinct values", d_was, d_is);
	if (differs(was->correlation, c->correlation, OTHER_CORRELATION))
		note_change(ch, c->name, "correlation", "correlation", was->correlation, c->correlation);
	if (differs(was->top_frequency, c->top_frequency, OTHER_FREQUENCY))
		note_change(ch, c->name, "top_frequency", "share of the most common value",
					was->top_frequency, c->top_frequency);
	if (differs(was->null_frac, c->null_frac, OTHER_NULLS))
		note_change(ch, c->name, "null_frac", "share of nulls", was->null_frac, c->null_frac);
}

static void
compare_statistics(const TendTableInputs *before, const TendTableInputs *t, Changes *ch)
{
	if (ratio_differs(before->reltuples, t->reltuples, OTHER_COUNT))
		note_change(ch, NULL, "rows", "rows", before->reltuples, t->reltuples);
	for (int i = 0; i < count_columns(t); i++)
	{
		const TendColumnInputs *was = same_column(before, t->columns[i].name);

		if (was != NULL)
			compare_column(before, t, was, &t->columns[i], ch);
	}
}

static void
tell_analyze(TendPlanFinding *f, const TendTableInputs *before, const TendTableInputs *t, Changes *ch)
{
	tend_evidence_text(f, "table", t->name);
	if (ch->n > 0)
		appendStringInfoChar(&ch->json, ']');
	tend_evidence_json(f, "changed", ch->n > 0 ? ch->json.data : "[]");
	if (before->last_analyze == 0)
		tend_evidence_json(f, "first", "true");
	tend_finding_words(f, "Table %s was analyzed between the two plans%s%s.", t->name,
					   before->last_analyze == 0 ? ", for the first time" : "",
					   ch->n > 0 ? ch->words.data : "; what we know of its statistics did not change much");
	tend_finding_remedy(f, "If the new plan is worse, its estimates are: compare them with EXPLAIN (ANALYZE); a higher target helps where values are skewed (ALTER TABLE %s ALTER COLUMN ... SET STATISTICS 1000; ANALYZE %s), CREATE STATISTICS where columns depend on each other",
						t->name, t->name);
}

/* The table that an ANALYZE changed most */
static bool
find_analyze(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	const TendTableInputs *best = NULL;
	Changes		most = {.n = -1};

	for (int i = 0; i < new->ntables; i++)
	{
		const TendTableInputs *t = &new->tables[i];
		const TendTableInputs *before = same_table(old, t->relid);
		Changes		ch = {0};

		if (before == NULL || t->last_analyze <= before->last_analyze)
			continue;
		initStringInfo(&ch.json);
		initStringInfo(&ch.words);
		compare_statistics(before, t, &ch);
		if (ch.n > most.n)
		{
			most = ch;
			best = t;
		}
	}
	if (best == NULL)
		return false;
	tell_analyze(f, same_table(old, best->relid), best, &most);
	return true;
}

/* ---- all of them ---- */

static void
tell_unknown(const TendPlanSide *old, const TendPlanSide *new, TendPlanFinding *f)
{
	bool		settings = old->settings != NULL && new->settings != NULL;
	int			tables = 0;

	for (int i = 0; i < new->ntables; i++)
		tables += same_table(old, new->tables[i].relid) != NULL;
	tend_evidence_number(f, "tables", tables);
	tend_evidence_json(f, "settings", settings ? "\"equal\"" : "\"unknown\"");
	if (tables == 0 && !settings)
		tend_finding_words(f, "Nothing is known of what the planner had before.");
	else
		tend_finding_words(f, "Sizes, indexes, statistics and visibility of %d table%s%s were compared, and nothing notable differs.",
						   tables, tables == 1 ? "" : "s", settings ? ", and the settings of the planner" : "");
}

typedef struct Check
{
	TendPlanCause cause;
	bool		same_plan;		/* may make the same plan slow */
	bool		(*find) (const TendPlanSide *old, const TendPlanSide *new,
						 TendPlanFinding *f);
} Check;

/* The strongest evidence first */
static const Check checks[] = {
	{TEND_PLAN_CAUSE_GENERIC_PLAN, false, find_generic},
	{TEND_PLAN_CAUSE_INDEX_DROPPED, false, find_dropped},
	{TEND_PLAN_CAUSE_INDEX_CREATED, false, find_created},
	{TEND_PLAN_CAUSE_SETTING, false, find_setting},
	{TEND_PLAN_CAUSE_STATISTICS_TARGET, false, find_target},
	{TEND_PLAN_CAUSE_PRUNING_LOST, true, find_pruning},
	{TEND_PLAN_CAUSE_SPILLED, true, find_spill},
	{TEND_PLAN_CAUSE_VISIBILITY_LOST, true, find_visibility},
	{TEND_PLAN_CAUSE_TABLE_GREW, true, find_growth},
	{TEND_PLAN_CAUSE_ANALYZE, true, find_analyze},
};

/*
 * Find the probable cause of a change from "old" to "new", which have the
 * same planid if the plan stayed and became slow.  What memory this takes is
 * the caller's context's.
 */
void
tend_plan_find_cause(const TendPlanSide *old, const TendPlanSide *new,
					 TendPlanFinding *finding)
{
	const char *also[lengthof(checks)];
	int			nalso = 0;
	bool		found = false;

	tend_evidence_begin(finding);
	finding->cause = TEND_PLAN_CAUSE_UNKNOWN;
	for (int i = 0; i < (int) lengthof(checks); i++)
	{
		TendPlanFinding other;

		if (old->planid == new->planid && !checks[i].same_plan)
			continue;
		tend_evidence_begin(&other);
		if (!checks[i].find(old, new, found ? &other : finding))
			continue;
		if (found)
			also[nalso++] = tend_plan_cause_name(checks[i].cause);
		else
			finding->cause = checks[i].cause;
		found = true;
	}
	if (!found)
		tell_unknown(old, new, finding);
	tend_evidence_also(finding, also, nalso);
}
