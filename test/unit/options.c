/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Tests of src/advise/options.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/options.h"

#define FIELD(f) offsetof(TendOptions, f)

typedef struct NumberCase
{
	const char *name;
	const char *item;
	size_t		field;
	double		want;
}			NumberCase;

static const NumberCase numbers[] = {
	/* every option has its field */
	{"vacuum threshold", "autovacuum_vacuum_threshold=7", FIELD(vacuum_threshold), 7},
	{"vacuum max threshold", "autovacuum_vacuum_max_threshold=7", FIELD(vacuum_max_threshold), 7},
	{"vacuum scale factor", "autovacuum_vacuum_scale_factor=0.25", FIELD(vacuum_scale_factor), 0.25},
	{"insert threshold", "autovacuum_vacuum_insert_threshold=7", FIELD(insert_threshold), 7},
	{"insert scale factor", "autovacuum_vacuum_insert_scale_factor=0.25", FIELD(insert_scale_factor), 0.25},
	{"analyze threshold", "autovacuum_analyze_threshold=7", FIELD(analyze_threshold), 7},
	{"analyze scale factor", "autovacuum_analyze_scale_factor=0.25", FIELD(analyze_scale_factor), 0.25},
	{"freeze max age", "autovacuum_freeze_max_age=100000", FIELD(freeze_max_age), 100000},
	{"multixact freeze max age", "autovacuum_multixact_freeze_max_age=10000", FIELD(multixact_freeze_max_age), 10000},

	/* zero and -1 */
	{"threshold 0 is a value", "autovacuum_vacuum_threshold=0", FIELD(vacuum_threshold), 0},
	{"scale factor 0 is a value", "autovacuum_vacuum_scale_factor=0", FIELD(vacuum_scale_factor), 0},
	{"insert threshold -1 is a value", "autovacuum_vacuum_insert_threshold=-1", FIELD(insert_threshold), -1},
	{"max threshold -1 is a value", "autovacuum_vacuum_max_threshold=-1", FIELD(vacuum_max_threshold), -1},
	{"insert threshold below -1 is not set", "autovacuum_vacuum_insert_threshold=-2", FIELD(insert_threshold), NAN},
	{"max threshold below -1 is not set", "autovacuum_vacuum_max_threshold=-2", FIELD(vacuum_max_threshold), NAN},
	{"vacuum threshold -1 is not set", "autovacuum_vacuum_threshold=-1", FIELD(vacuum_threshold), NAN},
	{"scale factor -1 is not set", "autovacuum_vacuum_scale_factor=-1", FIELD(vacuum_scale_factor), NAN},
	{"freeze max age -1 is not set", "autovacuum_freeze_max_age=-1", FIELD(freeze_max_age), NAN},

	/* spellings that ALTER TABLE takes, and what the server makes of them */
	{"the largest integer", "autovacuum_vacuum_threshold=2147483647", FIELD(vacuum_threshold), 2147483647},
	{"an integer with exponent", "autovacuum_vacuum_threshold=1e3", FIELD(vacuum_threshold), 1000},
	{"an integer with fraction is rounded", "autovacuum_vacuum_threshold=10.6", FIELD(vacuum_threshold), 11},
	{"half an integer is rounded to even", "autovacuum_vacuum_threshold=10.5", FIELD(vacuum_threshold), 10},
	{"an integer after spaces", "autovacuum_vacuum_threshold= 12", FIELD(vacuum_threshold), 12},
	{"an integer before spaces", "autovacuum_vacuum_threshold=12 ", FIELD(vacuum_threshold), 12},
	{"an integer with a sign", "autovacuum_vacuum_threshold=+12", FIELD(vacuum_threshold), 12},
	{"a hexadecimal integer", "autovacuum_vacuum_threshold=0x1F", FIELD(vacuum_threshold), 31},
	{"an octal integer", "autovacuum_vacuum_threshold=010", FIELD(vacuum_threshold), 8},
	{"an octal look of a scale factor is decimal", "autovacuum_vacuum_scale_factor=010", FIELD(vacuum_scale_factor), 10},
	{"a scale factor with exponent", "autovacuum_vacuum_scale_factor=1e-3", FIELD(vacuum_scale_factor), 1e-3},
	{"a scale factor without leading zero", "autovacuum_vacuum_scale_factor=.5", FIELD(vacuum_scale_factor), 0.5},

	/* what no ALTER TABLE has checked */
	{"junk is not set", "autovacuum_vacuum_threshold=many", FIELD(vacuum_threshold), NAN},
	{"an empty value is not set", "autovacuum_vacuum_threshold=", FIELD(vacuum_threshold), NAN},
	{"a missing value is not set", "autovacuum_vacuum_threshold", FIELD(vacuum_threshold), NAN},
	{"not a number is not set", "autovacuum_vacuum_scale_factor=nan", FIELD(vacuum_scale_factor), NAN},

	/* names */
	{"a longer name is another option", "autovacuum_vacuum_threshold2=7", FIELD(vacuum_threshold), NAN},
	{"a shorter name is another option", "autovacuum_vacuum_threshol=7", FIELD(vacuum_threshold), NAN},
	{"names begin at the beginning", "xautovacuum_vacuum_threshold=7", FIELD(vacuum_threshold), NAN},
	{"names are in lower case", "AUTOVACUUM_VACUUM_THRESHOLD=7", FIELD(vacuum_threshold), NAN},
	{"an empty item sets nothing", "", FIELD(vacuum_threshold), NAN},
	{"an item without name sets nothing", "=7", FIELD(vacuum_threshold), NAN},
	{"insert threshold is not the vacuum threshold", "autovacuum_vacuum_insert_threshold=7", FIELD(vacuum_threshold), NAN},
	{"max threshold is not the vacuum threshold", "autovacuum_vacuum_max_threshold=7", FIELD(vacuum_threshold), NAN},
	{"freeze min age is none of ours", "autovacuum_freeze_min_age=7", FIELD(freeze_max_age), NAN},
};

/* the spellings of parse_bool() */
static const char *const spellings_of_true[] = {
	"on", "true", "yes", "1", "t", "tr", "tru", "y", "ye", "ON", "On", "True", "YES"
};
static const char *const spellings_of_false[] = {
	"off", "false", "no", "0", "of", "f", "fa", "fal", "fals", "n", "OFF", "Off", "False", "NO", "Of"
};

typedef struct VacuumCase
{
	const char *item;
	bool		want;
}			VacuumCase;

static const VacuumCase overrides[] = {
	{"autovacuum_enabled=off", true},
	{"autovacuum_vacuum_cost_delay=2", true},
	{"autovacuum_freeze_min_age=0", true},
	{"vacuum_truncate=off", true},
	{"vacuum_index_cleanup=auto", true},
	{"vacuum_max_eager_freeze_failure_rate=0.03", true},
	{"log_autovacuum_min_duration=0", true},
	{"log_autoanalyze_min_duration=0", true},
	{"fillfactor=70", false},
	{"toast_tuple_target=256", false},
	{"parallel_workers=4", false},
	{"user_catalog_table=on", false},
	{"", false},
};

static const double *
field(const TendOptions *options, size_t offset)
{
	return (const double *) ((const char *) options + offset);
}

static void
check_numbers(void)
{
	for (int i = 0; i < (int) lengthof(numbers); i++)
	{
		const		NumberCase *c = &numbers[i];
		TendOptions options;

		tend_options_init(&options);
		tend_options_add(&options, c->item);
		tap_number(*field(&options, c->field), c->want,
				   psprintf("%s: \"%s\"", c->name, c->item));
	}
}

static void
check_enabled(void)
{
	TendOptions options;

	for (int i = 0; i < (int) lengthof(spellings_of_true); i++)
	{
		tend_options_init(&options);
		options.enabled = false;
		tend_options_add(&options, psprintf("autovacuum_enabled=%s", spellings_of_true[i]));
		tap_ok(options.enabled, psprintf("\"%s\" means on", spellings_of_true[i]));
	}
	for (int i = 0; i < (int) lengthof(spellings_of_false); i++)
	{
		tend_options_init(&options);
		tend_options_add(&options, psprintf("autovacuum_enabled=%s", spellings_of_false[i]));
		tap_ok(!options.enabled, psprintf("\"%s\" means off", spellings_of_false[i]));
	}

	tend_options_init(&options);
	tend_options_add(&options, "vacuum_enabled=off");
	tend_options_add(&options, "autovacuum_enabled2=off");
	tend_options_add(&options, "autovacuum_enable=off");
	tend_options_add(&options, "autovacuum_enabled");
	tap_ok(options.enabled, "options of similar names do not switch autovacuum off");
}

static void
check_any(void)
{
	static const char *const items[] = {
		"autovacuum_vacuum_threshold=7", "autovacuum_enabled=on", "fillfactor=70",
		"autovacuum_vacuum_threshold=many", "vacuum_truncate", "something=else"
	};
	TendOptions options;

	tend_options_init(&options);
	tap_ok(!options.any, "without options there is not any");
	for (int i = 0; i < (int) lengthof(items); i++)
	{
		tend_options_init(&options);
		tend_options_add(&options, items[i]);
		tap_ok(options.any, psprintf("\"%s\" is an option, whatever it says", items[i]));
	}
}

static void
check_init(void)
{
	TendOptions options;
	bool		unset = true;

	memset(&options, 0x7f, sizeof(options));
	tend_options_init(&options);
	for (int i = 0; i < (int) lengthof(numbers); i++)
		unset = unset && isnan(*field(&options, numbers[i].field));
	tap_ok(unset, "a new set of options has no number set");
	tap_ok(options.enabled, "a new set of options leaves autovacuum on");
}

static void
check_several(void)
{
	TendOptions options;

	tend_options_init(&options);
	tend_options_add(&options, "autovacuum_vacuum_threshold=1");
	tend_options_add(&options, "autovacuum_enabled=off");
	tend_options_add(&options, "autovacuum_analyze_scale_factor=0.5");
	tap_ok(options.vacuum_threshold == 1 && !options.enabled && options.analyze_scale_factor == 0.5,
		   "options add up");
	tap_ok(isnan(options.analyze_threshold), "and leave the others unset");
}

int
main(void)
{
	check_init();
	check_numbers();
	check_enabled();
	check_any();
	check_several();
	for (int i = 0; i < (int) lengthof(overrides); i++)
		tap_ok(tend_option_is_vacuum(overrides[i].item) == overrides[i].want,
			   psprintf("\"%s\" is %sabout vacuum", overrides[i].item, overrides[i].want ? "" : "not "));
	return tap_done();
}
