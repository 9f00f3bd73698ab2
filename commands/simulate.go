package commands

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/game"
)

type simulateOptions struct {
	plan      game.Plan
	part      part
	threads   int
	byRound   bool
	byRep     bool
	decisions bool
	session   string
	apply     bool
	dryRun    bool
	yes       bool
	plot      string
}

// part is the i-th of so many parts of a plan's cells, i from 1.
type part struct{ i, of int }

func newSimulate(a *app) *cobra.Command {
	o := &simulateOptions{part: part{1, 1}}
	var t treatmentFlags
	var shard string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Play the dollar game or another one forward, and measure inequality",
		Long: `Play a game in memory: the donation game of the tutorial, or one of those that
exptool games lists. It starts from the participants of the database and their
dollars, and changes nothing there; with --players, from made-up players, and no
database is opened. The random seed is printed; the same seed gives the same bytes,
at any number of threads.

A treatment is the values of a game's parameters, which exptool games GAME lists:
--params FILE has them as YAML, a line each, --set sets one, and --rounds, --players,
--strategy, --schedule and --network are short for --set. A flag beats --set, and
that beats the file.

A terminal gets a table of measures before and after; a program gets a row, with
what was played, the seed, and a column a measure. --reps repeats the game and gives
means and their 95 % intervals; --sweep plays every value of a parameter, several
all their combinations, a row each. --by-rep gives a row a repetition, with the seed
that plays it again, --by-round a row a round, and --decisions a row a player and
round, with the columns of exptool query decisions.

--shard 2/8 plays the second of eight parts of the repetitions and points, here or
elsewhere: the outputs of all parts, one after another, are that of one run.

--apply books the game of the participants in the ledger, as real transfers and
decisions: stretches of whole rounds, each in one transaction. It stops with exit
code 7 where somebody gave meanwhile, and with Ctrl-C after the stretch under way.`,
		Example: `  exptool simulate --rounds 100
  exptool simulate --players 100 --rounds 100
  exptool simulate --players 1000 --strategy random:0.7,selfish:0.3 --schedule round --reps 20
  exptool simulate --params treatment.yaml --set amount=2 --by-round
  exptool simulate --rounds 10 --sweep players=10:100:10 --reps 20 --random-seed 42 --by-rep --shard 1/8
  exptool simulate --rounds 5 --random-seed 42 --apply --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.plan.Treatment, o.plan.Sweeps, err = t.read(cmd.Flags()); err != nil {
				return err
			}
			if o.part, err = readPart(shard); err != nil {
				return err
			}
			if !cmd.Flags().Changed("random-seed") {
				o.plan.Seed = rand.Uint64N(1_000_000_000) // short enough to be typed again
			}
			if err := o.check(a, cmd); err != nil {
				return err
			}
			return runSimulate(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	t.bind(f)
	f.IntVar(&o.plan.Reps, "reps", 1, "play it `R` times")
	f.Uint64Var(&o.plan.Seed, "random-seed", 0, "play as the `NUMBER` says that a run has printed")
	f.StringVar(&shard, "shard", "", "play part `I/N` of the repetitions and points, I from 1")
	f.BoolVar(&o.byRound, "by-round", false, "a row a round")
	f.BoolVar(&o.byRep, "by-rep", false, "a row a repetition")
	f.BoolVar(&o.decisions, "decisions", false, "a row a player and round: what they did")
	f.StringVar(&o.plot, "plot", "", "draw Lorenz curve, wealth and Gini by round into `FILE`.svg or .png")
	f.BoolVar(&o.apply, "apply", false, "book the game in the ledger")
	f.StringVar(&o.session, "session", "", "call the session `NAME`, with --apply or --decisions (default: sim- and the seed)")
	f.BoolVar(&o.dryRun, "dry-run", false, "with --apply: do it, show it, and take it back")
	f.BoolVarP(&o.yes, "yes", "y", false, "with --apply: do not ask")
	f.IntVar(&o.threads, "threads", runtime.NumCPU(), "play in `N` threads")
	f.Lookup("threads").DefValue = "as many as there are processors"
	completeSimulate(cmd)
	return cmd
}

// readPart reads "2/8"; empty is all.
func readPart(text string) (part, error) {
	if text == "" {
		return part{1, 1}, nil
	}
	first, second, _ := strings.Cut(text, "/")
	i, err := strconv.Atoi(first)
	of, worse := strconv.Atoi(second)
	switch {
	case err != nil || worse != nil:
		return part{}, usagef("--shard takes a part and their number as 1/8").about(text)
	case i < 1 || i > of:
		return part{}, usagef("there is no part %d of %d; parts are counted from 1", i, of)
	}
	return part{i, of}, nil
}

// check checks flags against each other.
func (o *simulateOptions) check(a *app, cmd *cobra.Command) error {
	f := cmd.Flags()
	for _, name := range []string{"params", "plot", "session", "shard"} {
		if f.Changed(name) && f.Lookup(name).Value.String() == "" {
			return usagef("--%s is empty", name).hint("a variable that a script has not set?")
		}
	}
	cells := o.plan.Len()
	sharded := f.Changed("shard")
	switch {
	case o.plan.Reps < 1 || o.threads < 1:
		return usagef("--reps and --threads take a number of 1 or more")
	case cells < 0:
		return usagef("these are more games than can be counted")
	case o.byRound && o.decisions:
		return usagef("--by-round and --decisions exclude each other: rounds or players")
	case o.byRep && o.decisions:
		return usagef("--by-rep is for measures; --decisions has a session for each repetition")
	case o.apply:
		return o.checkApply(a, f.Changed)
	case o.dryRun || o.yes:
		return usagef("--dry-run and --yes are for --apply: nothing else is changed")
	case o.session != "" && !o.decisions:
		return usagef("--session is for --apply and --decisions")
	case o.plot != "" && o.decisions:
		return usagef("--plot draws measures, and --decisions writes none")
	case o.plot != "" && cells > 1:
		return usagef("--plot draws one game, not %s", plural(cells, "game", "games")).hint("leave out --sweep and --reps")
	case sharded && !streams(a.format()):
		return usagef("parts of %s are no %s: with --shard the format is csv, tsv or ndjson", a.format(), a.format())
	case sharded && o.plan.Reps > 1 && !o.byRep && !o.byRound && !o.decisions:
		return usagef("a part may end within the repetitions of a mean").hint("add --by-rep")
	case sharded && !f.Changed("random-seed"):
		return usagef("each part would draw a seed of its own").hint("give all of them the same --random-seed")
	}
	return a.checkPlot(o.plot)
}

// streams reports whether parts of a format are put together by writing one behind
// the other.
func streams(format string) bool { return format == "csv" || format == "tsv" || format == "ndjson" }

// checkApply checks what goes with --apply.
func (o *simulateOptions) checkApply(a *app, changed func(string) bool) error {
	switch t := o.plan.Treatment; {
	case o.plan.Len() > 1 || changed("shard"):
		return usagef("--apply books one game").hint("leave out --sweep, --reps and --shard")
	case o.madeUp():
		return usagef("--apply books a game of participants, and made-up players are none").hint("leave out --players")
	case o.decisions || o.byRep:
		return usagef("--apply keeps the decisions in the ledger").hint("exptool query decisions shows them then")
	case t.Game.Parameter("debt") != nil && t.Cents("debt") > 0:
		return refusedf("a game with debt cannot be booked: nobody in the ledger has less than nothing")
	}
	if err := a.streams.CheckOutput(a.flags.output); err != nil { // what is booked stays booked
		return err
	}
	return a.checkPlot(o.plot)
}

// madeUp reports whether the players are made up because the treatment says so.
func (o *simulateOptions) madeUp() bool {
	given := o.plan.Treatment.IsSet
	return given("players") || given("start") || o.sweeps("players") || o.sweeps("start")
}

// cells are the range [from, to) of those that are played.
func (o *simulateOptions) cells() (from, to int) { return game.Part(o.plan.Len(), o.part.i, o.part.of) }

func runSimulate(ctx context.Context, a *app, o *simulateOptions) (err error) {
	from, err := a.playersOf(ctx, o)
	if err != nil {
		return err
	}
	defer closeInto(from, &err)
	a.tellPlan(o, from)
	switch {
	case o.apply:
		return a.applyGame(ctx, o, from)
	case o.decisions:
		return a.writeDecisions(ctx, o)
	}
	return a.writeOutcomes(ctx, o)
}
