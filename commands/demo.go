package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/sample"
	"exptool/internal/schema"
	"exptool/repo"
)

// demoStep is a question of the tutorial chapter and how exptool answers it.
type demoStep struct {
	question string   // the chapter's
	args     []string // of the command that answers
}

// demoSteps follow PsyNet's chapter "Introduction to SQLAlchemy".
var demoSteps = []demoStep{
	{"Which tables are there? (Postico)", words("tables")},
	{"What columns does a participant have? (Postico)", words("describe participants")},
	{"person.query.all()", words("query person")},
	{`person.query.filter_by(forename="James").one()`, words("query person forename=James --one")},
	{"person.query.filter(person.age > 25).all()", []string{"query", "person", "--where", "age > 25"}},
	{"person.query.count()", words("query person --count")},
	{"Which classes of trials are there?", words("classes")},
	{"Trial.query.filter_by(participant_id=5).all()", words("query trials --participant 5")},
	{"CustomTrial.query.filter_by(random_integer=3).count()", words("query CustomTrial random_integer=3 --count")},
	{"CustomTrial.query.filter(CustomTrial.random_integer >= 5)", []string{"query", "CustomTrial", "--where", "random_integer >= 5", "--limit", "3"}},
	{"CustomTrial.query.filter(CustomTrial.random_integer != 5).count()", []string{"query", "CustomTrial", "--where", "random_integer != 5", "--count"}},
	{`CustomTrial.query.join(Participant).filter(Participant.status == "approved")`, words("query CustomTrial participant.status=approved --count")},
	{`trials where trial.var.my_dict["value"] > 3, "difficult to filter on in SQL"`, []string{"query", "trials", "--where", "vars.my_dict.value > 3", "--columns", "id,vars.my_dict.value,participant.vars.name", "--limit", "5"}},
	{"sum([t.performance_reward for t in trials of James])", words("query CustomTrial participant.vars.name=James --sum performance_reward")},
	{"… and for every participant", words("query CustomTrial --sum performance_reward --by participant_id --limit 5")},
	{"Participant.query.filter_by(id=5).one(), and everything that belongs to it", words("show participant 5")},
	{"The page froze: what happened to participant 42?", words("show participant 42 --timeline")},
	{"How did a chain go on?", words("show chain 16")},
	{"participant.calculate_reward() less base payment and bonus: who is due what?", words("payments --people --unpaid")},
	{`participant.status = "rejected"; db.session.commit(): what would it do?`, words("reject 5 6 --dry-run")},
	{`participant.status = "approved"`, words("approve 5 6")},
	{`trial.var.my_dict["value"] = 3, "awkward"`, words("set trials 65 vars.my_dict.value=3")},
	{"… and what SQLAlchemy loses: trial.my_list.append(4)", words("set trials 65 my_list+=5 --dry-run")},
	{"session.add(Coin(...)): what would it do?", words("add coin participant=5 value=2.5 --dry-run")},
	{`A highly customized network: Network(role="custom"); then add nodes network=ID, add vector origin=ID destination=ID`, words("add networks role=custom --dry-run")},
	{`participant.fail("..."): what would it take along?`, []string{"fail", "participant", "5", "--reason", "misunderstood", "--dry-run", "--force"}},
	{"Who changed what, and how to take it back: exptool undo NUMBER", words("history --limit 5")},
	{"The exercise: everybody starts with a random number of dollars (here the experiment has given some already)", words("seed --yes")},
	{"… a push button for each participant, with name and dollars", words("board --as 63 --people")},
	{"… pushing it takes $1 from yourself and gives it to that person", words("donate 63 42")},
	{"… every transfer is kept", words("query transfers kind=donation --sort -id --limit 3")},
	{"… and no dollar is lost or made", words("verify")},
	{"Can you generalize these mechanics to make an interesting behavioral economics game? These can be simulated", words("games")},
	{"… and what comes of a hundred rounds more? (It changes nothing; --apply would)", words("simulate --rounds 100 --random-seed 42")},
	{"SQLAlchemy debugging: what is logged? Then exptool log on --for 10m, and exptool log tail", words("log status")},
	{"The SQL behind a query (echo=True)", words("query participants status=approved --count --show-sql")},
	{"… and how is the study going? (PsyNet's dashboard)", words("status")},
	{"Any SQL that only reads", []string{"sql", "SELECT status, count(*) FROM participant GROUP BY status ORDER BY status"}},
}

func words(s string) []string { return strings.Fields(s) }

// demoWidth is how wide the demo's tables are where there is no terminal.
const demoWidth = 100

type demoOptions struct {
	list bool
	step int
}

func newDemo(a *app) *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Walk the tutorial chapter on a sample experiment",
		Long: `Start the private Postgres, load a sample experiment that PsyNet really ran, and
walk PsyNet's tutorial chapter "Introduction to SQLAlchemy": each question of the
chapter, the command that answers it, and what it prints. The database stays, to
play with.`,
		Example: `  exptool demo
  exptool demo --list
  exptool demo --step 8`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("step") && (o.step < 1 || o.step > len(demoSteps)) {
				return usagef("there are %d steps; exptool demo --list names them", len(demoSteps))
			}
			return runDemo(cmd.Context(), a, o)
		},
	}
	cmd.Flags().BoolVar(&o.list, "list", false, "list the steps and run none")
	cmd.Flags().IntVar(&o.step, "step", 0, "run step `N` only")
	return cmd
}

func runDemo(ctx context.Context, a *app, o *demoOptions) error {
	if o.list {
		for i, s := range demoSteps {
			a.streams.Print(fmt.Sprintf("%2d  %s", i+1, s.question))
		}
		return nil
	}
	if err := a.prepareDemo(ctx); err != nil {
		return err
	}
	if !a.formatGiven() {
		// The demo is for people, also in a pipe.
		a = &app{streams: a.streams.ForPeople(demoWidth), now: a.now, config: a.config}
	}
	for i, s := range demoSteps {
		if o.step == 0 || o.step == i+1 {
			if err := a.demonstrate(ctx, i+1, s); err != nil {
				return err
			}
		}
	}
	a.streams.Print("")
	a.streams.Print("The database stays: exptool --db " + sampleDatabase + " query participants")
	a.streams.Print("Its page with the push buttons: exptool --db " + sampleDatabase + " serve")
	a.streams.Print("and, in another shell, whose page is where: exptool --db " + sampleDatabase + " serve links")
	return nil
}

// prepareDemo makes the demo's database where it is not there.
func (a *app) prepareDemo(ctx context.Context) error {
	server, err := a.startPrivate(ctx)
	if err != nil {
		return err
	}
	if a.knownPrivate(ctx, server, sampleDatabase) == nil {
		return nil
	}
	err = a.freshDatabase(ctx, server, sampleDatabase, true, func(db *repo.DB) error {
		return errors.Join(db.LoadText(ctx, sample.Tutorial), db.LoadText(ctx, sample.Person))
	})
	if err != nil {
		return err
	}
	learned, err := schema.Learn(sample.Source())
	if err != nil {
		return err
	}
	return a.saveLearned(server.Address(sampleDatabase), learned)
}

// demonstrate shows a step: the question, the command, and what it prints when
// it is run.
func (a *app) demonstrate(ctx context.Context, n int, s demoStep) error {
	quoted := make([]string, len(s.args))
	for i, w := range s.args {
		quoted[i] = shellQuote(w)
	}
	a.streams.Print("")
	a.streams.Print(strconv.Itoa(n) + ". " + s.question)
	a.streams.Print("$ exptool " + strings.Join(quoted, " "))
	return a.again(ctx, append([]string{"--db", sampleDatabase}, s.args...))
}

// again runs another command line with the same streams.
func (a *app) again(ctx context.Context, args []string) error {
	if code := run(ctx, newApp(a.streams, a.now), args); code != exitOK {
		return fmt.Errorf("exptool %s ended with exit code %d", strings.Join(args, " "), code)
	}
	return nil
}
