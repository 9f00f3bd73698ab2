package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// account is who the server runs as. Postgres refuses root: root's private
// Postgres runs as another user, who must reach its files.
type account struct {
	root     bool // we are root and switch to uid and gid
	uid, gid int
}

// serverAccount is ourselves, or for root postgres or nobody.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err == nil {
			return account{root: true, uid: uid, gid: gid}, nil
		}
	}
	return account{}, errors.New("postgres refuses to run as root, and there is no user postgres or nobody to run it")
}

// ownerOf is the account that a home's data folders belong to, where there are
// any: root goes on with a server that the user, or an earlier root, made.
func ownerOf(home string) (account, bool) {
	files, _ := filepath.Glob(filepath.Join(home, "data", "*", "PG_VERSION"))
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
			return account{root: true, uid: int(st.Uid), gid: int(st.Gid)}, true
		}
	}
	return account{}, false
}

// command runs a program of Postgres's as the account, with an environment of
// its own: PGDATA, PGPORT and LC_ALL of the user's would speak to another server.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	for _, key := range []string{"TZ", "TMPDIR", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(key); ok {
			cmd.Env = append(cmd.Env, key+"="+v)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if a.root {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd
}

// ownDir makes a folder that only the account may enter.
func (a account) ownDir(path string) error {
	if err := a.openDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	// In a folder like /tmp somebody else may have made it, or a link of that name.
	if st, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(st.Uid) != a.uid && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is somebody else's", path)
	}
	if a.root {
		if err := os.Lchown(path, a.uid, a.gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, 0o700)
}

// reaches reports whether the account may enter a folder: its own permission
// and that of every folder above it. What does not exist yet will be enterable.
func (a account) reaches(dir string) bool {
	if !a.root {
		return true
	}
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && !a.mayEnter(info) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func (a account) mayEnter(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode().Perm(); {
	case ok && int(st.Uid) == a.uid:
		return mode&0o100 != 0
	case ok && int(st.Gid) == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}

// reachableHome is home, or where root's account cannot get there (/root is
// closed to others) a folder named after it that it can.
func (a account) reachableHome(home string) string {
	if a.reaches(filepath.Dir(home)) {
		return home
	}
	name := strings.ReplaceAll(strings.Trim(home, "/"), "/", "-")
	base := "/var/lib/exptool"
	if runtime.GOOS == "darwin" {
		base = "/Library/Application Support/exptool"
	}
	return filepath.Join(base, name)
}

// makeHome makes the home, which the account must be able to pass through.
func (a account) makeHome(home string) error {
	if err := a.openDir(home); err != nil {
		return err
	}
	info, err := os.Stat(home)
	if err != nil {
		return err
	}
	if a.root && !a.mayEnter(info) {
		return os.Chmod(home, info.Mode().Perm()|0o011) // mktemp -d makes 0700
	}
	return nil
}

// openDir makes a folder and those above it so that the account may pass, even
// where root's umask is 077.
func (a account) openDir(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is no folder", path)
		}
		return nil
	}
	if err := a.openDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	if a.root {
		return os.Chmod(path, 0o755)
	}
	return nil
}

// DefaultHome is exptool's folder in the user's data directory:
// $XDG_DATA_HOME/exptool, ~/.local/share/exptool, on macOS
// ~/Library/Application Support/exptool.
func DefaultHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "exptool"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		u, err := user.Current() // cron and containers may have no HOME
		if err != nil {
			return "", fmt.Errorf("no home directory, set EXPTOOL_HOME: %w", err)
		}
		home = u.HomeDir
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "exptool"), nil
	}
	return filepath.Join(home, ".local", "share", "exptool"), nil
}
