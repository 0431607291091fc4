# The dashboards and alert rules for Grafana: what they ask can be answered, on a
# database with history, on a standby, on one that is empty, and whatever is
# chosen in them.  No Grafana is needed: its part is played by GrafanaQueries.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use GrafanaQueries;
use JSON::PP ();
use PgTend;
use POSIX qw(strftime);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = "$FindBin::RealBin/../../grafana";
my $dashboards = read_dashboards("$folder/dashboards");
my @rules = read_alert_rules("$folder/alerting/pg_tend.yaml");
my %by_uid = map { $_->{uid} => $_ } values %$dashboards;

# ---- the files are what the sources say ----

my $built = PostgreSQL::Test::Utils::tempdir;
system($^X, "$folder/src/build", $built) == 0 or BAIL_OUT('the dashboards cannot be built');
foreach my $file (map { s/^\Q$built\E//r } glob "$built/dashboards/*.json $built/alerting/*.yaml")
{
	is(slurp_file("$built$file"), slurp_file("$folder$file"), "grafana$file is what \"make grafana\" writes");
}
is(join(' ', sort keys %$dashboards), 'disk.json misestimates.json overview.json plans.json table.json tables.json',
	'no dashboard is missing or left over');

# ---- rules of the format ----

# Complaints about each part of a dashboard
sub complaints_of_panel
{
	my ($panel) = @_;
	my $defaults = $panel->{fieldConfig}{defaults};
	my $steps = $defaults->{thresholds}{steps};
	my @c;

	push @c, 'has no description' unless length($panel->{description} // '') > 20;
	push @c, 'has no title' unless length($panel->{title} // '');
	push @c, 'has no unit' unless $defaults->{unit};
	push @c, 'says nothing when empty' unless length($defaults->{noValue} // '');
	push @c, 'has no query' unless @{ $panel->{targets} };
	foreach my $thresholds ($steps, map { $_->{value}{steps} // () } map { grep { $_->{id} eq 'thresholds' } @{ $_->{properties} } }
		@{ $panel->{fieldConfig}{overrides} })
	{
		my @values = map { $_->{value} } @$thresholds;
		push @c, 'has thresholds without a base' if !@values || defined shift @values;
		push @c, 'has thresholds that do not ascend' if grep { $values[$_] <= $values[ $_ - 1 ] } 1 .. $#values;
	}
	foreach my $source ($panel->{datasource}, map { $_->{datasource} } @{ $panel->{targets} })
	{
		next if $source->{uid} eq '-- Dashboard --';
		push @c, 'does not use ${datasource}'
		  unless $source->{uid} eq '${datasource}' && $source->{type} eq 'grafana-postgresql-datasource';
	}
	return @c;
}

# Links to dashboards and variables that there are
sub complaints_of_links
{
	my ($panel, %rows) = @_;
	my @links = map { $_->{url} } @{ $panel->{fieldConfig}{defaults}{links} // [] },
	  map { @{ $_->{value} } } map { grep { $_->{id} eq 'links' } @{ $_->{properties} } } @{ $panel->{fieldConfig}{overrides} };
	my $sql = join ' ', map { $_->{rawSql} // '' } @{ $panel->{targets} };
	my @c;

	foreach my $url (@links)
	{
		my ($uid, $query) = $url =~ m{^/d/([^?]+)\?(.*)$} or push @c, "leads to $url";
		# all that a column of the query can name
		my @uids = $uid =~ s/\$\{__data\.fields\.(\w+)\}$// ? map { "$uid$_" } $sql =~ /THEN '(\w+)'/g : $uid;
		push @c, "leads nowhere: $_" foreach grep { !$by_uid{$_} } @uids;
		my %has = map { $_->{name} => 1 } map { @{ $by_uid{$_}{templating}{list} } } grep { $by_uid{$_} } @uids;
		push @c, "sets no variable of $uid: $_" foreach grep { !$has{$_} } $query =~ /var-(\w+)=/g;
		push @c, "takes a column that is not there: $_"
		  foreach grep { $sql !~ /AS "?\Q$_\E"?(?!\w)/ } $url =~ /\$\{__data\.fields\.([^:}]+)/g;
		push @c, 'loses the time' unless $query =~ /\$\{__url_time_range\}/;
	}
	return @c;
}

sub overlap
{
	my ($p, $q) = map { $_->{gridPos} } @_;
	return $p->{x} < $q->{x} + $q->{w} && $q->{x} < $p->{x} + $p->{w} && $p->{y} < $q->{y} + $q->{h} && $q->{y} < $p->{y} + $p->{h};
}

foreach my $file (sort keys %$dashboards)
{
	my $d = $dashboards->{$file};
	my @panels = @{ $d->{panels} };
	my (@c, %ids);

	foreach my $panel (panels_of($d))
	{
		push @c, map { "\"$panel->{title}\" $_" } complaints_of_panel($panel), complaints_of_links($panel);
	}
	push @c, "$_ is the id of two panels" foreach grep { $ids{$_}++ } map { $_->{id} } @panels;
	foreach my $i (0 .. $#panels)
	{
		my $at = $panels[$i]{gridPos};
		push @c, "\"$panels[$i]{title}\" is outside" if $at->{x} < 0 || $at->{x} + $at->{w} > 24 || $at->{h} < 1;
		push @c, "\"$panels[$i]{title}\" and \"$panels[$_]{title}\" overlap" foreach grep { overlap(@panels[ $i, $_ ]) } $i + 1 .. $#panels;
	}
	foreach my $target (map { @{ $_->{targets} } } panels_of($d))
	{
		push @c, 'a panel copies one that is not there' if defined $target->{panelId} && !$ids{ $target->{panelId} };
	}
	push @c, 'uid ' . ($d->{uid} // 'none') unless ($d->{uid} // '') =~ /^pgtend-\w+$/;
	push @c, "schemaVersion $d->{schemaVersion}" unless $d->{schemaVersion} >= 39 && $d->{schemaVersion} <= 41;
	push @c, 'it has __inputs' if $d->{__inputs};
	push @c, 'it has an id of its own' if defined $d->{id};
	push @c, 'no variable datasource' unless $d->{templating}{list}[0]{type} eq 'datasource' && $d->{templating}{list}[0]{name} eq 'datasource';
	push @c, 'no annotations' unless @{ $d->{annotations}{list} };
	foreach my $part (variables_of($d), @{ $d->{annotations}{list} })
	{
		push @c, "$part->{name} does not use \${datasource}" unless $part->{datasource}{uid} eq '${datasource}';
	}
	is(join("\n", @c), '', "$file keeps to the format");
}
is(scalar(keys %by_uid), scalar(keys %$dashboards), 'no uid comes twice');

my %titles = map { $_->{title} => 1 } values %$dashboards;
my (%rule_uids, @rule_complaints);
foreach my $rule (@rules)
{
	my ($query, $condition) = @{ $rule->{data} };
	push @rule_complaints, map { "$rule->{title}: $_" }
	  ($rule_uids{ $rule->{uid} }++ ? 'its uid comes twice' : ()),
	  # Grafana takes it for a variable of its environment
	  ($query->{model}{rawSql} =~ /\$/ ? 'a dollar in its query' : ()),
	  ($rule->{for} =~ /^\d+m$/ ? () : 'it does not say for how long'),
	  ($rule->{condition} eq $condition->{refId} && $condition->{model}{expression} eq $query->{refId} ? () : 'its condition is about nothing'),
	  (map { $query->{model}{rawSql} =~ /AS "\Q$_\E"|\.\Q$_\E\b/ ? () : "no label $_" } map { /\$labels\.(\w+)/g } values %{ $rule->{annotations} }),
	  ($rule->{annotations}{description} =~ /dashboard: (pg_tend: \w+)\.$/ && !$titles{$1} ? "no dashboard $1" : ());
}
is(join("\n", @rule_complaints), '', 'the alert rules keep to the format');

# ---- asking ----

# Grafana draws these; all else becomes text without unit, order or threshold.
my %is_number = map { $_ => 1 } 'smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric';
my %is_drawn = (%is_number, map { $_ => 1 } 'text', 'timestamp with time zone');

sub time_at { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0])); }

# Run queries in one session of the reader's, and say of each what it gives.
sub ask_all
{
	my ($node, $db, @queries) = @_;
	my $script = '';

	foreach my $q (@queries)
	{
		$script .= "\\echo ==\n$q->{expanded}\n\\gdesc\n\\if :ERROR\n\\echo error: :LAST_ERROR_MESSAGE\n\\endif\n\\echo --\n";
		my $orders = $q->{format} eq 'time_series' ?
		  'count(*), bool_and(q."time" IS NOT NULL), bool_and(q."time" >= q.tend_before)' : 'count(*), NULL, NULL';
		my $before = $q->{format} eq 'time_series' ? ', lag(q."time") OVER () AS tend_before' : '';
		$script .= "SELECT $orders FROM (SELECT q.*$before FROM (\n$q->{expanded}\n) q) q;\n"
		  . "\\if :ERROR\n\\echo error: :LAST_ERROR_MESSAGE\n\\endif\n";
	}
	my ($ret, $out) = $node->psql($db, $script, extra_params => [ '-U', 'tend_grafana' ], on_error_stop => 0);
	my @answers = split /^==\n/m, $out;
	shift @answers;
	foreach my $i (0 .. $#queries)
	{
		my ($types, $counts) = split /^--\n/m, $answers[$i] // "error: no answer\n--\n";
		my $q = $queries[$i];
		($q->{error}) = "$types$counts" =~ /^error: (.*)$/m;
		$q->{columns} = [ map { [ split /\|/, $_, 2 ] } split /\n/, $types ];
		($q->{rows}, $q->{has_time}, $q->{ascends}) = split /\|/, $counts =~ s/\n.*//sr;
	}
	return @queries;
}

# What is wrong with the shape of an answer, whatever its rows
sub complaints_of_shape
{
	my ($q) = @_;
	my @names = map { $_->[0] } @{ $q->{columns} };
	my %type = map { $_->[0] => $_->[1] } @{ $q->{columns} };
	my @texts = grep { $type{$_} eq 'text' } @names;
	my @c = map { "column $_ is of type $type{$_}" } grep { !$is_drawn{ $type{$_} } } @names;

	if ($q->{format} eq 'time_series')
	{
		push @c, 'the first column is not time' unless ($names[0] // '') eq 'time' && $type{time} ne 'text';
		push @c, 'more than one text names the series' if @texts > 1;
		push @c, 'it has no number' unless grep { $_ ne 'time' && $is_number{ $type{$_} } } @names;
		push @c, 'a time is missing' if ($q->{has_time} // '') eq 'f';
		push @c, 'times do not ascend' if ($q->{ascends} // '') eq 'f';
	}
	elsif ($q->{format} eq 'annotation')
	{
		push @c, "it gives @names" unless "@names" eq 'time text tags' && $type{time} =~ /^timestamp/;
	}
	elsif ($q->{format} eq 'alert')
	{
		push @c, 'an alert needs one number, and texts' unless 1 == grep { $is_number{ $type{$_} } } @names and @texts == @names - 1;
	}
	elsif ($q->{format} eq 'variable')
	{
		push @c, 'a value is no text' if @texts != @names;
	}
	return @c;
}

# Columns that overrides and plots name are there
sub complaints_of_columns
{
	my ($q) = @_;
	my $panel = $q->{panel} or return;
	my %has = map { $_->[0] => 1 } @{ $q->{columns} };

	return if $has{metric};
	return map { "there is no column $_" } grep { !$has{$_} } map { $_->{matcher}{options} } @{ $panel->{fieldConfig}{overrides} };
}

# What the variables of a dashboard are set to, each by a function of its values
sub choose
{
	my ($node, $db, $dashboard, $choice) = @_;
	my %values;

	foreach my $variable (variables_of($dashboard))
	{
		my $sql = expand($variable->{query}, variables => \%values);
		$values{ $variable->{name} } = $choice->($variable, sub { split /\n/, $node->safe_psql($db, $sql) });
	}
	return \%values;
}

my %days = (from => time_at(-86400), to => time_at(60), interval => '5m');

# All queries of a dashboard with a choice; complains about errors, and about
# no rows unless they may be empty.
sub check_dashboard
{
	my ($node, $db, $file, $values, %o) = @_;
	my @queries = queries_of($dashboards->{$file});
	my @c;

	$_->{expanded} = expand($_->{sql}, %days, %{ $o{time} // {} }, variables => $values, double => $o{double}) foreach @queries;
	foreach my $q (ask_all($node, $db, @queries))
	{
		my @here = $q->{error} // ();
		push @here, complaints_of_shape($q), complaints_of_columns($q) unless @here;
		push @here, 'is empty' if !@here && !$q->{rows} && $o{full} && !$o{full}->($q->{what});
		push @c, map { "$q->{what}: $_" } @here;
	}
	is(join("\n", @c), '', "$file: $o{name}");
	return;
}

# ---- a database with a day of history ----

my $primary = tend_node('primary', allows_streaming => 1, conf => <<'END');
pg_tend.estimate_sample_rate = 1
max_parallel_workers_per_gather = 0
END
$primary->safe_psql('postgres', slurp_file("$folder/reader.sql"));
create_databases($primary, 'shop', 'fresh');
# what lives in memory has to be earned: a column that follows from another, and somebody who asks for both
$primary->safe_psql('shop', <<'SQL');
CREATE TABLE orders AS SELECT g AS id, g % 1000 AS zip, g % 1000 / 10 AS city FROM generate_series(1, 100000) g;
DELETE FROM orders WHERE id % 5 = 0;
SELECT pg_stat_force_next_flush();
ANALYZE orders;
SQL
$primary->safe_psql('shop', "SELECT count(*) FROM orders WHERE zip = $_ AND city = $_ / 10") foreach 101 .. 110;
ask_until($primary, 'shop', 'SELECT count(*) > 0 FROM tend.statistics_advice', 'a misestimate has a proven cure');
$primary->safe_psql('shop', 'CHECKPOINT');
alter_system($primary, "SET pg_tend.databases = 'postgres'");
ok( $primary->poll_query_until('shop',
		"SELECT count(*) = 1 AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_tend visit')"
		  . " FROM tend.self WHERE part = 'visit' AND datname = 'shop' AND metric = 'status' AND detail LIKE 'not named%'"),
	'visits end');
$primary->safe_psql('shop', slurp_file("$FindBin::RealBin/../grafana/seed.sql"));

my $blocker = session($primary, 'shop');
say_in($blocker, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class;');
$primary->safe_psql('postgres', 'SELECT pg_current_xact_id()') foreach 1 .. 2;		# which it holds back
my $vacuum = session($primary, 'shop');
ask_in($vacuum, "SET vacuum_cost_delay = '100ms'; SET vacuum_cost_limit = 1; VACUUM orders;");
has_answered($vacuum);
ok($primary->poll_query_until('shop', 'SELECT count(*) > 0 FROM pg_stat_progress_vacuum'), 'a vacuum is at work');

my $all = sub { my ($v, $values) = @_; return $v->{includeAll} ? { raw => $v->{allValue} } : $v->{name} eq 'table' ? 'orders' : 'public' };
my $nothing_is_empty = sub { return 0 };

foreach my $file (sort keys %$dashboards)
{
	my $d = $dashboards->{$file};
	my @variables = variables_of($d);

	check_dashboard($primary, 'shop', $file, choose($primary, 'shop', $d, $all), full => $nothing_is_empty,
		name => 'with the defaults it is full');

	# of lists that are not empty one value, and several; the table has a name of its own
	my $named = $file eq 'table.json' ? { schema => 'we"ird', table => q(o'r"d\\er) } : {};
	foreach my $double (0, 1)
	{
		my $one = choose($primary, 'shop', $d, sub { my ($v, $values) = @_; return $named->{ $v->{name} } // ($values->())[0]; });
		check_dashboard($primary, 'shop', $file, $one, double => $double, name => "one value of each variable, quoted like $double",
			full => sub { $file ne 'table.json' || $_[0] !~ /"(Now|Dead rows and the trigger|In plain words|What happened to it)"/ });
		check_dashboard($primary, 'shop', $file, choose($primary, 'shop', $d, sub { q{x'" \\ $1 ${y}); --} }),
			double => $double, name => "a hostile value, quoted like $double");
	}
	check_dashboard($primary, 'shop', $file,
		choose($primary, 'shop', $d, sub { my ($v, $values) = @_; my @v = $values->(); $v->{multi} ? [ @v[ 0, -1 ], q(x'y\\) ] : $v[0] }),
		name => 'several values');
	check_dashboard($primary, 'shop', $file, choose($primary, 'shop', $d, $all), time => { from => $days{to}, to => $days{from} },
		name => 'time upside down');
	check_dashboard($primary, 'shop', $file, choose($primary, 'shop', $d, $all), time => { from => time_at(1e6), to => time_at(2e6), interval => '30s' },
		name => 'time in the future');
	check_dashboard($primary, 'shop', $file, choose($primary, 'shop', $d, $all), time => { from => '2001-01-01T00:00:00Z', interval => '1d' },
		name => 'years');
}

sub check_rules
{
	my ($node, $db, $name) = @_;
	my @c;

	foreach my $q (ask_all($node, $db, map { { what => $_->{title}, format => 'alert', expanded => $_->{data}[0]{model}{rawSql} } } @rules))
	{
		push @c, map { "$q->{what}: $_" } $q->{error} // complaints_of_shape($q);
	}
	is(join("\n", @c), '', "alert rules: $name");
	return;
}
check_rules($primary, 'shop', 'can be evaluated');
my ($slow) = grep { $_->{uid} eq 'pgtend_plan' } @rules;
is($primary->safe_psql('shop', $slow->{data}[0]{model}{rawSql}), '42|7200', 'and tell what is slow');

# ---- the reader reads, and no more ----

foreach my $try ('SELECT * FROM orders', 'SELECT tend.revert_all()', "SET default_transaction_read_only = off; UPDATE tend.events SET at = now()",
	'SELECT tend.plans_reset()', 'SELECT tend.request_visit()', 'CREATE TEMP TABLE t (a int)')
{
	isnt($primary->psql('shop', $try, extra_params => [ '-U', 'tend_grafana' ]), 0, "the reader cannot: $try");
}

# ---- where little else is ----

foreach my $file (sort keys %$dashboards)
{
	check_dashboard($primary, 'fresh', $file, choose($primary, 'fresh', $dashboards->{$file}, $all), name => 'no errors in a fresh database');
}
check_rules($primary, 'fresh', 'in a fresh database');

# ---- on a standby ----

# it would go on for minutes
$primary->safe_psql('postgres', 'SELECT pg_cancel_backend(pid) FROM pg_stat_progress_vacuum');
close_session($_) foreach $blocker, $vacuum;
$primary->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
# what lives in the memory of the primary, or is at work there
my %not_there = map { ("panel \"$_\"" => 1) } 'Who holds back vacuum', 'Vacuums at work', 'Misestimates, what costs most time first',
  'Longest sync of a checkpoint', 'Checkpoints by reason', 'Checkpoints', 'What takes most time', 'Before and after: advice', 'Advice, proven',
  'Where the planner is wrong about it';
foreach my $file (sort keys %$dashboards)
{
	check_dashboard($standby, 'shop', $file, choose($standby, 'shop', $dashboards->{$file}, $all),
		full => sub { $not_there{ $_[0] } || $_[0] =~ /^variable query/ }, name => 'on a standby');
}
check_rules($standby, 'shop', 'on a standby');
$standby->stop;
$primary->stop;

done_testing();
