package filter

import (
	"strconv"
	"strings"
)

// While an expression is compiled its SQL is a template, because two things
// are only known later: which arguments a statement uses (the same condition
// may stand in several statements, each numbering its own) and which JSON
// values had to be judged in Go. A template marks such places between NUL
// characters, which no identifier and no SQL of ours holds:
//
//	\x00a7\x00  the seventh argument
//	\x00f2\x00  the joins of scope 2
//	\x00v3\x00  JSON value 3 as jsonb; n, s, b: as number, text, boolean; o: for output
const mark = "\x00"

func hole(kind byte, i int) string { return mark + string(kind) + strconv.Itoa(i) + mark }

// statement collects the arguments of one statement while it is rendered.
type statement struct {
	c      *compiler
	judged [][]Judged // by JSON value; nil before judging
	args   []any
	number map[int]int // argument of the compiler → place in args
}

func (c *compiler) statement(judged [][]Judged) *statement {
	return &statement{c: c, judged: judged, number: map[int]int{}}
}

// text fills the holes of a template.
func (st *statement) text(template string) string {
	if !strings.Contains(template, mark) {
		return template
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		what, after, _ := strings.Cut(rest, mark)
		i, _ := strconv.Atoi(what[1:])
		switch what[0] {
		case 'a':
			b.WriteString(st.arg(i))
		case 'f':
			b.WriteString(st.joins(st.c.scopes[i], nil))
		default:
			b.WriteString(st.jsonText(st.c.values[i], what[0]))
		}
		template = after
	}
}

// arg is the placeholder of an argument of the compiler.
func (st *statement) arg(i int) string {
	n, ok := st.number[i]
	if !ok {
		st.args = append(st.args, st.c.args[i])
		n = len(st.args)
		st.number[i] = n
	}
	return "$" + strconv.Itoa(n)
}

// own adds an argument that only this statement has.
func (st *statement) own(value string) string {
	st.args = append(st.args, value)
	return "$" + strconv.Itoa(len(st.args))
}

// bind makes an argument; the SQL type decides how Postgres reads the text.
func (c *compiler) bind(value, sqlType string) string {
	c.args = append(c.args, value)
	return hole('a', len(c.args)-1) + "::" + sqlType
}

// joins renders the FROM items that a scope needs beside its table. With upTo,
// only what that JSON value itself needs.
func (st *statement) joins(s *scope, upTo *jsonValue) string {
	var b strings.Builder
	for _, j := range s.joins {
		switch {
		case j.doc != nil:
			if upTo == nil || upTo.doc == j.doc {
				b.WriteString("\n" + st.text(st.docJoin(j.doc)))
			}
		case j.value != nil:
			if upTo == nil || upTo == j.value {
				b.WriteString(st.valueJoin(j.value, upTo != nil))
			}
		default:
			b.WriteString("\n" + st.text(j.sql))
		}
	}
	return b.String()
}
