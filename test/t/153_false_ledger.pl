# Whoever may create a schema can make a table that is called like our ledger.
# Dropping it must not run anything of his with the rights of who drops it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('false_ledger');
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN');
$node->safe_psql('postgres', 'CREATE DATABASE customer OWNER mallory');
$node->safe_psql('customer', <<'SQL', extra_params => [ '-U', 'mallory' ]);
CREATE SCHEMA tend;
CREATE TYPE trap AS ENUM ('x');
CREATE FUNCTION spring(trap) RETURNS oid LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'ALTER ROLE mallory SUPERUSER';
    RETURN 1259;
END
$$;
CREATE CAST (trap AS oid) WITH FUNCTION spring(trap) AS IMPLICIT;
CREATE TABLE tend.autovacuum_actions (relid trap, verdict text);
INSERT INTO tend.autovacuum_actions VALUES ('x', 'pending');
SQL

my ($ret, $out, $err) = $node->psql('customer', 'DROP SCHEMA tend CASCADE');
is($ret, 0, 'a superuser drops a table that only looks like the ledger');
unlike($err, qr/WARNING/, 'of which pg_tend says nothing');
is($node->safe_psql('postgres', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'}),
	'f', 'and nobody has become a superuser by it');

$node->stop;
done_testing();
