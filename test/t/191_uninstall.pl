# Removal: what stays behind is said, and what is said to remove it removes it.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use File::Find;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('uninstall', conf => <<'END');
autovacuum = on
autovacuum_naptime = 1s
autovacuum_vacuum_threshold = 50000
autovacuum_vacuum_insert_threshold = 50000
autovacuum_analyze_threshold = 50000
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

# How many rows each catalog has, but for those that count the present
my $catalogs = <<'SQL';
SELECT c.relname,
       (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', c.oid::regclass), false, true, '')))[1]
  FROM pg_class c
 WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
   AND c.relname NOT IN ('pg_statistic', 'pg_largeobject')
 ORDER BY 1
SQL

# ---- a database to which nothing was done ----

$node->safe_psql('postgres', 'CREATE DATABASE plain');
my $before = $node->safe_psql('plain', $catalogs);
$node->safe_psql('plain', 'CREATE EXTENSION pg_tend');
ok($node->poll_query_until('plain', 'SELECT count(*) > 0 FROM tend.table_history'), 'a database is visited');
isnt($node->safe_psql('plain', $catalogs), $before, 'its catalogs have grown');
my ($ret, $out, $err) = $node->psql('plain', 'DROP EXTENSION pg_tend');
is($err, '', 'without changes to tables there is nothing to say when it goes');
$node->safe_psql('plain', 'DROP SCHEMA tend');
is($node->safe_psql('plain', $catalogs), $before, 'and every catalog has as many rows as before');

# ---- one whose tables were changed ----

create_databases($node, 'shop');
$node->safe_psql('shop', <<'SQL');
CREATE TABLE orders (id int, city int, zip int, note text);
INSERT INTO orders SELECT g, g % 50, g % 100, repeat('x', 100) FROM generate_series(1, 10000) g;
ALTER TABLE orders SET (parallel_workers = 2);
SELECT pg_stat_force_next_flush();
SQL
$node->safe_psql('shop', 'VACUUM ANALYZE orders');
my $options = options_of($node, 'shop', 'orders');
teach($node, 'shop');
learn($node, 'shop', 'orders', 100);
# Its rows die, which visits have to see.
foreach (1 .. 60)
{
	$node->safe_psql('shop', 'UPDATE orders SET id = -id WHERE id BETWEEN 1 AND 1000; UPDATE orders SET id = -id WHERE id < 0;'
		  . 'SELECT pg_stat_force_next_flush()');
	ask_for_visits($node, 'shop', 1);
	last if $node->safe_psql('shop', 'SELECT count(*) FROM tend.autovacuum_advice') > 0;
}
is($node->safe_psql('shop', "SELECT DISTINCT result FROM tend.apply_autovacuum('orders')"),
	'done', 'options of a table are set');
$node->safe_psql('shop', "SELECT * FROM tend.verify_statistics('orders', '{city,zip}')");
is($node->safe_psql('shop', "SELECT result FROM tend.apply_statistics('orders', '{city,zip}')"),
	'done', 'and statistics created');
my $tuned = options_of($node, 'shop', 'orders');
isnt($tuned, $options, 'the table has other options than before');

($ret, $out, $err) = $node->psql('shop', 'BEGIN; DROP EXTENSION pg_tend; ROLLBACK');
like($err, qr/WARNING:  autovacuum options that pg_tend set stay on 1 table\n/, 'what stays is said');
like($err, qr/WARNING:  statistics that pg_tend created stay on 1 table\n/, 'of both kinds');
my @hints = $err =~ /^HINT:  .*?: (SELECT .*;)$/mg;
is(scalar(@hints), 2, 'with the commands that undo it');

# whoever does not mind
$node->safe_psql('postgres', 'ALTER DATABASE shop ALLOW_CONNECTIONS false');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'shop'");
$node->safe_psql('postgres', 'CREATE DATABASE careless TEMPLATE shop; ALTER DATABASE shop ALLOW_CONNECTIONS true');
my $offset = log_size($node);
$node->safe_psql('careless', 'DROP EXTENSION pg_tend; DROP SCHEMA tend');
is(options_of($node, 'careless', 'orders'), $tuned, 'the options stay, if they are not undone');
is($node->safe_psql('careless', 'SELECT count(*) FROM pg_statistic_ext'), '1', 'and the statistics');

# whoever does as told
$node->safe_psql('shop', $_) foreach @hints;
is(options_of($node, 'shop', 'orders'), $options, 'after the commands the table is as before');
is($node->safe_psql('shop', 'SELECT count(*) FROM pg_statistic_ext'), '0', 'without statistics');
($ret, $out, $err) = $node->psql('shop', 'DROP EXTENSION pg_tend');
is($err, '', 'and there is nothing more to say');

# ---- the worker ----

wait_for_status($node, $_, 'without the extension', "the worker idles in $_") foreach qw(careless shop);
wait_for_visits($node, 'postgres', 2);
my @noise = grep { /WARNING|ERROR|pg_tend/ && !/autovacuum options|statistics that pg_tend|pg_tend (?:took back|reset)|HINT|DETAIL|STATEMENT/ }
  split /\n/, log_since($node, $offset);
is("@noise", '', 'and says nothing');

# ---- the server ----

my $doc = slurp_file("$FindBin::RealBin/../../doc/install.md");
my ($files) = $doc =~ m{^ *rm -f "\$PGDATA"/(\S+)$}m;
ok(defined $files, 'doc/install.md says which files to remove');
sub files_of_ours
{
	my @found;

	find({ no_chdir => 1, wanted => sub { push @found, $_ if m{/[^/]*tend[^/]*$} && !/tender/ } }, $node->data_dir);
	return @found;
}
$node->stop;
cmp_ok(scalar(files_of_ours()), '>', 0, 'an orderly shutdown leaves files');
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
$offset = log_size($node);
$node->start;
is(join("\n", log_errors($node, $offset)), '', 'the server starts without the library, with its settings still there');
($ret, $out, $err) = $node->psql('postgres', 'DROP EXTENSION pg_tend; DROP SCHEMA tend');
is($ret, 0, 'a database that was forgotten can be cleaned without the library');
unlike($node->safe_psql('postgres', 'SELECT string_agg(backend_type, $$ $$) FROM pg_stat_activity'),
	qr/tend/, 'no process of ours is left');
$node->stop;
unlink glob $node->data_dir . "/$files";
is(join("\n", files_of_ours()), '', 'the command of the manual removes all files of ours');
$node->start;
unlike(scalar run_command([ 'pg_dumpall', '--dbname', $node->connstr('postgres') ]),
	qr/tend/, 'and nothing of it is in a dump');

$node->stop;
done_testing();
