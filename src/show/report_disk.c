/*-------------------------------------------------------------------------
 *
 * report_disk.c
 *	  tend.report(): how long syncs and checkpoints took
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "draw/escape.h"
#include "draw/heat_map.h"
#include "show/report.h"
#include "sql.h"

/* In tend.io_history, a call of less than this time is in the first element */
#define FIRST_US	0.256

#define MAX_BARS	300
#define REMEDY_CHARS	400
#define MAX_REASONS	8

/* At most a row per column and bucket of each map */
static const char syncs_sql[] =
"SELECT h.file_class, EXTRACT(epoch FROM pg_catalog.min(h.at))::float8, b.bucket::int - 1, pg_catalog.sum(b.calls)::float8"
"  FROM tend.io_history h"
" CROSS JOIN LATERAL pg_catalog.unnest(h.histogram) WITH ORDINALITY b(calls, bucket)"
" WHERE h.at BETWEEN $1 AND $2 AND b.calls > 0 AND h.file_class IN ('wal', 'data')"
"   AND h.operation IN ('fsync', 'fdatasync', 'syncfs', 'msync', 'sync_write')"
" GROUP BY h.file_class, b.bucket, pg_catalog.floor(EXTRACT(epoch FROM h.at - $1) * 96 / EXTRACT(epoch FROM $2 - $1))";

static const char worst_sql[] =
"SELECT h.file_class, pg_catalog.sum(h.calls)::float8, pg_catalog.max(h.p99_us)::float8, pg_catalog.max(h.max_us)::float8,"
"       pg_catalog.sum(h.errors)::float8"
"  FROM tend.io_history h"
" WHERE h.at BETWEEN $1 AND $2 AND h.file_class IN ('wal', 'data')"
"   AND h.operation IN ('fsync', 'fdatasync', 'syncfs', 'msync', 'sync_write')"
" GROUP BY h.file_class";

/* What one kind of files did */
typedef struct Syncs
{
	const char *file_class;
	const char *title;
	TendHeatMap map;
	double		calls;
	double		p99_us;
	double		max_us;
	double		errors;
} Syncs;

static TendWord
word_us(double us)
{
	TendWord	w;

	if (us >= 1000)
		return tend_word_ms(us / 1000);
	snprintf(w.str, sizeof(w.str), "%.3g \xc2\xb5s", us);
	return w;
}

static Syncs *
syncs_of(Syncs *syncs, uint64 row)
{
	return strcmp(tend_report_text(row, 1), "wal") == 0 ? &syncs[0] : &syncs[1];
}

static void
read_syncs(TendReport *r, Syncs *syncs)
{
	uint64		n = tend_report_select(r, "read tend.io_history", syncs_sql);

	for (uint64 i = 0; i < n; i++)
		tend_heat_add(&syncs_of(syncs, i)->map, &r->time, tend_sql_double(i, 2), tend_sql_int32(i, 3),
					  tend_sql_double(i, 4));
	tend_sql_done();
	n = tend_report_select(r, "read tend.io_history", worst_sql);
	for (uint64 i = 0; i < n; i++)
	{
		Syncs	   *s = syncs_of(syncs, i);

		s->calls = tend_sql_double(i, 2);
		s->p99_us = tend_sql_double(i, 3);
		s->max_us = tend_sql_double(i, 4);
		s->errors = tend_sql_double(i, 5);
	}
	tend_sql_done();
}

static void
plot_syncs(TendReport *r, const Syncs *s)
{
	TendFigure	figure = {
		.id = psprintf("disk-%s", s->file_class),
		.title = s->title,
		.note = psprintf("%s syncs%s; the slowest %s; in the worst interval one of a hundred took %s or longer.",
						 tend_word_count(s->calls).str,
						 s->errors > 0 ? psprintf(", %s of them failed", tend_word_count(s->errors).str) : "",
						 word_us(s->max_us).str, word_us(s->p99_us).str)
	};

	if (s->calls == 0)
		return;
	figure.description = figure.note;
	tend_heat_map(&r->body, &figure, &r->time, &s->map);
}

/* Nothing was timed: why? */
static void
put_reason(TendReport *r)
{
	uint64		n;

	if (!r->loaded)
	{
		tend_paragraph(&r->body, "plain", "The disk is not watched, as pg_tend is not in shared_preload_libraries.");
		return;
	}
	n = tend_report_select(r, "read tend.iotrace_status",
						   "SELECT s.message, s.remedy FROM tend.iotrace_status s");
	if (n == 1)
	{
		char	   *message = tend_report_words(0, 1);
		char	   *remedy = tend_report_text(0, 2);

		tend_paragraph(&r->body, "plain", message == NULL ? "No sync was timed in this time." :
					   psprintf("No sync was timed in this time: %s.", message));
		if (remedy != NULL)
			appendStringInfo(&r->body, "<pre>%s</pre>\n", tend_escape_clipped(remedy, REMEDY_CHARS));
	}
	tend_sql_done();
}

/* ---- checkpoints ---- */

typedef struct Checkpoints
{
	TendLane	lanes[MAX_REASONS];
	int			count[MAX_REASONS];
	double		longest_ms[MAX_REASONS];
	int			nlanes;
	TendLaneBar bars[MAX_BARS];
	int			nbars;
} Checkpoints;

static void
add_checkpoint(TendReport *r, Checkpoints *c, uint64 row)
{
	double		started = tend_sql_double(row, 1);
	double		total_ms = tend_sql_double(row, 2);
	char	   *reason = tend_report_words(row, 3);
	double		sync_ms = tend_sql_double(row, 4);
	bool		timed = strcmp(reason, "time") == 0;
	int			lane = 0;

	while (lane < c->nlanes && strcmp(c->lanes[lane].name, reason) != 0)
		lane++;
	if (lane == MAX_REASONS)
		return;
	if (lane == c->nlanes)
	{
		c->lanes[c->nlanes++] = (TendLane) {reason, NULL, timed ? "calm" : "warn"};
		c->longest_ms[lane] = NAN;
	}
	c->count[lane]++;
	c->longest_ms[lane] = fmax(c->longest_ms[lane], sync_ms);
	c->bars[c->nbars++] = (TendLaneBar) {
		.lane = lane,
		.from = started,
		.to = started + (isnan(total_ms) ? 0 : total_ms / 1000),
		.begins = started >= r->time.from,
		.lasts = isnan(total_ms),
		.css = timed ? "data" : "warn",
		.tip = psprintf("%s: %s pages, %s of syncing", tend_clock_moment(tend_report_utc_offset, started).str,
						tend_word_count(tend_sql_double(row, 5)).str, tend_word_ms(sync_ms).str)
	};
}

static void
plot_checkpoints(TendReport *r)
{
	Checkpoints *c = palloc0(sizeof(Checkpoints));
	uint64		n = tend_report_select(r, "read tend.checkpoints",
									   "SELECT EXTRACT(epoch FROM c.started)::float8, c.total_ms, c.reason, c.sync_ms, c.buffers_written::float8"
									   "  FROM tend.checkpoints c"
									   " WHERE c.started BETWEEN $1 - interval '1 hour' AND $2 ORDER BY c.started DESC LIMIT 300");
	TendFigure	figure = {
		.id = "disk-checkpoints",
		.title = "Checkpoints by what caused them",
		.note = "time is as it should be; wal: max_wal_size is too small for this load; requested: somebody or a base backup."
	};

	for (uint64 i = 0; i < n; i++)
		add_checkpoint(r, c, i);
	tend_sql_done();
	if (n == 0)
		return;
	for (int i = 0; i < c->nlanes; i++)
		c->lanes[i].value = isnan(c->longest_ms[i]) ? psprintf("%d", c->count[i]) :
			psprintf("%d, synced for up to %s", c->count[i], tend_word_ms(c->longest_ms[i]).str);
	figure.description = psprintf("%d checkpoints; %s: %s", c->nbars, c->lanes[0].name, c->lanes[0].value);
	tend_lanes(&r->body, &figure, &r->time, c->lanes, c->nlanes, c->bars, c->nbars);
}

void
tend_report_disk(TendReport *r)
{
	Syncs	   *syncs = palloc0(sizeof(Syncs) * 2);

	syncs[0] = (Syncs) {.file_class = "wal", .title = "WAL: how long each sync took"};
	syncs[1] = (Syncs) {.file_class = "data", .title = "Tables and indexes: how long each sync took"};
	for (int i = 0; i < 2; i++)
	{
		syncs[i].map.first_end = FIRST_US;
		syncs[i].map.word = word_us;
	}
	read_syncs(r, syncs);

	tend_section_begin(&r->body, "disk", "Disk: how long syncs take");
	tend_paragraph(&r->body, "", "A commit waits for the sync of the WAL, a checkpoint for those of tables. Each column is a slice of time, each row takes twice as long as the one below it; "
				   "the darker, the more syncs. A healthy disk is a dark band that stays low; what rises above it are the waits that somebody felt.");
	for (int i = 0; i < 2; i++)
		plot_syncs(r, &syncs[i]);
	if (syncs[0].calls + syncs[1].calls == 0)
		put_reason(r);
	else
		tend_report_tile(r, "Slowest sync", pstrdup(word_us(fmax(syncs[0].max_us, syncs[1].max_us)).str),
						 psprintf("WAL %s, tables %s", word_us(syncs[0].max_us).str, word_us(syncs[1].max_us).str));
	if (r->loaded)
		plot_checkpoints(r);
	tend_section_end(&r->body);
}
