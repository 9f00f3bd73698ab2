package repo

import (
	"context"
	"errors"
	"sort"
	"time"

	"github.com/lib/pq"
)

// Requests are the requests of PsyNet's pages, to find those under way at a time.
type Requests struct {
	pages  []string
	begins []int64 // nanoseconds, ascending
	ends   []int64
	latest []int64 // of the ends up to here
	page   []int32
}

// requestSlack is what clocks and the log's milliseconds may differ by.
const requestSlack = 2 * time.Millisecond

// readRequests: PsyNet writes the row when the request ends, in the wall time of
// its server; only the main pages have rows.
const readRequests = `SELECT (creation_time - make_interval(secs => duration)) AT TIME ZONE $1 AS begins,
       creation_time AT TIME ZONE $1 AS ends,
       concat_ws(' ', method, endpoint) AS page
FROM public.request
WHERE duration IS NOT NULL
  AND creation_time >= $2::timestamptz AT TIME ZONE $1
ORDER BY begins`

// Requests reads the requests that ended since a time. zone is where the
// experiment's clock is, empty for the server's own.
func (db *DB) Requests(ctx context.Context, o ReadOptions, since time.Time, zone string) (*Requests, error) {
	r := &Requests{}
	known := map[string]int32{}
	err := db.Read(ctx, o, func(tx *Tx) error {
		if zone == "" {
			if err := tx.Get(ctx, &zone, "SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'"); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, readRequests, zone, since)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var begins, ends time.Time
			var page string
			if err := rows.Scan(&begins, &ends, &page); err != nil {
				return err
			}
			n, ok := known[page]
			if !ok {
				n = int32(len(r.pages))
				known[page], r.pages = n, append(r.pages, page)
			}
			r.add(begins, ends, n)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	if e := (*Error)(nil); errors.As(err, &e) && (e.Code == "42P01" || e.Code == "42703") {
		return nil, &Error{Kind: ErrNotFound, Message: "there is no table request of PsyNet's here", Hint: "--by page needs the experiment's database in --db", cause: err}
	}
	return r, err
}

func (r *Requests) add(begins, ends time.Time, page int32) {
	end := ends.Add(requestSlack).UnixNano()
	latest := end
	if n := len(r.latest); n > 0 {
		latest = max(latest, r.latest[n-1])
	}
	r.begins = append(r.begins, begins.Add(-requestSlack).UnixNano())
	r.ends, r.latest, r.page = append(r.ends, end), append(r.latest, latest), append(r.page, page)
}

// Len is the number of requests.
func (r *Requests) Len() int { return len(r.begins) }

// At is the page whose request was under way, empty where none was; several is
// that there were requests of different pages, which the log cannot tell apart.
func (r *Requests) At(t time.Time) (page string, several bool) {
	at, found := t.UnixNano(), int32(-1)
	for i := sort.Search(len(r.begins), func(i int) bool { return r.begins[i] > at }) - 1; i >= 0 && r.latest[i] >= at; i-- {
		switch {
		case r.ends[i] < at || r.page[i] == found:
		case found >= 0:
			return "", true
		default:
			found = r.page[i]
		}
	}
	if found < 0 {
		return "", false
	}
	return r.pages[found], false
}

// StatStatement is a row of pg_stat_statements.
type StatStatement struct {
	Query string  `db:"query"`
	Calls int64   `db:"calls"`
	Total float64 `db:"total"` // milliseconds
	Max   float64 `db:"max"`   // milliseconds
	Rows  int64   `db:"rows"`
}

// StatStatements reads what pg_stat_statements has of this database. ErrNotFound
// says how to install it.
func (db *DB) StatStatements(ctx context.Context, o ReadOptions) (list []StatStatement, err error) {
	err = db.Read(ctx, o, func(tx *Tx) error {
		var where struct {
			Schema  string `db:"schema"`
			Version int    `db:"version"`
		}
		err := tx.Get(ctx, &where, `SELECT n.nspname AS schema, current_setting('server_version_num')::integer AS version
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'`)
		if errors.Is(err, ErrNotFound) {
			return &Error{Kind: ErrNotFound, Message: "pg_stat_statements is not installed in this database", Hint: "let a superuser run CREATE EXTENSION pg_stat_statements"}
		}
		if err != nil {
			return err
		}
		exec := "exec_"
		if where.Version < 130000 {
			exec = ""
		}
		err = tx.Select(ctx, &list, `SELECT query, calls, total_`+exec+`time AS total, max_`+exec+`time AS max, rows
FROM `+pq.QuoteIdentifier(where.Schema)+`.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND query NOT LIKE '/* exptool */%'`)
		if e := (*Error)(nil); errors.As(err, &e) && e.Code == "55000" {
			return &Error{Kind: ErrNotFound, Message: e.Message, Hint: "set shared_preload_libraries = 'pg_stat_statements' and restart the server", cause: err}
		}
		return err
	})
	return list, err
}
