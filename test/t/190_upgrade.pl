# The way to the next version.  There is none yet, so this test makes one out of
# the tree, as a developer would, and a package manager installs it under a
# server that runs.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Catalog;
use File::Copy;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = "$FindBin::RealBin/../..";
my $place = PostgreSQL::Test::Utils::tempdir();
my ($stage, $next) = ("$place/stage", "$place/next");
my ($library) = glob "$ENV{PG_TEND_STAGE}/usr/*/postgresql/*/lib/pg_tend.so";

# ---- version 1.1 ----

sub edit
{
	my ($file, $change) = @_;
	my @times = (stat $file)[ 8, 9 ];

	local $_ = slurp_file($file);
	$change->() or die "$file is not as this test thinks";
	unlink $file;
	append_to_file($file, $_);
	# what needs to be compiled again is said by make_next()
	utime @times, $file;
	return;
}

# A copy of the tree with its objects, of which few are to be made again
sub make_next
{
	mkdir $next;
	mkdir "$next/test";
	system_or_bail('cp', '-Rp', (map { "$top/$_" } qw(Makefile pg_tend.control src bpf extension)), $next);
	copy("$top/test/check.mk", "$next/test") or die;
	unlink glob "$next/extension/pg_tend--*.sql $next/pg_tend.so";

	my @of_version = grep { slurp_file($_) =~ /TEND_VERSION\b/ } glob "$next/src/*.c $next/src/*/*.c";
	cmp_ok(scalar(@of_version), '>', 1, 'the version is compiled into the library');
	s/c$/o/ foreach @of_version;
	unlink @of_version;

	edit("$next/pg_tend.control", sub { s/^default_version = '1.0'/default_version = '1.1'/m });
	edit("$next/src/version.h", sub { s/TEND_VERSION "1.0"/TEND_VERSION "1.1"/ });
	edit("$next/src/show/self.c", sub {
		s{(?=^Datum\ntend_library_version)}{Datum\ntend_novelty(PG_FUNCTION_ARGS)\n\{\n\tPG_RETURN_INT32(11);\n\}\n\n}m
		  && s/(?=^PG_FUNCTION_INFO_V1\(tend_library_version)/PG_FUNCTION_INFO_V1(tend_novelty);\n/m;
	});
	return;
}

# One of each: a column, a function of the library, a view with one more column
my $novelty = <<'SQL';
CREATE FUNCTION tend.novelty() RETURNS int AS 'MODULE_PATHNAME', 'tend_novelty' LANGUAGE C STRICT;
COMMENT ON FUNCTION tend.novelty() IS 'new in 1.1';
REVOKE ALL ON FUNCTION tend.novelty() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tend.novelty() TO pg_monitor;
SQL

sub write_scripts
{
	my $sql = slurp_file("$next/extension/pg_tend.sql");
	my ($guard) = $sql =~ /^(DO \$\$\nDECLARE\n    wanted text.*?^\$\$;\n)/ms or die 'no guard';
	my ($view) = $sql =~ /^(CREATE VIEW tend\.plan_history .*?;\n|CREATE VIEW tend\.wraparound .*?;\n)/ms or die 'no view';
	my $new_view = $view;

	$new_view =~ s/\n  FROM (tend\.\w+\(\) f)/,\n       tend.novelty() AS novelty\n  FROM $1/
	  or die 'no place in the view';
	edit("$next/extension/pg_tend.sql", sub {
		s/(    note +text)\n/$1,\n    since             timestamptz\n/
		  && s/\Q$view\E/$novelty$new_view/
		  && s/(?=^COMMENT ON COLUMN tend\.table_policy\.note)/COMMENT ON COLUMN tend.table_policy.since IS 'new in 1.1';\n/m
		  && s/(?=^COMMENT ON COLUMN tend\.wraparound\.datname)/COMMENT ON COLUMN tend.wraparound.novelty IS 'new in 1.1';\n/m;
	});
	$new_view =~ s/^CREATE VIEW/CREATE OR REPLACE VIEW/;
	append_to_file("$next/extension/pg_tend--1.0--1.1.sql", <<"SQL");
\\echo Use "ALTER EXTENSION pg_tend UPDATE" to load this file. \\quit
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
$guard
ALTER TABLE tend.table_policy ADD since timestamptz;
COMMENT ON COLUMN tend.table_policy.since IS 'new in 1.1';
$novelty
$new_view
COMMENT ON COLUMN tend.wraparound.novelty IS 'new in 1.1';
SQL
	return;
}

sub install_next
{
	command_ok(
		[ 'make', '-s', '-C', $next, 'with_llvm=no', 'COPT=-Werror', "PG_CONFIG=$ENV{PG_CONFIG}",
			"DESTDIR=$stage", 'install' ],
		'version 1.1 is built and installed');
	return;
}

# ---- a server with 1.0 ----

system_or_bail('cp', '-Rp', $ENV{PG_TEND_STAGE}, $stage);
my ($settings) = run_command(
	[ 'bash', '-c', '. "$0/test/lib/stage.sh"; stage_settings "$1"', $top, $stage ]);
my $node = tend_node('upgrade', conf => $settings);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'old');
$node->safe_psql('old', <<'SQL');
CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id;
INSERT INTO tend.table_policy (relid, tuning, note) VALUES ('orders', 'off', 'mine');
SQL
ok( $node->poll_query_until('old',
		"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'orders'"),
	'a server with 1.0 has history');

# ---- the packages are new, the server is not ----

make_next();
write_scripts();
install_next();
my $offset = log_size($node);
my $refused = qr/ERROR:  pg_tend 1\.1 needs its own library, but version 1\.0 is loaded\n.*HINT:  Restart the server/s;
my ($ret, $out, $err) = $node->psql('old', 'ALTER EXTENSION pg_tend UPDATE');
like($err, $refused, 'before a restart, the update says that one is needed');
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
($ret, $out, $err) = $node->psql('fresh', 'CREATE EXTENSION pg_tend');
like($err, $refused, 'and so does a new installation');
is($node->safe_psql('old', "SELECT extversion FROM pg_extension WHERE extname = 'pg_tend'"),
	'1.0', 'nothing was changed by that');
wait_for_visits($node, 'old', 2);
is_quiet($node, $offset, 'the old library goes on with the old objects');

# ---- the server is new, the objects are not ----

$offset = log_size($node);
$node->restart;
is($node->safe_psql('old', 'SELECT tend.library_version()'), '1.1', 'a restart loads the library');
wait_for_status($node, 'old', 'its extension is of another version than the library%',
	'the worker leaves databases of 1.0 alone');
my $count_rows = 'SELECT (SELECT count(*) FROM tend.table_history) + (SELECT count(*) FROM tend.database_history)';
my $rows = $node->safe_psql('old', $count_rows);
$node->safe_psql('old', 'INSERT INTO orders SELECT generate_series(1, 1000)');
for (1 .. 2)
{
	my $last = "SELECT detail FROM tend.self WHERE part = 'visit' AND datname = 'old' AND metric = 'last visit'";
	my $before = $node->safe_psql('postgres', $last);
	$node->safe_psql('old', 'SELECT tend.request_visit()');
	ok($node->poll_query_until('postgres', "SELECT ($last) <> '$before'"), 'it looks again');
}
is($node->safe_psql('old', $count_rows), $rows, 'and writes nothing there');
my @told = grep { /pg_tend leaves database "old" alone/ } split /\n/, log_since($node, $offset);
is(scalar(@told), 1, 'the log says so, once');
like($told[0], qr/its extension is version 1\.0, the library is version 1\.1$/, 'with both versions');
like(log_since($node, $offset), qr/HINT:  Run ALTER EXTENSION pg_tend UPDATE in that database/, 'and the remedy');
my $views = <<'SQL';
SELECT string_agg(format('SELECT count(*) FROM %s;', c.oid::regclass), ' ')
  FROM pg_class c WHERE c.relnamespace = 'tend'::regnamespace AND c.relkind = 'v'
SQL
is(($node->psql('old', $node->safe_psql('old', $views), on_error_stop => 1))[0], 0,
	'every view of 1.0 can be read with the library of 1.1');

# ---- all is new ----

$node->safe_psql('old', 'ALTER EXTENSION pg_tend UPDATE');
is($node->safe_psql('old', 'SELECT tend.novelty()'), '11', 'now the update succeeds');
is($node->safe_psql('old', 'SELECT relid, tuning, note, since IS NULL FROM tend.table_policy'),
	'orders|off|mine|t', 'what the user said is still there');
cmp_ok($node->safe_psql('old', $count_rows), '>=', $rows, 'and the history');
wait_for_status($node, 'old', 'visited', 'visits go on');
$node->safe_psql('old', 'INSERT INTO orders SELECT generate_series(1, 1000)');
ask_until($node, 'old',
	"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'orders' AND live_tuples = 3000",
	'and continue it');

$node->safe_psql('fresh', 'CREATE EXTENSION pg_tend');
my $fresh = extension_objects($node, 'fresh');
my $updated = extension_objects($node, 'old');
my %count;
$count{$_}++ foreach split /\n/, $fresh;
cmp_ok(scalar(keys %count), '>', 1000, 'an extension consists of many facts');
$count{$_}-- foreach split /\n/, $updated;
is(join("\n", map { ($count{$_} > 0 ? 'only new: ' : 'only updated: ') . $_ } grep { $count{$_} } sort keys %count),
	'', 'the updated extension is what a new one is');

# A comparison that sees nothing would prove nothing.
foreach my $change (
	"COMMENT ON COLUMN tend.table_policy.since IS 'old'",
	'COMMENT ON VIEW tend.wraparound IS NULL',
	'GRANT EXECUTE ON FUNCTION tend.novelty() TO PUBLIC',
	'REVOKE SELECT ON tend.wraparound FROM pg_monitor',
	'ALTER TABLE tend.table_policy ALTER since SET DEFAULT now()',
	'ALTER TABLE tend.table_policy ALTER note SET NOT NULL',
	'CREATE INDEX ON tend.table_policy (since)',
	'ALTER FUNCTION tend.novelty() STABLE',
	'ALTER EXTENSION pg_tend DROP FUNCTION tend.novelty()')
{
	isnt(extension_objects($node, 'fresh', $change), $fresh, "it would be seen, if not: $change");
}

# ---- and back, as when a server is restarted with the files of before ----

my $path = substr $library, length $ENV{PG_TEND_STAGE};
unlink "$stage$path" or die;
copy($library, "$stage$path") or die;
$offset = log_size($node);
$node->restart;
($ret, $out, $err) = $node->psql('old', 'SELECT tend.novelty()');
like($err, qr/could not find function "tend_novelty"/, 'an older library does not have the function');
ok( $node->wait_for_log(qr/pg_tend leaves database "old" alone: its extension is version 1\.1, the library is version 1\.0/, $offset),
	'the worker leaves newer objects alone');
like(log_since($node, $offset), qr/HINT:  Restart the server to load the new library/, 'with the remedy');

$node->stop;
done_testing();
