package repo

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A column whose type nobody tells us gets a type other than text only if every
// value in it would be printed back byte for byte, so nothing can be lost.

// guesses are the types that are tried, the narrowest first.
var guesses = []struct {
	name string
	fits func([]byte) bool
}{
	{"boolean", isBoolean},
	{"integer", func(v []byte) bool { return isInteger(v, 32) }},
	{"bigint", func(v []byte) bool { return isInteger(v, 64) }},
	{"double precision", isDouble},
	{"numeric", isNumeric},
	{"date", func(v []byte) bool { return isTime(v, time.DateOnly) }},
	{"timestamp without time zone", isTimestamp},
	{"timestamp with time zone", isZoned},
}

// profile is what the values of a CSV column have in common.
type profile struct {
	name     string
	declared column // what PsyNet declares; empty if it knows no such column
	open     []int  // guesses that every value fits
	values   int64  // that are not NULL
	nulls    int64
	misfit   string   // the first value that does not fit the declared type
	members  []string // values of an enum, in order of appearance
}

func newProfile(name string, declared column) *profile {
	p := &profile{name: name, declared: declared}
	for i := range guesses {
		p.open = append(p.open, i)
	}
	return p
}

// membersKept bounds the values of an enum: with more it is none.
const membersKept = 200

// see takes in a value.
func (p *profile) see(f csvField) {
	if f.null() {
		p.nulls++
		return
	}
	p.values++
	p.open = slices.DeleteFunc(p.open, func(i int) bool { return !guesses[i].fits(f.text) })
	if p.declared.typ == "" || p.misfit != "" {
		return
	}
	if psynetEnums()[p.declared.typ] == nil {
		if !fits(p.declared.typ, f.text) {
			p.misfit = string(f.text[:min(len(f.text), 40)])
		}
		return
	}
	if !slices.Contains(p.members, string(f.text)) {
		p.members = append(p.members, string(f.text))
	}
	if len(p.members) > membersKept || len(f.text) > 63 {
		p.misfit = string(f.text[:min(len(f.text), 40)])
	}
}

// typ returns the type that the column gets.
func (p *profile) typ() string {
	switch {
	case p.declared.typ != "" && p.misfit == "":
		return p.declared.typ
	case p.values == 0 || len(p.open) == 0:
		return "text"
	}
	return guesses[p.open[0]].name
}

// textual reports whether the column's NULL and empty string look alike in a
// file that Python wrote.
func (p *profile) textual() bool {
	t := p.typ()
	return t == "text" || strings.HasPrefix(t, "character varying")
}

var varchar = regexp.MustCompile(`^character varying\((\d+)\)$`)

// fits reports whether Postgres takes a value for a declared type.
func fits(typ string, v []byte) bool {
	switch typ {
	case "text", "character varying":
		return true
	case "integer":
		_, err := strconv.ParseInt(string(v), 10, 32)
		return err == nil
	case "bigint":
		_, err := strconv.ParseInt(string(v), 10, 64)
		return err == nil
	case "double precision":
		_, err := strconv.ParseFloat(string(v), 64)
		return err == nil && !bytes.ContainsAny(v, "xX_pP")
	case "boolean":
		return slices.Contains([]string{"t", "f", "true", "false", "True", "False"}, string(v))
	case "timestamp without time zone":
		return isTimestamp(v)
	case "jsonb":
		return isJSONB(v)
	}
	if m := varchar.FindStringSubmatch(typ); m != nil {
		n, err := strconv.Atoi(m[1])
		return err == nil && utf8.RuneCount(v) <= n
	}
	return false
}

// isJSONB reports whether v surely is JSON for Postgres: lone surrogates and
// zero characters, which it refuses, are not told from proper escapes.
func isJSONB(v []byte) bool {
	low := bytes.ToLower(v)
	return json.Valid(v) && !bytes.Contains(low, []byte(`\u0000`)) && !bytes.Contains(low, []byte(`\ud`))
}

func isBoolean(v []byte) bool { return len(v) == 1 && (v[0] == 't' || v[0] == 'f') }

func isInteger(v []byte, bits int) bool {
	if len(v) == 0 || len(v) > 20 {
		return false
	}
	n, err := strconv.ParseInt(string(v), 10, bits)
	return err == nil && strconv.FormatInt(n, 10) == string(v)
}

func isDouble(v []byte) bool {
	if len(v) == 0 || len(v) > 32 || v[0] > '9' && v[0] != 'N' && v[0] != 'I' {
		return false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	return err == nil && doubleText(f) == string(v)
}

// doubleText writes a number as Postgres does: the shortest digits, with an
// exponent from 1e+15 and below 1e-04 on.
func doubleText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	exp, err := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	if err == nil && -4 <= exp && exp < 15 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
}

var decimal = regexp.MustCompile(`^(-?(0|[1-9][0-9]*)(\.[0-9]+)?|NaN)$`)

// isNumeric leaves out -0, which Postgres prints as 0.
func isNumeric(v []byte) bool {
	return len(v) <= 2000 && decimal.Match(v) && (v[0] != '-' || bytes.ContainsAny(v, "123456789"))
}

func isTime(v []byte, layout string) bool {
	if len(v) < 10 || len(v) > 40 || v[4] != '-' {
		return false
	}
	t, err := time.Parse(layout, string(v))
	return err == nil && t.Year() > 0 && t.Format(layout) == string(v)
}

// isTimestamp knows 2026-11-23 08:37:10.289185, the fraction without zeros at
// its end as Postgres prints it.
func isTimestamp(v []byte) bool { return isTime(v, "2006-01-02 15:04:05.999999") }

// isZoned knows the same with a zone. It is printed back in the session's zone:
// the same moment, though not the same bytes.
func isZoned(v []byte) bool {
	return isTime(v, "2006-01-02 15:04:05.999999-07") || isTime(v, "2006-01-02 15:04:05.999999-07:00")
}
