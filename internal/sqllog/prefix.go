package sqllog

import "strings"

// What a step of a log_line_prefix is.
const (
	pLiteral  uint8 = iota
	pTime           // %t, %m
	pEpoch          // %n
	pPID            // %p
	pNumber         // a number that nobody asks for: %P
	pLine           // %l
	pSession        // %c
	pStart          // %s
	pUser           // %u
	pDatabase       // %d
	pApp            // %a
	pRemote         // %r, %h
	pText           // a text that nobody asks for: %L
	pBackend        // %b
	pCommand        // %i
	pVirtual        // %v
	pTxID           // %x
	pState          // %e
	pQueryID        // %Q
	pStop           // %q
)

var escapes = map[byte]uint8{
	't': pTime, 'm': pTime, 'n': pEpoch, 'p': pPID, 'P': pNumber, 'l': pLine, 'c': pSession, 's': pStart,
	'u': pUser, 'd': pDatabase, 'a': pApp, 'r': pRemote, 'h': pRemote, 'L': pText, 'b': pBackend,
	'i': pCommand, 'v': pVirtual, 'x': pTxID, 'e': pState, 'Q': pQueryID, 'q': pStop,
}

// step is one part of a prefix.
type step struct {
	kind   uint8
	padded bool // %-5p: spaces may stand around it
	text   string
}

// prefix is a log_line_prefix, ready to match lines.
type prefix struct {
	source string
	steps  []step
}

// compilePrefix reads the setting's text as Postgres does: an escape that is
// not known writes nothing.
func compilePrefix(text string) *prefix {
	p := &prefix{source: text}
	literal := func(s string) {
		if k := len(p.steps); k > 0 && p.steps[k-1].kind == pLiteral {
			p.steps[k-1].text += s
		} else {
			p.steps = append(p.steps, step{kind: pLiteral, text: s})
		}
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			literal(text[i : i+1])
			continue
		}
		j := i + 1
		for j < len(text) && (text[j] == '-' && j == i+1 || text[j] >= '0' && text[j] <= '9') {
			j++
		}
		if j >= len(text) {
			break
		}
		if text[j] == '%' {
			literal("%")
		} else if kind, ok := escapes[text[j]]; ok {
			p.steps = append(p.steps, step{kind: kind, padded: j > i+1})
		}
		i = j
	}
	return p
}

// maxText bounds how far the end of a user, application or the like is looked for.
const maxText = 512

// match reads a line's prefix into h; i is where the severity begins, ok says
// that there is one.
func (p *prefix) match(line string, h *head) bool {
	return p.matchFrom(0, line, 0, h)
}

func (p *prefix) matchFrom(k int, line string, i int, h *head) bool {
	for ; k < len(p.steps); k++ {
		st := &p.steps[k]
		if st.padded {
			i = skipBlank(line, i)
		}
		switch st.kind {
		case pLiteral:
			if !strings.HasPrefix(line[i:], st.text) {
				return false
			}
			i += len(st.text)
			continue
		case pStop:
			// a process without a session stops here
			if h.severityAt(line, i) {
				return true
			}
			continue
		case pUser, pDatabase, pApp, pRemote, pText, pBackend, pCommand:
			return p.matchText(k, line, i, h)
		}
		end := fieldEnd(st.kind, line, i)
		if end < 0 {
			return false
		}
		h.set(st.kind, line[i:end])
		i = end
		if st.padded {
			i = skipBlank(line, i)
		}
	}
	return h.severityAt(line, i)
}

// matchText tries the ends that a free text can have, the nearest first: where
// the literal after it stands.
func (p *prefix) matchText(k int, line string, i int, h *head) bool {
	kind, next := p.steps[k].kind, ""
	if k+1 < len(p.steps) && p.steps[k+1].kind == pLiteral {
		next = p.steps[k+1].text
	}
	limit := min(len(line), i+maxText)
	for end := i; end <= limit; end++ {
		if next != "" {
			n := strings.Index(line[end:limit], next)
			if n < 0 {
				return false
			}
			end += n
		}
		if p.matchFrom(k+1, line, end, h) {
			text := line[i:end]
			if p.steps[k].padded {
				text = strings.TrimRight(text, " ")
			}
			h.set(kind, text)
			return true
		}
	}
	return false
}

func skipBlank(s string, i int) int {
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}

// fieldEnd is where a field that has a form of its own ends, -1 where it has another.
func fieldEnd(kind uint8, s string, i int) int {
	switch kind {
	case pTime, pStart:
		return timeEnd(s, i)
	case pPID, pLine, pTxID:
		if end := digitsEnd(s, i); end > i {
			return end
		}
		return -1
	case pNumber:
		return digitsEnd(s, i)
	case pQueryID:
		if i < len(s) && s[i] == '-' {
			i++
		}
		return digitsEnd(s, i)
	case pEpoch:
		end := digitsEnd(s, i)
		if end == i {
			return -1
		}
		if end < len(s) && s[end] == '.' {
			end = digitsEnd(s, end+1)
		}
		return end
	case pSession:
		end := hexEnd(s, i)
		if end == i || end >= len(s) || s[end] != '.' {
			return -1
		}
		return hexEnd(s, end+1)
	case pVirtual: // empty where there is none
		end := digitsEnd(s, i)
		if end > i && end < len(s) && s[end] == '/' {
			return digitsEnd(s, end+1)
		}
		return i
	case pState:
		if i+5 > len(s) || !isSQLState(s[i:i+5]) {
			return -1
		}
		return i + 5
	}
	return -1
}

func digitsEnd(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

func hexEnd(s string, i int) int {
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f') {
		i++
	}
	return i
}

func isSQLState(s string) bool {
	digit := false
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			digit = true
		} else if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return digit
}
