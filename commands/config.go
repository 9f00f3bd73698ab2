package commands

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/cli"
)

func newConfig(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Show every value of the configuration and where it comes from",
		Long:    helpConfig(),
		Example: "  exptool config\n  exptool config --format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runConfig(a)
		},
	}
	cmd.AddCommand(newConfigPath(a))
	return cmd
}

func newConfigPath(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "path",
		Short:   "List the configuration files, the strongest first, and where exptool keeps its own",
		Example: "  exptool config path",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return runConfigPath(a)
		},
	}
}
