package commands

import (
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"exptool/internal/game"
	"exptool/repo"
)

type serveOptions struct {
	addr, public string
	session      string // empty: the one that is played, else a new one
	treatment    treatmentFlags
	played       game.Treatment // what of it is played
	chosen       bool           // a flag says what is played
	until        time.Duration  // 0: until the host ends it
	rate         int
	people       bool

	join    bool
	most    int // participants; 0: any number
	dollars game.Endowment
}

// amount is what a press gives.
func (o *serveOptions) amount() repo.Cents { return repo.Cents(o.played.Cents("amount")) }

// hidden reports whether nobody sees what others have.
func (o *serveOptions) hidden() bool { return o.played.Text("visible") == "own" }

// localAddress is where pages are served unless a flag says otherwise: for this machine
// only.
const localAddress = "127.0.0.1:8000"

func newServe(a *app) *cobra.Command {
	o := &serveOptions{treatment: treatmentFlags{game: "donation"}}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages with the push buttons, as people play the dollar game",
		Long: `Serve a page to each participant: a button for every other one, with name and
dollars. Pushing it gives a dollar and comes back to the page, until they say that
they are done. What anybody gives, here or with exptool donate, changes on all pages
at once. exptool serve links prints the private address of each participant.

For a classroom, --join: whoever opens the one address that is printed types a
nickname, gets dollars and plays. The session waits until the host starts it. In a
private database that is not there or empty, PsyNet's tables are made.

The host's page shows everybody's dollars and all transfers, how unequal they are,
and pauses, ends or begins a session. A session that has not ended goes on where it
was when serve is started again. A decision keeps what was visible, the place of the
button, and how long it took: exptool query decisions.

A treatment is that of exptool simulate: --params FILE has it as YAML. Of its
parameters people play amount (or cost) and visible (all, or own for --visible none);
with --join also start (--dollars) and players (--players). A flag beats the file.

Participants are called by vars.name, else by a column name of the table, else by
their nickname, else Player 7; --label names another field or expression. Who has
failed, or has no dollars, does not play.

Pages are served to this machine only; --addr :8000 lets others in. Every page has a
JSON twin: ?format=json. Ctrl-C answers what is under way and ends.`,
		Example: `  exptool serve
  exptool serve --addr :8000 --until 10m --visible none --people
  exptool serve --addr :8000 --join --players 30 --dollars 10-50
  exptool serve --params treatment.yaml --session pilot
  exptool serve --addr 127.0.0.1:8001 --public-url https://game.example.org --format json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.read(cmd.Flags()); err != nil {
				return err
			}
			if err := o.check(a, cmd.Flags()); err != nil {
				return err
			}
			return runServe(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", localAddress, "serve at `HOST:PORT`; :8000 lets others in, port 0 is a free one")
	f.StringVar(&o.public, "public-url", "", "the `URL` that others reach it under (default: the address)")
	f.StringVar(&o.session, "session", "", "call the session `NAME`, or go on with it (default: the one under way, else serve-1, serve-2 …)")
	f.StringVar(&o.treatment.file, "params", "", "read the treatment from `FILE` (YAML)")
	f.String("amount", "", "a press gives `DOLLARS` (default 1)")
	f.String("visible", "", "whose dollars a participant sees: `all` or none (default all)")
	f.DurationVar(&o.until, "until", 0, "end the session after `SPAN`: 10m")
	f.String("label", "", "call participants by `FIELD`")
	f.BoolVar(&o.people, "people", false, "people only, no bots")
	f.BoolVar(&o.join, "join", false, "whoever has the address may join")
	f.String("players", "", "with --join: at most `N` participants")
	f.String("dollars", "", "with --join: who joins begins with so many `DOLLARS`: 20, 1-100, normal:1-100 (default 1-100)")
	f.IntVar(&o.rate, "rate", 10, "let each participant press `N` times a second at most")
	completeServe(a, cmd)
	cmd.AddCommand(newServeLinks(a))
	return cmd
}

func completeServe(a *app, cmd *cobra.Command) {
	// Each fails only for a flag that is not there, which the tests would show.
	_ = cmd.RegisterFlagCompletionFunc("visible", cobra.FixedCompletions([]string{"all", "none"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("label", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return a.fieldsOf(cmd, "participants", typed)
	})
	for _, name := range []string{"addr", "public-url", "session", "amount", "until", "players", "dollars", "rate"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

// check checks flags against each other.
func (o *serveOptions) check(a *app, f *pflag.FlagSet) error {
	for _, name := range []string{"addr", "public-url", "session", "params", "label"} {
		if flag := f.Lookup(name); flag.Changed && strings.TrimSpace(flag.Value.String()) == "" {
			return usagef("--%s is empty", name).hint("a variable that a script has not set?")
		}
	}
	if format := f.Lookup("format"); format.Changed && format.Value.String() != "table" && !isJSON(format.Value.String()) {
		return usagef("exptool serve tells where its pages are as lines for people, or as json").about(format.Value.String())
	}
	switch name := identifies(a.config.Label); {
	case name != "":
		return usagef("participants see each other's labels, and %s tells who somebody is", name).hint("choose another --label")
	case o.until < 0 || f.Changed("until") && o.until == 0:
		return usagef("--until takes a span of time, for example 10m").about(f.Lookup("until").Value.String())
	case strings.ContainsFunc(o.session, unicode.IsControl):
		return usagef("--session takes a name in one line").about(o.session)
	case o.rate < 1:
		return usagef("--rate takes a number of presses a second, 1 or more")
	}
	if _, _, err := net.SplitHostPort(o.addr); err != nil {
		return usagef("--addr takes a host and a port, for example %s", localAddress).about(o.addr)
	}
	if err := checkPublic(o.public); err != nil {
		return err
	}
	return a.streams.CheckOutput(a.flags.output) // before anybody plays
}

// checkPublic judges what --public-url says; empty is the address.
func checkPublic(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return usagef("--public-url takes an address, for example https://game.example.org").about(text)
	}
	if strings.Trim(u.Path, "/") != "" {
		return usagef("--public-url takes an address without a path: the pages want a name or a port of their own").about(text)
	}
	return nil
}
