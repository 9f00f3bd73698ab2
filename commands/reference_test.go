package commands

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
)

// tree is the tree of commands, writing nowhere.
func tree() *cobra.Command {
	return newRoot(newApp(&cli.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}, time.Now))
}

// leaves are the commands that do something: all but groups and help topics.
func leaves(root *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	everyCommand(root, func(cmd *cobra.Command) {
		if cmd != root && cmd.IsAvailableCommand() && (!cmd.HasSubCommands() || cmd.HasExample()) {
			all = append(all, cmd)
		}
	})
	return all
}

// TestReference fails where docs/reference.md is not what the tree of commands
// says; -update writes it.
func TestReference(t *testing.T) {
	var b strings.Builder
	b.WriteString("<!-- Written by go test ./commands -update. Do not edit. -->\n# exptool: reference\n\n")
	root := tree()
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	fmt.Fprintf(&b, "%s\n\nFlags of every command:\n\n```\n%s```\n", root.Long, root.PersistentFlags().FlagUsages())
	everyCommand(root, func(cmd *cobra.Command) {
		if cmd != root && cmd.IsAvailableCommand() {
			writeReference(&b, cmd)
		}
	})
	b.WriteString("\n# Topics\n")
	for _, topic := range topics() {
		fmt.Fprintf(&b, "\n## %s\n\n`exptool help %s`\n\n```\n%s\n```\n", topic.Short, topic.Name(), topic.Long)
	}
	golden(t, filepath.Join("..", "docs", "reference.md"), b.String())
}

func writeReference(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n## %s\n\n", cmd.CommandPath())
	if !strings.HasPrefix(cmd.Long, cmd.Short) {
		fmt.Fprintf(b, "%s.\n\n", cmd.Short)
	}
	if cmd.Long != "" {
		fmt.Fprintf(b, "```text\n%s\n```\n\n", strings.TrimRight(cmd.Long, "\n"))
	}
	fmt.Fprintf(b, "```\n%s\n```\n", useLine(cmd))
	if cmd.HasExample() {
		fmt.Fprintf(b, "\nFor example:\n\n```\n%s\n```\n", dedent(cmd.Example))
	}
	if flags := cmd.LocalNonPersistentFlags().FlagUsages(); flags != "" {
		fmt.Fprintf(b, "\n```\n%s```\n", flags)
	}
}

func dedent(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

// TestReadmeExitCodes fails where the README's exit codes are not the table's.
func TestReadmeExitCodes(t *testing.T) {
	const begin, end = "<!-- exit codes: written by go test ./commands -update -->\n", "<!-- end of exit codes -->"
	path := filepath.Join("..", "README.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, "README.md lacks the line %s", begin)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "README.md lacks the line %s", end)
	var b strings.Builder
	b.WriteString("\n| code | meaning |\n|---|---|\n")
	for _, e := range exits() {
		fmt.Fprintf(&b, "| %d | %s |\n", e.code, e.meaning)
	}
	golden(t, path, before+begin+b.String()+"\n"+end+after)
}

// golden compares with a file of the repository, or writes it with -update.
func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err, "write it with: go test ./commands -update")
	assert.True(t, want == string(got), "%s is stale: go test ./commands -update", path)
}

// TestCommandsExplainThemselves holds every command to a Short that begins with
// a verb and to an Example.
func TestCommandsExplainThemselves(t *testing.T) {
	// Nouns that a Short could begin with are legion; the verbs in use are few.
	verbs := strings.Fields(`Add Answer Approve Ask Change Check Describe Donate Draw Drop Explain Fail Find Forget
		Follow Give Grant Import List Load Make Manage Move Pay Play Print Record Reject Remove Restore Revert Run Serve Set
		Show Simulate Start Stop Switch Take Tell Transfer Turn Undo Verify Walk Watch Write`)
	for _, cmd := range leaves(tree()) {
		first, _, _ := strings.Cut(cmd.Short, " ")
		assert.Contains(t, verbs, first, "%s: its Short must begin with a verb", cmd.CommandPath())
		assert.False(t, strings.HasSuffix(cmd.Short, "."), "%s: a Short ends without a full stop", cmd.CommandPath())
		assert.NotEmpty(t, cmd.Example, "%s has no Example", cmd.CommandPath())
		for _, flag := range strings.Split(cmd.Flags().FlagUsages(), "\n") {
			assert.True(t, strings.IndexFunc(flag, unicode.IsControl) < 0, flag)
		}
	}
}
