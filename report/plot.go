package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a drawing: panels side by side, three in a row, under a title.
type Figure struct {
	Title  string // broken into lines where it is long
	Panels []Panel
}

// Panel is a chart with axes that fit its series, and a legend of those that have a
// name.
type Panel struct {
	Title, XLabel, YLabel string
	Series                []Series
}

// SeriesKind is how a series is drawn.
type SeriesKind int

// The kinds.
const (
	Line   SeriesKind = iota // through the points (X, Y); broken where Y is NaN
	Dashed                   // a thin grey line, to compare with
	Bars                     // bars from 0 to Y, between edges X: one more than Y
)

// Series is data to draw.
type Series struct {
	Name string // in the legend; empty: not there
	Kind SeriesKind
	X, Y []float64
}

// PlotFormat is a format that Plot writes.
type PlotFormat string

// The formats.
const (
	SVG PlotFormat = "svg" // text is text, in a font as wide as Arial; nothing outside is referred to
	PNG PlotFormat = "png" // two pixels a point
)

// PlotFormatOf is the format that a file's name asks for by its ending.
func PlotFormatOf(name string) (PlotFormat, error) {
	switch format := PlotFormat(strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))); format {
	case SVG, PNG:
		return format, nil
	}
	return "", fmt.Errorf("a plot is written as .svg or .png, not as %q", filepath.Base(name))
}

// Sizes in points.
const (
	panelWidth  = 300.0
	panelHeight = 250.0
	panelGap    = 18.0
	margin      = 14.0
	titleGap    = 8.0 // under the title
	inRow       = 3
	pngDPI      = 144
)

// Plot writes a figure. The same figure gives the same bytes.
func Plot(w io.Writer, f Figure, format PlotFormat) error {
	if err := f.check(); err != nil {
		return err
	}
	faces, err := newFaces()
	if err != nil {
		return err
	}
	columns := max(1, min(inRow, len(f.Panels)))
	rows := (len(f.Panels) + columns - 1) / columns
	width := float64(columns)*(panelWidth+panelGap) - panelGap + 2*margin
	title := breakLines(visible(f.Title), func(line string) bool { return faces.title.width(line) <= width-2*margin })
	top := float64(len(title))*faces.title.lineHeight() + titleGap
	height := top + float64(rows)*(panelHeight+panelGap) - panelGap + 2*margin
	if rows == 0 {
		height = top + 2*margin
	}

	switch format {
	case SVG:
		canvas := vgsvg.New(vg.Length(width), vg.Length(height))
		(&sheet{canvas, faces}).figure(f, title, width, height)
		var drawn bytes.Buffer
		if _, err := canvas.WriteTo(&drawn); err != nil {
			return err
		}
		return writeSVG(w, drawn.Bytes(), strings.Join(title, " "), width, height)
	case PNG:
		canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(width), vg.Length(height)), vgimg.UseDPI(pngDPI))
		(&sheet{canvas, faces}).figure(f, title, width, height)
		_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
		return err
	}
	return fmt.Errorf("a plot cannot be written as %q", format)
}

// check says what is wrong with the series.
func (f Figure) check() error {
	for _, p := range f.Panels {
		for _, s := range p.Series {
			want := len(s.Y)
			if s.Kind == Bars && want > 0 {
				want++
			}
			if len(s.X) != want {
				return fmt.Errorf("panel %q: series %q has %d x and %d y", p.Title, s.Name, len(s.X), len(s.Y))
			}
		}
	}
	return nil
}

// figure draws all of it.
func (s *sheet) figure(f Figure, title []string, width, height float64) {
	s.fill(white, corner{0, 0}, corner{0, height}, corner{width, height}, corner{width, 0})
	y := height - margin
	for _, line := range title {
		s.write(s.title, ink, line, width/2, y-s.title.ascent(), centred)
		y -= s.title.lineHeight()
	}
	y -= titleGap
	for i, p := range f.Panels {
		row, column := i/inRow, i%inRow
		left := margin + float64(column)*(panelWidth+panelGap)
		upper := y - float64(row)*(panelHeight+panelGap)
		s.panel(p, area{left, left + panelWidth, upper - panelHeight, upper})
	}
}

// breakLines breaks text at spaces into lines that fit; a word that does not is a line of
// its own.
func breakLines(text string, fits func(string) bool) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if n := len(lines); n > 0 && fits(lines[n-1]+" "+word) {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// finite says whether a number can be drawn.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
