# tend.report() gives a page that holds, in places where little else does.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# ---- a page is well-formed XML, and accessible ----

# The server has an XML parser, mostly; no other is needed.
my ($has_xml, $primary);

sub count_of
{
	my ($page, $xpath) = @_;

	return $primary->safe_psql('postgres',
		"SELECT cardinality(xpath('$xpath', replace(\$page\$$page\$page\$, '<!DOCTYPE html>', '')::xml,"
		  . " '{{h,http://www.w3.org/1999/xhtml}}'))");
}

sub check_page
{
	my ($page, $name) = @_;

	subtest $name => sub {
		like($page, qr/\A<!DOCTYPE html>.*<\/html>\n\z/s, 'it is whole');
		unlike($page, qr/[^\x09\x0a\x20-\x7e]/, 'it is ASCII');
		unlike($page, qr/<script|javascript:|\s(?:on\w+|src)=/i, 'it runs no program');
		is(join(' ', $page =~ m{"(\w+://[^"]*)"}g), 'http://www.w3.org/1999/xhtml', 'it has no address but the name of XHTML');
		cmp_ok(length $page, '<', 2_000_000, 'it is not larger than 2 MB');
		my %ids;
		is(join(' ', grep { $ids{$_}++ } $page =~ /<[^<>]* id="([^"]*)"/g), '', 'no id comes twice');
		is(join(' ', grep { !$ids{$_} } $page =~ /<a href="#([^"]*)"/g), '', 'links lead somewhere in it');
		return diag('this server was built without XML: the page is not parsed') unless $has_xml;
		is(count_of($page, '//h:h1'), 1, 'it is XML, and has a heading');
		is(count_of($page, '//h:th[not(@scope)]'), 0, 'heads of tables say what they head');
		is(count_of($page, '//h:table[not(h:caption)]'), 0, 'tables have captions');
		is(count_of($page, '//h:figure[not(h:figcaption)]'), 0, 'so do figures');
		is(count_of($page, '//h:figure/h:svg[not(h:title and h:desc and @role="img")]'), 0, 'plots are described');
	};
	return;
}

sub report
{
	my ($node, $db, $arguments) = @_;

	return $node->safe_psql($db, 'SELECT tend.report(' . ($arguments // '') . ')');
}

# ---- history of a fortnight, with a reset of statistics in it ----

# What visits write is in the tables of the ring, which have indexes.

$primary = tend_node('primary', allows_streaming => 1);
$has_xml = $primary->psql('postgres', "SELECT '<a/>'::xml") == 0;
create_databases($primary, 'shop');
# history is what we write
stop_visits($primary, 'shop');
$primary->safe_psql('shop', <<'SQL');
CREATE TABLE orders (id int);
CREATE TABLE quiet (id int);
INSERT INTO tend.table_history_0 (at, relid, schema_name, table_name, live_tuples, dead_tuples, vacuum_threshold,
                                inserted, updated, deleted, vacuum_count, verdict)
SELECT now() - i * interval '10 minutes', 'orders'::regclass, 'public', 'orders', 1000,
       CASE WHEN i > 700 THEN i % 300 ELSE (1000 - i) % 300 END, 250,
       CASE WHEN i > 700 THEN 10000 - i ELSE 1000 - i END, 0, 0, CASE WHEN i > 700 THEN 20 - i / 100 ELSE 7 - i / 100 END, 'ok'
  FROM generate_series(0, 1400) i;
INSERT INTO tend.database_history (at, next_xid, next_mxid, xid_age, dead_tuples)
SELECT now() - i * interval '1 hour', 1000000 - i, 1, 180000000 - i * 1000, i % 50 FROM generate_series(0, 336) i;
INSERT INTO tend.events VALUES (now() - interval '3 days', 'warning', 'vacuum blocker', 'pid 1', 'open', 'blocked', '{"who": "somebody"}'),
                               (now() - interval '2 days', 'ok', 'vacuum blocker', 'pid 1', 'closed', 'free', NULL),
                               (now() - interval '1 hour', 'warning', 'vacuum overdue', 'orders', 'open', 'overdue', NULL);
SQL

my $page = report($primary, 'shop', "now() - interval '7 days', now(), now() - interval '14 days'");
check_page($page, 'a week, compared with the one before');
like($page, qr/vacuum was held back for 1 d/, 'what happened is told at the top');
like($page, qr/<b class="name">orders<\/b>/, 'a busy table is drawn');
unlike($page, qr/<b class="name">quiet<\/b>/, 'one without history is not');
my ($path) = $page =~ /<path class="line data" d="([^"]+)"/;
ok($path, 'there is a line');
is(() = $page =~ /class="line earlier"/g, 2, 'the earlier week is drawn, too: of the whole and of the table');
my ($line) = $page =~ /<b class="name">orders<\/b>.*?class="line data" d="([^"]+)"/s;
is(() = ($line // '') =~ /M/g, 2, 'where statistics were reset, the line has a gap');
like($page, qr/class="span"/, 'shaded is when vacuum was held back');
like($page, qr/forced freezing/, 'the limit of freezing is drawn when it is near');

# ---- many tables, with names as long as can be ----

$primary->safe_psql('shop', <<'SQL');
SET client_min_messages = warning;
DO $$ BEGIN FOR i IN 1 .. 400 LOOP
    EXECUTE format('CREATE TABLE %I (id int)', i || ' ' || repeat('&<"', 60)); END LOOP; END $$;
INSERT INTO tend.table_history_0 (at, relid, schema_name, table_name, live_tuples, dead_tuples, vacuum_threshold,
                                inserted, updated, deleted, vacuum_count, verdict)
SELECT now() - i * interval '1 minute', c.oid, 'public', c.relname, 1000, (i * 7919) % 100000, 250, 10000 - i, 0, 0, 10000 - i, 'ok'
  FROM pg_class c, generate_series(0, 200) i WHERE c.relname ~ '^\d+ &';
INSERT INTO tend.events SELECT now() - i * interval '1 second', 'warning', 'vacuum overdue', '"' || i || repeat('&', 200), 'open', repeat('<', 500), NULL
  FROM generate_series(1, 3000) i;
INSERT INTO tend.plan_change_log
SELECT now(), now() - i * interval '1 minute', 10, i, true, 1, 2, 'regressed', 'open', 0, 'analyze', repeat('<', 3000), repeat('"', 9000), '{}',
       1, 100, 100, 1000, now(), NULL, '{}', '{}', '{}', 'SELECT ' || repeat('"&" + ', 1500), repeat('<', 16000), repeat('&', 16000)
  FROM generate_series(1, 300) i;
SQL
$page = report($primary, 'shop', "now() - interval '1 day', now(), now() - interval '2 days'");
check_page($page, 'much of everything');

# ---- who may only monitor; elsewhere than on the primary ----

$primary->safe_psql('postgres', 'CREATE ROLE guest LOGIN; GRANT pg_monitor TO guest');
check_page($primary->safe_psql('shop', 'SELECT tend.report()', extra_params => [ '-U', 'guest' ]), 'for a member of pg_monitor');

$primary->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
$page = report($standby, 'shop', "now() - interval '7 days'");
check_page($page, 'on a standby');
like($page, qr/<figure id="table-0">/, 'with the history of the primary');
$standby->stop;

# ---- encodings ----

foreach my $encoding ('LATIN1', 'SQL_ASCII', 'EUC_JP')
{
	$primary->safe_psql('postgres', "CREATE DATABASE \"d_$encoding\" ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	# whatever its bytes mean in a database of another encoding
	my $name = $encoding eq 'EUC_JP' ? '\xc6fccbdc' : '\xe4f6';
	$primary->safe_psql("d_$encoding", <<"SQL");
CREATE EXTENSION pg_tend;
DO \$\$ BEGIN EXECUTE format('CREATE TABLE %I (id int)', convert_from('$name', '$encoding')); END \$\$;
INSERT INTO tend.table_history_0 (at, relid, schema_name, table_name, live_tuples, dead_tuples, vacuum_threshold, inserted, updated, deleted, vacuum_count)
SELECT now() - i * interval '1 minute', c.oid, 'public', c.relname, 1000, 900 - i, 250, 10000 - i, 0, 0, 0
  FROM pg_class c, generate_series(0, 20) i WHERE c.relnamespace = 'public'::regnamespace;
INSERT INTO tend.database_history (at, next_xid, next_mxid) VALUES (now() - interval '1 hour', 1, 1);
SQL
	$page = report($primary, "d_$encoding");
	check_page($page, "in a database in $encoding");
	like($page, { LATIN1 => qr/>&#xE4;&#xF6;</, SQL_ASCII => qr/>&#xFFFD;&#xFFFD;</, EUC_JP => qr/>&#x65E5;&#x672C;</ }->{$encoding},
		'with the names of its tables');
}

$primary->stop;

# ---- without the library in memory ----

my $plain = PostgreSQL::Test::Cluster->new('plain');
$plain->init(extra => ['--no-sync']);
$plain->start;
$plain->safe_psql('postgres', 'CREATE EXTENSION pg_tend; CREATE TABLE orders (id int)');
$primary = $plain;
$page = report($plain, 'postgres');
check_page($page, 'not preloaded');
like($page, qr/pg_tend is not in shared_preload_libraries/, 'and says so');
like($page, qr/The disk is not watched/, 'also of the disk');
$plain->stop;

done_testing();
