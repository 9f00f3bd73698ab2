package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// names lists a directory.
func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// text is a file's content.
func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func TestOutputNewFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "trials.csv")
	o, err := (&Streams{}).Output(path)
	require.NoError(t, err)
	_, err = io.WriteString(o, "id\n1\n")
	require.NoError(t, err)
	assert.NoFileExists(t, path, "not before it is whole")
	require.NoError(t, o.Commit())
	require.NoError(t, o.Discard())
	assert.Equal(t, "id\n1\n", text(t, path))
	assert.Equal(t, []string{"trials.csv"}, names(t, dir))
	info, err := os.Stat(path)
	require.NoError(t, err)
	plain := filepath.Join(t.TempDir(), "plain")
	require.NoError(t, os.WriteFile(plain, nil, 0o666))
	want, err := os.Stat(plain)
	require.NoError(t, err)
	assert.Equal(t, want.Mode(), info.Mode(), "as any new file under this umask")
}

func TestOutputReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "old.csv")
	link := filepath.Join(dir, "link.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, os.Chmod(path, 0o640))
	require.NoError(t, os.Symlink("old.csv", link))

	o, err := (&Streams{}).Output(link)
	require.NoError(t, err)
	_, err = io.WriteString(o, "new")
	require.NoError(t, err)
	assert.Equal(t, "old", text(t, path))
	require.NoError(t, o.Discard())
	assert.Equal(t, "old", text(t, path), "untouched after a failure")
	assert.Equal(t, []string{"link.csv", "old.csv"}, names(t, dir), "nothing left behind")

	o, err = (&Streams{}).Output(link)
	require.NoError(t, err)
	_, err = io.WriteString(o, "new")
	require.NoError(t, err)
	require.NoError(t, o.Commit())
	assert.Equal(t, "new", text(t, path))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink, "the link stays a link")
	info, err = os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode(), "the mode stays")
}

func TestOutputWritesThroughAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	got := make(chan string)
	go func() {
		b, err := os.ReadFile(path)
		if err != nil {
			b = []byte(err.Error())
		}
		got <- string(b)
	}()
	o, err := (&Streams{}).Output(path)
	require.NoError(t, err)
	_, err = io.WriteString(o, "rows")
	require.NoError(t, err)
	require.NoError(t, o.Commit())
	assert.Equal(t, "rows", <-got)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeNamedPipe, "it is still a pipe")
}

// TestCheckOutput: what cannot be written is known before, and nothing is touched.
func TestCheckOutput(t *testing.T) {
	dir := t.TempDir()
	old, fifo := filepath.Join(dir, "old.csv"), filepath.Join(dir, "fifo")
	require.NoError(t, os.WriteFile(old, []byte("old"), 0o600))
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	s := &Streams{}
	for _, path := range []string{"", "-", "/dev/stdout", "/dev/null", old, fifo, filepath.Join(dir, "new.csv")} {
		assert.NoError(t, s.CheckOutput(path), path)
	}
	assert.ErrorContains(t, s.CheckOutput(dir), "is a directory")
	assert.ErrorContains(t, s.CheckOutput(filepath.Join(dir, "nowhere", "new.csv")), "there is no directory")
	assert.Equal(t, "old", text(t, old))
	assert.Equal(t, []string{"fifo", "old.csv"}, names(t, dir))
}

func TestOutputDevices(t *testing.T) {
	for _, path := range []string{"", "-", "/dev/stdout"} {
		var out bytes.Buffer
		o, err := (&Streams{Out: &out}).Output(path)
		require.NoError(t, err)
		_, err = io.WriteString(o, "rows")
		require.NoError(t, err)
		require.NoError(t, o.Commit())
		require.NoError(t, o.Discard())
		assert.Equal(t, "rows", out.String(), path)
	}
	o, err := (&Streams{}).Output("/dev/null")
	require.NoError(t, err)
	_, err = io.WriteString(o, "rows")
	require.NoError(t, err)
	require.NoError(t, o.Commit())

	o, err = (&Streams{}).Output("/dev/full")
	require.NoError(t, err)
	_, err = io.WriteString(o, "rows")
	require.NoError(t, err)
	require.ErrorIs(t, o.Commit(), syscall.ENOSPC)
}

func TestOutputRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := (&Streams{}).Output(dir)
	assert.ErrorContains(t, err, "is a directory")
	_, err = (&Streams{}).Output(filepath.Join(dir, "no", "such.csv"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	loop := filepath.Join(dir, "loop")
	require.NoError(t, os.Symlink("loop", loop))
	_, err = (&Streams{}).Output(loop)
	assert.ErrorContains(t, err, "symbolic links")
}
