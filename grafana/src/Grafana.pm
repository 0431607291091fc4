#
# Grafana.pm
#
# What all dashboards and alert rules are made of: data structures in the
# classic model of Grafana's JSON.  Nothing here knows what pg_tend is.
#
# Grafana merges nothing: each panel spells out its options, so they are spelled
# out here once.  Panels are hashes without place; dashboard() puts them into
# rows of 24 columns and numbers them.
#
package Grafana;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP ();

our @EXPORT = qw(chosen any_of dashboard line section query_variable stat gauge timeseries heatmap state_timeline
  bars table copy_of steps words column drill annotation alert_group alert_rule TRUE FALSE);

use constant TRUE => JSON::PP::true;
use constant FALSE => JSON::PP::false;

# 41 is the last version of the classic model; newer Grafanas read it, too
my $schema_version = 41;
my $plugin = 'grafana-postgresql-datasource';
my %source = (type => $plugin, uid => '${datasource}');

# ---- small parts ----

# steps(green => undef, red => 1): colours from these values on, the first one is the base
sub steps
{
	my @steps;
	while (my ($color, $value) = splice @_, 0, 2)
	{
		push @steps, { color => $color, value => $value };
	}
	return { mode => 'absolute', steps => \@steps };
}

# words(critical => 'red', ...): colours of texts.  With an array, a number's text and colour.
sub words
{
	my (%options, $index);
	$index = 0;
	while (my ($word, $look) = splice @_, 0, 2)
	{
		my ($text, $color) = ref $look ? @$look : (undef, $look);
		$options{$word} = { color => $color, index => $index++, defined $text ? (text => $text) : () };
	}
	return [ { type => 'value', options => \%options } ];
}

# A link to another dashboard, at the same time and data source
sub drill
{
	my ($title, $uid, %variables) = @_;
	my @pairs = map { "var-$_=\${__data.fields.$variables{$_}:percentencode}" } sort keys %variables;
	return { title => $title, url => join '&', "/d/$uid?var-datasource=\${datasource}", '${__url_time_range}', @pairs };
}

# column(name => ..., unit, title, width, link, colors, words, meter => most, wrap, hidden, dashed, color, axis)
sub column
{
	my ($name, %c) = @_;
	my @p;
	my $put = sub { push @p, { id => $_[0], value => $_[1] } };

	$put->('unit', $c{unit}) if $c{unit};
	$put->('decimals', $c{decimals}) if defined $c{decimals};
	$put->('displayName', $c{title}) if $c{title};
	$put->('custom.width', $c{width}) if $c{width};
	$put->('links', [ $c{link} ]) if $c{link};
	$put->('mappings', $c{words}) if $c{words};
	$put->('thresholds', $c{colors}) if $c{colors};
	$put->('noValue', $c{none}) if defined $c{none};
	$put->('color', { mode => 'thresholds' }) if $c{colors};
	$put->('custom.hidden', TRUE) if $c{hidden};
	$put->('custom.cellOptions', { type => 'auto', wrapText => TRUE }) if $c{wrap};
	$put->('custom.cellOptions', { type => 'color-text' }) if $c{words} || $c{colors} && !$c{meter};
	if ($c{meter})
	{
		$put->('min', 0);
		$put->('max', $c{meter});
		$put->('custom.cellOptions', { type => 'gauge', mode => 'basic', valueDisplayMode => 'text' });
	}
	if ($c{dashed})
	{
		$put->('custom.lineStyle', { fill => 'dash', dash => [ 10, 10 ] });
		$put->('custom.fillOpacity', 0);
		$put->('custom.lineWidth', 2);
	}
	$put->('color', { mode => 'fixed', fixedColor => $c{color} }) if $c{color};
	$put->('custom.axisPlacement', $c{axis}) if $c{axis};
	return { matcher => { id => 'byName', options => $name }, properties => \@p };
}

# Indentation of the source is not that of the query.
sub sql
{
	my ($text) = @_;
	my ($indent) = $text =~ /^(\s*)\S/;
	$text =~ s/^\Q$indent\E//mg;
	$text =~ s/\s+\z//;
	return $text;
}

sub target
{
	my ($format, $query) = @_;
	return {
		refId => 'A',
		datasource => {%source},
		editorMode => 'code',
		format => $format,
		rawQuery => TRUE,
		rawSql => sql($query)
	};
}

# The one value of a variable, as SQL.  Newer releases put a backslash before each double quote.
sub chosen
{
	my ($name) = @_;
	return "replace(\${$name:sqlstring}, '\\\"', '\"')";
}

# A text is among the values of a variable; "All" is an empty text, so that the list never is empty.
sub any_of
{
	my ($name, $text) = @_;
	my $list = "(\${$name:sqlstring})";
	return "('' IN $list OR $text IN $list OR replace($text, '\"', '\\\"') IN $list)";
}

# ---- panels: title, about, sql, unit, colors, width, columns and what is told apart below ----

sub panel
{
	my ($type, $format, $p, $options, $custom) = @_;
	return {
		type => $type,
		title => $p->{title},
		description => $p->{about},
		datasource => {%source},
		targets => [ defined $p->{sql} ? target($format, $p->{sql}) : () ],
		options => $options,
		fieldConfig => {
			defaults => {
				unit => $p->{unit},
				thresholds => $p->{colors} // steps(green => undef),
				color => { mode => $p->{colors} ? 'thresholds' : 'palette-classic' },
				mappings => $p->{words} // [],
				noValue => $p->{none} // '-',
				(defined $p->{decimals} ? (decimals => $p->{decimals}) : ()),
				(defined $p->{min} ? (min => $p->{min}) : ()),
				(defined $p->{max} ? (max => $p->{max}) : ()),
				($p->{link} ? (links => [ $p->{link} ]) : ()),
				custom => $custom // {}
			},
			overrides => $p->{columns} // []
		},
		($p->{interval} ? (interval => $p->{interval}) : ()),
		width => $p->{width}
	};
}

my %legend = (showLegend => TRUE, displayMode => 'list', placement => 'bottom', calcs => []);

# With "text", fields of text are shown, too; with "first", one field of the first row.
sub stat
{
	my (%p) = @_;
	return panel('stat', 'table', \%p, {
		colorMode => 'background_solid', graphMode => 'none', justifyMode => 'center', orientation => 'auto',
		textMode => $p{names} ? 'value_and_name' : 'auto', wideLayout => TRUE, showPercentChange => FALSE,
		reduceOptions => $p{first} ? { calcs => [], fields => "/^$p{first}\$/", values => TRUE, limit => 1 } :
			{ calcs => ['lastNotNull'], fields => $p{text} ? '/.*/' : '', values => FALSE } });
}

sub gauge
{
	my (%p) = @_;
	return panel('gauge', 'table', \%p, {
		orientation => 'auto', showThresholdLabels => FALSE, showThresholdMarkers => TRUE,
		reduceOptions => { calcs => ['lastNotNull'], fields => '', values => FALSE } });
}

# style: line, bars or points
sub timeseries
{
	my (%p) = @_;
	return panel('timeseries', 'time_series', \%p,
		{ legend => {%legend}, tooltip => { mode => 'multi', sort => 'desc' } }, {
		drawStyle => $p{style} // 'line', lineInterpolation => 'linear', lineWidth => 1,
		fillOpacity => ($p{style} // '') eq 'bars' ? 80 : 8,
		pointSize => ($p{style} // '') eq 'points' ? 8 : 4, showPoints => ($p{style} // '') eq 'points' ? 'always' : 'never',
		# history has a row only where something changed; hours without any are a gap
		spanNulls => 7_200_000,
		stacking => { mode => $p{stacked} ? 'normal' : 'none', group => 'A' },
		axisPlacement => 'auto', axisSoftMin => 0, ($p{label} ? (axisLabel => $p{label}) : ()),
		scaleDistribution => $p{log} ? { type => 'log', log => 10 } : { type => 'linear' } });
}

# One column per bucket, in their order
sub heatmap
{
	my (%p) = @_;
	return panel('heatmap', 'time_series', \%p, {
		calculate => FALSE, cellGap => 1, showValue => 'never',
		color => { mode => 'scheme', scheme => 'Oranges', steps => 64, exponent => 0.5, fill => 'dark-orange',
			reverse => FALSE, scale => 'exponential' },
		yAxis => { axisPlacement => 'left', reverse => FALSE },
		rowsFrame => { layout => 'auto', value => 'calls' },
		tooltip => { mode => 'single', yHistogram => TRUE, showColorScale => FALSE },
		filterValues => { le => 1e-9 }, exemplars => { color => 'rgba(255,0,255,0.7)' },
		legend => { show => TRUE } }, { scaleDistribution => { type => 'linear' } });
}

sub state_timeline
{
	my (%p) = @_;
	return panel('state-timeline', 'time_series', \%p, {
		mergeValues => TRUE, showValue => 'never', alignValue => 'left', rowHeight => 0.8, perPage => 20,
		legend => {%legend}, tooltip => { mode => 'single', sort => 'none' } }, { lineWidth => 0, fillOpacity => 75 });
}

# Bars side by side for each text of column "by"
sub bars
{
	my (%p) = @_;
	return panel('barchart', 'table', \%p, {
		xField => $p{by}, orientation => 'horizontal', showValue => 'always', stacking => 'none',
		groupWidth => 0.7, barWidth => 0.9, barRadius => 0, fullHighlight => FALSE, xTickLabelRotation => 0,
		xTickLabelSpacing => 0, legend => {%legend}, tooltip => { mode => 'multi', sort => 'none' } }, {
		lineWidth => 1, fillOpacity => 80,
		scaleDistribution => $p{log} ? { type => 'log', log => 10 } : { type => 'linear' } });
}

sub table
{
	my (%p) = @_;
	return panel('table', 'table', { unit => 'short', %p }, {
		showHeader => TRUE, cellHeight => 'sm', sortBy => [],
		footer => { show => FALSE, reducer => ['sum'], countRows => FALSE, fields => '' } },
		{ align => 'auto', cellOptions => { type => 'auto' }, filterable => TRUE, inspect => FALSE });
}

# A panel that shows the answer of another one, without asking again
sub copy_of
{
	my ($title, $panel) = @_;
	$panel->{datasource} = { type => 'datasource', uid => '-- Dashboard --' };
	$panel->{targets} = [ { refId => 'A', datasource => { %{ $panel->{datasource} } }, panelOf => $title } ];
	return $panel;
}

# ---- a dashboard ----

sub line { my ($height, @panels) = @_; return { height => $height, panels => \@panels }; }
sub section { my ($title) = @_; return { title => $title }; }

# more: multi, all (offer "All", for any_of), label, about
sub query_variable
{
	my ($name, $query, %more) = @_;
	return {
		type => 'query', name => $name, label => $more{label} // $name,
		($more{about} ? (description => $more{about}) : ()),
		datasource => {%source}, definition => sql($query), query => sql($query),
		refresh => $more{refresh} // 1, sort => 0, regex => '', hide => 0, skipUrlSync => FALSE, options => [],
		multi => $more{all} ? TRUE : FALSE, includeAll => $more{all} ? TRUE : FALSE,
		($more{all} ? (allValue => q(''), current => { text => ['All'], value => ['$__all'] }) : ())
	};
}

sub annotation
{
	my ($name, $color, $query) = @_;
	return {
		name => $name, enable => TRUE, hide => FALSE, iconColor => $color, datasource => {%source},
		target => { %{ target('table', $query) }, refId => 'Anno' }
	};
}

# Give panels their ids and places.
sub place
{
	my (@rows) = @_;
	my ($y, @placed) = (0);

	foreach my $row (@rows)
	{
		if ($row->{title})
		{
			push @placed, { type => 'row', title => $row->{title}, collapsed => FALSE, panels => [],
				gridPos => { x => 0, y => $y++, w => 24, h => 1 } };
			next;
		}
		my $x = 0;
		foreach my $panel (@{ $row->{panels} })
		{
			my $width = delete $panel->{width};
			push @placed, { %$panel, gridPos => { x => $x, y => $y, w => $width, h => $row->{height} } };
			$x += $width;
		}
		$y += $row->{height};
	}
	$placed[$_]{id} = $_ + 1 foreach 0 .. $#placed;

	my %id_of = map { $_->{title} => $_->{id} } @placed;
	foreach my $target (map { @{ $_->{targets} // [] } } @placed)
	{
		my $title = delete $target->{panelOf} // next;
		$target->{panelId} = $id_of{$title} // die "no panel \"$title\"\n";
	}
	return \@placed;
}

sub dashboard
{
	my (%d) = @_;
	return {
		uid => $d{uid}, title => $d{title}, description => $d{about}, tags => ['pg_tend'],
		schemaVersion => $schema_version, version => 1, editable => TRUE, graphTooltip => 1,
		time => { from => $d{from}, to => 'now' }, refresh => $d{refresh} // '1m', timezone => 'browser',
		timepicker => {}, fiscalYearStartMonth => 0, weekStart => '', id => undef, liveNow => FALSE,
		links => [ { type => 'dashboards', title => 'pg_tend', tags => ['pg_tend'], asDropdown => TRUE, icon => 'external link',
			includeVars => FALSE, keepTime => TRUE, targetBlank => FALSE, tooltip => '', url => '' } ],
		annotations => { list => $d{annotations} },
		templating => { list => [
			{ type => 'datasource', name => 'datasource', label => 'database', query => $plugin, refresh => 1, regex => '',
				description => 'the PostgreSQL data source: one per database', hide => 0, multi => FALSE, includeAll => FALSE,
				options => [], skipUrlSync => FALSE },
			@{ $d{variables} // [] } ] },
		panels => place(@{ $d{rows} })
	};
}

# ---- alert rules ----

# Fires for each row of the query whose only number is above the limit; its texts are labels.
sub alert_rule
{
	my (%r) = @_;
	return {
		uid => $r{uid}, title => $r{title}, condition => 'B', for => $r{for},
		noDataState => 'OK', execErrState => 'Error', isPaused => FALSE,
		annotations => { summary => $r{summary}, description => $r{about} },
		labels => { severity => $r{severity} },
		data => [
			{ refId => 'A', datasourceUid => 'pg_tend', relativeTimeRange => { from => 3600, to => 0 },
				model => { %{ target('table', $r{sql}) }, datasource => { type => $plugin, uid => 'pg_tend' } } },
			{ refId => 'B', datasourceUid => '__expr__', relativeTimeRange => { from => 0, to => 0 },
				model => { refId => 'B', type => 'threshold', expression => 'A', datasource => { type => '__expr__', uid => '__expr__' },
					conditions => [ { type => 'query', evaluator => { type => 'gt', params => [ $r{above} ] } } ] } } ]
	};
}

sub alert_group
{
	my ($name, $interval, @rules) = @_;
	return { apiVersion => 1, groups => [ { orgId => 1, name => $name, folder => 'pg_tend', interval => $interval, rules => \@rules } ] };
}

1;
