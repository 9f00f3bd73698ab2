package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopTimeout is how long a fast shutdown may take: it writes all that is only
// in memory.
const stopTimeout = time.Minute

// postmaster is what postmaster.pid says.
type postmaster struct {
	pid   int
	since time.Time
	ready bool
}

// readPostmaster reads a data folder's postmaster.pid; ok is false without one.
func readPostmaster(data string) (p postmaster, ok bool) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return p, false
	}
	lines := strings.Split(string(text), "\n")
	p.pid, err = strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || p.pid <= 1 {
		return p, false
	}
	if len(lines) > 2 {
		if unix, err := strconv.ParseInt(strings.TrimSpace(lines[2]), 10, 64); err == nil {
			p.since = time.Unix(unix, 0)
		}
	}
	p.ready = len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
	return p, true
}

// Stop shuts the private Postgres down and waits until it is gone. Sessions are
// ended, their transactions rolled back. Where it does not run there is nothing
// to do.
func (s *Server) Stop(ctx context.Context) error {
	if !s.Exists() {
		return nil
	}
	unlock, err := lock(ctx, filepath.Join(s.home, "lock"))
	if err != nil {
		return fmt.Errorf("stop the private Postgres: %w", err)
	}
	defer unlock()
	for _, major := range s.majors() {
		data := s.dataDir(major)
		p, ok := readPostmaster(data)
		if !ok || !isPostmaster(p.pid, data) {
			continue
		}
		if err := shutDown(ctx, p.pid, data); err != nil {
			return fmt.Errorf("stop the private Postgres: %w", err)
		}
	}
	return nil
}

func shutDown(ctx context.Context, pid int, data string) error {
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil { // "fast": ends sessions
		if errors.Is(err, syscall.ESRCH) {
			return nil
		}
		return err
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	timeout := time.NewTimer(stopTimeout)
	defer timeout.Stop()
	for {
		if p, ok := readPostmaster(data); !ok || p.pid != pid || !isPostmaster(pid, data) {
			return nil
		}
		select {
		case <-tick.C:
		case <-timeout.C:
			return fmt.Errorf("process %d is still there after %s", pid, stopTimeout)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// removeStale removes a postmaster.pid whose process is another one by now. A
// dead process's Postgres removes itself, but after a reboot, or a restart of a
// container, the number may be that of some other process of the same user, and
// Postgres then refuses to start.
func (s *Server) removeStale(data string) {
	p, ok := readPostmaster(data)
	if !ok || isPostmaster(p.pid, data) {
		return
	}
	if syscall.Kill(p.pid, 0) != nil {
		return // nobody's number: Postgres sees that itself
	}
	_ = os.Remove(filepath.Join(data, "postmaster.pid"))
	_ = os.Remove(filepath.Join(s.socketDir(), ".s.PGSQL."+strconv.Itoa(port)+".lock"))
}

// endOrphans ends the sessions of a postmaster that was killed: a busy one does
// not notice, and no new postmaster starts beside it. Only Linux tells which
// they are; elsewhere they end with their statements.
func endOrphans(data string) {
	if p, ok := readPostmaster(data); ok && isPostmaster(p.pid, data) {
		return
	}
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if dir, err := os.Readlink(link); err != nil || dir != data {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err == nil {
			_ = syscall.Kill(pid, syscall.SIGTERM) // gone already is as well
		}
	}
}

// isPostmaster reports whether a process is the postmaster of a data folder.
func isPostmaster(pid int, data string) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	switch {
	case err == nil: // empty for a zombie
		line = bytes.ReplaceAll(line, []byte{0}, []byte{' '})
	case fileExists("/proc/self/cmdline"):
		return false
	default: // macOS
		if line, err = exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output(); err != nil {
			return false
		}
	}
	return bytes.Contains(line, []byte("postgres")) && bytes.Contains(line, []byte(data))
}

// firstField is a command line's program: up to a space outside quotes.
func firstField(line string) string {
	line = strings.TrimSpace(line)
	if i := strings.Index(line, ` "-D`); i >= 0 {
		return line[:i]
	}
	program, _, _ := strings.Cut(line, " ")
	return program
}

// lock takes a file's exclusive lock, waiting for whoever holds it. The lock
// ends with the process at the latest.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			_ = f.Close()
			return nil, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			_ = f.Close()
			return nil, ctx.Err()
		}
	}
}
