#
# AutovacuumMeasure.pm
#
# The numbers of one run of bench/autovacuum: arithmetic on the files that
# AutovacuumRun.pm left, and nothing else.
#
# A run is { plan, folder, facts, samples, log, complaints, ledger, self }, as
# load_run() reads it; measure_run() adds the numbers in m, those of each table
# in tables, and the changes of each table in changes.
#
package AutovacuumMeasure;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP;
use List::Util qw(max min sum sum0 uniq);
use POSIX qw(ceil);

use AutovacuumLog;
use BenchFiles;

our @EXPORT = qw(read_json load_run measure_run add_changes median ratio);

my $MB = 1024 * 1024;
my $toast = 'documents (TOAST)';

# ---- reading ----

sub read_json
{
	my ($file) = @_;
	my $text = slurp($file) || return;
	return decode_json($text);
}

# [ { at, tables => { name => { column => value } } } ], in order of time
sub read_samples
{
	my ($file) = @_;
	my (@samples, $sample);
	open my $f, '<', $file or die "$file: $!";
	chomp(my $head = <$f>);
	my @columns = split /\t/, $head;
	while (my $line = <$f>)
	{
		chomp $line;
		my %row;
		@row{@columns} = split /\t/, $line, -1;
		if (!defined $sample || $row{at} != $sample->{at})
		{
			$sample = { at => $row{at} };
			push @samples, $sample;
		}
		$sample->{tables}{ $row{name} } = \%row;
	}
	return @samples;
}

# Rows of COPY ... (FORMAT text, HEADER); escaped characters stay so
sub read_tsv
{
	my ($file) = @_;
	my $text = slurp($file) || return;
	my ($head, @rows) = map { [ split /\t/, $_, -1 ] } split /\n/, $text;
	return [ map { my %row; @row{@$head} = map { $_ eq '\\N' ? undef : $_ } @$_; \%row } @rows ];
}

# Latency and lag in ms of the transactions of one stream in one phase
sub read_transactions
{
	my ($file) = @_;
	my (@latencies, $lag);
	$lag = 0;
	open my $f, '<', $file or die "$file: $!";
	while (my $line = <$f>)
	{
		my (undef, undef, $time, undef, undef, undef, $schedule_lag) = split ' ', $line;
		push @latencies, $time / 1000;
		$lag += $schedule_lag / 1000;
	}
	return { latencies => \@latencies, lag => @latencies ? $lag / @latencies : 0 };
}

# ---- arithmetic ----

sub mean { return @_ ? sum(@_) / @_ : undef; }

sub percentile
{
	my ($percent, @values) = @_;
	my @sorted = sort { $a <=> $b } @values;
	return @sorted ? $sorted[ max(0, ceil(@sorted * $percent / 100) - 1) ] : undef;
}

sub median
{
	my @sorted = sort { $a <=> $b } grep { defined } @_;
	return undef unless @sorted;
	return @sorted % 2 ? $sorted[ $#sorted / 2 ] : ($sorted[ @sorted / 2 - 1 ] + $sorted[ @sorted / 2 ]) / 2;
}

sub ratio
{
	my ($a, $b) = @_;
	return defined $a && $b ? $a / $b : undef;
}

# ---- what is measured ----

# Rows that are there, from what was loaded and the counters since
sub live_rows
{
	my ($run, $sample, $name) = @_;
	my ($now, $then) = map { $_->{tables}{$name} } $sample, $run->{samples}[0];
	return $run->{facts}{loaded}{$name}{rows} + $now->{inserted} - $then->{inserted} - $now->{deleted} + $then->{deleted};
}

sub live_toast_rows
{
	my ($run, $sample) = @_;
	my ($now, $then) = map { $_->{tables}{documents} } $sample, $run->{samples}[0];
	return $run->{facts}{'toast rows'} + $now->{toast_inserted} - $then->{toast_inserted}
	  - $now->{toast_deleted} + $then->{toast_deleted};
}

sub wasted
{
	my ($run, $sample, $name) = @_;
	my $table = $sample->{tables}{$name};
	my $rewritten = $run->{facts}{rewritten}{$name};
	my $ideal = $rewritten->{size} * live_rows($run, $sample, $name) / $rewritten->{rows};
	return $table->{heap} + $table->{indexes} + $table->{toast} - $ideal;
}

# [ dead, live ] of each relation, TOAST by itself
sub dead_and_live
{
	my ($run, $sample) = @_;
	my %counts = map { $_ => [ $sample->{tables}{$_}{dead}, live_rows($run, $sample, $_) ] } keys %{ $sample->{tables} };
	$counts{$toast} = [ $sample->{tables}{documents}{toast_dead}, live_toast_rows($run, $sample) ];
	return \%counts;
}

sub is_held
{
	my ($run, $sample) = @_;
	return $sample->{at} >= $run->{plan}{hold} && $sample->{at} < $run->{plan}{release} + 1;
}

sub dead_ratio
{
	my ($dead, $live) = @_;
	return $dead + $live > 0 ? 100 * $dead / ($dead + $live) : 0;
}

sub add_waste
{
	my ($run, $m, @samples) = @_;
	my (@total, %table);
	foreach my $sample (@samples)
	{
		my $sum = 0;
		foreach my $name (keys %{ $sample->{tables} })
		{
			my $bytes = wasted($run, $sample, $name) / $MB;
			push @{ $table{$name} }, $bytes;
			$sum += $bytes;
		}
		push @total, $sum;
	}
	$m->{'waste'} = mean(@total);
	$m->{'waste peak'} = max(@total);
	$m->{'waste final'} = $total[-1];
	$run->{tables}{$_}{waste} = mean(@{ $table{$_} }) foreach keys %table;
}

sub add_dead
{
	my ($run, $m, @samples) = @_;
	my (@by_rows, %table);
	foreach my $sample (@samples)
	{
		my $counts = dead_and_live($run, $sample);
		push @by_rows, dead_ratio(map { my $i = $_; sum0(map { $_->[$i] } values %$counts) } 0, 1);
		push @{ $table{$_} }, dead_ratio(@{ $counts->{$_} }) foreach keys %$counts;
	}
	my %mean = map { $_ => mean(@{ $table{$_} }) } keys %table;
	$m->{'dead'} = mean(@by_rows);
	$m->{'dead p99'} = percentile(99, @by_rows);
	$m->{'dead, mean of tables'} = mean(values %mean);
	$m->{'queue dead'} = $mean{queue};
	$m->{'queue dead p99'} = percentile(99, @{ $table{queue} });
	$m->{'queue dead, free'} = mean(map { $table{queue}[$_] } grep { !is_held($run, $samples[$_]) } 0 .. $#samples);
	$run->{tables}{$_}{dead} = $mean{$_} foreach keys %mean;
}

# The name under which the report shows the relation of a log message
sub short_name
{
	my ($run, $name) = @_;
	my (undef, $schema, $table) = split /\./, $name, 3;
	return '(catalogs)' if $schema eq 'pg_catalog';
	return '(pg_tend)' if $schema eq 'tend';
	return "$run->{facts}{toast}{\"$schema.$table\"} (TOAST)"
	  if $schema eq 'pg_toast' && exists $run->{facts}{toast}{"$schema.$table"};
	return '(catalogs)' if $schema eq 'pg_toast';
	return $table;
}

# A vacuum that removed little of what it found dead.  One that found nothing
# dead came for inserted rows; that is not futile.
sub is_futile
{
	my ($vacuum) = @_;
	my $left = $vacuum->{kept} + $vacuum->{left};
	return $left > 0 && $vacuum->{useful} <= 0.1 * $left;
}

sub add_work_of_vacuum
{
	my ($run, $m, @log) = @_;
	my @vacuums = grep { $_->{kind} eq 'vacuum' } @log;
	my @analyzes = grep { $_->{kind} eq 'analyze' } @log;

	$m->{'vacuums'} = @vacuums;
	$m->{'vacuum pages'} = sum0(map { $_->{pages} } @vacuums) / 1000;
	$m->{'vacuum read'} = sum0(map { $_->{misses} } @vacuums) / 1000;
	$m->{'vacuum dirtied'} = sum0(map { $_->{dirtied} } @vacuums) / 1000;
	$m->{'vacuum wal'} = sum0(map { $_->{wal} // 0 } @vacuums, @analyzes) / $MB;
	$m->{'analyzes'} = @analyzes;
	$m->{'analyze pages'} = sum0(map { $_->{pages} } @analyzes) / 1000;
	$m->{'pages of both'} = $m->{'vacuum pages'} + $m->{'analyze pages'};
	$m->{'futile'} = grep { is_futile($_) } @vacuums;
	$m->{'futile pages'} = sum0(map { $_->{pages} } grep { is_futile($_) } @vacuums) / 1000;
	foreach my $event (@vacuums, @analyzes)
	{
		my $table = $run->{tables}{ short_name($run, $event->{table}) } //= {};
		$table->{"$event->{kind}s"}++;
		$table->{"$event->{kind} pages"} += $event->{pages} / 1000;
		$table->{"$event->{kind} wal"} += ($event->{wal} // 0) / $MB;
	}
}

sub add_held
{
	my ($run, $m, @log) = @_;
	my $marks = $run->{facts}{marks};
	my @held = grep { $_->{kind} eq 'vacuum' && $_->{at} > $marks->{held} && $_->{at} <= $marks->{released} } @log;
	$m->{'held vacuums'} = @held;
	$m->{'held futile'} = grep { is_futile($_) } @held;
	$m->{'held pages'} = sum0(map { $_->{pages} } @held) / 1000;
	$m->{'free pages'} = $m->{'vacuum pages'} - $m->{'held pages'};
}

sub add_clients
{
	my ($run, $m) = @_;
	my (@latencies, $lag, %count);
	foreach my $phase (0, 1)
	{
		foreach my $stream (@{ $run->{plan}{streams} })
		{
			my $t = read_transactions("$run->{folder}/$stream->{name}.$phase.log");
			$count{ $stream->{name} } += @{ $t->{latencies} };
			$lag = max($lag // 0, $t->{lag});
			push @latencies, @{ $t->{latencies} } if $phase == 1;
		}
	}
	$run->{transactions} = \%count;
	$run->{lag} = $lag;
	$m->{'latency'} = mean(@latencies);
	$m->{'latency p99'} = percentile(99, @latencies);
}

# Tuples that the log's index-only scans fetched, and its pages that are
# all-visible
sub add_log_table
{
	my ($run, $m, @samples) = @_;
	my @logs = map { $_->{tables}{log} } @samples;
	$m->{'visible'} = mean(map { 100 * $_->{all_visible} / max(1, $_->{pages}) } @logs);
	$m->{'visible final'} = 100 * $logs[-1]{all_visible} / max(1, $logs[-1]{pages});
	$m->{'heap fetches'} = ($logs[-1]{heap_fetches} - $logs[0]{heap_fetches}) / 1000;
}

sub add_closing
{
	my ($run, $m) = @_;
	# of the table, and of its TOAST table
	my @usage = map { read_usage($_) } map { split /^(?=INFO:  finished)/m } values %{ $run->{facts}{closing} };
	$m->{'closing pages'} = sum0(map { $_->{pages} } @usage) / 1000;
	$m->{'closing wal'} = sum0(map { $_->{wal} // 0 } @usage) / $MB;
	$m->{'pages with closing'} = $m->{'vacuum pages'} + $m->{'closing pages'};
	$m->{'wal with closing'} = $m->{'vacuum wal'} + $m->{'closing wal'};
}

# How often the options of a table were seen to be others than a second before:
# { table => [ in the first half, in the second ] }
sub seen_changes
{
	my ($run) = @_;
	my (%changes, %options);
	foreach my $sample (@{ $run->{samples} })
	{
		foreach my $name (keys %{ $sample->{tables} })
		{
			my $now = $sample->{tables}{$name}{options};
			my $half = $sample->{at} < $run->{plan}{half} ? 0 : 1;
			$changes{$name}[$half]++ if defined $options{$name} && $options{$name} ne $now;
			$options{$name} = $now;
		}
	}
	return \%changes;
}

# The same from pg_tend's own ledger: one change may set several options.
sub ledger_changes
{
	my ($run) = @_;
	my $ledger = $run->{ledger} // return;
	my (%changes, %known);
	foreach my $action (@$ledger)
	{
		next if $known{ $action->{change_id} }++;
		$changes{ $action->{table_name} =~ s/^public\.//r }[ $action->{epoch} < $run->{facts}{marks}{middle} ? 0 : 1 ]++;
	}
	return \%changes;
}

# What we saw counts where the ledger knows of less.
sub add_changes
{
	my ($run, $m) = @_;
	my ($seen, $ledger) = (seen_changes($run), ledger_changes($run) // {});
	my %changes;
	foreach my $name (uniq keys %$seen, keys %$ledger)
	{
		$changes{$name} = [ map { max($seen->{$name}[$_] // 0, $ledger->{$name}[$_] // 0) } 0, 1 ];
	}
	$run->{changes} = \%changes;
	$m->{'changes'} = sum0(map { @$_ } values %changes);
	$m->{'changes first half'} = max(0, map { $_->[0] } values %changes);
	$m->{'changes of a table'} = max(0, map { sum(@$_) } values %changes);
	$m->{'reverted'} = uniq map { $_->{change_id} } grep { defined $_->{reverted_at} } @{ $run->{ledger} // [] };
}

# ---- one run ----

sub load_run
{
	my ($plan, $folder) = @_;
	my $facts = read_json("$folder/facts.json") // return;
	my @log = read_log("$folder/server.log");
	my $run = {
		plan => $plan, folder => $folder, facts => $facts,
		samples => [ read_samples("$folder/samples.tsv") ],
		log => [ grep { $_->{at} >= $facts->{begin} && $_->{at} <= $facts->{marks}{end} } @log ],
		complaints => [ grep { $_->{kind} eq 'complaint' } @log ],
		ledger => scalar read_tsv("$folder/tend.autovacuum_actions.tsv"),
		self => scalar read_tsv("$folder/tend.self.tsv"),
		tables => {}
	};
	$run->{m} = {};
	return $run;
}

sub measure_run
{
	my ($run) = @_;
	my $m = $run->{m};
	my @scored = grep { $_->{at} >= $run->{plan}{half} } @{ $run->{samples} };
	my @scored_log = grep { $_->{at} >= $run->{facts}{marks}{middle} } @{ $run->{log} };

	add_waste($run, $m, @scored);
	add_dead($run, $m, @scored);
	add_work_of_vacuum($run, $m, @scored_log);
	add_held($run, $m, @scored_log);
	add_clients($run, $m);
	add_log_table($run, $m, @scored);
	add_closing($run, $m);
	add_changes($run, $m);
	$m->{'cancelled'} = grep { $_->{kind} eq 'cancel' } @{ $run->{log} };
	$m->{'all vacuums'} = grep { $_->{kind} eq 'vacuum' } @{ $run->{log} };
	$m->{'all vacuum pages'} = sum0(map { $_->{pages} } grep { $_->{kind} eq 'vacuum' } @{ $run->{log} }) / 1000;
	$m->{'scored wal'} = $run->{facts}{'scored wal'} / $MB;
	$m->{'cpu'} = $run->{facts}{cpu};
	return $run;
}

1;
