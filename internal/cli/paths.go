package cli

import (
	"os"
	"path/filepath"
	"runtime"
)

// Paths are the user's own directories for exptool. Each is empty where the
// system does not say, as for a service without HOME.
type Paths struct {
	Home   string // the user's home
	Config string // exptool's configuration: $XDG_CONFIG_HOME/exptool
	Data   string // what exptool keeps: $EXPTOOL_HOME, else $XDG_DATA_HOME/exptool
}

// UserPaths finds the directories of the user; it creates none.
func UserPaths() Paths {
	var p Paths
	p.Home, _ = os.UserHomeDir()
	if dir, err := os.UserConfigDir(); err == nil {
		p.Config = filepath.Join(dir, "exptool")
	}
	switch dir := os.Getenv("EXPTOOL_HOME"); {
	case dir != "":
		p.Data = dir
	case filepath.IsAbs(os.Getenv("XDG_DATA_HOME")):
		p.Data = filepath.Join(os.Getenv("XDG_DATA_HOME"), "exptool")
	case p.Home == "":
	case runtime.GOOS == "darwin":
		p.Data = filepath.Join(p.Home, "Library", "Application Support", "exptool")
	default:
		p.Data = filepath.Join(p.Home, ".local", "share", "exptool")
	}
	return p
}

// Learned is the path of the file of what exptool has learned, empty where
// there is no directory for it.
func (p Paths) Learned() string {
	if p.Data == "" {
		return ""
	}
	return filepath.Join(p.Data, "learned.json")
}

// Exists reports whether there is a file or directory of that path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
