/*-------------------------------------------------------------------------
 *
 * health.c
 *	  Tests of src/advise/health*.c: what makes each check fire, and what
 *	  keeps it quiet
 *
 * A case names the facts that its check looks at, as "name=value" between
 * semicolons: a number, or words.  "null" is unknown.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/health.h"

typedef struct Case
{
	const char *name;
	TendHealthCheck check;
	double		threshold;
	const char *facts;
	TendSeverity want;
	const char *message;		/* a part of it */
	const char *remedy;			/* a part of it */
}			Case;

#define QUIET	TEND_OK, "", ""
#define DAY		86400.0

static const Case cases[] = {
	/* wraparound: tend.wraparound has judged */
	{"wraparound: autovacuum freezes", TEND_HEALTH_WRAPAROUND, 5e8,
		"datname=app;counter=xid;age=210e6;autovacuum_limit=200e6;stop_limit=2.1e9;urgency=1;oldest_table=null",
		TEND_NOTICE, "transaction ID of database app is 210.0 million old", "none now"},
	{"wraparound: a date", TEND_HEALTH_WRAPAROUND, 5e8,
		"datname=app;counter=xid;age=600e6;autovacuum_limit=200e6;stop_limit=2.1e9;stop_eta_seconds=864000;urgency=2;oldest_table=public.log",
		TEND_WARNING, "in 10 days at the present speed", "VACUUM (FREEZE, VERBOSE) public.log;"},
	{"wraparound: multixacts, in another database", TEND_HEALTH_WRAPAROUND, 5e8,
		"datname=other;counter=multixact;age=1.2e9;autovacuum_limit=400e6;stop_limit=2.1e9;urgency=3;oldest_table=null",
		TEND_CRITICAL, "multixact of database other", "in database other"},
	{"wraparound: ok", TEND_HEALTH_WRAPAROUND, 5e8,
		"datname=app;counter=xid;age=100e6;autovacuum_limit=200e6;stop_limit=2.1e9;urgency=0", QUIET},
	{"freeze due", TEND_HEALTH_FREEZE, 1e9,
		"object=public.log;verdict=freeze due;advice=old;xid_age=210e6;freeze_max_age=200e6",
		TEND_NOTICE, "public.log: old", "VACUUM (FREEZE) public.log;"},
	{"freeze: in danger", TEND_HEALTH_FREEZE, 1e9,
		"object=public.log;verdict=wraparound danger;advice=very old;xid_age=1.1e9;freeze_max_age=200e6",
		TEND_CRITICAL, "very old", "VACUUM (FREEZE) public.log;"},
	{"freeze: not yet", TEND_HEALTH_FREEZE, 1e9, "object=public.log;verdict=vacuum due;xid_age=1e6", QUIET},

	/* WAL */
	{"archiver fails", TEND_HEALTH_ARCHIVER, 100, "failing=1;last_failed_wal=00000001;failed_seconds_ago=30;ready=3",
		TEND_WARNING, "archiving of 00000001 fails, the last time 30 s ago", "SHOW archive_command"},
	{"archiver fails for long", TEND_HEALTH_ARCHIVER, 100, "failing=1;last_failed_wal=00000001;failed_seconds_ago=30;ready=100",
		TEND_CRITICAL, "100 WAL files wait", "SHOW archive_command"},
	{"archiver is slow", TEND_HEALTH_ARCHIVER, 100, "failing=0;ready=100", TEND_WARNING, "100 WAL files", "archive_library"},
	{"archiver never failed", TEND_HEALTH_ARCHIVER, 100, "failing=null;ready=99", QUIET},
	{"archiver has recovered", TEND_HEALTH_ARCHIVER, 100, "failing=0;last_failed_wal=00000001;ready=0", QUIET},
	{"pg_wal: a slot", TEND_HEALTH_WAL, 3, "wal_bytes=4e9;max_wal_size_mb=1024;wal_keep_mb=0;segment_bytes=16777216;ready=null;slot_bytes=3.9e9",
		TEND_WARNING, "a replication slot retains it", "pg_replication_slots"},
	{"pg_wal: the archiver", TEND_HEALTH_WAL, 3, "wal_bytes=4e9;max_wal_size_mb=1024;wal_keep_mb=0;segment_bytes=16777216;ready=200;slot_bytes=null",
		TEND_WARNING, "the archiver does not get rid", "pg_stat_archiver"},
	{"pg_wal: checkpoints", TEND_HEALTH_WAL, 3, "wal_bytes=20e9;max_wal_size_mb=1024;wal_keep_mb=0;segment_bytes=16777216;ready=0;slot_bytes=0",
		TEND_CRITICAL, "checkpoints do not keep up", "ALTER SYSTEM SET max_wal_size"},
	{"pg_wal: kept on purpose", TEND_HEALTH_WAL, 3, "wal_bytes=4e9;max_wal_size_mb=1024;wal_keep_mb=8192;segment_bytes=16777216;ready=0;slot_bytes=0", QUIET},
	{"pg_wal: as large as it may be", TEND_HEALTH_WAL, 3, "wal_bytes=1.1e9;max_wal_size_mb=1024;wal_keep_mb=0;segment_bytes=16777216;ready=0;slot_bytes=0", QUIET},
	{"slot: nobody uses it", TEND_HEALTH_SLOT, 10240, "slot=s;active=0;wal_status=extended;retained_bytes=11e9;max_slot_wal_keep_mb=-1;literal='s'",
		TEND_WARNING, "which nobody uses, retains 10 GB of WAL, without limit", "SELECT pg_drop_replication_slot('s');"},
	{"slot: in use and far behind", TEND_HEALTH_SLOT, 1024, "slot=s;active=1;wal_status=extended;retained_bytes=11e9;max_slot_wal_keep_mb=20480;literal='s'",
		TEND_CRITICAL, "slot s, in use, retains", "see why the consumer of slot s"},
	{"slot: lost", TEND_HEALTH_SLOT, 10240, "slot=s;active=0;wal_status=lost;retained_bytes=null;literal='s'",
		TEND_WARNING, "has lost WAL", "pg_drop_replication_slot"},
	{"slot: invalid for another reason", TEND_HEALTH_SLOT, 10240, "slot=s;active=0;wal_status=lost;invalidated=idle_timeout;retained_bytes=1e6;literal='s'",
		TEND_WARNING, "slot s is invalid (idle_timeout)", "pg_drop_replication_slot"},
	{"slot: its WAL was removed", TEND_HEALTH_SLOT, 10240, "slot=s;active=0;wal_status=lost;invalidated=wal_removed;retained_bytes=null;literal='s'",
		TEND_WARNING, "has lost WAL", "pg_drop_replication_slot"},
	{"slot: about to be lost", TEND_HEALTH_SLOT, 10240, "slot=s;active=0;wal_status=unreserved;retained_bytes=1e6;max_slot_wal_keep_mb=1;literal='s'",
		TEND_WARNING, "the next checkpoint may take it away", "pg_drop_replication_slot"},
	{"slot: little", TEND_HEALTH_SLOT, 10240, "slot=s;active=0;wal_status=reserved;retained_bytes=1e6;literal='s'", QUIET},
	{"slot: nothing reserved", TEND_HEALTH_SLOT, 10240, "slot=s;active=0;wal_status=null;retained_bytes=null;literal='s'", QUIET},
	{"lag", TEND_HEALTH_REPLICATION_LAG, 60, "object=standby1;lag_seconds=61;paused=0", TEND_WARNING, "standby1 shows what was committed 1 min 1 s ago", "max_standby_streaming_delay"},
	{"lag: replay is paused", TEND_HEALTH_REPLICATION_LAG, 60, "object=this standby;lag_seconds=601;paused=1", TEND_CRITICAL, "replay is paused", "pg_wal_replay_resume"},
	{"lag: none", TEND_HEALTH_REPLICATION_LAG, 60, "object=standby1;lag_seconds=59;paused=0", QUIET},
	{"lag: unknown", TEND_HEALTH_REPLICATION_LAG, 60, "object=standby1;lag_seconds=null;paused=0", QUIET},
	{"backlog: not sent", TEND_HEALTH_REPLICATION_BACKLOG, 1024, "object=standby1;behind_bytes=2e9;unsent_bytes=1.9e9", TEND_WARNING, "not yet sent", "network"},
	{"backlog: not replayed", TEND_HEALTH_REPLICATION_BACKLOG, 1024, "object=standby1;behind_bytes=20e9;unsent_bytes=0", TEND_CRITICAL, "not yet replayed", "on the standby"},
	{"backlog: small", TEND_HEALTH_REPLICATION_BACKLOG, 1024, "object=standby1;behind_bytes=1e9;unsent_bytes=0", QUIET},
	{"checkpoints come because of WAL", TEND_HEALTH_CHECKPOINTS, 0.5, "timed=4;by_wal=5;on_request=1;seconds=86400;max_wal_size_mb=1024", TEND_WARNING,
		"60 % of 10 checkpoints in 1 d came before their time, 5 as WAL reached max_wal_size and 1 on request", "SET max_wal_size = '2048MB'"},
	{"checkpoints come on request", TEND_HEALTH_CHECKPOINTS, 0.5, "timed=4;by_wal=1;on_request=5;seconds=86400;max_wal_size_mb=1024", TEND_WARNING, "5 on request", "who runs CHECKPOINT"},
	{"checkpoints come in time", TEND_HEALTH_CHECKPOINTS, 0.5, "timed=5;by_wal=5;on_request=0;seconds=86400;max_wal_size_mb=1024", QUIET},
	{"few checkpoints say nothing", TEND_HEALTH_CHECKPOINTS, 0.5, "timed=0;by_wal=9;on_request=0;seconds=86400;max_wal_size_mb=1024", QUIET},
	{"checkpoint storm", TEND_HEALTH_STORM, 4, "object=cluster;condition=checkpoint storm;value=6;words=it storms;remedy=more WAL", TEND_WARNING, "it storms", "more WAL"},
	{"autovacuum storm", TEND_HEALTH_STORM, 4, "object=cluster;condition=autovacuum storm;value=6;words=it storms;remedy=slower", TEND_WARNING, "it storms", "slower"},
	{"another condition is no storm", TEND_HEALTH_STORM, 4, "object=cluster;condition=WAL sync slow;value=150;words=slow;remedy=look", QUIET},
	{"slow sync of WAL", TEND_HEALTH_WAL_SYNC, 100, "object=cluster;condition=WAL sync slow;value=150;words=slow;remedy=look", TEND_WARNING, "slow", "look"},
	{"very slow sync of WAL", TEND_HEALTH_WAL_SYNC, 100, "object=cluster;condition=WAL sync slow;value=1500;words=slow;remedy=look", TEND_CRITICAL, "slow", "look"},
	{"a storm is no slow sync of WAL", TEND_HEALTH_WAL_SYNC, 100, "object=cluster;condition=checkpoint storm;value=600;words=it storms;remedy=more WAL", QUIET},
	{"sessions sync", TEND_HEALTH_BACKEND_FSYNCS, 100, "object=cluster;condition=backend fsyncs;value=150;words=sessions;remedy=look", TEND_WARNING, "sessions", "look"},
	{"a storm is no sync of sessions", TEND_HEALTH_BACKEND_FSYNCS, 100, "object=cluster;condition=checkpoint storm;value=600;words=it storms;remedy=more WAL", QUIET},
	{"slow sync of data", TEND_HEALTH_SYNC, 100, "object=fsync of data by checkpointer;window_seconds=600;calls=1000;p99_ms=150;max_ms=400", TEND_WARNING,
		"in an interval of the last 10 min, one of a hundred calls of fsync of data by checkpointer took 150 ms or longer, the longest 400 ms", "checkpoint_timeout"},
	{"very slow sync of data", TEND_HEALTH_SYNC, 100, "object=fsync of data by checkpointer;window_seconds=600;calls=1000;p99_ms=2000;max_ms=4000", TEND_CRITICAL, "2000 ms", "checkpoint_timeout"},
	{"quick syncs", TEND_HEALTH_SYNC, 100, "object=x;window_seconds=600;calls=1000;p99_ms=9;max_ms=400", QUIET},

	/* sessions */
	{"connections run out, and few would do", TEND_HEALTH_CONNECTIONS, 0.8, "used=80;usable=97;max_connections=100;busy_share=0.05;cores=8",
		TEND_WARNING, "80 of 97 connections are in use; sessions are at work 5.0 % of their time, so that by Little's law 10 would do", "about 10 server connections"},
	{"connections: nearly none is left", TEND_HEALTH_CONNECTIONS, 0.8, "used=93;usable=97;max_connections=100;busy_share=0.9;cores=8",
		TEND_CRITICAL, "84 at work at a time are more than 8 cores can serve", "SET max_connections = 150"},
	{"connections: the load is not known", TEND_HEALTH_CONNECTIONS, 0.8, "used=90;usable=97;max_connections=100;busy_share=null;cores=8",
		TEND_WARNING, "90 of 97 connections are in use", "connection pooler"},
	{"connections: enough are left", TEND_HEALTH_CONNECTIONS, 0.8, "used=77;usable=97;max_connections=100;busy_share=0.9;cores=8", QUIET},
	{"blocker: by time", TEND_HEALTH_BLOCKER, 300, "object=transaction of pid 7;here=1;duration_seconds=300;xmin_age=50;scope=app;holds=all tables;remedy=SELECT 1;x=1",
		TEND_WARNING, "transaction of pid 7 holds back vacuum of all tables in database app since 5 min", "SELECT 1"},
	{"blocker: for an hour", TEND_HEALTH_BLOCKER, 300, "object=x;here=1;duration_seconds=3600;xmin_age=50;scope=cluster;holds=all tables;remedy=SELECT 1",
		TEND_CRITICAL, "in all databases", "SELECT 1"},
	{"blocker: nobody knows since when", TEND_HEALTH_BLOCKER, 300, "object=slot x;here=1;duration_seconds=null;xmin_age=1e6;scope=cluster;holds=system catalogs;remedy=SELECT 1",
		TEND_WARNING, "what died in the last 1.0 million transactions stays", "SELECT 1"},
	{"blocker: not for long", TEND_HEALTH_BLOCKER, 300, "object=x;here=1;duration_seconds=299;xmin_age=5e6;scope=app;holds=all tables;remedy=SELECT 1", QUIET},
	{"blocker: in another database", TEND_HEALTH_BLOCKER, 300, "object=x;here=0;duration_seconds=3000;xmin_age=50;scope=other;holds=all tables;remedy=SELECT 1", QUIET},
	{"prepared", TEND_HEALTH_PREPARED, 300, "object=prepared transaction 'p';kind=prepared transaction;duration_seconds=301;remedy=ROLLBACK PREPARED 'p'",
		TEND_WARNING, "prepared transaction 'p' has been prepared for 5 min 1 s", "ROLLBACK PREPARED 'p'"},
	{"prepared: a moment ago", TEND_HEALTH_PREPARED, 300, "object=x;kind=prepared transaction;duration_seconds=2;remedy=x", QUIET},
	{"prepared: something else", TEND_HEALTH_PREPARED, 300, "object=x;kind=transaction;duration_seconds=2000;remedy=x", QUIET},
	{"idle", TEND_HEALTH_IDLE_TRANSACTION, 300, "object=pid 7 (ann);pid=7;idle_seconds=300;xact_seconds=400", TEND_WARNING, "pid 7 (ann) has done nothing for 5 min", "pg_terminate_backend(7)"},
	{"idle for an hour", TEND_HEALTH_IDLE_TRANSACTION, 300, "object=pid 7;pid=7;idle_seconds=3600;xact_seconds=4000", TEND_CRITICAL, "1 h", "pg_terminate_backend(7)"},
	{"idle for a moment", TEND_HEALTH_IDLE_TRANSACTION, 300, "object=pid 7;pid=7;idle_seconds=299;xact_seconds=4000", QUIET},

	/* tables */
	{"overdue", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=vacuum overdue;advice=many dead;vacuum_due=3", TEND_WARNING, "t: many dead", "VACUUM (ANALYZE) t;"},
	{"overdue by far", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=vacuum overdue;advice=x;vacuum_due=20", TEND_CRITICAL, "t: x", "VACUUM"},
	{"unattended, and to be analyzed", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=unattended;advice=off;vacuum_due=0.5;modified=1000", TEND_NOTICE, "t: off", "VACUUM (ANALYZE)"},
	{"unattended, and hardly changed", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=unattended;advice=off;vacuum_due=0.5;modified=900", QUIET},
	{"unattended history of ours", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=unattended;advice=off;vacuum_due=0.5;modified=100000;is_own=1", QUIET},
	{"unattended", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=unattended;advice=off;vacuum_due=1.5", TEND_NOTICE, "t: off", "VACUUM"},
	{"unattended for long", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=unattended;advice=off;vacuum_due=50", TEND_WARNING, "t: off", "VACUUM"},
	{"overdue: due only", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=vacuum due;advice=soon;vacuum_due=1.5", QUIET},
	{"overdue: a small catalog", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=vacuum overdue;advice=x;vacuum_due=50;is_catalog=1;dead=5000", QUIET},
	{"overdue: a catalog", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=vacuum overdue;advice=x;vacuum_due=5;is_catalog=1;dead=50000", TEND_WARNING, "t: x", "VACUUM"},
	{"overdue: somebody's temporary table", TEND_HEALTH_OVERDUE, 2, "object=t;verdict=unattended;advice=x;vacuum_due=50;persistence=temporary", QUIET},
	{"dead rows", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=ok;dead=2000;live=8000;dead_ratio=0.2;is_catalog=0;vacuumed_lately=0", TEND_NOTICE, "20 % of the rows of t are dead: 2 000 of 10 000", "VACUUM t;"},
	{"dead rows: many", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=vacuum due;dead=20000;live=80000;dead_ratio=0.2;is_catalog=0;vacuumed_lately=0", TEND_WARNING, "20 %", "VACUUM t;"},
	{"dead rows that stay", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=vacuum blocked;dead=20000;live=80000;dead_ratio=0.2;is_catalog=0;vacuumed_lately=1;blocker_remedy=SELECT end", TEND_WARNING, "cannot remove", "SELECT end"},
	{"dead rows: just at the threshold", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=ok;dead=1000;live=9000;dead_ratio=0.1;is_catalog=0;vacuumed_lately=0", QUIET},
	{"dead rows: a tiny table", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=ok;dead=99;live=1;dead_ratio=0.99;is_catalog=0;vacuumed_lately=0", QUIET},
	{"dead rows: since autovacuum came by", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=vacuum due;dead=5000;live=10;dead_ratio=0.99;is_catalog=0;vacuumed_lately=1", QUIET},
	{"dead rows: vacuum is at it", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=vacuum running;dead=50000;live=10;dead_ratio=0.99;is_catalog=0;vacuumed_lately=0", QUIET},
	{"dead rows: a new catalog", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=ok;dead=500;live=1000;dead_ratio=0.33;is_catalog=1;vacuumed_lately=0", QUIET},
	{"dead rows: lost counters", TEND_HEALTH_DEAD_ROWS, 0.1, "object=t;verdict=statistics lost;dead=500;live=0;dead_ratio=null;is_catalog=0;vacuumed_lately=0", QUIET},
	{"stale statistics", TEND_HEALTH_STALE_STATISTICS, DAY, "object=t;modified=6000;live=100000;analyzed_seconds_ago=90000;can_analyze=1;is_catalog=0", TEND_NOTICE, "6 000 rows of t changed since it was analyzed, 1 d 1 h ago", "ANALYZE t;"},
	{"statistics: never made", TEND_HEALTH_STALE_STATISTICS, DAY, "object=t;modified=1000;live=1000;analyzed_seconds_ago=null;can_analyze=1;is_catalog=0", TEND_NOTICE, "which was never", "ANALYZE t;"},
	{"statistics: of today", TEND_HEALTH_STALE_STATISTICS, DAY, "object=t;modified=6000;live=100000;analyzed_seconds_ago=80000;can_analyze=1;is_catalog=0", QUIET},
	{"statistics: not a busy table", TEND_HEALTH_STALE_STATISTICS, DAY, "object=t;modified=4000;live=100000;analyzed_seconds_ago=900000;can_analyze=1;is_catalog=0", QUIET},
	{"statistics: of the catalogs of a new database", TEND_HEALTH_STALE_STATISTICS, DAY, "object=t;modified=3000;live=3000;analyzed_seconds_ago=null;can_analyze=1;is_catalog=1", QUIET},
	{"statistics: of our history", TEND_HEALTH_STALE_STATISTICS, DAY, "object=t;modified=30000;live=30000;analyzed_seconds_ago=null;can_analyze=1;is_catalog=0;is_own=1", QUIET},
	{"statistics: a standby cannot", TEND_HEALTH_STALE_STATISTICS, DAY, "object=t;modified=6000;live=6000;analyzed_seconds_ago=90000;can_analyze=0;is_catalog=0", QUIET},
	{"partitioned table: stale", TEND_HEALTH_PARTITIONED_STATISTICS, 7 * DAY, "object=p;kind=analyze;reason=never;command=ANALYZE p;seconds_behind=700000", TEND_NOTICE, "p: never", "ANALYZE p"},
	{"partitioned table: never analyzed", TEND_HEALTH_PARTITIONED_STATISTICS, 7 * DAY, "object=p;kind=analyze;reason=never;command=ANALYZE p;seconds_behind=null", TEND_NOTICE, "p: never", "ANALYZE p"},
	{"partitioned table: not yet", TEND_HEALTH_PARTITIONED_STATISTICS, 7 * DAY, "object=p;kind=analyze;reason=never;command=ANALYZE p;seconds_behind=600000", QUIET},
	{"partitioned table: other advice", TEND_HEALTH_PARTITIONED_STATISTICS, 7 * DAY, "object=p;kind=unused index;reason=x;command=x;seconds_behind=null", QUIET},
	{"lost counters", TEND_HEALTH_LOST_STATISTICS, 1000, "object=t;verdict=statistics lost;advice=reset;reltuples=1000", TEND_NOTICE, "t: reset", "ANALYZE t;"},
	{"lost counters of a small table", TEND_HEALTH_LOST_STATISTICS, 1000, "object=t;verdict=statistics lost;advice=reset;reltuples=999", QUIET},
	{"counters are there", TEND_HEALTH_LOST_STATISTICS, 1000, "object=t;verdict=ok;advice=x;reltuples=1e6", QUIET},
	{"bloated table", TEND_HEALTH_BLOATED_TABLE, 3, "object=t;kind=bloated table;reason=large;literal='t';ratio=4", TEND_NOTICE, "t: large", "tend.bloat('t')"},
	{"bloated table: not that much", TEND_HEALTH_BLOATED_TABLE, 5, "object=t;kind=bloated table;reason=large;command=VACUUM FULL t;ratio=4", QUIET},
	{"HOT: no room on the pages", TEND_HEALTH_HOT, 0.5, "object=t;updated=20000;hot_updated=1000;to_new_page=18000;fillfactor=null;indexes=3", TEND_NOTICE, "5 % of the updates of t were HOT: the others wrote 57 000 entries", "SET (fillfactor = 90); -- room for updates in pages written from now on"},
	{"HOT: the server does not know why", TEND_HEALTH_HOT, 0.5, "object=t;updated=20000;hot_updated=1000;to_new_page=null;fillfactor=100;indexes=3", TEND_NOTICE, "5 %", "unless the updates change columns of an index"},
	{"HOT: columns of an index change", TEND_HEALTH_HOT, 0.5, "object=t;updated=20000;hot_updated=1000;to_new_page=100;fillfactor=null;indexes=3;literal='t'", TEND_NOTICE, "5 %", "relid = 't'::regclass ORDER BY idx_scan; -- the updates change columns of an index: drop one that nobody uses"},
	{"HOT: there is room already", TEND_HEALTH_HOT, 0.5, "object=t;updated=20000;hot_updated=1000;to_new_page=null;fillfactor=70;indexes=3;literal='t'", TEND_NOTICE, "5 %", "pg_stat_all_indexes"},
	{"HOT: most are", TEND_HEALTH_HOT, 0.5, "object=t;updated=20000;hot_updated=10000;to_new_page=null;fillfactor=null;indexes=3", QUIET},
	{"HOT: few updates", TEND_HEALTH_HOT, 0.5, "object=t;updated=9999;hot_updated=0;to_new_page=null;fillfactor=null;indexes=3", QUIET},
	{"HOT: no index", TEND_HEALTH_HOT, 0.5, "object=t;updated=20000;hot_updated=0;to_new_page=null;fillfactor=null;indexes=0", QUIET},

	/* autovacuum */
	{"saturated", TEND_HEALTH_WORKERS, 3, "busy=3;workers=3;delayed=0;tables_due=9;cost_limit=200", TEND_WARNING, "all 3 autovacuum workers are busy, and 9 tables wait", "autovacuum_max_workers = 6"},
	{"saturated, since they rest", TEND_HEALTH_WORKERS, 3, "busy=3;workers=3;delayed=3;tables_due=9;cost_limit=200", TEND_WARNING, "3 of the workers rest", "autovacuum_vacuum_cost_limit = 800"},
	{"saturated, at the highest limit", TEND_HEALTH_WORKERS, 3, "busy=3;workers=3;delayed=3;tables_due=9;cost_limit=10000", TEND_WARNING, "3 of the workers rest", "autovacuum_vacuum_cost_delay = 0;"},
	{"a worker is free", TEND_HEALTH_WORKERS, 3, "busy=2;workers=3;delayed=0;tables_due=90;cost_limit=200", QUIET},
	{"few tables wait", TEND_HEALTH_WORKERS, 3, "busy=3;workers=3;delayed=0;tables_due=8;cost_limit=200", QUIET},
	{"nobody knows how many wait", TEND_HEALTH_WORKERS, 3, "busy=3;workers=3;delayed=0;tables_due=null;cost_limit=200", QUIET},
	{"throttled", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=7200;in_delay=1;delay_share=null;cost_limit=200;cost_delay_ms=2", TEND_WARNING, "autovacuum of t has run for 2 h, and rests: 2 ms after each 200", "autovacuum_vacuum_cost_limit = 800"},
	{"throttled, as the server measured", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=7200;in_delay=0;delay_share=0.8;cost_limit=200;cost_delay_ms=2", TEND_WARNING, "rests 80 % of that time", "cost_limit = 800"},
	{"throttled by its own options", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=7200;in_delay=1;delay_share=null;cost_limit=200;cost_delay_ms=2.5;own_options=1;table=public.t;prefix=", TEND_WARNING, "2.5 ms after each 200 of cost, as options of the table say", "ALTER TABLE public.t SET (autovacuum_vacuum_cost_limit = 800);"},
	{"of its TOAST table", TEND_HEALTH_THROTTLED, 3600, "object=pg_toast.pg_toast_1;seconds=7200;in_delay=1;delay_share=null;cost_limit=200;cost_delay_ms=2;own_options=1;table=public.t;prefix=toast.", TEND_WARNING, "as options of the table say", "ALTER TABLE public.t SET (toast.autovacuum_vacuum_cost_limit = 800);"},
	{"near the highest limit", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=7200;in_delay=1;delay_share=null;cost_limit=5000;cost_delay_ms=2", TEND_WARNING, "2 ms after each 5000 of cost, shared by all workers", "cost_limit = 10000;"},
	{"at the highest limit", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=7200;in_delay=1;delay_share=null;cost_limit=10000;cost_delay_ms=2", TEND_WARNING, "2 ms after each 10000", "autovacuum_vacuum_cost_delay = 0;"},
	{"a large table takes its time", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=7200;in_delay=0;delay_share=null;cost_limit=200;cost_delay_ms=2", QUIET},
	{"it rested little", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=7200;in_delay=1;delay_share=0.1;cost_limit=200;cost_delay_ms=2", QUIET},
	{"throttled for a moment", TEND_HEALTH_THROTTLED, 3600, "object=t;seconds=60;in_delay=1;delay_share=null;cost_limit=200;cost_delay_ms=2", QUIET},
	{"cancelled", TEND_HEALTH_CANCELLED, 3, "object=public.t;cancelled=3", TEND_WARNING, "autovacuum of public.t was cancelled 3 times", "VACUUM public.t;"},
	{"cancelled twice", TEND_HEALTH_CANCELLED, 3, "object=public.t;cancelled=2", QUIET},

	/* queries */
	{"regression", TEND_HEALTH_PLAN, 1.2, "object=query 1;verdict=regressed;state=confirmed;ratio=5;same_plan=0;lost_ms_per_hour=1000;explanation=5 times slower;query=SELECT 1;remedy=ANALYZE t",
		TEND_WARNING, "5 times slower", "ANALYZE t"},
	{"regression: not yet confirmed", TEND_HEALTH_PLAN, 1.2, "object=query 1;verdict=regressed;state=open;ratio=null;same_plan=0;lost_ms_per_hour=null;explanation=never ends;remedy=null;old_planid=11;new_planid=12",
		TEND_NOTICE, "never ends", "SELECT tend.plan_diff(11, 12);"},
	{"regression: over", TEND_HEALTH_PLAN, 1.2, "object=query 1;verdict=regressed;state=resolved;ratio=5;same_plan=0;explanation=x", QUIET},
	{"regression: improved", TEND_HEALTH_PLAN, 1.2, "object=query 1;verdict=improved;state=open;ratio=0.5;same_plan=0;explanation=x", QUIET},
	{"regression: with the same plan it is none", TEND_HEALTH_PLAN, 1.2, "object=query 1;verdict=regressed;state=open;ratio=5;same_plan=1;explanation=x", QUIET},
	{"slow", TEND_HEALTH_SLOW_QUERY, 3, "object=query 1;verdict=regressed;state=confirmed;ratio=5;same_plan=1;lost_ms_per_hour=1000;explanation=slow;remedy=look",
		TEND_WARNING, "slow", "look"},
	{"slow: not that much", TEND_HEALTH_SLOW_QUERY, 3, "object=query 1;verdict=regressed;state=confirmed;ratio=2.9;same_plan=1;lost_ms_per_hour=1000;explanation=slow;remedy=look", QUIET},
	{"slow: by another plan", TEND_HEALTH_SLOW_QUERY, 3, "object=query 1;verdict=regressed;state=confirmed;ratio=5;same_plan=0;explanation=slow;remedy=look", QUIET},
	{"misestimate", TEND_HEALTH_MISESTIMATE, 2, "object=t (a, b);action=create;q_error_now=20;q_error_expected=1.1;sampled_ms=10;proof=twice;command=CREATE STATISTICS s ON a, b FROM t", TEND_NOTICE, "twice", "CREATE STATISTICS"},
	{"misestimate: small", TEND_HEALTH_MISESTIMATE, 2, "object=t (a, b);action=create;q_error_now=1.9;proof=twice;command=x", QUIET},
	{"misestimate: statistics that do not help", TEND_HEALTH_MISESTIMATE, 2, "object=t (a, b);action=drop;q_error_now=20;proof=x;command=x", QUIET},
	{"spilling", TEND_HEALTH_SPILL, 10, "object=query 1;calls=10;temp_bytes=1048576000;work_mem_kb=4096", TEND_WARNING, "writes 100 MB to temporary files in each of 10 executions, with work_mem of 4096 kB", "SET work_mem = '256MB'; -- where it is run, or for its role by ALTER ROLE"},
	{"spilling more than memory can hold", TEND_HEALTH_SPILL, 10, "object=query 1;calls=1;temp_bytes=10e9;work_mem_kb=4096", TEND_WARNING, "9537 MB", "sort and join less"},
	{"spilling a little", TEND_HEALTH_SPILL, 10, "object=query 1;calls=100;temp_bytes=1e8;work_mem_kb=4096", QUIET},
	{"wasted scan", TEND_HEALTH_WASTED_SCAN, 0.99, "object=public.t;scans=3;rows_read=300000;rows_kept=30;columns=a, b", TEND_WARNING, "3 sampled sequential scans of public.t read 100 000 rows each and kept 10", "CREATE INDEX CONCURRENTLY ON public.t (a, b);"},
	{"wasted scan: no column is known", TEND_HEALTH_WASTED_SCAN, 0.99, "object=public.t;scans=3;rows_read=300000;rows_kept=0;columns=null", TEND_WARNING, "kept 0", "an index on public.t"},
	{"wasted scan: there is an index", TEND_HEALTH_WASTED_SCAN, 0.99, "object=public.t;scans=3;rows_read=300000;rows_kept=30;columns=a, b;index=t_a", TEND_WARNING, "kept 10", "why index t_a of public.t does not serve"},
	{"a scan that keeps enough", TEND_HEALTH_WASTED_SCAN, 0.99, "object=public.t;scans=3;rows_read=300000;rows_kept=30000;columns=a", QUIET},
	{"scans of a small table", TEND_HEALTH_WASTED_SCAN, 0.99, "object=public.t;scans=30;rows_read=100000;rows_kept=0;columns=a", QUIET},
	{"wasted scan: once", TEND_HEALTH_WASTED_SCAN, 0.99, "object=public.t;scans=2;rows_read=300000;rows_kept=0;columns=a", QUIET},
	{"no pruning", TEND_HEALTH_PRUNING, 32, "object=query 1;calls=10;partitions=320;total_exec_ms=5;planid=77", TEND_NOTICE, "32 partitions in its plan, in each of 10", "planid = 77;"},
	{"pruning", TEND_HEALTH_PRUNING, 32, "object=query 1;calls=10;partitions=20;total_exec_ms=5;planid=77", QUIET},
	{"no pruning, a few times", TEND_HEALTH_PRUNING, 32, "object=query 1;calls=9;partitions=900;total_exec_ms=5;planid=77", QUIET},

	/* indexes */
	{"invalid index", TEND_HEALTH_INVALID_INDEX, 0, "object=public.i;table=public.t;bytes=8192;is_ready=1;is_leftover=0;building=0", TEND_WARNING, "index public.i of public.t (8192 bytes) is invalid", "REINDEX INDEX CONCURRENTLY public.i;"},
	{"invalid index that REINDEX left", TEND_HEALTH_INVALID_INDEX, 0, "object=public.i_ccnew;table=public.t;bytes=8192;is_ready=0;is_leftover=1;building=0", TEND_WARNING, "no query uses it", "DROP INDEX CONCURRENTLY public.i_ccnew;"},
	{"index that is being built", TEND_HEALTH_INVALID_INDEX, 0, "object=public.i;table=public.t;bytes=8192;is_ready=1;is_leftover=0;building=1", QUIET},
	{"small invalid index", TEND_HEALTH_INVALID_INDEX, 1, "object=public.i;table=public.t;bytes=8192;is_ready=1;is_leftover=0;building=0", QUIET},
	{"unused index", TEND_HEALTH_UNUSED_INDEX, 8, "object=public.i;kind=unused index;bytes=1e8;reason=not used;command=DROP INDEX", TEND_NOTICE, "not used", "DROP INDEX"},
	{"unused index: small", TEND_HEALTH_UNUSED_INDEX, 100, "object=public.i;kind=unused index;bytes=1e8;reason=not used;command=DROP INDEX", QUIET},
	{"used index", TEND_HEALTH_UNUSED_INDEX, 8, "object=public.i;kind=bloated index;bytes=1e8;reason=not used;command=DROP INDEX", QUIET},
	{"bloated index", TEND_HEALTH_BLOATED_INDEX, 3, "object=public.i;kind=bloated index;bytes=1e8;ratio=4;reason=too large;command=REINDEX", TEND_NOTICE, "too large", "REINDEX"},
	{"bloated index: not that much", TEND_HEALTH_BLOATED_INDEX, 5, "object=public.i;kind=bloated index;bytes=1e8;ratio=4;reason=too large;command=REINDEX", QUIET},
	{"duplicate index", TEND_HEALTH_DUPLICATE_INDEX, 0, "object=public.j;twin=public.i;bytes=16384", TEND_NOTICE, "has the same definition as public.i", "DROP INDEX CONCURRENTLY public.j;"},
	{"duplicate index: small", TEND_HEALTH_DUPLICATE_INDEX, 1, "object=public.j;twin=public.i;bytes=16384", QUIET},
	{"correlation lost", TEND_HEALTH_CORRELATION, 0.5, "object=public.t;index=t_at;column=at;bytes=1e9;correlation=-0.2;was=0.99", TEND_NOTICE, "correlation of at fell from 0.99 to 0.20", "CLUSTER public.t USING t_at;"},
	{"correlation: never was", TEND_HEALTH_CORRELATION, 0.5, "object=public.t;index=t_at;column=at;bytes=1e9;correlation=0.1;was=0.5", QUIET},
	{"correlation: still there", TEND_HEALTH_CORRELATION, 0.5, "object=public.t;index=t_at;column=at;bytes=1e9;correlation=0.6;was=1", QUIET},

	/* pg_tend itself */
	{"not loaded", TEND_HEALTH_SELF, 10, "object=library;loaded=0", TEND_WARNING, "not loaded at server start", "shared_preload_libraries"},
	{"loaded", TEND_HEALTH_SELF, 10, "object=library;loaded=1", QUIET},
	{"the launcher is gone", TEND_HEALTH_SELF, 10, "object=launcher;status=not started", TEND_WARNING, "does not run", "server log"},
	{"no worker for visits", TEND_HEALTH_SELF, 10, "object=launcher;status=no slot", TEND_WARNING, "no free background worker", "max_worker_processes"},
	{"switched off", TEND_HEALTH_SELF, 10, "object=launcher;status=disabled", TEND_NOTICE, "switched off", "pg_tend.enabled = on"},
	{"the launcher runs", TEND_HEALTH_SELF, 10, "object=launcher;status=running", QUIET},
	{"a standby waits", TEND_HEALTH_SELF, 10, "object=launcher;status=standby", QUIET},
	{"late", TEND_HEALTH_SELF, 10, "object=visits;status=visited;failures=0;late_intervals=10;error=null", TEND_WARNING, "10 intervals ago", "tend.self"},
	{"failing", TEND_HEALTH_SELF, 10, "object=visits;status=failed;failures=2;late_intervals=3;error=disk full", TEND_WARNING, "the last 2 visits of this database failed: disk full", "tend.self"},
	{"failed once", TEND_HEALTH_SELF, 10, "object=visits;status=failed;failures=1;late_intervals=3;error=x", QUIET},
	{"another version", TEND_HEALTH_SELF, 10, "object=visits;status=mismatch;failures=0;late_intervals=null;error=null", TEND_WARNING, "another version", "ALTER EXTENSION pg_tend UPDATE"},
	{"left out", TEND_HEALTH_SELF, 10, "object=visits;status=excluded;failures=0;late_intervals=null;error=null", TEND_NOTICE, "does not name this database", "pg_tend.databases"},
	{"visited", TEND_HEALTH_SELF, 10, "object=visits;status=visited;failures=0;late_intervals=1;error=null", QUIET},
	{"not visited yet", TEND_HEALTH_SELF, 10, "object=visits;status=unknown;failures=0;late_intervals=null;error=null", QUIET},
	{"no room for tables", TEND_HEALTH_SELF, 10, "object=memory;tables_evicted=1000;databases_without_room=0;calls_dropped=0;texts_dropped=0", TEND_NOTICE, "1 000 tables were forgotten", "pg_tend.max_tables"},
	{"no room for databases", TEND_HEALTH_SELF, 10, "object=memory;tables_evicted=0;databases_without_room=1;calls_dropped=0;texts_dropped=0", TEND_WARNING, "more databases", "pg_tend.databases"},
	{"no room for plans", TEND_HEALTH_SELF, 10, "object=memory;tables_evicted=0;databases_without_room=0;calls_dropped=5000;texts_dropped=0", TEND_NOTICE, "5 000 executions", "pg_tend.max_plans"},
	{"no room for texts", TEND_HEALTH_SELF, 10, "object=memory;tables_evicted=0;databases_without_room=0;calls_dropped=0;texts_dropped=5000", TEND_NOTICE, "no text", "pg_tend.plan_memory"},
	{"room for all", TEND_HEALTH_SELF, 10, "object=memory;tables_evicted=10;databases_without_room=0;calls_dropped=10;texts_dropped=10", QUIET},
};

/* Settings: the rule that looks first at this one, and then at others */
typedef struct SettingCase
{
	const char *name;
	const char *facts;
	TendSeverity want;
}			SettingCase;

static const SettingCase setting_cases[] = {
	{"fsync", "fsync=0", TEND_CRITICAL},
	{"fsync", "fsync=1", TEND_OK},
	{"full_page_writes", "full_page_writes=0;fsync=1", TEND_WARNING},
	{"full_page_writes", "full_page_writes=1;fsync=1", TEND_OK},
	{"autovacuum", "autovacuum=0;track_counts=1", TEND_WARNING},
	{"autovacuum", "autovacuum=1;track_counts=0", TEND_WARNING},
	{"autovacuum", "autovacuum=1;track_counts=1", TEND_OK},
	{"archive_mode", "archive_mode=on;archive_command=;archive_library=", TEND_WARNING},
	{"archive_mode", "archive_mode=on;archive_command=(disabled);archive_library=null", TEND_WARNING},
	{"archive_mode", "archive_mode=on;archive_command=cp;archive_library=", TEND_OK},
	{"archive_mode", "archive_mode=on;archive_command=;archive_library=basic_archive", TEND_OK},
	{"archive_mode", "archive_mode=off;archive_command=;archive_library=", TEND_OK},
	{"work_mem", "work_mem=1048576;max_connections=100;shared_buffers=16384;memory_kb=16e6", TEND_NOTICE},
	{"work_mem", "work_mem=4096;max_connections=100;shared_buffers=16384;memory_kb=16e6", TEND_OK},
	{"work_mem", "work_mem=1048576;max_connections=100;shared_buffers=16384;memory_kb=null", TEND_OK},
	{"maintenance_work_mem", "maintenance_work_mem=4194304;autovacuum_work_mem=-1;autovacuum_max_workers=3;memory_kb=16e6", TEND_NOTICE},
	{"maintenance_work_mem", "maintenance_work_mem=4194304;autovacuum_work_mem=65536;autovacuum_max_workers=3;memory_kb=16e6", TEND_OK},
	{"shared_buffers", "shared_buffers=1.6e6;memory_kb=16e6", TEND_NOTICE},
	{"shared_buffers", "shared_buffers=0.5e6;memory_kb=16e6", TEND_OK},
	{"effective_cache_size", "effective_cache_size=1000;shared_buffers=16384", TEND_NOTICE},
	{"effective_cache_size", "effective_cache_size=524288;shared_buffers=16384", TEND_OK},
	{"random_page_cost", "random_page_cost=0.5;seq_page_cost=1", TEND_NOTICE},
	{"random_page_cost", "random_page_cost=1;seq_page_cost=1", TEND_OK},
	{"max_parallel_workers", "max_parallel_workers=9;max_worker_processes=8", TEND_NOTICE},
	{"max_parallel_workers", "max_parallel_workers=8;max_worker_processes=8", TEND_OK},
	{"max_parallel_workers_per_gather", "max_parallel_workers_per_gather=9;max_parallel_workers=8", TEND_NOTICE},
	{"max_parallel_workers_per_gather", "max_parallel_workers_per_gather=2;max_parallel_workers=8", TEND_OK},
	{"vacuum_freeze_table_age", "vacuum_freeze_table_age=195e6;autovacuum_freeze_max_age=200e6", TEND_NOTICE},
	{"vacuum_freeze_table_age", "vacuum_freeze_table_age=150e6;autovacuum_freeze_max_age=200e6", TEND_OK},
	{"vacuum_freeze_min_age", "vacuum_freeze_min_age=150e6;autovacuum_freeze_max_age=200e6", TEND_NOTICE},
	{"vacuum_freeze_min_age", "vacuum_freeze_min_age=50e6;autovacuum_freeze_max_age=200e6", TEND_OK},
	{"vacuum_failsafe_age", "vacuum_failsafe_age=200e6;autovacuum_freeze_max_age=200e6", TEND_NOTICE},
	{"vacuum_failsafe_age", "vacuum_failsafe_age=1600e6;autovacuum_freeze_max_age=200e6", TEND_OK},
	{"autovacuum_max_workers", "autovacuum_max_workers=10;autovacuum_vacuum_cost_limit=-1;vacuum_cost_limit=200;autovacuum_vacuum_cost_delay=2;vacuum_cost_delay=0", TEND_NOTICE},
	{"autovacuum_max_workers", "autovacuum_max_workers=10;autovacuum_vacuum_cost_limit=2000;vacuum_cost_limit=200;autovacuum_vacuum_cost_delay=2;vacuum_cost_delay=0", TEND_OK},
	{"autovacuum_max_workers", "autovacuum_max_workers=10;autovacuum_vacuum_cost_limit=-1;vacuum_cost_limit=200;autovacuum_vacuum_cost_delay=-1;vacuum_cost_delay=0", TEND_OK},
	{"autovacuum_max_workers", "autovacuum_max_workers=3;autovacuum_vacuum_cost_limit=-1;vacuum_cost_limit=200;autovacuum_vacuum_cost_delay=2;vacuum_cost_delay=0", TEND_OK},
	{"lock_timeout", "lock_timeout=5000;statement_timeout=5000;deadlock_timeout=1000;log_lock_waits=0", TEND_NOTICE},
	{"lock_timeout", "lock_timeout=5000;statement_timeout=0;deadlock_timeout=1000;log_lock_waits=1", TEND_OK},
	{"lock_timeout", "lock_timeout=500;statement_timeout=0;deadlock_timeout=1000;log_lock_waits=1", TEND_NOTICE},
	{"lock_timeout", "lock_timeout=0;statement_timeout=0;deadlock_timeout=1000;log_lock_waits=1", TEND_OK},
	{"max_slot_wal_keep_size", "max_slot_wal_keep_size=100;wal_keep_size=1000", TEND_NOTICE},
	{"max_slot_wal_keep_size", "max_slot_wal_keep_size=-1;wal_keep_size=1000", TEND_OK},
	{"synchronous_standby_names", "synchronous_standby_names=s1;synchronous_commit=off", TEND_WARNING},
	{"synchronous_standby_names", "synchronous_standby_names=s1;synchronous_commit=on", TEND_OK},
	{"synchronous_standby_names", "synchronous_standby_names=;synchronous_commit=off", TEND_OK},
	{"hot_standby_feedback", "hot_standby_feedback=1;hot_standby=0", TEND_NOTICE},
	{"hot_standby_feedback", "hot_standby_feedback=1;hot_standby=1", TEND_OK},
	{"pg_tend.track_plans", "pg_tend.track_plans=top;compute_query_id=off", TEND_NOTICE},
	{"pg_tend.track_plans", "pg_tend.track_plans=none;compute_query_id=off", TEND_OK},
	{"pg_tend.track_plans", "pg_tend.track_plans=top;compute_query_id=auto", TEND_OK},
	{"pg_tend.wraparound_critical_age", "pg_tend.wraparound_critical_age=1e8;pg_tend.wraparound_warning_age=5e8", TEND_NOTICE},
	{"pg_tend.wraparound_critical_age", "pg_tend.wraparound_critical_age=1e9;pg_tend.wraparound_warning_age=5e8", TEND_OK},
};

static bool
next_item(const char **text, char *item, size_t size)
{
	size_t		len = strcspn(*text, ";");

	if (**text == '\0')
		return false;
	if (len >= size)
		abort();
	memcpy(item, *text, len);
	item[len] = '\0';
	*text += len + ((*text)[len] == ';');
	return true;
}

/* Words have letters, and numbers have none but "e". */
static void
given_facts(TendHealthFacts *facts, const char *text)
{
	char		item[256];

	facts->n = 0;
	while (next_item(&text, item, sizeof(item)))
	{
		char	   *equals = strchr(item, '=');
		char	   *end;
		double		number;

		*equals++ = '\0';
		number = strtod(equals, &end);
		if (strcmp(equals, "null") == 0)
			tend_facts_add(facts, strdup(item), NAN);
		else if (*equals != '\0' && *end == '\0' && strstr(item, "planid") == NULL &&
				 strcmp(item, "last_failed_wal") != 0)
			tend_facts_add(facts, strdup(item), number);
		else
			tend_facts_add_word(facts, strdup(item), strdup(equals));
	}
}

static void
test_cases(void)
{
	TendHealthFinding finding;
	bool		fires[TEND_HEALTH_CHECKS] = {false};
	bool		quiet[TEND_HEALTH_CHECKS] = {false};

	tend_health_finding_init(&finding);
	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		const Case *c = &cases[i];
		TendHealthFacts facts;
		bool		ok;

		given_facts(&facts, c->facts);
		ok = tend_health_judge(c->check, &facts, c->threshold, &finding) == (c->want != TEND_OK) &&
			finding.severity == c->want;
		*(c->want == TEND_OK ? &quiet[c->check] : &fires[c->check]) = true;
		if (ok && c->want != TEND_OK)
			ok = strstr(finding.message.data, c->message) != NULL && strstr(finding.remedy.data, c->remedy) != NULL;
		if (!tap_ok(ok, c->name))
			fprintf(stderr, "# %s: severity %d, want %d\n# %s\n# %s\n", c->name, finding.severity, c->want,
					finding.message.data, finding.remedy.data);
	}
	fires[TEND_HEALTH_SETTINGS] = quiet[TEND_HEALTH_SETTINGS] = true;	/* below */
	for (int check = 0; check < TEND_HEALTH_CHECKS; check++)
	{
		if (!tap_ok(fires[check] && quiet[check], "each check has a case that makes it fire, and one that keeps it quiet"))
			fprintf(stderr, "# %s\n", tend_health_info(check)->name);
	}
}

/* The worst that the rules of this name say */
static TendSeverity
judge_setting(const SettingCase * c, TendHealthFinding *finding)
{
	TendSeverity worst = TEND_OK;

	for (int rule = 0; rule < tend_health_setting_rules(); rule++)
	{
		TendHealthFacts facts;

		if (strcmp(tend_health_setting_names(rule)[0], c->name) != 0)
			continue;
		given_facts(&facts, c->facts);
		tend_facts_add(&facts, "rule", rule);
		if (tend_health_judge(TEND_HEALTH_SETTINGS, &facts, NAN, finding))
			worst = Max(worst, finding->severity);
	}
	return worst;
}

static void
test_settings(void)
{
	TendHealthFinding finding;
	char		name[256];

	tend_health_finding_init(&finding);
	for (int i = 0; i < (int) lengthof(setting_cases); i++)
	{
		const		SettingCase *c = &setting_cases[i];

		snprintf(name, sizeof(name), "settings: %s is %s", c->facts, tend_severity_name(c->want));
		tap_ok(judge_setting(c, &finding) == c->want, name);
	}
	/* nothing is known: nothing is said, and nothing breaks */
	for (int rule = 0; rule < tend_health_setting_rules(); rule++)
	{
		TendHealthFacts facts = {0};

		tend_facts_add(&facts, "rule", rule);
		if (strcmp(tend_health_setting_names(rule)[0], "archive_mode") == 0)
			continue;
		tap_ok(!tend_health_judge(TEND_HEALTH_SETTINGS, &facts, NAN, &finding),
			   "a setting that the server does not have breaks no rule");
	}
}

/* ---- Little's law ---- */

static void
test_connections(void)
{
	tap_number(tend_useful_connections(100, 0.04), 10, "4 at work on average need 10");
	tap_number(tend_useful_connections(100, 0.25), 40, "25 at work on average need 40");
	tap_number(tend_useful_connections(100, 0), 1, "an idle server needs one");
	tap_number(tend_useful_connections(100, 1.2), 130, "statistics that come late are no more than all of the time");
}

/* ---- the worst of many ---- */

static void
test_places(void)
{
	TendHealthRank ranks[3] = {{TEND_CRITICAL, 1}, {TEND_WARNING, 9}, {TEND_WARNING, 5}};

	tap_number(tend_health_place(ranks, 0, 3, (TendHealthRank) {TEND_NOTICE, 1}), 0, "the first has the first place");
	tap_number(tend_health_place(ranks, 3, 3, (TendHealthRank) {TEND_CRITICAL, 2}), 0, "the worst comes first");
	tap_number(tend_health_place(ranks, 3, 3, (TendHealthRank) {TEND_WARNING, 7}), 2, "weight decides among equals");
	tap_number(tend_health_place(ranks, 3, 3, (TendHealthRank) {TEND_WARNING, 5}), -1, "who came first stays");
	tap_number(tend_health_place(ranks, 3, 3, (TendHealthRank) {TEND_NOTICE, 100}), -1, "severity is more than weight");
	tap_number(tend_health_place(ranks, 2, 3, (TendHealthRank) {TEND_NOTICE, 100}), 2, "as long as there is room, all have a place");
}

/* ---- tables ---- */

static void
test_tables(void)
{
	GivenTune	g;
	TendTableVerdict v;
	TendHealthFacts facts;
	TendHealthFinding finding;
	StringInfoData advice;

	initStringInfo(&advice);
	tend_health_finding_init(&finding);
	given_tune(&g, "dead=3000 live=7000 reltuples=10000 relpages=100", "");
	v = tend_table_verdict(&g.table);
	tend_facts_of_table(&facts, "public.orders", &g.table, &v, &advice);
	tap_ok(tend_health_judge(TEND_HEALTH_DEAD_ROWS, &facts, 0.1, &finding), "a table with dead rows");
	tap_contains(finding.message.data, "30 % of the rows of public.orders", "says how many");
	tap_ok(!tend_health_judge(TEND_HEALTH_OVERDUE, &facts, 2, &finding), "is not overdue yet");

	given_tune(&g, "dead=9000 live=7000 reltuples=10000 relpages=100", "");
	v = tend_table_verdict(&g.table);
	tend_facts_of_table(&facts, "public.orders", &g.table, &v, &advice);
	tap_ok(tend_health_judge(TEND_HEALTH_OVERDUE, &facts, 2, &finding), "a table far past its threshold is");
	tap_number(finding.value, v.table.vacuum_due, "by how much");

	given_tune(&g, "", "");
	v = tend_table_verdict(&g.table);
	tend_facts_of_table(&facts, "public.orders", &g.table, &v, &advice);
	for (int check = 0; check < TEND_HEALTH_CHECKS; check++)
	{
		if (check == TEND_HEALTH_FREEZE || check == TEND_HEALTH_OVERDUE || check == TEND_HEALTH_DEAD_ROWS ||
			check == TEND_HEALTH_STALE_STATISTICS || check == TEND_HEALTH_LOST_STATISTICS)
			tap_ok(!tend_health_judge(check, &facts, 1, &finding), "a healthy table is not mentioned");
	}
}

int
main(void)
{
	test_cases();
	test_settings();
	test_connections();
	test_places();
	test_tables();
	return tap_done();
}
