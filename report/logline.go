package report

import "strings"

// LogLine is a message of a log for people.
type LogLine struct {
	Time     string // of the day
	Duration string // 0.42 ms, empty where it is not known
	Who      string // user/app
	Level    string // ERROR and the like, empty for a statement
	Text     string // the statement, or what went wrong
	Slow     int    // 0, 1 or 2: how much the duration deserves attention
}

// The colours of a LogLine.
const (
	yellowOn = "\x1b[33m"
	redOn    = "\x1b[31m"
)

// whoWidth is how much room user and application have.
const whoWidth = 20

// AppendLogLine appends one line fitted to a width in cells, 0 for any.
func AppendLogLine(dst []byte, l LogLine, width int, color bool) []byte {
	brush := func(on, text string) string {
		if !color || on == "" {
			return text
		}
		return paint(on, text)
	}
	who, _ := cut(string(appendVisible(nil, []byte(l.Who), 0)), whoWidth)
	duration := strings.Repeat(" ", max(0, 10-screenWidth(l.Duration))) + l.Duration
	used := screenWidth(l.Time) + 2 + screenWidth(duration) + 2 + whoWidth + 2
	text := l.Text
	if l.Level != "" {
		text = l.Level + ": " + text
	}
	limit := 0
	if width > 0 {
		limit = 16 * width
	}
	text = string(appendVisible(nil, []byte(text), limit))
	if width > 0 {
		text, _ = cut(text, max(20, width-used))
	}
	if l.Level != "" {
		text = brush(redOn, text)
	}
	dst = append(dst, brush(dimOn, l.Time)+"  "...)
	dst = append(dst, brush([]string{"", yellowOn, redOn}[l.Slow], duration)+"  "...)
	dst = append(dst, brush(dimOn, who)+strings.Repeat(" ", max(0, whoWidth-screenWidth(who)))+"  "...)
	return append(append(dst, text...), '\n')
}
