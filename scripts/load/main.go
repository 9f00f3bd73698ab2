// Command load plays the game of `exptool serve` as a class full of browsers does:
// each participant has a page open, which follows the game by its event stream, and
// presses buttons by posting their forms. It measures how soon a press is confirmed
// and how soon every page shows it, and then asks the database whether each press
// that was confirmed is there, once, and whether all pages show what it holds.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	exptool string
	db      string
	server  string
	links   string
	session string
	pid     int

	participants int
	watchers     int
	rate         float64
	time         time.Duration
	amount       int64 // cents
	seed         uint64
	patience     time.Duration

	bounds bounds
	json   bool
}

// bounds are what must be kept; 0 asks for nothing.
type bounds struct {
	p50, p99, update time.Duration
	rss              float64 // MB
}

const usage = `usage: go run ./scripts/load [flags]

Plays the game of exptool serve over HTTP as browsers do, measures it, and checks
it against the database. Without --db it makes a private Postgres of its own and
removes it afterwards. Everybody's dollars must be visible. Exit code 1: something
was lost, or a bound was not kept.

  go run ./scripts/load
  go run ./scripts/load --watchers 1000
  go run ./scripts/load --db postgres://localhost/class --time 10s
  go run ./scripts/load --server http://127.0.0.1:8000 --links links.csv --session serve-1 --db class

`

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprint(f.Output(), usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.exptool, "exptool", "", "the binary `FILE` to run; built from this checkout where not given")
	f.StringVar(&o.db, "db", "", "the database at `ADDRESS`, whose participants have dollars; the server is started on it")
	f.StringVar(&o.server, "server", "", "a server at `URL` that is running, on --db")
	f.StringVar(&o.links, "links", "", "its participants' addresses: the CSV `FILE` of exptool serve links")
	f.StringVar(&o.session, "session", "", "with --server: the `NAME` of its session; else that of the one to play")
	f.IntVar(&o.pid, "pid", 0, "with --server: its process `ID`, for its memory")
	f.IntVar(&o.participants, "participants", 200, "how many play")
	f.IntVar(&o.watchers, "watchers", 0, "how many pages are open, one of them the host's: the participants' own and further ones of theirs (default: one a participant)")
	f.Float64Var(&o.rate, "rate", 2, "presses a second and participant")
	f.DurationVar(&o.time, "time", 30*time.Second, "how long they press")
	f.Uint64Var(&o.seed, "seed", 1, "of who gives to whom and when")
	f.DurationVar(&o.patience, "patience", time.Minute, "how long a press that gets no answer is tried again before it is lost")
	f.DurationVar(&o.bounds.p50, "max-p50", 25*time.Millisecond, "half of the presses are confirmed within this; 0: any time")
	f.DurationVar(&o.bounds.p99, "max-p99", 150*time.Millisecond, "99 of 100 presses are")
	f.DurationVar(&o.bounds.update, "max-update", 300*time.Millisecond, "every page shows every press this long after it was confirmed")
	f.Float64Var(&o.bounds.rss, "max-rss", 200, "the server's memory in `MB`")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("what is %q?", f.Arg(0))
	case o.participants < 2:
		return o, errors.New("--participants must be 2 or more: nobody gives to themselves")
	case o.rate <= 0 || o.time <= 0:
		return o, errors.New("--rate and --time must be more than 0")
	case o.server != "" && (o.links == "" || o.db == "" || o.session == ""):
		return o, errors.New("--server needs --links, --session and --db: what is on the pages is checked against the database")
	case o.watchers != 0 && o.watchers <= o.participants:
		return o, errors.New("--watchers must be more than --participants: each has a page open, and the host too")
	}
	return o, nil
}

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	r, err := load(ctx, o, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	r.print(os.Stdout, o)
	if len(r.Problems) > 0 {
		os.Exit(1)
	}
}

// load plays a game and reports on it. An error is that it could not be played.
func load(ctx context.Context, o options, talk io.Writer) (r report, err error) {
	e, err := newExptool(ctx, o, talk)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	before, err := e.verify(ctx)
	if err != nil {
		return r, err
	}
	if o.session == "" {
		o.session = fmt.Sprintf("load-%d", time.Now().Unix())
	}
	s, err := e.serve(ctx, o)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	links, err := e.addresses(ctx, o, s)
	if err != nil {
		return r, err
	}
	g := newGame(o, s, links)
	defer g.close()
	r = report{Participants: len(g.players), Pages: len(g.pages), Cores: runtime.NumCPU(), Load: loadAverage()}
	fmt.Fprintf(talk, "opening %d pages of %d participants\n", r.Pages, r.Participants)
	if err := g.open(ctx); err != nil {
		return r, err
	}
	fmt.Fprintf(talk, "pressing for %s\n", o.time)
	g.play(ctx)
	g.settle(ctx)
	r.server(s)
	g.close()
	if err := ctx.Err(); err != nil {
		return r, errors.New("interrupted")
	}
	r.presses(g.presses)
	if err := r.check(ctx, e, o.session, before, g, r.updates(g)); err != nil {
		return r, err
	}
	r.judge(o.bounds)
	return r, nil
}

func (r report) print(w io.Writer, o options) {
	if o.json {
		_ = json.NewEncoder(w).Encode(r)
		return
	}
	r.write(w, o)
}
