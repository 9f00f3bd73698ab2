package repo_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// clearEnv takes the user's own PG* settings out of a test.
func clearEnv(t *testing.T) {
	for _, pair := range os.Environ() {
		if key, _, _ := strings.Cut(pair, "="); strings.HasPrefix(key, "PG") {
			t.Setenv(key, "")
			require.NoError(t, os.Unsetenv(key))
		}
	}
}

func TestParseAddress(t *testing.T) {
	clearEnv(t)
	t.Setenv("PGUSER", "me")
	tests := []struct{ text, label, shown, url string }{
		{"postgresql://u:p%40ss@h:6543/exp1", "exp1 on h:6543", "postgresql://u:***@h:6543/exp1", "postgresql://u:p%40ss@h:6543/exp1"},
		{"postgres://u:p@ss@h/exp1", "exp1 on h", "postgresql://u:***@h:5432/exp1", "postgresql://u:p%40ss@h:5432/exp1"},
		{"postgresql+psycopg2://dallinger:dallinger@localhost/dallinger", "dallinger on localhost",
			"postgresql://dallinger:***@localhost:5432/dallinger", "postgresql://dallinger:dallinger@localhost:5432/dallinger"},
		{"postgres://", "me on localhost", "postgresql://me@localhost:5432/me", ""},
		{"postgres:///x", "x on localhost", "postgresql://me@localhost:5432/x", ""},
		{"postgres://%2Ftmp%2Fpg/x", "x on /tmp/pg", "postgresql://me@/x?host=/tmp/pg&port=5432", ""},
		{"postgres:///x?host=/tmp/a b&port=7", "x on /tmp/a b", "postgresql://me@/x?host=/tmp/a%20b&port=7", ""},
		{"postgres://[::1]:5/x", "x on [::1]:5", "postgresql://me@[::1]:5/x", ""},
		{"postgres://a:1,b:2/x", "x on a:1", "postgresql://me@a:1,b:2/x", ""},
		{"postgres://h/café", "café on h", "postgresql://me@h:5432/café", ""},
		{"postgres://h/x?sslmode=require&channel_binding=require", "x on h", "postgresql://me@h:5432/x?sslmode=require&channel_binding=require", ""},
		{"postgres://h/x?ssl=true", "x on h", "postgresql://me@h:5432/x?sslmode=require", ""},
		{"host=h port=1 dbname='my db' user=u password='it\\'s'", "my db on h:1", "postgresql://u:***@h:1/my%20db", "postgresql://u:it%27s@h:1/my%20db"},
		{"dbname = x", "x on localhost", "postgresql://me@localhost:5432/x", ""},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			a, err := repo.ParseAddress(test.text)
			require.NoError(t, err)
			assert.Equal(t, test.label, a.Label())
			assert.Equal(t, test.shown, a.String())
			if test.url == "" {
				test.url = test.shown
			}
			assert.Equal(t, test.url, a.URL())
			again, err := repo.ParseAddress(a.URL())
			require.NoError(t, err)
			assert.Equal(t, a.URL(), again.URL(), "the URL means the same address")
		})
	}
}

// Nothing that could be part of a password is repeated.
func TestParseAddressRefuses(t *testing.T) {
	clearEnv(t)
	tests := []struct{ text, says string }{
		{"", "no database address"},
		{"hunter2", "no database address"},
		{"mysql://u:hunter2@h/x", "mysql://"},
		{"sqlite:///hunter2", "sqlite://"},
		{"hunter2 hunter2://", "no database address"},
		{"postgres://u:hunter2/x@h/y", "port"},
		{"postgres://u:hunter2?@h/y", "port"},
		{"postgres://u:%zzhunter2@h/y", "%"},
		{"postgres://h:99999/x", "port"},
		{"postgres://h/x?hunter2!=1", "unknown setting after"},
		{"postgres://h/x?schema=public", "unknown setting schema"},
		{"postgres://h/x?sslmode=maybe", "sslmode"},
		{"postgres://[::1/x", "]"},
		{"user=x password=hunter1 hunter2", "without ="},
		{"user=x hunter2=1", "unknown setting"},
		{"password='hunter2", "quote"},
		{"postgres://h/x\x00hunter2", "zero"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			_, err := repo.ParseAddress(test.text)
			require.ErrorIs(t, err, repo.ErrUsage)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "hunter")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestAddressEnvironment(t *testing.T) {
	clearEnv(t)
	t.Setenv("PGHOST", "far")
	t.Setenv("PGPASSWORD", "hunter2")
	t.Setenv("PGDATABASE", "fromenv")
	a, err := repo.ParseAddress("postgres://u@/")
	require.NoError(t, err)
	assert.Equal(t, "fromenv on far", a.Label())
	assert.Equal(t, "postgresql://u:hunter2@far:5432/fromenv", a.URL())
	text, err := json.Marshal(a)
	require.NoError(t, err)
	for _, s := range []string{a.String(), string(text), fmt.Sprint(a), fmt.Sprintf("%v %+v %#v", a, a, a), a.WithDatabase("y").String()} {
		assert.NotContains(t, s, "hunter2")
	}
	t.Setenv("PGGSSENCMODE", "disable") // lib/pq does not know it
	_, err = repo.ParseAddress("postgres://u@/")
	require.ErrorIs(t, err, repo.ErrUsage)
	assert.ErrorContains(t, err, "PGGSSENCMODE")

	clearEnv(t)
	t.Setenv("PGHOST", "far")
	socket := repo.SocketAddress("/tmp/x", 5432, "me", "db").Private()
	assert.Equal(t, "postgresql://me@/db?host=/tmp/x&port=5432", socket.URL(), "the environment means other servers")
	assert.Equal(t, "db (private)", socket.Label())
}

func TestConnectErrors(t *testing.T) {
	clearEnv(t)
	tests := []struct{ name, text, says string }{
		{"nobody", "postgres://u:hunter2@127.0.0.1:1/x", "nothing answers at 127.0.0.1:1"},
		{"no host", "postgres://u:hunter2@no-such-host.invalid/x", "no host no-such-host.invalid"},
		{"no socket", "host=" + filepath.Join(t.TempDir(), "none") + " password=hunter2", "no Postgres socket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, err := repo.ParseAddress(test.text)
			require.NoError(t, err)
			db, err := repo.Open(t.Context(), a, repo.Options{})
			require.NoError(t, err)
			defer db.Close()
			err = db.Ping(t.Context())
			require.ErrorIs(t, err, repo.ErrConnect)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"postgres://u:p@h:1,[::1]:2/x?host=/tmp&sslmode=prefer", "host=a password='b\\'' port=1", "://"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := repo.ParseAddress(text)
		if err != nil {
			assert.ErrorIs(t, err, repo.ErrUsage)
			return
		}
		again, err := repo.ParseAddress(a.URL())
		require.NoError(t, err, a.URL())
		assert.Equal(t, a.URL(), again.URL())
		assert.NotContains(t, a.Label(), "\n")
	})
}
