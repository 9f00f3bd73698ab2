package commands

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExamplesRun checks that every example of every command is run, word for
// word, by an acceptance script.
func TestExamplesRun(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scripts, "*.txtar"))
	require.NoError(t, err)
	var run [][]string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if words := scriptWords(line); slices.Contains(words, "exptool") {
				if last := len(words) - 1; strings.HasPrefix(words[last], "&") { // in the background
					words = words[:last]
				}
				run = append(run, words[slices.Index(words, "exptool"):])
			}
		}
	}
	missing := []string{}
	for _, cmd := range leaves(tree()) {
		for line := range strings.Lines(cmd.Example) {
			words := shellWords(line)
			if len(words) == 0 || words[0] != "exptool" {
				continue // of another program, which uses what an example of ours prints
			}
			if !slices.ContainsFunc(run, func(have []string) bool { return slices.Equal(have, words) }) {
				missing = append(missing, strings.TrimSpace(line))
			}
		}
	}
	assert.Empty(t, missing, "examples that no script in testdata/script runs:\n%s", strings.Join(missing, "\n"))
}

// TestEveryCommandHasAScript: what a command does is shown in a script of its name.
func TestEveryCommandHasAScript(t *testing.T) {
	for _, cmd := range tree().Commands() {
		if cmd.IsAvailableCommand() {
			assert.FileExists(t, filepath.Join(scripts, cmd.Name()+".txtar"))
		}
	}
}

// scriptWords splits a line as testscript does: quotes are single, and doubled
// inside.
func scriptWords(line string) []string {
	return split(line, func(rest string) (quoted string, n int) {
		if rest[0] != '\'' {
			return "", 0
		}
		for n = 1; n < len(rest); n++ {
			switch {
			case rest[n] != '\'':
				quoted += rest[n : n+1]
			case n+1 < len(rest) && rest[n+1] == '\'':
				quoted += "'"
				n++
			default:
				return quoted, n + 1
			}
		}
		return quoted, n
	})
}

// shellWords splits a line of an example as a shell does, as far as examples
// need it: both quotes, a comment; what follows a pipe or a redirection is not
// exptool's.
func shellWords(line string) []string {
	words := split(line, func(rest string) (string, int) {
		if rest[0] != '\'' && rest[0] != '"' {
			return "", 0
		}
		end := strings.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return rest[1:], len(rest)
		}
		return rest[1 : 1+end], end + 2
	})
	for _, stop := range []string{"|", ">", ">>", "&&"} {
		if i := slices.Index(words, stop); i >= 0 {
			words = words[:i]
		}
	}
	return words
}

// split splits a line at white space, up to a comment. quote reads a quoted
// text where one begins and says how long it was, 0 where none does.
func split(line string, quote func(rest string) (string, int)) []string {
	var words []string
	word, in := "", false
	for i := 0; i < len(line); {
		if text, n := quote(line[i:]); n > 0 {
			word, in, i = word+text, true, i+n
			continue
		}
		switch c := line[i]; {
		case c == '#' && !in:
			return words
		case c == ' ' || c == '\t' || c == '\n':
			if in {
				words = append(words, word)
			}
			word, in = "", false
		default:
			word, in = word+string(c), true
		}
		i++
	}
	if in {
		words = append(words, word)
	}
	return words
}

func TestSplitWords(t *testing.T) {
	assert.Equal(t, []string{"exptool", "query", "a b", "x=it's", ""}, scriptWords("exptool query 'a b' x='it''s' '' # so"))
	assert.Equal(t, []string{"exptool", "query", "a 'b'", `c "d"`}, shellWords(`  exptool query "a 'b'" 'c "d"' | head > x`))
}
