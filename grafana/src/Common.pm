#
# Common.pm
#
# What our dashboards share: the words of pg_tend and their colours, where rows
# lead to, events.
#
package Common;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Grafana;

our @EXPORT = qw($severities $verdicts $events $actions $to_table name_columns database_trend);

our $severities = words(critical => 'red', warning => 'orange', notice => 'blue', ok => 'green');

our $verdicts = words(
	'ok' => 'green', 'see primary' => 'text', 'vacuum running' => 'blue', 'analyze due' => 'yellow',
	'insert vacuum due' => 'yellow', 'vacuum due' => 'yellow', 'statistics lost' => 'orange', 'unattended' => 'orange',
	'vacuum overdue' => 'orange', 'vacuum blocked' => 'red', 'freeze due' => 'red', 'wraparound danger' => 'dark-red');

our $to_table = drill('This table in full', 'pgtend-table', schema => 'schema', table => 'table');

# Tables are found by these two columns wherever they stand.
sub name_columns
{
	return (column('schema', width => 110), column('table', width => 200, link => $to_table));
}

our $events = annotation('Events', 'orange', <<'SQL');
	SELECT e.at AS time, e.message AS text, concat_ws(',', e.kind, e.severity, e.state) AS tags
	  FROM tend.events e
	 WHERE $__timeFilter(e.at)
	 ORDER BY e.at DESC LIMIT 200
SQL

our $actions = annotation('What pg_tend set', 'purple', <<'SQL');
	SELECT a.at AS time,
	       format('%I.%I: %s = %s. %s', a.schema_name, a.table_name, a.option, a.new_value, a.reason) AS text,
	       concat_ws(',', 'options set', a.verdict) AS tags
	  FROM tend.autovacuum_actions a
	 WHERE $__timeFilter(a.at)
	 ORDER BY a.at DESC LIMIT 200
SQL

# How numbers of the whole database went: an expression over a row of
# tend.database_history for each line
sub database_trend
{
	my (%panel) = @_;
	my $values = delete $panel{values};
	my $sql = "SELECT \$__timeGroupAlias(h.at, \$__interval),\n"
	  . join(",\n", map { "       max($values->[ 2 * $_ + 1 ]) AS \"$values->[ 2 * $_ ]\"" } 0 .. $#$values / 2)
	  . "\n  FROM tend.database_history h\n WHERE \$__timeFilter(h.at)\n GROUP BY 1 ORDER BY 1\n";

	return timeseries(width => 12, unit => 'short', interval => '1m', sql => $sql, %panel);
}

1;
