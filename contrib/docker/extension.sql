-- Run by the image when it makes a cluster: the database that it was told to
-- make has the extension, and so have those that are made later.
CREATE EXTENSION IF NOT EXISTS pg_tend;
\connect template1
CREATE EXTENSION IF NOT EXISTS pg_tend;
