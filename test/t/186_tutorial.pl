# Every command of doc/tutorial.md does what the text says.
#
# Blocks of "sql" are typed into one psql, those behind <!-- other session -->
# into another; blocks of "sh" are run by a shell.  The text waits with its
# reader: <!-- wait for: CONDITION --> is asked until it is true.  A block of
# "text" is the answer to the one before it.  Answers are compared word by word,
# in any order, since lines break elsewhere where a number has more digits;
# numbers, units of time and size, and blocks of sparklines are left out.  Where
# advice depends on what the machine could do in the time, <!-- differs -->
# compares the names of the columns only.
#
# With PG_TEND_TUTORIAL=FILE, the text is written there with the answers of now.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Encode qw(decode_utf8 encode_utf8);
use IPC::Run;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $width = 120;
my $node = PostgreSQL::Test::Cluster->new('tutorial');
my $place = PostgreSQL::Test::Utils::tempdir();

# as it comes, but for where it listens
$node->init(extra => [ '--no-sync', '--encoding=UTF8', '--locale=C' ]);
# Autovacuum must not come in between; but what the tuner advises depends on how
# often it comes, so it does so from there on.
$node->append_conf('postgresql.conf', "fsync = on\nlog_statement = none\nautovacuum_naptime = 1d\n");
$node->start;
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATA} = $node->data_dir;
$ENV{PGCLIENTENCODING} = 'UTF8';
delete $ENV{PGAPPNAME};
$ENV{PATH} = $node->config_data('--bindir') . ":$ENV{PATH}";

# ---- the text ----

# In parts: [kind, content]; kinds are text, sql, sh, answer, wait, other and differs.
sub parts_of
{
	my ($text) = @_;
	my @parts;
	my %kind = (sql => 'sql', sh => 'sh', text => 'answer');

	while ($text =~ /\G(?:<!-- (?:wait for: (?<wait>.*?)|(?<mark>other session|differs)) -->\n|```(?<kind>\w+)\n(?<code>.*?)^```\n|(?<text>[^\n]*\n))/gcms)
	{
		if (defined $+{wait}) { push @parts, [ 'wait', $+{wait}, $& ]; }
		elsif (defined $+{mark}) { push @parts, [ $+{mark}, '', $& ]; }
		elsif (defined $+{code}) { push @parts, [ $kind{ $+{kind} } // die("a block of $+{kind}"), $+{code}, $& ]; }
		else { push @parts, [ 'text', '', $& ]; }
	}
	die 'the text ends with something else' if (pos $text // 0) < length $text;
	return @parts;
}

sub words_of
{
	my ($answer) = @_;

	$answer =~ s/[\x{2581}-\x{2588}]+/ /g;
	$answer =~ s/\d+(?:[ .,]\d+)*(?: (?:bytes|[kMG]B|ms|s|min|h|k|M)\b)*/ /g;
	$answer =~ s/[-+|=>()]+/ /g;
	return join ' ', sort grep { /\w/ } split ' ', $answer;
}

sub head_of
{
	my ($answer) = @_;

	return join '|', map { s/^ +| +$//gr } split /\|/, (split /\n/, $answer)[0] // '';
}

# ---- typing ----

sub open_psql
{
	my %s = (in => '', out => '', number => 0, timer => IPC::Run::timeout(180));

	$s{run} = IPC::Run::start([ 'psql', '-X', '-d', 'shop', '-P', 'footer=off' ], '<', \$s{in}, '>&', \$s{out}, $s{timer});
	return \%s;
}

my %terminals;

sub type
{
	my ($which, $commands) = @_;

	$terminals{$which} //= open_psql();
	$terminals{$which}{timer}->start(180);
	return decode_utf8(say_in($terminals{$which}, $commands) . "\n");
}

sub run_shell
{
	my ($commands) = @_;
	my $output = '';
	my $ok = IPC::Run::run([ 'sh', '-e' ], '<', \"cd '$place'\n$commands", '>&', \$output);

	ok($ok, 'sh: ' . (split /\n/, $commands)[0]) || diag($output);
	return;
}

# Columns of a terminal
sub columns
{
	my ($line) = @_;

	return length($line) + (() = $line =~ /\p{Ea=W}/g) - (() = $line =~ /\p{Mn}/g);
}

sub check_width
{
	my ($answer, $name) = @_;

	is(join("\n", grep { columns($_) > $width } split /\n/, $answer), '', "$name: no line is wider than $width columns");
	return;
}

# ---- the tutorial, from its beginning to its end ----

my @parts = parts_of(decode_utf8(slurp_file("$FindBin::RealBin/../../doc/tutorial.md")));
my ($answer, $where, $differs, $command, $written) = ('', 'first', 0, '', '');

foreach my $part (@parts)
{
	my ($kind, $content, $source) = @$part;

	if ($kind eq 'wait')
	{
		if ($content =~ /autovacuum_advice/)
		{
			$node->append_conf('postgresql.conf', 'autovacuum_naptime = 1min');
			$node->reload;
		}
		ok($node->poll_query_until('shop', "SELECT $content"), "in time: $content");
	}
	elsif ($kind eq 'differs') { $differs = 1; }
	elsif ($kind eq 'other session') { $where = 'second'; }
	elsif ($kind eq 'sh')
	{
		close_session($_) foreach values %terminals;
		%terminals = ();
		run_shell($content);
	}
	elsif ($kind eq 'sql')
	{
		$command = (split /\n/, $content)[0];
		$answer = type($where, $content);
		unlike($answer, qr/ERROR|FATAL|WARNING/, "sql: $command");
		$answer =~ s/\n+\z/\n/;
		check_width($answer, $command);
		$where = 'first';
		$source .= "\n```text\n$answer```\n" if $answer =~ /\|| row\b|^-/m;
	}
	elsif ($kind eq 'answer')
	{
		check_width($content, "answer to $command");
		if ($differs) { is(head_of($answer), head_of($content), "$command: the columns that the text shows"); }
		else { is(words_of($answer), words_of($content), "$command: what the text shows"); }
		cmp_ok(scalar(split /\n/, $answer), '>', 2, "$command: not without rows");
		$source = '';
	}
	$differs = 0 if $kind eq 'answer';
	$written .= $source;
}
if (defined $ENV{PG_TEND_TUTORIAL})
{
	$written =~ s/\n{3,}/\n\n/g;
	open my $file, '>:utf8', $ENV{PG_TEND_TUTORIAL} or die "$ENV{PG_TEND_TUTORIAL}: $!";
	print $file $written;
	close $file;
}
cmp_ok(scalar(grep { $_->[0] eq 'answer' } @parts), '>', 8, 'the text shows answers');
like(slurp_file("$place/report.html"), qr/<\/html>/, 'the report is whole');
is($node->safe_psql('postgres', "SELECT current_setting('shared_preload_libraries') || count(*) FROM pg_available_extensions WHERE name = 'pg_tend' AND installed_version IS NOT NULL"),
	'0', 'nothing is left');

# ---- pages for psql, with names as long and as wide as can be ----

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_tend'\nautovacuum = off\npg_tend.interval = 1");
$node->restart;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('shop', encode_utf8(<<'SQL'));
SET client_min_messages = warning;
CREATE EXTENSION pg_tend;
CREATE SCHEMA "a schema with a name that is as long as a name can be in postgres";
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[repeat('日本', 10), repeat('x', 63), E'a\nb\tc\u001b[31m' || repeat(E'e\u0301', 15), repeat('%s "', 15)] LOOP
        EXECUTE format('CREATE TABLE "a schema with a name that is as long as a name can be in postgres".%I (id int)', name);
        EXECUTE format('INSERT INTO "a schema with a name that is as long as a name can be in postgres".%I SELECT generate_series(1, 10000)', name);
        EXECUTE format('ANALYZE "a schema with a name that is as long as a name can be in postgres".%I', name);
        EXECUTE format('DELETE FROM "a schema with a name that is as long as a name can be in postgres".%I', name);
    END LOOP;
END
$$;
SQL
%terminals = ();
$node->poll_query_until('shop', "SELECT count(*) > 3 FROM tend.metrics_table WHERE schemaname LIKE 'a schema%' AND dead_rows > 5000");
foreach my $sql ('SELECT * FROM tend.top;', 'SELECT * FROM tend.health_page;', q{SELECT tend.wrap(line, 110) FROM tend.tables t, tend.explain_table(t.relid) line WHERE schema_name LIKE 'a schema%';})
{
	my $page = type('first', $sql);

	check_width($page, $sql);
	unlike($page, qr/\x1b|\\x1B|\t/, "$sql: no control characters");
	cmp_ok(scalar(split /\n/, $page), '>', 10, "$sql: there is something to see");
}
like(type('first', 'SELECT * FROM tend.top;'), qr/日本.*\x{2026} +\|/ms, 'long names end in an ellipsis');
like(type('first', 'SELECT table_name, last_3_hours FROM tend.top;'), qr/\x{2588}/, 'there are blocks');
my $ascii = type('first', "SET client_encoding = 'SQL_ASCII';\nSELECT last_3_hours, tend.shorten('abcdefghi', 6) FROM tend.top;");
like($ascii, qr/#\s+\| abc\.\.\./, 'and ASCII where the client does not know them');
check_width($ascii, 'in ASCII');
close_session($terminals{first});
$node->stop;

done_testing();
