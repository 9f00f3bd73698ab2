package export

import (
	"bytes"
	"strings"
)

// memo remembers what texts of a column were decoded to: definitions, pages and
// settings repeat from row to row. Where they do not, it gives up.
type memo struct {
	cells       map[string]Cell
	size        int // bytes of both sides
	asked, held int
}

// The bounds of a memo: how much it remembers, and of how many questions it must
// have known a quarter to go on.
const (
	memoSize  = 1 << 20
	memoText  = 8 << 10 // longer texts seldom repeat
	memoTrial = 4096
)

// get is the cell of a text that is remembered.
func (m *memo) get(text []byte) (Cell, bool) {
	if m.asked == memoTrial {
		if m.held < memoTrial/4 {
			m.cells, m.size = nil, memoSize // no more
			return Cell{}, false
		}
		m.asked, m.held = 0, 0
	}
	m.asked++
	c, ok := m.cells[string(text)]
	if ok {
		m.held++
	}
	return c, ok
}

// put remembers a cell, unless there is no room.
func (m *memo) put(text []byte, c Cell) {
	n := len(text) + len(c.Text)
	if n > memoText || m.size+n > memoSize {
		return
	}
	if m.cells == nil {
		m.cells = map[string]Cell{}
	}
	m.size += n
	m.cells[strings.Clone(string(text))] = Cell{bytes.Clone(c.Text), c.Kind}
}
