/*-------------------------------------------------------------------------
 *
 * health.c
 *	  tend.health_findings() and tend.health_checks(): all checks at once
 *
 * Each source of facts is read in a subtransaction: if that fails, a row says
 * so, and the other checks go on.  Of the findings of a check the worst are
 * kept, in one pass and in bounded memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "collect/guarded.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "settings.h"
#include "settings_health.h"
#include "show/health_sources.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_health_findings);
PG_FUNCTION_INFO_V1(tend_health_checks);

enum
{
	COL_SEVERITY,
	COL_CHECK_NAME,
	COL_OBJECT,
	COL_VALUE,
	COL_THRESHOLD,
	COL_MESSAGE,
	COL_REMEDY,
	COL_UNIT,
	COL_SETTING,
	COL_EVIDENCE,
	COL_URGENCY,
	COL_NUMBER,
	COL_WEIGHT,
	NUM_COLS
};

/* A row of tend.health; what it points to lives in Health.cxt */
typedef struct Row
{
	TendSeverity severity;
	double		value;
	double		threshold;
	const char *object;
	const char *message;
	const char *remedy;
	const char *evidence;
} Row;

/* The findings of one check, the worst first */
typedef struct Findings
{
	int			n;
	int64		more;			/* that were not kept */
	TendSeverity worst_of_more;
	TendHealthRank *ranks;
	Row		   *rows;
} Findings;

typedef struct Health
{
	ReturnSetInfo *rsinfo;
	MemoryContext cxt;
	const TendHealthSource *source;
	TendHealthFinding finding;	/* reused */
	StringInfoData evidence;	/* reused */
	Findings	checks[TEND_HEALTH_CHECKS];
	int			nrows;
} Health;

/* ---- evidence ---- */

static bool
is_evidence(const TendHealthFact *fact)
{
	return strcmp(fact->name, "object") != 0 && strcmp(fact->name, "remedy") != 0 &&
		strcmp(fact->name, "advice") != 0 && strcmp(fact->name, "reason") != 0 &&
		strcmp(fact->name, "command") != 0 && strcmp(fact->name, "literal") != 0 &&
		strcmp(fact->name, "rule") != 0 && strcmp(fact->name, "blocker_remedy") != 0;
}

/* The facts as JSON, without what the row itself says; unknown ones left out */
static const char *
evidence_of(Health *health, const TendHealthFacts *facts)
{
	StringInfo	out = &health->evidence;
	const char *separator = "{";

	resetStringInfo(out);
	for (int i = 0; i < facts->n; i++)
	{
		const TendHealthFact *fact = &facts->facts[i];

		if (!is_evidence(fact) || (fact->word == NULL && !isfinite(fact->number)))
			continue;
		appendStringInfoString(out, separator);
		escape_json(out, fact->name);
		appendStringInfoString(out, ": ");
		if (fact->word != NULL)
			escape_json(out, fact->word);
		else
			appendStringInfo(out, "%.15g", fact->number);
		separator = ", ";
	}
	if (separator[0] == '{')
		appendStringInfoChar(out, '{');
	appendStringInfoChar(out, '}');
	return out->data;
}

/* ---- keeping the worst ---- */

static void
free_row(Row *row)
{
	pfree(unconstify(char *, row->object));
	pfree(unconstify(char *, row->message));
	pfree(unconstify(char *, row->remedy));
	pfree(unconstify(char *, row->evidence));
}

static Row
copy_row(Health *health, const TendHealthFacts *facts)
{
	const TendHealthFinding *finding = &health->finding;
	const char *object = tend_facts_word(facts, "object");

	return (Row)
	{
		.severity = finding->severity,
			.value = finding->value,
			.threshold = finding->threshold,
			.object = MemoryContextStrdup(health->cxt, object != NULL ? object : "?"),
			.message = MemoryContextStrdup(health->cxt, finding->message.data),
			.remedy = MemoryContextStrdup(health->cxt, finding->remedy.data),
			.evidence = MemoryContextStrdup(health->cxt, evidence_of(health, facts))
	};
}

static void
count_more(Findings *findings, TendSeverity severity)
{
	findings->more++;
	findings->worst_of_more = Max(findings->worst_of_more, severity);
}

static void
keep(Health *health, Findings *findings, const TendHealthFacts *facts)
{
	TendHealthRank rank = {health->finding.severity, health->finding.weight};
	int			place = tend_health_place(findings->ranks, findings->n, tend_health_rows, rank);

	if (place < 0)
	{
		count_more(findings, rank.severity);
		return;
	}
	if (findings->n == tend_health_rows)
	{
		findings->n--;
		count_more(findings, findings->rows[findings->n].severity);
		free_row(&findings->rows[findings->n]);
	}
	memmove(&findings->ranks[place + 1], &findings->ranks[place], sizeof(TendHealthRank) * (findings->n - place));
	memmove(&findings->rows[place + 1], &findings->rows[place], sizeof(Row) * (findings->n - place));
	findings->ranks[place] = rank;
	findings->rows[place] = copy_row(health, facts);
	findings->n++;
}

static bool
is_wanted(TendHealthCheck check)
{
	return !tend_settings_skip_check(tend_health_info(check)->name);
}

/* One object, for all checks of its source */
static void
take(const TendHealthFacts *facts, void *arg)
{
	Health	   *health = arg;

	for (int i = 0; i < health->source->nchecks; i++)
	{
		TendHealthCheck check = health->source->checks[i];

		if (is_wanted(check) &&
			tend_health_judge(check, facts, tend_settings_health_threshold(check), &health->finding))
			keep(health, &health->checks[check], facts);
	}
}

/* ---- rows ---- */

static void
set_text(Datum *values, bool *nulls, int col, const char *text)
{
	nulls[col] = text == NULL;

	if (text != NULL)
		values[col] = CStringGetTextDatum(text);
}

static void
set_number(Datum *values, bool *nulls, int col, double number)
{
	nulls[col] = !isfinite(number);
	values[col] = Float8GetDatum(number);
}

/* Row number "number" of a check, or of none of them */
static void
put(Health *health, const TendHealthInfo *info, int order, int number, const Row *row)
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS] = {false};

	set_text(values, nulls, COL_SEVERITY, tend_severity_name(row->severity));
	set_text(values, nulls, COL_CHECK_NAME, info != NULL ? info->name : "all checks");
	set_text(values, nulls, COL_OBJECT, row->object);
	set_number(values, nulls, COL_VALUE, row->value);
	set_number(values, nulls, COL_THRESHOLD, row->threshold);
	set_text(values, nulls, COL_MESSAGE, row->message);
	set_text(values, nulls, COL_REMEDY, row->remedy);
	set_text(values, nulls, COL_UNIT, info != NULL ? info->unit : NULL);
	set_text(values, nulls, COL_SETTING, info != NULL ? info->setting : NULL);
	set_text(values, nulls, COL_EVIDENCE, row->evidence);
	values[COL_URGENCY] = Int32GetDatum((int32) row->severity);
	values[COL_NUMBER] = Int32GetDatum(order);
	values[COL_WEIGHT] = Int32GetDatum(number);
	tuplestore_putvalues(health->rsinfo->setResult, health->rsinfo->setDesc, values, nulls);
	health->nrows++;
}

/* How many more there are, as the last row of a check */
static void
put_more(Health *health, TendHealthCheck check, const Findings *findings)
{
	const TendHealthInfo *info = tend_health_info(check);
	Row			row = {
		.severity = findings->worst_of_more,
		.value = NAN,
		.threshold = NAN,
		.object = psprintf("and " INT64_FORMAT " more", findings->more),
		.message = psprintf("and " INT64_FORMAT " more: %s", findings->more, info->meaning),
		.remedy = info->more
	};

	put(health, info, check, findings->n, &row);
}

static void
put_check(Health *health, TendHealthCheck check)
{
	const Findings *findings = &health->checks[check];

	for (int i = 0; i < findings->n; i++)
		put(health, tend_health_info(check), check, i, &findings->rows[i]);
	if (findings->more > 0)
		put_more(health, check, findings);
}

/* A source that failed, on behalf of its checks */
static void
put_failure(Health *health, const ErrorData *error)
{
	for (int i = 0; i < health->source->nchecks; i++)
	{
		TendHealthCheck check = health->source->checks[i];
		Row			row = {
			.severity = TEND_NOTICE,
			.value = NAN,
			.threshold = NAN,
			.message = psprintf("this could not be checked: %s", error->message),
			.remedy = error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE ?
			"ask as a member of pg_monitor" : "ask again; if it stays, this is a bug of pg_tend"
		};

		if (is_wanted(check))
			put(health, tend_health_info(check), check, tend_health_rows + 1, &row);
	}
}

static void
put_ok(Health *health)
{
	Row			row = {
		.severity = TEND_OK,
		.value = NAN,
		.threshold = NAN,
		.message = "all is well",
		.evidence = psprintf("{\"checks\": %d}", TEND_HEALTH_CHECKS)
	};

	put(health, NULL, TEND_HEALTH_CHECKS, 0, &row);
}

/* ---- all checks ---- */

static bool
any_wanted(const TendHealthSource *source)
{
	for (int i = 0; i < source->nchecks; i++)
	{
		if (is_wanted(source->checks[i]))
			return true;
	}
	return false;
}

static void
read_source(void *arg)
{
	Health	   *health = arg;

	SPI_connect();
	tend_health_read(health->source, take, health);
	SPI_finish();
}

/* What a source that fails has found until then does not count. */
static void
forget(Health *health)
{
	for (int i = 0; i < health->source->nchecks; i++)
	{
		Findings   *findings = &health->checks[health->source->checks[i]];

		findings->n = 0;
		findings->more = 0;
	}
}

static void
begin(Health *health, ReturnSetInfo *rsinfo)
{
	health->rsinfo = rsinfo;
	health->cxt = CurrentMemoryContext;
	tend_health_finding_init(&health->finding);
	initStringInfo(&health->evidence);
	for (int i = 0; i < TEND_HEALTH_CHECKS; i++)
	{
		health->checks[i].ranks = palloc(sizeof(TendHealthRank) * tend_health_rows);
		health->checks[i].rows = palloc(sizeof(Row) * tend_health_rows);
	}
}

/*
 * tend.health_findings() - what is not well, in no particular order
 */
Datum
tend_health_findings(PG_FUNCTION_ARGS)
{
	Health	   *health = palloc0(sizeof(Health));

	InitMaterializedSRF(fcinfo, 0);
	begin(health, (ReturnSetInfo *) fcinfo->resultinfo);
	if (health->rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.health_findings() has %d columns, expected %d",
			 health->rsinfo->setDesc->natts, NUM_COLS);
	for (int i = 0; i < tend_health_nsources(); i++)
	{
		ErrorData  *error;

		health->source = tend_health_source(i);
		if (!any_wanted(health->source))
			continue;
		error = tend_guarded_error(read_source, health);
		if (error == NULL)
			continue;
		forget(health);
		put_failure(health, error);
	}
	for (int check = 0; check < TEND_HEALTH_CHECKS; check++)
		put_check(health, (TendHealthCheck) check);
	if (health->nrows == 0)
		put_ok(health);
	return (Datum) 0;
}

/*
 * tend.health_checks() - which checks there are
 */
Datum
tend_health_checks(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int check = 0; check < TEND_HEALTH_CHECKS; check++)
	{
		const TendHealthInfo *info = tend_health_info((TendHealthCheck) check);
		Datum		values[6];
		bool		nulls[6] = {false};

		set_text(values, nulls, 0, info->name);
		set_text(values, nulls, 1, info->setting);
		set_number(values, nulls, 2, tend_settings_health_threshold((TendHealthCheck) check));
		set_text(values, nulls, 3, info->unit);
		set_text(values, nulls, 4, info->meaning);
		values[5] = BoolGetDatum(is_wanted((TendHealthCheck) check));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
