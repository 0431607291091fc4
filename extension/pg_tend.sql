/* The objects of pg_tend, version 1.0 */

-- complain if the script is sourced in psql rather than by CREATE EXTENSION
\echo Use "CREATE EXTENSION pg_tend" to load this file. \quit

-- operators and functions below are those of pg_catalog, whatever else there is
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- who can create or drop objects in our schema could become superuser by it
DO $$
DECLARE
    stranger name;
    ns oid := 'tend'::regnamespace;
BEGIN
    SELECT r.rolname INTO stranger
      FROM pg_namespace n
     CROSS JOIN LATERAL (SELECT n.nspowner
                         UNION
                         SELECT a.grantee FROM aclexplode(n.nspacl) a
                          WHERE a.privilege_type = 'CREATE') may(grantee)
      LEFT JOIN pg_roles r ON r.oid = may.grantee
     WHERE n.oid = ns AND NOT COALESCE(r.rolsuper, false)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'schema "tend" is open to %, which is not a superuser',
            COALESCE('role "' || stranger || '"', 'PUBLIC')
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Drop or rename the schema; CREATE EXTENSION makes its own.';
    END IF;
    IF EXISTS (SELECT FROM pg_class WHERE relnamespace = ns)
        OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = ns)
        OR EXISTS (SELECT FROM pg_operator WHERE oprnamespace = ns)
        OR EXISTS (SELECT FROM pg_type WHERE typnamespace = ns) THEN
        RAISE EXCEPTION 'schema "tend" is not empty'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Drop or rename the schema; CREATE EXTENSION makes its own.';
    END IF;
END
$$;

COMMENT ON SCHEMA tend IS
    'pg_tend: what vacuum needs to do, who stops it, which plans got worse, where the planner is wrong, and what has changed';

CREATE FUNCTION tend.library_version()
RETURNS text
AS 'MODULE_PATHNAME', 'tend_library_version'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION tend.library_version() IS
    'version of the loaded library, which must be that of the extension';

-- An older library in memory would not know these objects.  Upgrade scripts
-- begin with the same; what the row says is the version that a script makes.
DO $$
DECLARE
    wanted text := (SELECT extversion FROM pg_extension WHERE extname = 'pg_tend');
    loaded text := tend.library_version();
BEGIN
    IF string_to_array(loaded, '.')::int[] < string_to_array(wanted, '.')::int[] THEN
        RAISE EXCEPTION 'pg_tend % needs its own library, but version % is loaded', wanted, loaded
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Restart the server to load the new library, then do this again.';
    END IF;
END
$$;

--
-- History.  Each series is a ring of tables that inherit from one parent; the
-- visit writes into one of them and, when its time is over, empties the next
-- with TRUNCATE.  So nothing here is ever deleted, updated or vacuumed.
--

CREATE TABLE tend.history_ring (
    series      text PRIMARY KEY,
    slot        int NOT NULL,
    since       timestamptz NOT NULL
);
COMMENT ON TABLE tend.history_ring IS
    'where the next row of history goes: one row per series, made by the first visit';
COMMENT ON COLUMN tend.history_ring.series IS 'parent table of the ring, in schema tend';
COMMENT ON COLUMN tend.history_ring.slot IS 'number of the table of the ring that is written now';
COMMENT ON COLUMN tend.history_ring.since IS 'when writing into this table began';

CREATE TABLE tend.table_history (
    at                   timestamptz NOT NULL,
    relid                oid NOT NULL,
    vacuum_threshold     real,
    insert_threshold     real,
    analyze_threshold    real,
    observed_seconds     real,
    dead_per_second      real,
    dead_per_second_hour real,
    dead_per_second_day  real,
    burst_share          real,
    burst_rows           real,
    inserts_per_second   real,
    inserts_per_second_day real,
    modified_per_second_day real,
    dead_peak            real,
    growth_rows          real,
    growth_bytes         real,
    vacuum_pages         real,
    vacuum_wal_bytes     real,
    vacuum_ms            real,
    vacuum_price_ratio   real,
    vacuum_wal_price     real,
    analyze_pages        real,
    toast_dead_per_second_hour real,
    toast_dead_per_second_day real,
    toast_vacuum_pages   real,
    toast_vacuum_price_ratio real,
    toast_vacuum_wal_price real,
    stale_samples        real,
    stale_seconds        real,
    stale_per_second_day real,
    stale_q_error        real,
    stale_rows           real,
    stale_ms_per_second_day real,
    live_tuples          bigint,
    dead_tuples          bigint,
    inserts_since_vacuum bigint,
    mods_since_analyze   bigint,
    toast_dead_tuples    bigint,
    inserted             bigint,
    updated              bigint,
    hot_updated          bigint,
    deleted              bigint,
    vacuum_count         bigint,
    analyze_count        bigint,
    toast_deleted        bigint,
    toast_vacuum_count   bigint,
    table_bytes          bigint,
    index_bytes          bigint,
    toast_bytes          bigint,
    xid_age              bigint,
    mxid_age             bigint,
    frozen_xid           bigint,
    schema_name          text NOT NULL,
    table_name           text NOT NULL,
    verdict              text
);
COMMENT ON TABLE tend.table_history IS
    'statistics of tables over time: a row when something changed that a chart would show';
COMMENT ON COLUMN tend.table_history.at IS 'time of the observation';
COMMENT ON COLUMN tend.table_history.relid IS 'OID of the table, which may be dropped since';
COMMENT ON COLUMN tend.table_history.vacuum_threshold IS 'dead tuples above which autovacuum vacuums, in rows';
COMMENT ON COLUMN tend.table_history.insert_threshold IS 'inserted tuples above which autovacuum vacuums, in rows; NULL if it does not';
COMMENT ON COLUMN tend.table_history.analyze_threshold IS 'modified tuples above which autovacuum analyzes, in rows; NULL if it does not';
COMMENT ON COLUMN tend.table_history.observed_seconds IS 'how long the table has been watched, in seconds';
COMMENT ON COLUMN tend.table_history.dead_per_second IS 'rows that die per second, a moving average over 5 intervals rising and 30 falling; NULL until observed';
COMMENT ON COLUMN tend.table_history.dead_per_second_hour IS 'rows that die per second, an average over 60 intervals';
COMMENT ON COLUMN tend.table_history.dead_per_second_day IS 'rows that die per second, an average over 1440 intervals';
COMMENT ON COLUMN tend.table_history.burst_share IS 'share of these rows that dies in bursts, 0..1: an interval that brings 8 times the usual';
COMMENT ON COLUMN tend.table_history.burst_rows IS 'rows that die in a typical burst; NULL if none was seen';
COMMENT ON COLUMN tend.table_history.inserts_per_second IS 'rows inserted per second, a moving average over 5 intervals rising and 30 falling; NULL until observed';
COMMENT ON COLUMN tend.table_history.inserts_per_second_day IS 'rows inserted per second, an average over 1440 intervals';
COMMENT ON COLUMN tend.table_history.modified_per_second_day IS 'rows inserted, updated or deleted per second, an average over 1440 intervals';
COMMENT ON COLUMN tend.table_history.dead_peak IS 'most dead rows that were seen at a time: up to so many, space is recycled';
COMMENT ON COLUMN tend.table_history.growth_rows IS 'dead rows by which that peak rose while it was watched';
COMMENT ON COLUMN tend.table_history.growth_bytes IS 'growth of table and indexes in these moments, in bytes, without what new rows explain: divided by growth_rows, what a dead row really takes';
COMMENT ON COLUMN tend.table_history.vacuum_pages IS 'pages that an automatic vacuum touches, a moving average of measurements in the autovacuum workers; NULL until measured';
COMMENT ON COLUMN tend.table_history.vacuum_wal_bytes IS 'WAL that an automatic vacuum writes, in bytes, measured likewise';
COMMENT ON COLUMN tend.table_history.vacuum_ms IS 'duration of an automatic vacuum in milliseconds, measured likewise';
COMMENT ON COLUMN tend.table_history.vacuum_price_ratio IS 'pages touched as measured / as expected from the sizes of table and indexes';
COMMENT ON COLUMN tend.table_history.vacuum_wal_price IS 'WAL per page with dead rows, in page touches: a page of WAL counts as 20';
COMMENT ON COLUMN tend.table_history.analyze_pages IS 'pages that an automatic analyze touches, measured likewise';
COMMENT ON COLUMN tend.table_history.toast_dead_per_second_hour IS 'rows of the TOAST table that die per second, an average over 60 intervals';
COMMENT ON COLUMN tend.table_history.toast_dead_per_second_day IS 'rows of the TOAST table that die per second, an average over 1440 intervals';
COMMENT ON COLUMN tend.table_history.toast_vacuum_pages IS 'pages that an automatic vacuum of the TOAST table touches, measured likewise';
COMMENT ON COLUMN tend.table_history.toast_vacuum_price_ratio IS 'pages touched as measured / as expected, of the TOAST table';
COMMENT ON COLUMN tend.table_history.toast_vacuum_wal_price IS 'WAL per page with dead rows of the TOAST table, in page touches';
COMMENT ON COLUMN tend.table_history.stale_samples IS 'sampled executions whose estimates were 4 times off or more because statistics were stale, since the row before; NULL if there were none';
COMMENT ON COLUMN tend.table_history.stale_seconds IS 'for how long there have been such executions, in seconds; what follows is forgotten when none came for long';
COMMENT ON COLUMN tend.table_history.stale_per_second_day IS 'how many there were per second in this time, an average over 1440 intervals at most';
COMMENT ON COLUMN tend.table_history.stale_q_error IS 'how many times they were off, a moving geometric mean';
COMMENT ON COLUMN tend.table_history.stale_rows IS 'rows that were modified since the last analyze when that began, in rows';
COMMENT ON COLUMN tend.table_history.stale_ms_per_second_day IS 'time that these executions took, in ms per second, averaged likewise';
COMMENT ON COLUMN tend.table_history.live_tuples IS 'estimated live rows';
COMMENT ON COLUMN tend.table_history.dead_tuples IS 'estimated dead rows';
COMMENT ON COLUMN tend.table_history.inserts_since_vacuum IS 'rows inserted since the last vacuum';
COMMENT ON COLUMN tend.table_history.mods_since_analyze IS 'rows modified since the last analyze';
COMMENT ON COLUMN tend.table_history.toast_dead_tuples IS 'estimated dead rows of the TOAST table';
COMMENT ON COLUMN tend.table_history.inserted IS 'rows inserted since statistics began';
COMMENT ON COLUMN tend.table_history.updated IS 'rows updated since statistics began';
COMMENT ON COLUMN tend.table_history.hot_updated IS 'rows updated without new index entries since statistics began';
COMMENT ON COLUMN tend.table_history.deleted IS 'rows deleted since statistics began';
COMMENT ON COLUMN tend.table_history.vacuum_count IS 'vacuums since statistics began, manual and automatic';
COMMENT ON COLUMN tend.table_history.analyze_count IS 'analyzes since statistics began, manual and automatic';
COMMENT ON COLUMN tend.table_history.toast_deleted IS 'rows of the TOAST table deleted since statistics began';
COMMENT ON COLUMN tend.table_history.toast_vacuum_count IS 'vacuums of the TOAST table since statistics began, manual and automatic';
COMMENT ON COLUMN tend.table_history.table_bytes IS 'size of the table without indexes and TOAST, in bytes';
COMMENT ON COLUMN tend.table_history.index_bytes IS 'size of its indexes, in bytes';
COMMENT ON COLUMN tend.table_history.toast_bytes IS 'size of its TOAST table with index, in bytes';
COMMENT ON COLUMN tend.table_history.xid_age IS 'age of relfrozenxid, in transactions; NULL if it has none';
COMMENT ON COLUMN tend.table_history.mxid_age IS 'age of relminmxid, in multixacts; NULL if it has none';
COMMENT ON COLUMN tend.table_history.frozen_xid IS 'relfrozenxid as a number';
COMMENT ON COLUMN tend.table_history.schema_name IS 'schema of the table at that time';
COMMENT ON COLUMN tend.table_history.table_name IS 'name of the table at that time';
COMMENT ON COLUMN tend.table_history.verdict IS 'verdict of tend.tables at that time';

CREATE TABLE tend.database_history (
    at               timestamptz NOT NULL,
    next_xid         bigint NOT NULL,
    next_mxid        bigint NOT NULL,
    xid_age          bigint,
    mxid_age         bigint,
    live_tuples      bigint,
    dead_tuples      bigint,
    table_count      int,
    tables_due       int,
    blocker_xmin_age bigint,
    blocker          text,
    bloat_price      real,
    one_percent_pages_per_second real
);
COMMENT ON TABLE tend.database_history IS
    'totals of this database and the counters of the cluster over time';
COMMENT ON COLUMN tend.database_history.at IS 'time of the observation';
COMMENT ON COLUMN tend.database_history.next_xid IS 'next transaction ID of the cluster, never wrapping';
COMMENT ON COLUMN tend.database_history.next_mxid IS 'next multixact ID of the cluster, wrapping at 2^32';
COMMENT ON COLUMN tend.database_history.xid_age IS 'age of datfrozenxid, in transactions';
COMMENT ON COLUMN tend.database_history.mxid_age IS 'age of datminmxid, in multixacts';
COMMENT ON COLUMN tend.database_history.live_tuples IS 'estimated live rows of all tables';
COMMENT ON COLUMN tend.database_history.dead_tuples IS 'estimated dead rows of all tables';
COMMENT ON COLUMN tend.database_history.table_count IS 'number of tables, materialized views and partitions';
COMMENT ON COLUMN tend.database_history.tables_due IS 'how many of them are due for vacuum, analyze or freezing';
COMMENT ON COLUMN tend.database_history.blocker_xmin_age IS 'transactions held back by the worst vacuum blocker; NULL without one';
COMMENT ON COLUMN tend.database_history.blocker IS 'the worst vacuum blocker; NULL without one';
COMMENT ON COLUMN tend.database_history.bloat_price IS 'page touches per second that a megabyte of dead rows is worth, from pg_tend.vacuum_io_budget; NULL until known';
COMMENT ON COLUMN tend.database_history.one_percent_pages_per_second IS 'page touches per second that vacuuming each table at 1 % dead rows would cost, as expected; NULL until known';

CREATE TABLE tend.events (
    at       timestamptz NOT NULL,
    severity text NOT NULL,
    kind     text NOT NULL,
    object   text NOT NULL,
    state    text NOT NULL,
    message  text NOT NULL,
    details  jsonb
);
COMMENT ON TABLE tend.events IS 'what happened, for annotations and alerts';
COMMENT ON COLUMN tend.events.at IS 'time of the event';
COMMENT ON COLUMN tend.events.severity IS 'critical, warning, notice or ok';
COMMENT ON COLUMN tend.events.kind IS 'vacuum blocker, freeze due, wraparound, autovacuum cancelled, vacuum overdue, statistics lost, options changed, options refused, policy removed, plan regressed, query slow, checkpoint storm, autovacuum storm, WAL sync slow, sync spike or backend fsyncs';
COMMENT ON COLUMN tend.events.object IS 'table, transaction, slot or database that it is about, or cluster';
COMMENT ON COLUMN tend.events.state IS 'open: a condition began, closed: it ended, single: it just happened';
COMMENT ON COLUMN tend.events.message IS 'the event in one sentence';
COMMENT ON COLUMN tend.events.details IS 'its numbers, by name';

CREATE TABLE tend.plan_history (
    at                timestamptz NOT NULL,
    interval_seconds  int NOT NULL,
    userid            oid NOT NULL,
    queryid           bigint NOT NULL,
    planid            bigint NOT NULL,
    toplevel          bool NOT NULL,
    calls             bigint NOT NULL,
    aborted           bigint NOT NULL,
    total_exec_ms     float8 NOT NULL,
    stddev_exec_ms    float8,
    min_exec_ms       float8,
    max_exec_ms       float8,
    rows              bigint NOT NULL,
    shared_blks_hit   bigint NOT NULL,
    shared_blks_read  bigint NOT NULL,
    temp_blks_written bigint NOT NULL,
    read_ms           float8 NOT NULL,
    aborted_ms        float8 NOT NULL,
    cpu_share         real,
    histogram         int[] NOT NULL
);
COMMENT ON TABLE tend.plan_history IS
    'what plans did over time: one row per plan and 30 intervals in which it was executed; written when these are over';
COMMENT ON COLUMN tend.plan_history.at IS 'when the interval began';
COMMENT ON COLUMN tend.plan_history.interval_seconds IS 'its length: 30 times pg_tend.interval, in seconds';
COMMENT ON COLUMN tend.plan_history.userid IS 'role that executed it';
COMMENT ON COLUMN tend.plan_history.queryid IS 'the query, as in tend.plans';
COMMENT ON COLUMN tend.plan_history.planid IS 'the plan, as in tend.plans';
COMMENT ON COLUMN tend.plan_history.toplevel IS 'as in tend.plans';
COMMENT ON COLUMN tend.plan_history.calls IS 'executions that ended in the interval';
COMMENT ON COLUMN tend.plan_history.aborted IS 'executions that failed in the interval';
COMMENT ON COLUMN tend.plan_history.total_exec_ms IS 'time of those that ended, in ms';
COMMENT ON COLUMN tend.plan_history.stddev_exec_ms IS 'standard deviation of their time, in ms; NULL without any';
COMMENT ON COLUMN tend.plan_history.min_exec_ms IS 'shortest time, in ms; NULL without any';
COMMENT ON COLUMN tend.plan_history.max_exec_ms IS 'longest time, in ms; NULL without any';
COMMENT ON COLUMN tend.plan_history.rows IS 'rows returned or changed';
COMMENT ON COLUMN tend.plan_history.shared_blks_hit IS 'blocks found in shared buffers';
COMMENT ON COLUMN tend.plan_history.shared_blks_read IS 'blocks read';
COMMENT ON COLUMN tend.plan_history.temp_blks_written IS 'blocks written to temporary files';
COMMENT ON COLUMN tend.plan_history.read_ms IS 'time waiting for blocks, in ms; 0 unless track_io_timing is on';
COMMENT ON COLUMN tend.plan_history.aborted_ms IS 'how long the executions that failed had run, in ms';
COMMENT ON COLUMN tend.plan_history.cpu_share IS 'CPU time per elapsed time, 0..1; NULL if none was taken';
COMMENT ON COLUMN tend.plan_history.histogram IS 'executions by time, as in tend.plans';

CREATE TABLE tend.plan_change_log (
    at           timestamptz NOT NULL,
    began        timestamptz NOT NULL,
    userid       oid NOT NULL,
    queryid      bigint NOT NULL,
    toplevel     bool NOT NULL,
    old_planid   bigint NOT NULL,
    new_planid   bigint NOT NULL,
    verdict      text NOT NULL,
    state        text NOT NULL,
    reason       int NOT NULL,
    cause        text NOT NULL,
    explanation  text NOT NULL,
    remedy       text,
    evidence     jsonb NOT NULL,
    old_mean_ms  float8,
    new_mean_ms  float8,
    ratio        float8,
    lost_ms_per_hour float8,
    decided_at   timestamptz,
    closed_at    timestamptz,
    old_sums     float8[] NOT NULL,
    start_sums   float8[] NOT NULL,
    decided_sums float8[] NOT NULL,
    query        text,
    old_plan     text,
    new_plan     text
);
COMMENT ON TABLE tend.plan_change_log IS
    'each version of each row of tend.plan_changes: the last one holds';
COMMENT ON COLUMN tend.plan_change_log.at IS 'when this version was written';
COMMENT ON COLUMN tend.plan_change_log.began IS 'at of tend.plan_changes; with userid, queryid and toplevel, it names the change';
COMMENT ON COLUMN tend.plan_change_log.userid IS 'role that executes the query';
COMMENT ON COLUMN tend.plan_change_log.queryid IS 'as in tend.plan_changes, as all that are not explained here';
COMMENT ON COLUMN tend.plan_change_log.reason IS 'number of the reason of the verdict, for the worker';
COMMENT ON COLUMN tend.plan_change_log.old_sums IS 'what the old plan did before, for the worker';
COMMENT ON COLUMN tend.plan_change_log.start_sums IS 'counters of the new plan when it began, for the worker';
COMMENT ON COLUMN tend.plan_change_log.decided_sums IS 'counters of the new plan at the verdict, for the worker';
COMMENT ON COLUMN tend.plan_change_log.toplevel IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.old_planid IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.new_planid IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.verdict IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.state IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.cause IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.explanation IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.remedy IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.evidence IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.old_mean_ms IS 'as in tend.plan_changes, in ms';
COMMENT ON COLUMN tend.plan_change_log.new_mean_ms IS 'as in tend.plan_changes, in ms';
COMMENT ON COLUMN tend.plan_change_log.ratio IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.lost_ms_per_hour IS 'as in tend.plan_changes, in ms';
COMMENT ON COLUMN tend.plan_change_log.decided_at IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.closed_at IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.query IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.old_plan IS 'as in tend.plan_changes';
COMMENT ON COLUMN tend.plan_change_log.new_plan IS 'as in tend.plan_changes';

CREATE TABLE tend.planner_inputs (
    at           timestamptz NOT NULL,
    relid        oid NOT NULL,
    table_name   text NOT NULL,
    last_analyze timestamptz,
    reltuples    real,
    relpages     bigint,
    allvisible   bigint,
    indexes      jsonb NOT NULL,
    columns      jsonb NOT NULL,
    signature    bigint NOT NULL
);
COMMENT ON TABLE tend.planner_inputs IS
    'what the planner knew of the tables of tracked plans; a row when that has changed. Statistics, no values';
COMMENT ON COLUMN tend.planner_inputs.at IS 'time of the observation';
COMMENT ON COLUMN tend.planner_inputs.relid IS 'OID of the table';
COMMENT ON COLUMN tend.planner_inputs.table_name IS 'its name, with its schema, quoted as needed';
COMMENT ON COLUMN tend.planner_inputs.last_analyze IS 'when it was last analyzed; NULL if never';
COMMENT ON COLUMN tend.planner_inputs.reltuples IS 'rows, as pg_class has them; -1: never counted';
COMMENT ON COLUMN tend.planner_inputs.relpages IS 'pages of its file';
COMMENT ON COLUMN tend.planner_inputs.allvisible IS 'pages marked all-visible, as pg_class has them';
COMMENT ON COLUMN tend.planner_inputs.indexes IS 'its indexes: OID, name, valid or not, and definition';
COMMENT ON COLUMN tend.planner_inputs.columns IS 'its columns with statistics: n_distinct, correlation, null_frac, frequency of the most common value, statistics target';
COMMENT ON COLUMN tend.planner_inputs.signature IS 'hash of these, to see a change';

CREATE TABLE tend.io_history (
    at               timestamptz NOT NULL,
    interval_seconds real NOT NULL,
    operation        text NOT NULL,
    file_class       text NOT NULL,
    backend_type     text NOT NULL,
    calls            bigint NOT NULL,
    errors           bigint NOT NULL,
    bytes            bigint NOT NULL,
    total_ms         float8 NOT NULL,
    p50_us           real NOT NULL,
    p95_us           real NOT NULL,
    p99_us           real NOT NULL,
    max_us           real NOT NULL,
    histogram        int[] NOT NULL
);
COMMENT ON TABLE tend.io_history IS
    'syncs and writes over time, as pg_tend_iotrace times them: one row per interval and kind of call that there was';
COMMENT ON COLUMN tend.io_history.at IS 'when the interval ended';
COMMENT ON COLUMN tend.io_history.interval_seconds IS 'its length, in seconds';
COMMENT ON COLUMN tend.io_history.operation IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.io_history.file_class IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.io_history.backend_type IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.io_history.calls IS 'calls in the interval';
COMMENT ON COLUMN tend.io_history.errors IS 'how many of them failed';
COMMENT ON COLUMN tend.io_history.bytes IS 'bytes written; of sync_file_range, those it was asked for';
COMMENT ON COLUMN tend.io_history.total_ms IS 'time spent in these calls, in ms';
COMMENT ON COLUMN tend.io_history.p50_us IS 'median time of a call, in microseconds';
COMMENT ON COLUMN tend.io_history.p95_us IS 'time that 95 of 100 calls did not exceed, in microseconds';
COMMENT ON COLUMN tend.io_history.p99_us IS 'time that 99 of 100 calls did not exceed, in microseconds';
COMMENT ON COLUMN tend.io_history.max_us IS 'longest call, in microseconds; if it was not the longest of all, the end of its bucket';
COMMENT ON COLUMN tend.io_history.histogram IS 'calls by time, for heat maps: element i holds those below 0.256 * 2^(i - 1) microseconds that are in none before it, the last one all others';

CREATE TABLE tend.checkpoint_history (
    at                timestamptz NOT NULL,
    started           timestamptz NOT NULL,
    kind              text NOT NULL,
    reason            text NOT NULL,
    sources           int NOT NULL,
    write_ms          float8,
    sync_ms           float8,
    total_ms          float8,
    longest_sync_ms   float8,
    buffers_written   bigint,
    slru_written      bigint,
    files_synced      bigint,
    segments_added    bigint,
    segments_removed  bigint,
    segments_recycled bigint,
    timed_syncs       bigint,
    timed_sync_ms     float8,
    timed_longest_ms  float8
);
COMMENT ON TABLE tend.checkpoint_history IS
    'checkpoints and restartpoints that were: read tend.checkpoints, which has the last ones, too';
COMMENT ON COLUMN tend.checkpoint_history.at IS 'finished of tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.started IS 'as in tend.checkpoints, as all that are not explained here';
COMMENT ON COLUMN tend.checkpoint_history.kind IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.reason IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.sources IS 'who told, a sum: 1 its own process, 2 the probe, 4 the counters';
COMMENT ON COLUMN tend.checkpoint_history.write_ms IS 'as in tend.checkpoints, in ms';
COMMENT ON COLUMN tend.checkpoint_history.sync_ms IS 'as in tend.checkpoints, in ms';
COMMENT ON COLUMN tend.checkpoint_history.total_ms IS 'as in tend.checkpoints, in ms';
COMMENT ON COLUMN tend.checkpoint_history.longest_sync_ms IS 'as in tend.checkpoints, in ms';
COMMENT ON COLUMN tend.checkpoint_history.buffers_written IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.slru_written IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.files_synced IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.segments_added IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.segments_removed IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.segments_recycled IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.timed_syncs IS 'as in tend.checkpoints';
COMMENT ON COLUMN tend.checkpoint_history.timed_sync_ms IS 'as in tend.checkpoints, in ms';
COMMENT ON COLUMN tend.checkpoint_history.timed_longest_ms IS 'as in tend.checkpoints, in ms';

DO $$
DECLARE
    series text;
    slot text;
BEGIN
    FOREACH series IN ARRAY ARRAY['table_history', 'database_history', 'events',
                                'plan_history', 'plan_change_log', 'planner_inputs',
                                'io_history', 'checkpoint_history'] LOOP
        FOR i IN 0 .. 7 LOOP
            slot := pg_catalog.format('%s_%s', series, i);
            -- rows are only added: inserts need no vacuum, the planner needs
            -- no fresh statistics
            EXECUTE pg_catalog.format(
                'CREATE TABLE tend.%I () INHERITS (tend.%I) WITH ('
                'autovacuum_vacuum_insert_threshold = -1, '
                'autovacuum_analyze_scale_factor = 1)', slot, series);
            EXECUTE pg_catalog.format(
                'COMMENT ON TABLE tend.%I IS %L', slot,
                'part ' || i || ' of the ring tend.' || series);
            -- a range of time costs little with BRIN
            EXECUTE pg_catalog.format(
                'CREATE INDEX ON tend.%I USING brin (at) WITH (pages_per_range = 16)', slot);
            EXECUTE pg_catalog.format(
                'CREATE INDEX ON tend.%I (%s)', slot,
                CASE series WHEN 'table_history' THEN 'relid, at'
                            WHEN 'planner_inputs' THEN 'relid, at'
                            WHEN 'plan_history' THEN 'queryid, at'
                            WHEN 'plan_change_log' THEN 'queryid, began'
                            WHEN 'events' THEN 'kind, object, at DESC'
                            WHEN 'checkpoint_history' THEN 'started'
                            ELSE 'at' END);
        END LOOP;
    END LOOP;
END
$$;

GRANT SELECT ON tend.history_ring, tend.table_history, tend.database_history, tend.events,
    tend.plan_history, tend.plan_change_log, tend.planner_inputs,
    tend.io_history, tend.checkpoint_history
    TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.set_history_logged(logged bool)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
-- a visit is soon over; for a longer reader rather fail than queue others
SET lock_timeout = '2s'
AS $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT c.oid FROM pg_class c
         WHERE c.relnamespace = 'tend'::regnamespace AND c.relkind = 'r'
           AND c.relname ~ '^(history_ring|(table_history|database_history|events|plan_history|plan_change_log|planner_inputs|io_history|checkpoint_history)(_\d)?)$'
    LOOP
        EXECUTE format('ALTER TABLE %s SET %s', part,
                       CASE WHEN logged THEN 'LOGGED' ELSE 'UNLOGGED' END);
    END LOOP;
END
$$;
COMMENT ON FUNCTION tend.set_history_logged(bool) IS
    'true: history survives a crash and is on standbys, the default; false: it is not part of publications FOR ALL TABLES';
REVOKE ALL ON FUNCTION tend.set_history_logged(bool) FROM PUBLIC;

--
-- Who keeps vacuum from removing dead rows
--

CREATE FUNCTION tend.horizon_holders(
    OUT pid int,
    OUT dboid oid,
    OUT xid xid,
    OUT xmin xid,
    OUT xmin_age bigint,
    OUT all_databases bool)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_horizon_holders'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION tend.horizon_holders() IS
    'processes and prepared transactions whose snapshot or transaction ID holds back vacuum; pid is 0 for prepared ones';
REVOKE ALL ON FUNCTION tend.horizon_holders() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.horizon_holders() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.vacuum_blockers AS
WITH session AS (
    SELECT CASE
               WHEN a.backend_type = 'walsender' AND a.datname IS NULL THEN 'standby feedback'
               WHEN a.state LIKE 'idle in transaction%' THEN 'idle in transaction'
               ELSE 'transaction'
           END AS kind,
           h.pid,
           a.application_name AS identifier,
           a.datname,
           a.usename,
           h.xmin_age,
           a.xact_start AS since,
           a.query,
           CASE WHEN h.all_databases THEN 'cluster' ELSE a.datname END AS scope,
           'all tables' AS holds,
           a.state,
           a.backend_type
      FROM tend.horizon_holders() h
      -- who is not there has ended meanwhile
      JOIN pg_catalog.pg_stat_activity a ON a.pid = h.pid
     WHERE h.pid <> 0
       -- a parallel worker uses the snapshot of its leader
       AND (a.leader_pid IS NULL OR a.backend_type <> 'parallel worker')
       -- our own visits take a moment, unless something is wrong
       AND (a.backend_type IS DISTINCT FROM 'pg_tend visit'
            OR a.xact_start < pg_catalog.clock_timestamp() - interval '10 seconds')
), prepared AS (
    SELECT 'prepared transaction' AS kind,
           NULL::int AS pid,
           p.gid AS identifier,
           p.database AS datname,
           p.owner AS usename,
           pg_catalog.age(p.transaction)::bigint AS xmin_age,
           p.prepared AS since,
           NULL::text AS query,
           p.database AS scope,
           'all tables' AS holds
      FROM pg_catalog.pg_prepared_xacts p
), slot AS (
    SELECT 'replication slot' AS kind,
           s.active_pid AS pid,
           s.slot_name AS identifier,
           s.database AS datname,
           NULL::name AS usename,
           pg_catalog.age(x.xid)::bigint AS xmin_age,
           -- servers before 17 do not say since when a slot is inactive
           (pg_catalog.to_jsonb(s) ->> 'inactive_since')::timestamptz AS since,
           NULL::text AS query,
           'cluster' AS scope,
           x.holds
      FROM pg_catalog.pg_replication_slots s
     CROSS JOIN LATERAL (VALUES (s.xmin, 'all tables'),
                                (s.catalog_xmin, 'system catalogs')) x(xid, holds)
     WHERE x.xid IS NOT NULL
       -- an invalidated slot holds nothing back
       AND s.wal_status IS DISTINCT FROM 'lost'
), blocker AS (
    SELECT kind, pid, identifier, datname, usename, xmin_age, since, query, scope, holds,
           CASE kind
               WHEN 'standby feedback' THEN
                   pg_catalog.format('standby %s (walsender %s)', identifier, pid)
               ELSE
                   pg_catalog.format('%s of pid %s (%s%s)',
                                     CASE kind WHEN 'transaction' THEN 'transaction'
                                               ELSE 'idle transaction' END,
                                     pid, COALESCE(usename, backend_type),
                                     ', ' || NULLIF(identifier, ''))
           END AS who,
           CASE
               WHEN kind = 'standby feedback' THEN
                   'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid(); -- on that standby'
               WHEN kind = 'transaction' AND state = 'active' AND backend_type = 'client backend' THEN
                   pg_catalog.format('SELECT pg_cancel_backend(%s);', pid)
               ELSE
                   pg_catalog.format('SELECT pg_terminate_backend(%s);', pid)
           END AS remedy
      FROM session
    UNION ALL
    SELECT kind, pid, identifier, datname, usename, xmin_age, since, query, scope, holds,
           pg_catalog.format('prepared transaction %s (%s)', pg_catalog.quote_literal(identifier), usename),
           -- it can only be ended in its own database
           CASE WHEN datname = pg_catalog.current_database() THEN ''
                WHEN datname ~ '^[[:alnum:]_-]+$' THEN
                    pg_catalog.format(E'\\connect %s\n', pg_catalog.quote_ident(datname))
                -- no command of psql can name it safely
                WHEN datname ~ '[[:cntrl:]]' THEN
                    pg_catalog.format(E'-- in the database with OID %s:\n',
                        (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = prepared.datname))
                -- psql could take the name for a connection string
                ELSE pg_catalog.format(E'\\connect -reuse-previous=on "dbname=''%s''"\n',
                         pg_catalog.replace(pg_catalog.regexp_replace(datname, $re$(['\\])$re$, $re$\\\1$re$, 'g'), '"', '""'))
           END
           || pg_catalog.format('ROLLBACK PREPARED %L;', identifier)
      FROM prepared
    UNION ALL
    SELECT kind, pid, identifier, datname, usename, xmin_age, since, query, scope, holds,
           pg_catalog.format('replication slot %s (%s)', pg_catalog.quote_ident(identifier),
                             CASE WHEN pid IS NULL THEN 'inactive' ELSE 'pid ' || pid END),
           CASE
               WHEN pid IS NULL THEN
                   pg_catalog.format('SELECT pg_drop_replication_slot(%L);', identifier)
               WHEN holds = 'all tables' THEN
                   'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid(); -- on the standby that uses the slot'
               ELSE
                   pg_catalog.format('SELECT pg_terminate_backend(%s); -- its consumer lags and should reconnect', pid)
           END
      FROM slot
)
SELECT kind,
       pid,
       identifier,
       datname,
       usename,
       xmin_age,
       since,
       EXTRACT(epoch FROM pg_catalog.clock_timestamp() - since)::float8 AS duration_seconds,
       query,
       scope,
       remedy,
       holds,
       who
  FROM blocker
 -- at age 0 nothing can have died since
 WHERE xmin_age > 0
 ORDER BY xmin_age DESC, since;
COMMENT ON VIEW tend.vacuum_blockers IS
    'who keeps vacuum from removing dead rows, the oldest first; the session that asks is left out';
COMMENT ON COLUMN tend.vacuum_blockers.kind IS 'transaction, idle in transaction, prepared transaction, replication slot or standby feedback';
COMMENT ON COLUMN tend.vacuum_blockers.pid IS 'process that holds it, or that uses the slot; NULL if there is none';
COMMENT ON COLUMN tend.vacuum_blockers.identifier IS 'application name, global identifier of the prepared transaction, or slot name';
COMMENT ON COLUMN tend.vacuum_blockers.datname IS 'database of the process, transaction or slot';
COMMENT ON COLUMN tend.vacuum_blockers.usename IS 'user of the process or owner of the prepared transaction';
COMMENT ON COLUMN tend.vacuum_blockers.xmin_age IS 'rows deleted in so many latest transactions cannot be removed';
COMMENT ON COLUMN tend.vacuum_blockers.since IS 'start of the transaction, or since when the slot is inactive; NULL if unknown';
COMMENT ON COLUMN tend.vacuum_blockers.duration_seconds IS 'seconds since then';
COMMENT ON COLUMN tend.vacuum_blockers.query IS 'latest query, as far as PostgreSQL shows it to the current user';
COMMENT ON COLUMN tend.vacuum_blockers.scope IS 'cluster, or the one database whose tables are held back';
COMMENT ON COLUMN tend.vacuum_blockers.remedy IS 'command that ends it; read who it hits before running it';
COMMENT ON COLUMN tend.vacuum_blockers.holds IS 'all tables, or only system catalogs';
COMMENT ON COLUMN tend.vacuum_blockers.who IS 'the blocker in a few words';
GRANT SELECT ON tend.vacuum_blockers TO pg_monitor, pg_read_all_stats;

--
-- Distance from wraparound
--

CREATE FUNCTION tend.wraparound_facts(
    OUT datname name,
    OUT counter text,
    OUT age bigint,
    OUT autovacuum_limit bigint,
    OUT warn_limit bigint,
    OUT stop_limit bigint,
    OUT burn_per_hour float8,
    OUT autovacuum_eta_seconds float8,
    OUT stop_eta_seconds float8,
    OUT severity text,
    OUT urgency int)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_wraparound_facts'
-- two per database; with the default, the view would seem worth compiling
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.wraparound_facts() IS
    'what tend.wraparound shows, without the oldest table';
REVOKE ALL ON FUNCTION tend.wraparound_facts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.wraparound_facts() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.wraparound AS
SELECT f.datname,
       f.counter,
       f.age,
       f.autovacuum_limit,
       f.warn_limit,
       f.stop_limit,
       f.burn_per_hour,
       f.autovacuum_eta_seconds,
       f.stop_eta_seconds,
       CASE WHEN f.datname = pg_catalog.current_database() THEN
           -- its name is put together only when it is found
           (SELECT pg_catalog.format('%I.%I', n.nspname, o.relname)
              FROM (SELECT c.relnamespace, c.relname
                      FROM pg_catalog.pg_class c
                     WHERE c.relkind IN ('r', 'm', 't')
                     ORDER BY CASE f.counter WHEN 'xid' THEN pg_catalog.age(c.relfrozenxid)
                                             ELSE pg_catalog.mxid_age(c.relminmxid) END DESC,
                              c.relpages DESC, c.oid
                     LIMIT 1) o
              JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace)
       END AS oldest_table,
       f.severity,
       -- a timestamp ends in the year 294276
       CASE WHEN f.autovacuum_eta_seconds < 1e11
            THEN pg_catalog.now() + f.autovacuum_eta_seconds * interval '1 second' END AS autovacuum_eta,
       CASE WHEN f.stop_eta_seconds < 1e11
            THEN pg_catalog.now() + f.stop_eta_seconds * interval '1 second' END AS stop_eta
  FROM tend.wraparound_facts() f
 ORDER BY f.urgency DESC, f.age::float8 / f.stop_limit DESC, f.datname, f.counter;
COMMENT ON VIEW tend.wraparound IS
    'distance of each database from running out of transaction IDs and multixacts, the worst first';
COMMENT ON COLUMN tend.wraparound.datname IS 'database';
COMMENT ON COLUMN tend.wraparound.counter IS 'xid or multixact';
COMMENT ON COLUMN tend.wraparound.age IS 'age of the oldest unfrozen ID of the database, in transactions or multixacts';
COMMENT ON COLUMN tend.wraparound.autovacuum_limit IS 'age above which autovacuum freezes tables, even when switched off';
COMMENT ON COLUMN tend.wraparound.warn_limit IS 'age at which the server warns with each transaction';
COMMENT ON COLUMN tend.wraparound.stop_limit IS 'age at which the server refuses to assign new IDs';
COMMENT ON COLUMN tend.wraparound.burn_per_hour IS 'IDs consumed per hour in the whole cluster, as observed; NULL until observed for five intervals';
COMMENT ON COLUMN tend.wraparound.autovacuum_eta_seconds IS 'seconds until autovacuum_limit at that speed; NULL if unknown or never';
COMMENT ON COLUMN tend.wraparound.stop_eta_seconds IS 'seconds until stop_limit at that speed if nothing were frozen; NULL if unknown or never';
COMMENT ON COLUMN tend.wraparound.oldest_table IS 'oldest table of this database; NULL for other databases';
COMMENT ON COLUMN tend.wraparound.severity IS 'ok, notice: autovacuum freezes, warning or critical: it does not keep up';
COMMENT ON COLUMN tend.wraparound.autovacuum_eta IS 'date of autovacuum_limit; NULL if unknown or never';
COMMENT ON COLUMN tend.wraparound.stop_eta IS 'date of stop_limit; NULL if unknown or never';
GRANT SELECT ON tend.wraparound TO pg_monitor, pg_read_all_stats;

--
-- Autovacuum tuning
--

CREATE SEQUENCE tend.autovacuum_action_id;
COMMENT ON SEQUENCE tend.autovacuum_action_id IS 'numbers of tend.autovacuum_actions';

CREATE TABLE tend.autovacuum_actions (
    action_id     bigint NOT NULL,
    change_id     bigint NOT NULL,
    at            timestamptz NOT NULL,
    relid         oid NOT NULL,
    schema_name   text NOT NULL,
    table_name    text NOT NULL,
    topic         text NOT NULL,
    option        text NOT NULL,
    old_value     text,
    new_value     text NOT NULL,
    reason        text NOT NULL,
    evidence      jsonb NOT NULL,
    predicted     jsonb NOT NULL,
    observed      jsonb,
    verdict       text NOT NULL DEFAULT 'pending'
                  CHECK (verdict IN ('pending', 'kept', 'reverted')),
    reverted_at   timestamptz,
    reverted_by   text,
    lease_until   timestamptz,
    vacuums_then  bigint NOT NULL,
    analyzes_then bigint NOT NULL,
    origin        text NOT NULL,
    -- rows of a dump arrive under numbers that may have been given since
    PRIMARY KEY (action_id, origin)
) WITH (fillfactor = 70);
CREATE INDEX ON tend.autovacuum_actions (relid) WHERE verdict <> 'reverted';
COMMENT ON TABLE tend.autovacuum_actions IS
    'what pg_tend set on tables and why, what it predicted and what came of it: one row per option; kept in dumps together with the options';
COMMENT ON COLUMN tend.autovacuum_actions.action_id IS 'number for tend.revert()';
COMMENT ON COLUMN tend.autovacuum_actions.change_id IS 'first action_id of the same ALTER TABLE';
COMMENT ON COLUMN tend.autovacuum_actions.at IS 'when it was set';
COMMENT ON COLUMN tend.autovacuum_actions.relid IS 'OID of the table';
COMMENT ON COLUMN tend.autovacuum_actions.schema_name IS 'schema of the table; as long as the option is in force, its present one';
COMMENT ON COLUMN tend.autovacuum_actions.table_name IS 'name of the table; as long as the option is in force, its present one';
COMMENT ON COLUMN tend.autovacuum_actions.topic IS 'dead rows, inserts, analyze, cost, freeze or toast: options of one topic are changed and taken back together';
COMMENT ON COLUMN tend.autovacuum_actions.option IS 'storage parameter';
COMMENT ON COLUMN tend.autovacuum_actions.old_value IS 'its value before; NULL if it was not set';
COMMENT ON COLUMN tend.autovacuum_actions.new_value IS 'the value that was set';
COMMENT ON COLUMN tend.autovacuum_actions.reason IS 'why, in one sentence';
COMMENT ON COLUMN tend.autovacuum_actions.evidence IS 'the numbers it was computed from';
COMMENT ON COLUMN tend.autovacuum_actions.predicted IS 'before: what the old options lead to; after: what is expected; threshold in rows, vacuums per_hour, pages_per_hour touched, dead rows when vacuum comes and the bytes they take';
COMMENT ON COLUMN tend.autovacuum_actions.observed IS 'the same, as it was seen after three vacuums, and why it was kept or not; NULL until then';
COMMENT ON COLUMN tend.autovacuum_actions.verdict IS 'pending, kept or reverted';
COMMENT ON COLUMN tend.autovacuum_actions.reverted_at IS 'when it was taken back; NULL if it was not';
COMMENT ON COLUMN tend.autovacuum_actions.reverted_by IS 'by whom and why: "pg_tend: ...", a role, or "changed by hand"';
COMMENT ON COLUMN tend.autovacuum_actions.lease_until IS 'set only for the time in which somebody holds back vacuum, at the latest until then; NULL otherwise';
COMMENT ON COLUMN tend.autovacuum_actions.vacuums_then IS 'vacuum count of the table, or of its TOAST table, at that time';
COMMENT ON COLUMN tend.autovacuum_actions.analyzes_then IS 'analyze count of the table at that time';
COMMENT ON COLUMN tend.autovacuum_actions.origin IS 'cluster and database in which relid is valid; after a restore the first visit finds the tables by name';

CREATE TABLE tend.table_policy (
    relid             regclass PRIMARY KEY,
    tuning            text CHECK (tuning IN ('off', 'advise', 'apply')),
    dead_ratio_target float8 CHECK (dead_ratio_target BETWEEN 0.001 AND 0.5),
    statistics        text CHECK (statistics IN ('off', 'advise', 'apply')),
    note              text
);
COMMENT ON TABLE tend.table_policy IS
    'your word on single tables, or on partitioned tables for all their partitions; the nearest one counts; kept in dumps';
COMMENT ON COLUMN tend.table_policy.relid IS 'table, materialized view or partitioned table';
COMMENT ON COLUMN tend.table_policy.tuning IS 'off: no advice, advise: advice only, apply: the worker changes options; NULL: as pg_tend.autovacuum_tuning says';
COMMENT ON COLUMN tend.table_policy.dead_ratio_target IS 'share of dead rows the table may have, 0.001 to 0.5; NULL: as pg_tend.dead_ratio_target says';
COMMENT ON COLUMN tend.table_policy.statistics IS 'off: pg_tend never verifies statistics on several columns by itself, advise: advice only, apply: the worker creates proven ones; NULL: advise';
COMMENT ON COLUMN tend.table_policy.note IS 'why, for your colleagues';

--
-- Statistics on several columns: what was verified, and what was created
--

CREATE TABLE tend.statistics_verdicts (
    relid            oid NOT NULL,
    columns          int2[] NOT NULL,
    groups           bool NOT NULL,
    object           oid NOT NULL,
    state            text NOT NULL
                     CHECK (state IN ('unverified', 'likely', 'proven', 'refuted', 'failed', 'applied', 'useless')),
    reason           text,
    advised          int2[] NOT NULL,
    kinds            int NOT NULL,
    target           int NOT NULL,
    tables           oid[] NOT NULL,
    q_error_now      float8,
    q_error_expected float8,
    proof            text,
    evidence         jsonb,
    wins             int NOT NULL,
    verified_at      timestamptz,
    next_at          timestamptz,
    queries          int8[] NOT NULL,
    samples          bigint NOT NULL,
    sampled_ms       float8,
    CHECK (state <> 'proven' OR proof IS NOT NULL),
    PRIMARY KEY (relid, columns, groups, object)
) WITH (fillfactor = 70);
COMMENT ON TABLE tend.statistics_verdicts IS
    'what trials of statistics on several columns showed, for tend.statistics_advice; at most 500 rows, without values of any table';
COMMENT ON COLUMN tend.statistics_verdicts.relid IS 'OID of the table; for a partition, of its topmost parent';
COMMENT ON COLUMN tend.statistics_verdicts.columns IS 'numbers of the columns that are misestimated together, or those of the object';
COMMENT ON COLUMN tend.statistics_verdicts.groups IS 'it is about the number of groups, otherwise about the rows of a filter';
COMMENT ON COLUMN tend.statistics_verdicts.object IS 'the statistics object that it is about; 0: there is none yet';
COMMENT ON COLUMN tend.statistics_verdicts.state IS
    'unverified: not possible yet; likely: helped once; proven: helped twice, on different samples; refuted: nothing helps; failed: with an error; applied: the object exists and helps; useless: it exists and does not';
COMMENT ON COLUMN tend.statistics_verdicts.reason IS 'why, in words';
COMMENT ON COLUMN tend.statistics_verdicts.advised IS 'numbers of the columns that the best statistics have';
COMMENT ON COLUMN tend.statistics_verdicts.kinds IS 'their kinds, added up: 1 ndistinct, 2 dependencies, 4 mcv';
COMMENT ON COLUMN tend.statistics_verdicts.target IS 'their statistics target; 0: the default';
COMMENT ON COLUMN tend.statistics_verdicts.tables IS 'the table, or those of its partitions that were scanned';
COMMENT ON COLUMN tend.statistics_verdicts.q_error_now IS 'how many times estimates are off with fresh statistics of the single columns, a geometric mean';
COMMENT ON COLUMN tend.statistics_verdicts.q_error_expected IS 'the same with the best statistics';
COMMENT ON COLUMN tend.statistics_verdicts.proof IS 'the worst example and the mean of all, in words';
COMMENT ON COLUMN tend.statistics_verdicts.evidence IS 'the numbers behind it, by name';
COMMENT ON COLUMN tend.statistics_verdicts.wins IS 'verifications in a row with that result';
COMMENT ON COLUMN tend.statistics_verdicts.verified_at IS 'when it was verified last';
COMMENT ON COLUMN tend.statistics_verdicts.next_at IS 'not verified again before';
COMMENT ON COLUMN tend.statistics_verdicts.queries IS 'ids of queries that suffer, worst first';
COMMENT ON COLUMN tend.statistics_verdicts.samples IS 'sampled executions in which it was misestimated';
COMMENT ON COLUMN tend.statistics_verdicts.sampled_ms IS 'time that these took, in ms';

CREATE SEQUENCE tend.statistics_action_id;
COMMENT ON SEQUENCE tend.statistics_action_id IS 'numbers of tend.statistics_actions';

CREATE TABLE tend.statistics_actions (
    action_id         bigint NOT NULL,
    at                timestamptz NOT NULL,
    relid             oid NOT NULL,
    schema_name       name NOT NULL,
    table_name        name NOT NULL,
    columns           name[] NOT NULL,
    kinds             text[] NOT NULL,
    object            oid NOT NULL,
    object_schema     name NOT NULL,
    object_name       name NOT NULL,
    command           text NOT NULL,
    undo_command      text NOT NULL,
    reason            text NOT NULL,
    q_error_before    float8,
    q_error_predicted float8,
    q_error_since     float8,
    observed          text,
    verdict           text NOT NULL DEFAULT 'pending'
                      CHECK (verdict IN ('pending', 'kept', 'useless', 'reverted')),
    reverted_at       timestamptz,
    reverted_by       text,
    origin            text NOT NULL,
    -- rows of a dump arrive under numbers that may have been given since
    PRIMARY KEY (action_id, origin)
) WITH (fillfactor = 70);
COMMENT ON TABLE tend.statistics_actions IS
    'statistics on several columns that pg_tend created, why, and what came of it: one row per object; kept in dumps together with the objects';
COMMENT ON COLUMN tend.statistics_actions.action_id IS 'number for tend.revert_statistics()';
COMMENT ON COLUMN tend.statistics_actions.at IS 'when it was created';
COMMENT ON COLUMN tend.statistics_actions.relid IS 'OID of the table or partition';
COMMENT ON COLUMN tend.statistics_actions.schema_name IS 'its schema at that time';
COMMENT ON COLUMN tend.statistics_actions.table_name IS 'its name at that time';
COMMENT ON COLUMN tend.statistics_actions.columns IS 'the columns';
COMMENT ON COLUMN tend.statistics_actions.kinds IS 'ndistinct, dependencies, mcv';
COMMENT ON COLUMN tend.statistics_actions.object IS 'OID of the statistics object';
COMMENT ON COLUMN tend.statistics_actions.object_schema IS 'its schema';
COMMENT ON COLUMN tend.statistics_actions.object_name IS 'its name';
COMMENT ON COLUMN tend.statistics_actions.command IS 'what was run';
COMMENT ON COLUMN tend.statistics_actions.undo_command IS 'what takes it back';
COMMENT ON COLUMN tend.statistics_actions.reason IS 'the proof in words';
COMMENT ON COLUMN tend.statistics_actions.q_error_before IS 'how many times estimates were off, a geometric mean';
COMMENT ON COLUMN tend.statistics_actions.q_error_predicted IS 'how many times they were expected to be off with it';
COMMENT ON COLUMN tend.statistics_actions.q_error_since IS 'how many times they were off in sampled executions since; NULL until seen';
COMMENT ON COLUMN tend.statistics_actions.observed IS 'what was seen since, in words; NULL until then';
COMMENT ON COLUMN tend.statistics_actions.verdict IS 'pending, kept: estimates improved; useless: they did not, see tend.statistics_advice; or reverted';
COMMENT ON COLUMN tend.statistics_actions.reverted_at IS 'when it was dropped; NULL if it was not';
COMMENT ON COLUMN tend.statistics_actions.reverted_by IS 'by whom';
COMMENT ON COLUMN tend.statistics_actions.origin IS 'cluster and database in which the OIDs are valid; elsewhere the names count';

CREATE FUNCTION tend.check_table_policy()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_kind "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = NEW.relid);
BEGIN
    -- a restored policy may be about a table that was not restored
    IF found_kind NOT IN ('r', 'm', 'p') THEN
        RAISE EXCEPTION '"%" cannot have a policy', NEW.relid
            USING ERRCODE = 'wrong_object_type',
                  DETAIL = 'It is not a table, materialized view or partitioned table.',
                  HINT = 'Autovacuum does not process foreign tables, views and sequences; indexes and TOAST follow their table.';
    END IF;
    IF EXISTS (SELECT FROM pg_class c WHERE c.oid = NEW.relid
                  AND (c.oid < 16384 OR c.relnamespace = 'tend'::regnamespace)) THEN
        RAISE EXCEPTION '"%" cannot have a policy', NEW.relid
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = 'System catalogs and the tables of pg_tend are never tuned.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tend.check_table_policy() IS 'refuse policies for what autovacuum does not process';
REVOKE ALL ON FUNCTION tend.check_table_policy() FROM PUBLIC;

CREATE TRIGGER check_table_policy BEFORE INSERT OR UPDATE ON tend.table_policy
    FOR EACH ROW EXECUTE FUNCTION tend.check_table_policy();

-- A publication FOR ALL TABLES cannot leave us out.  What arrives from there
-- is about another server: it must neither count here nor be in the way.
CREATE FUNCTION tend.ignore_replicated()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tend.ignore_replicated() IS
    'on the tables of pg_tend: what logical replication brings is not stored';
REVOKE ALL ON FUNCTION tend.ignore_replicated() FROM PUBLIC;

DO $$
DECLARE
    t regclass;
BEGIN
    FOR t IN SELECT c.oid FROM pg_catalog.pg_class c
              WHERE c.relnamespace = 'tend'::pg_catalog.regnamespace AND c.relkind = 'r' LOOP
        EXECUTE pg_catalog.format(
            'CREATE TRIGGER ignore_replicated BEFORE INSERT OR UPDATE OR DELETE ON %s '
            'FOR EACH ROW EXECUTE FUNCTION tend.ignore_replicated()', t);
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE REPLICA TRIGGER ignore_replicated', t);
    END LOOP;
END
$$;

-- options stand in a dump, so what we know about them has to
SELECT pg_extension_config_dump('tend.autovacuum_actions', '');
SELECT pg_extension_config_dump('tend.autovacuum_action_id', '');
SELECT pg_extension_config_dump('tend.statistics_actions', '');
SELECT pg_extension_config_dump('tend.statistics_action_id', '');
-- in another database the number of a table that is gone could be any other
SELECT pg_extension_config_dump('tend.table_policy',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = relid)');

GRANT SELECT ON tend.autovacuum_actions, tend.table_policy, tend.statistics_verdicts, tend.statistics_actions TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.autovacuum_proposals(
    OUT relid oid,
    OUT schema_name name,
    OUT table_name name,
    OUT topic text,
    OUT option text,
    OUT current_value text,
    OUT proposed_value text,
    OUT reason text,
    OUT evidence jsonb,
    OUT predicted jsonb,
    OUT blocked_by text,
    OUT command text,
    OUT undo_command text,
    OUT benefit float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_autovacuum_proposals'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
-- as for tend.table_facts()
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off;
COMMENT ON FUNCTION tend.autovacuum_proposals() IS
    'storage parameters that tables should have, in no particular order';
REVOKE ALL ON FUNCTION tend.autovacuum_proposals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.autovacuum_proposals() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.autovacuum_advice AS
SELECT p.relid,
       p.schema_name,
       p.table_name,
       p.option,
       p.current_value,
       p.proposed_value,
       p.reason,
       p.evidence,
       p.predicted,
       p.blocked_by,
       p.command,
       p.undo_command,
       p.topic
  FROM tend.autovacuum_proposals() p
 ORDER BY p.benefit DESC, p.schema_name, p.table_name, p.topic;
COMMENT ON VIEW tend.autovacuum_advice IS
    'storage parameters that tables should have, and why, those that help most first';
COMMENT ON COLUMN tend.autovacuum_advice.relid IS 'OID of the table';
COMMENT ON COLUMN tend.autovacuum_advice.schema_name IS 'schema of the table';
COMMENT ON COLUMN tend.autovacuum_advice.table_name IS 'name of the table';
COMMENT ON COLUMN tend.autovacuum_advice.option IS 'storage parameter';
COMMENT ON COLUMN tend.autovacuum_advice.current_value IS 'its value now; NULL if it is not set';
COMMENT ON COLUMN tend.autovacuum_advice.proposed_value IS 'the value it should have';
COMMENT ON COLUMN tend.autovacuum_advice.reason IS 'why, in one sentence';
COMMENT ON COLUMN tend.autovacuum_advice.evidence IS 'the numbers it was computed from';
COMMENT ON COLUMN tend.autovacuum_advice.predicted IS 'before and after, as in tend.autovacuum_actions';
COMMENT ON COLUMN tend.autovacuum_advice.blocked_by IS 'why the worker does not do it now; NULL: the next visit will';
COMMENT ON COLUMN tend.autovacuum_advice.command IS 'statement to run, the same for all options of a topic';
COMMENT ON COLUMN tend.autovacuum_advice.undo_command IS 'statement that takes it back';
COMMENT ON COLUMN tend.autovacuum_advice.topic IS 'dead rows, inserts, analyze, cost, freeze or toast';
GRANT SELECT ON tend.autovacuum_advice TO pg_monitor, pg_read_all_stats;

--
-- What options cannot do, and people can
--

CREATE VIEW tend.maintenance_advice AS
WITH day AS (
    SELECT pg_catalog.current_setting('pg_tend.interval', true)::interval * 1440 AS long
), tbl AS (
    SELECT c.oid AS relid, n.nspname AS schema_name, c.relname AS table_name,
           pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.reloptions,
           c.reltuples AS table_rows
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't'
       AND n.nspname <> 'tend'
), idx AS (
    SELECT t.*, i.oid AS indexrelid, pg_catalog.format('%I.%I', t.schema_name, i.relname) AS index_name,
           i.relpages::bigint * pg_catalog.current_setting('block_size')::int AS bytes,
           i.reltuples, x.indisunique, x.indisexclusion, x.indisreplident, x.indnatts, x.indkey,
           x.indisvalid, a.amname,
           pg_catalog.age(x.xmin) AS changed_age,
           pg_catalog.pg_stat_get_numscans(i.oid) AS scans
      FROM tbl t
      JOIN pg_catalog.pg_index x ON x.indrelid = t.relid
      JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
      JOIN pg_catalog.pg_am a ON a.oid = i.relam
     WHERE i.relpages >= 1024
), large AS MATERIALIZED (
    -- few: all of the history of each is looked at
    SELECT t.*
      FROM tbl t
     CROSS JOIN LATERAL (SELECT h.live_tuples, h.table_bytes FROM tend.table_history h
                          WHERE h.relid = t.relid ORDER BY h.at DESC LIMIT 1) l
     -- a standby counts no rows
     WHERE GREATEST(t.table_rows, pg_catalog.pg_stat_get_live_tuples(t.relid)) >= 10000
       AND l.live_tuples >= 10000 AND l.table_bytes >= 100 * 1024 * 1024
)
SELECT t.relid, t.schema_name, t.table_name, 'unused index' AS kind,
       pg_catalog.format('index %s (%s) was not used on this server since statistics began %s, but each vacuum reads it; look at the standbys, too',
                         t.index_name, pg_catalog.pg_size_pretty(t.bytes),
                         COALESCE('at ' || pg_catalog.date_trunc('second', d.stats_reset), 'unknown when')) AS reason,
       pg_catalog.jsonb_build_object('index', t.index_name, 'bytes', t.bytes, 'stats_reset', d.stats_reset) AS evidence,
       pg_catalog.format('DROP INDEX CONCURRENTLY %s;', t.index_name) AS command
  FROM idx t
  JOIN pg_catalog.pg_stat_database d ON d.datname = pg_catalog.current_database()
 CROSS JOIN day
 CROSS JOIN LATERAL (SELECT h.observed_seconds, h.modified_per_second_day FROM tend.table_history h
                      WHERE h.relid = t.relid ORDER BY h.at DESC LIMIT 1) l
 WHERE t.scans = 0 AND t.indisvalid AND NOT t.indisunique AND NOT t.indisexclusion AND NOT t.indisreplident
   AND l.observed_seconds * interval '1 second' >= 7 * day.long AND l.modified_per_second_day > 0
   -- who reads on the primary is not counted here
   AND NOT pg_catalog.pg_is_in_recovery()
   -- counters that are younger say nothing, nor do they after a crash, which sets them back, too
   AND COALESCE(d.stats_reset < pg_catalog.now() - 7 * day.long, true)
   AND NOT EXISTS (
        SELECT FROM tend.table_history h
         WHERE h.relid = t.relid AND h.at > pg_catalog.now() - 7 * day.long
           AND h.inserted + h.updated + h.deleted
               > pg_catalog.pg_stat_get_tuples_inserted(t.relid) + pg_catalog.pg_stat_get_tuples_updated(t.relid)
                 + pg_catalog.pg_stat_get_tuples_deleted(t.relid))
   -- nobody has had the time to use a new one; a wrapped age is old
   AND NOT t.changed_age BETWEEN 0 AND (
        SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint - COALESCE(pg_catalog.max(h.next_xid), 0)
          FROM tend.database_history h
         WHERE h.at <= pg_catalog.now() - 7 * day.long)
   -- it belongs to a constraint or to an index of the partitioned table
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = t.indexrelid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = t.indexrelid)
UNION ALL
SELECT t.relid, t.schema_name, t.table_name, 'bloated index',
       pg_catalog.format('index %s has %s, %s times what its %s entries need',
                         t.index_name, pg_catalog.pg_size_pretty(t.bytes),
                         pg_catalog.round((t.bytes / needed.bytes)::numeric, 1),
                         t.reltuples::bigint),
       pg_catalog.jsonb_build_object('index', t.index_name, 'bytes', t.bytes, 'needed_bytes', needed.bytes::bigint),
       pg_catalog.format('REINDEX INDEX CONCURRENTLY %s;', t.index_name)
  FROM idx t
 CROSS JOIN LATERAL (
    -- tuple header and line pointer, and pages that are 90 % full; only where
    -- all columns have a fixed width, and each row its own entry
    SELECT GREATEST(t.reltuples, 1) * (12 + pg_catalog.sum(pg_catalog.ceil(a.attlen / 8.0) * 8)) / 0.9 AS bytes,
           pg_catalog.bool_and(a.attlen > 0) AS known
      FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = t.indexrelid) needed
 WHERE t.amname = 'btree' AND t.indisvalid AND needed.known AND t.reltuples > 0
   AND t.bytes > 3 * needed.bytes
UNION ALL
SELECT t.relid, t.schema_name, t.table_name, 'bloated table',
       pg_catalog.format('a row takes %s bytes of the table, and took %s on %s: rewrite it in a quiet hour (VACUUM FULL locks it; pg_repack or pg_squeeze hardly do)',
                         r.bytes, r.least, pg_catalog.date_trunc('second', r.at)),
       pg_catalog.jsonb_build_object('bytes_per_row', r.bytes, 'was', r.least, 'at', r.at),
       pg_catalog.format('VACUUM (FULL, ANALYZE) %s;', t.name)
  FROM large t
 CROSS JOIN LATERAL (
    SELECT (pg_catalog.array_agg(h.bytes ORDER BY h.at DESC))[1] AS bytes,
           pg_catalog.min(h.bytes) AS least,
           (pg_catalog.array_agg(h.at ORDER BY h.bytes, h.at DESC))[1] AS at
      FROM (SELECT h.at, h.live_tuples, h.table_bytes / NULLIF(h.live_tuples, 0) AS bytes,
                   -- what a transaction or procedure does that still runs shows in the size, and is not counted yet
                   COALESCE(h.table_bytes <> pg_catalog.lag(h.table_bytes) OVER past
                            AND (h.inserted, h.updated, h.deleted, h.vacuum_count) =
                                (pg_catalog.lag(h.inserted) OVER past, pg_catalog.lag(h.updated) OVER past,
                                 pg_catalog.lag(h.deleted) OVER past, pg_catalog.lag(h.vacuum_count) OVER past), false) AS uncounted
              FROM tend.table_history h
             WHERE h.relid = t.relid
            WINDOW past AS (ORDER BY h.at)) h
     -- no row is smaller than its header and line pointer
     WHERE h.live_tuples >= 10000 AND h.bytes >= 28 AND NOT h.uncounted) r
 WHERE r.bytes >= 3 * r.least
UNION ALL
SELECT t.relid, t.schema_name, t.table_name, 'truncation',
       pg_catalog.format('autovacuum of this table was cancelled %s times in %s: if it is the truncation of empty pages at the end that others wait for, do without it',
                         c.n, day.long),
       pg_catalog.jsonb_build_object('cancelled', c.n, 'last', c.last),
       pg_catalog.format('ALTER TABLE %s SET (vacuum_truncate = off);', t.name)
  FROM tbl t
 CROSS JOIN day
 CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS n, pg_catalog.max(e.at) AS last
      FROM tend.events e
     WHERE e.kind = 'autovacuum cancelled' AND e.object = t.name
       AND e.at > pg_catalog.now() - day.long) c
 WHERE c.n >= 3 AND NOT COALESCE(pg_catalog.array_to_string(t.reloptions, ',') ~ 'vacuum_truncate=', false)
UNION ALL
SELECT t.relid, t.schema_name, t.table_name, 'fillfactor',
       pg_catalog.format('%s %% of its updates had to go to another page: leave room for them (in pages written from now on)',
                         pg_catalog.round(100.0 * u.newpage / u.updated)),
       pg_catalog.jsonb_build_object('updated', u.updated, 'to_new_page', u.newpage),
       pg_catalog.format('ALTER TABLE %s SET (fillfactor = 90);', t.name)
  FROM tbl t
  JOIN pg_catalog.pg_stat_all_tables s ON s.relid = t.relid
 -- counted from 16 on
 CROSS JOIN LATERAL (SELECT s.n_tup_upd AS updated,
                            (pg_catalog.to_jsonb(s) ->> 'n_tup_newpage_upd')::bigint AS newpage) u
 WHERE u.updated >= 100000 AND u.newpage > 0.5 * u.updated
   AND NOT COALESCE(pg_catalog.array_to_string(t.reloptions, ',') ~ 'fillfactor=', false)
UNION ALL
SELECT p.oid, n.nspname, p.relname, 'analyze',
       'autovacuum never analyzes a partitioned table as a whole, and its partitions changed since somebody did',
       pg_catalog.jsonb_build_object('last_analyze', mine.at, 'partitions_analyzed', parts.at),
       pg_catalog.format('ANALYZE %I.%I;', n.nspname, p.relname)
  FROM pg_catalog.pg_class p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
 CROSS JOIN day
 CROSS JOIN LATERAL (SELECT pg_catalog.pg_stat_get_last_analyze_time(p.oid) AS at) mine
 CROSS JOIN LATERAL (
    SELECT pg_catalog.max(GREATEST(pg_catalog.pg_stat_get_last_analyze_time(i.inhrelid),
                                   pg_catalog.pg_stat_get_last_autoanalyze_time(i.inhrelid))) AS at
      FROM pg_catalog.pg_inherits i WHERE i.inhparent = p.oid) parts
 WHERE p.relkind = 'p' AND parts.at IS NOT NULL
   AND (mine.at IS NULL OR parts.at > mine.at + 7 * day.long)
UNION ALL
SELECT NULL, NULL, NULL, 'naptime',
       pg_catalog.format('%s busy tables gather more dead rows between two rounds of autovacuum than pg_tend.dead_ratio_target allows, whatever their options',
                         pg_catalog.count(*)),
       pg_catalog.jsonb_build_object('tables', (pg_catalog.array_agg(t.name ORDER BY l.dead_per_second_hour DESC))[1:10],
                                     'naptime', pg_catalog.current_setting('autovacuum_naptime')),
       pg_catalog.format('ALTER SYSTEM SET autovacuum_naptime = ''%s s''; SELECT pg_reload_conf();',
                         GREATEST(nap.seconds / 4, 1))
  FROM tbl t
 CROSS JOIN LATERAL (SELECT h.live_tuples, h.dead_per_second_hour FROM tend.table_history h
                      WHERE h.relid = t.relid ORDER BY h.at DESC LIMIT 1) l
 CROSS JOIN (SELECT EXTRACT(epoch FROM pg_catalog.current_setting('autovacuum_naptime')::interval)::int AS seconds) nap
 -- to ask for the history of all is most of the work where there are thousands of small ones
 WHERE GREATEST(t.table_rows, pg_catalog.pg_stat_get_live_tuples(t.relid)) >= 1000
   AND l.live_tuples >= 1000 AND nap.seconds > 5
   AND l.dead_per_second_hour * nap.seconds >
       2 * pg_catalog.current_setting('pg_tend.dead_ratio_target', true)::float8 * l.live_tuples
 GROUP BY nap.seconds
UNION ALL
SELECT NULL, NULL, NULL, 'workers',
       pg_catalog.format('all %s autovacuum workers are busy and %s tables wait for them', w.most, d.tables_due),
       pg_catalog.jsonb_build_object('workers', w.most, 'tables_due', d.tables_due),
       pg_catalog.format('ALTER SYSTEM SET autovacuum_max_workers = %s; -- before 18 this needs a restart', 2 * w.most)
  FROM (SELECT pg_catalog.current_setting('autovacuum_max_workers')::int AS most,
               (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a
                 WHERE a.backend_type = 'autovacuum worker') AS busy) w
 CROSS JOIN (SELECT h.tables_due FROM tend.database_history h ORDER BY h.at DESC LIMIT 1) d
 WHERE w.busy >= w.most AND d.tables_due >= 3 * w.most;
COMMENT ON VIEW tend.maintenance_advice IS
    'what would help vacuum and no storage parameter of autovacuum can do; pg_tend never does any of it';
COMMENT ON COLUMN tend.maintenance_advice.relid IS 'OID of the table; NULL for the whole server';
COMMENT ON COLUMN tend.maintenance_advice.schema_name IS 'schema of the table';
COMMENT ON COLUMN tend.maintenance_advice.table_name IS 'name of the table';
COMMENT ON COLUMN tend.maintenance_advice.kind IS 'unused index, bloated index, bloated table, truncation, fillfactor, analyze, naptime or workers';
COMMENT ON COLUMN tend.maintenance_advice.reason IS 'why, in one sentence';
COMMENT ON COLUMN tend.maintenance_advice.evidence IS 'the numbers behind it';
COMMENT ON COLUMN tend.maintenance_advice.command IS 'statement to run, after a look at the reason';
GRANT SELECT ON tend.maintenance_advice TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.apply_autovacuum(
    "table" regclass DEFAULT NULL,
    dry_run bool DEFAULT false)
RETURNS TABLE (
    table_name text,
    command    text,
    result     text)
AS 'MODULE_PATHNAME', 'tend_apply_autovacuum'
LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.apply_autovacuum(regclass, bool) IS
    'carry out tend.autovacuum_advice for one table, or for all; waits for no lock, keeps its locks until the transaction ends; needs the rights of the table''s owner and of pg_monitor';
REVOKE ALL ON FUNCTION tend.apply_autovacuum(regclass, bool) FROM PUBLIC;

CREATE FUNCTION tend.revert(action_id bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_revert'
LANGUAGE C STRICT VOLATILE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.revert(bigint) IS
    'take back an action, with those on the same topic of the table since; returns the statement that it ran, NULL if none was needed; fails rather than wait for a lock; not proposed again for a week';
REVOKE ALL ON FUNCTION tend.revert(bigint) FROM PUBLIC;

CREATE FUNCTION tend.revert_all()
RETURNS TABLE (
    table_name text,
    command    text,
    result     text)
AS 'MODULE_PATHNAME', 'tend_revert_all'
LANGUAGE C STRICT VOLATILE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.revert_all() IS
    'take back all that pg_tend has set: every table has its own storage parameters again; a table that is locked is told and left for another call';
REVOKE ALL ON FUNCTION tend.revert_all() FROM PUBLIC;

--
-- Tables
--

CREATE FUNCTION tend.table_facts(
    worst int DEFAULT NULL,
    OUT relid oid,
    OUT schema_name name,
    OUT table_name name,
    OUT live_tuples bigint,
    OUT dead_tuples bigint,
    OUT dead_ratio float8,
    OUT dead_per_second float8,
    OUT vacuum_threshold float8,
    OUT vacuum_due float8,
    OUT inserts_since_vacuum bigint,
    OUT insert_threshold float8,
    OUT insert_due float8,
    OUT mods_since_analyze bigint,
    OUT analyze_threshold float8,
    OUT analyze_due float8,
    OUT table_bytes bigint,
    OUT index_bytes bigint,
    OUT toast_bytes bigint,
    OUT xid_age bigint,
    OUT mxid_age bigint,
    OUT freeze_max_age bigint,
    OUT freeze_due float8,
    OUT freeze_eta_seconds float8,
    OUT last_vacuum timestamptz,
    OUT last_analyze timestamptz,
    OUT vacuum_running bool,
    OUT hot_update_ratio float8,
    OUT overrides text[],
    OUT verdict text,
    OUT advice text,
    OUT urgency int,
    OUT worst_due float8,
    OUT kind text,
    OUT persistence text,
    OUT is_partition bool,
    OUT autovacuum_enabled bool,
    OUT vacuum_eta_seconds float8,
    OUT multixact_freeze_max_age bigint,
    OUT toast_relid oid,
    OUT toast_live_tuples bigint,
    OUT toast_dead_tuples bigint,
    OUT toast_vacuum_threshold float8,
    OUT toast_vacuum_due float8,
    OUT toast_inserts_since_vacuum bigint,
    OUT toast_insert_threshold float8,
    OUT toast_insert_due float8,
    OUT toast_xid_age bigint,
    OUT toast_mxid_age bigint,
    OUT toast_freeze_due float8,
    OUT toast_last_vacuum timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_table_facts'
LANGUAGE C VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
-- it reads a thousand tables at a time: to hash all of pg_class for each
-- thousand, or to merge with it from its beginning, would be quadratic; and to
-- compile takes longer than to run
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off;
COMMENT ON FUNCTION tend.table_facts(int) IS
    'what tend.tables shows, in no particular order; with an argument only so many of the worst, which is cheaper, as only their files and history are looked at';
REVOKE ALL ON FUNCTION tend.table_facts(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.table_facts(int) TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.tables AS
SELECT relid,
       schema_name,
       table_name,
       live_tuples,
       dead_tuples,
       dead_ratio,
       dead_per_second,
       vacuum_threshold,
       vacuum_due,
       inserts_since_vacuum,
       insert_threshold,
       insert_due,
       mods_since_analyze,
       analyze_threshold,
       analyze_due,
       table_bytes,
       index_bytes,
       toast_bytes,
       xid_age,
       mxid_age,
       freeze_max_age,
       freeze_due,
       freeze_eta_seconds,
       last_vacuum,
       last_analyze,
       vacuum_running,
       hot_update_ratio,
       overrides,
       EXISTS (SELECT FROM tend.autovacuum_actions a
                WHERE a.relid = f.relid AND a.verdict <> 'reverted') AS managed,
       verdict,
       advice,
       kind,
       persistence,
       is_partition,
       autovacuum_enabled,
       vacuum_eta_seconds,
       multixact_freeze_max_age,
       toast_relid,
       toast_live_tuples,
       toast_dead_tuples,
       toast_vacuum_threshold,
       toast_vacuum_due,
       toast_inserts_since_vacuum,
       toast_insert_threshold,
       toast_insert_due,
       toast_xid_age,
       toast_mxid_age,
       toast_freeze_due,
       toast_last_vacuum
  FROM tend.table_facts() f
 ORDER BY urgency DESC, worst_due DESC NULLS LAST, schema_name, table_name;
COMMENT ON VIEW tend.tables IS
    'tables, materialized views and partitions of this database with what vacuum needs to do, the worst first';
COMMENT ON COLUMN tend.tables.relid IS 'OID of the table';
COMMENT ON COLUMN tend.tables.schema_name IS 'schema of the table';
COMMENT ON COLUMN tend.tables.table_name IS 'name of the table';
COMMENT ON COLUMN tend.tables.live_tuples IS 'estimated live rows';
COMMENT ON COLUMN tend.tables.dead_tuples IS 'estimated dead rows';
COMMENT ON COLUMN tend.tables.dead_ratio IS 'dead rows / (live + dead rows), 0..1; NULL for an empty table or lost statistics';
COMMENT ON COLUMN tend.tables.dead_per_second IS 'rows that die per second, a moving average of what the visits observed; NULL until observed';
COMMENT ON COLUMN tend.tables.vacuum_threshold IS 'dead rows above which autovacuum vacuums';
COMMENT ON COLUMN tend.tables.vacuum_due IS 'dead_tuples / vacuum_threshold: autovacuum acts above 1';
COMMENT ON COLUMN tend.tables.inserts_since_vacuum IS 'rows inserted since the last vacuum';
COMMENT ON COLUMN tend.tables.insert_threshold IS 'inserted rows above which autovacuum vacuums; NULL if inserts do not cause it';
COMMENT ON COLUMN tend.tables.insert_due IS 'inserts_since_vacuum / insert_threshold: autovacuum acts above 1';
COMMENT ON COLUMN tend.tables.mods_since_analyze IS 'rows modified since the last analyze';
COMMENT ON COLUMN tend.tables.analyze_threshold IS 'modified rows above which autovacuum analyzes; NULL if it never does';
COMMENT ON COLUMN tend.tables.analyze_due IS 'mods_since_analyze / analyze_threshold: autovacuum acts above 1';
COMMENT ON COLUMN tend.tables.table_bytes IS 'size of the table on disk without indexes and TOAST, in bytes';
COMMENT ON COLUMN tend.tables.index_bytes IS 'size of its indexes on disk, in bytes';
COMMENT ON COLUMN tend.tables.toast_bytes IS 'size of its TOAST table with index on disk, in bytes';
COMMENT ON COLUMN tend.tables.xid_age IS 'age of relfrozenxid, in transactions; NULL if it has none';
COMMENT ON COLUMN tend.tables.mxid_age IS 'age of relminmxid, in multixacts; NULL if it has none';
COMMENT ON COLUMN tend.tables.freeze_max_age IS 'xid_age above which autovacuum vacuums to prevent wraparound';
COMMENT ON COLUMN tend.tables.freeze_due IS 'the larger of xid_age / freeze_max_age and mxid_age / multixact_freeze_max_age: autovacuum acts above 1';
COMMENT ON COLUMN tend.tables.freeze_eta_seconds IS 'seconds until then at the observed consumption, TOAST included; NULL if unknown or never';
COMMENT ON COLUMN tend.tables.last_vacuum IS 'end of the last vacuum, manual or automatic; NULL if none since statistics began';
COMMENT ON COLUMN tend.tables.last_analyze IS 'end of the last analyze, manual or automatic; NULL if none since statistics began';
COMMENT ON COLUMN tend.tables.vacuum_running IS 'is the table or its TOAST table being vacuumed now?';
COMMENT ON COLUMN tend.tables.hot_update_ratio IS 'share of updates that needed no new index entries, 0..1; NULL without updates';
COMMENT ON COLUMN tend.tables.overrides IS 'storage parameters about vacuum that are set on the table, those of TOAST with "toast."';
COMMENT ON COLUMN tend.tables.managed IS 'has pg_tend set some of them?';
COMMENT ON COLUMN tend.tables.verdict IS 'ok, see primary (on a standby), vacuum running, analyze due, insert vacuum due, vacuum due, statistics lost, unattended, vacuum overdue, vacuum blocked, freeze due or wraparound danger';
COMMENT ON COLUMN tend.tables.advice IS 'why, and what to do; NULL for a healthy table';
COMMENT ON COLUMN tend.tables.kind IS 'table or materialized view';
COMMENT ON COLUMN tend.tables.persistence IS 'permanent, unlogged or temporary';
COMMENT ON COLUMN tend.tables.is_partition IS 'is it a partition of another table?';
COMMENT ON COLUMN tend.tables.autovacuum_enabled IS 'does autovacuum look at the counters of the table at all?';
COMMENT ON COLUMN tend.tables.vacuum_eta_seconds IS 'seconds until vacuum_threshold at dead_per_second; NULL if unknown or never';
COMMENT ON COLUMN tend.tables.multixact_freeze_max_age IS 'mxid_age above which autovacuum vacuums to prevent wraparound';
COMMENT ON COLUMN tend.tables.toast_relid IS 'OID of its TOAST table; NULL if it has none';
COMMENT ON COLUMN tend.tables.toast_live_tuples IS 'estimated live rows of the TOAST table';
COMMENT ON COLUMN tend.tables.toast_dead_tuples IS 'estimated dead rows of the TOAST table';
COMMENT ON COLUMN tend.tables.toast_vacuum_threshold IS 'dead rows above which autovacuum vacuums the TOAST table';
COMMENT ON COLUMN tend.tables.toast_vacuum_due IS 'toast_dead_tuples / toast_vacuum_threshold: autovacuum acts above 1';
COMMENT ON COLUMN tend.tables.toast_inserts_since_vacuum IS 'rows inserted into the TOAST table since its last vacuum';
COMMENT ON COLUMN tend.tables.toast_insert_threshold IS 'inserted rows above which autovacuum vacuums the TOAST table; NULL if inserts do not cause it';
COMMENT ON COLUMN tend.tables.toast_insert_due IS 'toast_inserts_since_vacuum / toast_insert_threshold: autovacuum acts above 1';
COMMENT ON COLUMN tend.tables.toast_xid_age IS 'age of relfrozenxid of the TOAST table, in transactions';
COMMENT ON COLUMN tend.tables.toast_mxid_age IS 'age of relminmxid of the TOAST table, in multixacts';
COMMENT ON COLUMN tend.tables.toast_freeze_due IS 'freeze_due of the TOAST table: autovacuum acts above 1';
COMMENT ON COLUMN tend.tables.toast_last_vacuum IS 'end of the last vacuum of the TOAST table; NULL if none since statistics began';
GRANT SELECT ON tend.tables TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.explain_table("table" regclass)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'tend_explain_table'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.explain_table(regclass) IS
    'the story of one table in plain words: how it is, when vacuum comes, who stops it, what to do';
REVOKE ALL ON FUNCTION tend.explain_table(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.explain_table(regclass) TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.changes(since timestamptz DEFAULT pg_catalog.now() - interval '1 day')
RETURNS TABLE (
    relid              oid,
    schema_name        text,
    table_name         text,
    compared_with      timestamptz,
    bytes_change       bigint,
    live_tuples_change bigint,
    dead_tuples_change bigint,
    inserted           bigint,
    updated            bigint,
    deleted            bigint,
    vacuums            bigint,
    analyzes           bigint,
    verdict_then       text,
    verdict_now        text)
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.relid, t.schema_name, t.table_name, h.at,
           t.table_bytes + t.index_bytes + t.toast_bytes
               - (h.table_bytes + h.index_bytes + h.toast_bytes),
           t.live_tuples - h.live_tuples,
           t.dead_tuples - h.dead_tuples,
           -- NULL where statistics were lost in between
           CASE WHEN p.inserted >= h.inserted THEN p.inserted - h.inserted END,
           CASE WHEN p.updated >= h.updated THEN p.updated - h.updated END,
           CASE WHEN p.deleted >= h.deleted THEN p.deleted - h.deleted END,
           CASE WHEN p.vacuums >= h.vacuum_count THEN p.vacuums - h.vacuum_count END,
           CASE WHEN p.analyzes >= h.analyze_count THEN p.analyzes - h.analyze_count END,
           h.verdict, t.verdict
      FROM tend.tables t
     CROSS JOIN LATERAL (
        -- what it was then: the last row before, or else the first one after
        SELECT * FROM ((SELECT * FROM tend.table_history b
                         WHERE b.relid = t.relid AND b.at <= changes.since
                         ORDER BY b.at DESC LIMIT 1)
                       UNION ALL
                       (SELECT * FROM tend.table_history a
                         WHERE a.relid = t.relid AND a.at > changes.since
                         ORDER BY a.at LIMIT 1)) either
         ORDER BY either.at LIMIT 1) h
     CROSS JOIN LATERAL (
        SELECT pg_stat_get_tuples_inserted(t.relid) AS inserted,
               pg_stat_get_tuples_updated(t.relid) AS updated,
               pg_stat_get_tuples_deleted(t.relid) AS deleted,
               pg_stat_get_vacuum_count(t.relid) + pg_stat_get_autovacuum_count(t.relid) AS vacuums,
               pg_stat_get_analyze_count(t.relid) + pg_stat_get_autoanalyze_count(t.relid) AS analyzes) p
     WHERE (p.inserted, p.updated, p.deleted, p.vacuums, p.analyzes, t.verdict)
           IS DISTINCT FROM
           (h.inserted, h.updated, h.deleted, h.vacuum_count, h.analyze_count, h.verdict)
     ORDER BY 5 DESC NULLS LAST, 2, 3
$$;
COMMENT ON FUNCTION tend.changes(timestamptz) IS
    'tables that changed since a point in time, by default a day ago, those that grew most first: sizes in bytes, counts in rows; compared_with is the observation nearest to that time, and a count is NULL where statistics were lost in between';
REVOKE ALL ON FUNCTION tend.changes(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.changes(timestamptz) TO pg_monitor, pg_read_all_stats;

--
-- Plans
--

CREATE FUNCTION tend.plan_facts(
    OUT dboid oid,
    OUT userid oid,
    OUT queryid bigint,
    OUT planid bigint,
    OUT shapeid bigint,
    OUT toplevel bool,
    OUT generic bool,
    OUT query text,
    OUT plan text,
    OUT settings text,
    OUT calls bigint,
    OUT aborted bigint,
    OUT total_exec_ms float8,
    OUT mean_exec_ms float8,
    OUT stddev_exec_ms float8,
    OUT min_exec_ms float8,
    OUT max_exec_ms float8,
    OUT p50_exec_ms float8,
    OUT p95_exec_ms float8,
    OUT p99_exec_ms float8,
    OUT aborted_ms float8,
    OUT rows bigint,
    OUT shared_blks_hit bigint,
    OUT shared_blks_read bigint,
    OUT temp_blks_written bigint,
    OUT partitions bigint,
    OUT read_ms float8,
    OUT cpu_share float8,
    OUT first_seen timestamptz,
    OUT last_seen timestamptz,
    OUT current_since timestamptz,
    OUT recent_share float8,
    OUT recent_mean_ms float8,
    OUT usual_mean_ms float8,
    OUT histogram bigint[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_plan_facts'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 5000;
COMMENT ON FUNCTION tend.plan_facts() IS 'what tend.plans shows of shared memory';
-- Of other people's statements it shows no text.  Views call functions with the
-- rights of who reads them: so a grant on tend.plans is enough.
GRANT EXECUTE ON FUNCTION tend.plan_facts() TO PUBLIC;

CREATE VIEW tend.plans AS
SELECT d.datname,
       pg_catalog.pg_get_userbyid(f.userid) AS usename,
       f.queryid,
       f.planid,
       f.shapeid,
       f.query,
       f.plan,
       f.calls,
       f.total_exec_ms,
       f.mean_exec_ms,
       f.stddev_exec_ms,
       f.min_exec_ms,
       f.max_exec_ms,
       f.rows,
       f.shared_blks_hit,
       f.shared_blks_read,
       f.first_seen,
       f.last_seen,
       f.planid = pg_catalog.first_value(f.planid) OVER (
           PARTITION BY f.dboid, f.userid, f.queryid, f.toplevel
           ORDER BY f.current_since DESC NULLS LAST, f.last_seen DESC, f.calls DESC, f.planid) AS is_current,
       f.toplevel,
       f.generic,
       f.aborted,
       f.aborted_ms,
       f.p50_exec_ms,
       f.p95_exec_ms,
       f.p99_exec_ms,
       f.temp_blks_written,
       f.partitions,
       f.read_ms,
       f.cpu_share,
       f.recent_share,
       f.recent_mean_ms,
       f.usual_mean_ms,
       f.current_since,
       f.settings,
       f.histogram
  FROM tend.plan_facts() f
  LEFT JOIN pg_catalog.pg_database d ON d.oid = f.dboid
 ORDER BY f.total_exec_ms + f.aborted_ms DESC;
COMMENT ON VIEW tend.plans IS
    'which plans queries were executed with, in all databases, and what that cost; the most time first. Counters are those since first_seen; what a busy session did comes in within a second or 32 executions';
COMMENT ON COLUMN tend.plans.datname IS 'database; NULL if it is gone';
COMMENT ON COLUMN tend.plans.usename IS 'who executed it';
COMMENT ON COLUMN tend.plans.queryid IS 'the query, as in pg_stat_statements; NULL if you may not see it';
COMMENT ON COLUMN tend.plans.planid IS
    'fingerprint of what the plan means: the same whatever constants, costs, names of tables and indexes, or number of partitions and workers; another one when join order, join method, access path, definition of an index, or place of a condition differ. It speaks of the tables of its query: look at it together with queryid';
COMMENT ON COLUMN tend.plans.shapeid IS 'the same without tables and indexes: equal shapes with another planid differ in an index';
COMMENT ON COLUMN tend.plans.query IS
    'the statement, its constants replaced by parameters unless pg_tend.plan_constants is on, at most 8 kB; NULL for a statement that came once, in a quick succession of others';
COMMENT ON COLUMN tend.plans.plan IS
    'the plan as EXPLAIN shows it, as it was when first described, constants as $0, at most 16 kB; NULL as query is, unless the plan is expensive';
COMMENT ON COLUMN tend.plans.calls IS 'executions that ended';
COMMENT ON COLUMN tend.plans.total_exec_ms IS 'time of these, in ms';
COMMENT ON COLUMN tend.plans.mean_exec_ms IS 'mean time of these, in ms; NULL without calls, as all that follow';
COMMENT ON COLUMN tend.plans.stddev_exec_ms IS 'standard deviation of the time (of the population), in ms';
COMMENT ON COLUMN tend.plans.min_exec_ms IS 'shortest time, in ms';
COMMENT ON COLUMN tend.plans.max_exec_ms IS 'longest time, in ms';
COMMENT ON COLUMN tend.plans.rows IS 'rows returned or changed';
COMMENT ON COLUMN tend.plans.shared_blks_hit IS 'blocks found in shared buffers; workers included';
COMMENT ON COLUMN tend.plans.shared_blks_read IS 'blocks read; workers included';
COMMENT ON COLUMN tend.plans.first_seen IS 'when it was first executed, as far as remembered';
COMMENT ON COLUMN tend.plans.last_seen IS 'when its last executions came in';
COMMENT ON COLUMN tend.plans.is_current IS 'it is the plan that the query uses now, in most of its recent visits';
COMMENT ON COLUMN tend.plans.toplevel IS 'the client sent the statement; otherwise a function or another statement ran it (pg_tend.track_plans = all)';
COMMENT ON COLUMN tend.plans.generic IS 'the plan was made without looking at the values of parameters';
COMMENT ON COLUMN tend.plans.aborted IS 'executions that never ended: error, cancel, timeout';
COMMENT ON COLUMN tend.plans.aborted_ms IS 'how long these had run, in ms';
COMMENT ON COLUMN tend.plans.p50_exec_ms IS 'half of the executions were not longer, in ms; from a histogram whose buckets double, so up to twice or half that';
COMMENT ON COLUMN tend.plans.p95_exec_ms IS '95 % of the executions were not longer, in ms; as precise as p50_exec_ms';
COMMENT ON COLUMN tend.plans.p99_exec_ms IS '99 % of the executions were not longer, in ms; as precise as p50_exec_ms';
COMMENT ON COLUMN tend.plans.temp_blks_written IS 'blocks written to temporary files: sorts or hashes that did not fit into work_mem';
COMMENT ON COLUMN tend.plans.partitions IS 'partitions and other children that the plans had, summed over all calls';
COMMENT ON COLUMN tend.plans.read_ms IS 'time waiting for blocks, in ms; 0 unless track_io_timing is on';
COMMENT ON COLUMN tend.plans.cpu_share IS 'CPU time of this process per elapsed time, 0..1; from the long executions and samples of the others; NULL if none was taken';
COMMENT ON COLUMN tend.plans.recent_share IS 'share of this plan in what the query used recently, 0..1; each visit counts alike, however many executions it saw, if not only a few; about the last 5 visits';
COMMENT ON COLUMN tend.plans.recent_mean_ms IS 'mean time of its recent executions, in ms; NULL without any';
COMMENT ON COLUMN tend.plans.usual_mean_ms IS 'mean time of those before, about a day, in ms; NULL without any';
COMMENT ON COLUMN tend.plans.current_since IS 'since when it is the current plan; NULL if it is not, or was not judged yet';
COMMENT ON COLUMN tend.plans.settings IS 'settings of the planner that were not the default when it was described, one per line';
COMMENT ON COLUMN tend.plans.histogram IS 'executions by time: the first number is of those below 8 µs, each next one reaches twice as far, the last one has no end';
GRANT SELECT ON tend.plans TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.plans_reset()
RETURNS bigint
AS 'MODULE_PATHNAME', 'tend_plans_reset_sql'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION tend.plans_reset() IS
    'forget the plans of this database; returns how many there were. History and changes stay';
REVOKE ALL ON FUNCTION tend.plans_reset() FROM PUBLIC;

CREATE VIEW tend.plan_changes AS
SELECT c.began AS at,
       pg_catalog.current_database() AS datname,
       pg_catalog.pg_get_userbyid(c.userid) AS usename,
       CASE WHEN v.visible THEN c.queryid END AS queryid,
       CASE WHEN v.visible THEN c.query ELSE '<insufficient privilege>' END AS query,
       c.old_planid,
       c.new_planid,
       c.old_mean_ms,
       c.new_mean_ms,
       c.ratio,
       c.verdict,
       c.cause,
       c.evidence,
       c.state,
       CASE WHEN v.visible THEN c.old_plan ELSE '<insufficient privilege>' END AS old_plan,
       CASE WHEN v.visible THEN c.new_plan ELSE '<insufficient privilege>' END AS new_plan,
       c.explanation,
       c.remedy,
       c.lost_ms_per_hour,
       c.toplevel,
       c.decided_at,
       c.closed_at
  FROM (SELECT DISTINCT ON (l.userid, l.queryid, l.toplevel, l.began) l.*
          FROM tend.plan_change_log l
         ORDER BY l.userid, l.queryid, l.toplevel, l.began, l.at DESC) c
 CROSS JOIN LATERAL (
        SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
            OR c.userid = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)) v(visible)
 ORDER BY c.state = 'resolved', c.verdict <> 'regressed', c.lost_ms_per_hour DESC NULLS LAST, c.began DESC;
COMMENT ON VIEW tend.plan_changes IS
    'queries of this database that changed their plan, or became slow with the same one: what it cost, why, and whether it is over; what hurts now first';
COMMENT ON COLUMN tend.plan_changes.at IS 'when it began';
COMMENT ON COLUMN tend.plan_changes.datname IS 'this database';
COMMENT ON COLUMN tend.plan_changes.usename IS 'who executes the query';
COMMENT ON COLUMN tend.plan_changes.queryid IS 'the query, as in pg_stat_statements; NULL if you may not see it';
COMMENT ON COLUMN tend.plan_changes.query IS 'its text, as in tend.plans';
COMMENT ON COLUMN tend.plan_changes.old_planid IS 'the plan before';
COMMENT ON COLUMN tend.plan_changes.new_planid IS 'the plan since; the same as before when the query became slow without a change of plan';
COMMENT ON COLUMN tend.plan_changes.old_mean_ms IS 'mean time of an execution before, in ms; NULL if unknown';
COMMENT ON COLUMN tend.plan_changes.new_mean_ms IS 'mean time of an execution since, in ms; NULL if none has ended';
COMMENT ON COLUMN tend.plan_changes.ratio IS 'new_mean_ms / old_mean_ms';
COMMENT ON COLUMN tend.plan_changes.verdict IS
    'regressed, improved, unchanged, undecided, or parameter-sensitive (its plans come and go with the parameters)';
COMMENT ON COLUMN tend.plan_changes.cause IS
    'analyze, index dropped, index created, setting changed, table grew, generic plan, statistics target, partition pruning lost, spilled, visibility map lost, or unknown';
COMMENT ON COLUMN tend.plan_changes.evidence IS 'the numbers behind verdict and cause, by name';
COMMENT ON COLUMN tend.plan_changes.state IS
    'open: just noticed or not decided; confirmed: as many executions again said the same; resolved: over';
COMMENT ON COLUMN tend.plan_changes.old_plan IS 'text of the plan before; NULL if it was not known';
COMMENT ON COLUMN tend.plan_changes.new_plan IS 'text of the plan since; NULL if it was not known';
COMMENT ON COLUMN tend.plan_changes.explanation IS 'verdict, cause, and the misestimate that goes with it, if one was sampled, in words';
COMMENT ON COLUMN tend.plan_changes.remedy IS 'what to do or run; NULL if nothing';
COMMENT ON COLUMN tend.plan_changes.lost_ms_per_hour IS 'time that the change costs in 60 intervals, in ms; negative: saves';
COMMENT ON COLUMN tend.plan_changes.toplevel IS 'as in tend.plans';
COMMENT ON COLUMN tend.plan_changes.decided_at IS 'when the verdict fell; NULL while undecided';
COMMENT ON COLUMN tend.plan_changes.closed_at IS 'when it was over; NULL until then';
GRANT SELECT ON tend.plan_changes TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.plans_side_by_side(old_heading text, old_plan text, new_heading text, new_plan text)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'tend_plans_side_by_side'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION tend.plans_side_by_side(text, text, text, text) IS
    'two plans in the text format of EXPLAIN as a table for a terminal; used by tend.plan_diff()';
REVOKE ALL ON FUNCTION tend.plans_side_by_side(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.plans_side_by_side(text, text, text, text) TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.plan_diff(old_planid bigint, new_planid bigint, queryid bigint DEFAULT NULL)
RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    o record;
    n record;
BEGIN
    -- the same ids may stand for several queries: take one that has both
    WITH known AS (
        SELECT p.datname = pg_catalog.current_database() AS here, p.queryid, p.planid, p.plan,
               p.calls, p.mean_exec_ms AS mean_ms, 1 AS source
          FROM tend.plans p
        UNION ALL
        SELECT true, c.queryid, c.old_planid, c.old_plan, NULL, c.old_mean_ms, 2
          FROM tend.plan_changes c
        UNION ALL
        SELECT true, c.queryid, c.new_planid, c.new_plan, NULL, c.new_mean_ms, 2
          FROM tend.plan_changes c)
    SELECT a.plan AS old_plan, a.calls AS old_calls, a.mean_ms AS old_ms,
           b.plan AS new_plan, b.calls AS new_calls, b.mean_ms AS new_ms
      INTO o
      FROM known a
      FULL JOIN known b ON a.queryid = b.queryid AND a.here = b.here
                       AND b.planid = plan_diff.new_planid
     WHERE a.planid = plan_diff.old_planid AND b.planid = plan_diff.new_planid
       AND (plan_diff.queryid IS NULL OR a.queryid = plan_diff.queryid)
     ORDER BY a.plan IS NULL OR b.plan IS NULL, NOT a.here, a.source + b.source, a.calls DESC NULLS LAST
     LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no query with the plans % and %', old_planid, new_planid
            USING ERRCODE = 'undefined_object',
                  HINT = 'Take both from one query in tend.plans or one row of tend.plan_changes. Old plans are forgotten when room is short, see pg_tend.max_plans.';
    END IF;
    RETURN QUERY SELECT * FROM tend.plans_side_by_side(
        pg_catalog.format('old plan %s%s', old_planid,
            pg_catalog.format(', mean %s ms', pg_catalog.round(o.old_ms::numeric, 3))),
        COALESCE(o.old_plan, '(its text is not known)'),
        pg_catalog.format('new plan %s%s', new_planid,
            pg_catalog.format(', mean %s ms', pg_catalog.round(o.new_ms::numeric, 3))),
        COALESCE(o.new_plan, '(its text is not known)'));
END
$$;
COMMENT ON FUNCTION tend.plan_diff(bigint, bigint, bigint) IS
    'two plans of one query side by side; ~ marks a node that differs, < one that only the old plan has, > one that only the new plan has. queryid is needed only where several queries have both plans';
REVOKE ALL ON FUNCTION tend.plan_diff(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.plan_diff(bigint, bigint, bigint) TO pg_monitor, pg_read_all_stats;

--
-- Misestimates
--

-- Names of tables and columns stand in the catalogs for everybody, and so do
-- they here.  What is known of their content is how many rows a query found,
-- not which: as in pg_stat_statements, members of pg_read_all_stats may know.
CREATE FUNCTION tend.misestimate_facts(
    OUT relid oid,
    OUT schema_name name,
    OUT table_name name,
    OUT columns name[],
    OUT clause_shape text,
    OUT samples bigint,
    OUT median_q_error float8,
    OUT max_q_error float8,
    OUT direction text,
    OUT cause text,
    OUT remedy text,
    OUT last_seen timestamptz,
    OUT explanation text,
    OUT expected_rows float8,
    OUT actual_rows float8,
    OUT sampled_ms float8,
    OUT queries jsonb,
    OUT first_seen timestamptz,
    OUT right_samples bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_misestimate_facts'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 100;
COMMENT ON FUNCTION tend.misestimate_facts() IS 'what tend.misestimates shows of shared memory';
REVOKE ALL ON FUNCTION tend.misestimate_facts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.misestimate_facts() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.misestimates AS
SELECT f.relid,
       f.schema_name,
       f.table_name,
       f.columns,
       f.clause_shape,
       f.samples,
       f.median_q_error,
       f.max_q_error,
       f.direction,
       f.cause,
       f.remedy,
       f.last_seen,
       f.explanation,
       f.expected_rows,
       f.actual_rows,
       f.sampled_ms,
       f.queries,
       f.first_seen,
       f.right_samples
  FROM tend.misestimate_facts() f
 ORDER BY f.sampled_ms DESC, f.median_q_error DESC, f.max_q_error DESC;
COMMENT ON VIEW tend.misestimates IS
    'where the planner expected other numbers of rows than came, in sampled executions in this database: which columns, how wrong, and why; what costs most time first';
COMMENT ON COLUMN tend.misestimates.relid IS 'OID of the table; for a partition, of its topmost parent';
COMMENT ON COLUMN tend.misestimates.schema_name IS 'its schema';
COMMENT ON COLUMN tend.misestimates.table_name IS 'its name';
COMMENT ON COLUMN tend.misestimates.columns IS 'columns whose conditions, or grouping, the error comes from';
COMMENT ON COLUMN tend.misestimates.clause_shape IS 'the conditions or the grouping, one of a kind for all: = for lists of values, too, < for all ranges; ? stands for values, which are never shown; NULL if it is about all rows';
COMMENT ON COLUMN tend.misestimates.samples IS 'sampled executions in which it was misestimated; about pg_tend.estimate_sample_rate of all';
COMMENT ON COLUMN tend.misestimates.median_q_error IS
    'half of the samples were at least so many times off; the greater of actual / expected and expected / actual rows, with the planner''s statistics at that time. From a histogram: 1.2 times more or less';
COMMENT ON COLUMN tend.misestimates.max_q_error IS 'how many times the worst one was off';
COMMENT ON COLUMN tend.misestimates.direction IS 'the estimate is too low, too high, or both: now the one, now the other';
COMMENT ON COLUMN tend.misestimates.cause IS
    'correlated columns, stale statistics, statistics target, generic plan, expression, join, not coverable, or unknown';
COMMENT ON COLUMN tend.misestimates.remedy IS 'what to do or run; begins with none where nothing helps, and says why. For correlated columns, the command of tend.statistics_advice once it is proven';
COMMENT ON COLUMN tend.misestimates.last_seen IS 'when it was last misestimated';
COMMENT ON COLUMN tend.misestimates.explanation IS 'what was seen, in words';
COMMENT ON COLUMN tend.misestimates.expected_rows IS 'rows or groups that were expected, of the worst sample';
COMMENT ON COLUMN tend.misestimates.actual_rows IS 'rows or groups that came, of the worst sample';
COMMENT ON COLUMN tend.misestimates.sampled_ms IS 'time that the sampled executions took as a whole, in ms';
COMMENT ON COLUMN tend.misestimates.queries IS
    'the queries that lost most time, at most 8: queryid as in tend.plans, samples, and ms that these took; NULL if you may not see them';
COMMENT ON COLUMN tend.misestimates.first_seen IS 'when it was first misestimated, as far as remembered';
COMMENT ON COLUMN tend.misestimates.right_samples IS 'of cause correlated columns: other sampled executions with such conditions, in which the planner was right or hardly any row came';
GRANT SELECT ON tend.misestimates TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.misestimates_reset(relation regclass DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'tend_misestimates_reset'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION tend.misestimates_reset(regclass) IS
    'forget the misestimates of a table, or of all of this database; returns how many there were';
REVOKE ALL ON FUNCTION tend.misestimates_reset(regclass) FROM PUBLIC;

CREATE FUNCTION tend.scan_facts(
    OUT relid oid,
    OUT columns int2[],
    OUT scans float8,
    OUT rows_read float8,
    OUT rows_kept float8,
    OUT last_seen timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_scan_facts'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 100;
COMMENT ON FUNCTION tend.scan_facts() IS 'what tend.wasted_scans shows of shared memory';
REVOKE ALL ON FUNCTION tend.scan_facts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.scan_facts() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.wasted_scans AS
SELECT f.relid,
       n.nspname AS schema_name,
       c.relname AS table_name,
       ARRAY(SELECT a.attname
               FROM pg_catalog.unnest(f.columns) WITH ORDINALITY u(attnum, i)
               JOIN pg_catalog.pg_attribute a
                 ON a.attrelid = f.relid AND a.attnum = u.attnum AND NOT a.attisdropped
              ORDER BY u.i) AS columns,
       f.scans,
       f.rows_read,
       f.rows_kept,
       1 - f.rows_kept / NULLIF(f.rows_read, 0) AS wasted_ratio,
       f.last_seen
  FROM tend.scan_facts() f
  JOIN pg_catalog.pg_class c ON c.oid = f.relid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 ORDER BY f.rows_read - f.rows_kept DESC;
COMMENT ON VIEW tend.wasted_scans IS
    'sequential scans with conditions in sampled executions in this database, of 1000 rows or more: how many rows they read, and how many they kept; what throws away most first';
COMMENT ON COLUMN tend.wasted_scans.relid IS 'OID of the table or partition';
COMMENT ON COLUMN tend.wasted_scans.schema_name IS 'its schema';
COMMENT ON COLUMN tend.wasted_scans.table_name IS 'its name';
COMMENT ON COLUMN tend.wasted_scans.columns IS 'columns in the conditions of the scan that threw away most, three at most';
COMMENT ON COLUMN tend.wasted_scans.scans IS 'scans in sampled executions; about pg_tend.estimate_sample_rate of all';
COMMENT ON COLUMN tend.wasted_scans.rows_read IS 'rows that they read';
COMMENT ON COLUMN tend.wasted_scans.rows_kept IS 'rows that fulfilled the conditions';
COMMENT ON COLUMN tend.wasted_scans.wasted_ratio IS 'share of the rows that was thrown away, 0..1';
COMMENT ON COLUMN tend.wasted_scans.last_seen IS 'when the last of them was; after 1440 intervals without any they are forgotten';
GRANT SELECT ON tend.wasted_scans TO pg_monitor, pg_read_all_stats;

--
-- Statistics on several columns
--

CREATE FUNCTION tend.statistics_proposals(
    OUT relid oid,
    OUT columns name[],
    OUT kinds text[],
    OUT action text,
    OUT q_error_now float8,
    OUT q_error_expected float8,
    OUT proof text,
    OUT evidence jsonb,
    OUT command text,
    OUT undo_command text,
    OUT queries bigint[],
    OUT samples bigint,
    OUT sampled_ms float8,
    OUT verified_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_statistics_proposals'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.statistics_proposals() IS 'what tend.statistics_advice shows of tables that still exist';
REVOKE ALL ON FUNCTION tend.statistics_proposals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.statistics_proposals() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.statistics_advice AS
SELECT p.relid,
       n.nspname AS schema_name,
       c.relname AS table_name,
       p.columns,
       p.kinds,
       p.q_error_now,
       p.q_error_expected,
       p.proof,
       p.evidence,
       p.command,
       p.undo_command,
       p.action,
       p.queries,
       p.samples,
       p.sampled_ms,
       p.verified_at
  FROM tend.statistics_proposals() p
  JOIN pg_catalog.pg_class c ON c.oid = p.relid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 ORDER BY p.action, p.sampled_ms DESC NULLS LAST, p.q_error_now / p.q_error_expected DESC NULLS LAST;
COMMENT ON VIEW tend.statistics_advice IS
    'statistics on several columns that would repair estimates, each proven twice on samples of the table before it is shown; and those that exist and do not help';
COMMENT ON COLUMN tend.statistics_advice.relid IS 'OID of the table; of a partitioned table the command may be about its partitions';
COMMENT ON COLUMN tend.statistics_advice.schema_name IS 'its schema';
COMMENT ON COLUMN tend.statistics_advice.table_name IS 'its name';
COMMENT ON COLUMN tend.statistics_advice.columns IS 'columns that depend on each other';
COMMENT ON COLUMN tend.statistics_advice.kinds IS 'the kinds that were best in the trials: ndistinct, dependencies, mcv. mcv stores values of the table in the catalog, as ANALYZE does';
COMMENT ON COLUMN tend.statistics_advice.q_error_now IS 'how many times estimates are off with fresh statistics of the single columns, a geometric mean';
COMMENT ON COLUMN tend.statistics_advice.q_error_expected IS 'how many times they were off in the trial, with these statistics';
COMMENT ON COLUMN tend.statistics_advice.proof IS 'the worst example and the mean of all, in words';
COMMENT ON COLUMN tend.statistics_advice.evidence IS 'the numbers behind it, by name';
COMMENT ON COLUMN tend.statistics_advice.command IS 'what to run, or have tend.apply_statistics() run';
COMMENT ON COLUMN tend.statistics_advice.undo_command IS 'what takes it back';
COMMENT ON COLUMN tend.statistics_advice.action IS 'create, or drop what does not help';
COMMENT ON COLUMN tend.statistics_advice.queries IS 'ids of queries that suffer, worst first';
COMMENT ON COLUMN tend.statistics_advice.samples IS 'sampled executions in which it was misestimated';
COMMENT ON COLUMN tend.statistics_advice.sampled_ms IS 'time that these took, in ms';
COMMENT ON COLUMN tend.statistics_advice.verified_at IS 'when it was verified last';
GRANT SELECT ON tend.statistics_advice TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.verify_statistics("table" regclass, columns name[])
RETURNS TABLE (
    step             text,
    kinds            text[],
    q_error_now      float8,
    q_error_expected float8,
    gain             float8,
    state            text,
    proof            text)
AS 'MODULE_PATHNAME', 'tend_verify_statistics'
LANGUAGE C STRICT VOLATILE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.verify_statistics(regclass, name[]) IS
    'try now, on two samples of the table, whether statistics on these columns would repair estimates; leaves nothing behind but the verdict; waits for no lock; for the table''s owner';
REVOKE ALL ON FUNCTION tend.verify_statistics(regclass, name[]) FROM PUBLIC;

CREATE FUNCTION tend.apply_statistics("table" regclass, columns name[])
RETURNS TABLE (
    action_id  bigint,
    table_name text,
    command    text,
    result     text)
AS 'MODULE_PATHNAME', 'tend_apply_statistics'
LANGUAGE C STRICT VOLATILE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.apply_statistics(regclass, name[]) IS
    'create the statistics that tend.statistics_advice proposes for these columns, and analyze them; waits for no lock; for the table''s owner';
REVOKE ALL ON FUNCTION tend.apply_statistics(regclass, name[]) FROM PUBLIC;

CREATE FUNCTION tend.revert_statistics(action_id bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_revert_statistics'
LANGUAGE C STRICT VOLATILE
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.revert_statistics(bigint) IS
    'drop statistics that pg_tend created; returns the statement that it ran, NULL if they were gone; fails rather than wait for a lock';
REVOKE ALL ON FUNCTION tend.revert_statistics(bigint) FROM PUBLIC;

--
-- Disk
--

CREATE FUNCTION tend.io_cells(
    OUT operation text,
    OUT file_class text,
    OUT backend_type text,
    OUT calls bigint,
    OUT errors bigint,
    OUT bytes bigint,
    OUT total_ms float8,
    OUT mean_us float8,
    OUT p50_us float8,
    OUT p95_us float8,
    OUT p99_us float8,
    OUT max_us float8,
    OUT since timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_io_cells'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 50;
COMMENT ON FUNCTION tend.io_cells() IS 'what tend.io_latency shows';
REVOKE ALL ON FUNCTION tend.io_cells() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.io_cells() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.io_latency AS
SELECT f.operation,
       f.file_class,
       f.backend_type,
       f.calls,
       f.errors,
       f.bytes,
       f.total_ms,
       f.mean_us,
       f.p50_us,
       f.p95_us,
       f.p99_us,
       f.max_us,
       f.since
  FROM tend.io_cells() f
 ORDER BY f.total_ms DESC, f.operation, f.file_class, f.backend_type;
COMMENT ON VIEW tend.io_latency IS
    'how long each sync and write takes, by kind of file and of process, as pg_tend_iotrace times them in the kernel; no rows unless it does, see tend.iotrace_status';
COMMENT ON COLUMN tend.io_latency.operation IS 'fsync, fdatasync, sync_file_range (asks for writing, does not wait for it), syncfs, msync, write, or sync_write: a write that is durable when it returns, as with wal_sync_method = open_datasync';
COMMENT ON COLUMN tend.io_latency.file_class IS 'wal, data (tables, indexes, pg_control), slru (pg_xact and its like) or other (temporary files and directories, too)';
COMMENT ON COLUMN tend.io_latency.backend_type IS 'type of process, as in pg_stat_activity; starting: it did not have one yet; unknown: it could not be read';
COMMENT ON COLUMN tend.io_latency.calls IS 'calls, those that failed included';
COMMENT ON COLUMN tend.io_latency.errors IS 'calls that failed';
COMMENT ON COLUMN tend.io_latency.bytes IS 'bytes written; of sync_file_range, those it was asked for';
COMMENT ON COLUMN tend.io_latency.total_ms IS 'time spent in these calls, in ms';
COMMENT ON COLUMN tend.io_latency.mean_us IS 'mean time of a call, in microseconds';
COMMENT ON COLUMN tend.io_latency.p50_us IS 'median time of a call, in microseconds, within 6.25 %';
COMMENT ON COLUMN tend.io_latency.p95_us IS 'time that 95 of 100 calls did not exceed, in microseconds, within 6.25 %';
COMMENT ON COLUMN tend.io_latency.p99_us IS 'time that 99 of 100 calls did not exceed, in microseconds, within 6.25 %';
COMMENT ON COLUMN tend.io_latency.max_us IS 'longest call, in microseconds';
COMMENT ON COLUMN tend.io_latency.since IS 'when counting began';
GRANT SELECT ON tend.io_latency TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.io_buckets(
    OUT operation text,
    OUT file_class text,
    OUT backend_type text,
    OUT le_us float8,
    OUT calls bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_io_buckets'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 1000;
COMMENT ON FUNCTION tend.io_buckets() IS 'what tend.io_histogram shows';
REVOKE ALL ON FUNCTION tend.io_buckets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.io_buckets() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.io_histogram AS
SELECT f.operation,
       f.file_class,
       f.backend_type,
       f.le_us,
       f.calls
  FROM tend.io_buckets() f
 ORDER BY f.operation, f.file_class, f.backend_type, f.le_us;
COMMENT ON VIEW tend.io_histogram IS
    'the calls of tend.io_latency by their time, eight buckets per power of two; empty ones are left out';
COMMENT ON COLUMN tend.io_histogram.operation IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.io_histogram.file_class IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.io_histogram.backend_type IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.io_histogram.le_us IS 'upper end of the bucket, in microseconds; infinity: 68.7 s or longer';
COMMENT ON COLUMN tend.io_histogram.calls IS 'calls in this bucket, not in those below it';
GRANT SELECT ON tend.io_histogram TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.checkpoint_facts(
    OUT started timestamptz,
    OUT finished timestamptz,
    OUT kind text,
    OUT reason text,
    OUT sources int,
    OUT write_ms float8,
    OUT sync_ms float8,
    OUT total_ms float8,
    OUT longest_sync_ms float8,
    OUT buffers_written bigint,
    OUT slru_written bigint,
    OUT files_synced bigint,
    OUT segments_added bigint,
    OUT segments_removed bigint,
    OUT segments_recycled bigint,
    OUT timed_syncs bigint,
    OUT timed_sync_ms float8,
    OUT timed_longest_ms float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_checkpoint_facts'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.checkpoint_facts() IS 'what tend.checkpoints shows';
REVOKE ALL ON FUNCTION tend.checkpoint_facts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.checkpoint_facts() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.checkpoints AS
SELECT f.started,
       f.reason,
       f.buffers_written,
       f.files_synced,
       f.write_ms,
       f.sync_ms,
       f.longest_sync_ms,
       f.total_ms,
       CASE f.sources WHEN 1 THEN 'log' WHEN 2 THEN 'probe' WHEN 3 THEN 'log and probe'
                      ELSE 'counters' END AS source,
       f.kind,
       f.finished,
       f.slru_written,
       f.segments_added,
       f.segments_removed,
       f.segments_recycled,
       f.timed_syncs,
       f.timed_sync_ms,
       f.timed_longest_ms
  FROM tend.checkpoint_facts() f
 ORDER BY f.started DESC;
COMMENT ON VIEW tend.checkpoints IS
    'one row per checkpoint or restartpoint of this server, the last one first, which may be running';
COMMENT ON COLUMN tend.checkpoints.started IS 'when it began';
COMMENT ON COLUMN tend.checkpoints.reason IS 'time: checkpoint_timeout, wal: there was as much WAL as max_wal_size allows, requested: by a command such as CHECKPOINT or by a base backup, shutdown, end of recovery or unknown';
COMMENT ON COLUMN tend.checkpoints.buffers_written IS 'pages of shared buffers that it wrote';
COMMENT ON COLUMN tend.checkpoints.files_synced IS 'files that it synced; NULL if unknown';
COMMENT ON COLUMN tend.checkpoints.write_ms IS 'time of writing, most of it pauses, in ms; NULL while it is running';
COMMENT ON COLUMN tend.checkpoints.sync_ms IS 'time of syncing files, in ms';
COMMENT ON COLUMN tend.checkpoints.longest_sync_ms IS 'longest sync of one file, in ms; NULL if unknown';
COMMENT ON COLUMN tend.checkpoints.total_ms IS 'from begin to end, in ms; NULL if unknown. Of the probe alone, to the last sync, some ms before the end';
COMMENT ON COLUMN tend.checkpoints.source IS 'who told: log (its own process, where it writes its line to the log), probe (pg_tend_iotrace), both, or counters (statistics and pg_control of the server, with log_checkpoints off)';
COMMENT ON COLUMN tend.checkpoints.kind IS 'checkpoint or restartpoint';
COMMENT ON COLUMN tend.checkpoints.finished IS 'when it was done; NULL while it is running';
COMMENT ON COLUMN tend.checkpoints.slru_written IS 'pages of pg_xact and its like that it wrote; NULL before PostgreSQL 18';
COMMENT ON COLUMN tend.checkpoints.segments_added IS 'WAL files that were added';
COMMENT ON COLUMN tend.checkpoints.segments_removed IS 'WAL files that were removed';
COMMENT ON COLUMN tend.checkpoints.segments_recycled IS 'WAL files that were recycled';
COMMENT ON COLUMN tend.checkpoints.timed_syncs IS 'syncs of the checkpointer that the probe timed in it, those of WAL and pg_control, too; NULL without the probe';
COMMENT ON COLUMN tend.checkpoints.timed_sync_ms IS 'their time, in ms';
COMMENT ON COLUMN tend.checkpoints.timed_longest_ms IS 'the longest of them, in ms';
GRANT SELECT ON tend.checkpoints TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.iotrace_facts(
    OUT attached bool,
    OUT state text,
    OUT message text,
    OUT remedy text,
    OUT snapshot_age_ms float8,
    OUT since timestamptz,
    OUT state_since timestamptz,
    OUT probes text[],
    OUT missing_probes text[],
    OUT helper_version text,
    OUT protocol bigint,
    OUT directory text,
    OUT snapshot text,
    OUT lost_calls bigint,
    OUT unread_types bigint,
    OUT unread_files bigint,
    OUT unread_checkpoints bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_iotrace_facts'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 1;
COMMENT ON FUNCTION tend.iotrace_facts() IS 'what tend.iotrace_status shows';
REVOKE ALL ON FUNCTION tend.iotrace_facts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.iotrace_facts() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.iotrace_status AS
SELECT f.attached,
       f.state,
       f.message,
       f.remedy,
       f.snapshot_age_ms,
       f.since,
       f.state_since,
       f.probes,
       f.missing_probes,
       f.helper_version,
       f.protocol,
       f.directory,
       f.snapshot,
       f.lost_calls,
       f.unread_types,
       f.unread_files,
       f.unread_checkpoints
  FROM tend.iotrace_facts() f;
COMMENT ON VIEW tend.iotrace_status IS
    'one row: is the server connected to pg_tend_iotrace, and if not, why, and what mends it';
COMMENT ON COLUMN tend.iotrace_status.attached IS 'are syncs and writes being timed, and can the server read it?';
COMMENT ON COLUMN tend.iotrace_status.state IS 'attached, attached in part, counts nothing, stale, no helper, no permission, helper busy, helper silent, wrong version, wrong socket, wrong directory, not the helper, refused, no snapshot, snapshot not believed, snapshot not written, starting, off, no launcher or not preloaded';
COMMENT ON COLUMN tend.iotrace_status.message IS 'the same in a sentence, with what was seen';
COMMENT ON COLUMN tend.iotrace_status.remedy IS 'the command that mends it; NULL if nothing is to be done';
COMMENT ON COLUMN tend.iotrace_status.snapshot_age_ms IS 'age of the snapshot, in ms; NULL without one';
COMMENT ON COLUMN tend.iotrace_status.since IS 'when counting began; NULL without a snapshot';
COMMENT ON COLUMN tend.iotrace_status.state_since IS 'since when the connection is as it is';
COMMENT ON COLUMN tend.iotrace_status.probes IS 'system calls that are timed';
COMMENT ON COLUMN tend.iotrace_status.missing_probes IS 'system calls that should be timed and are not';
COMMENT ON COLUMN tend.iotrace_status.helper_version IS 'version of pg_tend_iotrace';
COMMENT ON COLUMN tend.iotrace_status.protocol IS 'version of the protocol that it speaks';
COMMENT ON COLUMN tend.iotrace_status.directory IS 'where it is looked for: pg_tend.iotrace_dir';
COMMENT ON COLUMN tend.iotrace_status.snapshot IS 'name of the snapshot in that directory';
COMMENT ON COLUMN tend.iotrace_status.lost_calls IS 'calls that were not timed for lack of memory';
COMMENT ON COLUMN tend.iotrace_status.unread_types IS 'calls of processes whose type could not be read';
COMMENT ON COLUMN tend.iotrace_status.unread_files IS 'calls whose file could not be looked up';
COMMENT ON COLUMN tend.iotrace_status.unread_checkpoints IS 'syncs of the checkpointer at which its statistics could not be read';
GRANT SELECT ON tend.iotrace_status TO pg_monitor, pg_read_all_stats;

--
-- The report
--

-- PARALLEL UNSAFE, as tend.health_findings()
CREATE FUNCTION tend.report(
    since timestamptz DEFAULT pg_catalog.now() - interval '1 day',
    until timestamptz DEFAULT pg_catalog.now(),
    compare_since timestamptz DEFAULT NULL,
    compare_until timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_report'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
-- somebody may be about to change what is ours
SET lock_timeout = '5s';
COMMENT ON FUNCTION tend.report(timestamptz, timestamptz, timestamptz, timestamptz) IS
    'a page of HTML, complete in itself, about this database in a period, by default the last day, and compared with an earlier one, by default none, or as long as the first: psql -XAtqc "SELECT tend.report()" -o report.html';
REVOKE ALL ON FUNCTION tend.report(timestamptz, timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.report(timestamptz, timestamptz, timestamptz, timestamptz) TO pg_monitor, pg_read_all_stats;

--
-- pg_tend itself
--

CREATE FUNCTION tend.self_facts(
    OUT part text,
    OUT dboid oid,
    OUT metric text,
    OUT value float8,
    OUT unit text,
    OUT detail text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_self_facts'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION tend.self_facts() IS 'what tend.self shows of shared memory';
REVOKE ALL ON FUNCTION tend.self_facts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.self_facts() TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.history_bytes(
    OUT series text,
    OUT bytes bigint,
    OUT max_bytes bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_history_bytes'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.history_bytes() IS
    'size of each series of history with its indexes and the size it may reach, in bytes; waits for no lock';
REVOKE ALL ON FUNCTION tend.history_bytes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.history_bytes() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.self AS
SELECT f.part,
       d.datname,
       f.metric,
       f.value,
       f.unit,
       f.detail
  FROM tend.self_facts() f
  LEFT JOIN pg_catalog.pg_database d ON d.oid = f.dboid
UNION ALL
SELECT 'history',
       pg_catalog.current_database(),
       h.series,
       h.bytes,
       'bytes',
       pg_catalog.format('at most %s, and no longer than pg_tend.retention',
                         pg_catalog.pg_size_pretty(h.max_bytes))
  FROM tend.history_bytes() h;
COMMENT ON VIEW tend.self IS
    'what pg_tend itself costs and how it fares: memory, visits, history, last errors';
COMMENT ON COLUMN tend.self.part IS 'part of pg_tend';
COMMENT ON COLUMN tend.self.datname IS 'database that it is about; NULL for the whole server';
COMMENT ON COLUMN tend.self.metric IS 'what is measured';
COMMENT ON COLUMN tend.self.value IS 'its value; NULL where only the detail says something';
COMMENT ON COLUMN tend.self.unit IS 'unit of the value';
COMMENT ON COLUMN tend.self.detail IS 'the value in words, or what it means';
GRANT SELECT ON tend.self TO pg_monitor, pg_read_all_stats;

--
-- Bloat, measured
--

CREATE FUNCTION tend.bloat("table" regclass, sample_pages int DEFAULT 1000)
RETURNS TABLE (
    relation    text,
    kind        text,
    bytes       bigint,
    bloat_ratio float8,
    bloat_low   float8,
    bloat_high  float8,
    bloat_bytes bigint,
    live_tuples bigint,
    dead_tuples bigint,
    live_bytes  bigint,
    dead_bytes  bigint,
    free_bytes  bigint,
    pages       bigint,
    pages_read  bigint,
    ms          float8,
    note        text)
AS 'MODULE_PATHNAME', 'tend_bloat'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION tend.bloat(regclass, int) IS
    'how much smaller a table, its B-tree indexes and its TOAST table would be after a rewrite, from sample_pages random pages of each: the share (0..1) with its 95 % confidence interval, and bytes; the cost is pages_read and ms; waits for no lock; for the owner and members of pg_stat_scan_tables';
REVOKE ALL ON FUNCTION tend.bloat(regclass, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.bloat(regclass, int) TO pg_monitor, pg_stat_scan_tables;

--
-- Health: everything at once
--

-- PARALLEL UNSAFE, as each part of it runs in a subtransaction
CREATE FUNCTION tend.health_findings(
    OUT severity text,
    OUT check_name text,
    OUT object text,
    OUT value float8,
    OUT threshold float8,
    OUT message text,
    OUT remedy text,
    OUT unit text,
    OUT setting text,
    OUT evidence text,
    OUT urgency int,
    OUT check_number int,
    OUT row_number int)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_health_findings'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off;
COMMENT ON FUNCTION tend.health_findings() IS 'what tend.health shows, in no particular order';
REVOKE ALL ON FUNCTION tend.health_findings() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.health_findings() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.health AS
SELECT f.severity,
       f.check_name,
       f.object,
       f.value,
       f.threshold,
       f.message,
       f.remedy,
       f.unit,
       f.setting,
       f.evidence::jsonb AS evidence
  FROM tend.health_findings() f
 ORDER BY f.urgency DESC, f.check_number, f.row_number;
COMMENT ON VIEW tend.health IS
    'what is not well in this database and its server, the worst first: why, and what to run; one row that says ok when all is well';
COMMENT ON COLUMN tend.health.severity IS 'critical, warning, notice or ok';
COMMENT ON COLUMN tend.health.check_name IS 'the check, as in tend.health_checks';
COMMENT ON COLUMN tend.health.object IS 'table, index, session, query, slot or setting that it is about; "and 12 more" for those that are not shown';
COMMENT ON COLUMN tend.health.value IS 'what was compared with the threshold; NULL if it is not a number';
COMMENT ON COLUMN tend.health.threshold IS 'the threshold; NULL if it is not a number';
COMMENT ON COLUMN tend.health.message IS 'what is the matter, in one sentence';
COMMENT ON COLUMN tend.health.remedy IS 'what to run or do; read it before';
COMMENT ON COLUMN tend.health.unit IS 'unit of value and threshold; NULL without one';
COMMENT ON COLUMN tend.health.setting IS 'the setting of the threshold';
COMMENT ON COLUMN tend.health.evidence IS 'the numbers behind it, by name';
GRANT SELECT ON tend.health TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.health_check_list(
    OUT check_name text,
    OUT setting text,
    OUT threshold float8,
    OUT unit text,
    OUT meaning text,
    OUT active bool)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_health_checks'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED ROWS 40;
COMMENT ON FUNCTION tend.health_check_list() IS 'what tend.health_checks shows';
REVOKE ALL ON FUNCTION tend.health_check_list() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.health_check_list() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.health_checks AS
SELECT c.check_name,
       c.setting,
       c.threshold,
       c.unit,
       c.meaning,
       c.active
  FROM tend.health_check_list() c;
COMMENT ON VIEW tend.health_checks IS 'the checks of tend.health, in the order in which it shows equals';
COMMENT ON COLUMN tend.health_checks.check_name IS 'its name';
COMMENT ON COLUMN tend.health_checks.setting IS 'the setting of its threshold; NULL if it has none';
COMMENT ON COLUMN tend.health_checks.threshold IS 'the threshold in this session';
COMMENT ON COLUMN tend.health_checks.unit IS 'its unit; NULL without one';
COMMENT ON COLUMN tend.health_checks.meaning IS 'what it finds';
COMMENT ON COLUMN tend.health_checks.active IS 'is it looked at? pg_tend.health_skip leaves out others';
GRANT SELECT ON tend.health_checks TO pg_monitor, pg_read_all_stats;

--
-- Metrics: what monitoring systems collect, the same for all of them.  The
-- files in contrib/ are printed from these views: tend.metrics_table with its
-- column dead_rows becomes the metric tend_table_dead_rows, text columns are
-- its labels, the comment is its help, and _total makes it a counter.
--
-- Each combination of labels is a time series that somebody stores, so no view
-- has more than pg_tend.metrics_rows objects, and none has texts of queries.
--

CREATE FUNCTION tend.metrics_label(name text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN getdatabaseencoding() = 'SQL_ASCII'
                THEN encode(convert_to(name, 'SQL_ASCII'), 'escape') ELSE name END
$$;
COMMENT ON FUNCTION tend.metrics_label(text) IS
    'a name that any client takes for UTF-8: in a database of encoding SQL_ASCII, its other bytes are written as octal numbers';
REVOKE ALL ON FUNCTION tend.metrics_label(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.metrics_label(text) TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_table AS
SELECT tend.metrics_label(pg_catalog.current_database()::text) AS datname,
       tend.metrics_label(f.schema_name::text) AS schemaname,
       tend.metrics_label(f.table_name::text) AS relname,
       f.live_tuples AS live_rows,
       f.dead_tuples AS dead_rows,
       f.dead_ratio,
       f.vacuum_due AS vacuum_due_ratio,
       f.insert_due AS insert_due_ratio,
       f.analyze_due AS analyze_due_ratio,
       f.freeze_due AS freeze_due_ratio,
       f.xid_age,
       f.mxid_age,
       f.table_bytes,
       f.index_bytes,
       f.toast_bytes,
       EXTRACT(epoch FROM f.last_vacuum)::float8 AS last_vacuum_timestamp_seconds,
       EXTRACT(epoch FROM f.last_analyze)::float8 AS last_analyze_timestamp_seconds,
       f.urgency
  FROM tend.table_facts(COALESCE(pg_catalog.current_setting('pg_tend.metrics_rows', true)::int, 20)) f;
COMMENT ON VIEW tend.metrics_table IS
    'metrics: the worst tables of this database, pg_tend.metrics_rows of them';
COMMENT ON COLUMN tend.metrics_table.datname IS 'this database';
COMMENT ON COLUMN tend.metrics_table.schemaname IS 'schema of the table';
COMMENT ON COLUMN tend.metrics_table.relname IS 'name of the table';
COMMENT ON COLUMN tend.metrics_table.live_rows IS 'estimated live rows';
COMMENT ON COLUMN tend.metrics_table.dead_rows IS 'estimated dead rows';
COMMENT ON COLUMN tend.metrics_table.dead_ratio IS 'dead rows / (live + dead rows), 0..1';
COMMENT ON COLUMN tend.metrics_table.vacuum_due_ratio IS 'dead rows / threshold of autovacuum, which acts above 1';
COMMENT ON COLUMN tend.metrics_table.insert_due_ratio IS 'rows inserted since the last vacuum / threshold of autovacuum, which acts above 1';
COMMENT ON COLUMN tend.metrics_table.analyze_due_ratio IS 'rows modified since the last analyze / threshold of autovacuum, which acts above 1';
COMMENT ON COLUMN tend.metrics_table.freeze_due_ratio IS 'age / limit of forced freezing, of transaction IDs or multixacts, whichever is nearer: autovacuum acts above 1';
COMMENT ON COLUMN tend.metrics_table.xid_age IS 'age of relfrozenxid, in transactions';
COMMENT ON COLUMN tend.metrics_table.mxid_age IS 'age of relminmxid, in multixacts';
COMMENT ON COLUMN tend.metrics_table.table_bytes IS 'size of the table without indexes and TOAST, in bytes';
COMMENT ON COLUMN tend.metrics_table.index_bytes IS 'size of its indexes, in bytes';
COMMENT ON COLUMN tend.metrics_table.toast_bytes IS 'size of its TOAST table with index, in bytes';
COMMENT ON COLUMN tend.metrics_table.last_vacuum_timestamp_seconds IS 'end of the last vacuum, in seconds since 1970';
COMMENT ON COLUMN tend.metrics_table.last_analyze_timestamp_seconds IS 'end of the last analyze, in seconds since 1970';
COMMENT ON COLUMN tend.metrics_table.urgency IS 'verdict of tend.tables as a number: 0 ok, 3 analyze due, 4 insert vacuum due, 5 vacuum due, 6 statistics lost, 7 unattended, 8 vacuum overdue, 9 vacuum blocked, 10 freeze due, 11 wraparound danger';
GRANT SELECT ON tend.metrics_table TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.metrics_verdict_facts(
    OUT verdict text,
    OUT tables bigint,
    OUT live_rows bigint,
    OUT dead_rows bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'tend_metrics_verdict_facts'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 12
SET search_path = pg_catalog, pg_temp
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off;
COMMENT ON FUNCTION tend.metrics_verdict_facts() IS 'what tend.metrics_verdict shows';
REVOKE ALL ON FUNCTION tend.metrics_verdict_facts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.metrics_verdict_facts() TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_verdict AS
SELECT tend.metrics_label(pg_catalog.current_database()::text) AS datname,
       f.verdict,
       f.tables,
       f.live_rows,
       f.dead_rows
  FROM tend.metrics_verdict_facts() f;
COMMENT ON VIEW tend.metrics_verdict IS
    'metrics: all tables of this database by verdict of tend.tables; their sums are those of the database';
COMMENT ON COLUMN tend.metrics_verdict.datname IS 'this database';
COMMENT ON COLUMN tend.metrics_verdict.verdict IS 'verdict of tend.tables';
COMMENT ON COLUMN tend.metrics_verdict.tables IS 'tables that have it';
COMMENT ON COLUMN tend.metrics_verdict.live_rows IS 'estimated live rows of these tables';
COMMENT ON COLUMN tend.metrics_verdict.dead_rows IS 'estimated dead rows of these tables';
GRANT SELECT ON tend.metrics_verdict TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_health AS
SELECT tend.metrics_label(pg_catalog.current_database()::text) AS datname,
       h.check_name,
       tend.metrics_label(h.object) AS object,
       pg_catalog.max(h.urgency) AS severity,
       pg_catalog.max(h.value) AS value,
       pg_catalog.max(h.threshold) AS threshold
  FROM (SELECT f.check_name,
               -- a label must last: no pid, nor how many more there are
               COALESCE(pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.left(f.object, 200),
                        '^and \d+ more$', 'more'), '\mpid \d+', 'pid'), '') AS object,
               f.urgency, f.value, f.threshold, f.check_number, f.row_number
          FROM tend.health_findings() f
         ORDER BY f.urgency DESC, f.check_number, f.row_number
         LIMIT pg_catalog.current_setting('pg_tend.metrics_rows', true)::int) h
 GROUP BY h.check_name, h.object;
COMMENT ON VIEW tend.metrics_health IS
    'metrics: what is not well, the worst pg_tend.metrics_rows rows of tend.health; one row "all checks" when all is well';
COMMENT ON COLUMN tend.metrics_health.datname IS 'this database';
COMMENT ON COLUMN tend.metrics_health.check_name IS 'the check, as in tend.health_checks';
COMMENT ON COLUMN tend.metrics_health.object IS 'what it is about, as in tend.health, without pids and without how many more there are: it lasts as long as what it names';
COMMENT ON COLUMN tend.metrics_health.severity IS 'severity in tend.health: 0 ok, 1 notice, 2 warning, 3 critical';
COMMENT ON COLUMN tend.metrics_health.value IS 'what was compared with the threshold, in the unit of tend.health_checks';
COMMENT ON COLUMN tend.metrics_health.threshold IS 'the threshold, in the unit of tend.health_checks';
GRANT SELECT ON tend.metrics_health TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_blocker AS
SELECT k.kind,
       pg_catalog.count(b.kind) AS holders,
       COALESCE(pg_catalog.max(b.xmin_age), 0) AS xmin_age,
       COALESCE(pg_catalog.max(b.duration_seconds), 0)::float8 AS duration_seconds
  FROM pg_catalog.unnest(ARRAY['transaction', 'idle in transaction', 'prepared transaction',
                               'replication slot', 'standby feedback']) k(kind)
  LEFT JOIN tend.vacuum_blockers b USING (kind)
 GROUP BY k.kind;
COMMENT ON VIEW tend.metrics_blocker IS
    'metrics of the server: who holds back vacuum, by kind; tend.vacuum_blockers has the names';
COMMENT ON COLUMN tend.metrics_blocker.kind IS 'kind of tend.vacuum_blockers';
COMMENT ON COLUMN tend.metrics_blocker.holders IS 'how many of this kind there are';
COMMENT ON COLUMN tend.metrics_blocker.xmin_age IS 'transactions that the oldest of them holds back; 0 without one';
COMMENT ON COLUMN tend.metrics_blocker.duration_seconds IS 'seconds since the first of them began; 0 without one, or where nobody knows';
GRANT SELECT ON tend.metrics_blocker TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_wraparound AS
SELECT tend.metrics_label(f.datname::text) AS datname,
       f.counter,
       f.age,
       f.age::float8 / f.autovacuum_limit AS autovacuum_limit_ratio,
       f.age::float8 / f.stop_limit AS stop_limit_ratio,
       f.burn_per_hour / 3600 AS ids_per_second,
       f.autovacuum_eta_seconds,
       f.stop_eta_seconds
  FROM tend.wraparound_facts() f
 ORDER BY f.age::float8 / f.stop_limit DESC, f.datname, f.counter
 LIMIT pg_catalog.current_setting('pg_tend.metrics_rows', true)::int;
COMMENT ON VIEW tend.metrics_wraparound IS
    'metrics of the server: distance of its databases from running out of transaction IDs and multixacts, the worst pg_tend.metrics_rows';
COMMENT ON COLUMN tend.metrics_wraparound.datname IS 'database';
COMMENT ON COLUMN tend.metrics_wraparound.counter IS 'xid or multixact';
COMMENT ON COLUMN tend.metrics_wraparound.age IS 'age of the oldest unfrozen ID of the database, in transactions or multixacts';
COMMENT ON COLUMN tend.metrics_wraparound.autovacuum_limit_ratio IS 'age / age above which autovacuum freezes tables';
COMMENT ON COLUMN tend.metrics_wraparound.stop_limit_ratio IS 'age / age at which the server refuses new IDs';
COMMENT ON COLUMN tend.metrics_wraparound.ids_per_second IS 'IDs consumed per second in the whole server, as observed';
COMMENT ON COLUMN tend.metrics_wraparound.autovacuum_eta_seconds IS 'seconds until autovacuum freezes tables, at that speed';
COMMENT ON COLUMN tend.metrics_wraparound.stop_eta_seconds IS 'seconds until the server refuses new IDs, at that speed, if nothing were frozen';
GRANT SELECT ON tend.metrics_wraparound TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_queries AS
SELECT tend.metrics_label(pg_catalog.current_database()::text) AS datname,
       c.regressed,
       c.slow,
       a.curable AS curable_misestimates,
       s.tracked AS tracked_plans,
       s.evicted AS evicted_plans_total,
       s.dropped AS dropped_executions_total
  FROM (SELECT pg_catalog.count(*) FILTER (WHERE p.old_planid <> p.new_planid) AS regressed,
               pg_catalog.count(*) FILTER (WHERE p.old_planid = p.new_planid) AS slow
          FROM tend.plan_changes p
         WHERE p.verdict = 'regressed' AND p.state <> 'resolved') c
 CROSS JOIN (SELECT pg_catalog.count(*) AS curable
               FROM tend.statistics_advice v WHERE v.action = 'create') a
 CROSS JOIN (SELECT pg_catalog.max(f.value) FILTER (WHERE f.metric = 'slots used') AS tracked,
                    pg_catalog.max(f.value) FILTER (WHERE f.metric = 'evicted plans') AS evicted,
                    pg_catalog.max(f.value) FILTER (WHERE f.metric = 'dropped calls') AS dropped
               FROM tend.self_facts() f WHERE f.part = 'plans') s;
COMMENT ON VIEW tend.metrics_queries IS 'metrics: queries of this database that became worse, and what is tracked';
COMMENT ON COLUMN tend.metrics_queries.datname IS 'this database';
COMMENT ON COLUMN tend.metrics_queries.regressed IS 'queries that are slower with another plan, and still are';
COMMENT ON COLUMN tend.metrics_queries.slow IS 'queries that are slower with the same plan, and still are';
COMMENT ON COLUMN tend.metrics_queries.curable_misestimates IS 'misestimates for which statistics are proven and not created';
COMMENT ON COLUMN tend.metrics_queries.tracked_plans IS 'plans that are tracked in the whole server';
COMMENT ON COLUMN tend.metrics_queries.evicted_plans_total IS 'plans that made room for others, in the whole server';
COMMENT ON COLUMN tend.metrics_queries.dropped_executions_total IS 'executions that were not counted, in the whole server';
GRANT SELECT ON tend.metrics_queries TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_tuning AS
SELECT tend.metrics_label(pg_catalog.current_database()::text) AS datname,
       v.verdict,
       pg_catalog.count(a.action_id) AS options
  FROM pg_catalog.unnest(ARRAY['pending', 'kept', 'reverted']) v(verdict)
  LEFT JOIN tend.autovacuum_actions a USING (verdict)
 GROUP BY v.verdict;
COMMENT ON VIEW tend.metrics_tuning IS 'metrics: autovacuum options that pg_tend set on tables of this database';
COMMENT ON COLUMN tend.metrics_tuning.datname IS 'this database';
COMMENT ON COLUMN tend.metrics_tuning.verdict IS 'pending, kept or reverted';
COMMENT ON COLUMN tend.metrics_tuning.options IS 'options with this verdict';
GRANT SELECT ON tend.metrics_tuning TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_io AS
SELECT f.operation,
       f.file_class,
       f.backend_type,
       f.calls AS calls_total,
       f.bytes AS bytes_total,
       f.total_ms / 1e3 AS seconds_total,
       f.p50_us / 1e6 AS p50_seconds,
       f.p99_us / 1e6 AS p99_seconds,
       f.max_us / 1e6 AS max_seconds
  FROM tend.io_cells() f
 ORDER BY f.total_ms DESC, f.operation, f.file_class, f.backend_type
 LIMIT pg_catalog.current_setting('pg_tend.metrics_rows', true)::int;
COMMENT ON VIEW tend.metrics_io IS
    'metrics of the server: syncs and writes, the pg_tend.metrics_rows kinds that took longest; no rows without pg_tend_iotrace';
COMMENT ON COLUMN tend.metrics_io.operation IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.metrics_io.file_class IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.metrics_io.backend_type IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.metrics_io.calls_total IS 'calls, those that failed included';
COMMENT ON COLUMN tend.metrics_io.bytes_total IS 'bytes written';
COMMENT ON COLUMN tend.metrics_io.seconds_total IS 'time spent in these calls, in seconds';
COMMENT ON COLUMN tend.metrics_io.p50_seconds IS 'median time of a call since counting began, in seconds';
COMMENT ON COLUMN tend.metrics_io.p99_seconds IS 'time that 99 of 100 calls did not exceed since counting began, in seconds';
COMMENT ON COLUMN tend.metrics_io.max_seconds IS 'longest call since counting began, in seconds';
GRANT SELECT ON tend.metrics_io TO pg_monitor, pg_read_all_stats;

-- all kinds from the start: a counter that comes into being with its first error has not risen
CREATE VIEW tend.metrics_io_errors AS
SELECT o.operation,
       k.file_class,
       COALESCE(pg_catalog.sum(f.errors), 0)::bigint AS total
  FROM pg_catalog.unnest(ARRAY['fsync', 'fdatasync', 'sync_file_range', 'syncfs', 'msync', 'write', 'sync_write']) o(operation)
 CROSS JOIN pg_catalog.unnest(ARRAY['wal', 'data', 'slru', 'other']) k(file_class)
  LEFT JOIN tend.io_cells() f ON f.operation = o.operation AND f.file_class = k.file_class
 WHERE EXISTS (SELECT FROM tend.io_cells())
 GROUP BY o.operation, k.file_class;
COMMENT ON VIEW tend.metrics_io_errors IS
    'metrics of the server: syncs and writes that failed, by kind; no rows without pg_tend_iotrace';
COMMENT ON COLUMN tend.metrics_io_errors.operation IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.metrics_io_errors.file_class IS 'as in tend.io_latency';
COMMENT ON COLUMN tend.metrics_io_errors.total IS 'calls that failed';
GRANT SELECT ON tend.metrics_io_errors TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_checkpoint AS
SELECT f.kind,
       EXTRACT(epoch FROM f.finished)::float8 AS last_timestamp_seconds,
       f.total_ms / 1e3 AS last_duration_seconds,
       f.write_ms / 1e3 AS last_write_seconds,
       f.sync_ms / 1e3 AS last_sync_seconds,
       f.longest_sync_ms / 1e3 AS last_longest_sync_seconds,
       f.buffers_written::float8
           * pg_catalog.current_setting('block_size')::float8 AS last_written_bytes
  FROM tend.checkpoint_facts() f
 WHERE f.finished IS NOT NULL
 ORDER BY f.finished DESC
 LIMIT 1;
COMMENT ON VIEW tend.metrics_checkpoint IS 'metrics of the server: its last checkpoint or restartpoint';
COMMENT ON COLUMN tend.metrics_checkpoint.kind IS 'checkpoint or restartpoint';
COMMENT ON COLUMN tend.metrics_checkpoint.last_timestamp_seconds IS 'when it was done, in seconds since 1970';
COMMENT ON COLUMN tend.metrics_checkpoint.last_duration_seconds IS 'from begin to end, in seconds';
COMMENT ON COLUMN tend.metrics_checkpoint.last_write_seconds IS 'time of writing, most of it pauses, in seconds';
COMMENT ON COLUMN tend.metrics_checkpoint.last_sync_seconds IS 'time of syncing files, in seconds';
COMMENT ON COLUMN tend.metrics_checkpoint.last_longest_sync_seconds IS 'longest sync of one file, in seconds';
COMMENT ON COLUMN tend.metrics_checkpoint.last_written_bytes IS 'shared buffers that it wrote, in bytes';
GRANT SELECT ON tend.metrics_checkpoint TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.metrics_self AS
SELECT tend.metrics_label(pg_catalog.current_database()::text) AS datname,
       COALESCE(s.launcher IN (1, 2), false)::int AS running,
       EXTRACT(epoch FROM pg_catalog.current_setting('pg_tend.interval', true)::interval)::float8 AS interval_seconds,
       EXTRACT(epoch FROM pg_catalog.clock_timestamp())::float8 - s.last_visit AS last_visit_timestamp_seconds,
       s.visits AS visits_total,
       s.failures AS failed_visits,
       s.cpu_ms / 1e3 AS cpu_seconds_total,
       s.rows_written AS written_rows_total,
       s.memory AS memory_bytes,
       h.bytes AS history_bytes
  FROM (SELECT pg_catalog.max(f.value) FILTER (WHERE f.part = 'launcher' AND f.metric = 'status') AS launcher,
               pg_catalog.max(f.value) FILTER (WHERE f.part = 'memory' AND f.metric = 'reserved') AS memory,
               pg_catalog.max(f.value) FILTER (WHERE v.here AND f.metric = 'last visit') AS last_visit,
               pg_catalog.max(f.value) FILTER (WHERE v.here AND f.metric = 'visits') AS visits,
               pg_catalog.max(f.value) FILTER (WHERE v.here AND f.metric = 'failures in a row') AS failures,
               pg_catalog.max(f.value) FILTER (WHERE v.here AND f.metric = 'total CPU') AS cpu_ms,
               pg_catalog.max(f.value) FILTER (WHERE v.here AND f.metric = 'total rows written') AS rows_written
          FROM tend.self_facts() f
          LEFT JOIN pg_catalog.pg_database d ON d.oid = f.dboid
         CROSS JOIN LATERAL (SELECT f.part = 'visit' AND d.datname = pg_catalog.current_database()) v(here)) s
 CROSS JOIN (SELECT pg_catalog.sum(b.bytes)::bigint AS bytes FROM tend.history_bytes() b) h;
COMMENT ON VIEW tend.metrics_self IS 'metrics: pg_tend itself';
COMMENT ON COLUMN tend.metrics_self.datname IS 'this database';
COMMENT ON COLUMN tend.metrics_self.running IS '1: the launcher is at work, or waits on a standby for promotion; 0: it is not';
COMMENT ON COLUMN tend.metrics_self.interval_seconds IS 'pg_tend.interval, in seconds';
COMMENT ON COLUMN tend.metrics_self.last_visit_timestamp_seconds IS 'end of the last visit to this database, in seconds since 1970';
COMMENT ON COLUMN tend.metrics_self.visits_total IS 'visits to this database since server start';
COMMENT ON COLUMN tend.metrics_self.failed_visits IS 'visits to this database that failed in a row; 0 if the last one did not';
COMMENT ON COLUMN tend.metrics_self.cpu_seconds_total IS 'CPU time of all visits to this database since server start, in seconds';
COMMENT ON COLUMN tend.metrics_self.written_rows_total IS 'rows of history written in this database since server start';
COMMENT ON COLUMN tend.metrics_self.memory_bytes IS 'shared memory of pg_tend, in bytes';
COMMENT ON COLUMN tend.metrics_self.history_bytes IS 'size of the history in this database, in bytes';
GRANT SELECT ON tend.metrics_self TO pg_monitor, pg_read_all_stats;

--
-- For people in psql: pages of 120 columns
--

CREATE FUNCTION tend.sparkline(series float8[], top float8 DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_sparkline'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION tend.sparkline(float8[], float8) IS
    'a row of numbers as a small chart, one character each, a space for NULL; top is the number of full height, by default the largest; in ASCII unless database and client use UTF8';
REVOKE ALL ON FUNCTION tend.sparkline(float8[], float8) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.sparkline(float8[], float8) TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.shorten("text" text, width int)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_shorten'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION tend.shorten(text, int) IS
    'the beginning of a text in so many columns of a terminal, with an ellipsis where it is longer; control characters become spaces';
REVOKE ALL ON FUNCTION tend.shorten(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.shorten(text, int) TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.wrap("text" text, width int)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_wrap'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION tend.wrap(text, int) IS
    'a text broken into lines of so many columns of a terminal, at spaces where it has some';
REVOKE ALL ON FUNCTION tend.wrap(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.wrap(text, int) TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.short_count(n float8)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_short_count'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION tend.short_count(float8) IS 'a number in seven columns: "12.5 k"';
REVOKE ALL ON FUNCTION tend.short_count(float8) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.short_count(float8) TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.short_duration(seconds float8)
RETURNS text
AS 'MODULE_PATHNAME', 'tend_short_duration'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION tend.short_duration(float8) IS 'a time as people say it: "4 h 10 min"';
REVOKE ALL ON FUNCTION tend.short_duration(float8) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.short_duration(float8) TO pg_monitor, pg_read_all_stats;

-- Each cell of the chart is what was last known then; full height is 20 %, the
-- scale factor that the server comes with, or the worst of the table if that is more.
CREATE VIEW tend.top AS
SELECT tend.shorten(CASE WHEN pg_catalog.pg_table_is_visible(f.relid) THEN '' ELSE tend.shorten(f.schema_name::text, 9) || '.' END
                    || f.table_name, 26) AS table_name,
       pg_catalog.lpad(tend.short_count(f.live_tuples), 7) AS live,
       pg_catalog.lpad(tend.short_count(f.dead_tuples), 7) AS dead,
       pg_catalog.lpad(pg_catalog.to_char(100 * f.dead_ratio, 'FM990.0'), 8) AS dead_pct,
       pg_catalog.lpad(pg_catalog.to_char(LEAST(GREATEST(f.vacuum_due, f.insert_due, f.analyze_due, f.freeze_due), 9999), 'FM9990.00'), 7) AS due,
       tend.sparkline(h.ratios, GREATEST(0.2, h.highest)) AS last_3_hours,
       COALESCE(tend.shorten(tend.short_duration(
           EXTRACT(epoch FROM pg_catalog.clock_timestamp() - f.last_vacuum)::float8), 9), '-') AS vacuumed,
       f.verdict
  FROM tend.table_facts(COALESCE(pg_catalog.current_setting('pg_tend.metrics_rows', true)::int, 20)) f
 CROSS JOIN LATERAL (
        SELECT pg_catalog.array_agg(CASE WHEN i = 14 THEN f.dead_ratio ELSE past.ratio END ORDER BY i) AS ratios,
               GREATEST(pg_catalog.max(past.ratio), f.dead_ratio) AS highest
          FROM pg_catalog.generate_series(0, 14) i
          LEFT JOIN LATERAL (
                SELECT b.dead_tuples / NULLIF(b.live_tuples + b.dead_tuples, 0)::float8 AS ratio
                  FROM tend.table_history b
                 WHERE b.relid = f.relid
                   AND b.at <= pg_catalog.now() - (14 - i) * interval '12 minutes'
                 ORDER BY b.at DESC LIMIT 1) past ON i < 14) h
 ORDER BY f.urgency DESC, f.worst_due DESC NULLS LAST, f.dead_tuples DESC, f.schema_name, f.table_name;
COMMENT ON VIEW tend.top IS
    'the worst tables on one page of 120 columns, for \watch in psql: as many as pg_tend.metrics_rows';
COMMENT ON COLUMN tend.top.table_name IS 'name of the table, shortened';
COMMENT ON COLUMN tend.top.live IS 'estimated live rows';
COMMENT ON COLUMN tend.top.dead IS 'estimated dead rows';
COMMENT ON COLUMN tend.top.dead_pct IS 'dead rows / (live + dead rows), in percent';
COMMENT ON COLUMN tend.top.due IS 'how near autovacuum is: it comes above 1; the largest of vacuum_due, insert_due, analyze_due and freeze_due of tend.tables';
COMMENT ON COLUMN tend.top.last_3_hours IS 'share of dead rows, each character 12 minutes, the last one now; full height is 20 %, or the highest';
COMMENT ON COLUMN tend.top.vacuumed IS 'how long ago it was vacuumed';
COMMENT ON COLUMN tend.top.verdict IS 'as in tend.tables';
GRANT SELECT ON tend.top TO pg_monitor, pg_read_all_stats;

CREATE VIEW tend.health_page AS
SELECT f.severity,
       tend.wrap(pg_catalog.concat_ws(E'\n', f.check_name, tend.shorten(f.object, 90)), 30) AS what,
       tend.wrap(pg_catalog.concat_ws(E'\n', f.message, '-> ' || f.remedy), 74) AS why_and_what_to_do
  FROM tend.health_findings() f
 ORDER BY f.urgency DESC, f.check_number, f.row_number;
COMMENT ON VIEW tend.health_page IS
    'tend.health on a page of 120 columns, for reading in psql; to paste a remedy, take it from tend.health, where no line is broken';
COMMENT ON COLUMN tend.health_page.severity IS 'as in tend.health';
COMMENT ON COLUMN tend.health_page.what IS 'the check, and what it is about, shortened';
COMMENT ON COLUMN tend.health_page.why_and_what_to_do IS 'message and remedy of tend.health';
GRANT SELECT ON tend.health_page TO pg_monitor, pg_read_all_stats;

CREATE FUNCTION tend.request_visit()
RETURNS void
AS 'MODULE_PATHNAME', 'tend_request_visit'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION tend.request_visit() IS
    'have the worker visit this database now rather than at the next interval; returns at once';
REVOKE ALL ON FUNCTION tend.request_visit() FROM PUBLIC;

CREATE FUNCTION tend.announce()
RETURNS void
AS 'MODULE_PATHNAME', 'tend_announce'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION tend.announce() IS
    'tell the launcher of this database when the transaction commits; used by CREATE EXTENSION';
REVOKE ALL ON FUNCTION tend.announce() FROM PUBLIC;

SELECT tend.announce();

GRANT USAGE ON SCHEMA tend TO pg_monitor, pg_read_all_stats, pg_stat_scan_tables;
