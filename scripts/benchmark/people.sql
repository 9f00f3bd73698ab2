-- Grows a loaded fixture to :trials participants, copies of the sample's, all of
-- them submitted; the indexes of PsyNet's table stay.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SELECT set_config('bench.people', :'trials', false) \g /dev/null

DO $$
DECLARE
    columns text;
    copied text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
           string_agg(CASE
               WHEN attname IN ('worker_id', 'assignment_id', 'unique_id') THEN format('left(%I, 30) || ''-'' || n', attname)
               ELSE quote_ident(attname)
           END, ', ' ORDER BY attnum)
    INTO columns, copied
    FROM pg_attribute
    WHERE attrelid = 'participant'::regclass
      AND attnum > 0
      AND NOT attisdropped
      AND attname <> 'id';
    EXECUTE format('CREATE TEMP TABLE base AS SELECT * FROM participant');
    EXECUTE format('INSERT INTO participant (%s) SELECT %s FROM generate_series(1, %s / 63 + 1) AS n, base LIMIT %s - 63',
                   columns, copied, current_setting('bench.people'), current_setting('bench.people'));
    UPDATE participant SET status = 'submitted';
END $$;

VACUUM FULL participant;
VACUUM ANALYZE;
