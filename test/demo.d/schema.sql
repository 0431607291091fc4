--
-- A small shop, owned by those who use it
--
CREATE EXTENSION pg_tend;

CREATE ROLE app LOGIN;
CREATE ROLE reporting LOGIN;
CREATE ROLE etl LOGIN;

-- inserted and deleted all the time, about as long in the evening as before
CREATE TABLE job_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    payload text NOT NULL);
INSERT INTO job_queue (payload) SELECT repeat('x', 100) FROM generate_series(1, 5000);

-- every update changes indexed columns, so none is heap-only
CREATE TABLE stock_item (
    id int PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    quantity int NOT NULL,
    price numeric(9, 2) NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON stock_item (quantity);
CREATE INDEX ON stock_item (price);
CREATE INDEX ON stock_item (changed_at);
INSERT INTO stock_item
SELECT i, 'SKU-' || i, 1000, 10 + i % 90 FROM generate_series(1, 5000) i;

-- only grows
CREATE TABLE event_log (
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL);
CREATE INDEX ON event_log USING brin (at);

-- its texts are long and do not compress, so they live in TOAST
CREATE TABLE document (
    id int PRIMARY KEY,
    body text NOT NULL);
ALTER TABLE document ALTER body SET STORAGE EXTERNAL;
INSERT INTO document SELECT i, repeat(md5(i::text), 200) FROM generate_series(1, 1500) i;

-- looked up by customer
CREATE TABLE customer_order (
    id int PRIMARY KEY,
    customer int NOT NULL,
    amount numeric(9, 2) NOT NULL);
INSERT INTO customer_order SELECT i, i % 2000, i % 500 FROM generate_series(1, 100000) i;
CREATE INDEX order_customer ON customer_order (customer);

-- whoever knows the zip code knows the city
CREATE TABLE address (
    id int PRIMARY KEY,
    city text NOT NULL,
    zip int NOT NULL);
INSERT INTO address SELECT i, 'City ' || i % 1000 / 10, i % 1000 FROM generate_series(1, 100000) i;
CREATE INDEX ON address (zip);

-- only read
CREATE TABLE country (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO country SELECT 'C' || i, 'Country ' || i FROM generate_series(1, 200) i;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app, etl;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporting;

-- "12 345", as pg_tend writes counts, and right-aligned
CREATE FUNCTION readable(n float8) RETURNS text LANGUAGE sql IMMUTABLE
RETURN replace(to_char(n, '99,999,999'), ',', ' ');

-- how things stood before the remedies were run
CREATE TABLE before (relid oid, dead_tuples bigint, verdict text);

VACUUM ANALYZE;
