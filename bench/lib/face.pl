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

use Cwd;
use Time::HiRes qw(sleep time);

$| = 1;

my $out = getcwd() . '/tmp_check';
my $data = "$out/data";
my $budget_ms = 1000;			# of tend.health, with 10 000 tables

$ENV{PGHOST} = $out;
$ENV{PGUSER} = 'postgres';
$ENV{PGOPTIONS} = '';

sub run_logged
{
	my ($what, $command) = @_;
	system("$command >> $out/$what.log 2>&1") == 0
	  or die "$what failed:\n" . `tail -n 40 $out/$what.log`;
}

sub psql
{
	my ($database, $sql) = @_;
	open my $psql, '-|', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-c', $sql
	  or die "psql: $!";
	my $answer = do { local $/; <$psql> } // '';
	close $psql or die "failed: $sql\n";
	chomp $answer;
	return $answer;
}

sub write_configuration
{
	my $stage = "$out/stage";
	my $settings = `postgres --describe-config`;
	chomp(my $sharedir = `pg_config --sharedir`);
	chomp(my $libdir = `pg_config --pkglibdir`);
	my $control =
		$settings =~ /^extension_control_path\t/m ? "extension_control_path = '$stage$sharedir:\$system'"
	  : $settings =~ /^extension_destdir\t/m ? "extension_destdir = '$stage'"
	  : die "this server cannot load an extension from outside its own directories\n";

	open my $conf, '>>', "$data/postgresql.conf" or die "postgresql.conf: $!";
	print $conf <<"END";
dynamic_library_path = '$stage$libdir:\$libdir'
$control
shared_preload_libraries = 'pg_tend'
pg_tend.interval = 5
listen_addresses = ''
unix_socket_directories = '$out'
fsync = off
autovacuum = off
max_locks_per_transaction = 512
END
	close $conf;
}

sub create_tables
{
	my ($database, $tables) = @_;
	psql('postgres', "CREATE DATABASE $database");
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
	for (1 .. 300)
	{
		return if psql($database, 'SELECT count(DISTINCT relid) FROM tend.table_history') > $tables;
		sleep 1;
	}
	die "$database was not visited\n";
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

mkdir $out or -d $out or die "$out: $!";
run_logged('build', 'make -s -j2 with_llvm=no PG_CONFIG=$PG_CONFIG');
run_logged('build', "make -s install with_llvm=no DESTDIR=$out/stage PG_CONFIG=\$PG_CONFIG");
run_logged('initdb', "initdb -D $data -U $ENV{PGUSER} -A trust --no-sync");
write_configuration();
run_logged('server', "pg_ctl -w -t 120 -D $data start");
END { system("pg_ctl -w -m fast -D $data stop > /dev/null 2>&1") if -e "$data/postmaster.pid" }

printf "%8s  %-34s %8s\n", 'tables', 'what', 'ms';
foreach my $tables (@ARGV)
{
	my $database = "face_$tables";

	create_tables($database, $tables);
	foreach my $what ('SELECT * FROM tend.health', 'SELECT * FROM tend.tables', 'SELECT * FROM tend.top',
		map({ "SELECT * FROM tend.metrics_$_" } qw(table verdict health queries tuning self blocker wraparound io checkpoint)),
		"SELECT * FROM tend.bloat('large')", "SELECT * FROM tend.bloat('large', 100000)")
	{
		my $ms = milliseconds($database, $what);
		my $verdict = $what =~ /tend\.health/ && $tables <= 10000 ? ($ms <= $budget_ms ? 'within budget' : 'over budget') : '';
		printf "%8d  %-34s %8.0f  %s\n", $tables, $what =~ s/SELECT \* FROM //r, $ms, $verdict;
	}
}
