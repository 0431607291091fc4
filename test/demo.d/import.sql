-- A program prepares a transaction, and never comes back to commit it.
BEGIN;
INSERT INTO event_log (what) VALUES ('import begins');
PREPARE TRANSACTION 'nightly import';
