package commands

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"exptool/internal/game"
)

// treatmentFlags are what the command line says of a treatment.
type treatmentFlags struct {
	game, file   string
	sets, sweeps []string
}

// shorthands are the parameters that have a flag of their own.
var shorthands = []string{"rounds", "players", "strategy", "schedule", "network"}

func (t *treatmentFlags) bind(f *pflag.FlagSet) {
	f.StringVar(&t.game, "game", "donation", "play the game `NAME`")
	f.String("rounds", "", "play `N` rounds (default 100)")
	f.String("players", "", "with `N` made-up players, and no database")
	f.String("strategy", "", "`NAME` of a strategy, or several with their shares: random:0.7,selfish:0.3")
	f.String("schedule", "", "whose turn it is: `random` (drawn anew each turn) or round (everybody once a round)")
	f.String("network", "", "who can reach whom: `complete`, ring, grid, small-world, or a file with two ids a line")
	f.StringVar(&t.file, "params", "", "read the treatment from `FILE` (YAML)")
	f.StringArrayVar(&t.sets, "set", nil, "set a parameter of the game: `NAME=VALUE`; repeatable")
	f.StringArrayVar(&t.sweeps, "sweep", nil, "play each value: `NAME=V1,V2`,… or NAME=FROM:TO:STEP; ; divides values that have commas; repeatable")
}

// read makes the treatment and the sweeps of the flags.
func (t *treatmentFlags) read(f *pflag.FlagSet) (game.Treatment, []game.Sweep, error) {
	made, err := t.base(f.Changed("game"))
	if err != nil {
		return made, nil, err
	}
	var given []string
	set := func(name, value string) error {
		given = append(given, made.Game.NameOf(name))
		return wrongGame(made.Set(name, value))
	}
	for _, text := range t.sets {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return made, nil, usagef("--set takes parameter=value").about(text)
		}
		if err := set(name, value); err != nil {
			return made, nil, err
		}
	}
	for _, name := range shorthands {
		if f.Changed(name) {
			if err := set(name, f.Lookup(name).Value.String()); err != nil {
				return made, nil, err
			}
		}
	}
	sweeps, err := t.readSweeps(made, given)
	if err != nil {
		return made, nil, err
	}
	return made, sweeps, wrongGame(made.Check())
}

// base is the treatment of the file, else the game's defaults. A game that a flag
// names is played with the file's parameters.
func (t *treatmentFlags) base(named bool) (game.Treatment, error) {
	g, err := game.Find(t.game)
	if err != nil {
		return game.Treatment{}, wrongGame(err)
	}
	if t.file == "" {
		return game.NewTreatment(g), nil
	}
	f, err := openFile(t.file)
	if err != nil {
		return game.Treatment{}, err
	}
	defer f.Close()
	read, err := game.ReadTreatment(f, g)
	if err != nil {
		return read, wrongGame(fmt.Errorf("%s: %w", t.file, err))
	}
	if !named || read.Game.Name == g.Name {
		return read, nil
	}
	other := game.NewTreatment(g)
	for _, p := range read.Game.AllParameters() {
		if read.IsSet(p.Name) {
			if err := other.Set(p.Name, read.Text(p.Name)); err != nil {
				return other, wrongGame(fmt.Errorf("%s: %w", t.file, err))
			}
		}
	}
	return other, nil
}

// readSweeps reads what is swept, and tries each value.
func (t *treatmentFlags) readSweeps(base game.Treatment, given []string) (all []game.Sweep, err error) {
	for _, text := range t.sweeps {
		s, err := game.ReadSweep(text)
		if err != nil {
			return nil, usagef("--sweep %s: %w", text, err)
		}
		s.Name = base.Game.NameOf(s.Name)
		switch {
		case slices.ContainsFunc(all, func(o game.Sweep) bool { return o.Name == s.Name }):
			return nil, usagef("%s is swept twice", s.Name)
		case slices.Contains(given, s.Name):
			return nil, usagef("%s is both given and swept", s.Name)
		}
		for _, value := range s.Values {
			one := base.Clone()
			if err := one.Set(s.Name, value); err != nil {
				return nil, wrongGame(err)
			}
			if err := one.Check(); err != nil {
				return nil, wrongGame(err)
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// wrongGame gives an error of a treatment its exit code, and says what may have been
// meant.
func wrongGame(err error) error {
	if err == nil {
		return nil
	}
	failed := usagef("%w", err)
	unknown := (*game.UnknownError)(nil)
	if !errors.As(err, &unknown) {
		return failed
	}
	otherwise := "exptool games lists them"
	switch {
	case unknown.What == "parameter" && unknown.Name == "game":
		return failed.hint("--game names it")
	case unknown.What == "parameter":
		otherwise = "exptool games " + unknown.Of + " lists them"
	case unknown.What == "strategy":
		otherwise = "exptool games --strategies lists them"
	case unknown.What != "game":
		otherwise = "there are " + strings.Join(unknown.Known, ", ")
	}
	return failed.hint(didYouMean(unknown.Name, unknown.Known, otherwise))
}
