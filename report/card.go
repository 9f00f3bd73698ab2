package report

import (
	"bytes"
	"io"
	"strings"

	"exptool/internal/schema"
)

// Field is a line of a card: a value of a row, or a relation of it.
type Field struct {
	Label   string // empty: the column's name
	Column  schema.Column
	Value   []byte // as Postgres prints it; nil is NULL
	Type    string // shown beside the label; may be empty
	Section string // a heading is written where it changes
}

// Card writes one row as `exptool show` does: a field a line, values decoded and
// long ones wrapped to the width beside their labels. Lines of a text stay
// lines; other control characters are made visible.
func Card(w io.Writer, fields []Field, o Options) (Summary, error) {
	var sum Summary
	columns := make([]schema.Column, len(fields))
	for i, f := range fields {
		columns[i] = f.Column
	}
	cells := newCells(columns, o, &sum)
	card := &card{o: o}
	for i, f := range fields {
		label := f.Label
		if label == "" {
			label = f.Column.Name
		}
		p := part{label: clean(label), kind: clean(f.Type), section: clean(f.Section)}
		switch v := cells.text(i, f.Value); {
		case v == nil && o.NA != "":
			p.text, p.dim = o.NA, true
		case v == nil:
			p.text, p.dim = "NULL", true
		case len(v) == 0:
			p.text, p.dim = `""`, true
		default:
			p.text = lines(v)
		}
		card.parts = append(card.parts, p)
	}
	sum.Rows = 1
	return sum, flush(w, card.draw())
}

// Pair is a line of KeyValues.
type Pair struct{ Key, Value string }

// KeyValues writes pairs, the values below each other and wrapped to the width.
func KeyValues(w io.Writer, pairs []Pair, o Options) error {
	card := &card{o: o}
	for _, p := range pairs {
		card.parts = append(card.parts, part{label: clean(p.Key), text: lines([]byte(p.Value))})
	}
	return flush(w, card.draw())
}

// part is a field ready to be laid out: nothing in it acts on a terminal.
type part struct {
	label, kind, section, text string
	dim                        bool // text stands for something else
}

// card lays parts out.
type card struct {
	o     Options
	parts []part
	buf   []byte
}

// leastValue is the room below which values begin on a line of their own.
const leastValue = 20

// draw writes all parts.
func (c *card) draw() []byte {
	label, kind := 0, 0
	for _, p := range c.parts {
		label = max(label, screenWidth(p.label))
		kind = max(kind, screenWidth(p.kind))
	}
	indent := label + gap
	if kind > 0 {
		indent += kind + gap
	}
	below := c.o.Width > 0 && c.o.Width-indent < leastValue
	if below {
		indent = gap
	}
	for i, p := range c.parts {
		if p.section != "" && (i == 0 || c.parts[i-1].section != p.section) {
			c.heading(i, p.section)
		}
		c.pad(c.paint(boldOn, p.label), label)
		if kind > 0 {
			c.pad(strings.Repeat(" ", gap)+c.paint(dimOn, p.kind), kind+gap)
		}
		if below {
			c.end()
		}
		for j, line := range wrap(p.text, c.room(indent)) {
			if p.dim {
				line = c.paint(dimOn, line)
			}
			blank := indent
			if j == 0 && !below {
				blank = gap
			}
			c.buf = append(append(c.buf, strings.Repeat(" ", blank)...), line...)
			c.end()
		}
	}
	return c.buf
}

// room is the width beside an indent; 0 is without bound.
func (c *card) room(indent int) int {
	if c.o.Width <= 0 {
		return 0
	}
	return max(c.o.Width-indent, 1)
}

// heading writes the name of a section.
func (c *card) heading(i int, section string) {
	if i > 0 {
		c.buf = append(c.buf, '\n')
	}
	c.buf = append(append(c.buf, c.paint(dimOn, section)...), '\n')
}

// pad appends text and spaces up to a width.
func (c *card) pad(text string, width int) {
	c.buf = append(c.buf, text...)
	for n := screenWidth(text); n < width; n++ {
		c.buf = append(c.buf, ' ')
	}
}

// end ends a line, without spaces before its end.
func (c *card) end() {
	c.buf = append(bytes.TrimRight(c.buf, " "), '\n')
}

// paint colours text where colours are wanted.
func (c *card) paint(on, text string) string {
	if !c.o.Color {
		return text
	}
	return paint(on, text)
}

// clean is text made visible, on one line.
func clean(text string) string { return string(appendVisible(nil, []byte(text), 0)) }

// lines is text made visible, with its line breaks.
func lines(text []byte) string {
	var out []byte
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		if i > 0 {
			out = append(out, '\n')
		}
		out = appendVisible(out, bytes.TrimSuffix(line, []byte("\r")), 0)
	}
	return string(out)
}

// wrap breaks text into lines no wider than width (0: only where it has line
// breaks), after spaces where it can.
func wrap(text string, width int) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if width <= 0 {
			out = append(out, line)
		} else {
			out = fold(out, line, width)
		}
	}
	return out
}

// fold appends the pieces of one line.
func fold(out []string, line string, width int) []string {
	start, space := 0, 0 // offsets of the piece, and behind its last space
	used, word := 0, 0   // cells since start, and since space
	pos := 0
	for g := screen.StringGraphemes(line); g.Next(); {
		n := g.Width()
		blank := g.Value() == " "
		for used+n > width && used > 0 && !blank {
			if space == start { // one word without end
				space, word = pos, 0
			}
			out = append(out, strings.TrimRight(line[start:space], " "))
			start, used = space, word
		}
		pos += len(g.Value())
		used += n
		word += n
		if blank {
			space, word = pos, 0
		}
	}
	return append(out, strings.TrimRight(line[start:], " "))
}
