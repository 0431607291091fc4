# Names are chosen by anybody, remedies of tend.health are pasted by superusers:
# none may run what a name says.  Nor may a name be markup in tend.report().
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('hostile', conf => <<'END');
max_prepared_transactions = 5
compute_query_id = on
pg_tend.health_rows = 100
pg_tend.health_prepared_age = 0
pg_tend.health_spill = 8
pg_tend.health_duplicate_index_size = 0
pg_tend.health_wasted_scan = 0.5
pg_tend.estimate_sample_rate = 1
END
my $marker = $node->basedir . '/pasted';

# They close what a remedy may have opened, end a comment, or call psql
my @names = (
	q{a'); DROP TABLE public.victim; --},
	qq{b\n; DROP TABLE public.victim; --},
	qq{c\r; DROP TABLE public.victim; --},
	q{d"; DROP TABLE public.victim; --},
	q{e\'; DROP TABLE public.victim; --},
	q{f*/ $$; DROP TABLE public.victim; --},
	qq{g\n\\! touch pasted\n},
	q{h</pre></svg>"'><script>alert(1)</script>},
	"i \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" x 5);

sub literal { return "'" . ($_[0] =~ s/'/''/gr) . "'" }

# from 19 on a role has no line breaks
my $break = int($node->pg_version) >= 19 ? "'; " : "\n";
my $role = "mal${break}ALTER ROLE mallory SUPERUSER; --";

# ---- all that one can name ----

$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION pg_tend;
CREATE TABLE victim ();
CREATE ROLE mallory LOGIN;
CREATE ROLE "$role" LOGIN IN ROLE mallory;
CREATE SCHEMA "s'); DROP TABLE public.victim; --" AUTHORIZATION mallory;
SQL
wait_for_visits($node, 'postgres', 1);
teach($node, 'postgres');
# what is learnt shall stay the last
stop_visits($node);
foreach my $name (@names)
{
	my $table = '"s\'); DROP TABLE public.victim; --"."' . ($name =~ s/"/""/gr) . '"';
	my $column = '"' . ($name =~ s/"/""/gr) . '"';
	my $index = '"' . (substr($name =~ s/[^\x00-\x7f]//gr, 0, 50) =~ s/"/""/gr) . ' %s"';

	$node->safe_psql('postgres', join(";\n", 'SET ROLE mallory', "CREATE TABLE $table (id int, $column int) WITH (autovacuum_enabled = off, fillfactor = 70)",
			"INSERT INTO $table SELECT i, i FROM generate_series(1, 12000) i",
			map({ "CREATE INDEX " . sprintf($index, $_) . " ON $table (id)" } 1, 2),
			"UPDATE $table SET id = id + 100000"));
	$node->safe_psql('postgres', "SELECT count(*) FROM $table WHERE $column = 7") for 1 .. 3;
	$node->safe_psql('postgres', "CALL public.learn(ARRAY[" . literal($table) . "]::regclass[], 0, '{\"table_bytes\": 200000000, \"live_tuples\": 10000}');"
		  . "CALL public.learn(ARRAY[" . literal($table) . "]::regclass[], 0, '{\"table_bytes\": 2000000000, \"live_tuples\": 10000, \"updated\": 9999999}')");
}
$node->safe_psql('postgres', qq{BEGIN; CREATE TABLE p (); PREPARE TRANSACTION } . literal("x'); DROP TABLE public.victim; --"));
$node->safe_psql('postgres', q{SET work_mem = '64kB'; SELECT count(*) FROM (SELECT i FROM generate_series(1, 1000000) i ORDER BY i DESC OFFSET 0) s},
	extra_params => [ '-U', $role ]);

# ---- paste ----

my %pasted;
my $findings = $node->safe_psql('postgres', <<'SQL');
SELECT encode(convert_to(string_agg(check_name || E'\x01' || remedy, E'\x02'), 'UTF8'), 'hex')
  FROM tend.health
 WHERE check_name <> 'settings' AND remedy !~ '^(ALTER SYSTEM|SELECT pg_terminate)'
SQL
chdir $node->basedir;
foreach my $finding (split /\x02/, pack('H*', $findings))
{
	my ($check, $remedy) = split /\x01/, $finding, 2;

	$pasted{$check}++;
	$node->psql('postgres', $remedy, on_error_stop => 0);
}
foreach my $check ('dead rows', 'HOT updates', 'stale statistics', 'duplicate index', 'wasted scan', 'bloated table', 'vacuum overdue')
{
	cmp_ok($pasted{$check} // 0, '>=', @names, "$check: a remedy for each name was pasted");
}
cmp_ok($pasted{$_} // 0, '>=', 1, "$_: so was that") foreach 'prepared transaction', 'spilling';
is($node->safe_psql('postgres', q{SELECT to_regclass('public.victim')}), 'victim', 'no name was run as SQL');
is($node->safe_psql('postgres', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'}), 'f', 'nor was that of a role');
ok(!-e $marker, 'nor did psql take one for a command of its own');

# ---- read ----

my $page = $node->safe_psql('postgres', 'SELECT tend.report()');
like($page, qr/&lt;script&gt;/, 'the page has that table');
unlike($page, qr/<script|<\/pre><\/svg>/, 'and it is no markup');

# A parallel query may want one, too.
my $parallel = $node->safe_psql('postgres', q{SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')});
is($node->safe_psql('postgres', "SET $parallel = on; SELECT length($_) > 1000"), 't', "$_ comes in a session that is told to work in parallel")
  foreach 'tend.report()', '(SELECT string_agg(h::text, \'\') FROM tend.health h)';
$node->stop;
done_testing();
