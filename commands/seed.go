package commands

import (
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/game"
	"exptool/internal/sample"
	"exptool/internal/schema"
	"exptool/repo"
)

type seedOptions struct {
	game.Endowment
	seed          uint64
	participants  int
	people, alive bool
	yes, dryRun   bool
}

// maxPeople is how many participants one command makes.
const maxPeople = 10_000_000

func newSeed(a *app) *cobra.Command {
	o := &seedOptions{}
	var distribution string
	cmd := &cobra.Command{
		Use:     "seed",
		Aliases: []string{"endow"},
		Short:   "Give every participant who has none a random number of dollars",
		Long: `Give every participant without dollars a random whole number of them, as the
tutorial's exercise begins. Nobody is given twice: run it again for those who came
later. The random seed is printed; the same seed gives the same participant the
same dollars.

Where the column participant.dollars is missing it is added (integer, never
negative); that of a running experiment is used as it is, and what is in it is
opened in the ledger at its present value. --participants makes participants first;
in a private database that is not there or empty it makes PsyNet's tables, too.

Distributions over --min to --max: uniform; equal (everybody the middle); normal
(the ends are three standard deviations away); pareto (a fifth has four fifths).`,
		Example: `  exptool seed
  exptool seed --min 10 --max 50 --random-seed 42 --people --alive
  exptool --db classroom seed --participants 20
  exptool seed --distribution equal --min 10 --max 10 --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Distribution = game.Distribution(strings.ToLower(distribution))
			if err := o.Check(int64(repo.MaxCents / 100)); err != nil {
				return usagef("%w", err).hint(didYouMean(distribution, game.Distributions(), "see exptool seed --help"))
			}
			if f := cmd.Flags(); f.Changed("participants") && (o.participants < 1 || o.participants > maxPeople) {
				return usagef("--participants takes a number from 1 to %d", maxPeople)
			}
			if !cmd.Flags().Changed("random-seed") {
				o.seed = rand.Uint64N(1_000_000_000) // short enough to be typed again
			}
			return runSeed(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.Int64Var(&o.Min, "min", 1, "at least `DOLLARS`")
	f.Int64Var(&o.Max, "max", 100, "at most `DOLLARS`")
	f.StringVar(&distribution, "distribution", string(game.Uniform), "`NAME`: "+strings.Join(game.Distributions(), ", "))
	f.Uint64Var(&o.seed, "random-seed", 0, "draw as the `NUMBER` says that a run has printed")
	f.IntVar(&o.participants, "participants", 0, "make `N` participants first")
	f.BoolVar(&o.people, "people", false, "people only, no bots")
	f.BoolVar(&o.alive, "alive", false, "only those who have not failed")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be given, and give nothing")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	// Fails only for a flag that is not there, which the tests would show.
	_ = cmd.RegisterFlagCompletionFunc("distribution", cobra.FixedCompletions(game.Distributions(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runSeed(ctx context.Context, a *app, o *seedOptions) (err error) {
	s, err := o.open(ctx, a)
	if err != nil {
		return err
	}
	defer func() { s.closeInto(&err) }()
	t := s.schema.Tables["participant"]
	if t == nil {
		return notFoundf("there is no table participant in %s", s.db.Address().Label()).
			hint("exptool seed --participants 20 makes one in a private database")
	}
	poor, err := o.without(ctx, s, t)
	if err != nil {
		return err
	}
	if err := o.agree(ctx, s, poor); err != nil {
		return err
	}
	if o.participants > 0 {
		made, err := o.make(ctx, s, t)
		if err != nil {
			return err
		}
		poor = append(poor, made...)
	}
	return o.give(ctx, s, t, poor)
}

// open opens the database, and makes it where participants are to be made in a
// private one that is not there.
func (o *seedOptions) open(ctx context.Context, a *app) (*session, error) {
	if o.participants == 0 || o.dryRun {
		return a.connect(ctx, "participants")
	}
	db, _, err := a.openOrCreate(ctx)
	if err != nil {
		return nil, err
	}
	return a.connectTo(ctx, db, "participants")
}

// without are the ids of those who are to be given something; it says who is among
// them.
func (o *seedOptions) without(ctx context.Context, s *session, t *schema.Table) ([]int64, error) {
	q := filter.Query{Entity: schema.Entity{Name: "participants", Table: t}, People: o.people, Alive: o.alive}
	if t.Column("dollars") != nil {
		q.Where = []string{"dollars is null"}
	}
	ids, err := s.ids(ctx, q)
	if err != nil || len(ids) == 0 {
		return ids, err
	}
	var among []string
	if t.Column("type") != nil && !o.people {
		bots := q
		bots.Bots = true
		if found, err := s.ids(ctx, bots); err != nil {
			return nil, err
		} else if len(found) > 0 {
			among = append(among, fmt.Sprintf("%d bots (--people leaves them out)", len(found)))
		}
	}
	if t.Column("failed") != nil && !o.alive {
		failed := q
		failed.Failed = true
		if found, err := s.ids(ctx, failed); err != nil {
			return nil, err
		} else if len(found) > 0 {
			among = append(among, fmt.Sprintf("%d failed (--alive)", len(found)))
		}
	}
	if len(among) > 0 {
		s.app.streams.Talk("among the %d without dollars are %s", len(ids), strings.Join(among, " and "))
	}
	return ids, nil
}

// ids are the keys of the rows that a query means, as numbers.
func (s *session) ids(ctx context.Context, q filter.Query) (ids []int64, err error) {
	q.Columns, q.Sort = []string{"id"}, []string{"id"}
	plan, err := s.compile(ctx, q)
	if err != nil {
		return nil, err
	}
	err = s.ask(ctx, plan, func(answer *repo.Answer) (err error) {
		rows, err := answer.Rows(ctx)
		if err != nil {
			return err
		}
		defer closeInto(rows, &err)
		for rows.Next() {
			id, err := ledgerID(rows.Values()[0])
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}

// ledgerID is a participant's key as the ledger names participants.
func ledgerID(key []byte) (int64, error) {
	id, err := strconv.ParseInt(string(key), 10, 64)
	if err != nil {
		return 0, refusedf("participant %s: the ledger names participants by whole numbers", key)
	}
	return id, nil
}

// agree asks before anything is written to a database that is not private.
func (o *seedOptions) agree(ctx context.Context, s *session, poor []int64) error {
	if s.tx != nil {
		s.tx.End(ctx)
		s.tx = nil
	}
	s.app.announceTarget(s.db)
	n := len(poor) + o.participants
	if n == 0 || o.dryRun || o.yes || s.db.Address().IsPrivate() {
		return nil
	}
	where := s.db.Address().Label()
	if !s.app.streams.Interactive() {
		return usagef("%s is not a private database: nobody is given dollars there unasked", where).hint("add --yes, or look first with --dry-run")
	}
	yes, err := s.app.streams.Ask(ctx, fmt.Sprintf("give %d participants %s in %s?", n, o.each(), where))
	if err == nil && !yes {
		err = failuref(exitFailure, "nothing was changed", nil)
	}
	return err
}

// each says what each is given.
func (o *seedOptions) each() string {
	if o.Min == o.Max {
		return fmt.Sprintf("$%d each", o.Min)
	}
	if o.Distribution == game.Equal {
		return fmt.Sprintf("$%d each", o.Draw(0, 0))
	}
	return fmt.Sprintf("$%d to $%d (%s)", o.Min, o.Max, o.Distribution)
}

// peopleAtOnce is how many participants one statement makes.
const peopleAtOnce = 20000

// make makes the participants that were asked for and returns their ids.
func (o *seedOptions) make(ctx context.Context, s *session, t *schema.Table) (ids []int64, err error) {
	if o.dryRun {
		s.app.streams.Talk("dry run: %s would be made, and get %s", cli.Count(int64(o.participants), "participants"), o.each())
		return nil, nil
	}
	progress := s.app.streams.Progress("making participants", int64(o.participants), cli.Rows)
	defer progress.Stop()
	names := sample.Names(o.participants, rand.New(rand.NewPCG(o.seed, 0)))
	options := repo.ChangeOptions{Zone: s.zone, NoJournal: true, WriteOptions: repo.WriteOptions{LockTimeout: s.app.config.LockTimeout}}
	for part := range slices.Chunk(names, peopleAtOnce) {
		var keys []string
		_, err = s.db.Change(ctx, s.schema, options, func(w *repo.Writer) (err error) {
			keys, err = w.AddPeople(ctx, t, part, cryptorand.Text)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			id, err := ledgerID([]byte(key))
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		progress.Add(int64(len(part)))
	}
	progress.Done("")
	return ids, nil
}
