# What an extension consists of, as text that can be compared.
package Catalog;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(extension_objects);

# One line per fact of the objects of pg_tend: definition, owner, rights,
# comment.  No OIDs, and columns by their order, not by their number, as
# dropped ones have numbers too.
my $facts = <<'SQL';
WITH members AS (
    SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS what
      FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pg_tend'
     WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
), relations AS (
    SELECT m.what, c.* FROM members m JOIN pg_class c ON c.oid = m.objid
     WHERE m.classid = 'pg_class'::regclass
), columns AS (
    SELECT r.what, a.*,
           row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS place
      FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
     WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind <> 'S'
), rights(what, acl) AS (
    SELECT what, relacl FROM relations
    UNION ALL
    SELECT what || ' column ' || attname, attacl FROM columns
    UNION ALL
    SELECT m.what, p.proacl FROM members m JOIN pg_proc p ON p.oid = m.objid
     WHERE m.classid = 'pg_proc'::regclass
    UNION ALL
    SELECT 'schema tend', nspacl FROM pg_namespace WHERE nspname = 'tend'
)
SELECT what || ': is a member' FROM members
UNION ALL
SELECT m.what || ': comment ' || d.description FROM members m
  JOIN pg_description d ON d.classoid = m.classid AND d.objoid = m.objid AND d.objsubid = 0
UNION ALL
SELECT 'schema tend: ' || obj_description('tend'::regnamespace)
UNION ALL
SELECT m.what || ': ' || pg_get_functiondef(p.oid) || ' of ' || p.proowner::regrole
  FROM members m JOIN pg_proc p ON p.oid = m.objid
 WHERE m.classid = 'pg_proc'::regclass AND p.prokind <> 'a'
UNION ALL
SELECT concat_ws(' ', what || ':', relkind, relpersistence, relreplident, relrowsecurity, reloptions, relowner::regrole)
  FROM relations
UNION ALL
SELECT what || ': ' || pg_get_viewdef(oid) FROM relations WHERE relkind IN ('v', 'm')
UNION ALL
SELECT concat_ws(' ', c.what, 'column', c.place || ':', c.attname, format_type(c.atttypid, c.atttypmod),
                 c.attnotnull, c.attidentity, c.attgenerated, c.attstorage, c.attcompression, c.attcollation,
                 c.attislocal, c.attinhcount, pg_get_expr(d.adbin, d.adrelid),
                 'comment', col_description(c.attrelid, c.attnum))
  FROM columns c LEFT JOIN pg_attrdef d ON d.adrelid = c.attrelid AND d.adnum = c.attnum
UNION ALL
SELECT r.what || ': ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
  FROM relations r JOIN pg_constraint c ON c.conrelid = r.oid
UNION ALL
SELECT r.what || ': ' || pg_get_indexdef(i.indexrelid)
  FROM relations r JOIN pg_index i ON i.indrelid = r.oid
UNION ALL
SELECT r.what || ': ' || pg_get_triggerdef(t.oid)
  FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid
UNION ALL
SELECT r.what || ': inherits ' || i.inhparent::regclass
  FROM relations r JOIN pg_inherits i ON i.inhrelid = r.oid
UNION ALL
SELECT concat_ws(' ', r.what || ':', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
  FROM relations r JOIN pg_sequence s ON s.seqrelid = r.oid
UNION ALL
SELECT what || ': right ' || a FROM rights, unnest(acl) a
UNION ALL
SELECT m.what || ': from the beginning ' || a || ' ' || i.privtype::text FROM members m
  JOIN pg_init_privs i ON i.classoid = m.classid AND i.objoid = m.objid, unnest(i.initprivs) a
UNION ALL
SELECT 'dumped: ' || t || ' ' || c FROM pg_extension, unnest(extconfig::regclass[], extcondition) x(t, c)
 WHERE extname = 'pg_tend'
UNION ALL
SELECT concat_ws(' ', 'extension', extversion, extrelocatable, extnamespace::regnamespace, extowner::regrole)
  FROM pg_extension WHERE extname = 'pg_tend'
ORDER BY 1
SQL

# In a database; after some statements, which are rolled back.
sub extension_objects
{
	my ($node, $datname, $statements) = @_;

	return $node->safe_psql($datname,
		'BEGIN; ' . ($statements // '') . "; SET LOCAL search_path = ''; $facts; ROLLBACK");
}

1;
