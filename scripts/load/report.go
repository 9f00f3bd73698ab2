package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// report is what is told, durations in milliseconds.
type report struct {
	Participants int     `json:"participants"`
	Pages        int     `json:"pages"`
	Cores        int     `json:"cores"`
	Load         float64 `json:"load"` // of the machine at the start

	Sent      int   `json:"sent"`
	Confirmed int   `json:"confirmed"`
	Refused   int   `json:"refused"`
	Failed    int   `json:"failed"`
	Retried   int   `json:"retried"`
	Lost      int   `json:"lost"` // without an answer, or confirmed and not in the ledger
	Doubled   int   `json:"doubled"`
	Press     spans `json:"press"`

	Update spans `json:"update"`
	Breaks int   `json:"breaks"` // streams that were lost and opened again

	RSS float64 `json:"rss"` // MB, at most; 0 where not known
	CPU float64 `json:"cpu"` // seconds

	Problems []string `json:"problems"`
}

// spans are a distribution.
type spans struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func newSpans(h *histogram) spans {
	ms := func(d time.Duration) float64 {
		return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
	}
	return spans{ms(h.quantile(.5)), ms(h.quantile(.95)), ms(h.quantile(.99)), ms(h.most)}
}

func (r *report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// presses counts them.
func (r *report) presses(all []press) {
	var h histogram
	var failed string
	for _, p := range all {
		r.Sent++
		if p.retries > 0 {
			r.Retried++
		}
		switch {
		case p.number > 0:
			r.Confirmed++
			h.add(p.took)
		case p.refused != "":
			r.Refused++
		case p.lost:
			r.Lost++
			failed = p.failed
		default:
			r.Failed++
			failed = p.failed
		}
	}
	r.Press = newSpans(&h)
	if r.Failed+r.Lost > 0 {
		r.problem("%d presses failed and %d were lost, for example: %s", r.Failed, r.Lost, failed)
	}
}

// updates measures when the pages showed the presses, and gives what each showed in
// the end.
func (r *report) updates(g *game) (ends []screen) {
	var h histogram
	presses := given(g.presses)
	never := 0
	for _, p := range g.pages {
		end, missed := delays(p.seen, presses, h.add)
		ends = append(ends, end)
		never += missed
		r.Breaks += p.breaks
	}
	r.Update = newSpans(&h)
	if never > 0 {
		r.problem("%d times a press never came to a page", never)
	}
	return ends
}

// check compares what was confirmed and what the pages show with the database.
func (r *report) check(ctx context.Context, e *exptool, session string, before json.Number, g *game, ends []screen) error {
	after, err := e.verify(ctx)
	if err != nil {
		r.problem("%v", err)
	} else if after != before {
		r.problem("all had $%s together before, and $%s after", before, after)
	}
	rows, err := e.table(ctx, "query", "transfers", "--where", fmt.Sprintf("session = '%s'", session), "--columns", "id,payer,payee", "--sort", "id")
	if err != nil {
		return err
	}
	r.compare(rows, given(g.presses))
	if rows, err = e.table(ctx, "query", "participants", "--columns", "id,dollars", "--where", "dollars is not null"); err != nil {
		return err
	}
	wrong := 0
	for _, end := range ends {
		if len(end) < len(g.players) || !end.agrees(rows) {
			wrong++
		}
	}
	if wrong > 0 {
		r.problem("%d of %d pages show other balances than the database has", wrong, len(ends))
	}
	return nil
}

// compare counts presses that are not in the ledger, and transfers of which nobody
// was told.
func (r *report) compare(transfers [][]string, presses []press) {
	there := map[string]bool{}
	for _, t := range transfers {
		there[fmt.Sprint(t)] = true
	}
	told := map[string]bool{}
	missing := 0
	for _, p := range presses {
		t := fmt.Sprint([]int64{p.number, p.payer, p.payee})
		if !there[t] || told[t] {
			missing++
		}
		told[t] = true
	}
	r.Lost += missing
	r.Doubled = len(there) - len(told) + missing
	if missing > 0 {
		r.problem("%d presses were confirmed and are not in the ledger", missing)
	}
	if r.Doubled > 0 {
		r.problem("%d transfers of the session are nobody's confirmed press", r.Doubled)
	}
}

// agrees reports whether a page shows of everybody on it what the database has.
func (s screen) agrees(rows [][]string) bool {
	same := 0
	for _, row := range rows {
		id, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			return false
		}
		b, shown := s[id]
		if !shown { // who has failed is on no page
			continue
		}
		if has, err := cents(row[1]); err != nil || b.cents != has {
			return false
		}
		same++
	}
	return same == len(s)
}

// server reads the server's memory and time, where the system tells them.
func (r *report) server(s *server) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	for line := range bytes.Lines(status) {
		var kb float64
		if n, _ := fmt.Sscanf(string(line), "VmHWM: %f kB", &kb); n == 1 {
			r.RSS = kb * 1024 / 1e6
		}
	}
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]); len(fields) > 13 { // utime and stime of proc(5)
		user, _ := strconv.ParseFloat(string(fields[11]), 64)
		system, _ := strconv.ParseFloat(string(fields[12]), 64)
		r.CPU = (user + system) / 100
	}
}

// loadAverage is the machine's, of the last minute; 0 where it is not known.
func loadAverage() (load float64) {
	text, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscan(string(text), &load)
	return load
}

// judge finds the bounds that were not kept.
func (r *report) judge(b bounds) {
	late := func(what string, ms float64, most time.Duration) {
		if most > 0 && ms > float64(most)/float64(time.Millisecond) {
			r.problem("%s took %.1f ms, more than %s", what, ms, most)
		}
	}
	late("half of the presses", r.Press.P50, b.p50)
	late("99 of 100 presses", r.Press.P99, b.p99)
	late("the latest update of a page", r.Update.Max, b.update)
	if b.rss > 0 && r.RSS > b.rss {
		r.problem("the server took %.0f MB, more than %.0f", r.RSS, b.rss)
	}
	if r.Confirmed == 0 {
		r.problem("no press was confirmed")
	}
}

func (r report) write(w io.Writer, o options) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-8s "+format+"\n", append([]any{name}, args...)...)
	}
	line("game", "%d participants, %d pages, %g presses/s each for %s; %d cores, load %.1f", r.Participants, r.Pages, o.rate, o.time, r.Cores, r.Load)
	line("presses", "%d sent, %d confirmed, %d refused, %d failed, %d retried, %d lost, %d doubled", r.Sent, r.Confirmed, r.Refused, r.Failed, r.Retried, r.Lost, r.Doubled)
	line("press", "p50 %.1f ms, p95 %.1f, p99 %.1f, max %.1f until it was confirmed", r.Press.P50, r.Press.P95, r.Press.P99, r.Press.Max)
	line("update", "p50 %.1f ms, p99 %.1f, max %.1f from then until it was on a page; %d streams lost and opened again", r.Update.P50, r.Update.P99, r.Update.Max, r.Breaks)
	if r.RSS > 0 {
		line("server", "%.0f MB at most, %.1f s of CPU time", r.RSS, r.CPU)
	}
	for _, p := range r.Problems {
		line("WRONG", "%s", p)
	}
	if len(r.Problems) == 0 {
		line("checked", "each confirmed press is one transfer, all pages show what the database has, the total is what it was, and verify holds")
	}
}
