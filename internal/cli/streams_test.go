package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asWriter names the environment variable that turns TestWriterProcess into a
// program that writes until its reader goes away.
const asWriter = "EXPTOOL_TEST_WRITER"

func TestWriterProcess(t *testing.T) {
	if os.Getenv(asWriter) == "" {
		return // only TestClosedPipeIsSuccess starts it
	}
	s := System()
	for {
		if _, err := fmt.Fprintln(s.Out, "a row"); err != nil {
			if IsBrokenPipe(err) {
				os.Exit(0)
			}
			os.Exit(1)
		}
	}
}

func TestClosedPipeIsSuccess(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestWriterProcess$")
	cmd.Env = append(os.Environ(), asWriter+"=1")
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout = w
	require.NoError(t, cmd.Start())
	require.NoError(t, w.Close())
	_, err = io.ReadFull(r, make([]byte, 100))
	require.NoError(t, err)
	require.NoError(t, r.Close())
	assert.NoError(t, cmd.Wait(), "exit code 0, not death by SIGPIPE")
}

func TestIsBrokenPipe(t *testing.T) {
	assert.True(t, IsBrokenPipe(fmt.Errorf("writing csv: %w", &os.PathError{Op: "write", Err: syscall.EPIPE})))
	assert.True(t, IsBrokenPipe(io.ErrClosedPipe))
	assert.False(t, IsBrokenPipe(nil))
	assert.False(t, IsBrokenPipe(syscall.ENOSPC))
}

func TestColor(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		tty  bool
		want bool
	}{
		{"terminal", nil, true, true},
		{"pipe", nil, false, false},
		{"NO_COLOR", map[string]string{"NO_COLOR": "1"}, true, false},
		{"empty NO_COLOR says nothing", map[string]string{"NO_COLOR": ""}, true, true},
		{"forced into a pipe", map[string]string{"CLICOLOR_FORCE": "1"}, false, true},
		{"force 0 is no force", map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		{"NO_COLOR beats force", map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, true, false},
		{"dumb terminal", map[string]string{"TERM": "dumb"}, true, false},
		{"CLICOLOR=0", map[string]string{"CLICOLOR": "0"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, color(func(k string) string { return c.env[k] }, c.tty))
		})
	}
}

func TestWidth(t *testing.T) {
	for _, c := range []struct {
		columns  string
		tty      bool
		measured int
		want     int
	}{
		{"", true, 120, 120},
		{"", true, 0, 80},
		{"", false, 0, 0},
		{"60", true, 120, 60},
		{"60", false, 0, 60},
		{"-3", true, 120, 120},
		{"wide", false, 0, 0},
	} {
		assert.Equal(t, c.want, width(func(string) string { return c.columns }, c.tty, c.measured), "%+v", c)
	}
}

func TestTalk(t *testing.T) {
	var talk bytes.Buffer
	s := &Streams{Err: &talk}
	s.Talk("→ %s on %s", "exp1", "host")
	s.Warn("no trial %d", 5)
	s.Talk("name %s", "x\x1b[2J\ny\u202e\x07")
	s.Block("unknown column\n  ^ here\n")
	assert.Equal(t, "→ exp1 on host\nwarning: no trial 5\nname x\\x1b[2J⏎y\\u202e\\a\nunknown column\n  ^ here\n", talk.String())
}

func TestTalkKeepsOrderOnATerminal(t *testing.T) {
	var screen bytes.Buffer
	s := &Streams{Out: &screen, Err: &screen, OutTTY: true, ErrTTY: true}
	s.flush = func() error { _, err := screen.WriteString("data\n"); return err }
	s.Talk("3 rows")
	assert.Equal(t, "data\n3 rows\n", screen.String())
}

func TestFlush(t *testing.T) {
	assert.NoError(t, (&Streams{}).Flush())
	full := errors.New("disk full")
	assert.ErrorIs(t, (&Streams{flush: func() error { return full }}).Flush(), full)
}
