package report

import (
	"image/color"
	"math"
	"strings"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// The colours of series in their order are those of Okabe and Ito, which the
// colour-blind tell apart.
var (
	white  = color.NRGBA{255, 255, 255, 255}
	ink    = color.NRGBA{34, 34, 34, 255}
	soft   = color.NRGBA{102, 102, 102, 255}
	rule   = color.NRGBA{229, 229, 229, 255}
	shades = []color.NRGBA{
		{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255},
		{204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255},
	}
)

// sheet is what is drawn on, in points from the lower left corner.
type sheet struct {
	vg.Canvas
	faces
}

// corner is a place on a sheet.
type corner struct{ x, y float64 }

// area is a rectangle of a sheet.
type area struct{ left, right, lower, upper float64 }

// faces are the fonts: Liberation Sans, which is as wide as Arial and Helvetica, so
// that an SVG keeps its shape where they stand in.
type faces struct{ title, heading, label face }

// face is a font in a size.
type face struct{ font.Face }

func newFaces() (faces, error) {
	plain := font.Font{Typeface: "Liberation", Variant: "Sans"}
	bold := font.Font{Typeface: "Liberation", Variant: "Sans", Weight: xfont.WeightBold}
	var all font.Collection
	for _, f := range []struct {
		font font.Font
		ttf  []byte
	}{{plain, liberationsansregular.TTF}, {bold, liberationsansbold.TTF}} {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return faces{}, err
		}
		all = append(all, font.Face{Font: f.font, Face: parsed})
	}
	cache := font.NewCache(all)
	at := func(f font.Font, size float64) face { return face{cache.Lookup(f, vg.Length(size))} }
	return faces{title: at(bold, 12), heading: at(bold, 10.5), label: at(plain, 9)}, nil
}

func (f face) width(text string) float64 { return f.Width(text).Points() }
func (f face) ascent() float64           { return f.Extents().Ascent.Points() }
func (f face) lineHeight() float64       { return 1.35 * f.Font.Size.Points() }

// align is which part of a text its place is.
type align float64

const (
	toLeft  align = 0
	centred align = 0.5
	toRight align = 1
)

// write writes text, y on the base line.
func (s *sheet) write(f face, c color.Color, text string, x, y float64, a align) {
	s.SetColor(c)
	s.FillString(f.Face, vg.Point{X: vg.Length(x - float64(a)*f.width(text)), Y: vg.Length(y)}, text)
}

// writeUp writes text that is read from below, its base line at x and its middle at y.
func (s *sheet) writeUp(f face, c color.Color, text string, x, y float64) {
	s.Push()
	s.Rotate(math.Pi / 2)
	s.write(f, c, text, y, -x, centred)
	s.Pop()
}

// fill fills a polygon.
func (s *sheet) fill(c color.Color, corners ...corner) {
	path := pathOf(corners)
	path.Close()
	s.SetColor(c)
	s.Fill(path)
}

// stroke draws a line through places.
func (s *sheet) stroke(c color.Color, width float64, dash []vg.Length, places ...corner) {
	s.SetColor(c)
	s.SetLineWidth(vg.Length(width))
	s.SetLineDash(dash, 0)
	s.Stroke(pathOf(places))
}

// dot draws a small disc.
func (s *sheet) dot(c color.Color, radius float64, at corner) {
	var path vg.Path
	center := vg.Point{X: vg.Length(at.x), Y: vg.Length(at.y)}
	path.Move(center.Add(vg.Point{X: vg.Length(radius)}))
	path.Arc(center, vg.Length(radius), 0, 2*math.Pi)
	path.Close()
	s.SetColor(c)
	s.Fill(path)
}

func pathOf(places []corner) vg.Path {
	var path vg.Path
	for i, p := range places {
		at := vg.Point{X: vg.Length(p.x), Y: vg.Length(p.y)}
		if i == 0 {
			path.Move(at)
		} else {
			path.Line(at)
		}
	}
	return path
}

// visible is text without what acts on a terminal or is not allowed in XML.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, string(appendVisible(nil, []byte(text), 0)))
}
