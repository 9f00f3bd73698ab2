package commands

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
)

// session is a database that a command works on, and what is known of it.
type session struct {
	app     *app
	db      *repo.DB
	schema  *schema.Schema
	classes bool     // statistics of classes were read
	zone    string   // timezone of the configuration; empty: the server's
	tx      *repo.Tx // that the catalog was read in, for the first question; nil after it
}

// connect opens the database that the flags and the configuration name, and
// reads its catalog. Statistics of classes are read where a question needs them:
// where it is about anything but the plain rows of the tables and words named.
func (a *app) connect(ctx context.Context, entities ...string) (*session, error) {
	db, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	return a.connectTo(ctx, db, entities...)
}

// connectTo is connect with a database that is open. It is closed where it fails.
func (a *app) connectTo(ctx context.Context, db *repo.DB, entities ...string) (*session, error) {
	s := &session{app: a, db: db, zone: a.config.Timezone}
	if err := s.begin(ctx, entities); err != nil {
		s.closeInto(&err)
		return nil, err
	}
	return s, nil
}

// begin reads the catalog, in a transaction that the first question goes on with.
func (s *session) begin(ctx context.Context, entities []string) error {
	learned, err := s.app.learned(s.db.Address())
	if err != nil {
		return err
	}
	o := s.app.readOptions()
	o.Repeatable = true
	if s.tx, err = s.db.Begin(ctx, o); err != nil {
		return err
	}
	if s.schema, err = s.tx.Catalog(ctx, learned); err != nil || s.plain(entities) {
		return err
	}
	return s.readClasses(ctx)
}

// read runs fn in the transaction that is there, else in one of its own.
func (s *session) read(ctx context.Context, fn func(*repo.Tx) error) error {
	if s.tx != nil {
		return fn(s.tx)
	}
	return s.db.Read(ctx, s.app.readOptions(), fn)
}

// ask asks a question: the first in the transaction of the catalog where nothing
// needs preparing, later ones in one of their own, so that they see what is new.
func (s *session) ask(ctx context.Context, plan *filter.Plan, fn func(*repo.Answer) error) error {
	tx := s.tx
	if s.tx = nil; tx != nil {
		if plan.Prepare() == nil {
			defer tx.End(ctx)
			return tx.Ask(ctx, plan, fn)
		}
		tx.End(ctx)
	}
	return s.db.Ask(ctx, s.app.readOptions(), plan, fn)
}

// plain reports whether all of some entities are tables and words.
func (s *session) plain(entities []string) bool {
	for _, e := range entities {
		for name := range strings.SplitSeq(e, ",") {
			if e, err := s.schema.Entity(strings.TrimSpace(name), false); err != nil || e.Class != nil || e.Unseen != "" {
				return false
			}
		}
	}
	return len(entities) > 0
}

// readClasses reads the statistics of classes.
func (s *session) readClasses(ctx context.Context) error {
	s.classes = true
	return s.read(ctx, func(tx *repo.Tx) error { return tx.Classes(ctx, s.schema) })
}

func (s *session) closeInto(err *error) {
	if s.tx != nil {
		s.tx.End(context.Background())
	}
	closeInto(s.db, err)
}

// entity finds what the user names: several with commas are one where they are
// rows of one table.
func (s *session) entity(ctx context.Context, names string, exact bool) (schema.Entity, error) {
	var all []schema.Entity
	for name := range strings.SplitSeq(names, ",") {
		e, err := s.one(ctx, strings.TrimSpace(name), exact)
		if err != nil {
			return e, err
		}
		all = append(all, e)
	}
	return schema.Union(all)
}

func (s *session) one(ctx context.Context, name string, exact bool) (schema.Entity, error) {
	e, err := s.schema.Entity(name, exact)
	if unknown := (*schema.UnknownError)(nil); errors.As(err, &unknown) {
		return e, s.unknown(name)
	}
	if err != nil || e.Unseen == "" {
		return e, err
	}
	var found *schema.Class
	err = s.read(ctx, func(tx *repo.Tx) (err error) {
		found, err = tx.FindClass(ctx, s.schema, name)
		return err
	})
	if err != nil {
		return e, err
	}
	if found == nil {
		return e, s.unknown(name)
	}
	return schema.Entity{Name: schema.Short(found.Identity), Table: s.schema.Tables[found.Table],
		Identities: []string{found.Identity}, Class: found}, nil
}

// unknown is the error for an entity that is not there.
func (s *session) unknown(name string) error {
	switch {
	case schema.LedgerWord(name) && s.schema.Tables["exptool.transfers"] != nil:
		return notFoundf("the ledger of this database was made by an older exptool, and has no %s", name).hint("the next transfer brings it up to date")
	case schema.LedgerWord(name):
		return notFoundf("there is no ledger in this database yet, and so no %s", name).hint("exptool seed begins one")
	}
	return s.schema.Unknown("entity", name)
}

// tellEarlier says what a question about the ledger leaves out: launching the
// experiment began a new one.
func (s *session) tellEarlier(ctx context.Context, e schema.Entity) error {
	if !schema.OfLedger(e.Table) {
		return nil
	}
	return s.read(ctx, func(tx *repo.Tx) error {
		what, count := "transfer", tx.EarlierTransfers
		if e.Table.Name == "decisions" {
			what, count = "decision", tx.EarlierDecisions
		}
		n, err := count(ctx)
		if err == nil && n > 0 {
			s.app.streams.Talk("%s left out: their ids meant other participants",
				plural(int(n), what+" of earlier launches is", what+"s of earlier launches are"))
		}
		return err
	})
}

// compile makes the plan of a query. What it does not understand may be a class
// that only the statistics know.
func (s *session) compile(ctx context.Context, q filter.Query) (*filter.Plan, error) {
	plan, err := s.expand(ctx, q)
	if err == nil || s.classes {
		return plan, err
	}
	if err := s.readClasses(ctx); err != nil {
		return nil, err
	}
	return s.expand(ctx, q)
}

// expand looks up what the stars of a query stand for, and compiles it.
func (s *session) expand(ctx context.Context, q filter.Query) (*filter.Plan, error) {
	stars, err := filter.Stars(q)
	if err != nil {
		return nil, err
	}
	opts := filter.Options{Zone: s.zone}
	for _, star := range stars {
		plan, err := filter.Compile(s.schema, star.Query, opts)
		if err != nil {
			return nil, err
		}
		err = s.ask(ctx, plan, func(a *repo.Answer) error {
			keys, err := a.Keys(ctx)
			if q.Expand == nil {
				q.Expand = map[string][]string{}
			}
			q.Expand[star.Spec] = s.visibleKeys(star.Spec, keys)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return filter.Compile(s.schema, q, opts)
}

// visibleKeys leaves out the keys that PsyNet keeps for itself, and says so.
func (s *session) visibleKeys(spec string, keys []string) []string {
	var shown, hidden []string
	for _, k := range keys {
		if strings.HasPrefix(k, "__") {
			hidden = append(hidden, k)
		} else {
			shown = append(shown, k)
		}
	}
	if len(hidden) > 0 {
		s.app.streams.Talk("%s leaves out %d keys of PsyNet's own, which begin with __", spec, len(hidden))
	}
	return shown
}

// tellJunk says what counted as missing because it is not JSON.
func (s *session) tellJunk(junk []repo.Junk) {
	for _, j := range junk {
		rows := "rows, which count"
		if j.Rows == 1 {
			rows = "row, which counts"
		}
		s.app.streams.Talk("%s is not JSON in %d %s as having no value", j.Column, j.Rows, rows)
	}
}

// tellExact says what a question about a class may leave out because nobody
// told us where other classes of its table belong.
func (s *session) tellExact(e schema.Entity, exact bool) {
	if exact || e.Class == nil || e.Identities == nil {
		return
	}
	var others []string
	for _, c := range e.Table.Classes {
		known := s.schema.Tree.ByIdentity(e.Table.Key(), c.Identity)
		if !slices.Contains(e.Identities, c.Identity) && (known == nil || known.Known == schema.FromTable) {
			others = append(others, fmt.Sprintf("%s (about %d)", schema.Short(c.Identity), c.Rows))
		}
	}
	if len(others) > 0 {
		s.app.streams.Talk("whether %s belong to %s is not known; teach it with exptool classes --learn experiment.py",
			strings.Join(others, ", "), e.Name)
	}
}

// configuredColumns are the columns that the configuration shows of an entity on
// a terminal, nil where it does not say. Names there that nothing has are told.
func (s *session) configuredColumns(e schema.Entity) []string {
	for _, name := range slices.Sorted(maps.Keys(s.app.config.Columns)) {
		if _, err := s.schema.Entity(name, false); err != nil {
			s.app.streams.Warn("columns of the configuration: %s", err)
		}
	}
	return s.app.config.Columns[e.Name]
}
