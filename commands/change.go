package commands

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// changeOptions are the flags of every command that changes rows.
type changeOptions struct {
	dryRun    bool
	yes       bool
	expect    int // -1: not asked
	why       string
	noJournal bool
	undoes    int64    // the group that is taken back
	secrets   []string // words of the command line that the journal must not show
	// preview shows what is asked about; nil: the fields that would change.
	preview func() error
}

func (o *changeOptions) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.dryRun, "dry-run", false, "do it, show it, and take it back")
	f.IntVar(&o.expect, "expect", -1, "change nothing, exit 4, unless exactly `N` rows change")
	f.StringVar(&o.why, "why", "", "`TEXT` for the journal")
	f.BoolVar(&o.noJournal, "no-journal", false, "keep no record: there is no undo")
}

func (o *changeOptions) check(f *pflag.FlagSet) error {
	if f.Changed("expect") && o.expect < 0 {
		return usagef("--expect takes a number of rows")
	}
	return nil
}

// change runs fn in a transaction that changes rows and is journaled. With asking,
// somebody on a terminal sees what it would do and answers first: no transaction
// is open while they think, so that the second one checks that it is still the
// same.
func (s *session) change(ctx context.Context, o *changeOptions, asking bool, fn func(*repo.Writer) error) (*repo.Outcome, error) {
	if s.tx != nil {
		s.tx.End(ctx)
		s.tx = nil
	}
	s.app.announceTarget(s.db)
	var preview *repo.Outcome
	if asking && !o.yes && !o.dryRun {
		var err error
		if preview, err = s.try(ctx, o, true, nil, fn); err != nil || preview.Rows == 0 {
			return preview, err
		}
		show := o.preview
		if show == nil {
			show = func() error { return s.writeChanges(ctx, preview.Changes) }
		}
		if err := show(); cli.IsBrokenPipe(err) {
			return nil, failuref(exitFailure, "nothing was changed: nobody read what would be", nil) // no success, as elsewhere
		} else if err != nil {
			return nil, err
		}
		s.tellNotes(preview)
		yes, err := s.app.streams.Ask(ctx, "change "+s.counted(preview)+"?")
		if err != nil {
			return nil, err
		}
		if !yes {
			return nil, failuref(exitFailure, "nothing was changed", nil)
		}
	}
	return s.try(ctx, o, o.dryRun, preview, fn)
}

// try runs fn, as a dry run or for good.
func (s *session) try(ctx context.Context, o *changeOptions, dryRun bool, preview *repo.Outcome, fn func(*repo.Writer) error) (*repo.Outcome, error) {
	options := repo.ChangeOptions{
		Command: s.app.commandLine(o.secrets), Who: who(), Why: o.why, NoJournal: o.noJournal, Undoes: o.undoes, Zone: s.zone,
		WriteOptions: repo.WriteOptions{Timeout: s.app.config.Timeout, LockTimeout: s.app.config.LockTimeout, DryRun: dryRun},
		Check: func(out *repo.Outcome) error {
			if o.expect >= 0 && out.Rows != o.expect {
				return expectError("rows that change", o.expect, int64(out.Rows)).hint("nothing was changed")
			}
			if preview != nil && !sameBefore(preview.Changes, out.Changes) {
				return failuref(exitTryAgain, "the rows were changed by others meanwhile; nothing was changed", nil).hint("look again")
			}
			return nil
		},
	}
	return s.db.Change(ctx, s.schema, options, fn)
}

// sameBefore reports whether two sets of changes are about the same fields with
// the same old values.
func sameBefore(a, b []repo.Change) bool {
	return slices.EqualFunc(a, b, func(x, y repo.Change) bool {
		same := x.Table == y.Table && x.Row == y.Row && x.Field == y.Field && (x.Old == nil) == (y.Old == nil)
		return same && (x.Old == nil || *x.Old == *y.Old)
	})
}

// announceTarget says which database is written to, where opening it has not.
func (a *app) announceTarget(db *repo.DB) {
	if chosen, err := a.config.Database(); err == nil && chosen.Origin.Named() {
		a.announce(db.Address())
	}
}

// secretWords are the words that assign to columns which are masked.
func secretWords(all []*filter.Assignment) (words []string) {
	for _, a := range all {
		if a.Column.Secret {
			words = append(words, a.Word)
		}
	}
	return words
}

// commandLine is the command line for the journal, without a password and without
// the values of some words.
func (a *app) commandLine(secrets []string) string {
	words := []string{"exptool"}
	for i, word := range a.args {
		switch {
		case i > 0 && a.args[i-1] == "--db":
			word = withoutPassword(word)
		case strings.HasPrefix(word, "--db="):
			word = "--db=" + withoutPassword(strings.TrimPrefix(word, "--db="))
		case slices.Contains(secrets, word):
			field, _, _ := strings.Cut(word, "=")
			word = field + "=***"
		}
		words = append(words, shellQuote(word))
	}
	return strings.Join(words, " ")
}

// withoutPassword is an address as it may be kept.
func withoutPassword(address string) string {
	if !strings.ContainsAny(address, ":=@") {
		return address // the name of a private database
	}
	parsed, err := repo.ParseAddress(address)
	if err != nil {
		return "***"
	}
	return parsed.String()
}

// who is the user of the operating system.
func who() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// finish tells what a change did: the fields on stdout, the rest on stderr.
func (s *session) finish(ctx context.Context, o *changeOptions, out *repo.Outcome, asked bool) error {
	var err error
	if !asked || o.yes || o.dryRun { // else it was shown with the question
		err = s.writeChanges(ctx, out.Changes)
		s.tellNotes(out)
	}
	s.tellOutcome(o, out) // also where it could not be written: it is done
	return err
}

func (s *session) tellNotes(out *repo.Outcome) {
	for _, note := range out.Notes {
		s.app.streams.Talk("%s", note)
	}
	for _, warning := range out.Warns {
		s.app.streams.Warn("%s", warning)
	}
}

// tellOutcome says in a line what a change did.
func (s *session) tellOutcome(o *changeOptions, out *repo.Outcome) {
	talk := s.app.streams.Talk
	switch {
	case out.Rows == 0 && out.Same == 0:
		talk("nothing to change: no such rows")
	case out.Rows == 0 && out.Same == 1:
		talk("nothing to change: it is so already")
	case out.Rows == 0:
		talk("nothing to change: all %d are so already", out.Same)
	case o.dryRun:
		talk("dry run: %s would be %s; nothing was changed", s.counted(out), done(out))
	case out.Group != 0:
		talk("%s %s; exptool undo %d takes it back", s.counted(out), done(out), out.Group)
	default:
		talk("%s %s; there is no undo", s.counted(out), done(out))
	}
	if out.Rows > 0 && out.Same > 0 {
		talk("%d were so already", out.Same)
	}
}

// done says what was done to the rows.
func done(out *repo.Outcome) string {
	words := map[repo.ChangeKind]string{repo.Inserted: "added", repo.Deleted: "removed", repo.Updated: "changed"}
	kind := out.Changes[0].Kind
	if slices.ContainsFunc(out.Changes, func(c repo.Change) bool { return c.Kind != kind }) {
		kind = repo.Updated
	}
	return words[kind]
}

// counted says how many rows changed: 8 trials, 1 node and 1 participant.
func (s *session) counted(out *repo.Outcome) string {
	rows := map[string]map[string]bool{}
	for _, c := range out.Changes {
		if rows[c.Table] == nil {
			rows[c.Table] = map[string]bool{}
		}
		rows[c.Table][c.Row] = true
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		t := s.schema.Tables[key]
		name := s.schema.Called(t)
		if len(rows[key]) == 1 {
			name = s.schema.Singular(t)
		}
		parts = append(parts, fmt.Sprintf("%d %s", len(rows[key]), name))
	}
	return inWords(parts, "and")
}

// inWords joins words: a, b and c.
func inWords(all []string, and string) string {
	last := len(all) - 1
	if last < 1 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:last], ", ") + " " + and + " " + all[last]
}

// changeColumns are the columns of what a change prints.
var changeColumns = []schema.Column{
	{Name: "table", Kind: schema.Text}, {Name: "id", Kind: schema.Text}, {Name: "field", Kind: schema.Text},
	{Name: "type", Kind: schema.Text}, {Name: "old", Kind: schema.Text}, {Name: "new", Kind: schema.Text},
}

// maxShown is how many changes a terminal shows.
const maxShown = 20

// writeChanges writes old and new values, a row for each field.
func (s *session) writeChanges(ctx context.Context, changes []repo.Change) error {
	if len(changes) == 0 && s.app.fitted() {
		return nil
	}
	columns, from, shown := changeColumns, 0, changes
	if s.app.fitted() {
		if !slices.ContainsFunc(changes, func(c repo.Change) bool { return c.Table != changes[0].Table }) {
			columns, from = columns[1:], 1
		}
		shown = shown[:min(len(shown), maxShown)]
	}
	rows := make([][][]byte, len(shown))
	masked := 0
	for i, c := range shown {
		old, now := s.values(c, &masked)
		rows[i] = [][]byte{[]byte(c.Table), []byte(c.Row), []byte(c.Field), []byte(typeOf(c)), old, now}[from:]
	}
	_, err := s.app.writeRows(ctx, report.Values(columns, rows), writeOptions{})
	if err != nil {
		return err
	}
	s.app.tellMasked(report.Summary{Masked: int64(masked)})
	if len(shown) < len(changes) {
		s.app.streams.Talk("and %d more; --format csv has all", len(changes)-len(shown))
	}
	return nil
}

// values are a change's old and new value as they may be shown; secrets are
// masked, and counted.
func (s *session) values(c repo.Change, masked *int) (old, now []byte) {
	old, now = bytesOf(c.Old), bytesOf(c.New)
	t := s.schema.Tables[c.Table]
	if s.app.flags.reveal || t == nil {
		return old, now
	}
	name, _, _ := strings.Cut(c.Field, ".")
	if column := t.Column(name); column == nil || !column.Secret {
		return old, now
	}
	for _, v := range []*[]byte{&old, &now} {
		if *v != nil {
			*v = []byte("***")
			*masked++
		}
	}
	return old, now
}

// typeOf is a change's type in words: int, or int → str.
func typeOf(c repo.Change) string {
	switch {
	case c.OldType == "" || c.OldType == c.NewType:
		return c.NewType
	case c.NewType == "":
		return c.OldType
	}
	return c.OldType + " → " + c.NewType
}

func bytesOf(text *string) []byte {
	if text == nil {
		return nil
	}
	return []byte(*text)
}
