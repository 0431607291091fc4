# tend.tables says what the server's autovacuum does: a table at its threshold
# is left alone, and one row more has it processed.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Autovacuum;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# No visit is needed here, and its snapshot might keep rows from being removed.
my $node = tend_node('thresholds', stopped => 1, conf => autovacuum_conf() . "pg_tend.enabled = off\n");
my $major = int($node->pg_version);
$node->append_conf('postgresql.conf', 'autovacuum_vacuum_max_threshold = 400') if $major >= 18;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

# ---- the tables ----

# Each has its threshold, where it is the same in all majors, and a way to
# raise its counter.  Those called never are far above their thresholds from
# the beginning.
my @cases = (
	{
		name => 'dead rows, default settings',
		table => 'dead_default',
		rows => 1000,
		counter => 'vacuum',
		threshold => 250
	},
	{
		name => 'dead rows, storage parameters',
		table => 'dead_options',
		with => 'autovacuum_vacuum_threshold = 20, autovacuum_vacuum_scale_factor = 0.01',
		rows => 1000,
		counter => 'vacuum',
		threshold => 30
	},
	{
		name => 'dead rows, never analyzed',
		table => 'dead_new',
		rows => 500,
		new => 1,
		counter => 'vacuum',
		threshold => 50
	},
	{
		name => 'dead rows, threshold 0',
		table => 'dead_zero',
		with => 'autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0',
		rows => 1000,
		counter => 'vacuum',
		threshold => 0
	},
	{
		name => 'dead rows, a threshold between 0 and 1',
		table => 'dead_fraction',
		with => 'autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0.0002',
		rows => 1000,
		counter => 'vacuum'
	},
	{
		name => 'inserts, default settings',
		table => 'insert_default',
		rows => 0,
		new => 1,
		counter => 'insert',
		threshold => 1000
	},
	{
		name => 'inserts, storage parameters',
		table => 'insert_options',
		with => 'autovacuum_vacuum_insert_threshold = 17, autovacuum_vacuum_insert_scale_factor = 0.1',
		rows => 1000,
		counter => 'insert',
		$major < 18 ? (threshold => 117) : ()
	},
	{
		name => 'inserts, threshold 0',
		table => 'insert_zero',
		with => 'autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0',
		rows => 1000,
		counter => 'insert',
		threshold => 0
	},
	{
		name => 'analyze, storage parameters',
		table => 'analyze_options',
		with => 'autovacuum_analyze_threshold = 20, autovacuum_analyze_scale_factor = 0.05',
		rows => 1000,
		counter => 'analyze',
		threshold => 70
	},
	{
		name => 'unlogged table',
		table => 'unlogged',
		what => 'UNLOGGED TABLE',
		rows => 1000,
		counter => 'vacuum',
		threshold => 250
	},
	{
		name => 'partition',
		table => 'leaf',
		from => 'parent',
		make => 'CREATE TABLE parent (i int) PARTITION BY RANGE (i);'
		  . 'CREATE TABLE leaf PARTITION OF parent DEFAULT WITH (autovacuum_vacuum_threshold = 25)',
		rows => 1000,
		counter => 'vacuum',
		threshold => 225
	},
	{
		name => 'materialized view',
		table => 'matview',
		from => 'viewed',
		make => 'CREATE TABLE viewed WITH (autovacuum_enabled = off) AS SELECT generate_series(1, 1000) AS i;'
		  . 'CREATE MATERIALIZED VIEW matview AS SELECT i FROM viewed;'
		  . 'CREATE UNIQUE INDEX ON matview (i)',
		after => 'REFRESH MATERIALIZED VIEW CONCURRENTLY matview',
		counter => 'vacuum',
		threshold => 250
	},
	{
		name => 'TOAST, inherited storage parameters',
		table => 'toast_inherits',
		with => 'autovacuum_vacuum_threshold = 30, autovacuum_vacuum_scale_factor = 0',
		wide => 1,
		rows => 200,
		counter => 'toast_vacuum',
		threshold => 30
	},
	{
		name => 'TOAST, its own storage parameters',
		table => 'toast_own',
		with => 'autovacuum_vacuum_threshold = 10000, toast.autovacuum_vacuum_threshold = 25,'
		  . ' toast.autovacuum_vacuum_scale_factor = 0',
		wide => 1,
		rows => 200,
		counter => 'toast_vacuum',
		threshold => 25
	},
	{
		name => 'TOAST, an unrelated storage parameter inherits nothing',
		table => 'toast_unrelated',
		with => 'autovacuum_enabled = off, autovacuum_vacuum_threshold = 10000, toast.vacuum_truncate = on',
		wide => 1,
		rows => 200,
		new => 1,
		counter => 'toast_vacuum',
		threshold => 50,
		verdict => 'vacuum due'
	},
	{
		name => 'TOAST, inserts',
		table => 'toast_insert',
		with => 'autovacuum_vacuum_insert_threshold = 40, autovacuum_vacuum_insert_scale_factor = 0',
		wide => 1,
		rows => 10,
		counter => 'toast_insert',
		threshold => 40,
		verdict => 'insert vacuum due'
	},
	{
		name => 'inserts, threshold -1',
		table => 'insert_never',
		with => 'autovacuum_vacuum_insert_threshold = -1',
		rows => 5000,
		new => 1,
		counter => 'insert',
		never => 0
	},
	{
		name => 'autovacuum switched off for the table',
		table => 'dead_off',
		with => 'autovacuum_enabled = off, autovacuum_vacuum_threshold = 20, autovacuum_vacuum_scale_factor = 0',
		rows => 1000,
		counter => 'vacuum',
		never => 100,
		verdict => 'unattended'
	},
	{
		name => 'autovacuum switched off for table and TOAST',
		table => 'toast_off',
		with => 'autovacuum_enabled = off',
		wide => 1,
		rows => 200,
		counter => 'toast_vacuum',
		never => 150,
		verdict => 'unattended'
	},
	{
		name => 'autovacuum switched off for TOAST alone',
		table => 'toast_off_alone',
		with => 'autovacuum_vacuum_threshold = 10000, toast.autovacuum_enabled = off',
		wide => 1,
		rows => 200,
		counter => 'toast_vacuum',
		never => 150,
		verdict => 'unattended'
	},
	{
		name => 'analyze switched off with autovacuum',
		table => 'analyze_off',
		with => 'autovacuum_enabled = off, autovacuum_analyze_threshold = 20, autovacuum_analyze_scale_factor = 0',
		rows => 1000,
		counter => 'analyze',
		never => 100,
		verdict => 'unattended'
	},);

push @cases,
  (
	{
		name => 'dead rows, maximum of the server',
		table => 'max_server',
		rows => 5000,
		counter => 'vacuum',
		threshold => 400
	},
	{
		name => 'dead rows, maximum of the table',
		table => 'max_table',
		with => 'autovacuum_vacuum_max_threshold = 300',
		rows => 5000,
		counter => 'vacuum',
		threshold => 300
	},
	{
		name => 'dead rows, no maximum for the table',
		table => 'max_none',
		with => 'autovacuum_vacuum_max_threshold = -1',
		rows => 5000,
		counter => 'vacuum',
		threshold => 1050
	},
	{
		name => 'inserts, all pages frozen',
		table => 'frozen',
		with => 'autovacuum_vacuum_insert_threshold = 17',
		rows => 1000,
		prepare => 'VACUUM (FREEZE, ANALYZE) frozen',
		counter => 'insert',
		threshold => 17
	},
	{
		name => 'inserts, some pages frozen',
		table => 'half_frozen',
		with => 'autovacuum_vacuum_insert_threshold = 2500',
		rows => 1000,
		prepare => 'VACUUM (FREEZE) half_frozen;'
		  . 'INSERT INTO half_frozen SELECT generate_series(1001, 2000); ANALYZE half_frozen',
		counter => 'insert'
	}) if $major >= 18;

# A wide row has one row in the TOAST table.
sub make_table
{
	my ($case) = @_;
	my $table = $case->{table};
	my $into = $case->{from} // $table;
	my $what = $case->{what} // 'TABLE';
	my $with = $case->{with} ? "WITH ($case->{with})" : '';
	my $sql = $case->{make} // (
		$case->{wide}
		? "CREATE $what $table (i int, wide text, pad text) $with"
		: "CREATE $what $table (i int) $with");

	$sql .= ";\n";
	$sql .= "ALTER TABLE $table ALTER wide SET STORAGE EXTERNAL, ALTER pad SET STORAGE PLAIN;\n"
	  if $case->{wide};
	$sql .= insert_sql($into, $case, $case->{rows}) if $case->{rows};

	# or else the insert would be counted after the vacuum
	$sql .= "SELECT pg_stat_force_next_flush();\n";
	$sql .= "VACUUM (ANALYZE) $table;\n" unless $case->{new};
	$sql .= "$case->{prepare};\n" if $case->{prepare};
	return $sql;
}

sub insert_sql
{
	my ($into, $case, $n) = @_;

	return "INSERT INTO $into SELECT i"
	  . ($case->{wide} ? ", repeat('x', 1900), repeat('y', 300)" : '')
	  . " FROM generate_series(1, $n) i;";
}

# Raise the counter of a case.
sub raise_sql
{
	my ($case, $n) = @_;
	my $from = $case->{from} // $case->{table};
	my $sql =
	  $case->{counter} =~ /vacuum/
	  ? "DELETE FROM $from WHERE ctid IN (SELECT ctid FROM $from LIMIT $n);"
	  : insert_sql($from, $case, $n);

	return '' if $n == 0;
	$sql .= "$case->{after};" if $case->{after};
	return "$sql\n";
}

my %counter_column = (
	vacuum => 'dead_tuples',
	insert => 'inserts_since_vacuum',
	analyze => 'mods_since_analyze',
	toast_vacuum => 'toast_dead_tuples',
	toast_insert => 'toast_inserts_since_vacuum');

# What tend.tables says of all cases: counter, threshold, due and so on
sub told
{
	my %told;

	foreach my $case (@cases)
	{
		my $c = $case->{counter};
		my $row = $node->safe_psql('postgres',
			"SELECT $counter_column{$c}, ${c}_threshold, ${c}_due, autovacuum_enabled, verdict, COALESCE(advice, '')"
			  . " FROM tend.tables WHERE table_name = '$case->{table}'");
		my %t;
		@t{qw(counter threshold due enabled verdict advice)} = split /\|/, $row, -1;
		$told{ $case->{table} } = \%t;
	}
	return \%told;
}

# How often autovacuum has done for each case what the case is about
sub ran
{
	my %ran = map { split /\|/ } split /\n/, $node->safe_psql(
		'postgres', q{
		SELECT c.relname || suffix,
		       CASE WHEN suffix = ' analyze' THEN pg_stat_get_autoanalyze_count(c.oid)
		            WHEN suffix = ' toast' THEN pg_stat_get_autovacuum_count(c.reltoastrelid)
		            ELSE pg_stat_get_autovacuum_count(c.oid) END
		  FROM pg_class c, (VALUES (''), (' analyze'), (' toast')) v(suffix)
		 WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384});

	return {
		map {
			my $suffix = $_->{counter} eq 'analyze' ? ' analyze' : $_->{counter} =~ /toast/ ? ' toast' : '';
			($_->{table} => $ran{"$_->{table}$suffix"})
		} @cases
	};
}

my @driven = grep { !exists $_->{never} } @cases;
my @never = grep { exists $_->{never} } @cases;

# ---- at the threshold ----

$node->safe_psql('postgres', join '', map { make_table($_) } @cases);

my $told = told();
my $sql = '';
foreach my $case (@driven)
{
	my $t = $told->{ $case->{table} };
	is($t->{threshold}, $case->{threshold}, "$case->{name}: threshold") if defined $case->{threshold};
	cmp_ok($t->{counter}, '<=', $t->{threshold}, "$case->{name}: prepared below its threshold");
	$sql .= raise_sql($case, int($t->{threshold}) - $t->{counter});
}
$sql .= raise_sql($_, $_->{never}) foreach @never;
$node->safe_psql('postgres', "$sql SELECT pg_stat_force_next_flush();");

# autovacuum cannot see the temporary tables of this session
my $temporary = session($node, 'postgres');
say_in($temporary, 'CREATE TEMPORARY TABLE temporary (i int); INSERT INTO temporary SELECT generate_series(1, 200);'
	  . ' DELETE FROM temporary; SELECT pg_stat_force_next_flush();');
push @never, { name => 'temporary table', table => 'temporary', counter => 'vacuum', verdict => 'unattended' };
push @cases, $never[-1];

place_sentinel($node);
autovacuum_on($node);
pass_round($node);
$told = told();
my $ran = ran();
foreach my $case (@driven)
{
	my $t = $told->{ $case->{table} };
	is($t->{counter}, int($t->{threshold}), "$case->{name}: brought to its threshold");
	cmp_ok($t->{due}, '<=', 1, "$case->{name}: is not due there");
	is($t->{due}, 1, "$case->{name}: is just below being due")
	  if $t->{threshold} >= 1 && $t->{threshold} == int($t->{threshold});
	is($t->{verdict}, 'ok', "$case->{name}: verdict ok") or diag($t->{advice});
	is($ran->{ $case->{table} }, 0, "$case->{name}: autovacuum leaves it alone");
}
autovacuum_off($node);

# ---- one row more ----

$node->safe_psql('postgres',
	join('', map { raise_sql($_, 1) } @driven) . 'SELECT pg_stat_force_next_flush();');
$told = told();
foreach my $case (@driven)
{
	my $t = $told->{ $case->{table} };
	is($t->{counter}, int($t->{threshold}) + 1, "$case->{name}: brought above its threshold");
	cmp_ok($t->{due}, '>', 1, "$case->{name}: is due there");
	is($t->{enabled}, 'f', "$case->{name}: autovacuum is switched off in the server");
}

# ask for verdicts while autovacuum is on and yet sleeps
alter_system($node, "SET autovacuum_naptime = '20d'", 'SET autovacuum = on');
$told = told();
my %verdict = (vacuum => 'vacuum due', insert => 'insert vacuum due', analyze => 'analyze due');
foreach my $case (@driven)
{
	my $t = $told->{ $case->{table} };
	my $want = $case->{verdict} // $verdict{ $case->{counter} =~ s/toast_//r };
	$want = 'vacuum overdue' if $want eq 'vacuum due' && $t->{due} > 2;
	is($t->{verdict}, $want, "$case->{name}: verdict $want") or diag($t->{advice});
	like($t->{advice}, qr/\d/, "$case->{name}: advice");
	is($t->{enabled}, $case->{with} && $case->{with} =~ /^autovacuum_enabled = off/ ? 'f' : 't',
		"$case->{name}: autovacuum is on");
}
foreach my $case (@never)
{
	my $t = $told->{ $case->{table} };
	if (!$case->{verdict})
	{
		is($t->{threshold} . $t->{due}, '', "$case->{name}: has no threshold");
		next;
	}
	cmp_ok($t->{due}, '>', 1, "$case->{name}: is above its threshold");
	is($t->{verdict}, $case->{verdict}, "$case->{name}: verdict $case->{verdict}") or diag($t->{advice});
}

# ---- the server's own scores ----

# Dues of all tables, and what autovacuum would do
my $dues = q{
	SELECT relid, autovacuum_enabled AS enabled, freeze_due > 1 AS forced,
	       vacuum_due, insert_due, analyze_due, persistence
	  FROM tend.tables};

sub compare_scores
{
	my ($datname, $name) = @_;

	return if $major < 19;

	# our dues begin at a threshold of 0.5, the server's scores at 1
	$node->safe_psql(
		$datname, q{
		CREATE FUNCTION differs(due float8, score float8, kind text) RETURNS bool LANGUAGE sql AS $$
			SELECT CASE WHEN due IS NULL THEN score <> 0
			            WHEN due > score / weight * 1.5 THEN due <> score / weight * 2
			            ELSE abs(due - score / weight) > 1e-6 * due END
			  FROM CAST(current_setting('autovacuum_' || kind || '_score_weight') AS float8) weight
		$$});
	is( $node->safe_psql(
			$datname, qq{
			SELECT d.relid::regclass, d.vacuum_due, s.vacuum_score, d.insert_due, s.vacuum_insert_score,
			       d.analyze_due, s.analyze_score
			  FROM ($dues) d JOIN pg_stat_autovacuum_scores s USING (relid)
			 WHERE d.enabled
			   AND (differs(vacuum_due, vacuum_score, 'vacuum')
			     OR differs(insert_due, vacuum_insert_score, 'vacuum_insert')
			     OR differs(analyze_due, analyze_score, 'analyze'))}),
		'',
		"$name: dues are the server's scores");
	is( $node->safe_psql(
			$datname, qq{
			SELECT d.relid::regclass, d.vacuum_due, s.vacuum_score, d.insert_due, s.vacuum_insert_score,
			       d.analyze_due, s.analyze_score, s.do_vacuum, s.do_analyze
			  FROM ($dues) d JOIN pg_stat_autovacuum_scores s USING (relid)
			 WHERE d.persistence <> 'temporary'
			   AND (do_vacuum <> (forced OR enabled AND (COALESCE(vacuum_due, 0) > 1 OR COALESCE(insert_due, 0) > 1))
			     OR do_analyze <> (enabled AND COALESCE(analyze_due, 0) > 1)
			     OR for_wraparound <> forced)}),
		'',
		"$name: tables are due for the server too");
	cmp_ok(
		$node->safe_psql($datname,
			"SELECT count(*) FROM ($dues) d JOIN pg_stat_autovacuum_scores USING (relid)"
			  . " WHERE enabled AND vacuum_score > 0 AND vacuum_insert_score > 0 AND analyze_score > 0"),
		'>', 10, "$name: there are scores to compare");
	return;
}

compare_scores('postgres', 'cases');

# ---- autovacuum comes ----

autovacuum_off($node);
alter_system($node, 'RESET autovacuum_naptime');
place_sentinel($node);
autovacuum_on($node);
pass_round($node);
$told = told();
$ran = ran();
foreach my $case (@driven)
{
	is($ran->{ $case->{table} }, 1, "$case->{name}: autovacuum came");
	cmp_ok($told->{ $case->{table} }->{due}, '<=', 1, "$case->{name}: is no longer due");
}
foreach my $case (@never)
{
	is($ran->{ $case->{table} } // 0, 0, "$case->{name}: autovacuum did not come");
}
autovacuum_off($node);
close_session($temporary);

# ---- the same numbers as the server ----

# Tables of all sizes, by the word of the catalog
$node->safe_psql('postgres', 'CREATE DATABASE arithmetic');
my $has_frozen = $major >= 18 ? ', relallfrozen = (random() * 1100000)::int' : '';
my $max_option = $major >= 18 ? ', autovacuum_vacuum_max_threshold = %6$s' : '';
$node->safe_psql(
	'arithmetic', qq{
	CREATE EXTENSION pg_tend;
	SET allow_system_table_mods = on;
	SELECT setseed(0.42);
	CREATE SCHEMA sizes;
	DO \$\$
	BEGIN
		FOR i IN 1 .. 150 LOOP
			EXECUTE format('CREATE TABLE sizes.%I (i int, t text)', 'size_' || i);
			EXECUTE format('INSERT INTO sizes.%I SELECT generate_series(1, %s)', 'size_' || i, i);
			EXECUTE format('DELETE FROM sizes.%I WHERE i <= %s', 'size_' || i, i / 3);
			CONTINUE WHEN i % 3 = 0;
			EXECUTE format('ALTER TABLE sizes.%I SET (autovacuum_vacuum_threshold = %s,'
				' autovacuum_vacuum_scale_factor = %s, autovacuum_vacuum_insert_scale_factor = %s,'
				' autovacuum_analyze_scale_factor = %s$max_option)', 'size_' || i,
				(random() * 100)::int, random(), random() / 7, random() * 0.3, (random() * 1e9)::int);
			CONTINUE WHEN i % 3 = 1;
			EXECUTE format('ALTER TABLE sizes.%I SET (toast.autovacuum_vacuum_threshold = %s)', 'size_' || i, i);
		END LOOP;
	END \$\$;
	UPDATE pg_class SET reltuples = (random() * 10 ^ (random() * 12))::real, relpages = (random() * 1000000)::int $has_frozen
	 WHERE relnamespace = 'sizes'::regnamespace OR relnamespace = 'pg_toast'::regnamespace AND relkind = 't' AND oid >= 16384;});

# As float4, the type with which the server computes
my $max_sql = $major >= 18
  ? q{CASE WHEN v.max >= 0 AND v.threshold > v.max THEN v.max ELSE v.threshold END}
  : q{v.threshold};
my $unfrozen_sql = $major >= 18
  ? q{CASE WHEN c.relpages > 0 AND c.relallfrozen > 0
           THEN 1::float4 - (LEAST(c.relallfrozen, c.relpages)::float4 / c.relpages::float4) ELSE 1::float4 END}
  : q{1::float4};
my $thresholds = qq{
	SELECT v.oid, v.is_toast, $max_sql AS vacuum,
	       CASE WHEN v.insert_base >= 0 THEN v.insert END AS insert,
	       CASE WHEN v.oid <> 'pg_statistic'::regclass AND NOT v.is_toast THEN v.analyze END AS analyze
	  FROM (SELECT c.oid, c.relkind = 't' AS is_toast,
	               o.vacuum_threshold + o.vacuum_scale_factor * c.tuples AS threshold,
	               o.vacuum_max_threshold AS max,
	               o.vacuum_insert_threshold AS insert_base,
	               o.vacuum_insert_threshold + o.vacuum_insert_scale_factor * c.tuples * ($unfrozen_sql) AS insert,
	               o.analyze_threshold + o.analyze_scale_factor * c.tuples AS analyze
	          FROM (SELECT *, GREATEST(reltuples, 0::float4) AS tuples FROM pg_class) c
	          LEFT JOIN pg_class m ON m.reltoastrelid = c.oid
	         CROSS JOIN LATERAL (
	              SELECT } . join(', ', map {
		qq{COALESCE((SELECT option_value FROM pg_options_to_table(COALESCE(c.reloptions, m.reloptions)) WHERE option_name = 'autovacuum_$_'),
		            current_setting('autovacuum_$_', true))::float4 AS $_}
	  } qw(vacuum_threshold vacuum_max_threshold vacuum_scale_factor vacuum_insert_threshold
	  vacuum_insert_scale_factor analyze_threshold analyze_scale_factor)) . q{) o
	         WHERE c.relkind IN ('r', 'm', 't')) v};

foreach my $datname (qw(postgres arithmetic))
{
	my $differences = $node->safe_psql(
		$datname, qq{
		SELECT s.oid::regclass, t.vacuum_threshold, s.vacuum, t.insert_threshold, s.insert, t.analyze_threshold, s.analyze
		  FROM ($thresholds) s
		  JOIN (SELECT relid, vacuum_threshold, insert_threshold, analyze_threshold FROM tend.tables
		        UNION ALL
		        SELECT toast_relid, toast_vacuum_threshold, toast_insert_threshold, NULL FROM tend.tables
		         WHERE toast_relid IS NOT NULL) t ON t.relid = s.oid
		 WHERE t.vacuum_threshold IS DISTINCT FROM s.vacuum::float8
		    OR t.insert_threshold IS DISTINCT FROM s.insert::float8
		    OR t.analyze_threshold IS DISTINCT FROM s.analyze::float8});
	is($differences, '', "$datname: thresholds are those of the server's formula, to the last bit");

	is( $node->safe_psql(
			$datname, q{
			SELECT t.relid::regclass
			  FROM tend.tables t
			  FULL JOIN pg_stat_all_tables s ON s.relid = t.relid
			  LEFT JOIN pg_stat_all_tables x ON x.relid = t.toast_relid
			 WHERE COALESCE(s.schemaname, '') <> 'pg_toast'
			   AND (t.live_tuples, t.dead_tuples, t.inserts_since_vacuum, t.mods_since_analyze,
			        t.toast_live_tuples, t.toast_dead_tuples, t.toast_inserts_since_vacuum)
			       IS DISTINCT FROM
			       (s.n_live_tup, s.n_dead_tup, s.n_ins_since_vacuum, s.n_mod_since_analyze,
			        x.n_live_tup, x.n_dead_tup, x.n_ins_since_vacuum)
			   AND s.relid NOT IN (SELECT oid FROM pg_class WHERE relkind = 'p')
			   AND t.schema_name <> 'tend' AND s.schemaname <> 'pg_catalog'}),
		'',
		"$datname: counters are those of pg_stat_all_tables");
	# at one time: a session that was closed may still drop its temporary table
	is( $node->safe_psql($datname,
			q{SELECT (SELECT count(*) FROM tend.tables) - (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'm'))}),
		0, "$datname: every table is there");
}

alter_system($node, "SET autovacuum_naptime = '20d'", 'SET autovacuum = on');
compare_scores('arithmetic', 'all sizes');

$node->stop;
done_testing();
