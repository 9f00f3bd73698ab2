package cli

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestProgressOffATerminal(t *testing.T) {
	var talk bytes.Buffer
	c := &clock{}
	s := &Streams{Err: &talk, Now: c.now}

	p := s.Progress("loading tutorial.sql", 4_600_000, Bytes)
	c.pass(1500 * time.Millisecond)
	p.Add(4_600_000)
	assert.Empty(t, talk.String(), "nothing before the end")
	p.Done("")
	p.Done("")
	p.Stop()
	assert.Equal(t, "loading tutorial.sql: 4.6 MB in 1.5 s\n", talk.String())

	talk.Reset()
	p = s.Progress("loading", UnknownTotal, Rows)
	p.Set(1234)
	p.Done("loaded %d tables", 32)
	assert.Equal(t, "loaded 32 tables\n", talk.String())

	talk.Reset()
	s.Progress("loading", UnknownTotal, Rows).Stop()
	assert.Empty(t, talk.String(), "an error speaks for itself")
}

func TestProgressOnATerminal(t *testing.T) {
	for name, total := range map[string]int64{"known": 100, "unknown": UnknownTotal, "wrong": 5} {
		t.Run(name, func(t *testing.T) {
			var screen bytes.Buffer
			c := &clock{}
			s := &Streams{Err: &screen, ErrTTY: true, Width: 80, Now: c.now}
			p := s.Progress("loading", total, Rows)
			p.Add(3)
			assert.Empty(t, screen.String(), "short work does not flicker")
			c.pass(time.Second)
			var wait sync.WaitGroup
			for range 4 {
				wait.Go(func() { p.Add(3); s.Talk("a word") })
			}
			wait.Wait()
			assert.Contains(t, screen.String(), "a word\n")
			if total != 5 {
				assert.Contains(t, screen.String(), "loading")
			}
			p.Done("loaded")
			assert.Regexp(t, `\rloaded\n$|a word\nloaded\n$`, screen.String(), "the bar is gone from the last line")
		})
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n    int64
		unit Unit
		want string
	}{
		{0, Rows, "0 rows"},
		{1, Rows, "1 row"},
		{999, Rows, "999 rows"},
		{1000, Rows, "1,000 rows"},
		{-1234567, Rounds, "-1,234,567 rounds"},
		{999, Bytes, "999 bytes"},
		{1000, Bytes, "1.0 kB"},
		{15_400_000, Bytes, "15 MB"},
		{999_999, Bytes, "1.0 MB"},
		{2_340_000_000, Bytes, "2.3 GB"},
	} {
		assert.Equal(t, c.want, Count(c.n, c.unit))
	}
}
