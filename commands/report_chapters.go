package commands

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"exptool/internal/game"
	"exptool/internal/schema"
	"exptool/repo"
	"exptool/report"
)

// pageOf lays a report out as a page.
func pageOf(s *repo.Study, now time.Time) report.Page {
	chapters := chaptersOf(s)
	return report.Page{Title: chapters[0].Title, Chapters: chapters,
		Made: "exptool " + version() + ", " + now.Format("2006-01-02 15:04 MST")}
}

// chaptersOf lays a study out: what status shows, then what was distributed how.
func chaptersOf(s *repo.Study) []report.Chapter {
	var all []report.Chapter
	sections := sectionsOf(s.Overview)
	last := len(sections)
	if len(s.Absent) > 0 {
		last-- // what is not there comes at the end
	}
	for _, section := range sections[:last] {
		all = append(all, report.Chapter{Section: section})
	}
	for _, c := range []report.Chapter{progressChapter(s), minutesChapter(s), classChapter(s), conditionChapter(s), dollarsChapter(s)} {
		if len(c.Rows)+len(c.Notes)+len(c.Charts) > 0 {
			all = append(all, c)
		}
	}
	for _, section := range sections[last:] {
		all = append(all, report.Chapter{Section: section})
	}
	return all
}

// progressChapter is the study over time.
func progressChapter(s *repo.Study) report.Chapter {
	c := report.Chapter{Section: report.Section{Title: "Progress over time", Columns: columnsOf(".from", ".who", "arrived", "completed", "trials")}}
	for _, step := range s.Progress {
		if step.Arrived+step.Completed+step.Trials > 0 {
			c.Rows = append(c.Rows, []string{step.Begins, step.Who, number64(step.Arrived), number64(step.Completed), number64(step.Trials)})
		}
	}
	for _, what := range []struct {
		title, unit string
		count       func(repo.StudyStep) int64
	}{
		{"Participants who came", "participants", func(s repo.StudyStep) int64 { return s.Arrived }},
		{"Participants who completed", "participants", func(s repo.StudyStep) int64 { return s.Completed }},
		{"Trials begun", "trials", func(s repo.StudyStep) int64 { return s.Trials }},
	} {
		chart := report.Chart{Panel: report.Panel{Title: what.title + ", in all", XLabel: "hours", YLabel: what.unit}, Columns: columnsOf(".until", ".who", what.unit)}
		for _, who := range []string{"people", "bots"} {
			if series := sumOver(s, who, what.count, &chart); series != nil {
				chart.Panel.Series = append(chart.Panel.Series, *series)
			}
		}
		if len(chart.Panel.Series) > 0 {
			c.Charts = append(c.Charts, chart)
		}
	}
	return c
}

// sumOver adds a count up over the steps, nil where it stays 0, and its numbers to a chart.
func sumOver(s *repo.Study, who string, count func(repo.StudyStep) int64, chart *report.Chart) *report.Series {
	series := report.Series{Name: who, X: []float64{0}, Y: []float64{0}}
	var sum int64
	var rows [][]string
	steps := slices.DeleteFunc(slices.Clone(s.Progress), func(s repo.StudyStep) bool { return s.Who != who })
	if len(steps) < 2 {
		return nil
	}
	first, _ := time.Parse(time.DateTime, steps[0].Begins)
	last, _ := time.Parse(time.DateTime, steps[len(steps)-1].Begins)
	hours := last.Sub(first).Hours() / float64(len(steps)-1)
	for i, step := range steps {
		sum += count(step)
		end := first.Add(time.Duration(float64(i+1) * hours * float64(time.Hour)))
		series.X, series.Y = append(series.X, float64(i+1)*hours), append(series.Y, float64(sum))
		rows = append(rows, []string{end.Format(time.DateTime), who, number64(sum)})
	}
	if sum == 0 {
		return nil
	}
	chart.Rows = append(chart.Rows, rows...)
	return &series
}

// minutesChapter is how long people took.
func minutesChapter(s *repo.Study) report.Chapter {
	c := report.Chapter{Section: report.Section{Title: "How long people took", Columns: columnsOf("completed", "min", "quartile_1", "median_min", "quartile_3", "max")}}
	n := len(s.Minutes)
	if n == 0 {
		return report.Chapter{}
	}
	at := func(p float64) string { return decimals(quantile(s.Minutes, p), 1) }
	c.Rows = [][]string{{number64(int64(n)), at(0), at(0.25), at(0.5), at(0.75), at(1)}}
	// The meter's bins are of whole units: here a hundredth of a minute is one.
	hundredths := make([]int64, n)
	for i, m := range s.Minutes {
		hundredths[i] = int64(100 * min(max(m, 0), 1e12))
	}
	bars := report.Series{Name: "people", Kind: report.Bars}
	chart := report.Chart{Panel: report.Panel{Title: "Minutes from arrival to completion", XLabel: "minutes", YLabel: "people"}, Columns: columnsOf("from", "to", "people")}
	for _, b := range (&game.Meter{}).Histogram(hundredths, 1, 20) {
		low, high := float64(b.Low)/100, float64(b.High)/100
		if len(bars.X) == 0 {
			bars.X = []float64{low}
		}
		bars.X, bars.Y = append(bars.X, high), append(bars.Y, float64(b.Players))
		chart.Rows = append(chart.Rows, []string{decimals(low, -1), decimals(high, -1), number64(int64(b.Players))})
	}
	chart.Panel.Series = []report.Series{bars}
	c.Charts = []report.Chart{chart}
	return c
}

// quantile is a quantile of numbers that ascend, as percentile_cont has it.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// measureNames are what measures are called.
var measureNames = map[string]string{"score": "Score", "performance_reward": "Reward", "time_taken": "Seconds"}

// measureColumns are those of the distributions, after what they are by.
var measureColumns = []string{".who", "trials", "mean", "sd", "min", "quartile_1", "median", "quartile_3", "max"}

// classChapter has each measure by class: a chart a class and measure.
func classChapter(s *repo.Study) report.Chapter {
	c := report.Chapter{Section: report.Section{Title: "Scores, rewards and times of trials, by class",
		Columns: columnsOf(append([]string{".measure", ".class"}, measureColumns...)...)}}
	for _, m := range s.Measures {
		if m.By != "class" {
			continue
		}
		class := schema.Short(m.Value)
		c.Rows = append(c.Rows, append([]string{m.Measure, class}, measureRow(m)...))
		chart := chartOf(&c, report.Chart{Panel: report.Panel{Title: measureNames[m.Measure] + " of " + class, XLabel: unitOf(s, m.Measure), YLabel: "trials"},
			Columns: columnsOf("from", "to", ".who", "trials")})
		bars := report.Series{Name: m.Who, Kind: report.Bars, X: []float64{m.Low}}
		for i, n := range m.Bins {
			from, to := m.Low+float64(i)*m.Width, m.Low+float64(i+1)*m.Width
			bars.X, bars.Y = append(bars.X, to), append(bars.Y, float64(n))
			chart.Rows = append(chart.Rows, []string{short(from), short(to), m.Who, number64(n)})
		}
		chart.Panel.Series = append(chart.Panel.Series, bars)
	}
	return c
}

// conditionChapter has each measure by what else tells trials apart: a chart a condition
// and measure, of people where there are any.
func conditionChapter(s *repo.Study) report.Chapter {
	c := report.Chapter{Section: report.Section{Title: "Scores, rewards and times of trials, by condition",
		Columns: columnsOf(append([]string{".measure", ".condition", ".value"}, measureColumns...)...)}}
	people := slices.ContainsFunc(s.Measures, func(m repo.StudyMeasure) bool { return m.Who == "people" })
	for _, m := range s.Measures {
		if m.By == "class" {
			continue
		}
		c.Rows = append(c.Rows, append([]string{m.Measure, m.By, m.Value}, measureRow(m)...))
		if people && m.Who != "people" {
			continue
		}
		chart := chartOf(&c, report.Chart{Panel: report.Panel{Title: measureNames[m.Measure] + " by " + m.By, XLabel: unitOf(s, m.Measure), YLabel: "percent of trials"},
			Columns: columnsOf("from", "to", "."+m.By, "trials", "percent")})
		line := report.Series{Name: m.Value}
		for i, n := range m.Bins {
			from, to, share := m.Low+float64(i)*m.Width, m.Low+float64(i+1)*m.Width, 100*float64(n)/float64(m.Count)
			line.X, line.Y = append(line.X, (from+to)/2), append(line.Y, share)
			chart.Rows = append(chart.Rows, []string{short(from), short(to), m.Value, number64(n), decimals(share, 1)})
		}
		chart.Panel.Series = append(chart.Panel.Series, line)
	}
	return c
}

// chartOf is a chapter's chart of a title, the given one where there is none yet.
func chartOf(c *report.Chapter, fresh report.Chart) *report.Chart {
	i := slices.IndexFunc(c.Charts, func(have report.Chart) bool { return have.Panel.Title == fresh.Panel.Title })
	if i < 0 {
		i = len(c.Charts)
		c.Charts = append(c.Charts, fresh)
	}
	return &c.Charts[i]
}

func measureRow(m repo.StudyMeasure) []string {
	sd := ""
	if m.SD != nil {
		sd = short(*m.SD)
	}
	return []string{m.Who, number64(m.Count), short(m.Mean), sd, short(m.Min), short(m.Q1), short(m.Median), short(m.Q3), short(m.Max)}
}

// unitOf is what a measure is in.
func unitOf(s *repo.Study, measure string) string {
	switch {
	case measure == "time_taken":
		return "seconds"
	case measure == "performance_reward" && s.Money != nil:
		return "reward in " + s.Money.Currency
	}
	return strings.ReplaceAll(measure, "_", " ")
}

// short is a number with the digits that matter to people.
func short(x float64) string { return fmt.Sprintf("%.4g", x) }

// dollarMeasures say how dollars are distributed among people.
type dollarMeasures struct {
	People int      `json:"people"`
	Total  float64  `json:"total"`
	Median float64  `json:"median"`
	Min    float64  `json:"min"`
	Max    float64  `json:"max"`
	Gini   *float64 `json:"gini"` // nil where nobody has anything

	lorenz []game.Point
}

// measureDollars measures the dollars, nil where nobody has any column for them.
func measureDollars(s *repo.Study) *dollarMeasures {
	if len(s.Dollars) == 0 {
		return nil
	}
	balances := make([]int64, len(s.Dollars))
	for i, c := range s.Dollars {
		balances[i] = int64(c)
	}
	meter := &game.Meter{}
	m := meter.Measure(balances)
	d := &dollarMeasures{People: m.Players, Total: float64(m.Total) / 100, Median: m.Median / 100, Min: float64(m.Min) / 100, Max: float64(m.Max) / 100,
		lorenz: meter.Lorenz(balances, studyLorenz)}
	if m.Gini == m.Gini { // not NaN
		d.Gini = &m.Gini
	}
	return d
}

// studyLorenz is how many points the curve has.
const studyLorenz = 21

// dollarsChapter has the dollars of the game, and their Lorenz curve.
func dollarsChapter(s *repo.Study) report.Chapter {
	d := measureDollars(s)
	if d == nil {
		return report.Chapter{}
	}
	c := report.Chapter{Section: report.Section{Title: "Dollars of people", Columns: columnsOf("people", "total", "min", "median", "max", "gini"),
		Rows: [][]string{{number64(int64(d.People)), decimals(d.Total, 2), decimals(d.Min, 2), decimals(d.Median, 2), decimals(d.Max, 2), decimal(d.Gini, 4)}}}}
	curve := report.Series{Name: "dollars"}
	chart := report.Chart{Columns: columnsOf("share_of_people", "share_of_dollars")}
	for _, p := range d.lorenz {
		curve.X, curve.Y = append(curve.X, p.X), append(curve.Y, p.Y)
		chart.Rows = append(chart.Rows, []string{decimals(p.X, 2), decimals(p.Y, 4)})
	}
	if len(curve.X) == 0 {
		return c
	}
	chart.Panel = report.Panel{Title: "Lorenz curve of the dollars", XLabel: "share of people, the poorest first", YLabel: "share of dollars",
		Series: []report.Series{{Name: "equality", Kind: report.Dashed, X: []float64{0, 1}, Y: []float64{0, 1}}, curve}}
	c.Charts = []report.Chart{chart}
	return c
}
