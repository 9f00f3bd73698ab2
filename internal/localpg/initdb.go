package localpg

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// logFolder is where the server's log is, in the data folder.
const logFolder = "log"

// confFile holds our settings. postgresql.auto.conf, which ALTER SYSTEM writes,
// overrides it; command line switches could not be overridden.
const confFile = "exptool.conf"

// initdb makes a data folder. It gets its name only when it is whole, so an
// interrupted one is never taken for a database.
func (s *Server) initdb(ctx context.Context, b binaries, data string) error {
	parent := filepath.Dir(data)
	if err := s.account.openDir(parent); err != nil {
		return err
	}
	s.sweep(parent)
	temp, err := os.MkdirTemp(parent, ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // nothing there once it is renamed
	if err := s.account.ownDir(temp); err != nil {
		return err
	}
	// macOS before 26 has no C.UTF-8.
	for _, locale := range []string{"C.UTF-8", "C"} {
		var out []byte
		if out, err = s.runInitdb(ctx, b, temp, locale); err == nil {
			break
		}
		err = fmt.Errorf("initdb: %s", lastLine(out, err))
		if ctx.Err() != nil || !strings.Contains(string(out), "locale") {
			return err
		}
	}
	if err != nil {
		return err
	}
	conf := filepath.Join(temp, "postgresql.conf")
	f, err := os.OpenFile(conf, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\ninclude_if_exists = '%s'\n", confFile)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(temp, data)
}

func (s *Server) runInitdb(ctx context.Context, b binaries, dir, locale string) ([]byte, error) {
	args := []string{"-D", dir, "-U", Superuser, "-A", "trust", "-E", "UTF8", "--locale=" + locale}
	if s.options.NoSync {
		args = append(args, "--no-sync")
	}
	return s.account.command(ctx, b.path("initdb"), args...).CombinedOutput()
}

// sweep removes what interrupted initdbs left. The lock is held.
func (s *Server) sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, ".new-*"))
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
}

// configure writes our settings, at every start: home may have moved.
func (s *Server) configure(b binaries, data string) error {
	settings := map[string]string{
		"listen_addresses":         "",
		"port":                     fmt.Sprint(port),
		"unix_socket_directories":  s.socketDir(),
		"unix_socket_permissions":  "0700",
		"logging_collector":        "on",
		"log_directory":            logFolder,
		"log_filename":             "exptool-%a.log", // a week, each day over its last
		"log_truncate_on_rotation": "on",
		"log_rotation_age":         "1d",
		"log_rotation_size":        "0",
		"log_destination":          "stderr,csvlog",
		"log_line_prefix":          "%m [%p] %q%u@%d %a ",
	}
	if b.major >= 15 {
		settings["log_destination"] = "stderr,jsonlog"
	}
	maps.Copy(settings, s.options.Settings)
	var conf strings.Builder
	conf.WriteString("# Written by exptool at every start. Use ALTER SYSTEM for settings of your own.\n")
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&conf, "%s = '%s'\n", key, strings.ReplaceAll(settings[key], "'", "''"))
	}
	path := filepath.Join(data, confFile)
	if err := os.WriteFile(path, []byte(conf.String()), 0o600); err != nil {
		return err
	}
	if s.account.root {
		return os.Lchown(path, s.account.uid, s.account.gid)
	}
	return nil
}

// lastLine is the last thing a program said, or that it ended badly.
func lastLine(out []byte, err error) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "error:") || strings.Contains(lines[i], "FATAL:") {
			return lines[i]
		}
	}
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	if e, ok := err.(*exec.ExitError); ok {
		return e.String()
	}
	return err.Error()
}
