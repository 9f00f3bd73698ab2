package report

import (
	"io"
	"strings"

	"github.com/olekukonko/ll"
	"github.com/olekukonko/tablewriter/tw"
)

// renderer draws our tables for tablewriter: no borders, a rule under the
// header, two spaces between columns, no spaces at the end of a line. tablewriter's own renderer sums the widths of runes and so misplaces
// everything after an emoji that is made of several.
type renderer struct {
	w      io.Writer
	color  bool
	right  []bool
	widths []int
	buf    []byte
}

// Start implements tw.Renderer.
func (r *renderer) Start(w io.Writer) error {
	r.w = w
	return nil
}

// Header implements tw.Renderer: the names and a rule under each.
func (r *renderer) Header(header [][]string, _ tw.Formatting) {
	for _, names := range header {
		if r.color {
			bold := make([]string, len(names))
			for i, name := range names {
				bold[i] = paint(boldOn, name)
			}
			names = bold
		}
		r.line(names)
	}
	rules := make([]string, len(r.widths))
	for i, w := range r.widths {
		rules[i] = strings.Repeat("─", w)
		if r.color {
			rules[i] = paint(dimOn, rules[i])
		}
	}
	r.line(rules)
}

// Row implements tw.Renderer.
func (r *renderer) Row(row []string, _ tw.Formatting) { r.line(row) }

// line writes one line.
func (r *renderer) line(row []string) {
	r.buf = r.buf[:0]
	owed := 0 // spaces, written only if something follows
	for i, text := range row {
		if i >= len(r.widths) {
			break
		}
		if i > 0 {
			owed += gap
		}
		pad := max(r.widths[i]-screenWidth(text), 0)
		if r.right[i] {
			owed += pad
			pad = 0
		}
		if text != "" {
			for ; owed > 0; owed-- {
				r.buf = append(r.buf, ' ')
			}
			r.buf = append(r.buf, text...)
		}
		owed += pad
	}
	_, _ = r.w.Write(append(r.buf, '\n')) // into memory: see tail
}

// Footer implements tw.Renderer: there is none.
func (r *renderer) Footer([][]string, tw.Formatting) {}

// Line implements tw.Renderer: Header has drawn the only one.
func (r *renderer) Line(tw.Formatting) {}

// Close implements tw.Renderer.
func (r *renderer) Close() error { return nil }

// Logger implements tw.Renderer.
func (r *renderer) Logger(*ll.Logger) {}

// Config implements tw.Renderer: rows may come one by one, there are no lines.
func (r *renderer) Config() tw.Rendition {
	return tw.Rendition{Streaming: true, Borders: tw.BorderNone, Settings: tw.Settings{
		Lines:      tw.LinesNone,
		Separators: tw.SeparatorsNone,
	}}
}
