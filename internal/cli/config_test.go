package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// world is a machine with a working directory and a user's own directories.
func world(t *testing.T, files map[string]string) Sources {
	t.Helper()
	for _, k := range Keys() {
		if k.Env() != "" {
			t.Setenv(k.Env(), "")
		}
	}
	t.Setenv("DATABASE_URL", "")
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return Sources{
		Dir:   filepath.Join(root, "here"),
		Paths: Paths{Home: filepath.Join(root, "home"), Config: filepath.Join(root, "conf"), Data: filepath.Join(root, "data")},
	}
}

func load(t *testing.T, src Sources) *Config {
	t.Helper()
	c, err := Load(src)
	require.NoError(t, err)
	return c
}

func originOf(c *Config, key string) string {
	for _, s := range c.Settings() {
		if s.Key.Name == key {
			return s.Value + " from " + s.Origin.String()
		}
	}
	return "no such key"
}

func TestConfigOrigins(t *testing.T) {
	src := world(t, map[string]string{
		"here/exptool.yaml": "timeout: 10s\n\ncolumns:\n  CustomTrial: [id, answer]\n",
		"conf/exptool.yaml": "# mine\ntimeout: 20s\nna: NA\ncolumns:\n  CustomTrial: [id]\n  trials: [score]\n",
	})
	t.Setenv("EXPTOOL_NA", "none")
	src.Flags = map[string]string{"format": "md"}
	c := load(t, src)
	assert.Equal(t, 10*time.Second, c.Timeout)
	assert.Equal(t, 5*time.Second, c.LockTimeout)
	assert.Equal(t, "none", c.NA)
	assert.Equal(t, "md", c.Format)
	assert.Equal(t, map[string][]string{"CustomTrial": {"id", "answer"}, "trials": {"score"}}, c.Columns, "names keep their case")
	here := filepath.Join(src.Dir, "exptool.yaml")
	assert.Equal(t, "10s from "+here+":1", originOf(c, "timeout"))
	assert.Equal(t, "5s from default", originOf(c, "lock_timeout"))
	assert.Equal(t, "none from environment EXPTOOL_NA", originOf(c, "na"))
	assert.Equal(t, "md from --format", originOf(c, "format"))
	assert.Equal(t, "CustomTrial: id,answer; trials: score from "+here+":3", originOf(c, "columns"))

	src.File = filepath.Join(src.Paths.Config, "exptool.yaml")
	c = load(t, src)
	assert.Equal(t, "NA from "+src.File+":3", originOf(c, "na"), "a file that was named beats the environment")
	assert.Equal(t, 20*time.Second, c.Timeout, "and is the only one")
}

// TestConfigDatabase takes the ladder from its top down: each step removes the
// strongest source that is left.
func TestConfigDatabase(t *testing.T) {
	src := world(t, map[string]string{
		"named.yaml":             "db: postgres://named/x\n",
		"here/exptool.yaml":      "db: postgres://here/x\n",
		"conf/exptool.yaml":      "db: postgres://conf/x\n",
		"here/config.txt":        "[Experiment]\ntitle = 5: a\n[Database]\n; no\nDATABASE_URL = postgresql://a:b%%40c@local/dallinger\n",
		"home/.dallingerconfig":  "[D]\ndatabase_url: postgresql://home/x\n",
		"elsewhere/notanini.txt": "",
	})
	src.Flags = map[string]string{"db": "exp1"}
	src.File = filepath.Join(filepath.Dir(src.Dir), "named.yaml")
	src.Private = func() (string, bool) { return "tutorial", true }
	t.Setenv("EXPTOOL_DB", "postgres://env/x")
	t.Setenv("DATABASE_URL", "postgres://heroku/x")
	steps := []struct {
		want, origin string
		remove       func()
	}{
		{"exp1", "--db", func() { src.Flags = nil }},
		{"postgres://named/x", src.File + ":1", func() { src.File = "" }},
		{"postgres://env/x", "environment EXPTOOL_DB", func() { t.Setenv("EXPTOOL_DB", "") }},
		{"postgres://heroku/x", "environment DATABASE_URL", func() { t.Setenv("DATABASE_URL", "") }},
		{"postgres://here/x", filepath.Join(src.Dir, "exptool.yaml") + ":1", func() { os.Remove(filepath.Join(src.Dir, "exptool.yaml")) }},
		{"postgres://conf/x", filepath.Join(src.Paths.Config, "exptool.yaml") + ":1", func() { os.Remove(filepath.Join(src.Paths.Config, "exptool.yaml")) }},
		{"postgresql://a:***@local/dallinger", filepath.Join(src.Dir, "config.txt") + ":5", func() { os.Remove(filepath.Join(src.Dir, "config.txt")) }},
		{"postgresql://home/x", filepath.Join(src.Paths.Home, ".dallingerconfig") + ":2", func() { os.Remove(filepath.Join(src.Paths.Home, ".dallingerconfig")) }},
		{"tutorial", "private Postgres", func() { src.Private = func() (string, bool) { return "", false } }},
	}
	for _, step := range steps {
		db, err := load(t, src).Database()
		require.NoError(t, err)
		assert.Equal(t, step.want, db.String())
		assert.Equal(t, step.origin, db.Origin.String())
		assert.Equal(t, step.origin == "--db", db.Origin.Named())
		step.remove()
	}
	_, err := load(t, src).Database()
	assert.ErrorIs(t, err, ErrNoDatabase)
}

func TestConfigDallingerPassword(t *testing.T) {
	src := world(t, map[string]string{"here/config.txt": "[x]\ndatabase_url = postgresql://a:b%%40c@local/d\n"})
	db, err := load(t, src).Database()
	require.NoError(t, err)
	assert.Equal(t, "postgresql://a:b%40c@local/d", db.Address.Reveal())
}

func TestConfigErrors(t *testing.T) {
	tests := []struct{ yaml, want string }{
		{"timeuot: 3s\n", `:1: unknown key "timeuot"; did you mean timeout?`},
		{"na: x\nqqqqq: 3s\n", `:2: unknown key "qqqqq"; the keys are db, `},
		{"Timeout: 3s\n", `:1: unknown key "Timeout"; did you mean timeout?`},
		{"timeout: 30\n", `:1: "30" is not a duration; write it like 30s`},
		{"timeout: -3s\n", `:1: "-3s" is negative`},
		{"format: xml\n", `:1: "xml" is none of table, csv`},
		{"color: alwys\n", `did you mean always?`},
		{"db: [a]\n", `:1: db takes one value`},
		{"db: user:secret@host/x\n", `user:***@host/x is not an address`},
		{"na: a\nna: b\n", `:2: key "na" stands here a second time`},
		{"- a\n", `:1: the file must be a map`},
		{"a: [\n", `is not YAML`},
		{"columns: [a]\n", `:1: columns is a map`},
		{"columns:\n  trials: id\n", `:2: columns of trials must be a list`},
		{"columns:\n  trials: [[id]]\n", `:2: columns of trials must be a list of names`},
		{"timezone: \"x'y\"\n", `is not the name of a time zone`},
	}
	for _, test := range tests {
		src := world(t, map[string]string{"here/exptool.yaml": test.yaml})
		_, err := Load(src)
		var bad *ConfigError
		require.ErrorAs(t, err, &bad, test.yaml)
		assert.Contains(t, err.Error(), test.want)
		assert.NotContains(t, err.Error(), "secret")
		assert.NotContains(t, err.Error(), "\n")
	}
	src := world(t, map[string]string{"here/exptool.yaml": "# nothing\n", "conf/exptool.yaml": "db:\n"})
	load(t, src)
	src.File = filepath.Join(src.Dir, "absent.yaml")
	_, err := Load(src)
	assert.ErrorContains(t, err, "--config: there is no file")
}

func TestAddressHidesPassword(t *testing.T) {
	tests := map[string]string{
		"postgres://u:hush@h:5/d":              "postgres://u:***@h:5/d",
		"postgres://u:hu/sh@h/d":               "postgres://u:***@h/d",
		"postgres://u:1/hush@h/d":              "postgres://u:***@h/d",
		"postgres://u:hu@sh@h/d":               "postgres://u:***@h/d",
		"postgres://u:hu?sh@h/d":               "postgres://u:***@h/d",
		"postgres://u:hu%sh@h/d":               "postgres://u:***@h/d",
		"postgres://u:hush@h/d?app=a@b":        "postgres://u:***@b",
		"postgres://u:@0?hush@h/d":             "postgres://u:***@h/d",
		"postgres://u@h/d":                     "postgres://u@h/d",
		"postgres://u:hush":                    "postgres://u:***",
		"postgres://u:1hush/d":                 "postgres://u:***/d",
		"postgres://h:5432/d":                  "postgres://h:5432/d",
		"postgres://h1:1,h2:2/d":               "postgres://h1:1,h2:2/d",
		"postgres://[::1]:5/d":                 "postgres://[::1]:5/d",
		"postgres:///d?password=hush&x=1":      "postgres:///d?password=***&x=1",
		"postgres:///d?sslpassword=hush":       "postgres:///d?sslpassword=***",
		"host=h password=hu&sh dbname=d":       "host=h password=*** dbname=d",
		`host=h password = 'hu\' sh' dbname=d`: "host=h password = *** dbname=d",
		"exp1":                                 "exp1",
	}
	for address, want := range tests {
		a := Address(address)
		assert.Equal(t, want, a.String())
		for _, verb := range []string{"%v", "%s", "%d", "%x", "%#v", "%+v", "%q"} {
			assert.NotContains(t, fmt.Sprintf(verb, a), "sh@", verb)
			assert.NotContains(t, fmt.Sprintf(verb, struct{ A Address }{a}), "hush", verb)
		}
		text, err := json.Marshal(a)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "hush")
		assert.Equal(t, address, a.Reveal())
	}
}

func FuzzAddressHidesPassword(f *testing.F) {
	f.Add("hush")
	f.Fuzz(func(t *testing.T, password string) {
		address := "postgres://user:" + password + "@host/name"
		// A short password may well occur in what surrounds it.
		if len(password) < 4 || len(password) > 200 || strings.Contains(address[:16]+"***"+address[len(address)-10:], password) {
			return
		}
		assert.NotContains(t, Address(address).String(), password)
	})
}

// TestExample checks that the example and the loader know the same keys.
func TestExample(t *testing.T) {
	path := filepath.Join("..", "..", "config.example.yaml")
	src := world(t, nil)
	src.File = path
	c := load(t, src)
	f, err := readFile(path)
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, k := range Keys() {
		_, set := f.values[k.Name]
		assert.True(t, set || k.Map && len(f.columns) > 0, "config.example.yaml lacks %s", k.Name)
		assert.Contains(t, string(text), "# "+k.Doc+"\n", "config.example.yaml explains %s otherwise than the program", k.Name)
	}
	assert.NotEmpty(t, c.Columns)
}
