package repo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/lib/pq"
)

// The settings at one place, as the statements that set them had them; the last
// counts. $1 and $2 are the names.
const (
	// What ALTER SYSTEM has written.
	systemValues = `SELECT name, setting
FROM pg_file_settings
WHERE name IN ($1, $2)
  AND sourcefile ~ '(^|/)postgresql\.auto\.conf$'
ORDER BY seqno`
	// The same for somebody who may not look into the files: as it is in effect, in
	// milliseconds.
	effectiveSystemValues = `SELECT name, reset_val AS setting
FROM pg_settings
WHERE name IN ($1, $2)
  AND sourcefile ~ '(^|/)postgresql\.auto\.conf$'`
	databaseValues = `SELECT split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS setting
FROM pg_db_role_setting AS s
JOIN pg_database AS d ON d.oid = s.setdatabase
LEFT JOIN pg_roles AS r ON r.oid = s.setrole
CROSS JOIN unnest(s.setconfig) AS c
WHERE split_part(c, '=', 1) IN ($1, $2)
  AND d.datname = current_database()
  AND coalesce(r.rolname, '') = $3`
)

// values are the settings as they are set at the scope's place.
func (l Logging) values(ctx context.Context) (v LogValues, err error) {
	err = l.DB.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		query, args := databaseValues, []any{logNames[0], logNames[1], l.Role}
		if l.Scope == ServerScope {
			query, args = systemValues, args[:2]
			var files bool
			err := tx.Get(ctx, &files, "SELECT has_table_privilege('pg_file_settings', 'SELECT') AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')")
			if err != nil {
				return err
			}
			if !files {
				query = effectiveSystemValues
			}
		}
		var rows []struct {
			Name    string `db:"name"`
			Setting string `db:"setting"`
		}
		err := tx.Select(ctx, &rows, query, args...)
		for _, r := range rows {
			if r.Name == logNames[0] {
				v.Statement = &r.Setting
			} else {
				v.Duration = &r.Setting
			}
		}
		return err
	})
	return v, err
}

// set makes the settings at the scope's place be the ones given, and waits until
// the server knows.
func (l Logging) set(ctx context.Context, want LogValues) error {
	have, err := l.values(ctx)
	if err != nil {
		return err
	}
	place := l.place()
	for i, value := range want.list() {
		switch {
		case sameText(value, have.list()[i]):
			continue
		case value == nil:
			err = l.DB.Exec(ctx, place+" RESET "+logNames[i])
		default:
			err = l.DB.Exec(ctx, place+" SET "+logNames[i]+" = "+pq.QuoteLiteral(*value))
		}
		if err != nil {
			return l.explain(err)
		}
	}
	if l.Scope == ServerScope {
		return l.reload(ctx)
	}
	return nil
}

// place is the beginning of the statements that change the scope's settings. A
// role's are those in this database: the record of what it had is there, too.
func (l Logging) place() string {
	switch l.Scope {
	case ServerScope:
		return "ALTER SYSTEM"
	case DatabaseScope:
		return "ALTER DATABASE " + pq.QuoteIdentifier(l.DB.addr.Database())
	}
	return "ALTER ROLE " + pq.QuoteIdentifier(l.Role) + " IN DATABASE " + pq.QuoteIdentifier(l.DB.addr.Database())
}

// reloadPatience is how long a server may take to read its configuration again.
const reloadPatience = 5 * time.Second

// reload has the server read its configuration, and waits until this session has.
func (l Logging) reload(ctx context.Context) error {
	conn, err := l.DB.connect(ctx)
	if err != nil {
		return err
	}
	tx := &Tx{db: l.DB, conn: conn}
	defer tx.release(ctx)
	var before, after time.Time
	if err := tx.Get(ctx, &before, "SELECT pg_conf_load_time() FROM pg_reload_conf()"); err != nil {
		return l.explain(err)
	}
	ctx, cancel := context.WithTimeout(ctx, reloadPatience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := tx.Get(ctx, &after, "SELECT pg_conf_load_time()"); err != nil || after.After(before) {
			return err
		}
		select {
		case <-ctx.Done():
			return &Error{Message: "the server does not read its configuration", Hint: "look into its log for what is wrong with the files", cause: ctx.Err()}
		case <-tick.C:
		}
	}
}

const logRecordColumns = "id, state, former_statement, former_duration, at"

// current is what exptool has turned on in this scope and not off again; nil: nothing.
func (l Logging) current(ctx context.Context) (record *logRecord, err error) {
	err = l.DB.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		there, err := tx.ours(ctx, "log_setting")
		if err == nil && there {
			record, err = l.record(ctx, tx)
		}
		return err
	})
	return record, err
}

func (l Logging) record(ctx context.Context, tx *Tx) (*logRecord, error) {
	var record logRecord
	err := tx.Get(ctx, &record, `SELECT `+logRecordColumns+`
FROM exptool.log_setting
WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND scope = $1
  AND role = $2
  AND state <> 'off'`, l.Scope, l.Role)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &record, notKept(err)
}

// holds are the holds of a record that have not ended, of those that a condition
// names where it is not empty.
func (l Logging) holds(ctx context.Context, record int64, which string) (holds []LogHold, err error) {
	if which != "" {
		which = "\n  AND (" + which + ")"
	}
	err = l.DB.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		return tx.Select(ctx, &holds, `SELECT id, who, duration, at, until, `+overdue+` AS expired
FROM exptool.log_hold
WHERE setting = $1
  AND ended IS NULL`+which+`
ORDER BY id`, record)
	})
	return holds, notKept(err)
}

// logRights are what a role may do of what turning logging on takes.
type logRights struct {
	Super    bool   `db:"super"`
	Version  int    `db:"version"`
	Role     string `db:"role"`
	Database string `db:"database"`
	Replica  bool   `db:"replica"`
	Known    bool   `db:"known"` // the role of the scope
	Alter    bool   `db:"alter"` // the settings
	Reload   bool   `db:"reload"`
	Files    bool   `db:"files"`  // see where a setting comes from
	Owner    bool   `db:"owner"`  // of the database
	Create   bool   `db:"create"` // in the database
	Schema   bool   `db:"schema"` // ours is there
	Keep     bool   `db:"keep"`   // write the record there
}

const readLogRights = `SELECT current_setting('is_superuser') = 'on' AS super,
       current_setting('server_version_num')::integer AS version,
       quote_ident(current_user) AS role,
       quote_ident(current_database()) AS database,
       pg_is_in_recovery() AS replica,
       $1 = '' OR EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS known,
       false AS alter,
       has_function_privilege('pg_reload_conf()', 'EXECUTE') AS reload,
       pg_has_role('pg_read_all_settings', 'USAGE') AS files,
       pg_has_role(d.datdba, 'USAGE') AS owner,
       has_database_privilege(d.oid, 'CREATE') AS create,
       n.oid IS NOT NULL AS schema,
       coalesce(has_schema_privilege(n.oid, 'USAGE')
           AND has_schema_privilege(n.oid, CASE WHEN own.tables = 3 THEN 'USAGE' ELSE 'CREATE' END)
           AND own.written, false) AS keep
FROM pg_database AS d
LEFT JOIN pg_namespace AS n ON n.nspname = 'exptool'
CROSS JOIN LATERAL (
    SELECT count(*) AS tables, coalesce(bool_and(has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')), true) AS written
    FROM pg_class
    WHERE relnamespace = n.oid
      AND relname IN ('migration', 'log_setting', 'log_hold')
) AS own
WHERE d.datname = current_database()`

// mayChange is an ErrNotAllowed that names all grants that are missing.
func (l Logging) mayChange(ctx context.Context) error {
	var can logRights
	err := l.DB.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		err := tx.Get(ctx, &can, readLogRights, l.Role)
		if err != nil || can.Super || can.Version < 150000 { // which has no privileges for parameters
			return err
		}
		return tx.Get(ctx, &can.Alter, "SELECT bool_and(has_parameter_privilege(name, $1)) FROM unnest($2::text[]) AS name", l.privilege(), pq.Array(logNames[:]))
	})
	switch {
	case err != nil:
		return err
	case !can.Known:
		return &Error{Kind: ErrNotFound, Message: "there is no role " + pq.QuoteIdentifier(l.Role), Hint: "look at the name"}
	case can.Replica:
		return &Error{Kind: ErrNotAllowed, Message: "this is a replica, where what was set before cannot be kept",
			Hint: "turn it on at the primary with --scope database, which holds here too, for new connections"}
	case can.Super:
		return nil
	}
	return missingGrants(l.what(), can.Version, l.missing(can))
}

// missing lists the grants that a role lacks.
func (l Logging) missing(can logRights) (grants []string) {
	if !can.Alter {
		grants = append(grants, "GRANT "+l.privilege()+" ON PARAMETER "+strings.Join(logNames[:], ", ")+" TO "+can.Role)
	}
	if l.Scope == ServerScope && !can.Reload {
		grants = append(grants, "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO "+can.Role)
	}
	if l.Scope == ServerScope && !can.Files {
		grants = append(grants, "GRANT pg_read_all_settings TO "+can.Role)
	}
	if l.Scope == DatabaseScope && !can.Owner {
		grants = append(grants, "ALTER DATABASE "+can.Database+" OWNER TO "+can.Role)
		can.Create = true
	}
	switch {
	case !can.Schema && !can.Create:
		grants = append(grants, "GRANT CREATE ON DATABASE "+can.Database+" TO "+can.Role)
	case can.Schema && !can.Keep:
		grants = append(grants, "GRANT ALL ON SCHEMA exptool TO "+can.Role, "GRANT ALL ON ALL TABLES IN SCHEMA exptool TO "+can.Role)
	}
	return grants
}

// missingGrants is the error for grants that are missing, nil where none are.
func missingGrants(what string, version int, grants []string) error {
	if len(grants) == 0 {
		return nil
	}
	if version < 150000 {
		return &Error{Kind: ErrNotAllowed, Message: what + " may be changed by a superuser only", Hint: "use one in --db"}
	}
	return &Error{Kind: ErrNotAllowed, Message: "what " + strings.TrimPrefix(what, "what ") + " may not be changed by this role",
		Hint: "let a superuser run what follows, or use another user in --db", Detail: strings.Join(grants, ";\n") + ";"}
}

func (l Logging) privilege() string {
	if l.Scope == ServerScope {
		return "ALTER SYSTEM"
	}
	return "SET"
}

// what names what is changed.
func (l Logging) what() string {
	switch l.Scope {
	case ServerScope:
		return "what the server logs"
	case DatabaseScope:
		return "what the database logs"
	}
	return "what the role logs"
}

// explain tells why a setting could not be changed, where mayChange could not know:
// a provider's own Postgres, a role that is not ours, files that are read-only.
func (l Logging) explain(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case "42501", "0A000", "25006":
		return &Error{Kind: ErrNotAllowed, Code: e.Code, cause: err, Message: l.what() + " may not be changed: " + e.Message, Hint: e.Hint}
	}
	return err
}

// notKept explains a missing privilege on the record.
func notKept(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == "42501" {
		return &Error{Kind: ErrNotAllowed, Code: e.Code, cause: err, Message: "what was set before cannot be kept: " + e.Message,
			Hint: "let the owner GRANT ALL ON SCHEMA exptool, ALL TABLES and ALL SEQUENCES IN SCHEMA exptool to this user"}
	}
	return err
}
