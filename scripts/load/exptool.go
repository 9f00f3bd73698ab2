package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// exptool runs the program on a database. Only what its documentation says is used.
type exptool struct {
	file string
	db   string
	env  []string
	own  bool   // the private Postgres is ours
	home string // a directory of ours, empty where there is none
	talk io.Writer
}

// dollarsEach is what everybody begins with, in a database that we make.
const dollarsEach = "1000"

// newExptool finds or builds the program, and makes a database where none is given.
func newExptool(ctx context.Context, o options, talk io.Writer) (*exptool, error) {
	e := &exptool{file: o.exptool, db: o.db, env: os.Environ(), talk: talk}
	var err error
	if e.home, err = os.MkdirTemp("", "exptool-load-"); err != nil {
		return nil, err
	}
	if err = e.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *exptool) prepare(ctx context.Context, o options) error {
	if e.file == "" {
		e.file = filepath.Join(e.home, "exptool")
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", e.file, "./cmd/exptool")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // the static binary
		build.Stderr = e.talk
		if err := build.Run(); err != nil {
			return fmt.Errorf("go build ./cmd/exptool, in the checkout: %w", err)
		}
	}
	if e.db != "" {
		return nil
	}
	if err := os.Chmod(e.home, 0o755); err != nil { // as root, Postgres runs as somebody else
		return err
	}
	e.db, e.own = "load", true
	e.env = append(e.env, "EXPTOOL_HOME="+filepath.Join(e.home, "home"))
	_, err := e.run(ctx, "seed", "--participants", strconv.Itoa(o.participants), "--distribution", "equal", "--min", dollarsEach, "--max", dollarsEach, "--yes")
	return err
}

// close stops and removes what is ours.
func (e *exptool) close() (err error) {
	if e.own {
		_, err = e.run(context.Background(), "db", "stop")
	}
	return errors.Join(err, os.RemoveAll(e.home))
}

func (e *exptool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, e.file, append(args, "--db", e.db)...)
	cmd.Env = e.env
	return cmd
}

// run gives what a command prints.
func (e *exptool) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := e.command(ctx, args...)
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("exptool %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(told.Bytes()))
	}
	return out, nil
}

// table gives the records of a command, without their header.
func (e *exptool) table(ctx context.Context, args ...string) ([][]string, error) {
	out, err := e.run(ctx, append(args, "--format", "csv")...)
	if err != nil {
		return nil, err
	}
	return records(bytes.NewReader(out))
}

func records(r io.Reader) ([][]string, error) {
	all, err := csv.NewReader(r).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[1:], nil
}

// total is what verify says that all have together; an error where it does not hold.
func (e *exptool) verify(ctx context.Context) (total json.Number, err error) {
	out, err := e.run(ctx, "verify", "--format", "json")
	if err != nil {
		return "", err
	}
	var found []struct {
		Holds bool
		Total json.Number
	}
	if err := json.Unmarshal(out, &found); err != nil || len(found) != 1 || !found[0].Holds {
		return "", fmt.Errorf("exptool verify prints %s", out)
	}
	return found[0].Total, nil
}

// server is an exptool serve.
type server struct {
	Address string
	Host    string // the host's page
	pid     int
	cmd     *exec.Cmd // nil where it was running before
}

// serve starts the server, and waits until it says where it is.
func (e *exptool) serve(ctx context.Context, o options) (*server, error) {
	if o.server != "" {
		return &server{Address: strings.TrimSuffix(o.server, "/"), pid: o.pid}, nil
	}
	// Interrupted, it is stopped by us, when its pages are closed.
	cmd := e.command(context.WithoutCancel(ctx), "serve", "--addr", "127.0.0.1:0", "--session", o.session, "--format", "json")
	cmd.Stderr = e.talk
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, pid: cmd.Process.Pid}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("exptool serve does not say where it is: %q: %w", line, err), s.stop())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return s, nil
}

// stopTime is how long the server may take to stop.
const stopTime = 20 * time.Second

// stop ends a server that we have started, as a person at its terminal does.
func (s *server) stop() error {
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	defer time.AfterFunc(stopTime, func() { _ = s.cmd.Process.Kill() }).Stop()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("exptool serve: %w", err)
	}
	return nil
}

// link is a participant's address.
type link struct {
	id   int64
	page string
}

// addresses are those of the participants who play.
func (e *exptool) addresses(ctx context.Context, o options, s *server) ([]link, error) {
	var rows [][]string
	var err error
	if o.links == "" {
		rows, err = e.table(ctx, "serve", "links")
	} else {
		var f *os.File
		if f, err = os.Open(o.links); err == nil {
			rows, err = records(f)
			_ = f.Close()
		}
	}
	if err != nil {
		return nil, err
	}
	var links []link
	for _, row := range rows {
		id, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no participant: links have the columns participant, name and address", row[0])
		}
		u, err := url.Parse(row[len(row)-1])
		if err != nil {
			return nil, err
		}
		links = append(links, link{id, s.Address + u.EscapedPath()}) // wherever it is to be reached from outside
	}
	if len(links) < o.participants {
		return nil, fmt.Errorf("only %d participants have an address; exptool seed --participants N makes more", len(links))
	}
	return links[:o.participants], nil
}
