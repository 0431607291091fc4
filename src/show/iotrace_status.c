/*-------------------------------------------------------------------------
 *
 * iotrace_status.c
 *	  tend.iotrace_facts(): how it stands with the probe, and what mends it
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "collect/iotrace_read.h"
#include "fmgr.h"
#include "funcapi.h"
#include "store/shared.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_iotrace_facts);

typedef enum StatusColumn
{
	STATUS_ATTACHED,
	STATUS_STATE,
	STATUS_MESSAGE,
	STATUS_REMEDY,
	STATUS_SNAPSHOT_AGE_MS,
	STATUS_SINCE,
	STATUS_STATE_SINCE,
	STATUS_PROBES,
	STATUS_MISSING_PROBES,
	STATUS_HELPER_VERSION,
	STATUS_PROTOCOL,
	STATUS_DIRECTORY,
	STATUS_SNAPSHOT,
	STATUS_LOST_CALLS,
	STATUS_UNREAD_TYPES,
	STATUS_UNREAD_FILES,
	STATUS_UNREAD_CHECKPOINTS,
	NUM_STATUS_COLUMNS
} StatusColumn;

static const char *const probe_names[] = {TEND_IO_PROBE_NAMES};

typedef struct Out
{
	Datum		values[NUM_STATUS_COLUMNS];
	bool		nulls[NUM_STATUS_COLUMNS];
} Out;

static void
put(Out *out, StatusColumn column, Datum value)
{
	out->values[column] = value;
	out->nulls[column] = false;
}

/* A text, or NULL for an empty one */
static void
put_text(Out *out, StatusColumn column, const char *text)
{
	if (text[0] != '\0')
		put(out, column, CStringGetTextDatum(text));
}

static Datum
names_of_probes(uint32 bits)
{
	Datum		names[TEND_IO_NUM_PROBES];
	int			n = 0;

	for (int i = 0; i < TEND_IO_NUM_PROBES; i++)
	{
		if ((bits & (1u << i)) != 0)
			names[n++] = CStringGetTextDatum(probe_names[i]);
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* What the snapshot says of the probe; the numbers are plausible, no more. */
static void
put_header(Out *out, const TendIotraceReading *reading)
{
	const TendIoHeader *h = reading->header;

	put(out, STATUS_SNAPSHOT_AGE_MS, Float8GetDatum(reading->age_ms));
	put(out, STATUS_SINCE, TimestampTzGetDatum(tend_iotrace_since(reading)));
	put(out, STATUS_PROBES, names_of_probes(h->probes_attached));
	put(out, STATUS_MISSING_PROBES, names_of_probes(h->probes_wanted & ~h->probes_attached));
	put(out, STATUS_LOST_CALLS, Int64GetDatum((int64) h->lost_calls));
	put(out, STATUS_UNREAD_TYPES, Int64GetDatum((int64) h->unread_types));
	put(out, STATUS_UNREAD_FILES, Int64GetDatum((int64) h->unread_files));
	put(out, STATUS_UNREAD_CHECKPOINTS, Int64GetDatum((int64) h->unread_checkpoints));
}

static void
put_link(Out *out, const TendIotrace *link)
{
	put_text(out, STATUS_HELPER_VERSION, link->helper_version);
	put_text(out, STATUS_DIRECTORY, link->dir);
	put_text(out, STATUS_SNAPSHOT, link->snapshot);
	if (link->protocol != 0)
		put(out, STATUS_PROTOCOL, Int64GetDatum(link->protocol));
	if (link->since != 0)
		put(out, STATUS_STATE_SINCE, TimestampTzGetDatum(link->since));
}

/* Read what there is; the library may not be in memory, and that is a state, too */
static TendIotraceCase
look(TendIotraceReading *reading)
{
	TendIotraceCase ic = {.preloaded = tend_shared_loaded(),.link = &reading->link};
	TendLauncherInfo launcher;

	memset(reading, 0, sizeof(*reading));
	if (!ic.preloaded)
		return ic;
	tend_launcher_info(&launcher);
	tend_iotrace_read(reading);
	ic.launcher_runs = launcher.pid != 0;
	ic.snapshot = reading->state;
	ic.error = reading->error;
	ic.problem = reading->problem;
	ic.age_ms = reading->age_ms;
	ic.header = reading->header;
	return ic;
}

/*
 * tend.iotrace_facts() - one row
 */
Datum
tend_iotrace_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendIotraceReading reading;
	TendIotraceCase ic;
	TendIotraceWords words;
	Out			out;

	InitMaterializedSRF(fcinfo, 0);
	memset(out.nulls, true, sizeof(out.nulls));
	ic = look(&reading);
	words = tend_iotrace_words(&ic);
	put(&out, STATUS_ATTACHED, BoolGetDatum(ic.launcher_runs && reading.state == TEND_SNAPSHOT_GOOD));
	put_text(&out, STATUS_STATE, words.state);
	put_text(&out, STATUS_MESSAGE, words.message);
	put_text(&out, STATUS_REMEDY, words.remedy);
	if (ic.preloaded)
		put_link(&out, &reading.link);
	if (reading.header != NULL)
		put_header(&out, &reading);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, out.values, out.nulls);
	return (Datum) 0;
}
