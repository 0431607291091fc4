--
-- tend.checkpoints, tend.io_latency, tend.iotrace_status: what the disk does
--
CREATE EXTENSION pg_tend;

-- wait for a state, for three minutes at most
CREATE FUNCTION wait_for(condition text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
    holds bool;
BEGIN
    LOOP
        EXECUTE 'SELECT ' || condition INTO holds;
        EXIT WHEN holds OR clock_timestamp() > statement_timestamp() + interval '3 min';
        PERFORM pg_sleep(0.02);
    END LOOP;
    RETURN holds;
END
$$;

-- nobody looks for pg_tend_iotrace here, whatever runs on this machine
ALTER SYSTEM SET pg_tend.iotrace_dir = '';
SELECT pg_reload_conf();
SELECT wait_for($$(SELECT state = 'off' FROM tend.iotrace_status)$$);

-- then nothing is timed, and the status says why and what to do
SELECT count(*) FROM tend.io_latency;
SELECT count(*) FROM tend.io_histogram;
SELECT attached, state, message, remedy, snapshot_age_ms, probes FROM tend.iotrace_status;

-- a directory in which nobody listens
ALTER SYSTEM SET pg_tend.iotrace_dir = '/nonexistent/pg_tend';
SELECT pg_reload_conf();
SELECT wait_for($$(SELECT state = 'no helper' FROM tend.iotrace_status)$$);
SELECT attached, message, remedy, directory FROM tend.iotrace_status;
SELECT count(*) FROM tend.io_latency;

-- checkpoints are known without any helper
CREATE TABLE written AS SELECT generate_series(1, 1000) AS i;
CHECKPOINT;
SELECT kind, reason, source, buffers_written > 0 AS pages, files_synced >= 0 AS files,
       write_ms >= 0 AND sync_ms >= 0 AND total_ms >= write_ms + sync_ms AS phases,
       longest_sync_ms >= 0 AS longest,
       finished - started = total_ms * interval '1 millisecond' AS took, timed_syncs
  FROM tend.checkpoints
 WHERE reason = 'requested' ORDER BY started DESC LIMIT 1;

-- and get into the history of this database, once
SELECT tend.request_visit();
SELECT wait_for($$EXISTS (SELECT FROM tend.checkpoint_history WHERE reason = 'requested')$$);
SELECT count(*) > count(DISTINCT started) AS twice FROM tend.checkpoints;
SELECT count(*) FROM tend.checkpoint_history h
 WHERE NOT EXISTS (SELECT FROM tend.checkpoints c
                    WHERE c.started = h.started AND c.reason = h.reason AND c.finished = h.at);

-- without log_checkpoints the counters tell, as far as they go
ALTER SYSTEM SET log_checkpoints = off;
SELECT pg_reload_conf();
DO $$
BEGIN
    -- the first one may still be told of by the log
    LOOP
        INSERT INTO written VALUES (1);
        CHECKPOINT;
        PERFORM pg_sleep(0.1);
        EXIT WHEN EXISTS (SELECT FROM tend.checkpoints WHERE source = 'counters')
               OR clock_timestamp() > statement_timestamp() + interval '3 min';
    END LOOP;
END
$$;
SELECT kind, reason, buffers_written > 0 AS pages, write_ms >= 0 AS write, sync_ms >= 0 AS sync,
       files_synced, longest_sync_ms, total_ms
  FROM tend.checkpoints WHERE source = 'counters' ORDER BY started DESC LIMIT 1;

ALTER SYSTEM RESET log_checkpoints;
ALTER SYSTEM RESET pg_tend.iotrace_dir;
SELECT pg_reload_conf();
DROP TABLE written;
DROP FUNCTION wait_for(text);
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
