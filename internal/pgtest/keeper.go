package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The locks of the shared server. Every process that uses it holds usersLock
// together with the others; its keeper holds keeperLock.
const (
	usersLock  = "users.lock"
	keeperLock = "keeper.lock"
)

// keeperEnv makes a test binary the keeper of the server in the folder it names.
const keeperEnv = "EXPTOOL_PGTEST_KEEPER"

// idle is how long the server stays without users.
const idle = 3 * time.Second

// A test binary has no main of ours and no hook for its end, so the keeper is
// the binary itself, started anew and turning aside here.
func init() {
	if home := os.Getenv(keeperEnv); home != "" {
		if err := keep(context.Background(), home); err != nil {
			_ = os.WriteFile(filepath.Join(home, "keeper.err"), []byte(err.Error()+"\n"), 0o600)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// startKeeper starts a keeper unless there is one.
func startKeeper(home string) error {
	lock, err := open(filepath.Join(home, keeperLock), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := lock.Close(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), keeperEnv+"="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // so that it leaves no zombie
	return nil
}

// keep waits until nobody has used the server for a while, and stops it.
func keep(ctx context.Context, home string) error {
	lock, err := open(filepath.Join(home, keeperLock), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil // somebody else keeps it
	}
	defer lock.Close()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	unused := time.Now()
	for now := range tick.C {
		users, err := open(filepath.Join(home, usersLock), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			unused = now
			continue
		case err != nil:
			return err
		case now.Sub(unused) < idle:
			_ = users.Close()
			continue
		}
		err = clearAndStop(ctx, home)
		_ = lock.Close() // before the users' lock: who gets that looks for a keeper
		_ = users.Close()
		return err
	}
	return nil
}

// clearAndStop drops the copies that killed processes have left, and stops the
// server.
func clearAndStop(ctx context.Context, home string) error {
	s, err := server(home)
	if err != nil {
		return err
	}
	list, err := s.Databases(ctx)
	if err == nil {
		for _, d := range list {
			if strings.HasPrefix(d.Name, "t") && !strings.HasPrefix(d.Name, templatePrefix) {
				_ = s.DropDatabase(ctx, d.Name) // the next keeper tries again
			}
		}
	}
	return s.Stop(ctx)
}
