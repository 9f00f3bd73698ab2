// Package cli is what a command line program needs around its work: the
// standard streams and what they can show, progress, output files, and
// configuration with origins.
package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"
)

// Streams are a process's standard streams and what is known of them. Data go
// to Out, all talk to Err.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	InTTY, OutTTY, ErrTTY bool

	Width    int  // of the terminal in cells; 0 where nobody will be cut short
	Color    bool // Out takes colours
	ErrColor bool // Err does

	Now func() time.Time // for progress; nil is time.Now

	flush func() error

	mu  sync.Mutex // talk comes from several goroutines
	bar *Progress  // the bar on the screen, nil without one
}

// ForPeople are the same streams written as for a terminal of that width,
// wherever they go.
func (s *Streams) ForPeople(width int) *Streams {
	if s.Width > 0 {
		width = s.Width
	}
	return &Streams{In: s.In, Out: s.Out, Err: s.Err, OutTTY: true, ErrTTY: true, Width: width, Color: s.Color, ErrColor: s.ErrColor, Now: s.Now, flush: s.flush}
}

// outSize is the buffer before standard output: a row is far smaller, a pipe
// takes 64 kB at once.
const outSize = 64 << 10

// System returns the streams of this process. Out is buffered: Flush it before
// leaving. From then on a closed pipe is an error of Write and no longer kills
// the process: see IsBrokenPipe.
func System() *Streams {
	// Notify and not Ignore: children would inherit an ignored signal. Nobody
	// reads the channel; that the signal is caught is all it takes.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	out := bufio.NewWriterSize(os.Stdout, outSize)
	s := &Streams{
		In:     os.Stdin,
		Out:    out,
		Err:    os.Stderr,
		InTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY: term.IsTerminal(int(os.Stderr.Fd())),
		flush:  out.Flush,
	}
	measured := 0
	if s.OutTTY {
		if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
			measured = w
		}
	}
	s.Width = width(os.Getenv, s.OutTTY, measured)
	s.Color = color(os.Getenv, s.OutTTY)
	s.ErrColor = color(os.Getenv, s.ErrTTY)
	return s
}

// fallbackWidth is for terminals that do not tell.
const fallbackWidth = 80

// width decides how wide output may be: COLUMNS, else what the terminal says;
// 0, without bound, where there is neither.
func width(env func(string) string, tty bool, measured int) int {
	if n, err := strconv.Atoi(env("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if tty && measured <= 0 {
		return fallbackWidth
	}
	return measured
}

// color decides whether to use colours, as https://bixense.com/clicolors and
// https://no-color.org say: NO_COLOR, then CLICOLOR_FORCE, then the terminal.
func color(env func(string) string, tty bool) bool {
	if env("NO_COLOR") != "" {
		return false
	}
	if force := env("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return tty && env("TERM") != "dumb" && env("CLICOLOR") != "0"
}

// Flush writes what is buffered.
func (s *Streams) Flush() error {
	if s.flush == nil {
		return nil
	}
	return s.flush()
}

// Print writes one line of data to Out. That it could not be written shows when
// Out is flushed.
func (s *Streams) Print(line string) { _, _ = io.WriteString(s.Out, line+"\n") }

// ClearScreen begins a new screen on a terminal; elsewhere it does nothing.
func (s *Streams) ClearScreen() {
	if s.OutTTY {
		_, _ = io.WriteString(s.Out, "\x1b[H\x1b[2J")
	}
}

// Talk writes one line to Err. Control characters in it, which may come from a
// database or a server, are made visible.
func (s *Streams) Talk(format string, args ...any) {
	s.line("", fmt.Sprintf(format, args...))
}

// Warn writes one line beginning with "warning: " to Err.
func (s *Streams) Warn(format string, args ...any) {
	prefix := "warning: "
	if s.ErrColor {
		prefix = "\x1b[33mwarning:\x1b[0m "
	}
	s.line(prefix, fmt.Sprintf(format, args...))
}

// Block writes a text of several lines to Err, as Talk writes one: an error
// with a caret under it, a statement.
func (s *Streams) Block(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		s.line("", line)
	}
}

// line writes a line of talk. On a terminal the data written so far come first,
// so that what was said after them is read after them.
func (s *Streams) line(prefix, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		s.bar.clear()
	}
	if s.OutTTY && s.ErrTTY {
		_ = s.Flush() // an error stays in the buffer and is met again there
	}
	// Nobody is left to be told that standard error cannot be written.
	_, _ = io.WriteString(s.Err, prefix+visible(text)+"\n")
}

// showing says which bar is on the screen.
func (s *Streams) showing(p *Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bar = p
}

// now is the time on the streams' clock.
func (s *Streams) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// visible replaces what a terminal would act upon.
func visible(text string) string {
	hidden := func(r rune) bool {
		return r < 0x20 && r != '\t' || r >= 0x7f && r <= 0x9f ||
			r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteRune('⏎')
		case hidden(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// IsBrokenPipe reports whether the reader of our output went away, which is
// success: `exptool query trials | head` has all it wanted. A broken connection
// to a server is none.
func IsBrokenPipe(err error) bool {
	var file *fs.PathError
	return errors.As(err, &file) && errors.Is(file.Err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}
