package commands

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"exptool/internal/cli"
	"exptool/repo"
)

// app is what commands share: the streams, the global flags, the configuration
// and the clock.
type app struct {
	streams *cli.Streams
	now     func() time.Time
	flags   globalFlags
	args    []string // the command line
	conns   int      // connections to a database at once; 0: as many as one command needs
	// config is there when a command runs, unless it is marked withoutConfig.
	// Completion runs no command: there, call load first.
	config *cli.Config
}

func newApp(streams *cli.Streams, now func() time.Time) *app {
	return &app{streams: streams, now: now}
}

// globalFlags are the flags of every command. db, format, na, timeout and color
// may also be configured: read those from app.config.
type globalFlags struct {
	config  string
	output  string
	showSQL bool
	reveal  bool
	noColor bool
}

// withoutConfig marks commands that work even where the configuration is broken.
const withoutConfig = "without-config"

// ownValues marks a flag that has the name of a configured one and values of its own:
// those of the annotation, or all where it has none.
const ownValues = "own-values"

// configured are the flags whose values are keys of the configuration, where a
// command has them.
var configured = []string{"db", "format", "na", "timeout", "label"}

func (a *app) bind(f *pflag.FlagSet) {
	f.String("db", "", "database: `ADDRESS` (postgres://user@host/name) or the name of a private one")
	f.StringVar(&a.flags.config, "config", "", "read the configuration from `FILE` only")
	f.StringP("format", "f", "", "output `FORMAT`: table, csv, tsv, json, ndjson or md (default: table on a terminal, else csv)")
	f.StringVarP(&a.flags.output, "output", "o", "", "write to `FILE`, whole or not at all")
	f.String("na", "", "print `TEXT` where there is no value")
	f.String("timeout", "30s", "give up when the first row takes longer than `SPAN`; 0: never")
	f.BoolVar(&a.flags.showSQL, "show-sql", false, "print every statement that runs on stderr")
	f.BoolVar(&a.flags.reveal, "reveal", false, "show passwords and secrets in the data")
	f.BoolVar(&a.flags.noColor, "no-color", false, "no colours")
}

// load reads the configuration once.
func (a *app) load(cmd *cobra.Command) error {
	if a.config != nil {
		return nil
	}
	set := map[string]string{}
	for _, name := range configured {
		f := cmd.Flags().Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		own, marked := f.Annotations[ownValues]
		if !marked || len(own) > 0 && !slices.Contains(own, f.Value.String()) {
			set[name] = f.Value.String()
		}
	}
	if a.flags.noColor {
		set["color"] = "never"
	}
	config, err := cli.Load(cli.Sources{
		Flags: set, File: a.flags.config, Paths: cli.UserPaths(), Private: a.privateDatabase,
	})
	if err != nil {
		return err
	}
	switch a.config = config; config.Color {
	case "always":
		a.streams.Color, a.streams.ErrColor = true, true
	case "never":
		a.streams.Color, a.streams.ErrColor = false, false
	}
	return nil
}

// readOptions are the bounds of a reading transaction.
func (a *app) readOptions() repo.ReadOptions {
	return repo.ReadOptions{Timeout: a.config.Timeout, LockTimeout: a.config.LockTimeout}
}

// closeInto closes at the end of a function, and keeps the error it returns
// where there is none yet.
func closeInto(c io.Closer, err *error) {
	if closed := c.Close(); closed != nil {
		*err = errors.Join(*err, closed)
	}
}
