#!/usr/bin/perl
#
# face.pl TABLES ...
#
# The measurements of bench/face.  Runs in a copy of the sources that is thrown
# away, as a user other than root, the programs of PostgreSQL first in PATH and
# PG_CONFIG set.  Everything it makes lies in tmp_check.
#
use strict;
use warnings FATAL => 'all';

use Cwd qw(getcwd);
use FindBin;
use List::Util qw(sum);
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);

use lib $FindBin::RealBin, "$FindBin::RealBin/../../test/perl";
use BenchServer;
use GrafanaQueries;

$| = 1;

my $out = getcwd() . '/tmp_check';
# with 10 000 tables
my %budget_ms = (health => 1000, report => 5000);
my $refresh_ms = 200;			# all queries of a dashboard

my $settings = <<'END';
listen_addresses = ''
fsync = off
autovacuum = off
max_locks_per_transaction = 512
END

sub create_tables
{
	my ($database, $tables) = @_;
	psql($database, 'CREATE EXTENSION pg_tend');
	psql($database, <<"END");
DO \$\$ BEGIN
	FOR i IN 1 .. $tables LOOP
		EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, note text)', i);
		EXECUTE format('INSERT INTO t%s SELECT g, ''x'' FROM generate_series(1, 20) g', i);
		IF i % 500 = 0 THEN COMMIT; END IF;
	END LOOP;
END \$\$
END
	psql($database, q{CREATE TABLE large AS SELECT i AS id, repeat('x', 100) AS note FROM generate_series(1, 1000000) i});
	psql($database, 'CREATE INDEX ON large (id)');
	psql($database, 'ANALYZE');
	# as autovacuum would have
	psql($database, "VACUUM $_") foreach qw(pg_class pg_attribute pg_index pg_statistic pg_depend);
	for (1 .. 300)
	{
		return if psql($database, 'SELECT count(DISTINCT relid) FROM tend.table_history') > $tables;
		sleep 1;
	}
	die "$database->{database} was not visited\n";
}

# The median of five, each in a new session
sub milliseconds
{
	my ($database, $sql) = @_;
	my @ms;
	for (1 .. 5)
	{
		push @ms, psql($database, <<"END");
DO \$\$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	PERFORM count(*) FROM ($sql) q;
	PERFORM set_config('bench.ms', (extract(epoch FROM clock_timestamp() - began) * 1000)::text, false);
END \$\$;
SELECT current_setting('bench.ms');
END
	}
	return (sort { $a <=> $b } @ms)[2];
}

# A day of history of all tables, and what others would have written
sub write_history
{
	my ($database) = @_;
	psql($database, <<'END');
INSERT INTO tend.table_history_1 (at, relid, schema_name, table_name, live_tuples, dead_tuples, vacuum_threshold, insert_threshold,
       analyze_threshold, inserts_since_vacuum, mods_since_analyze, dead_per_second, inserted, updated, hot_updated, deleted, vacuum_count,
       analyze_count, table_bytes, index_bytes, toast_bytes, xid_age, mxid_age, verdict)
SELECT now() - i * interval '1 hour' - interval '1 minute', c.oid, 'public', c.relname, 20, i, 54, 1004, 52, 20, 20, 0.1, 20, i, i, i, 0, 1, 8192, 16384, 8192,
       100000 - i, 10, 'ok'
  FROM generate_series(24, 1, -1) i, pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace;
INSERT INTO tend.table_history_1 (at, relid, schema_name, table_name, live_tuples, dead_tuples, vacuum_threshold, insert_threshold,
       analyze_threshold, inserts_since_vacuum, mods_since_analyze, dead_per_second, inserted, updated, hot_updated, deleted, vacuum_count,
       analyze_count, table_bytes, index_bytes, toast_bytes, xid_age, mxid_age, verdict)
SELECT now() - i * interval '1 minute', 'large'::regclass, 'public', 'large', 1000000, 1440 - i, 200050, 1000, 52, 20, 20, 0.1, 20, 1440 - i, 1440 - i,
       1440 - i, 0, 1, 8192, 16384, 8192, 100000 - i, 10, 'ok'
  FROM generate_series(1440, 1, -1) i;
INSERT INTO tend.database_history_1 (at, next_xid, next_mxid, xid_age, live_tuples, dead_tuples, table_count, tables_due)
SELECT now() - i * interval '1 minute', 1000000 - i, 1, 100000 - i, 1200000, i, 10000, i % 7 FROM generate_series(1440, 1, -1) i;
INSERT INTO tend.events_1
SELECT now() - i * interval '1 minute', 'warning', 'vacuum overdue', format('public.t%s', i), 'single', 'a message', '{}' FROM generate_series(1440, 1, -1) i;
INSERT INTO tend.plan_history_1
SELECT now() - i * interval '30 minutes', 1800, 10, 40 + q / 2, 100 + q, true, 100, 0, 1000.0 * q, 1, 1, 20, 100, 500, 5, 0, 0, 0, 0.9, array_fill(0, ARRAY[24])
  FROM generate_series(48, 1, -1) i, generate_series(1, 1000) q;
INSERT INTO tend.plan_change_log_1
SELECT now() - i * interval '4 minutes', now() - i * interval '4 minutes', 10, 42 + i, true, 1, 2, 'regressed', 'resolved', 0, 'analyze', 'It is slower.', NULL,
       '{}', 1, 100, 100, 7200000, now(), now(), '{}', '{}', '{}', repeat('SELECT 1, ', 200), repeat('Index Scan ', 300), repeat('Seq Scan ', 300)
  FROM generate_series(300, 1, -1) i;
INSERT INTO tend.io_history_1
SELECT now() - i * interval '1 minute', 60, o.operation, o.file_class, o.backend_type, 60, 0, 0, 60 * 0.8, 500, 2000, 5000, 20000, array_fill(2, ARRAY[28])
  FROM generate_series(1440, 1, -1) i,
       (VALUES ('fdatasync', 'wal', 'client backend'), ('fdatasync', 'wal', 'walwriter'), ('fdatasync', 'wal', 'autovacuum worker'),
               ('fsync', 'data', 'checkpointer'), ('write', 'wal', 'walwriter'), ('fsync', 'slru', 'checkpointer')) o(operation, file_class, backend_type);
INSERT INTO tend.checkpoint_history_1 (at, started, kind, reason, sources, write_ms, sync_ms, total_ms, longest_sync_ms, buffers_written, files_synced)
SELECT now() - i * interval '5 minutes', now() - i * interval '5 minutes' - interval '1 minute', 'checkpoint', 'time', 1, 50000, 700, 60000, 300, 1000, 40
  FROM generate_series(288, 1, -1) i;
END
	psql($database, "ANALYZE tend.$_") foreach qw(table_history database_history events plan_history plan_change_log io_history checkpoint_history);
}

# Milliseconds of each query, elapsed and of CPU, in a session that has asked
# before, as those of Grafana have: medians of five rounds
sub times_of
{
	my ($database, @sql) = @_;
	my $file = "$out/dashboard.sql";
	my $cpu = q(\! cut -d' ' -f1 "/proc/$SESSION/schedstat" | sed 's/^/CPU: /');

	open my $f, '>:encoding(UTF-8)', $file or die "$file: $!";
	print $f "SET jit = off;\nSELECT pg_backend_pid() AS pid \\gset\n\\setenv SESSION :pid\n\\timing on\n",
	  map { "$cpu\n$_\n\\g /dev/null\n$cpu\n" } (@sql) x 6;
	close $f or die "$file: $!";
	my $said = psql_file($database, $file, 'face');
	my @elapsed = $said =~ /^Time: ([\d.]+) ms/mg;
	my @ns = $said =~ /^CPU: (\d+)/mg;
	die "$file does not say all times\n" if @elapsed != 6 * @sql || @ns != 12 * @sql;
	my @used = map { ($ns[ 2 * $_ + 1 ] - $ns[ 2 * $_ ]) / 1e6 } 0 .. $#elapsed;
	return map {
		my $times = $_;
		[ map { my $q = $_; (sort { $a <=> $b } map { $times->[ $q + $_ * @sql ] } 1 .. 5)[2] } 0 .. $#sql ]
	} \@elapsed, \@used;
}

sub measure
{
	my ($database, $tables, $what) = @_;
	my $ms = milliseconds($database, $what);
	my $budget = $tables <= 10000 && $what =~ /tend\.(\w+)/ ? $budget_ms{$1} : undef;

	printf "%8d  %-34s %8.0f  %s\n", $tables, $what =~ s/SELECT (\* FROM )?//r, $ms,
	  !defined $budget ? '' : $ms <= $budget ? 'within budget' : 'over budget';
	return;
}

# What Grafana would ask at each refresh; variables are looked up only when a dashboard opens.
sub measure_dashboards
{
	my ($database, $tables) = @_;
	my $dashboards = read_dashboards("$FindBin::RealBin/../../grafana/dashboards");

	printf "\n%8s  %-20s %7s %8s %8s  %-13s %s\n", 'tables', 'dashboard', 'queries', 'ms', 'CPU ms', '', 'of these the slowest';
	foreach my $name (sort keys %$dashboards)
	{
		my $d = $dashboards->{$name};
		my ($hours) = $d->{time}{from} =~ /^now-(\d+)h$/;
		my %values = map { $_->{name} => $_->{includeAll} ? { raw => $_->{allValue} } : $_->{name} eq 'table' ? 'large' : 'public' } variables_of($d);
		my %time = (interval => '5m', from => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - 3600 * ($hours // 168))),
			to => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime));
		my @queries = grep { $_->{format} ne 'variable' } queries_of($d);
		my ($elapsed, $used) = times_of($database, map { expand($_->{sql}, %time, variables => \%values) } @queries);
		my ($slowest) = sort { $used->[$b] <=> $used->[$a] } 0 .. $#queries;
		my ($ms, $cpu) = map { sum(@$_) } $elapsed, $used;
		printf "%8d  %-20s %7d %8.0f %8.0f  %-13s %.0f: %s\n", $tables, $name =~ s/\.json//r, scalar @queries, $ms, $cpu,
		  $tables > 10000 ? '' : $ms <= $refresh_ms ? 'within budget' : $cpu <= $refresh_ms ? 'by CPU' : 'over budget',
		  $used->[$slowest], $queries[$slowest]{what};
	}
	print "\n";
}

enter_bench();
build_stage();
my $data = make_template($settings, sub { });
my $server = start_server({ name => 'face', data => $data, preload => 'pg_tend', settings => { 'pg_tend.interval' => 5 } });

printf "%8s  %-34s %8s\n", 'tables', 'what', 'ms';
foreach my $tables (@ARGV)
{
	my $database = in_database($server, "face_$tables");

	psql($server, "CREATE DATABASE $database->{database}");
	create_tables($database, $tables);
	foreach my $what ('SELECT * FROM tend.health', 'SELECT * FROM tend.tables', 'SELECT * FROM tend.table_facts(300)', 'SELECT * FROM tend.top',
		map({ "SELECT * FROM tend.metrics_$_" } qw(table verdict health queries tuning self blocker wraparound io checkpoint)),
		"SELECT * FROM tend.bloat('large')", "SELECT * FROM tend.bloat('large', 100000)")
	{
		measure($database, $tables, $what);
	}
	write_history($database);
	print "with a day of history\n";
	measure($database, $tables, $_) foreach 'SELECT * FROM tend.health', 'SELECT tend.report()';
	measure_dashboards($database, $tables);
}
