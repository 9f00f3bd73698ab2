package sqllog

import (
	"encoding/json"
	"strings"
)

// jsonRecord fills e with the next line of a jsonlog.
func (p *parser) jsonRecord(e *Entry) bool {
	for {
		end, next, whole, ok := p.line()
		if !ok {
			return false
		}
		if p.buf[p.pos] != '{' || end-p.pos < 2 {
			p.skip(next)
			continue
		}
		*e = Entry{Offset: p.base + int64(p.pos), End: p.base + int64(next)}
		line := p.view(p.pos, end)
		closed := p.jsonLine(e, line)
		e.Truncated = !whole || !closed
		p.advance(next)
		p.rec = next
		e.classify()
		return true
	}
}

// jsonLine reads the flat object of one line as far as it is whole.
func (p *parser) jsonLine(e *Entry, line string) bool {
	i := 1
	for {
		i = skipJSON(line, i)
		if i < len(line) && line[i] == '}' {
			return true
		}
		key, after, ok := jsonString(line, i)
		if !ok {
			return false
		}
		i = skipJSON(line, after)
		if i >= len(line) {
			return false
		}
		var value string
		if line[i] == '"' {
			if value, i, ok = jsonString(line, i); !ok {
				p.jsonKey(e, key, value)
				return false
			}
		} else {
			from := i
			for i < len(line) && line[i] != ',' && line[i] != '}' {
				i++
			}
			value = line[from:i]
		}
		p.jsonKey(e, key, value)
	}
}

// skipJSON goes over what stands between keys and values.
func skipJSON(s string, i int) int {
	for i < len(s) && (s[i] == ',' || s[i] == ':' || s[i] == ' ') {
		i++
	}
	return i
}

// jsonString reads the string that opens at i; of one that is cut what there is.
func jsonString(s string, i int) (value string, after int, ok bool) {
	if i >= len(s) || s[i] != '"' {
		return "", i, false
	}
	from := i + 1
	n := strings.IndexByte(s[from:], '"')
	if n < 0 {
		return s[from:], len(s), false
	}
	if strings.IndexByte(s[from:from+n], '\\') < 0 {
		return s[from : from+n], from + n + 1, true
	}
	for i = from; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	if i >= len(s) {
		return s[from:], len(s), false
	}
	return unescapeJSON(s[from:i]), i + 1, true
}

// unescapeJSON leaves bytes that are not UTF-8 as they are, which encoding/json
// would not.
func unescapeJSON(s string) string {
	out := make([]byte, 0, len(s))
	for {
		n := strings.IndexByte(s, '\\')
		if n < 0 || n+1 >= len(s) {
			return string(append(out, s...))
		}
		out = append(out, s[:n]...)
		c := s[n+1]
		s = s[n+2:]
		if k := strings.IndexByte(`nrtbf`, c); k >= 0 {
			out = append(out, "\n\r\t\b\f"[k])
			continue
		}
		if c != 'u' {
			out = append(out, c)
			continue
		}
		size := 4
		if len(s) >= 10 && s[4:6] == `\u` && s[0]|0x20 == 'd' && s[1] >= '8' { // a pair of surrogates
			size = 10
		}
		var r string
		if len(s) >= size && json.Unmarshal([]byte(`"\u`+s[:size]+`"`), &r) == nil {
			out = append(out, r...)
			s = s[size:]
		}
	}
}

func (p *parser) jsonKey(e *Entry, key, s string) {
	switch key {
	case "timestamp":
		e.Time, e.Zone = p.clock.read(s)
	case "user":
		e.User = s
	case "dbname":
		e.Database = s
	case "pid":
		e.PID = int(number(s))
	case "remote_host":
		e.Remote = s
	case "remote_port":
		e.Remote += ":" + s
	case "session_id":
		e.Session = s
	case "line_num":
		e.Line = number(s)
	case "ps":
		e.Command = s
	case "vxid":
		e.VirtualID = s
	case "txid":
		e.TxID = uint64(number(s))
	case "error_severity":
		e.Severity = findSeverity(s)
	case "state_code":
		e.SQLState = s
	case "message":
		e.Message = s
	case "detail":
		e.Detail = s
	case "hint":
		e.Hint = s
	case "context":
		e.Context = s
	case "statement":
		e.Statement = s
	case "application_name":
		e.App = s
	case "backend_type":
		e.Backend = s
	case "query_id":
		e.QueryID = number(s)
	}
}
