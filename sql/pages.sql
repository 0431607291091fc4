--
-- Pages for psql: what draws them
--
CREATE EXTENSION pg_tend;
SET client_encoding = 'UTF8';

-- one character for each number, full height for the largest; unknown is a space
SELECT tend.sparkline('{0,1,2,3,4,5,6,7,8}') AS rising,
       '[' || tend.sparkline('{1,NULL,NaN,1}') || ']' AS gaps,
       tend.sparkline('{-1,0,Infinity,1}') AS odd,
       tend.sparkline('{0,0}') AS nothing;

-- or for a number that is the same for many
SELECT tend.sparkline('{1,2,200}', 100) AS of_a_hundred, tend.sparkline('{1}', 0) AS of_nothing;
SELECT tend.sparkline('{}') = '' AS empty, tend.sparkline(NULL) IS NULL AS unknown, tend.sparkline('{{1,2},{3,4}}') AS all_dimensions;

-- as ASCII for clients that know no more
SET client_encoding = 'LATIN1';
SELECT tend.sparkline('{0,1,2,3,4,5,6,7,8}') AS rising, tend.shorten('a long name', 8) AS shortened;
SET client_encoding = 'UTF8';

-- a text is shortened only where it must be
SELECT n, tend.shorten('12345678', n) AS shortened FROM generate_series(4, 9) n;
SELECT '[' || tend.shorten('', 4) || ']' AS empty, '[' || tend.shorten(E'a\tb\nc\u0007d', 10) || ']' AS "control characters";

-- wide characters take two columns, accents none
SELECT tend.shorten('日本語の表', 7) AS seven, tend.shorten('日本語の表', 8) AS eight, tend.shorten('日本語の表', 10) AS ten,
       char_length(tend.shorten(repeat(E'e\u0301', 10), 5)) AS characters_in_five;

-- lines break at spaces, and elsewhere only where there is none
SELECT tend.wrap('The quick brown fox jumps over the lazy dog', 10) AS wrapped;
SELECT tend.wrap('a verylongwordthatdoesnotfit in', 8) AS broken, tend.wrap(E'lines\nstay, and  spaces', 8) AS lines;
SELECT max(length(line)) FROM generate_series(4, 40) n, regexp_split_to_table(tend.wrap(repeat('ab cde f ghijkl ', 20), n), E'\n') line
 WHERE length(line) > n;
SELECT count(*) AS lost FROM generate_series(4, 40) n
 WHERE replace(replace(tend.wrap('some words, some longer than four', n), E'\n', ''), ' ', '') <> 'somewords,somelongerthanfour';

-- less is no width
SELECT tend.shorten('x', 3);
SELECT tend.wrap('x', -1);

-- numbers
SELECT tend.short_count(n), tend.short_duration(n) FROM unnest('{0,7.25,12500,3000000,NaN}'::float8[]) n;

DROP EXTENSION pg_tend;
DROP SCHEMA tend;
