package commands

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// sectionsOf lays a study's overview out.
func sectionsOf(v *repo.Overview) []report.Section {
	all := []report.Section{clockSection(v), peopleSection(v), stuckSection(v), trialSection(v), chainSection(v), errorSection(v), pageSection(v), moneySection(v)}
	all = slices.DeleteFunc(all, func(s report.Section) bool { return len(s.Rows)+len(s.Notes) == 0 })
	if len(v.Absent) > 0 {
		all = append(all, report.Section{Title: "Not in this database", Notes: v.Absent})
	}
	return all
}

// columnsOf names columns of texts (a dot before the name) and of numbers.
func columnsOf(names ...string) []schema.Column {
	columns := make([]schema.Column, len(names))
	for i, name := range names {
		columns[i] = schema.Column{Name: name, Kind: schema.Numeric}
		if text, ok := strings.CutPrefix(name, "."); ok {
			columns[i] = schema.Column{Name: text, Kind: schema.Text}
		}
	}
	return columns
}

func clockSection(v *repo.Overview) report.Section {
	title := v.Label
	if title == "" {
		title = "Study"
	}
	c := v.Clock
	way := "ahead of"
	if c.Offset < 0 {
		way = "behind"
	}
	s := report.Section{Title: title, Notes: []string{
		"database " + v.Database,
		fmt.Sprintf("server %s %s; this machine %s; the server is %s s %s it", c.Study, c.Zone, c.Here.Format("2006-01-02 15:04:05 MST"), decimals(math.Abs(c.Offset), 1), way)}}
	switch {
	case c.Latest == nil:
		s.Notes = append(s.Notes, "nobody has come yet")
	case c.Ahead > 60:
		s.Notes = append(s.Notes, fmt.Sprintf("the newest row is of %s, %s in the future: name the experiment's zone with timezone in the configuration", *c.Latest, spanOf(c.Ahead)))
	default:
		s.Notes = append(s.Notes, "the newest row is of "+*c.Latest)
	}
	if v.Since != nil {
		s.Notes = append(s.Notes, "errors, completions and page times since "+*v.Since)
	}
	return s
}

// spanOf is a number of seconds for people.
func spanOf(seconds float64) string {
	return (time.Duration(seconds) * time.Second).String()
}

func peopleSection(v *repo.Overview) report.Section {
	s := report.Section{Title: "Participants",
		Columns: columnsOf(".who", "total", "working", "stuck", "completed", "failed", "last_hour", "per_hour", "median_min")}
	for _, g := range v.Groups {
		s.Rows = append(s.Rows, []string{g.Who, number64(g.Total), number64(g.Working), optional(g.Stuck), number64(g.Completed),
			number64(g.Failed), number64(g.LastHour), decimal(g.PerHour, 1), decimal(g.Minutes, 1)})
	}
	for _, g := range v.Groups {
		var counts []string
		for _, st := range g.Statuses {
			counts = append(counts, number64(st.Count)+" "+cmp.Or(st.Status, "without a status"))
		}
		if len(counts) > 0 {
			s.Notes = append(s.Notes, g.Who+": "+strings.Join(counts, ", "))
		}
	}
	return s
}

func stuckSection(v *repo.Overview) report.Section {
	s := report.Section{Title: "No response for 5 minutes", Columns: columnsOf("participant", ".module", ".last_response", "minutes", "progress")}
	for _, p := range v.Stuck {
		progress := ""
		if p.Progress != nil {
			progress = decimals(100**p.Progress, 0) + " %"
		}
		s.Rows = append(s.Rows, []string{number64(p.Participant), text(p.Module), text(p.Last), decimal(p.Minutes, 0), progress})
	}
	if n := v.Groups[0].Stuck; n != nil && int(*n) > len(v.Stuck) {
		s.Notes = append(s.Notes, fmt.Sprintf("and %d more people, who came before them", int(*n)-len(v.Stuck)))
	}
	return s
}

func trialSection(v *repo.Overview) report.Section {
	s := report.Section{Title: "Trials", Columns: columnsOf(".trial_maker", ".who", "done", "pending", "failed")}
	for _, t := range v.Trials {
		s.Rows = append(s.Rows, []string{makerOf(t.Maker), t.Who, number64(t.Done), number64(t.Pending), number64(t.Failed)})
	}
	if len(s.Rows) == 0 && !absent(v, "trials") {
		s.Notes = []string{"no trials"}
	}
	return s
}

// makerOf is a trial maker's id, whose dots are its own.
func makerOf(maker *string) string {
	if maker == nil {
		return "(none)"
	}
	return *maker
}

func absent(v *repo.Overview, what string) bool {
	return slices.ContainsFunc(v.Absent, func(a string) bool { return strings.HasPrefix(a, what+":") })
}

func chainSection(v *repo.Overview) report.Section {
	s := report.Section{Title: "Chains, and the degree of their heads", Columns: columnsOf(".trial_maker", "chains", "full", "min", "median", "max", "failed", "stalled", ".networks")}
	for _, c := range v.Chains {
		var ids []string
		for _, id := range c.IDs {
			ids = append(ids, number64(id))
		}
		networks := strings.Join(ids, " ")
		if int(c.Stalled) > len(ids) {
			networks += " …"
		}
		s.Rows = append(s.Rows, []string{makerOf(c.Maker), number64(c.Chains), number64(c.Full), optional(c.Min), decimal(c.Median, -1), optional(c.Max),
			number64(c.Failed), number64(c.Stalled), networks})
	}
	return s
}

func errorSection(v *repo.Overview) report.Section {
	s := report.Section{Title: "Errors"}
	if v.Errors == nil {
		return s
	}
	if v.Errors.Count == 0 {
		s.Notes = []string{"none"}
		return s
	}
	s.Columns = columnsOf("count", ".kind", ".message", ".people", ".bots", ".last")
	shown := int64(0)
	for _, e := range v.Errors.Groups {
		shown += e.Count
		s.Rows = append(s.Rows, []string{number64(e.Count), e.Kind, e.Message, few(e.People, e.Participants-int64(len(e.Bots))), few(e.Bots, e.Participants-int64(len(e.People))), text(e.Last)})
	}
	if left := v.Errors.Count - shown; left > 0 {
		s.Notes = []string{fmt.Sprintf("and %d more of other kinds", left)}
	}
	return s
}

// few are the first of some ids, with … where there are more.
func few(ids []int64, all int64) string {
	var words []string
	for _, id := range ids {
		words = append(words, number64(id))
	}
	if len(ids) == 10 && all > 10 {
		words = append(words, "…")
	}
	return strings.Join(words, " ")
}

func pageSection(v *repo.Overview) report.Section {
	s := report.Section{Title: "Pages", Columns: columnsOf(".page", "requests", "p50_ms", "p95_ms", "max_ms", "errors")}
	if v.Pages == nil || v.Pages.Requests == 0 {
		return report.Section{}
	}
	for _, p := range append([]repo.OverviewPage{v.Pages.All}, v.Pages.Pages...) {
		s.Rows = append(s.Rows, []string{p.Page, number64(p.Count), decimal(p.P50, 0), decimal(p.P95, 0), decimal(p.Max, 0), number64(p.Errors)})
	}
	if v.Pages.Newest {
		s.Notes = []string{"of the newest requests; --since looks at all of a span"}
	}
	return s
}

func moneySection(v *repo.Overview) report.Section {
	m := v.Money
	if m == nil {
		return report.Section{}
	}
	s := report.Section{Title: "Money", Columns: columnsOf(".currency", "spent", "of_that_bots", "paid", "soft_max", "hard_max", "percent_of_hard")}
	share := ""
	if m.Hard != nil && *m.Hard > 0 {
		share = decimals(100*m.Spent / *m.Hard, 1)
	}
	s.Rows = [][]string{{m.Currency, decimals(m.Spent, 2), decimals(m.Bots, 2), decimals(m.Paid, 2), decimal(m.Soft, 2), decimal(m.Hard, 2), share}}
	switch {
	case m.Hard != nil && m.Spent >= *m.Hard:
		s.Notes = append(s.Notes, "the hard maximum is reached: PsyNet pays no bonus any more")
	case m.Soft != nil && m.Spent >= *m.Soft:
		s.Notes = append(s.Notes, "the soft maximum is reached: PsyNet recruits nobody more")
	}
	if m.Odd > 0 {
		s.Notes = append(s.Notes, plural(int(m.Odd), "amount is", "amounts are")+" negative, or no number and not in the sums; exptool payments --people has them")
	}
	return s
}

func number64(n int64) string { return strconv.FormatInt(n, 10) }

func optional(n *int64) string {
	if n == nil {
		return ""
	}
	return number64(*n)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func decimal(x *float64, places int) string {
	if x == nil {
		return ""
	}
	return decimals(*x, places)
}

func decimals(x float64, places int) string { return strconv.FormatFloat(x, 'f', places, 64) }
