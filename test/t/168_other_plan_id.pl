# From 18 on another extension may give plans an id before pg_tend does: that
# id stays, and plans still have the fingerprint that they have without it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../perl";
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('plan_id', conf => "compute_query_id = on\njit = off");
my $has_ids = $node->safe_psql('postgres', "SELECT current_setting('server_version_num')::int >= 180000") eq 't';
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend; CREATE TABLE item (id int PRIMARY KEY)');

# The ids that pg_tend and the server have for the plan of a prepared statement,
# executed thrice
sub ids_with
{
	my ($libraries) = @_;
	my ($stderr, $remembered);

	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$libraries'");
	$node->restart;
	$node->safe_psql('postgres', 'SELECT tend.plans_reset()');
	$node->psql('postgres', "PREPARE of_item AS SELECT id FROM item WHERE id = 1;\n" . "EXECUTE of_item;\n" x 3,
		stderr => \$stderr);
	my %ids = map { $_ => 1 } $stderr =~ /plan id (-?\d+)/g;
	# which succeeds only without a notice of its own plan
	local $ENV{PGOPTIONS} = '-c client_min_messages=warning';
	$node->poll_query_until('postgres', q{SELECT sum(calls) = 3 FROM tend.plans WHERE query LIKE '%FROM item%'});
	$remembered = $node->safe_psql('postgres',
		q{SELECT string_agg(format('%s %s', planid, calls), ', ') FROM tend.plans WHERE query LIKE '%FROM item%'});
	return ($remembered, join ', ', keys %ids);
}

my ($alone) = ids_with('pg_tend');
like($alone, qr/^\d+ 3$/, 'one plan, three calls');
my ($planid) = split / /, $alone;

my ($ours, $servers) = ids_with('other_plan_id, pg_tend');
is($ours, $alone, 'the other one plans first: our id is the same');
is($servers, $has_ids ? 42 : '', 'and the id of the other one stays');

($ours, $servers) = ids_with('pg_tend, other_plan_id');
is($ours, $alone, 'pg_tend plans first: our id is the same');
is($servers, $has_ids ? $planid : '', 'and the server has it');

is(join("\n", log_errors($node, 0)), '', 'and nothing was an error');
$node->stop;
done_testing();
