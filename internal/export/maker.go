package export

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// Options say how rows become cells.
type Options struct {
	Flatten bool // keys of dicts inside dicts are columns of their own, with dots
	Reveal  bool // show secrets
	// MaskURLs appends a text to dst with the passwords in its URLs masked, and
	// says how many there were. It is asked for texts that PsyNet fills itself.
	MaskURLs func(dst, text []byte) ([]byte, int)
}

// maxKeys bounds the columns of a file that are keys: a dict that is keyed by
// participants has as many keys as the study has people.
const maxKeys = 2000

// shape is how the values of a column become cells.
type shape uint8

const (
	asText    shape = iota
	asURLs          // text in which passwords of URLs are masked
	asInteger       // asInteger to asInstant are what Postgres prints
	asFloat
	asNumeric
	asBoolean
	asDate
	asDatetime
	asInstant
	asJSON   // json, jsonb
	asPickle // jsonpickle
	asSecret
	asConstant // the same in all rows of the file
)

// Maker makes the cells of one file's rows. It serves one goroutine.
type Maker struct {
	File   *File
	Masked int64 // values that were masked
	Junk   int64 // values of jsonpickle columns that are none
	Beyond int64 // keys that got no column, because there are too many

	o       Options
	base    []field
	sources []*source
	cells   []Cell
	arena   []byte // what the cells of the present row hold
}

// field is a column that every row has.
type field struct {
	at       int // among the values of a row
	shape    shape
	constant Cell
	memo     memo
}

// spread are the columns whose keys are columns, too, in PsyNet's order: a key of two
// belongs to the first. All but the first are a trial's.
var spread = []string{"vars", "definition", "answer"}

// NewMaker prepares to make cells of rows of the file that have the given columns.
func NewMaker(s *schema.Schema, f *File, columns []schema.Column, o Options) *Maker {
	m := &Maker{File: f, o: o}
	known := s.KnownColumns(f.Table)
	for _, c := range f.Columns {
		at := slices.IndexFunc(columns, func(s schema.Column) bool { return s.Name == c.Source })
		switch {
		case at < 0:
			name := f.Class
			if strings.HasSuffix(c.Name, "object_type") {
				name = f.root
			}
			m.base = append(m.base, field{shape: asConstant, constant: Cell{[]byte(name), String}})
			continue
		case columns[at].Class && f.Class != "":
			m.base = append(m.base, field{shape: asConstant, constant: Cell{[]byte(f.Class), String}})
			continue
		}
		b := field{at: at, shape: shapeOf(columns[at], known[c.Source], o)}
		if i := slices.Index(spread, c.Source); b.shape == asPickle && (i == 0 || i > 0 && f.trial) {
			m.sources = append(m.sources, newSource(m, c.Source, len(m.base), at))
		}
		m.base = append(m.base, b)
	}
	// PsyNet's order: what vars has comes before what a definition has.
	slices.SortFunc(m.sources, func(a, b *source) int {
		return cmp.Compare(slices.Index(spread, a.name), slices.Index(spread, b.name))
	})
	m.cells = make([]Cell, len(f.Columns))
	return m
}

// shapeOf chooses how the values of a column become cells.
func shapeOf(c schema.Column, known bool, o Options) shape {
	if c.Secret && !o.Reveal {
		return asSecret
	}
	switch c.Kind {
	case schema.Bool:
		return asBoolean
	case schema.Int:
		return asInteger
	case schema.Float:
		return asFloat
	case schema.Numeric:
		return asNumeric
	case schema.Date:
		return asDate
	case schema.Timestamp:
		return asDatetime
	case schema.TimestampTZ:
		return asInstant
	case schema.JSON, schema.Array: // which repo sends as JSON
		return asJSON
	case schema.Pickle:
		return asPickle
	}
	if known && !o.Reveal && o.MaskURLs != nil {
		return asURLs
	}
	return asText
}

// Cells are the cells of a row, one for each of the file's columns so far: a key
// that is met for the first time adds one. They are valid until the next call.
func (m *Maker) Cells(values [][]byte) []Cell {
	if cap(m.arena) > maxArena {
		m.arena = nil
	}
	m.arena = m.arena[:0]
	for i := m.File.base; i < len(m.cells); i++ {
		m.cells[i] = Cell{}
	}
	for i := range m.base {
		m.cells[i] = m.cell(&m.base[i], values)
	}
	for _, s := range m.sources {
		if c := m.cells[s.cell]; c.Kind == Object && !bytes.HasPrefix(values[s.at], taggedObject) {
			s.add(c.Text)
		}
	}
	for i := range m.cells {
		m.File.Columns[i].Kind |= m.cells[i].Kind
	}
	return m.cells
}

// hidden stands for a masked value.
var hidden = []byte("***")

// taggedObject begins an object of jsonpickle that is no dict.
var taggedObject = []byte(`{"py/`)

// maxArena is how much memory a row may leave behind.
const maxArena = 4 << 20

// cell is the cell of a column that every row has.
func (m *Maker) cell(b *field, values [][]byte) Cell {
	if b.shape == asConstant {
		return b.constant
	}
	v := values[b.at]
	if v == nil {
		return Cell{}
	}
	switch b.shape {
	case asInteger:
		return Cell{v, Integer}
	case asFloat:
		return Cell{v, Number}
	case asNumeric:
		return Cell{v, numericKind(v)}
	case asBoolean:
		return Cell{v, Boolean}
	case asDate:
		return Cell{v, timeKind(v, Date)}
	case asDatetime:
		return Cell{v, timeKind(v, Datetime)}
	case asInstant:
		return Cell{v, timeKind(v, Instant)}
	case asPickle:
		return m.pickle(v, &b.memo)
	case asJSON:
		return m.document(v, &b.memo)
	case asSecret:
		m.Masked++
		return Cell{hidden, String}
	case asURLs:
		if bytes.IndexByte(v, ':') >= 0 {
			start, n := len(m.arena), 0
			if m.arena, n = m.o.MaskURLs(m.arena, v); n > 0 {
				m.Masked++
				return Cell{m.arena[start:], String}
			}
		}
	}
	return Cell{v, String}
}

// pickle is the cell of a jsonpickle text: a string without its quotes, a list or a
// dict as JSON; what is no jsonpickle as it stands.
func (m *Maker) pickle(v []byte, known *memo) Cell {
	if len(v) == 0 {
		m.Junk++
		return Cell{v, String}
	}
	switch first := v[0]; {
	case string(v) == "{}", string(v) == "[]": // most vars are
		return Cell{v, jsonKind(v)}
	case first == '"' && plainString(v):
		return Cell{v[1 : len(v)-1], String}
	case integerKind(v) != 0:
		return Cell{v, integerKind(v)}
	}
	if c, ok := known.get(v); ok {
		return c
	}
	start := len(m.arena)
	decoded, err := pyjson.AppendJSON(m.arena, v, pyjson.NaNString)
	if err != nil {
		m.Junk++
		return Cell{v, String}
	}
	m.arena = decoded
	c := m.value(decoded[start:])
	known.put(v, c)
	return c
}

// document is the cell of json or jsonb.
func (m *Maker) document(v []byte, known *memo) Cell {
	if v[0] != '{' && v[0] != '[' || bytes.IndexByte(v, '\n') >= 0 {
		return m.pickle(v, known) // which reads JSON, too, and writes it on one line
	}
	return Cell{v, jsonKind(v)}
}

// value is the cell of one JSON value without whitespace around it.
func (m *Maker) value(v []byte) Cell {
	switch v[0] {
	case '{', '[':
		return Cell{v, jsonKind(v)}
	case '"':
		text := v[1 : len(v)-1]
		if bytes.IndexByte(text, '\\') >= 0 {
			start := len(m.arena)
			m.arena, _ = pyjson.AppendText(m.arena, v) // valid, as the document is
			text = m.arena[start:]
		}
		switch string(text) {
		case "NaN", "Infinity", "-Infinity":
			return Cell{text, Number}
		}
		if isMoment(text) {
			return Cell{text, Datetime}
		}
		return Cell{text, String}
	case 't', 'f':
		return Cell{v, Boolean}
	case 'n':
		return Cell{}
	}
	if k := integerKind(v); k != 0 {
		return Cell{v, k}
	}
	return Cell{v, Number}
}
