package export

import (
	"bytes"
	"encoding/json"
	"strings"
)

// place is where in a file the audit is: in which line, and in which column.
type place struct {
	line, byte int64
	layout     layout
	inside     bool // a string

	// CSV: how many cells of the row are behind, and the header's names.
	cell   int
	first  bool // the header is not yet behind
	name   []byte
	header []string

	// NDJSON.
	depth   int
	key     []byte // the last one of the line's own
	keys    bool   // the next string is a key
	naming  bool   // in a key
	escaped bool
}

// layout is how a file tells its columns apart.
type layout uint8

const (
	plainText layout = iota
	csvRows
	jsonLines
)

// newPlace is the beginning of a file.
func newPlace(name string) place {
	p := place{line: 1, byte: 1, first: true}
	switch {
	case strings.HasSuffix(name, ".csv"):
		p.layout = csvRows
	case strings.HasSuffix(name, ".ndjson"):
		p.layout = jsonLines
	}
	return p
}

// field is the column at the place; empty in a name of one.
func (p *place) field() string {
	switch {
	case p.layout == csvRows && !p.first && p.cell < len(p.header):
		return p.header[p.cell]
	case p.layout == jsonLines && p.depth > 0 && !p.naming:
		var name string
		if json.Unmarshal(append(append([]byte{'"'}, p.key...), '"'), &name) == nil {
			return name
		}
	}
	return ""
}

// move goes over some text.
func (p *place) move(text []byte) {
	if n := bytes.Count(text, newline); n > 0 {
		p.line += int64(n)
		p.byte = int64(len(text) - bytes.LastIndexByte(text, '\n'))
	} else {
		p.byte += int64(len(text))
	}
	switch p.layout {
	case csvRows:
		p.csv(text)
	case jsonLines:
		p.json(text)
	}
}

var newline = []byte("\n")

// csv goes over rows of CSV. A doubled quote ends a string and begins it again.
func (p *place) csv(text []byte) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if p.inside && c != '"' && !p.first {
			n := bytes.IndexByte(text[i:], '"')
			if n < 0 {
				return
			}
			i += n
			c = '"'
		}
		switch {
		case c == '"':
			p.inside = !p.inside
			if p.first && p.inside && len(p.name) > 0 {
				p.name = append(p.name, c)
			}
		case p.inside:
			p.name = append(p.name, c)
		case c == ',' || c == '\n':
			if p.first {
				p.header = append(p.header, string(p.name))
				p.name = p.name[:0]
			}
			if p.cell++; c == '\n' {
				p.first, p.cell = false, 0
			}
		case p.first && c != '\r':
			p.name = append(p.name, c)
		}
	}
}

// json goes over lines of JSON.
func (p *place) json(text []byte) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if p.inside {
			switch {
			case p.escaped:
				p.escaped = false
			case c == '\\':
				p.escaped = true
			case c == '"':
				p.inside, p.naming = false, false
				continue
			}
			if p.naming {
				p.key = append(p.key, c)
			}
			continue
		}
		switch c {
		case '"':
			p.inside = true
			if p.naming = p.keys && p.depth == 1; p.naming {
				p.key = p.key[:0]
			}
		case '{', '[':
			p.depth++
			p.keys = p.depth == 1
		case '}', ']':
			p.depth--
		case ',':
			p.keys = p.depth == 1
		case ':':
			p.keys = p.keys && p.depth != 1
		}
	}
}
