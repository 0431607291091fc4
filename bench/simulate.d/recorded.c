/*-------------------------------------------------------------------------
 *
 * recorded.c
 *	  Traces that a server has recorded.
 *
 * Lines as COPY writes them: at (seconds), relid, inserted, updated,
 * hot_updated, deleted, live_tuples, table_bytes, index_bytes, ordered by
 * relid and at.  Between two rows of history traffic is taken to be even.
 * Sizes are those of the table's first row.  What a server does not know about
 * itself (how dead rows spread, what vacuum really costs) is as src/advise
 * assumes.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

#define COLUMNS 9

/* Shares of a row that a dead one pins, where nobody measured them */
#define PINNED_HEAP		0.5
#define PINNED_INDEX	0.5

typedef enum Column
{
	COL_AT,
	COL_RELID,
	COL_INSERTED,
	COL_UPDATED,
	COL_HOT_UPDATED,
	COL_DELETED,
	COL_LIVE,
	COL_TABLE_BYTES,
	COL_INDEX_BYTES
} Column;

static bool
parse(const char *line, double *values)
{
	for (int i = 0; i < COLUMNS; i++)
	{
		char	   *end;

		values[i] = strtod(line, &end);
		if (end == line && strncmp(line, "\\N", 2) == 0)
		{
			values[i] = 0;
			end = unconstify(char *, line) + 2;
		}
		if (end == line || (*end != '\t' && *end != '\n' && *end != '\0'))
			return false;
		line = *end == '\t' ? end + 1 : end;
	}
	return true;
}

static SimTable
begin_table(const double *row)
{
	double		rows = Max(row[COL_LIVE], 1);
	SimTable	t = sim_table_begin(rows, Max(row[COL_TABLE_BYTES] / rows, 24));

	t.kind = SIM_RECORDED;
	t.index_bytes = Max(row[COL_INDEX_BYTES], 0) / rows;
	t.pinned_heap = PINNED_HEAP * t.row_bytes;
	t.pinned_index = PINNED_INDEX * t.index_bytes;
	t.seed = (uint64) row[COL_RELID];
	return t;
}

/* What happened between two rows; nothing where counters were reset */
static void
add_segment(SimTable *t, const double *a, const double *b, double first)
{
	double		from = floor((a[COL_AT] - first) / 60);
	double		minutes = floor((b[COL_AT] - first) / 60) - from;
	double		hot = b[COL_HOT_UPDATED] - a[COL_HOT_UPDATED];
	double		updated = b[COL_UPDATED] - a[COL_UPDATED] - hot;
	double		inserted = b[COL_INSERTED] - a[COL_INSERTED];
	double		deleted = b[COL_DELETED] - a[COL_DELETED];

	if (minutes < 1)
		return;
	if (hot < 0 || updated < 0 || inserted < 0 || deleted < 0)
		hot = updated = inserted = deleted = 0;
	sim_segment_add(t, from, inserted / minutes, updated / minutes, hot / minutes,
					deleted / minutes);
}

typedef struct Rows
{
	int			n;
	int			size;
	double		(*rows)[COLUMNS];
} Rows;

static Rows
read_rows(FILE *in)
{
	Rows		r = {0};
	char		line[4096];

	while (fgets(line, sizeof(line), in) != NULL)
	{
		if (r.n == r.size)
		{
			r.size = Max(2 * r.size, 1024);
			r.rows = pg_realloc(r.rows, sizeof(*r.rows) * r.size);
		}
		if (!parse(line, r.rows[r.n]))
		{
			fprintf(stderr, "line %d is not a row of nine columns: %s", r.n + 1, line);
			exit(2);
		}
		r.n++;
	}
	return r;
}

SimWorld
sim_world_read(const char *path)
{
	SimWorld	w = {0};
	FILE	   *in = fopen(path, "r");
	Rows		r;
	double		first = INFINITY;
	double		last = -INFINITY;

	if (in == NULL)
	{
		fprintf(stderr, "could not open \"%s\": %s\n", path, strerror(errno));
		exit(2);
	}
	r = read_rows(in);
	fclose(in);
	for (int i = 0; i < r.n; i++)
	{
		first = Min(first, r.rows[i][COL_AT]);
		last = Max(last, r.rows[i][COL_AT]);
	}
	w.days = Min((int) ceil((last - first) / 86400), SIM_MAX_DAYS);
	w.tables = pg_malloc0(sizeof(SimTable) * Max(r.n, 1));
	for (int i = 0; i < r.n; i++)
	{
		bool		is_first = i == 0 || r.rows[i - 1][COL_RELID] != r.rows[i][COL_RELID];
		SimTable   *t;

		if (is_first)
		{
			w.tables[w.ntables++] = begin_table(r.rows[i]);
			sim_segment_add(&w.tables[w.ntables - 1], 0, 0, 0, 0, 0);
		}
		t = &w.tables[w.ntables - 1];
		if (!is_first)
			add_segment(t, r.rows[i - 1], r.rows[i], first);
		if (i + 1 == r.n || r.rows[i + 1][COL_RELID] != r.rows[i][COL_RELID])
		{
			sim_segment_add(t, floor((r.rows[i][COL_AT] - first) / 60), 0, 0, 0, 0);
			sim_segment_end(t, Max(w.days * SIM_DAY, t->segments[t->nsegments - 1].start + 1));
		}
	}
	pg_free(r.rows);
	return w;
}
