package commands

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "version",
		Short:       "Print the version, the commit and the Go it was built with",
		Example:     "  exptool version",
		Annotations: map[string]string{withoutConfig: "true"},
		RunE: func(*cobra.Command, []string) error {
			commit, when := revision()
			_, err := fmt.Fprintf(a.streams.Out, "exptool %s\ncommit  %s\nbuilt   %s\ngo      %s %s/%s\n",
				release(), orUnknown(commit), orUnknown(when), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version is the release and the commit in one line.
func version() string {
	commit, _ := revision()
	if commit == "" {
		return release()
	}
	return fmt.Sprintf("%s (%.12s)", release(), commit)
}

// release is the module's version, "devel" for a build that has none.
func release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := strings.Trim(info.Main.Version, "()"); v != "" {
		return v
	}
	return "devel"
}

// revision is the commit that was built and its time, empty where the build
// does not say.
func revision() (commit, when string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	dirty := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value
		case "vcs.time":
			when = s.Value
		case "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	if dirty {
		commit += "+changes"
	}
	return commit, when
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
