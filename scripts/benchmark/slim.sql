-- Fills a loaded fixture's info table up to :trials slim rows: every column and
-- index is there, as in the fixture, but most values are NULL. For what depends
-- on how many rows there are and not on what is in them: reading the catalog.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET client_min_messages = warning;

CREATE TEMP TABLE put_back AS
    SELECT pg_get_indexdef(indexrelid) AS def, indexrelid::regclass AS name
    FROM pg_index WHERE indrelid = 'info'::regclass AND NOT indisprimary;
SELECT format('DROP INDEX %s', name) FROM put_back \gexec
ALTER TABLE info DROP CONSTRAINT info_pkey;

-- The fixture's classes in their proportions.
SELECT array_agg(type ORDER BY id) AS types FROM info \gset
INSERT INTO info (id, creation_time, failed, type, participant_id, node_id, network_id, complete, finalized)
    SELECT g, timestamp '2026-11-23 08:40' + g * interval '1 second', g % 13 = 0,
           (:'types'::text[])[1 + g % 578], 1 + g / 9, 1 + g % 100000, 1 + g % 1000, true, true
    FROM generate_series((SELECT max(id) + 1 FROM info), :trials) AS g;

ALTER TABLE info ADD CONSTRAINT info_pkey PRIMARY KEY (id);
SELECT def FROM put_back \gexec
SELECT setval('info_id_seq', :trials) \g /dev/null
VACUUM ANALYZE;
