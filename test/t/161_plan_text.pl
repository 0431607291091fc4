# The text of a plan is what EXPLAIN prints, and holds no constants; that of a
# statement holds none either.
#
# All constants of the statements below have two sevens in them, and none of the names.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../perl";
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = tend_node('plan_text', conf => <<'END');
pg_tend.track_plans = all
compute_query_id = on
jit = off
END

# normalize() needs UTF8
$node->safe_psql('postgres', "CREATE DATABASE texts ENCODING 'UTF8' TEMPLATE template0");
$node->safe_psql('texts', 'CREATE EXTENSION pg_tend');
$node->safe_psql('texts', <<'END');
CREATE TABLE a (id int PRIMARY KEY, x int, t text, d date, j jsonb, arr int[], ts timestamptz);
CREATE TABLE b (id int PRIMARY KEY, a_id int, y int, t text);
CREATE INDEX ON b (a_id);
CREATE INDEX a_x ON a (x, t);
CREATE INDEX "a Part" ON a (d) WHERE x > 77;
CREATE INDEX ON a ((x + 5));
CREATE INDEX a_gist ON a USING gist (point(x, x));
INSERT INTO a SELECT i, i % 100, 't' || i, date '2020-01-01' + i % 1000, '{}', array[i]
  FROM generate_series(1, 2000) i;
INSERT INTO b SELECT i, i % 2000, i % 7, 'b' || i FROM generate_series(1, 6000) i;
CREATE TABLE q (k int, v int) PARTITION BY LIST (k);
CREATE TABLE q1 PARTITION OF q FOR VALUES IN (1);
CREATE TABLE q2 PARTITION OF q FOR VALUES IN (2);
CREATE TABLE q3 PARTITION OF q DEFAULT;
CREATE VIEW v AS SELECT a.id, b.y, a.t FROM a JOIN b ON a.id = b.a_id WHERE b.y < 3;
CREATE TYPE comp AS (f1 int, f2 text);
CREATE FUNCTION setof_f(int) RETURNS SETOF int LANGUAGE plpgsql AS 'BEGIN RETURN NEXT 1; END';
CREATE TABLE "Odd ""T" ("Col 1" int, "select" text);
ANALYZE;
END

# ---- asking ----

# What EXPLAIN prints for a statement, and what is remembered of it as its query
# and its plan after two executions, which are rolled back
sub texts_of
{
	my ($statement, @settings) = @_;
	my $rows = "FROM tend.plans WHERE plan IS NOT NULL AND query NOT LIKE '%tend.%'";
	my $remembered;

	# a session that is about to end would tell of its statements after the reset
	$node->poll_query_until('texts', q{SELECT count(*) = 1 FROM pg_stat_activity
		WHERE datname = current_database() AND backend_type = 'client backend'});
	my $explained = $node->safe_psql('texts',
		join "\n", 'SELECT tend.plans_reset() \g /dev/null', @settings, "EXPLAIN $statement;");
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		$node->safe_psql('texts', join "\n", '\o /dev/null', @settings, ("BEGIN; $statement; ROLLBACK;") x 2);
		$remembered = $node->safe_psql('texts',
			"SELECT query || E'\n;;\n' || plan $rows ORDER BY toplevel DESC, calls DESC LIMIT 1");
		last if $remembered ne '';
		# the session is about to tell it, or a visit was in the way of the text
		usleep(100_000);
	}
	return ($explained, split /\n;;\n/, $remembered);
}

# What no plan tells before it runs
sub comparable
{
	my ($plan) = @_;

	$plan =~ s/^ *(Subplans Removed|Planned Partitions|Replaces|Estimates):.*\n?//mg;
	return $plan;
}

# ---- all kinds of plans ----

foreach my $case (split /^;;\n/m, join('', <DATA>))
{
	chomp $case;
	my @settings;
	push @settings, $1 while $case =~ s/^(set .*;)\n//;
	my $name = substr($case =~ s/\s+/ /gr, 0, 70);
	$case =~ s/\s+$//;

	my ($explained, $query, $plan) =
	  texts_of($case, 'SET pg_tend.plan_constants = on;', @settings);
	is(comparable($plan), comparable($explained), "as EXPLAIN: $name");

	(undef, $query, $plan) = texts_of($case, 'SET pg_tend.plan_constants = off;', @settings);
	$plan =~ s/  \(cost=.*?\)$//mg;
	unlike($plan, qr/77/, "plan without constants: $name");
	unlike($query, qr/77/, "query without constants: $name");
}

$node->stop;
done_testing();

__DATA__
select * from a where id = 77
;;
select * from a where id = 77 and t = 'x77'
;;
select * from a alias where x in (77, 1177, 277) and t like '77%'
;;
select * from a order by id desc limit 77
;;
select max(id), min(id) from a
;;
select id from a where id between 77 and 7777 order by id desc
;;
select * from a where x = 77 or id = 1177
;;
select * from a, b where a.id = b.a_id and b.y = 77 and a.x < 1077
;;
set enable_hashjoin = off;
select * from a join b on a.id = b.a_id and b.y <> 77
;;
set enable_hashjoin = off;
set enable_mergejoin = off;
select * from a join b on a.id = b.a_id where a.x = 77
;;
set enable_hashjoin = off;
set enable_nestloop = off;
select * from a full join b on a.id = b.a_id where coalesce(b.y, 77) = 77
;;
select * from a left join b on a.id = b.a_id and b.y + 77 > a.x
;;
select * from a where exists (select 1 from b where b.a_id = a.id and y = 77)
;;
select * from a where not exists (select 1 from b where b.a_id = a.id and y = 77)
;;
select * from a where id not in (select a_id from b where y = 77)
;;
select * from a where id in (select a_id from b where y = 77)
;;
select a.*, (select count(*) from b where b.a_id = a.id and b.y > 77) from a where x = 77
;;
select * from a where x = (select max(y) from b where t <> 'secret77')
;;
select * from a where x > (select avg(y) from b where b.a_id = a.id) and t = '77'
;;
with c as materialized (select * from b where y = 77) select * from c c1 join c c2 on c1.id = c2.a_id where c1.t = '77'
;;
with recursive r(n) as (select 77 union all select n + 77 from r where n < 7777) select * from r where n > 77
;;
with recursive r(n) as (select id, x from a where id = 77 union select a.id, a.x from r join a on a.id = r.x) select * from r
;;
select x, count(*) from a where t > '77' group by x having count(*) > 77
;;
select x, t, count(*) from a group by grouping sets ((x), (t), ())
;;
select x, t, count(*) from a group by rollup (x, t)
;;
set enable_hashagg = off;
select x, d, count(*) from a group by cube (x, d)
;;
set enable_hashagg = off;
select x, count(distinct t) from a group by x order by x desc nulls last
;;
select distinct x from a where id < 77
;;
select distinct on (x) x, t from a order by x, t desc nulls last
;;
select x, t from a order by t collate "C", x desc
;;
select x, t, d from a order by x, d
;;
set enable_hashjoin = off;
set work_mem = '64kB';
select * from a order by x, t, d limit 77
;;
select id, row_number() over (partition by x order by t), sum(id) over (partition by x order by t rows between 77 preceding and current row) from a
;;
select * from (select id, row_number() over (order by id) rn from a) s where rn < 77
;;
select * from (select id, row_number() over (order by id) rn, x from a) s where rn < 77 and x = 77
;;
select * from (select id, x from a where x > 77 offset 0) s where s.id > 77
;;
select * from generate_series(1, 77) g where g > 77
;;
select * from setof_f(77) f(z) where z = 77
;;
select * from rows from (generate_series(1, 77), setof_f(77)) as r(a, b)
;;
select * from unnest(array[77, 1]) u, a where a.id = u
;;
select * from (values (77, 'x77'), (2, 'y')) as v(n, s) where n > 77
;;
select * from a where id in (values (77), (78))
;;
select * from xmltable('/x77' passing ('<x77/>'::xml) columns y text path '77') t where y = '77'
;;
select * from a tablesample bernoulli (77) repeatable (77) where x = 77
;;
select * from a where ctid = '(0,77)' or ctid = '(77,1)'
;;
select * from a where ctid > '(77,1)' and ctid < '(78,1)'
;;
select * from q where k in (1, 77)
;;
select count(*) from q
;;
set enable_partitionwise_aggregate = on;
select k, count(*) from q group by k
;;
select * from q order by k, v limit 77
;;
insert into a values (7700077, 77, 'x77')
;;
insert into a (id, x) values (7700077, 1), (7700078, 77)
;;
insert into a (id, x) values (77, 77) on conflict (id) do update set x = excluded.x + 77 where a.x < 77
;;
insert into a (id) values (77) on conflict do nothing
;;
insert into a (id, x) select id + 7700077, 77 from b where y = 77 returning id
;;
update a set x = 77 where id = 77
;;
update a set t = (select max(t) from b where a_id = a.id and y = 77) from b where b.id = a.id and b.y = 77 returning a.*
;;
update q set v = 77 where k = 77
;;
update q set v = 77
;;
update a set (x, t) = (select y + 77, t from b where b.id = a.id) where x = 77
;;
delete from a where id = 77
;;
delete from q where v = 77
;;
merge into a using b on a.id = b.id and b.y = 77 when matched and a.x = 77 then update set x = 77 when not matched then do nothing
;;
merge into q using b on q.k = b.id when matched then delete when not matched then do nothing
;;
select * from v where y = 77
;;
select * from "Odd ""T" "X y" where "Col 1" = 77 and "select" = '77'
;;
select 77
;;
select * from a where false
;;
select * from a where now() > '2077-01-01' and x = 77
;;
select * from a where extract(year from d) = 2077 and extract(epoch from ts) > 77
;;
select * from a where ts at time zone 'Etc/GMT+7' > '2077-01-01' and overlay(t placing '77' from 77) = '77' and position('77' in t) > 77 and substring(t from 77 for 77) = '77' and trim(both '77' from t) = '77'
;;
select * from a where normalize(t, NFD) = '77' and t is NFC normalized
;;
select * from a where j ->> 'k77' = '77' and arr[77] = 77 and arr[77:78] = '{77}' and x = any (array[77, id])
;;
select * from a where row (x, t) < row (77, '77') and (x is distinct from 77 or t is null or (x = 77) is not true)
;;
select * from a where case x when 77 then true when 78 then false else t = '77' end and nullif(x, 77) = 77 and greatest(x, 77) = 77 and coalesce(t, '77') = '77'
;;
select * from a where t::varchar(10) = '77' and x::numeric(10, 2) = 77.77 and d - interval '77 days' < '2077-01-01' and x::bit(8) = B'01110111'
;;
select * from a where (row (x, t)::comp).f1 = 77 and (array[77, x])[1] = 77 and t similar to '77' and t ~ '77'
;;
select * from a order by point(x, x) <-> point(77, 77) limit 77
;;
select * from a where point(x, x) <@ box '((77,77),(78,78))'
;;
select * from a where x + 5 = 77
;;
select * from a where d = '2077-01-01' and x > 77
;;
select x from a intersect select y from b where y > 77
;;
select x from a except all select y from b
;;
select x from a union select y from b where y > 77
;;
select x from a union all select y from b where y = 77 order by 1
;;
select * from a for update
;;
select * from a, lateral (select * from b where b.a_id = a.id order by y limit 77) l where a.x = 77
;;
set enable_memoize = on;
set enable_hashjoin = off;
set enable_mergejoin = off;
select * from b join a on a.id = b.a_id + 77
;;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select count(*), x from a where t <> '77' group by x
;;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select * from b where y = (select max(x) from a where x < 77) order by t
;;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select count(*) from a join b on a.id = b.a_id where b.y = 77
;;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select * from q where v = 77
;;
select generate_series(1, 77), x from a
;;
set enable_seqscan = off;
select * from b where y = 77
;;
set enable_sort = off;
set enable_seqscan = off;
select * from b b1, b b2 where b1.y = 77 order by b1.t
;;
select exists (select 1 from b where y = 77), id from a where id = 77
;;
select array(select id from b where y = 77), x from a where x = 77 and id > any (select y from b where b.id = a.id)
;;
select id from a where (id, x) = any (select id, y from b where y > 77) or x = 77
;;
with u as (update a set x = 77 where id = 77 returning *) select * from u where x = 77
;;
with u as (insert into q values (77, 1) returning *) insert into b (id, y) select k + 7700077, v from u
;;
select string_agg(t, ',77' order by t), percentile_cont(0.77) within group (order by x), count(*) filter (where x = 77) from a
;;
select x, string_agg(t, ',77') from a group by x having string_agg(t, ',77') > '77'
;;
set enable_hashagg = off;
select x + 77, count(*) from a group by x + 77 order by x + 77
;;
set geqo = off;
select * from a a1 join a a2 on a1.id = a2.x join a a3 on a2.id = a3.x + 77 join a on a.id = a3.id where a.t = '77'
;;
with recursive r(n, m) as (select 77, 1 union all select n + 1, m from r where n < 777) search depth first by n, m set o select * from r where n = 77 order by o
;;
with recursive r(n, m) as (select 77, 1 union all select n + 1, m from r where n < 777) search breadth first by n, m set o cycle n set isc using path select * from r where n = 77 order by o
;;
select * from a where (select row (77, x)::comp).f1 = 77
;;
select (r).f1, (r).f2 from (select row (77, 'x77')::comp as r offset 0) s where (r).f1 = 77
