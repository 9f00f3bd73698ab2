-- Grows a loaded fixture into a database of :trials trials of the same shape:
-- whole copies of the experiment, each with ids, participants and references of
-- its own, so every distribution stays (classes, NULLs, NaN in
-- participant.vars, py/id in payloads). Copies are inserted one after another,
-- because a participant's rows lie close together in a real database too.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET client_min_messages = warning;
SELECT set_config('bench.trials', :'trials', false) \g /dev/null

-- The references that must move with the copies (PsyNet drops its foreign keys
-- at launch, so they cannot be read from the catalog).
CREATE TEMP TABLE ref (tab text, col text, target text);
INSERT INTO ref VALUES
    ('participant', 'module_state_id', 'module_state'),
    ('participant', 'current_trial_id', 'info'),
    ('module_state', 'participant_id', 'participant'),
    ('network', 'head_id', 'node'),
    ('network', 'participant_id', 'participant'),
    ('node', 'network_id', 'network'),
    ('node', 'participant_id', 'participant'),
    ('node', 'module_state_id', 'module_state'),
    ('node', 'parent_id', 'node'),
    ('node', 'child_id', 'node'),
    ('response', 'participant_id', 'participant'),
    ('info', 'origin_id', 'node'),
    ('info', 'node_id', 'node'),
    ('info', 'network_id', 'network'),
    ('info', 'participant_id', 'participant'),
    ('info', 'module_state_id', 'module_state'),
    ('info', 'parent_trial_id', 'info'),
    ('info', 'response_id', 'response');

-- Names that are unique get the number of the copy.
CREATE TEMP TABLE renamed (tab text, col text);
INSERT INTO renamed VALUES
    ('participant', 'worker_id'),
    ('participant', 'assignment_id'),
    ('participant', 'unique_id');

CREATE TEMP TABLE put_back (tab text, kind text, def text);

-- detach drops a table's indexes and keys and remembers how to make them.
CREATE FUNCTION pg_temp.detach(t text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    FOR r IN SELECT conname AS name, pg_get_constraintdef(oid) AS def
             FROM pg_constraint WHERE conrelid = t::regclass AND contype IN ('p', 'u') LOOP
        INSERT INTO put_back VALUES (t, 'key', format('ALTER TABLE %I ADD CONSTRAINT %I %s', t, r.name, r.def));
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', t, r.name);
    END LOOP;
    FOR r IN SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS def
             FROM pg_index WHERE indrelid = t::regclass LOOP
        INSERT INTO put_back VALUES (t, 'index', r.def);
        EXECUTE format('DROP INDEX %s', r.name);
    END LOOP;
END $$;

-- How far a table's ids move from copy to copy.
CREATE TEMP TABLE stride (tab text, n integer);

-- copying is the INSERT that makes copy $1 of a table from base_<table>.
CREATE FUNCTION pg_temp.copying(t text) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO %I (%s) SELECT %s FROM base_%s ORDER BY id', t,
        string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
        string_agg(CASE
            WHEN a.attname = 'id' THEN format('id + $1 * %s', (SELECT n FROM stride WHERE tab = t))
            WHEN ref.col IS NOT NULL THEN format('%I + $1 * %s', a.attname, (SELECT n FROM stride WHERE tab = ref.target))
            WHEN renamed.col IS NOT NULL THEN format('%I || ''-'' || $1', a.attname)
            WHEN a.atttypid = 'timestamp'::regtype THEN format('%I + $1 * interval ''10 minutes''', a.attname)
            ELSE quote_ident(a.attname) END, ', ' ORDER BY a.attnum), t)
    FROM pg_attribute a
    LEFT JOIN ref ON ref.tab = t AND ref.col = a.attname
    LEFT JOIN renamed ON renamed.tab = t AND renamed.col = a.attname
    WHERE a.attrelid = t::regclass AND a.attnum > 0 AND NOT a.attisdropped
$$;

DO $$
DECLARE
    tabs text[] := ARRAY['participant', 'module_state', 'network', 'node', 'response', 'info'];
    t text; n integer; copies integer;
    trials integer := current_setting('bench.trials')::integer;
    statement text;
BEGIN
    FOREACH t IN ARRAY tabs LOOP
        EXECUTE format('SELECT max(id) FROM %I', t) INTO n;
        INSERT INTO stride VALUES (t, n);
        EXECUTE format('CREATE TEMP TABLE base_%s AS SELECT * FROM %I', t, t);
        PERFORM pg_temp.detach(t);
    END LOOP;
    SELECT ceil(trials::numeric / s.n) INTO copies FROM stride s WHERE tab = 'info';
    FOREACH t IN ARRAY tabs LOOP
        statement := pg_temp.copying(t);
        FOR k IN 1 .. copies - 1 LOOP
            EXECUTE statement USING k;
        END LOOP;
    END LOOP;
    DELETE FROM info WHERE id > trials;
    FOREACH t IN ARRAY tabs LOOP
        EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''id''), (SELECT max(id) FROM %I))', t, t);
    END LOOP;
END $$;

-- Keys first: an index of the same name as a key's may depend on it.
SELECT def FROM put_back ORDER BY tab, kind DESC \gexec

VACUUM ANALYZE;
