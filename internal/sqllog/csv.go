package sqllog

import (
	"bytes"
	"strings"
)

// table reads a csvlog.
type table struct {
	quotes int // in the current record so far
}

// isCSV says whether a line begins a record: time, user, database, pid.
func isCSV(line string) bool {
	i := timeEnd(line, 0)
	if i < 0 || i >= len(line) || line[i] != ',' {
		return false
	}
	for i++; i < len(line) && line[i] == '"'; i++ {
		if i = stringEnd(line, i, false); i >= len(line) || line[i] != ',' {
			return false
		}
	}
	for i < len(line) && line[i] == ',' {
		if i++; i < len(line) && line[i] == '"' {
			if i = stringEnd(line, i, false); i >= len(line) || line[i] != ',' {
				return false
			}
		}
	}
	end := digitsEnd(line, i)
	return end > i && end < len(line) && line[end] == ','
}

// csvRecord fills e with the next record: lines up to one that ends outside of
// quotes.
func (p *parser) csvRecord(e *Entry) bool {
	for {
		end, next, whole, ok := p.line()
		if !ok {
			if p.flushing && p.rec < p.pos {
				p.csvEntry(e, p.pos, p.pos, true)
				return true
			}
			return false
		}
		first := p.rec == p.pos
		begins := p.buf[p.pos] >= '0' && p.buf[p.pos] <= '9' && isCSV(p.view(p.pos, end))
		if first && !begins { // the rest of a record whose beginning is lost
			p.skip(next)
			continue
		}
		if !first && begins { // the record before was cut
			p.csvEntry(e, p.pos, p.pos, true)
			return true
		}
		p.quotes += bytes.Count(p.buf[p.pos:end], []byte{'"'})
		p.advance(next)
		if p.quotes%2 == 0 {
			p.csvEntry(e, end, next, !whole)
			return true
		}
	}
}

// csvEntry makes the entry of the record that ends at end.
func (p *parser) csvEntry(e *Entry, end, next int, torn bool) {
	*e = Entry{Offset: p.base + int64(p.rec), End: p.base + int64(next), Truncated: torn}
	line := p.view(p.rec, end)
	for column, i := 0, 0; i <= len(line); column++ {
		var value string
		if i < len(line) && line[i] == '"' {
			to := stringEndCSV(line, i)
			value = line[i+1 : max(i+1, to)]
			if strings.IndexByte(value, '"') >= 0 {
				value = strings.ReplaceAll(value, `""`, `"`)
			}
			i = to + 2
		} else {
			n := strings.IndexByte(line[i:], ',')
			if n < 0 {
				n = len(line) - i
			}
			value = line[i : i+n]
			i += n + 1
		}
		if value != "" {
			p.csvColumn(e, column, value)
		}
	}
	p.rec, p.quotes = next, 0
	e.classify()
}

// stringEndCSV is the offset of the quote that closes the one at i.
func stringEndCSV(s string, i int) int {
	for i++; ; {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			return len(s)
		}
		if i += n; i+1 < len(s) && s[i+1] == '"' {
			i += 2
			continue
		}
		return i
	}
}

// csvColumn takes a column by its place: Postgres 12 has 23, 13 adds the
// backend's type, 14 the leader's pid and the query id.
func (p *parser) csvColumn(e *Entry, column int, s string) {
	switch column {
	case 0:
		e.Time, e.Zone = p.clock.read(s)
	case 1:
		e.User = s
	case 2:
		e.Database = s
	case 3:
		e.PID = int(number(s))
	case 4:
		e.Remote = s
	case 5:
		e.Session = s
	case 6:
		e.Line = number(s)
	case 7:
		e.Command = s
	case 9:
		e.VirtualID = s
	case 10:
		e.TxID = uint64(number(s))
	case 11:
		e.Severity = findSeverity(s)
	case 12:
		e.SQLState = s
	case 13:
		e.Message = s
	case 14:
		e.Detail = s
	case 15:
		e.Hint = s
	case 18:
		e.Context = s
	case 19:
		e.Statement = s
	case 22:
		e.App = s
	case 23:
		e.Backend = s
	case 25:
		e.QueryID = number(s)
	}
}
