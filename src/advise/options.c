/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Read autovacuum's storage parameters from pg_class.reloptions.
 *
 * We read the text "name=value" that ALTER TABLE has already checked, rather
 * than the server's AutoVacOpts: that struct changes with nearly every major.
 * A value that we cannot read counts as not set.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/options.h"

typedef struct NumberOption
{
	const char *name;
	size_t		offset;
	double		min;			/* a smaller value means "not set" */
	bool		whole;			/* the server rounds it to an integer */
} NumberOption;

#define FIELD(f) offsetof(TendOptions, f)

static const NumberOption number_options[] = {
	{"autovacuum_vacuum_threshold", FIELD(vacuum_threshold), 0, true},
	{"autovacuum_vacuum_max_threshold", FIELD(vacuum_max_threshold), -1, true},
	{"autovacuum_vacuum_scale_factor", FIELD(vacuum_scale_factor), 0, false},
	{"autovacuum_vacuum_insert_threshold", FIELD(insert_threshold), -1, true},
	{"autovacuum_vacuum_insert_scale_factor", FIELD(insert_scale_factor), 0, false},
	{"autovacuum_analyze_threshold", FIELD(analyze_threshold), 0, true},
	{"autovacuum_analyze_scale_factor", FIELD(analyze_scale_factor), 0, false},
	{"autovacuum_freeze_max_age", FIELD(freeze_max_age), 0, true},
	{"autovacuum_multixact_freeze_max_age", FIELD(multixact_freeze_max_age), 0, true},
	{"autovacuum_freeze_min_age", FIELD(freeze_min_age), 0, true},
	{"autovacuum_vacuum_cost_limit", FIELD(cost_limit), 1, true},
	{"autovacuum_vacuum_cost_delay", FIELD(cost_delay), 0, false},
};

void
tend_options_init(TendOptions *options)
{
	options->any = false;
	options->enabled = true;
	for (int i = 0; i < (int) lengthof(number_options); i++)
		*(double *) ((char *) options + number_options[i].offset) = NAN;
}

/*
 * Is the text one of the spellings of false that reloptions accept?  They
 * are "off", "false", "no" and "0" and unambiguous beginnings of these.
 */
static bool
is_false(const char *value)
{
	static const char *const words[] = {"off", "false", "no"};
	size_t		len = strlen(value);

	if (strcmp(value, "0") == 0)
		return true;
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		/* "o" could be "on" */
		if (len >= (i == 0 ? 2 : 1) && len <= strlen(words[i]) &&
			pg_strncasecmp(value, words[i], len) == 0)
			return true;
	}
	return false;
}

/*
 * An integer as the server reads it: in any base that C knows, or else as a
 * number that is rounded.
 */
static double
read_whole(const char *value, char **end)
{
	long		whole = strtol(value, end, 0);

	if (**end == '.' || **end == 'e' || **end == 'E')
		return rint(strtod(value, end));
	return whole;
}

/*
 * Take one element of pg_class.reloptions, "name=value", into account.
 *
 * Any element counts for "any", whatever its name: a TOAST table with an
 * option of its own inherits none of the main table's.
 */
void
tend_options_add(TendOptions *options, const char *item)
{
	const char *equals = strchr(item, '=');
	size_t		len;

	options->any = true;
	if (equals == NULL)
		return;
	len = equals - item;

	if (len == strlen("autovacuum_enabled") &&
		strncmp(item, "autovacuum_enabled", len) == 0)
	{
		options->enabled = !is_false(equals + 1);
		return;
	}

	for (int i = 0; i < (int) lengthof(number_options); i++)
	{
		const NumberOption *o = &number_options[i];
		char	   *end;
		double		value;

		if (strlen(o->name) != len || strncmp(item, o->name, len) != 0)
			continue;
		value = o->whole ? read_whole(equals + 1, &end) : strtod(equals + 1, &end);
		if (end == equals + 1)
			return;
		if (value >= o->min)
			*(double *) ((char *) options + o->offset) = value;
		return;
	}
}

/* Does this reloption steer vacuum or autovacuum? */
bool
tend_option_is_vacuum(const char *item)
{
	return strncmp(item, "autovacuum_", 11) == 0 ||
		strncmp(item, "vacuum_", 7) == 0 ||
		strncmp(item, "log_autovacuum_", 15) == 0 ||
		strncmp(item, "log_autoanalyze_", 16) == 0;
}
