# How long does the disk take, for whom, and what do checkpoints do?
use utf8;
use strict;
use warnings FATAL => 'all';
use Common;
use Grafana;

my $syncs = q(h.operation IN ('fsync', 'fdatasync', 'syncfs', 'msync', 'sync_write'));

# Element i of a histogram has the calls below 0.256 * 2 ^ (i - 1) microseconds.
# What is shorter than the first row or longer than the last one falls into it.
my ($first, $last, $end) = (9, 26, 28);

sub duration
{
	my ($us) = @_;
	return $us < 1e3 ? sprintf('%.0f µs', $us) : $us < 1e6 ? sprintf('%.3g ms', $us / 1e3) : sprintf('%.2g s', $us / 1e6);
}

sub buckets
{
	my @columns;
	foreach my $row ($first .. $last)
	{
		my ($from, $to) = ($row == $first ? 1 : $row, $row == $last ? $end : $row);
		my $calls = join ' + ', map { "COALESCE(h.histogram[$_], 0)" } $from .. $to;
		push @columns, sprintf 'sum(%s) AS "%s"', $calls, $row == $last ? 'longer' : duration(0.256 * 2**($row - 1));
	}
	return join ",\n\t\t\t\t\t       ", @columns;
}

sub heat
{
	my ($title, $about, $condition) = @_;
	return heatmap(
		title => $title, width => 12, unit => 'short', interval => '1m', none => 'no data: see the state of pg_tend_iotrace below',
		about => "$about Upwards: below which time a call stayed, each row twice the one below; the darker, the more calls. Needs pg_tend_iotrace.",
		sql => <<"SQL");
					SELECT \$__timeGroupAlias(h.at, \$__interval),
					       ${\ buckets()}
					  FROM tend.io_history h
					 WHERE \$__timeFilter(h.at) AND $syncs AND $condition
					 GROUP BY 1 ORDER BY 1
SQL
}

return dashboard(
	uid => 'pgtend-disk',
	title => 'pg_tend: disk',
	about => 'How long syncs really take, for whom and for which files, and what checkpoints do and why they come.',
	from => 'now-6h',
	annotations => [ $events ],
	variables => [
		query_variable('class', <<'SQL', all => 1, label => 'files', about => 'kind of file, in the plot of percentiles') ],
			SELECT c.class FROM (VALUES ('wal'), ('data'), ('slru'), ('other')) c(class)
SQL
	rows => [
		line(4,
			stat(
				title => 'pg_tend_iotrace', width => 6, unit => 'none', text => 1,
				about => 'Is the server connected to the helper that times syncs in the kernel? If not, the last table says what mends it.',
				words => words('attached' => 'green', 'attached in part' => 'yellow', 'counts nothing' => 'red', 'stale' => 'red',
					'no helper' => 'text', 'off' => 'text', 'starting' => 'blue'),
				sql => 'SELECT s.state AS "state" FROM tend.iotrace_status s'),
			stat(
				title => 'WAL sync, p99 of the worst interval', width => 6, unit => 's', none => 'not timed',
				about => 'How long a commit had to wait for the disk in the worst interval of the time shown: 99 of 100 syncs of WAL took less.',
				colors => steps(green => undef, yellow => 0.02, red => 0.1),
				sql => <<"SQL"),
					SELECT max(h.p99_us) / 1e6 AS "p99" FROM tend.io_history h
					 WHERE \$__timeFilter(h.at) AND h.file_class = 'wal' AND $syncs
SQL
			stat(
				title => 'Longest sync of a checkpoint', width => 6, unit => 's', none => 'none',
				about => 'The longest sync of one file in the checkpoints of the time shown.',
				colors => steps(green => undef, yellow => 1, red => 10),
				sql => <<'SQL'),
					SELECT max(c.longest_sync_ms) / 1000 AS "longest" FROM tend.checkpoints c WHERE $__timeFilter(c.started)
SQL
			gauge(
				title => 'Checkpoints because of WAL', width => 6, unit => 'percentunit', min => 0, max => 1, none => 'none',
				about => 'Share of checkpoints in the time shown that came because max_wal_size was reached, rather than in time. Most of them: raise max_wal_size.',
				colors => steps(green => undef, yellow => 0.3, red => 0.6),
				sql => <<'SQL')),
					SELECT count(*) FILTER (WHERE c.reason = 'wal') / NULLIF(count(*), 0)::float8 AS "share"
					  FROM tend.checkpoints c WHERE $__timeFilter(c.started)
SQL
		line(9,
			heat('Syncs of WAL', 'How long each sync of WAL took, that is how long commits wait.', q(h.file_class = 'wal')),
			heat('Syncs of tables and indexes', 'How long each sync of a data file took, nearly all by the checkpointer.', q(h.file_class = 'data'))),
		line(8,
			timeseries(
				title => 'Percentiles of syncs', width => 12, unit => 's', interval => '1m', log => 1,
				about => 'Half, 95 and 99 of 100 syncs took less, and the longest, of the worst interval in each point, for the files chosen above.',
				columns => [ column('p50', color => 'green'), column('p95', color => 'yellow'), column('p99', color => 'orange'),
					column('longest', color => 'red') ],
				sql => <<"SQL"),
					SELECT \$__timeGroupAlias(h.at, \$__interval), max(h.p50_us) / 1e6 AS "p50", max(h.p95_us) / 1e6 AS "p95",
					       max(h.p99_us) / 1e6 AS "p99", max(h.max_us) / 1e6 AS "longest"
					  FROM tend.io_history h
					 WHERE \$__timeFilter(h.at) AND $syncs
					   AND ${\ any_of('class', 'h.file_class')}
					 GROUP BY 1 ORDER BY 1
SQL
			timeseries(
				title => 'Who waits for syncs', width => 12, unit => 's', interval => '1m', style => 'bars', stacked => 1,
				about => 'Time spent in syncs, by kind of file and type of process, per point.',
				sql => <<"SQL")),
					SELECT \$__timeGroupAlias(h.at, \$__interval), format('%s, %s', h.file_class, h.backend_type) AS metric,
					       sum(h.total_ms) / 1000 AS value
					  FROM tend.io_history h
					 WHERE \$__timeFilter(h.at) AND $syncs
					 GROUP BY 1, 2 ORDER BY 1
SQL
		line(8,
			timeseries(
				title => 'Checkpoints by reason', width => 24, unit => 's', style => 'points', log => 1,
				about => 'Each checkpoint at its begin: how long its syncs took, coloured by why it came. Close together because of WAL: raise max_wal_size.',
				columns => [ column('time', color => 'green'), column('wal', color => 'red'), column('requested', color => 'blue') ],
				sql => <<'SQL')),
					SELECT c.started AS time, c.reason AS metric, GREATEST(c.sync_ms, 0.1) / 1000 AS value
					  FROM tend.checkpoints c
					 WHERE $__timeFilter(c.started) AND c.sync_ms IS NOT NULL
					 ORDER BY c.started LIMIT 2000
SQL
		line(9,
			table(
				title => 'Checkpoints', width => 16,
				about => 'tend.checkpoints: the last ones in the time shown.',
				columns => [
					column('started', unit => 'dateTimeAsLocal', width => 170),
					column('reason', width => 100, words => words(time => 'green', wal => 'red', requested => 'blue')),
					column('total', unit => 's', width => 90), column('writing', unit => 's', width => 90),
					column('syncing', unit => 's', width => 90, colors => steps(text => undef, yellow => 1, red => 10)),
					column('longest sync', unit => 's', width => 110, colors => steps(text => undef, yellow => 1, red => 10)),
					column('written', unit => 'bytes', width => 100), column('files', width => 80), column('source', width => 110) ],
				sql => <<'SQL'),
					SELECT c.started, c.kind, c.reason, c.total_ms / 1000 AS "total", c.write_ms / 1000 AS "writing", c.sync_ms / 1000 AS "syncing",
					       c.longest_sync_ms / 1000 AS "longest sync", c.buffers_written * current_setting('block_size')::bigint AS "written",
					       c.files_synced AS "files", c.source
					  FROM tend.checkpoints c
					 WHERE $__timeFilter(c.started)
					 ORDER BY c.started DESC LIMIT 100
SQL
			table(
				title => 'State of pg_tend_iotrace', width => 8,
				about => 'tend.iotrace_status: is it connected, and if not, why, and what mends it.',
				columns => [ column('message', wrap => 1), column('remedy', wrap => 1), column('age', unit => 's', width => 80) ],
				sql => <<'SQL')) ]);
					SELECT s.state, s.message, s.remedy, s.snapshot_age_ms / 1000 AS "age", s.lost_calls AS "lost calls"
					  FROM tend.iotrace_status s
SQL
