package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"exptool/internal/schema"
)

// The first rows of a table decide its widths; after as many rows or bytes it
// streams with them.
const (
	sampleRows  = 1000
	sampleBytes = 4 << 20
)

// slack is what a column of numbers gets in addition where more rows follow
// than the widths were decided by: ids grow.
const slack = 3

// table writes a table fitted to a terminal: one line a row, cells that do not
// fit end in …, numbers to the right.
type table struct {
	cells   *cells
	o       Options
	sum     *Summary
	names   []string
	rigid   []bool
	right   []bool
	maybe   []bool // to the right if all values of the sample are numbers
	limit   int    // bytes of a value that can matter
	columns []natural
	sample  [][]string
	bytes   int
	counts  []count // of the sample
	scratch []byte
	out     *tail
	writer  *tablewriter.Table // nil until the widths are decided
	widths  []int
}

// count is what the sample of one column adds to the summary, to be taken back
// if the column is left out.
type count struct{ masked, junk int64 }

// tail collects what tablewriter writes; the encoder takes it from there.
type tail struct{ buf []byte }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	return len(p), nil
}

// newTable makes the encoder of format table.
func newTable(c *cells, o Options, sum *Summary) *table {
	n := len(c.columns)
	t := &table{
		cells: c, o: o, sum: sum,
		rigid: make([]bool, n), right: make([]bool, n), maybe: make([]bool, n),
		columns: make([]natural, n), counts: make([]count, n), out: &tail{},
	}
	if o.Width > 0 {
		t.limit = 16 * o.Width // bytes: no cluster worth reading is longer
	}
	for i, col := range c.columns {
		name := string(appendVisible(nil, []byte(col.Name), 0))
		t.names = append(t.names, name)
		s := c.shapes[i]
		t.right[i] = s == number
		t.maybe[i] = s == pickle || s == plain && col.Kind == schema.Other
		t.rigid[i] = s == number || s == moment || s == boolean
		if o.Header {
			t.columns[i].header = screenWidth(name)
		}
	}
	return t
}

func (t *table) begin(dst []byte) []byte { return dst }

func (t *table) row(dst []byte, values [][]byte) []byte {
	row := make([]string, len(values))
	if t.writer != nil {
		row = row[:len(t.widths)]
	}
	for i := range row {
		masked, junk := t.sum.Masked, t.sum.Junk
		row[i] = t.show(i, values[i])
		t.counts[i].masked += t.sum.Masked - masked
		t.counts[i].junk += t.sum.Junk - junk
	}
	if t.writer != nil {
		return t.line(dst, row)
	}
	for i, text := range row {
		t.columns[i].data = max(t.columns[i].data, screenWidth(text))
		t.bytes += len(text)
	}
	t.sample = append(t.sample, row)
	if len(t.sample) < sampleRows && t.bytes < sampleBytes {
		return dst
	}
	return t.layOut(dst, slack)
}

func (t *table) end(dst []byte) []byte {
	if t.writer == nil {
		dst = t.layOut(dst, 0)
	}
	_ = t.writer.Close() // writes nothing: there is no border below
	return dst
}

// show is a cell as the terminal may see it, not yet cut.
func (t *table) show(i int, v []byte) string {
	if v = t.cells.text(i, v); v == nil {
		return t.dim(t.o.NA)
	}
	if len(v) == 0 {
		t.maybe[i] = false
		return t.dim(`""`)
	}
	if kind := t.cells.columns[i].Kind; t.o.Round && (kind == schema.Float || kind == schema.Numeric) {
		v = rounded(v)
	}
	if t.maybe[i] && !isNumber(v) {
		t.maybe[i] = false
	}
	t.scratch = appendVisible(t.scratch[:0], v, t.limit)
	if t.limit > 0 && len(v) > t.limit {
		t.scratch = append(t.scratch, "…"...)
	}
	return string(t.scratch)
}

// rounded is a number with the six digits that matter to somebody who reads it;
// one that would need an exponent stays as it is.
func rounded(v []byte) []byte {
	f, err := strconv.ParseFloat(string(v), 64)
	if abs := math.Abs(f); err != nil || len(v) <= 8 || abs >= 1e6 || abs < 1e-4 {
		return v
	}
	return strconv.AppendFloat(nil, f, 'g', 6, 64)
}

// dim is text that stands for something else.
func (t *table) dim(text string) string {
	if !t.o.Color {
		return text
	}
	return paint(dimOn, text)
}

// layOut decides the widths and writes the sample.
func (t *table) layOut(dst []byte, slack int) []byte {
	for i := range t.columns {
		filled := t.columns[i].data > 0
		t.right[i] = t.right[i] || t.maybe[i] && filled
		t.columns[i].rigid = t.rigid[i] || t.right[i] || i == 0 && t.o.KeepFirst
		if t.right[i] && filled {
			t.columns[i].data += slack
		}
	}
	t.widths = fit(t.columns, t.o.Width, t.o.HideColumns)
	t.sum.Hidden = t.names[len(t.widths):]
	for _, left := range t.counts[len(t.widths):] {
		t.sum.Masked -= left.masked
		t.sum.Junk -= left.junk
	}
	t.writer = t.start()
	for _, row := range t.sample {
		dst = t.line(dst, row[:len(t.widths)])
	}
	t.sample = nil
	if len(t.out.buf) > 0 { // a table without rows has its header
		dst = append(dst, t.out.buf...)
		t.out.buf = t.out.buf[:0]
	}
	return dst
}

// start makes the tablewriter and writes the header.
func (t *table) start() *tablewriter.Table {
	widths := tw.NewMapper[int, int]()
	align := make([]tw.Align, len(t.widths))
	for i, w := range t.widths {
		widths.Set(i, w)
		align[i] = tw.AlignLeft
		if t.right[i] {
			align[i] = tw.AlignRight
		}
	}
	asIs := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align},
		Padding:    tw.CellPadding{Global: tw.PaddingNone},
	}
	w := tablewriter.NewTable(t.out,
		tablewriter.WithConfig(tablewriter.Config{
			Header:   asIs,
			Row:      asIs,
			Stream:   tw.StreamConfig{Enable: true},
			Widths:   tw.CellWidth{PerColumn: widths},
			Behavior: tw.Behavior{TrimSpace: tw.Off, TrimLine: tw.Off, TrimTab: tw.Off},
		}),
		// In a Config WrapNone is taken for "not said".
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithRenderer(&renderer{color: t.o.Color, right: t.right, widths: t.widths}),
	)
	if err := w.Start(); err != nil {
		panic(fmt.Sprintf("report: a table that cannot start: %v", err)) // our renderer streams
	}
	if t.o.Header {
		header := make([]string, len(t.widths))
		for i := range header {
			header[i], _ = cut(t.names[i], t.widths[i])
		}
		w.Header(header)
	}
	return w
}

// line writes a row.
func (t *table) line(dst []byte, row []string) []byte {
	for i, text := range row {
		var short bool
		if len(text) > t.widths[i] {
			row[i], short = cut(text, t.widths[i])
		}
		if short {
			t.sum.Cut++
		}
	}
	_ = t.writer.Append(row) // into memory
	dst = append(dst, t.out.buf...)
	t.out.buf = t.out.buf[:0]
	return dst
}
