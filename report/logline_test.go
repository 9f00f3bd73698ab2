package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAppendLogLine(t *testing.T) {
	l := LogLine{Time: "12:03:04.123", Duration: "0.420 ms", Who: "ada/study", Text: "SELECT 'größer', '\x1b[31m' FROM participant"}
	for _, c := range []struct {
		name  string
		line  LogLine
		width int
		color bool
		want  string
	}{
		{"any width", l, 0, false, "12:03:04.123    0.420 ms  ada/study             SELECT 'größer', '\\x1b[31m' FROM participant\n"},
		{"fitted", l, 70, false, "12:03:04.123    0.420 ms  ada/study             SELECT 'größer', '\\x1…\n"},
		{"narrow", l, 10, false, "12:03:04.123    0.420 ms  ada/study             SELECT 'größer', '\\…\n"},
		{"an error without a time", LogLine{Who: "a user of a very long name/app", Level: "ERROR", Text: "no\nsuch"}, 0, false,
			"              a user of a very lo…  ERROR: no⏎such\n"},
		{"coloured", LogLine{Time: "1", Duration: "2 s", Who: "w", Text: "SELECT", Slow: 2}, 0, true,
			"\x1b[2m1\x1b[0m  \x1b[31m       2 s\x1b[0m  \x1b[2mw\x1b[0m                     SELECT\n"},
	} {
		assert.Equal(t, c.want, string(AppendLogLine(nil, c.line, c.width, c.color)), c.name)
	}
}
