# No constant of a statement is shown, kept or logged by us, unless somebody
# asks for it; and a standby tracks what is executed there.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = tend_node('secrets', allows_streaming => 1, conf => <<'END');
compute_query_id = on
pg_tend.track_plans = all
log_min_error_statement = panic
log_error_verbosity = terse
jit = off
END
$primary->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($primary, 'vault');
$primary->safe_psql('vault', <<'SQL');
CREATE TABLE account (id int PRIMARY KEY, name text, code numeric, tags text[], j jsonb);
INSERT INTO account SELECT i, 'name' || i, i, ARRAY['a'], '{}' FROM generate_series(1, 1000) i;
CREATE INDEX account_name ON account (name) WHERE name <> 'plain';
ANALYZE account;
SQL

# Everything that is secret has this in it, the numbers too.
my $mark = 's3cr3t';
my $digits = '735173517351';
my $statements = <<"SQL";
SELECT * FROM account WHERE name = '$mark' OR code = $digits OR code = $digits.5 OR id = 73517351;
SELECT '$mark'::text, B'1', x'7351735', E'\\\\x$mark', U&'$mark', \$q\$$mark\$q\$, -$digits, 1e5 FROM account WHERE name LIKE '%$mark%';
SELECT name FROM account WHERE tags && ARRAY['$mark', 'x'] AND j \@> '{"k": "$mark"}' AND name IN ('$mark', 'other');
SELECT name /* $mark */ FROM account -- $mark
 WHERE id = 1 /* /* $mark */ */;
SELECT 1 AS first WHERE '$mark' <> 'x'\\; SELECT name FROM account WHERE name = '$mark'\\; SELECT 2 AS third, '$mark';
INSERT INTO account VALUES (100000, '$mark', $digits, '{$mark}', '{"a": "$mark"}');
UPDATE account SET name = '$mark', code = $digits WHERE id = 100000 AND name > '$mark' RETURNING name || '$mark';
DELETE FROM account WHERE id = 100000 OR name = '$mark';
MERGE INTO account a USING (VALUES (200000, '$mark')) v (id, name) ON a.id = v.id
  WHEN NOT MATCHED THEN INSERT VALUES (v.id, '$mark', $digits) ;
DELETE FROM account WHERE id = 200000;
PREPARE p (text) AS SELECT * FROM account WHERE name = \$1 AND name <> '$mark';
EXECUTE p('$mark');
DEALLOCATE p;
DO \$\$ BEGIN PERFORM * FROM account WHERE name = '$mark'; EXECUTE 'SELECT name FROM account WHERE name = '''
  || '$mark' || ''' AND name <> \$1' USING '$mark'; END \$\$;
CREATE TABLE copied AS SELECT '$mark' AS x, * FROM account WHERE name = '$mark';
DROP TABLE copied;
COPY (SELECT '$mark', name FROM account WHERE name = '$mark') TO '/dev/null';
BEGIN; DECLARE c CURSOR FOR SELECT name || '$mark' FROM account WHERE name <> '$mark'; FETCH 2 FROM c; COMMIT;
CREATE FUNCTION pg_temp.f(x text) RETURNS bigint LANGUAGE plpgsql AS \$\$
  BEGIN RETURN (SELECT count(*) FROM account WHERE name = x OR name = '$mark'); END \$\$;
CREATE FUNCTION pg_temp.g(x text) RETURNS bigint LANGUAGE sql VOLATILE AS
  \$\$ SELECT count(*) FROM account WHERE name = x OR name = '$mark' \$\$;
SELECT pg_temp.f('$mark'), pg_temp.g('$mark');
SELECT pg_temp.f('$mark'), pg_temp.g('$mark');
SELECT x.a, count(*) OVER (ORDER BY name = '$mark') FROM (SELECT '$mark' AS a, name FROM account GROUP BY name
  HAVING max(name) > '$mark') x LIMIT 73517351;
WITH RECURSIVE r AS (SELECT '$mark' AS s UNION ALL SELECT s || '$mark' FROM r WHERE s < '$mark') SELECT * FROM r;
SELECT CASE name WHEN '$mark' THEN '$mark' ELSE (SELECT '$mark' WHERE name = '$mark') END FROM account WHERE id < 3;
SELECT * FROM generate_series(73517351, 73517352) g, (VALUES ('$mark')) v, unnest(ARRAY['$mark']) u, LATERAL (SELECT '$mark' WHERE g > 1) l;
SELECT 1 / (id - 7) FROM account WHERE name <> '$mark' AND id > 5 ORDER BY id;
SELECT name::int FROM account WHERE id < 10 AND name || '$mark' > 'n';
SELECT set_config('application_name', '$mark', false), name FROM account WHERE id = 735;
EXPLAIN SELECT * FROM account WHERE name = '$mark';
SQL

# the first time, and again, with a description of each plan at first sight too
sub tell_secrets
{
	my ($node, $settings, $sql) = @_;

	$node->psql('vault', $settings . $sql x 2, on_error_stop => 0);
	$node->psql('vault', "$settings SET enable_seqscan = off; SET seq_page_cost = 1e6;\n$sql", on_error_stop => 0);
	return;
}

# Where could it be?
sub finds
{
	my ($node, $what) = @_;

	return $node->safe_psql('vault', <<"SQL");
SELECT string_agg(place || ': ' || line, E'\\n') FROM (
  SELECT 'tend.plans', concat_ws(' ', query, plan, settings) FROM tend.plans WHERE query NOT LIKE '%tend.%' UNION ALL
  SELECT 'tend.plan_changes', c::text FROM tend.plan_changes c UNION ALL
  SELECT 'tend.plan_change_log', c::text FROM tend.plan_change_log c UNION ALL
  SELECT 'tend.planner_inputs', i::text FROM tend.planner_inputs i UNION ALL
  SELECT 'tend.plan_history', h::text FROM tend.plan_history h UNION ALL
  SELECT 'tend.events', e::text FROM tend.events e) a (place, line)
 WHERE line ~* '$what'
SQL
}

tell_secrets($primary, '', $statements);
$primary->poll_query_until('vault',
	"SELECT count(*) > 20 FROM tend.plans WHERE datname = 'vault' AND query ~ 'account' AND plan IS NOT NULL");
cmp_ok($primary->safe_psql('vault', "SELECT count(*) FROM tend.plans WHERE datname = 'vault' AND query ~ 'account' AND plan IS NOT NULL"),
	'>', 20, 'many statements and plans were described');
is($primary->safe_psql('vault', "SELECT value FROM tend.self WHERE part = 'plans' AND metric = 'failures'"), '0',
	'none could not be');
ask_for_visits($primary, 'vault', 2);
is(finds($primary, "$mark|7351735"), '', 'no constant is anywhere');
unlike(slurp_file($primary->logfile), qr/pg_tend.*(?:$mark|7351735)/, 'nor in what pg_tend logs');
$primary->stop('fast');
unlike(slurp_file($primary->data_dir . '/pg_stat/pg_tend_plans.stat'), qr/$mark|7351735/, 'nor in the file that keeps the plans');
$primary->start;

$primary->safe_psql('vault', 'SELECT tend.plans_reset()');
tell_secrets($primary, "SET pg_tend.plan_constants = on;\n", "SELECT name AS shown FROM account WHERE name = '$mark';\n");
$primary->poll_query_until('vault', "SELECT count(*) > 0 FROM tend.plans WHERE query ~ 'shown'");
is($primary->safe_psql('vault', "SELECT DISTINCT query FROM tend.plans WHERE query ~ 'shown'"),
	"SELECT name AS shown FROM account WHERE name = '$mark'", 'pg_tend.plan_constants keeps them in queries');
is($primary->safe_psql('vault', "SELECT bool_and(plan ~ '$mark') FROM tend.plans WHERE query ~ 'shown'"), 't', 'and in plans');

# ---- on a standby ----

$primary->safe_psql('postgres', 'CREATE DATABASE fleeting');
$primary->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
my $read = "SELECT count(*) AS read_here FROM account WHERE id < 100;\n";
$standby->safe_psql('vault', $read x 3);
$standby->psql('vault', "SELECT 1 / (id - 9) AS failed_here FROM account;\n" x 2, on_error_stop => 0);
ok($standby->poll_query_until('vault',
		"SELECT sum(calls) = 3 AND bool_and(plan ~ 'Scan') FROM tend.plans WHERE query ~ 'read_here'"),
	'a standby tracks what is executed there');
ok($standby->poll_query_until('vault',
		"SELECT aborted = 2 FROM tend.plans WHERE query ~ 'failed_here'"), 'and what fails there');
is($primary->safe_psql('vault', "SELECT count(*) FROM tend.plans WHERE query ~ 'read_here'"), '0', 'which the primary does not know');
$standby->safe_psql('fleeting', "SELECT count(*) AS gone_soon FROM pg_class;\n" x 2);
ok($standby->poll_query_until('vault', "SELECT count(*) > 0 FROM tend.plans WHERE datname = 'fleeting'"), 'a database is used there');
drop_database($primary, 'fleeting');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
# its launcher looks every 5 seconds
ok($standby->poll_query_until('vault', 'SELECT count(*) = 0 FROM tend.plans WHERE datname IS NULL'),
	'when it is dropped, the standby forgets its plans');
is($standby->safe_psql('vault', 'SELECT count(*) FROM tend.plan_changes'), '0', 'all views can be read there');
my $plans = "SELECT string_agg(concat_ws(' ', planid, calls, aborted, plan), '|' ORDER BY planid) FROM tend.plans WHERE query ~ '_here'";
my $before = $standby->safe_psql('vault', $plans);
$standby->restart;
is($standby->safe_psql('vault', $plans), $before, 'a restart of it keeps its plans');
$standby->promote;
$standby->safe_psql('vault', $read x 2);
is($standby->safe_psql('vault', "SELECT sum(calls) >= 3, count(*) FROM tend.plans WHERE query ~ 'read_here'"), 't|1',
	'after promotion, it goes on');
wait_for_visits($standby, 'vault', 1);
pass('and is visited');
$standby->safe_psql('vault', 'SELECT tend.plans_reset()');
is($standby->safe_psql('vault', $plans), '', 'until the plans are reset');
unlike(slurp_file($_->logfile), qr/terminated by signal|PANIC|TRAP/, 'no crash') foreach $primary, $standby;
$standby->stop;
$primary->stop;
done_testing();
