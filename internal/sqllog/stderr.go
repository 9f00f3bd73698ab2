package sqllog

import "strings"

// span is a field of the current record: bytes from its beginning on.
type span struct {
	from, to int
	lines    bool // there is more than one
}

// lines reads a stderr log.
type lines struct {
	prefixes []*prefix // those found so far, the one in use first
	searches int       // how often one was looked for

	open  bool // there is a current record
	head  head
	spans [fields]span
	field field // the field that a continuation belongs to
	torn  bool  // its last line has no end
}

// maxSearches bounds how often a prefix is looked for in lines that match none.
const maxSearches = 32

// stderrRecord fills e with the next message and the lines that belong to it.
func (p *parser) stderrRecord(e *Entry) bool {
	for {
		end, next, whole, ok := p.line()
		if !ok {
			if p.flushing && p.open {
				p.finish(e)
				return true
			}
			return false
		}
		if p.buf[p.pos] == '\t' && end > p.pos {
			p.continued(end, next, whole)
			continue
		}
		var h head
		text := p.view(p.pos, end)
		known := p.matchLine(text, &h)
		switch {
		case !known || h.field != fMessage && !p.open:
			p.foreign(next)
		case h.field != fMessage:
			p.field, p.torn = h.field, !whole
			p.spans[h.field] = span{from: p.pos + h.text - p.rec, to: end - p.rec}
			p.advance(next)
		default:
			done := p.open
			if done {
				p.finish(e)
			}
			p.begin(h, end, next, whole)
			if done {
				return true
			}
		}
	}
}

// matchLine reads a line's prefix by those found so far, or by a new one.
func (p *parser) matchLine(text string, h *head) bool {
	for k, x := range p.prefixes {
		if x.match(text, h) {
			if k > 0 {
				p.prefixes[0], p.prefixes[k] = x, p.prefixes[0]
			}
			return true
		}
		*h = head{}
	}
	if p.searches >= maxSearches || severityPlace(text) < 0 {
		return false
	}
	p.searches++
	x := recognize(sample(p.view(p.pos, len(p.buf)), p.final))
	if x == nil || !x.match(text, h) {
		return false
	}
	p.prefixes = append([]*prefix{x}, p.prefixes...)
	return true
}

// continued takes a line that begins with a tab: more of the field before it.
func (p *parser) continued(end, next int, whole bool) {
	if !p.open {
		p.skip(next)
		return
	}
	s := &p.spans[p.field]
	s.to, s.lines = end-p.rec, true
	p.torn = !whole
	p.advance(next)
}

// foreign takes a line that Postgres did not write, or whose beginning is lost.
func (p *parser) foreign(next int) {
	if !p.open {
		p.skip(next)
		return
	}
	p.skipped += int64(next - p.pos)
	p.field = fIgnored
	p.advance(next)
}

func (p *parser) begin(h head, end, next int, whole bool) {
	p.rec = p.pos
	p.open, p.head, p.field, p.torn = true, h, fMessage, !whole
	p.spans = [fields]span{fMessage: {from: h.text, to: end - p.rec}}
	p.advance(next)
}

// finish makes the entry of the current record.
func (p *parser) finish(e *Entry) {
	h := &p.head
	*e = Entry{
		Offset: p.base + int64(p.rec), End: p.base + int64(p.pos),
		PID: int(number(h.pid)), Session: h.session, Line: number(h.line), User: h.user, Database: h.database,
		App: h.app, Remote: h.remote, VirtualID: h.virtual, TxID: uint64(number(h.txid)), Backend: h.backend,
		Command: h.command, QueryID: number(h.queryID), Severity: h.severity, SQLState: h.state,
		Message: p.text(fMessage), Truncated: p.torn,
	}
	if h.time != "" {
		e.Time, e.Zone = p.clock.read(h.time)
	} else if h.epoch != "" {
		e.Time = p.clock.epoch(h.epoch)
	}
	for f := fDetail; f <= fStatement; f++ {
		if p.spans[f].to > 0 {
			*[...]*string{fDetail: &e.Detail, fHint: &e.Hint, fContext: &e.Context, fStatement: &e.Statement}[f] = p.text(f)
		}
	}
	if m := e.Message; len(m) > 7 && m[5] == ':' && m[6] == ' ' && isSQLState(m[:5]) { // log_error_verbosity = verbose
		e.SQLState, e.Message = m[:5], m[7:]
	}
	p.open = false
	p.rec = p.pos
	e.classify()
}

// text is a field's text, the tabs of its further lines taken out.
func (p *parser) text(f field) string {
	s := p.spans[f]
	t := p.view(p.rec+s.from, p.rec+s.to)
	if !s.lines {
		return t
	}
	out := make([]byte, 0, len(t))
	for {
		n := strings.IndexByte(t, '\n')
		if n < 0 {
			break
		}
		out = append(out, strings.TrimSuffix(t[:n], "\r")...)
		out = append(out, '\n')
		t = strings.TrimPrefix(t[n+1:], "\t")
	}
	return string(append(out, t...))
}

// number reads a decimal number, 0 where there is none.
func number(s string) int64 {
	negative := s != "" && s[0] == '-'
	if negative {
		s = s[1:]
	}
	var n int64
	for i := 0; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = n*10 + int64(s[i]-'0')
	}
	if negative {
		return -n
	}
	return n
}
