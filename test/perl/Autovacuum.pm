# Autovacuum in the hands of a test: it is off until the test lets it work, and
# whoever was to be vacuumed has been when pass_round() returns.
#
# To show that autovacuum leaves a table alone one must know that it was there.
# The sentinel tells: a table above its threshold whose dead rows a snapshot
# keeps from being removed, so that it is vacuumed anew in each round.  With
# one worker, the second vacuum from now belongs to a round that began after
# now, and the third tells that this round is over.
package Autovacuum;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use PgTend;
use PostgreSQL::Test::Cluster;

our @EXPORT = qw(autovacuum_conf place_sentinel autovacuum_on autovacuum_off pass_round);

my $snapshot;

sub autovacuum_conf
{
	return <<'END';
autovacuum_naptime = 1s
autovacuum_max_workers = 1
autovacuum_vacuum_cost_delay = 0
autovacuum_analyze_threshold = 2000000000
log_autovacuum_min_duration = 0
END
}

# Dirty the sentinel.  What died before can be removed.
sub place_sentinel
{
	my ($node) = @_;

	$node->safe_psql(
		'postgres', q{
		CREATE TABLE IF NOT EXISTS sentinel (i int)
			WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
				autovacuum_vacuum_insert_threshold = -1);
		INSERT INTO sentinel SELECT generate_series(1, 10);});
	$snapshot = session($node, 'postgres');
	say_in($snapshot, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;');
	$node->safe_psql('postgres', 'DELETE FROM sentinel; SELECT pg_stat_force_next_flush();');
	return;
}

sub autovacuum_on
{
	my ($node) = @_;

	alter_system($node, 'SET autovacuum = on');
	return;
}

sub sentinel_count
{
	my ($node) = @_;

	return $node->safe_psql('postgres',
		"SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'sentinel'");
}

# Wait for the end of a round that saw everything that is so now.
sub pass_round
{
	my ($node) = @_;
	my $wanted = sentinel_count($node) + 3;

	$node->poll_query_until('postgres',
		"SELECT autovacuum_count >= $wanted FROM pg_stat_user_tables WHERE relname = 'sentinel'")
	  or croak 'autovacuum does not work';
	return;
}

# Returns when no process of autovacuum is left.
sub autovacuum_off
{
	my ($node) = @_;

	alter_system($node, 'SET autovacuum = off');
	if ($snapshot)
	{
		say_in($snapshot, 'COMMIT;');
		close_session($snapshot);
		undef $snapshot;
	}
	$node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type LIKE 'autovacuum%'")
	  or croak 'autovacuum does not end';
	return;
}

1;
