package commands

import "github.com/spf13/cobra"

// shells are the shells that completion knows.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that teaches your shell to complete exptool",
		Long: `Print a script that teaches your shell to complete exptool's commands and flags,
and the entities, columns and classes of the database. Bash needs the package
bash-completion.

bash:        echo 'source <(exptool completion bash)' >> ~/.bashrc
zsh:         exptool completion zsh > "${fpath[1]}/_exptool"
fish:        exptool completion fish > ~/.config/fish/completions/exptool.fish
powershell:  exptool completion powershell | Out-String | Invoke-Expression`,
		Example:     "  exptool completion bash",
		Args:        cobra.ExactArgs(1),
		ValidArgs:   shells,
		Annotations: map[string]string{withoutConfig: "true"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), a.streams.Out
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return usagef("no completion for the shell %q", args[0]).
				hint(didYouMean(args[0], shells, "there is one for bash, zsh, fish and powershell"))
		},
	}
}
