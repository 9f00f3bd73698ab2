package repo

import (
	"context"
	"errors"
	"time"
)

// LogSetting is one setting at one place, and who has asked exptool for it.
type LogSetting struct {
	Scope  string    `db:"scope"` // server, a database, a role; session: what a new one of ours gets
	Name   string    `db:"name"`
	Value  string    `db:"value"`
	Source string    `db:"source"`
	Holds  []LogHold `db:"-"`
}

// LogStatus is what is logged, because of what, and for whom.
type LogStatus struct {
	Settings    []LogSetting
	Destination string `db:"destination"` // log_destination
	Collector   bool   `db:"collector"`
	// Stale are holds whose time is over, and records of changes that were
	// interrupted: exptool log off restores.
	Stale []LogHold
}

// logSettings lists every place where one of the two settings is set that matters
// here, after what a new session gets.
const logSettings = `SELECT scope, name, value, source
FROM (
    SELECT 'session' AS scope, name, reset_val || coalesce(unit, '') AS value,
           CASE source WHEN 'configuration file' THEN coalesce(sourcefile || ':' || sourceline, source) ELSE source END AS source
    FROM pg_settings
    WHERE name IN ($1, $2)
    UNION ALL
    SELECT CASE WHEN s.setrole = 0 THEN 'database ' || d.datname
                WHEN s.setdatabase = 0 THEN 'role ' || r.rolname
                ELSE 'role ' || r.rolname || ' in ' || d.datname END,
           split_part(c, '=', 1),
           substr(c, strpos(c, '=') + 1),
           CASE WHEN s.setrole = 0 THEN 'ALTER DATABASE' ELSE 'ALTER ROLE' END
    FROM pg_db_role_setting AS s
    LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
    LEFT JOIN pg_roles AS r ON r.oid = s.setrole
    CROSS JOIN unnest(s.setconfig) AS c
    WHERE split_part(c, '=', 1) IN ($1, $2)
      AND (s.setdatabase = 0 OR d.datname = current_database())
) AS places
ORDER BY scope <> 'session', scope, name`

// serverLogSettings are what the server has for a session that has nothing of its
// own.
const serverLogSettings = `SELECT 'server' AS scope, name,
       CASE WHEN hidden THEN '' ELSE reset_val || coalesce(unit, '') END AS value,
       CASE WHEN hidden THEN 'hidden by what is set for the ' || source
            WHEN source = 'configuration file' THEN coalesce(sourcefile || ':' || sourceline, source)
            ELSE source END AS source
FROM (
    SELECT *, source NOT IN ('default', 'configuration file', 'command line', 'environment variable', 'override') AS hidden
    FROM pg_settings
    WHERE name IN ($1, $2)
) AS s
ORDER BY name`

// LogStatus reads what is logged. maintenance is the database that keeps the
// server scope's record; nil where it cannot be reached.
func (db *DB) LogStatus(ctx context.Context, maintenance *DB) (st LogStatus, err error) {
	server := db
	if maintenance != nil {
		server = maintenance // where settings of databases are rarer
	}
	err = server.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		return tx.Select(ctx, &st.Settings, serverLogSettings, logNames[0], logNames[1])
	})
	if err != nil {
		return st, err
	}
	err = db.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		var own []LogSetting
		if err := tx.Select(ctx, &own, logSettings, logNames[0], logNames[1]); err != nil {
			return err
		}
		st.Settings = append(st.Settings, own...)
		return tx.Get(ctx, &st, "SELECT current_setting('log_destination') AS destination, current_setting('logging_collector') = 'on' AS collector")
	})
	if err != nil {
		return st, err
	}
	for _, from := range []*DB{maintenance, db} {
		if from != nil {
			if err := from.heldLogging(ctx, from == maintenance, &st); err != nil {
				return st, err
			}
		}
	}
	return st, nil
}

// heldLogging adds to a status who has turned on what, of one database's records.
func (db *DB) heldLogging(ctx context.Context, server bool, st *LogStatus) error {
	return db.Read(ctx, ReadOptions{}, func(tx *Tx) error {
		there, err := tx.ours(ctx, "log_setting")
		if err != nil || !there {
			return err
		}
		var rows []struct {
			LogHold
			Place string `db:"place"`
		}
		err = tx.Select(ctx, &rows, `SELECT h.id, h.who, h.duration, h.at, h.until,
       coalesce(h.until < now(), false) AS expired,
       CASE s.scope
           WHEN 'database' THEN 'database ' || current_database()
           WHEN 'role' THEN 'role ' || s.role || ' in ' || current_database()
           ELSE s.scope
       END AS place
FROM exptool.log_setting AS s
JOIN exptool.log_hold AS h ON h.setting = s.id AND h.ended IS NULL
WHERE s.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND s.state <> 'off'
  AND (s.scope = 'server') = $1
ORDER BY h.id`, server)
		if errors.Is(err, ErrNotAllowed) {
			return nil // who it was is not for this role
		}
		for _, r := range rows {
			if r.Expired {
				st.Stale = append(st.Stale, r.LogHold)
			}
			for i := range st.Settings {
				if st.Settings[i].Scope == r.Place {
					st.Settings[i].Holds = append(st.Settings[i].Holds, r.LogHold)
				}
			}
		}
		return err
	})
}

// Ends says until when a hold is, zero: until it is turned off.
func (h LogHold) Ends() time.Time {
	if h.Until == nil {
		return time.Time{}
	}
	return *h.Until
}
