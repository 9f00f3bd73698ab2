package repo

import (
	"context"
	"slices"
	"time"

	"exptool/internal/schema"
)

// OverviewOptions are what an overview is to be of. Now must be there.
type OverviewOptions struct {
	Now  func() time.Time // this machine's clock
	Zone string           // where the experiment's clock is; empty: the server's zone
	// Since is how far back errors, completions and page times go; 0: all of them.
	Since time.Duration
}

// overviewIdle is how long somebody may do nothing before that is worth a look, and a
// chain.
const overviewIdle = 5 * time.Minute

// The most that an overview lists of each kind; it counts all.
const (
	overviewStuck    = 10
	overviewErrors   = 20
	overviewStalled  = 10
	overviewRequests = 10000
)

// Overview is how a study is going, of one moment. Times are the experiment's: wall
// time, without a zone. What a database has no table or column for is nil, and named in
// Absent.
type Overview struct {
	Database string           `json:"database"` // and where it is
	Label    string           `json:"label,omitempty"`
	Clock    OverviewClock    `json:"clock"`
	Since    *string          `json:"since"` // the beginning of the window; nil: ever
	Groups   []OverviewGroup  `json:"participants"`
	Stuck    []OverviewStuck  `json:"stuck"`
	Trials   []OverviewTrials `json:"trials"`
	Chains   []OverviewChains `json:"chains"`
	Errors   *OverviewErrors  `json:"errors"`
	Pages    *OverviewPages   `json:"pages"`
	Money    *OverviewMoney   `json:"money"`
	Absent   []string         `json:"absent"`
}

// OverviewClock is the time on the server, on this machine and in the experiment.
type OverviewClock struct {
	Server time.Time `json:"server"`
	Here   time.Time `json:"here"`
	Offset float64   `json:"offset_seconds"` // of the server's clock, ahead of this machine's
	Zone   string    `json:"zone"`           // of the experiment's times
	Study  string    `json:"study"`          // what the experiment's clock shows
	// Latest is the newest participant, trial or response.
	Latest *string `json:"latest"`
	// Ahead are seconds that Latest lies in the future: then Zone is not the experiment's.
	Ahead float64 `json:"ahead_seconds"`
}

// OverviewGroup are the people among the participants, or the bots.
type OverviewGroup struct {
	Who       string           `json:"who"` // people or bots
	Total     int64            `json:"total"`
	Statuses  []OverviewStatus `json:"statuses"`
	Failed    int64            `json:"failed"`
	Working   int64            `json:"working"` // and not failed
	Stuck     *int64           `json:"stuck"`   // of those: no response for 5 minutes
	Completed int64            `json:"completed"`
	LastHour  int64            `json:"completed_last_hour"`
	// PerHour are completions an hour in the window, or from the first arrival to the
	// last completion. nil where it is not known when anybody completed.
	PerHour *float64 `json:"completed_per_hour"`
	Minutes *float64 `json:"median_minutes"` // from arrival to completion
}

// OverviewStatus counts the participants of a status.
type OverviewStatus struct {
	Status string `json:"status"`
	Count  int64  `json:"count"`
	Failed int64  `json:"failed"`
}

// OverviewStuck is somebody at work who has not responded for 5 minutes.
type OverviewStuck struct {
	Participant int64    `json:"participant" db:"id"`
	Module      *string  `json:"module" db:"module"`
	Last        *string  `json:"last_response" db:"last"` // nil: never
	Minutes     *float64 `json:"minutes" db:"minutes"`    // since then, or since the arrival
	Progress    *float64 `json:"progress" db:"progress"`  // 0 to 1
}

// OverviewTrials are the trials of a trial maker, of people or of bots. In a database of
// Dallinger's alone they are the infos of a class, and those that did not fail are done.
type OverviewTrials struct {
	Maker   *string `json:"trial_maker" db:"maker"`
	Who     string  `json:"who" db:"who"`
	Done    int64   `json:"done" db:"done"` // complete, finalized and not failed
	Pending int64   `json:"pending" db:"pending"`
	Failed  int64   `json:"failed" db:"failed"`
}

// OverviewChains are the chains of a trial maker that did not fail.
type OverviewChains struct {
	Maker   *string  `json:"trial_maker" db:"maker"`
	Chains  int64    `json:"chains" db:"chains"`
	Full    int64    `json:"full" db:"full_ones"`
	Min     *int64   `json:"head_degree_min" db:"least"`
	Median  *float64 `json:"head_degree_median" db:"median"`
	Max     *int64   `json:"head_degree_max" db:"most"`
	Failed  int64    `json:"failed" db:"failed"`
	Stalled int64    `json:"stalled" db:"stalled"`
	// IDs are the networks of some that are stalled.
	IDs []int64 `json:"stalled_networks" db:"-"`
}

// OverviewErrors are the errors that PsyNet has noted.
type OverviewErrors struct {
	Count  int64           `json:"count"`
	Groups []OverviewError `json:"groups"` // the most frequent first
}

// OverviewError are errors of the same kind and message, numbers apart.
type OverviewError struct {
	Kind         string  `json:"kind"`
	Message      string  `json:"message"` // with # for numbers where they differ
	Count        int64   `json:"count"`
	People       []int64 `json:"people"` // participants
	Bots         []int64 `json:"bots"`
	Last         *string `json:"last"`
	Participants int64   `json:"participants"` // how many; the lists have the first of them
}

// OverviewPages are how long the server took for pages, for people and bots alike.
type OverviewPages struct {
	Requests int64          `json:"requests"`
	Newest   bool           `json:"newest_only"` // there are more, which were not looked at
	All      OverviewPage   `json:"all"`
	Pages    []OverviewPage `json:"pages"`
}

// OverviewPage are the requests for a page.
type OverviewPage struct {
	Page   string   `json:"page" db:"page"` // all for all of them
	Count  int64    `json:"requests" db:"count"`
	P50    *float64 `json:"p50_ms" db:"p50"`
	P95    *float64 `json:"p95_ms" db:"p95"`
	Max    *float64 `json:"max_ms" db:"most"`
	Errors int64    `json:"errors" db:"errors"` // answered by a status of 400 or more
}

// Overview reads how a study is going, from one snapshot. ErrNotFound where the database
// is not of PsyNet or Dallinger.
func (db *DB) Overview(ctx context.Context, learned schema.Learned, ro ReadOptions, o OverviewOptions) (*Overview, error) {
	ro.Repeatable = true
	var out *Overview
	err := db.Read(ctx, ro, func(tx *Tx) error {
		s, err := tx.Catalog(ctx, learned)
		if err != nil {
			return err
		}
		v, err := tx.overview(ctx, s, o)
		if err == nil {
			out = v.out
		}
		return moved(err)
	})
	return out, err
}

// viewer reads the parts of an overview.
type viewer struct {
	*Tx
	schema *schema.Schema
	o      OverviewOptions
	out    *Overview
	now    time.Time // on the experiment's clock
	from   any       // when the window begins, as moment gives it; nil: never
	bots   string    // bits: 1 at the ids of bots; empty where there are none

	responses bool     // are kept, by participant
	active    []int64  // who has responded lately
	botTypes  []string // the classes of bots that there are
}

func (tx *Tx) overview(ctx context.Context, s *schema.Schema, o OverviewOptions) (*viewer, error) {
	v := &viewer{Tx: tx, schema: s, o: o, botTypes: []string{}, out: &Overview{Database: tx.db.addr.Label(), Absent: []string{}, Stuck: []OverviewStuck{},
		Trials: []OverviewTrials{}, Chains: []OverviewChains{}}}
	if t := s.Tables["participant"]; t != nil && t.Denied {
		return nil, &Error{Kind: ErrNotAllowed, Message: "the table participant of " + tx.db.addr.Label() + " may not be read", Hint: askPrivilege}
	}
	if !v.has("participant", "id", "status", "failed", "creation_time") {
		return nil, &Error{Kind: ErrNotFound, Message: tx.db.addr.Label() + " is no database of PsyNet or Dallinger: it has no table participant of theirs",
			Hint: "look at it with exptool tables"}
	}
	for _, part := range []func(context.Context) error{v.clock, v.people, v.stuck, v.trials, v.chains, v.errors, v.pages, v.money} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// has reports whether a table is there, and may be read, with all of some columns, which
// can be reckoned with as PsyNet's.
func (v *viewer) has(table string, columns ...string) bool {
	t := v.schema.Tables[table]
	if t == nil || t.Denied {
		return false
	}
	return !slices.ContainsFunc(columns, func(c string) bool { return !usable(t.Column(c)) })
}

// usable reports whether a column is there, of a kind that PsyNet's of that name is, or
// of one that does as well. One of texts, as a CSV file may give, is not.
func usable(c *schema.Column) bool {
	if c == nil {
		return false
	}
	switch c.Name {
	case "failed", "complete", "finalized", "full", "can_spawn", "is_repeat_trial":
		return c.Kind == schema.Bool
	case "creation_time", "end_time", "time_of_death", "time_started", "time_finished", "time_aborted":
		return c.Kind == schema.Timestamp || c.Kind == schema.TimestampTZ
	case "id", "participant_id", "node_id", "head_id", "origin_id", "module_state_id", "degree", "target_n_trials", "status_code":
		return c.Kind == schema.Int
	case "bonus", "base_pay", "base_payment", "progress", "duration", "score", "performance_reward", "time_taken":
		return c.Kind == schema.Float || c.Kind == schema.Int || c.Kind == schema.Numeric
	}
	return true
}

// needs is has, and notes what is not there.
func (v *viewer) needs(what, table string, columns ...string) bool {
	if v.has(table, columns...) {
		return true
	}
	why := "there is no table " + table
	for _, c := range columns {
		if v.has(table) && !v.has(table, c) {
			why = table + " has no column " + c
			if c := v.schema.Tables[table].Column(c); c != nil {
				why = table + "." + c.Name + " is of the type " + c.Type
			}
			break
		}
	}
	if t := v.schema.Tables[table]; t != nil && t.Denied {
		why = table + " may not be read"
	}
	v.out.Absent = append(v.out.Absent, what+": "+why)
	return false
}

// pick is an expression where the table has the columns it needs, else another.
func (v *viewer) pick(table, column, sql, without string) string {
	if v.has(table, column) {
		return sql
	}
	return without
}

// finiteSQL is a number as double precision, NULL where it cannot be reckoned with.
func finiteSQL(x string) string {
	return "CASE WHEN " + x + "::float8 BETWEEN -1e100 AND 1e100 THEN " + x + "::float8 END"
}

// datedSQL is the condition that a time can be reckoned with: it is not infinite, and its
// year has four digits.
func datedSQL(at string) string {
	return at + " BETWEEN '0001-01-01' AND '9999-12-31'"
}

// isodateSQL is isodate of a time in SQL.
func isodateSQL(at string) string { return "to_char(" + at + ", 'YYYY-MM-DD HH24:MI:SS')" }

// isodate is a time as the experiment has it, to the second.
func isodate(t time.Time) string { return t.Format(time.DateTime) }

// moment is a time as an argument of a statement.
func moment(t time.Time) string { return t.Format("2006-01-02 15:04:05.999999") }
