package sqllog

import (
	"strconv"
	"strings"
)

// commonPrefixes are settings of log_line_prefix that are often met: Postgres'
// default, Debian's, RDS', pgBadger's advice. Those that say more come first.
var commonPrefixes = []string{
	"%m [%p] %q%u@%d %a ", "%m [%p] %q%u@%d ", "%m [%p] ", "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
	"%m [%p]: %quser=%u,db=%d,app=%a,client=%h ", "%m [%p]: [%l-1] %quser=%u,db=%d ", "%m:%r:%u@%d:[%p]:",
	"%m [%p] %q[user=%u,db=%d,app=%a] ", "%m [%p] [%l-1] %q%u@%d ", "%m %u@%d [%p] ", "%m %p %u@%d ", "%m ", "[%p] ", "%p ", "",
}

// sample are the first lines of a text, the last one without its end only if
// nothing comes after it.
func sample(text string, final bool) []string {
	var found []string
	for len(found) < 50 && text != "" {
		line, rest, whole := strings.Cut(text, "\n")
		if !whole && !final && len(found) > 0 {
			break
		}
		text = rest
		line = strings.TrimSuffix(line, "\r")
		if len(line) > 0 && line[0] != '\t' && severityPlace(line) >= 0 {
			found = append(found, line)
		}
	}
	return found
}

// recognize finds the prefix that the first line has and most others too. A
// line that stands alone with a prefix without a time is none: the log begins
// in its middle.
func recognize(found []string) *prefix {
	candidates := commonPrefixes
	var inferred []string
	for _, line := range found {
		if x := inferPrefix(line); x != "" && !contains(inferred, x) && len(inferred) < 8 {
			inferred = append(inferred, x)
		}
	}
	for _, long := range inferred {
		for _, short := range inferred {
			if rest, ok := strings.CutPrefix(long, short); ok && rest != "" {
				candidates = append(candidates[:len(candidates):len(candidates)], short+"%q"+rest)
			}
		}
	}
	candidates = append(candidates[:len(candidates):len(candidates)], inferred...)
	var best *prefix
	most := 0
	if len(found) > 1 {
		most = 1
	}
	for _, text := range candidates {
		x, n := compilePrefix(text), 0
		for _, line := range found {
			var h head
			if x.match(line, &h) {
				n++
			}
		}
		var h head
		if len(found) == 0 || !x.match(found[0], &h) {
			continue
		}
		if n > most || n == most && best == nil && h.time+h.epoch != "" {
			best, most = x, n
		}
	}
	return best
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// severityPlace is where the severity word of a line begins, -1 where it has none.
func severityPlace(line string) int {
	for at := 0; at < min(len(line), maxText); {
		n := strings.Index(line[at:min(len(line), maxText+16)], ":  ")
		if n < 0 {
			return -1
		}
		colon := at + n
		begin := colon
		for begin > 0 && (line[begin-1] >= 'A' && line[begin-1] <= 'Z' || line[begin-1] >= '1' && line[begin-1] <= '5' && begin == colon) {
			begin--
		}
		var h head
		if begin < colon && (begin == 0 || classes[line[begin-1]] != cLetter) && h.severityAt(line, begin) {
			return begin
		}
		at = colon + 1
	}
	return -1
}

// prefixKeys are names that people write before an escape.
var prefixKeys = map[string]string{
	"user": "%u", "usr": "%u", "u": "%u", "db": "%d", "database": "%d", "dbname": "%d", "d": "%d",
	"app": "%a", "application": "%a", "application_name": "%a", "appname": "%a", "a": "%a",
	"client": "%h", "host": "%h", "h": "%h", "remote": "%r", "r": "%r", "pid": "%p", "p": "%p",
	"session": "%c", "sess": "%c", "sid": "%c", "c": "%c", "line": "%l", "l": "%l", "vxid": "%v", "v": "%v",
	"xid": "%x", "txid": "%x", "x": "%x", "state": "%e", "sqlstate": "%e", "e": "%e", "tag": "%i", "cmd": "%i", "command": "%i",
	"backend": "%b", "type": "%b", "queryid": "%Q", "query_id": "%Q",
}

// inferPrefix guesses the prefix of one line by the look of its parts; a word
// that says nothing becomes a text that is not read. "" where there is no
// severity.
func inferPrefix(line string) string {
	end := severityPlace(line)
	if end <= 0 {
		return ""
	}
	var b strings.Builder
	used := map[string]bool{}
	put := func(escape, other string) {
		if used[escape] {
			escape = other
		}
		used[escape] = true
		b.WriteString(escape)
	}
	for i := 0; i < end; {
		if to := timeEnd(line[:end], i); to > 0 {
			put("%m", "%s")
			i = to
			continue
		}
		c := line[i]
		if !isPlain(c) {
			if strings.HasPrefix(line[i:end], "[local]") || strings.HasPrefix(line[i:end], "[unknown]") {
				put(map[byte]string{'l': "%h", 'u': "%a"}[line[i+1]], "%L")
				i += strings.IndexByte(line[i:], ']') + 1
				continue
			}
			if b.WriteByte(c); c == '%' {
				b.WriteByte('%')
			}
			i++
			continue
		}
		to := i
		for to < end && isPlain(line[to]) {
			to++
		}
		i = inferWord(&b, used, put, line[:end], i, to)
	}
	return b.String()
}

func isPlain(c byte) bool {
	return classes[c] == cLetter || classes[c] == cDigit || c == '.' || c == '-' || c == '/'
}

// inferWord takes the word line[i:to]; the offset to go on at.
func inferWord(b *strings.Builder, used map[string]bool, put func(escape, other string), line string, i, to int) int {
	word := line[i:to]
	if key, ok := prefixKeys[strings.ToLower(word)]; ok && to < len(line) && line[to] == '=' {
		b.WriteString(word + "=")
		put(key, "%L")
		for i = to + 1; i < len(line) && strings.IndexByte(" ,;)|", line[i]) < 0 && !(line[i] == ']' && i+1 < len(line)); i++ {
		}
		return i
	}
	if to < len(line) && line[to] == '@' {
		put("%u", "%L")
		b.WriteByte('@')
		for i = to + 1; i < len(line) && (isPlain(line[i]) || line[i] == '[' && strings.HasPrefix(line[i:], "[unknown]")); i++ {
			if line[i] == '[' {
				i += len("[unknown]") - 1
			}
		}
		put("%d", "%L")
		return i
	}
	digits := digitsEnd(word, 0)
	switch {
	case digits == len(word) && len(word) == 5 && word == "00000":
		put("%e", "%L")
	case digits == len(word) && !used["%p"]:
		blanks := skipBlank(line, to) - to
		if blanks == 0 || to+blanks >= len(line) || line[to+blanks] != ']' {
			put("%p", "%P")
			break
		}
		put("%-"+strconv.Itoa(len(word)+blanks)+"p", "%P")
		used["%p"] = true
		return to + blanks
	case digits == len(word):
		put("%l", "%P")
	case strings.HasSuffix(word, "-1") && digits == len(word)-2:
		put("%l", "%L")
		b.WriteString("-1")
	case digits == 10 && word[10] == '.' && digitsEnd(word, 11) == len(word):
		put("%n", "%L")
	case len(word) >= 10 && fieldEnd(pSession, word, 0) == len(word):
		put("%c", "%L")
	case digits > 0 && word[digits] == '/' && digitsEnd(word, digits+1) == len(word):
		put("%v", "%L")
	case len(word) == 5 && isSQLState(word):
		put("%e", "%L")
	default:
		b.WriteString("%L")
	}
	return to
}

func detect(data []byte) Format {
	text := strings.TrimPrefix(string(data), "\ufeff")
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		if f := detectLine(line); f != Unknown {
			return f
		}
		text = rest
	}
	return Unknown
}

// detectLine tells the format by a line that begins a record; Unknown where
// none begins.
func detectLine(line string) Format {
	switch {
	case strings.HasPrefix(line, `{"timestamp":"`):
		return JSON
	case isCSV(line):
		return CSV
	case line != "" && line[0] != '\t' && severityPlace(line) >= 0:
		return Stderr
	}
	return Unknown
}
