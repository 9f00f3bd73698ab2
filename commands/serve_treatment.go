package commands

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"exptool/internal/game"
)

// playable are the parameters that people play with; those behind are of who joins.
var playable = []string{"amount", "visible", "start", "players"}

// read takes what is played from the file and the flags, a flag being stronger.
func (o *serveOptions) read(f *pflag.FlagSet) error {
	given, err := o.treatment.base(false)
	if err != nil {
		return err
	}
	if given.Game.Name != "donation" {
		return usagef("%s: exptool serve plays donation and not %s", o.treatment.file, given.Game.Name).hint("exptool simulate plays it")
	}
	if err := o.refuse(given); err != nil {
		return err
	}
	if err := o.setFlags(&given, f); err != nil {
		return err
	}
	if given.Cents("amount") == 0 {
		return usagef("a press gives $0.01 or more")
	}
	o.chosen = f.Changed("params") || f.Changed("amount") || f.Changed("visible")
	o.played = game.NewTreatment(given.Game)
	for _, name := range playable[:2] { // a default that is written down is the same game
		if text := given.Text(name); text != o.played.Text(name) {
			if err := o.played.Set(name, text); err != nil {
				return wrongGame(err)
			}
		}
	}
	return o.readJoining(given)
}

// refuse refuses what people do not play: whoever writes it down expects it to be.
func (o *serveOptions) refuse(given game.Treatment) error {
	var others []string
	defaults := game.NewTreatment(given.Game)
	for _, p := range given.Game.AllParameters() {
		switch {
		case given.Text(p.Name) == defaults.Text(p.Name):
		case p.Name == "visible" && given.Text(p.Name) != "own":
			return usagef("%s: on a page visible is all or own", o.treatment.file).about(given.Text(p.Name))
		case slices.Contains(playable[:2], p.Name), o.join && slices.Contains(playable, p.Name):
		default:
			others = append(others, p.Name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	what := strings.Join(playable[:2], " and ")
	if o.join {
		what = strings.Join(playable, ", ")
	}
	return usagef("%s: on pages people play %s, and not %s", o.treatment.file, what, strings.Join(others, ", ")).
		hint("leave that out; exptool simulate plays it")
}

// setFlags sets what flags say. What they call otherwise than the game is said as they
// do.
func (o *serveOptions) setFlags(t *game.Treatment, f *pflag.FlagSet) error {
	if flag := f.Lookup("visible"); flag.Changed {
		seen := map[string]string{"all": "all", "none": "own"}[flag.Value.String()]
		if seen == "" {
			return usagef("--visible takes all or none").about(flag.Value.String())
		}
		if err := t.Set("visible", seen); err != nil {
			return wrongGame(err)
		}
	}
	for _, flag := range serveFlags {
		switch given := f.Lookup(flag.name); {
		case !given.Changed:
		case flag.joining && !o.join:
			return usagef("--%s is for --join", flag.name).hint("exptool seed gives dollars to those who are there")
		default:
			if err := t.Set(flag.parameter, given.Value.String()); err != nil {
				return usagef("--%s takes %s", flag.name, flag.takes).about(given.Value.String())
			}
		}
	}
	return nil
}

// serveFlags are the flags that set a parameter.
var serveFlags = []struct {
	name, parameter, takes string
	joining                bool
}{
	{"amount", "amount", "dollars, for example 1 or 0.50", false},
	{"players", "players", "a number of participants", true},
	{"dollars", "start", "what somebody begins with: 20, 1-100 or normal:1-100", true},
}

// readJoining takes what is for those who join.
func (o *serveOptions) readJoining(t game.Treatment) (err error) {
	if !o.join {
		return nil
	}
	if o.dollars, err = game.ReadEndowment(t.Text("start")); err != nil {
		return wrongGame(err)
	}
	if o.dollars.Min == 0 {
		return usagef("who joins begins with $1 or more").about(t.Text("start"))
	}
	if !t.IsSet("players") {
		return nil
	}
	if o.most = int(t.Count("players")); o.most < 2 {
		return usagef("--players takes 2 or more: nobody gives to themselves")
	}
	return nil
}

// treatmentOf reads a treatment as Treatment.String writes it.
func treatmentOf(text string) (game.Treatment, error) {
	g, err := game.Find("donation")
	if err != nil {
		return game.Treatment{}, err
	}
	t := game.NewTreatment(g)
	for word := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(word, "=")
		if err := t.Set(name, value); err != nil {
			return t, err
		}
	}
	return t, nil
}
