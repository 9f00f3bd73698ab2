package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/pgtest"
)

// notRun are lines of the README that no test runs as they stand, and why.
var notRun = map[string]string{
	"go run ./cmd/exptool demo":                     "the script demo.txtar runs exptool demo",
	"CGO_ENABLED=0 go install ./cmd/exptool":        "writes into the user's GOBIN",
	"scripts/test --install":                        "runs these tests",
	"exptool donate --file moves.csv":               "the script donate.txtar runs it on a file of its own",
	"exptool db load study1.sql.gz":                 "the script db.txtar runs it on a private Postgres of its own",
	"exptool log on --for 10m":                      logScript,
	"exptool log off":                               logScript,
	"exptool log top --since 1h":                    logScript,
	"exptool log top --by page":                     logScript,
	"exptool log top --from pg_stat_statements":     logScript,
	"exptool log tail --since 5m --slower 50ms":     "does not end by itself; " + logScript,
	"exptool simulate --params docs/treatment.yaml": "the script simulate.txtar runs it where the file is",
	"scripts/sweep-parallel.sh 8 sweep.csv --players 100 --sweep amount=1:5:1 --reps 20 --by-rep --random-seed 42":        sweepScript,
	"sbatch --array=1-64 scripts/sweep-slurm.sh --players 100 --sweep amount=1:5:1 --reps 2000 --by-rep --random-seed 42": sweepScript,
	"kubectl apply -f scripts/sweep-kubernetes.yaml":                                                                      "TestSweepInKubernetes runs what it would",
	"exptool log top postgresql-15-main.log postgresql-15-main.log.1.gz --format md":                                      logScript,
}

// cellsNotRun are cells of the README's tables that no test runs as they stand, and why.
var cellsNotRun = map[string]string{
	"exptool serve --addr :8000 --until 10m --visible none --people": serveScript,
	"exptool serve --addr :8000 --join --players 30 --dollars 10-50": serveScript,
}

const serveScript = "does not end by itself; the script serve.txtar runs it and ends it"

const sweepScript = "the script simulate_sweep.txtar runs it"

const logScript = "the script log.txtar does that on a private Postgres of its own: the log is the server's"

// capture is a line that keeps what a command prints: id=$(exptool …).
var capture = regexp.MustCompile(`^(\w+)=\$\((.*)\)$`)

// TestReadme runs every command of the README that is exptool's, on the
// database of exptool demo; a database it names stands for that.
func TestReadme(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "demo"))
	blocks := readmeBlocks(t)
	t.Chdir(t.TempDir())
	ran := 0
	var variables []string // and what they stand for
	for _, line := range blocks {
		if _, known := notRun[line]; known || strings.HasPrefix(line, "export ") {
			continue
		}
		variable := capture.FindStringSubmatch(line)
		if variable != nil {
			line = variable[2]
		}
		line = strings.NewReplacer(variables...).Replace(line)
		words := shellWords(line)
		if !assert.Equal(t, "exptool", words[0], "%s is neither exptool's nor among those not run", line) {
			continue
		}
		if words = words[1:]; words[0] == "--db" {
			words = words[2:]
		}
		out, talk, code := x.run(words...)
		assert.Zero(t, code, "%s\n%s", line, talk)
		assert.NotEmpty(t, out, line)
		if variable != nil {
			variables = append(variables, "$"+variable[1], strings.TrimSpace(out))
		}
		ran++
	}
	assert.Greater(t, ran, 8)
}

// TestReadmeCells runs the commands in the README's tables.
func TestReadmeCells(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "demo"))
	source := absolute(filepath.Join("..", "internal", "sample", "experiment.py"))
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	t.Chdir(t.TempDir()) // exports are folders
	ran := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		for i, code := range strings.Split(line, "`") {
			if _, known := cellsNotRun[code]; known || i%2 == 0 || !strings.HasPrefix(code, "exptool ") {
				continue
			}
			words := shellWords(strings.ReplaceAll(code, "experiment.py", source))
			_, talk, exit := x.run(words[1:]...)
			assert.Zero(t, exit, "%s\n%s", code, talk)
			ran++
		}
	}
	assert.Greater(t, ran, 10)
}

// TestReadmeColumns: who gets a row of measures or of decisions finds each column in the
// README.
func TestReadmeColumns(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	for _, m := range measures() {
		assert.Contains(t, string(text), "`"+m.name+"`")
	}
	for _, c := range decisionColumns {
		assert.Contains(t, string(text), "`"+c.Name+"`")
	}
}

// readmeBlocks are the lines of the README's fenced blocks.
func readmeBlocks(t *testing.T) []string {
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	var lines []string
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = !inside
		case inside && line != "":
			lines = append(lines, line)
		}
	}
	require.False(t, inside, "a block of the README does not end")
	for line, why := range notRun {
		assert.Contains(t, lines, line, "listed as not run: %s", why)
	}
	return lines
}
