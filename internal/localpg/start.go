package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"exptool/repo"
)

// How long a start may take: recovery after a crash of a large database takes
// its time, and the orphans of a killed server need a moment to go.
const (
	startTimeout  = 2 * time.Minute
	orphanTimeout = 20 * time.Second
	poll          = 5 * time.Millisecond
)

// Start makes sure that the private Postgres runs, making and even downloading
// it first where necessary, and returns once it takes connections. The server
// outlives the process. progress, where not nil, is told of each step that takes
// time.
func (s *Server) Start(ctx context.Context, progress func(step string)) error {
	if s.answers(ctx) && s.welcomes(ctx) {
		return nil
	}
	if progress == nil {
		progress = func(string) {}
	}
	if err := s.account.makeHome(s.home); err != nil {
		return fmt.Errorf("start the private Postgres: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(s.home, "lock"))
	if err != nil {
		return fmt.Errorf("start the private Postgres: %w", err)
	}
	defer unlock()
	up, err := s.up(ctx) // somebody else may have started it while we waited
	if err == nil && up {
		err = s.ensureOwner(ctx)
	}
	if up || err != nil {
		return err
	}
	if err := s.start(ctx, progress); err != nil {
		return fmt.Errorf("start the private Postgres: %w", err)
	}
	return nil
}

func (s *Server) start(ctx context.Context, progress func(string)) error {
	b, ok, err := s.choose()
	if err != nil {
		return err
	}
	if !ok {
		progress(fmt.Sprintf("downloading Postgres %d, about 15 MB", downloadMajor))
		if b, err = s.download(ctx); err != nil {
			return err
		}
	}
	data := s.dataDir(b.major)
	if !fileExists(filepath.Join(data, "PG_VERSION")) {
		progress(fmt.Sprintf("making a private Postgres %d in %s", b.major, s.home))
		if err := s.initdb(ctx, b, data); err != nil {
			return err
		}
	}
	if err := s.configure(b, data); err != nil {
		return err
	}
	if err := s.account.ownDir(s.socketDir()); err != nil {
		return err
	}
	if err := s.launch(ctx, b, data); err != nil {
		return err
	}
	return s.ensureOwner(ctx)
}

// ensureOwner makes the owner's role, at the first start. The role has the name of
// our schema, which "$user" would put before public: PsyNet would then make and
// drop its tables there.
func (s *Server) ensureOwner(ctx context.Context) error {
	db, err := repo.Open(ctx, s.SuperAddress(maintenance), repo.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Exec(ctx, `
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '`+Owner+`') THEN
		CREATE ROLE `+Owner+` LOGIN CREATEDB IN ROLE pg_monitor;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '`+Owner+`' AND rolconfig IS NOT NULL) THEN
		ALTER ROLE `+Owner+` SET search_path = public;
	END IF;
END
$$`)
}

// launch starts the postmaster, again and again while the orphans of a killed
// one still hold its memory.
func (s *Server) launch(ctx context.Context, b binaries, data string) error {
	deadline := time.Now().Add(orphanTimeout)
	for {
		s.removeStale(data)
		err := s.launchOnce(ctx, b, data)
		var failed *startError
		if !errors.As(err, &failed) || !failed.orphans() || time.Now().After(deadline) {
			return err
		}
		if up, err := s.up(ctx); up || err != nil {
			return err
		}
		endOrphans(data)
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) launchOnce(ctx context.Context, b binaries, data string) error {
	output, err := os.OpenFile(filepath.Join(s.home, "start.log"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	// It stays when we go.
	cmd := s.account.command(context.WithoutCancel(ctx), b.path("postgres"), "-D", data)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr.Setsid = true // Ctrl-C in the terminal is not for the server
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }() // and leaves no zombie while we live
	return s.awaitReady(ctx, cmd, data, exited, output.Name())
}

func (s *Server) awaitReady(ctx context.Context, cmd *exec.Cmd, data string, exited <-chan error, output string) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	for {
		select {
		case <-tick.C:
			if p, ok := readPostmaster(data); ok && p.pid == cmd.Process.Pid && p.ready {
				return nil
			}
		case <-exited:
			return newStartError(output, filepath.Join(data, logFolder))
		case <-timeout.C:
			return fmt.Errorf("it did not take connections within %s; its log is in %s", startTimeout, filepath.Join(data, logFolder))
		case <-ctx.Done():
			return ctx.Err() // it goes on starting, and the next one finds it
		}
	}
}

// welcomes reports whether the owner can connect.
func (s *Server) welcomes(ctx context.Context) bool {
	db, err := s.Admin(ctx)
	if err != nil {
		return false
	}
	defer db.Close()
	return db.Ping(ctx) == nil
}

// up reports whether a server is there, and waits until it takes connections.
// An error is a server that is there and does not let us in.
func (s *Server) up(ctx context.Context) (bool, error) {
	if !s.answers(ctx) {
		return false, nil
	}
	// The owner may not have been made yet.
	db, err := repo.Open(ctx, s.SuperAddress(maintenance), repo.Options{})
	if err != nil {
		return false, err
	}
	defer db.Close()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for deadline := time.Now().Add(startTimeout); ; {
		err := db.Ping(ctx)
		var e *repo.Error
		switch {
		case err == nil:
			return true, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		case !errors.As(err, &e) || e.Code == "":
			return false, nil // it is just going away
		case e.Code != "57P03" || time.Now().After(deadline):
			return false, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// startError is why the postmaster ended at once.
type startError struct{ output string }

func newStartError(output, logs string) error {
	text, _ := os.ReadFile(output)
	// Once the collector runs, the reason is in its file.
	files, _ := filepath.Glob(filepath.Join(logs, "*.log"))
	var last string
	var lastTime time.Time
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && info.ModTime().After(lastTime) {
			last, lastTime = f, info.ModTime()
		}
	}
	if tail, err := os.ReadFile(last); err == nil && !bytes.Contains(text, []byte("FATAL")) {
		text = append(text, tail[max(0, len(tail)-4096):]...)
	}
	return &startError{output: string(text)}
}

// Error is the last FATAL or last line.
func (e *startError) Error() string {
	lines := strings.Split(strings.TrimSpace(e.output), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if _, message, ok := strings.Cut(lines[i], "FATAL:"); ok {
			return strings.TrimSpace(message)
		}
	}
	return "postgres ended: " + strings.TrimSpace(lines[len(lines)-1])
}

// orphans reports whether processes of a server that was killed are in the way.
func (e *startError) orphans() bool {
	return strings.Contains(e.output, "shared memory block") || strings.Contains(e.output, "lock file")
}
