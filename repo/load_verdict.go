package repo

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// action is what the loader does with a statement of a dump.
type action uint8

const (
	actRun  action = iota // run it; a failure ends the load
	actTry                // run it; a failure is a warning
	actSkip               // leave it out
	actOwn                // leave it out: who owns and may do what is ours to say
	actCopy               // a COPY block follows
)

// verdict is an action and, for what is left out, the reason.
type verdict struct {
	action action
	why    string
	set    string // the setting that the statement changes, if it does
	value  string
}

// token is a lexeme of a statement that means something: words and settings in
// lower case, names and strings without their quotes.
type token struct {
	kind lexeme
	text string
}

func (t token) is(words ...string) bool {
	return (t.kind == lexWord || t.kind == lexOther) && slices.Contains(words, t.text)
}

// tokens returns the first most tokens of a statement, without its semicolon.
func tokens(text []byte, escapes bool, most int) []token {
	l := lexer{buf: text, end: len(text), err: io.EOF, escapes: escapes}
	var out []token
	for i := 0; len(out) < most; {
		kind, end, err := l.next(i)
		if err != nil || kind == lexEnd {
			break
		}
		s := string(text[i:end])
		i = end
		switch kind {
		case lexSpace, lexComment:
			continue
		case lexWord:
			s = strings.ToLower(s)
		case lexIdent:
			s = strings.ReplaceAll(strings.Trim(s, `"`), `""`, `"`)
		case lexString:
			s = strings.Trim(s, `'`)
		}
		out = append(out, token{kind, s})
	}
	if n := len(out); n > 0 && out[n-1].is(";") {
		out = out[:n-1]
	}
	return out
}

// word returns the word at i, or nothing.
func word(ts []token, i int) string {
	if i < len(ts) && ts[i].kind == lexWord {
		return ts[i].text
	}
	return ""
}

// judge decides on a statement. It knows what pg_dump, pg_dumpall and pg_restore
// write, and what people add by hand; whatever else comes is refused.
func judge(text []byte, escapes bool) (verdict, error) {
	if bytes.IndexByte(text, 0) >= 0 {
		return verdict{}, fmt.Errorf("%w: a zero byte within a statement", ErrFormat)
	}
	ts := tokens(text, escapes, 12)
	if len(ts) == 0 {
		return verdict{action: actSkip}, nil
	}
	switch first := word(ts, 0); first {
	case "copy":
		return judgeCopy(tokens(text, escapes, 1<<20))
	case "set":
		return judgeSet(ts[1:])
	case "select":
		return judgeSelect(ts)
	case "create":
		return judgeCreate(text, ts, escapes)
	case "alter":
		return judgeAlter(text, ts, escapes)
	case "insert", "update", "delete", "truncate", "refresh":
		return verdict{action: actRun}, nil
	case "comment", "security", "drop":
		if ts[min(1, len(ts)-1)].is("role", "user", "database", "tablespace") {
			return verdict{action: actOwn}, nil
		}
		return verdict{action: actTry}, nil
	case "grant", "revoke", "reassign":
		return verdict{action: actOwn}, nil
	case "begin", "start", "commit", "end", "analyze", "vacuum", "lock", "cluster", "reset":
		return verdict{action: actSkip}, nil // one transaction of ours does all
	default:
		return verdict{}, fmt.Errorf("%w: %s is nothing that pg_dump writes", ErrUnsafe, strings.ToUpper(ts[0].text))
	}
}

// judgeCopy admits COPY table (columns) FROM stdin and nothing else: the other
// forms read and write the server's files and run its programs.
func judgeCopy(ts []token) (verdict, error) {
	n := len(ts)
	if n >= 4 && ts[n-1].is("stdin") && ts[n-2].is("from") && !ts[1].is("(") {
		return verdict{action: actCopy}, nil
	}
	for i, t := range ts {
		if t.is("from", "to") && i+1 < n && (ts[i+1].kind == lexString || ts[i+1].is("program")) {
			return verdict{}, fmt.Errorf("%w: COPY of the server's files or programs", ErrUnsafe)
		}
	}
	return verdict{}, fmt.Errorf("%w: only COPY … FROM stdin without options is data of a dump", ErrUnsafe)
}

// dumpSettings are the settings that a dump makes. Any other could change what
// the session may do.
var dumpSettings = []string{
	"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout",
	"client_encoding", "standard_conforming_strings", "check_function_bodies", "xmloption",
	"client_min_messages", "row_security", "default_tablespace", "default_table_access_method",
	"default_with_oids", "search_path", "escape_string_warning", "quote_all_identifiers",
	"bytea_output", "datestyle", "intervalstyle", "timezone", "extra_float_digits",
	"session_replication_role", "default_toast_compression", "synchronous_commit",
}

// dualEncodings have letters that end in the byte of a backslash or quote, so
// only Postgres itself can tell where a string ends.
var dualEncodings = []string{"big5", "gbk", "gb18030", "johab", "sjis", "shift_jis_2004", "uhc"}

// judgeSet decides on what follows SET.
func judgeSet(ts []token) (verdict, error) {
	if word(ts, 0) == "session" && word(ts, 1) == "authorization" || word(ts, 0) == "role" {
		return verdict{action: actOwn}, nil
	}
	if w := word(ts, 0); w == "local" || w == "session" {
		ts = ts[1:]
	}
	if len(ts) < 3 || !ts[1].is("=", "to") {
		return verdict{action: actSkip}, nil // SET TRANSACTION, SET CONSTRAINTS
	}
	return judgeSetting(ts[0].text, ts[2].text)
}

func judgeSetting(name, value string) (verdict, error) {
	name, value = strings.ToLower(name), strings.ToLower(value)
	if !slices.Contains(dumpSettings, name) {
		return verdict{action: actSkip, why: "no setting of a dump"}, nil
	}
	if name == "client_encoding" && slices.Contains(dualEncodings, value) {
		return verdict{}, fmt.Errorf("%w: a dump in %s; make it with pg_dump --encoding UTF8", ErrFormat, value)
	}
	return verdict{action: actTry, set: name, value: value}, nil
}

// dumpFunctions are the functions that a dump calls: sequences and large objects.
var dumpFunctions = []string{"setval", "lo_create", "lo_creat", "lo_open", "lowrite", "lo_close"}

// judgeSelect admits a call of one of dumpFunctions with plain values.
func judgeSelect(ts []token) (verdict, error) {
	call := ts[1:]
	if len(call) > 2 && call[0].is("*") && call[1].is("from") {
		call = call[2:]
	}
	if len(call) > 2 && call[0].is("pg_catalog") && call[1].is(".") {
		call = call[2:]
	}
	name := word(call, 0)
	switch {
	case strings.HasPrefix(name, "pg_restore_"):
		return verdict{action: actSkip}, nil // statistics: ANALYZE makes them
	case len(call) > 4 && name == "set_config" && call[1].is("("):
		return judgeSetting(call[2].text, call[4].text)
	case !slices.Contains(dumpFunctions, name) || len(call) < 3:
		return verdict{}, fmt.Errorf("%w: a SELECT that pg_dump does not write", ErrUnsafe)
	}
	for _, t := range call[2:] {
		if t.is("(") {
			return verdict{}, fmt.Errorf("%w: a call within a call of %s", ErrUnsafe, name)
		}
	}
	return verdict{action: actRun}, nil
}
