--
-- The tables of bench/autovacuum, one for each way in which rows die
--
-- No value depends on chance or on the clock, so that each template is the
-- same.  autovacuum is off while this runs.
--
CREATE EXTENSION pg_visibility;

-- inserted at one end, deleted at the other, and read there
CREATE TABLE queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payload text NOT NULL);
INSERT INTO queue (payload)
SELECT repeat('x', 100 + i % 200) FROM generate_series(1, 500) i;

-- few rows take most updates; each changes indexed columns, so none is heap-only
CREATE TABLE skewed (
    id int PRIMARY KEY,
    balance int NOT NULL,
    rank int NOT NULL,
    changes int NOT NULL,
    region int NOT NULL,
    filler text NOT NULL);
INSERT INTO skewed
SELECT i, hashint4(i) % 100000, hashint4(i + 1000000) % 100000, 0, i % 50, repeat('x', 60)
  FROM generate_series(1, 20000) i;
CREATE INDEX ON skewed (balance);
CREATE INDEX ON skewed (rank);
CREATE INDEX ON skewed (changes);
CREATE INDEX ON skewed (region);

-- grows slowly; three of four updates find its newest rows
CREATE TABLE large (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state int NOT NULL,
    customer int NOT NULL,
    filler text NOT NULL);
INSERT INTO large (state, customer, filler)
SELECT i % 8, abs(hashint4(i)) % 5000, repeat('x', 180) FROM generate_series(1, 120000) i;
CREATE INDEX ON large (state);
CREATE INDEX ON large (customer);

-- only inserted into; its readers want index-only scans
CREATE TABLE log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what text NOT NULL);
INSERT INTO log (what) SELECT repeat('x', 70) FROM generate_series(1, 50000);

-- inserted into all the time; now and then its oldest rows go, all at once
CREATE TABLE purged (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device int NOT NULL,
    reading text NOT NULL);
INSERT INTO purged (device, reading)
SELECT i % 300, repeat('x', 200) FROM generate_series(1, 20000) i;
CREATE INDEX ON purged (device);

-- replaced as a whole; the text lies in TOAST
CREATE TABLE documents (
    id int PRIMARY KEY,
    body text NOT NULL);
ALTER TABLE documents ALTER body SET STORAGE EXTERNAL;
INSERT INTO documents
SELECT i, repeat(md5(i::text), 80 + i % 120) FROM generate_series(1, 1500) i;
