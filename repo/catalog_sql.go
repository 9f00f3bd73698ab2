package repo

// CatalogMark begins the statements that read the catalog.
const CatalogMark = "/* the catalog */"

// catalogSQL reads the catalog in one round trip: several statements without
// arguments in one simple query, a result set each, in the order in which
// readCatalog takes them. Objects of users have oids from 16384 on, which spares
// joins; nothing here looks at a row of a user's table, so that the time it
// takes does not depend on how many there are. What only `describe` shows (the
// text of defaults and indexes) is left to Describe: it would double the time.
const catalogSQL = CatalogMark + `
SELECT current_setting('server_version_num')::int,
       current_setting('TimeZone'),
       pg_is_in_recovery(),
       current_database(),
       has_database_privilege(current_database(), 'TEMP');

SELECT oid,
       nspname
FROM pg_namespace
WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND nspname !~ '^pg_(toast_)?temp_';

SELECT oid,
       relnamespace,
       relname,
       relkind::text,
       CASE WHEN relkind = 'v' THEN -1 ELSE reltuples::bigint END,
       has_table_privilege(oid, 'SELECT') OR has_any_column_privilege(oid, 'SELECT')
FROM pg_class
WHERE oid >= 16384
  AND relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT relispartition
  AND (relnamespace IS DISTINCT FROM to_regnamespace('exptool')::oid
       OR relkind = 'v' AND relname IN ('transfers', 'balances', 'decisions'));

SELECT attrelid,
       attnum,
       attname,
       atttypid,
       format_type(atttypid, atttypmod),
       attnotnull
FROM pg_attribute
WHERE attrelid >= 16384
  AND attnum > 0
  AND NOT attisdropped
ORDER BY attrelid, attnum;

SELECT oid,
       format_type(typbasetype, typtypmod)
FROM pg_type
WHERE oid >= 16384
  AND typtype = 'd';

SELECT enumtypid,
       array_agg(enumlabel ORDER BY enumsortorder)
FROM pg_enum
GROUP BY enumtypid;

SELECT indrelid,
       indisunique AND indpred IS NULL AND indisvalid,
       indisprimary,
       indnkeyatts,
       indkey::text
FROM pg_index
WHERE indrelid >= 16384;

SELECT conrelid,
       conkey[1],
       confrelid,
       confkey[1]
FROM pg_constraint
WHERE contype = 'f'
  AND conparentid = 0
  AND cardinality(conkey) = 1`
