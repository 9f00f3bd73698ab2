package commands

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"exptool/internal/filter"
)

// selection is what flags and words say about which rows are meant.
type selection struct {
	entity string
	exact  bool
	query  filter.Query
	keys   map[string]*string // by relation: --participant 1,2,5-20
	of     []string           // NAME=IDS
}

// keyFlags are the relations that have a flag of their own.
var keyFlags = []string{"participant", "node", "network", "trial", "response", "module"}

// flags adds the flags that say which rows.
func (s *selection) flags(f *pflag.FlagSet) {
	q := &s.query
	s.keys = map[string]*string{}
	f.BoolVar(&s.exact, "exact", false, "rows of exactly that class, without its subclasses")
	f.StringArrayVarP(&q.Where, "where", "w", nil, "keep the rows where `EXPR` holds; repeatable, all must hold (see help where)")
	for _, k := range keyFlags {
		s.keys[k] = f.String(k, "", "rows of these "+k+"s: `IDS` as 1,2,5-20")
	}
	f.StringArrayVar(&s.of, "of", nil, "rows of any other relation: `NAME=IDS`")
	f.BoolVar(&q.People, "people", false, "of people only")
	f.BoolVar(&q.Bots, "bots", false, "of bots only")
	f.BoolVar(&q.Alive, "alive", false, "not failed")
	f.BoolVar(&q.Failed, "failed", false, "failed")
	f.BoolVar(&q.Done, "done", false, "complete, finalized and not failed")
	f.StringVar(&q.Exclude, "exclude", "", "without these participants: `IDS`")
	f.StringVar(&q.Since, "since", "", "made since `TIME`: 24h, 2026-11-20")
	f.StringVar(&q.Until, "until", "", "made before `TIME`")
}

// selecting are the flags that flags adds, but for --exact, which only says what
// an entity is.
var selecting = append([]string{"where", "of", "people", "bots", "alive", "failed", "done", "exclude", "since", "until"}, keyFlags...)

// read takes the flags into the query.
func (s *selection) read(f *pflag.FlagSet) error {
	for _, k := range keyFlags {
		if f.Changed(k) {
			s.query.Keys = append(s.query.Keys, filter.Key{Relation: k, IDs: *s.keys[k], Flag: "--" + k})
		}
	}
	for _, of := range s.of {
		name, ids, ok := strings.Cut(of, "=")
		if !ok {
			return usagef("--of takes NAME=IDS, for example --of parent_trial=12").about(of)
		}
		s.query.Keys = append(s.query.Keys, filter.Key{Relation: name, IDs: ids, Flag: "--of " + name})
	}
	for _, name := range []string{"since", "until", "exclude"} {
		if flag := f.Lookup(name); flag.Changed && strings.TrimSpace(flag.Value.String()) == "" {
			return usagef("--%s is empty", name) // a variable that a script has not set
		}
	}
	return nil
}

// given reports whether a flag says which rows.
func (s *selection) given(f *pflag.FlagSet) bool { return slices.ContainsFunc(selecting, f.Changed) }
