package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
	"exptool/internal/filter"
	"exptool/internal/schema"
	"exptool/internal/web"
	"exptool/repo"
	"exptool/report"
)

type linksOptions struct {
	serveOptions         // who plays, and what they are called
	ids          []int64 // of whom; none: of all who play
	renew        bool
	host         bool
	qr           bool
	yes          bool
}

func newServeLinks(a *app) *cobra.Command {
	o := &linksOptions{}
	cmd := &cobra.Command{
		Use:   "links [IDS]",
		Short: "Print the private address of each participant's page",
		Long: `Print the address of each participant's page, of all who play or of some. Whoever
has it plays as that participant: give each their own. Addresses belong to this launch
of the experiment. --qr prints codes for phones; --host the address of the host's
page.

--renew makes new addresses and ends the former ones, also in a server that runs, within
two seconds.`,
		Example: `  exptool serve links
  exptool serve links --public-url https://game.example.org --format csv --output links.csv
  exptool serve links 5 8-9 --qr
  exptool serve links 5 --renew --yes`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.readLinks(a, cmd, args); err != nil {
				return err
			}
			return runLinks(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.public, "public-url", "http://"+localAddress, "the `URL` that the pages are reached under")
	f.String("label", "", "call participants by `FIELD`")
	f.BoolVar(&o.people, "people", false, "people only, no bots")
	f.BoolVar(&o.qr, "qr", false, "a QR code for each")
	f.BoolVar(&o.host, "host", false, "the host's page, not the participants'")
	f.BoolVar(&o.renew, "renew", false, "make new addresses, and end the former ones")
	f.BoolVarP(&o.yes, "yes", "y", false, "with --renew: do not ask")
	// Each fails only for a flag that is not there, which the tests would show.
	_ = cmd.RegisterFlagCompletionFunc("public-url", cobra.NoFileCompletions)
	_ = cmd.RegisterFlagCompletionFunc("label", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return a.fieldsOf(cmd, "participants", typed)
	})
	return cmd
}

// readLinks takes arguments and flags, and checks them against each other.
func (o *linksOptions) readLinks(a *app, cmd *cobra.Command, args []string) (err error) {
	f := cmd.Flags()
	for _, name := range []string{"public-url", "label"} {
		if flag := f.Lookup(name); flag.Changed && strings.TrimSpace(flag.Value.String()) == "" {
			return usagef("--%s is empty", name).hint("a variable that a script has not set?")
		}
	}
	switch {
	case o.host && len(args) > 0:
		return usagef("--host and participants (%s) exclude each other", strings.Join(args, " "))
	case o.qr && f.Changed("format"):
		return usagef("--qr prints codes, which have no --format")
	case o.yes && !o.renew:
		return usagef("--yes is for --renew: nothing else is asked about")
	case o.renew && !o.yes && !a.streams.Interactive():
		return usagef("addresses are not ended unasked: who has one could play no more").hint("add --yes")
	}
	if err := checkPublic(o.public); err != nil {
		return err
	}
	o.public = strings.TrimRight(o.public, "/")
	words, err := filter.ParseIDs(args, false)
	if err != nil {
		return err
	}
	for _, word := range words {
		id, err := parseParticipant(word)
		if err != nil {
			return err
		}
		o.ids = append(o.ids, id)
	}
	o.played, err = treatmentOf("")
	return err
}

// link is an address and whose page it opens.
type link struct {
	id            int64 // 0: the host's
	name, address string
}

func runLinks(ctx context.Context, a *app, o *linksOptions) (err error) {
	g, err := a.openGame(ctx, &o.serveOptions)
	if err != nil {
		return err
	}
	defer g.closeInto(&err)
	people, err := g.linked(ctx, o)
	if err != nil {
		return err
	}
	if err := o.agree(ctx, a, len(people)); err != nil {
		return err
	}
	links, err := g.links(ctx, o, people)
	if err != nil {
		return err
	}
	if err := a.writeLinks(ctx, o, links); err != nil {
		return err
	}
	if o.renew {
		a.streams.Talk("the former addresses have ended")
	}
	return nil
}

// linked are those whose addresses are asked for: all who play, or some of them.
func (g *dollarGame) linked(ctx context.Context, o *linksOptions) ([]web.Person, error) {
	all, at, err := g.DB.People(ctx)
	if err != nil {
		return nil, err
	}
	g.From = at
	if o.host {
		return nil, nil
	}
	playing := g.playing(all)
	for _, id := range o.ids {
		switch i := slices.IndexFunc(all, func(p repo.Person) bool { return p.ID == id }); {
		case i < 0:
			return nil, notFoundf("there is no participant %d", id).hint("exptool query participants lists them")
		case !slices.Contains(playing, id):
			return nil, refusedf("participant %d does not play: they failed, or have no dollars", id).hint("exptool seed gives dollars to who has none")
		}
	}
	if len(o.ids) > 0 {
		playing = o.ids
	} else if len(playing) == 0 {
		return nil, g.checkPlayers(len(all), 0)
	}
	named, _, err := g.People(ctx)
	return slices.DeleteFunc(named, func(p web.Person) bool { return !slices.Contains(playing, p.ID) }), err
}

// agree asks before addresses that somebody has are ended.
func (o *linksOptions) agree(ctx context.Context, a *app, n int) error {
	if !o.renew || o.yes {
		return nil
	}
	what := "the addresses of " + cli.Count(int64(n), "participants")
	if o.host {
		what = "the addresses of the host and to join"
	}
	yes, err := a.streams.Ask(ctx, "end "+what+" and make new ones?")
	if err == nil && !yes {
		err = failuref(exitFailure, "nothing was changed", nil)
	}
	return err
}

// links makes the addresses.
func (g *dollarGame) links(ctx context.Context, o *linksOptions, people []web.Person) ([]link, error) {
	address := func(t web.Token) string {
		t.Epoch = g.From.Epoch.OID
		return o.public + g.signer.Path(t)
	}
	if o.host {
		generation, err := g.hostGeneration(ctx, o.renew)
		return []link{{name: "host", address: address(web.Token{Role: web.Host, Generation: generation})}}, err
	}
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	players := g.Serving.Players
	if o.renew {
		players = g.Serving.Renew
	}
	all, err := players(ctx, ids...)
	if err != nil {
		return nil, err
	}
	links := make([]link, len(all))
	for i, p := range all {
		links[i] = link{id: p.ID, name: web.Label(p.ID, people[i].Name), address: address(web.Token{Role: web.Participant, Participant: p.ID, Generation: p.Generation})}
	}
	return links, nil
}

// linkColumns are the columns of `exptool serve links`.
var linkColumns = []schema.Column{{Name: "participant", Kind: schema.Int}, {Name: "name", Kind: schema.Text}, {Name: "address", Kind: schema.Text}}

func (a *app) writeLinks(ctx context.Context, o *linksOptions, links []link) error {
	if o.qr {
		return a.writeCodes(links)
	}
	rows := make([][][]byte, len(links))
	for i, l := range links {
		rows[i] = [][]byte{nil, []byte(l.name), []byte(l.address)}
		if l.id != 0 {
			rows[i][0] = integer(l.id)
		}
	}
	// An address that is cut short is none, and it has no password to be masked.
	_, err := a.writeRows(ctx, report.Values(linkColumns, rows), writeOptions{raw: true, urls: func(schema.Column) bool { return false }})
	return err
}

// writeCodes writes a QR code for each, with the name above.
func (a *app) writeCodes(links []link) error {
	lines := make([]string, 0, 4*len(links))
	for _, l := range links {
		code, err := web.QRBlocks(l.address)
		if err != nil {
			return err
		}
		name := l.name
		if l.id != 0 {
			name = fmt.Sprintf("%d  %s", l.id, name)
		}
		lines = append(lines, name, l.address, strings.TrimRight(code, "\n"), "")
	}
	return a.writeLines(lines...)
}
