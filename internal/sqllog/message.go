package sqllog

import (
	"strconv"
	"strings"
	"time"
)

// classify reads what the message says of a statement. Every format ends here.
func (e *Entry) classify() {
	if e.PID == 0 && e.Session != "" {
		if _, pid, ok := strings.Cut(e.Session, "."); ok {
			n, _ := strconv.ParseInt(pid, 16, 32)
			e.PID = int(n)
		}
	}
	if e.SQLState == "00000" { // jsonlog leaves it out
		e.SQLState = ""
	}
	if e.Severity == Log {
		e.classifyLog()
	}
	if t, ok := afterParameters(e.Detail); ok {
		e.ParamText = t
	} else if _, t, ok := strings.Cut(e.Context, "with parameters: "); ok {
		e.ParamText = t
	}
}

func (e *Entry) classifyLog() {
	m := e.Message
	if len(m) < len("execute :") {
		return
	}
	if m[0] == 'd' && strings.HasPrefix(m, "duration: ") {
		d, end := milliseconds(m, len("duration: "))
		if end < 0 {
			return
		}
		e.Duration, e.Timed = d, true
		rest := m[end:]
		if len(rest) < 2 {
			e.Kind = Duration
			return
		}
		if !e.step(rest[2:]) {
			e.Timed, e.Duration = false, 0
		}
		return
	}
	if m[0] == 's' || m[0] == 'e' {
		e.step(m)
	}
}

// step reads "statement: …", "execute NAME: …" and their like.
func (e *Entry) step(m string) bool {
	switch {
	case strings.HasPrefix(m, "statement: "):
		e.Kind, e.Statement = Statement, m[len("statement: "):]
		return true
	case strings.HasPrefix(m, "execute fetch from "):
		return e.named(Fetch, m[len("execute fetch from "):])
	case strings.HasPrefix(m, "execute "):
		return e.named(Execute, m[len("execute "):])
	case strings.HasPrefix(m, "parse "):
		return e.named(Parse, m[len("parse "):])
	case strings.HasPrefix(m, "bind "):
		return e.named(Bind, m[len("bind "):])
	case strings.HasPrefix(m, "plan:"):
		e.plan(m[len("plan:"):])
		return true
	}
	return false
}

// named reads "NAME/PORTAL: statement".
func (e *Entry) named(kind Kind, m string) bool {
	n := strings.Index(m, ": ")
	if n < 0 {
		return false
	}
	name := m[:n]
	if slash := strings.LastIndexByte(name, '/'); slash >= 0 {
		name = name[:slash]
	}
	if name != "<unnamed>" {
		e.Prepared = name
	}
	e.Kind, e.Statement = kind, m[n+2:]
	return true
}

// plan reads a plan of auto_explain in its text format: the statement, and with
// log_analyze the rows of its uppermost node.
func (e *Entry) plan(m string) {
	e.Kind = Plan
	text, ok := strings.CutPrefix(strings.TrimLeft(m, "\r\n \t"), "Query Text: ")
	if !ok {
		return
	}
	// The plan's first line is the first that has costs and no indentation of a node below.
	end := len(text)
	for at := 0; ; {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
		line, _, _ := strings.Cut(text[at:], "\n")
		if strings.Contains(line, "  (cost=") || strings.Contains(line, " (actual ") || strings.HasPrefix(line, "Query Parameters: ") {
			end = at - 1
			e.planRows(line)
			if p, ok := strings.CutPrefix(line, "Query Parameters: "); ok {
				e.ParamText = p
				next, _, _ := strings.Cut(text[min(len(text), at+len(line)+1):], "\n")
				e.planRows(next)
			}
			break
		}
	}
	e.Statement = text[:end]
}

// modifies says whether a plan's node changes rows: it gives none, whatever it
// changed.
func modifies(node string) bool {
	for _, verb := range [...]string{"Update on ", "Insert on ", "Delete on ", "Merge on "} {
		if strings.HasPrefix(node, verb) {
			return true
		}
	}
	return false
}

func (e *Entry) planRows(line string) {
	node, actual, ok := strings.Cut(line, "(actual ")
	if !ok || modifies(node) {
		return
	}
	_, rows, ok := strings.Cut(actual, "rows=")
	if !ok {
		return
	}
	e.Rows, e.Counted = number(rows), true
}

// milliseconds reads "0.123 ms" at i; the offset after it is -1 where it is not there.
func milliseconds(s string, i int) (time.Duration, int) {
	var n int64
	start := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int64(s[i]-'0')
		i++
	}
	d := n * int64(time.Millisecond)
	if i == start {
		return 0, -1
	}
	if i < len(s) && s[i] == '.' {
		unit := int64(time.Millisecond)
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			unit /= 10
			d += int64(s[i]-'0') * unit
		}
	}
	if !strings.HasPrefix(s[i:], " ms") {
		return 0, -1
	}
	return time.Duration(d), i + len(" ms")
}

// afterParameters is the text after "parameters: ", which Postgres 16 begins
// with a capital letter.
func afterParameters(detail string) (string, bool) {
	if len(detail) > 12 && detail[0]|0x20 == 'p' && detail[1:12] == "arameters: " {
		return detail[12:], true
	}
	return "", false
}
