package export

import (
	"strings"

	"exptool/internal/pyjson"
)

// source is a column whose keys are columns, too.
type source struct {
	m       *Maker
	name    string
	cell    int            // its own place among the cells
	at      int            // and among the values of a row
	private bool           // keys that begin with _ are PsyNet's own, and stay inside
	places  map[string]int // of the column of a key, by its path; -1: it got none
	path    []byte
}

func newSource(m *Maker, name string, cell, at int) *source {
	return &source{m: m, name: name, cell: cell, at: at, private: name == "vars", places: map[string]int{}}
}

// add puts the values of a dict's keys into their columns.
func (s *source) add(doc []byte) { s.members(doc, s.path[:0]) }

func (s *source) members(doc, path []byte) {
	start := len(path)
	eachMember(doc, func(key, value []byte) {
		if start == 0 && s.private && len(key) > 0 && key[0] == '_' {
			return
		}
		path = append(path[:start], key...)
		if s.m.o.Flatten && value[0] == '{' && len(value) > 2 {
			s.members(value, append(path, 0))
			return
		}
		if i := s.place(path); i >= 0 {
			s.m.cells[i] = s.m.value(value)
		}
	})
	s.path = path[:0]
}

// place is the column of a key, which a new one adds.
func (s *source) place(path []byte) int {
	i, ok := s.places[string(path)]
	if ok {
		return i
	}
	f := s.m.File
	if len(f.Columns)-f.base >= maxKeys {
		s.m.Beyond++
		f.more = true
		return -1
	}
	keys := strings.Split(string(path), "\x00")
	for i, key := range keys {
		if strings.Contains(key, `\`) {
			text, _ := pyjson.AppendText(nil, []byte(`"`+key+`"`)) // valid, as the dict is
			keys[i] = string(text)
		}
	}
	i = len(f.Columns)
	f.Columns = append(f.Columns, Column{Name: f.free(strings.Join(keys, "."), s.name), Source: s.name, Key: keys})
	s.m.cells = append(s.m.cells, Cell{})
	s.places[strings.Clone(string(path))] = i
	return i
}

// eachMember calls do for the members of a dict that is valid JSON without
// whitespace. Keys are as they are written, without their quotes.
func eachMember(doc []byte, do func(key, value []byte)) {
	for i := 1; i < len(doc)-1; i++ { // from behind { or ,
		end := stringEnd(doc, i)
		value := end + 1
		next := valueEnd(doc, value)
		do(doc[i+1:end-1], doc[value:next])
		i = next
	}
}

// stringEnd is where the string ends that begins at i.
func stringEnd(doc []byte, i int) int {
	for i++; doc[i] != '"'; i++ {
		if doc[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// valueEnd is where the value ends that begins at i.
func valueEnd(doc []byte, i int) int {
	for depth := 0; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			i = stringEnd(doc, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // of a number or a word in front of it
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}
