package commands

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"exptool/repo"
)

// guardCommand is the hidden command that is a guardian.
const guardCommand = "__guard-log"

// charge is what a guardian is told on its standard input, which stays open for as
// long as its charge lives: the end of that is the end of whoever turned logging on,
// kill -9 included. The address has a password, so it is no argument.
type charge struct {
	Address string    `json:"address"`
	Scope   string    `json:"scope"`
	Role    string    `json:"role"`
	Hold    int64     `json:"hold"`
	Until   time.Time `json:"until"`
}

// guardian is a process of its own session that ends a hold.
type guardian struct {
	cmd  *exec.Cmd
	life io.WriteCloser
}

// guardReady is what a guardian says when it is at its post.
const guardReady = "ready\n"

// guardStart bounds how long that may take.
const guardStart = 15 * time.Second

// startGuardian starts one and returns when it is at its post.
func startGuardian(l repo.Logging, hold int64, until time.Time) (*guardian, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Args = []string{os.Args[0], guardCommand}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	g := &guardian{cmd: cmd, life: life}
	ready := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(said).ReadString('\n')
		if err == nil && line != guardReady {
			err = errors.New("it said " + line)
		}
		ready <- err
	}()
	err = json.NewEncoder(life).Encode(charge{l.DB.Address().URL(), l.Scope, l.Role, hold, until})
	if err == nil {
		select {
		case err = <-ready:
		case <-time.After(guardStart):
			err = errors.New("no answer")
		}
	}
	if err != nil {
		return nil, errors.Join(failuref(exitFailure, "the guardian that would turn it off again does not start: %w", []any{err}), cmd.Process.Kill(), g.stop())
	}
	return g, nil
}

// stop lets it go, and waits for a moment: where the server is away it goes on
// trying by itself.
func (g *guardian) stop() error {
	if g == nil || g.life == nil {
		return nil
	}
	err := g.life.Close()
	g.life = nil
	done := make(chan struct{})
	go func() {
		_ = g.cmd.Wait() // it has nobody to tell but us, who have restored ourselves
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
	return err
}

func newLogGuard(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         guardCommand,
		Short:       "Restore what is logged when exptool log on --for has ended",
		Hidden:      true,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{withoutConfig: "true"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return runLogGuard(cmd.Context(), a) },
	}
}

func runLogGuard(ctx context.Context, a *app) (err error) {
	in := bufio.NewReader(a.streams.In)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	var c charge
	if err := json.Unmarshal(line, &c); err != nil {
		return err
	}
	addr, err := repo.ParseAddress(c.Address)
	if err != nil {
		return err
	}
	db, err := repo.Open(ctx, addr, repo.Options{AppName: "exptool guardian"})
	if err != nil {
		return err
	}
	defer closeInto(db, &err)
	if err := db.Ping(ctx); err != nil {
		return err
	}
	if _, err = io.WriteString(a.streams.Out, guardReady); err == nil {
		err = a.streams.Flush()
	}
	if err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in) // until it ends, one way or the other
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	case <-time.After(c.Until.Sub(a.now()) + guardGrace): // whoever is alive restores, and says so
	}
	return guard(context.WithoutCancel(ctx), repo.Logging{DB: db, Scope: c.Scope, Role: c.Role}, c.Hold)
}

// How long a guardian waits for whoever turned logging on to turn it off, and how
// often and for how long it tries: a server may take its time to start again.
const (
	guardGrace    = 2 * time.Second
	guardRetry    = time.Second
	guardPatience = 10 * time.Minute
)

// guard ends the hold, once the server lets it.
func guard(ctx context.Context, l repo.Logging, hold int64) error {
	ctx, cancel := context.WithTimeout(ctx, guardPatience)
	defer cancel()
	tick := time.NewTicker(guardRetry)
	defer tick.Stop()
	for {
		_, err := l.End(ctx, hold)
		if err == nil || !errors.Is(err, repo.ErrConnect) && !errors.Is(err, repo.ErrTryAgain) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
