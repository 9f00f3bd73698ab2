package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Unit is what a Progress counts.
type Unit string

// Bytes are printed as kB, MB, GB; any other unit is a plural noun.
const (
	Bytes  Unit = "bytes"
	Rows   Unit = "rows"
	Rounds Unit = "rounds"
)

// UnknownTotal is the total of work whose end is not known.
const UnknownTotal int64 = -1

// Work shorter than barDelay shows no bar: it would only flicker.
const (
	barDelay    = 300 * time.Millisecond
	barThrottle = 100 * time.Millisecond
)

// Progress tells how far long work is: a bar on standard error where that is a
// terminal, and one line at the end otherwise. It is safe for use by several
// goroutines and counts what is written to it.
type Progress struct {
	s     *Streams
	what  string
	unit  Unit
	total int64
	start time.Time

	mu   sync.Mutex
	n    int64
	bar  *progressbar.ProgressBar // nil off a terminal and in the first moments
	over bool
}

// Progress begins to show progress of what, "loading tutorial.sql", out of
// total, which may be UnknownTotal. The caller defers Stop and ends with Done.
func (s *Streams) Progress(what string, total int64, unit Unit) *Progress {
	p := &Progress{s: s, what: visible(what), unit: unit, total: total, start: s.now()}
	s.showing(p)
	return p
}

// Add counts n more.
func (p *Progress) Add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n += n
	p.draw(n)
}

// Set says how many there are by now.
func (p *Progress) Set(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	by := n - p.n
	p.n = n
	p.draw(by)
}

// Write counts the bytes, for io.TeeReader and io.MultiWriter.
func (p *Progress) Write(b []byte) (int, error) {
	p.Add(int64(len(b)))
	return len(b), nil
}

// draw moves the bar by n. What the bar cannot do (write, count beyond its
// total) must not stop the work.
func (p *Progress) draw(n int64) {
	if !p.s.ErrTTY || p.over {
		return
	}
	if p.bar == nil {
		if p.s.now().Sub(p.start) < barDelay {
			return
		}
		p.bar, n = p.newBar(), p.n
	}
	_ = p.bar.Add64(n)
}

// newBar makes the terminal's bar.
func (p *Progress) newBar() *progressbar.ProgressBar {
	room := p.s.Width - len(p.what) - 50 // counts, rate and times beside the bar
	options := []progressbar.Option{
		progressbar.OptionSetWriter(p.s.Err),
		progressbar.OptionSetDescription(p.what),
		progressbar.OptionSetWidth(max(8, min(30, room))),
		progressbar.OptionThrottle(barThrottle),
		progressbar.OptionShowBytes(p.unit == Bytes),
		progressbar.OptionShowCount(),
		progressbar.OptionSetItsString(string(p.unit)),
		progressbar.OptionSetPredictTime(p.total > 0),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(false),
		// Else a goroutine of the bar's own draws on after it was cleared.
		progressbar.OptionSetSpinnerChangeInterval(0),
	}
	if p.unit != Bytes {
		options = append(options, progressbar.OptionShowIts())
	}
	return progressbar.NewOptions64(max(p.total, UnknownTotal), options...)
}

// clear takes the bar off the screen for a line of talk; it comes back with the
// next Add.
func (p *Progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// Done ends the work well. With a format it writes that line; without one it
// says "what: count in time", which a terminal, having seen the bar, is spared.
func (p *Progress) Done(format string, args ...any) {
	n, stopped := p.stop()
	switch {
	case !stopped:
	case format != "":
		p.s.Talk(format, args...)
	case !p.s.ErrTTY:
		took := p.s.now().Sub(p.start)
		p.s.Talk("%s: %s in %.1f s", p.what, Count(n, p.unit), took.Seconds())
	}
}

// Stop ends the work without a word, as after an error. After Done it does
// nothing.
func (p *Progress) Stop() { p.stop() }

// stop removes the bar; false where that has been done.
func (p *Progress) stop() (int64, bool) {
	p.s.showing(nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return p.n, false
	}
	p.over = true
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
	return p.n, true
}

// Count prints a number with its unit: "1,234 rows", "12.3 MB".
func Count(n int64, unit Unit) string {
	if unit == Bytes {
		return size(n)
	}
	if n == 1 {
		return "1 " + strings.TrimSuffix(string(unit), "s")
	}
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + string(unit)
}

// size prints a number of bytes in powers of 1,000, with three digits.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	f, units := float64(n)/1000, []string{"kB", "MB", "GB", "TB"}
	for f >= 999.5 && len(units) > 1 {
		f, units = f/1000, units[1:]
	}
	if f < 9.95 {
		return fmt.Sprintf("%.1f %s", f, units[0])
	}
	return fmt.Sprintf("%.0f %s", f, units[0])
}

var _ io.Writer = (*Progress)(nil)
