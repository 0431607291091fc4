# What plan tracking must survive, or keep out of: each was a fault once.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('in_the_way', conf => "compute_query_id = on\njit = off");
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

# ---- a cursor that fails in a subtransaction, and lives on outside of it ----

$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION fetch_until_error() RETURNS int LANGUAGE plpgsql AS $$
DECLARE r record; c refcursor := 'c';
BEGIN
    BEGIN
        FETCH NEXT FROM c INTO r;
        FETCH NEXT FROM c INTO r;
        FETCH NEXT FROM c INTO r;
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
    RETURN 1;
END $$;
SQL
foreach my $end ('COMMIT', 'ROLLBACK')
{
	is( $node->safe_psql('postgres', <<"SQL"), 1, "$end after the error of a cursor that was caught");
BEGIN;
DECLARE c CURSOR FOR SELECT 1 / (3 - i) FROM generate_series(1, 5) i;
SELECT fetch_until_error();
$end;
SQL
}

# after an error that a savepoint catches, statements are the client's again
$node->safe_psql('postgres', <<'SQL');
SELECT tend.plans_reset();
BEGIN;
DECLARE c CURSOR FOR SELECT 1 / (3 - i) FROM generate_series(1, 5) i;
SAVEPOINT s;
\set ON_ERROR_STOP 0
FETCH ALL FROM c;
\set ON_ERROR_STOP 1
ROLLBACK TO s;
SELECT 'after' AS word;
SELECT 'after' AS word;
COMMIT;
SQL
is( $node->safe_psql('postgres', "SELECT sum(calls) FROM tend.plans WHERE query LIKE '%AS word' AND toplevel"),
	2, 'and after the error of a cursor in a savepoint statements are tracked');

# ---- the text of one statement is not cut out of another ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE u (i int, pw text);
PREPARE p AS SELECT i FROM u WHERE pw = 'hunter2secret and ' OR pw = 'zzzzzzzzzzzzzzzzzzzzzzzzz';
SELECT pg_sleep(0.1) aaaaaaaaaaaaaaaaaaaa\;CREATE TABLE kx AS EXECUTE p\; SELECT 1;
SELECT pg_sleep(0.1) aaaaaaaaaaaaaaaaaaaa\;CREATE TABLE ky AS EXECUTE p\; SELECT 1;
SQL
is($node->safe_psql('postgres', "SELECT count(*) FROM tend.plans WHERE query LIKE '%unter2%' OR query LIKE '%zzzz%'"),
	0, 'CREATE TABLE AS EXECUTE shows no part of a constant');

# ---- who describes a plan can be cancelled ----

$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION twice(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2 * i; END';
CREATE VIEW v AS SELECT i FROM u WHERE twice(i) = 4;
SQL
my $blocker = $node->background_psql('postgres');
my $user = $node->background_psql('postgres', on_error_stop => 0);
$user->query_safe("SET plan_cache_mode = force_generic_plan; PREPARE q AS SELECT * FROM v; SET pg_tend.track_plans = none; EXECUTE q; SET pg_tend.track_plans = top");
$user->query_safe("SET statement_timeout = '1s'");
$blocker->query_safe('BEGIN; LOCK pg_proc IN ACCESS EXCLUSIVE MODE');
# without the fix this would wait until the lock is released
$user->query('EXECUTE q');
$blocker->query_safe('COMMIT');
like(slurp_file($node->logfile), qr/canceling statement due to statement timeout/,
	'a statement that describes its plan heeds its timeout');
$blocker->quit;
$user->quit;

# ---- memory that runs out, in hooks and elsewhere ----

$node->safe_psql('postgres',
	q{CREATE FUNCTION limit_memory(kb int) RETURNS bool LANGUAGE C AS 'limit_memory', 'limit_memory'});
my $poor = session($node, 'postgres');
my $pid = say_in($poor, 'SELECT pg_backend_pid() FROM limit_memory(NULL);');

foreach my $spare (map { 64 * $_ } 0 .. 24)
{
	# another plan each time, that takes some memory of its own, too
	my @statements = map { "SELECT count(*), repeat('x', @{[ 1000 * $_ ]}) AS poor FROM generate_series(1, 3) a$_"
		  . join('', map { " JOIN generate_series(1, 3) b$_(i) ON b$_.i > $_" } 0 .. $_ % 7) . ';' } 1 .. 20;

	say_in($poor, join "\n", "SELECT limit_memory($spare);",
		@statements, 'BEGIN; SAVEPOINT s;', @statements[ 0 .. 3 ], 'ROLLBACK;');
	# even that needs memory
	foreach (1 .. 100)
	{
		last if say_in($poor, 'SELECT limit_memory(NULL);') eq 't';
	}
}
like($poor->{err}, qr/^ERROR:  out of memory$/m, 'memory did run out');
say_in($poor, "SELECT count(*) FROM u WHERE i = 166;\n" x 3);
is(say_in($poor, 'SELECT pg_backend_pid();'), $pid, 'the session is still there');
close_session($poor);
ok( $node->poll_query_until('postgres', q{SELECT sum(calls) = 3 FROM tend.plans WHERE query LIKE '%FROM u WHERE i =%' AND toplevel}),
	'and its statements are tracked as before');

is( join("\n", grep { !/division by zero|canceling statement|out of memory|current transaction is aborted/ }
		log_errors($node, 0)),
	'', 'and nothing else is in the log');
$node->stop;
done_testing();
