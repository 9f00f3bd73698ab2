package report

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a small figure with all that can be drawn.
func small() Figure {
	return Figure{Title: "donation, random schedule, 1,000 players, 3 rounds, seed 42", Panels: []Panel{
		{Title: "Lorenz curve", XLabel: "share of players, poorest first", YLabel: "share of dollars", Series: []Series{
			{Name: "equality", Kind: Dashed, X: []float64{0, 1}, Y: []float64{0, 1}},
			{Name: "before", X: []float64{0, 0.5, 1}, Y: []float64{0, 0.4, 1}},
			{Name: "after", X: []float64{0, 0.5, 1}, Y: []float64{0, 0.1, 1}},
		}},
		{Title: "Wealth", XLabel: "dollars", YLabel: "players", Series: []Series{
			{Name: "after", Kind: Bars, X: []float64{0, 1, 2, 3}, Y: []float64{520, 240, 130}},
			{Name: "geometric law", X: []float64{0.5, 1.5, 2.5}, Y: []float64{500, 250, 125}},
		}},
		{Title: "Gini over time", XLabel: "round", YLabel: "Gini", Series: []Series{{X: []float64{1, 2, 3}, Y: []float64{0.4, 0.52, 0.61}}}},
	}}
}

// plot is Plot into bytes.
func plot(t testing.TB, f Figure, format PlotFormat) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Plot(&out, f, format))
	return out.Bytes()
}

func TestPlotGolden(t *testing.T) {
	svg := plot(t, small(), SVG)
	golden(t, "plot.svg", string(svg))
	assert.Equal(t, svg, plot(t, small(), SVG), "the same figure gives the same bytes")
	assert.Equal(t, plot(t, small(), PNG), plot(t, small(), PNG))
}

// TestSVGStandsAlone: it is XML, refers to nothing outside, and its text is text.
func TestSVGStandsAlone(t *testing.T) {
	f := small()
	f.Title += " <&'\"> \x1b\x00 \uFFFE ü"
	svg := string(plot(t, f, SVG))
	texts := strings.Join(textsOf(t, svg), "\n")
	for _, want := range []string{"Lorenz curve", "share of dollars", "geometric law", "1,000 players, 3 rounds, seed 42", `<&'"> \x1b\x00 ` + "\uFFFD ü"} {
		assert.Contains(t, texts, want)
	}
	assert.NotRegexp(t, `href|url\(|https?://`, strings.Replace(svg, `xmlns="http://www.w3.org/2000/svg"`, "", 1))
}

// textsOf are the texts of an SVG, its title first.
func textsOf(t testing.TB, svg string) []string {
	t.Helper()
	var texts []string
	for dec := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			texts = append(texts, string(text))
		}
	}
}

func TestPNG(t *testing.T) {
	picture, err := png.Decode(bytes.NewReader(plot(t, small(), PNG)))
	require.NoError(t, err)
	size := picture.Bounds().Size()
	assert.Equal(t, int(2*(3*panelWidth+2*panelGap+2*margin)), size.X)
	assert.InDelta(t, 2*(panelHeight+2*margin+titleGap)+32, size.Y, 2, "a line of title over a row of panels")
	seen := map[color.Color]int{}
	for x := range size.X {
		for y := range size.Y {
			seen[color.NRGBAModel.Convert(picture.At(x, y))]++
		}
	}
	assert.Equal(t, color.NRGBAModel.Convert(white), color.NRGBAModel.Convert(picture.At(0, 0)))
	for _, c := range []color.NRGBA{white, shades[0], shades[1]} {
		assert.Greater(t, seen[c], 500, "%v", c)
	}
}

func TestPlotRefuses(t *testing.T) {
	for _, s := range []Series{{X: []float64{1}}, {Kind: Bars, X: []float64{1}, Y: []float64{1}}} {
		assert.Error(t, Plot(io.Discard, Figure{Panels: []Panel{{Series: []Series{s}}}}, SVG))
	}
	assert.Error(t, Plot(io.Discard, Figure{}, "pdf"))

	for name, want := range map[string]PlotFormat{"a.svg": SVG, "dir.png/b.PNG": PNG} {
		got, err := PlotFormatOf(name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, name := range []string{"a", "a.pdf", "svg", "dir.svg/a"} {
		_, err := PlotFormatOf(name)
		assert.Error(t, err, name)
	}
}

// box is where a text lies.
type box struct {
	text string
	area
}

var textTag = regexp.MustCompile(`<g transform="(rotate\(90\)|translate)|<text x="([-0-9.e+]+)" y="([-0-9.e+]+)"[^>]*font-weight:(\w+)[^>]*font-size:([0-9.]+)px[^>]*>([^<]*)</text>|(</g>)`)

// boxesOf are the places of an SVG's texts, as high as its letters without tails.
func boxesOf(t testing.TB, svg string) []box {
	t.Helper()
	faces, err := newFaces()
	require.NoError(t, err)
	var all []box
	up := false
	for _, m := range textTag.FindAllStringSubmatch(svg, -1) {
		if m[6] == "" {
			up = strings.HasPrefix(m[1], "rotate")
			continue
		}
		var x, y, size float64
		_, err := fmt.Sscan(m[2]+" "+m[3]+" "+m[5], &x, &y, &size)
		require.NoError(t, err)
		f := faces.label
		if m[4] == "bold" {
			f = faces.heading
			if size == 12 {
				f = faces.title
			}
		}
		text := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#39;", "'", "&#34;", `"`, "&amp;", "&").Replace(m[6])
		b := box{text, area{x, x + f.width(text), -y, -y + 0.7*size}}
		if up { // (x, y) is (-y, x)
			b.area = area{y - 0.7*size, y, x, x + f.width(text)}
		}
		all = append(all, b)
	}
	return all
}

// TestNothingOverlaps draws figures of all sorts: no text lies on another, and none
// outside. A name longer than its panel is the user's.
func TestNothingOverlaps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		f := randomFigure(r)
		svg := string(plot(t, f, SVG))
		boxes := boxesOf(t, svg)
		require.GreaterOrEqual(t, len(boxes), len(f.Panels))
		var width, height float64
		_, err := fmt.Sscanf(svg[strings.Index(svg, "viewBox"):], `viewBox="0 0 %f %f"`, &width, &height)
		require.NoError(t, err)
		for i, a := range boxes {
			assert.True(t, a.left >= 0 && a.right <= width && a.lower >= 0 && a.upper <= height, "%+v is outside %v x %v", a, width, height)
			for _, b := range boxes[:i] {
				assert.False(t, a.left < b.right && b.left < a.right && a.lower < b.upper && b.lower < a.upper, "%+v lies on %+v", a, b)
			}
		}
	}
}

// randomFigure has panels with numbers large and small, of either sign, and names.
func randomFigure(r *rand.Rand) Figure {
	words := func(n int) string {
		return strings.Join(strings.Fields("what was played here by whom <and> for how long with which seed")[:n], " ")
	}
	f := Figure{Title: strings.Repeat(words(r.IntN(13))+" ", 1+r.IntN(4))}
	for range r.IntN(5) {
		p := Panel{Title: words(1 + r.IntN(5)), XLabel: words(r.IntN(6)), YLabel: words(r.IntN(5))}
		size := math.Pow(10, r.Float64()*16-6)
		for range r.IntN(4) {
			s := Series{Name: words(r.IntN(7)), Kind: SeriesKind(r.IntN(3))}
			for i := range 1 + r.IntN(30) {
				s.X = append(s.X, float64(i)*size)
				s.Y = append(s.Y, size*(r.Float64()-0.3))
			}
			if s.Kind == Bars {
				s.X = append(s.X, float64(len(s.X))*size)
			}
			p.Series = append(p.Series, s)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// FuzzPlot: whatever the numbers and names, an SVG is XML, and each number in it one.
func FuzzPlot(f *testing.F) {
	f.Add("name", uint8(0), []byte{})
	f.Add("\xff<\uFFFF", uint8(2), binary.LittleEndian.AppendUint64(make([]byte, 8), math.Float64bits(math.Inf(1))))
	f.Add("tiny", uint8(2), []byte("0000000000\x00\x00\x00\x00\x00\x00"))
	f.Add("a b", uint8(1), binary.LittleEndian.AppendUint64(bytes.Repeat([]byte{0xef, 0x7f}, 8), 1))
	f.Fuzz(func(t *testing.T, name string, kind uint8, data []byte) {
		s := Series{Name: name, Kind: SeriesKind(kind % 3)}
		for ; len(data) >= 16 && len(s.Y) < 50; data = data[16:] {
			s.X = append(s.X, math.Float64frombits(binary.LittleEndian.Uint64(data)))
			s.Y = append(s.Y, math.Float64frombits(binary.LittleEndian.Uint64(data[8:])))
		}
		if s.Kind == Bars && len(s.X) > 0 {
			s.X = append(s.X, s.X[0]+1)
		}
		svg := string(plot(t, Figure{Title: name, Panels: []Panel{{Title: name, XLabel: name, Series: []Series{s}}}}, SVG))
		textsOf(t, svg)
		assert.NotRegexp(t, `(x=|y=|[ML,])"?[-+]?(NaN|Inf)`, svg)
	})
}

func TestAxis(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		rounded   bool
		want      string
	}{
		{0, 1, true, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0.33, 0.67, true, "0.3 0.4 0.5 0.6 0.7"},
		{0, 100, false, "0 20 40 60 80 100"},
		{3, 99, false, "20 40 60 80"},
		{0, 0, true, "0.0 0.1 0.2 0.3 0.4 0.5"},
		{7, 7, false, "6.6 6.8 7.0 7.2 7.4"},
		{-1200, 900, true, "-1,500 -1,000 -500 0 500 1,000"},
		{0, 5e6, true, "0 1M 2M 3M 4M 5M"},
		{0, 2.5e9, true, "0 500M 1B 1.5B 2B 2.5B"},
		{5000000, 5000004, true, "5,000,000 5,000,001 5,000,002 5,000,003 5,000,004"},
		{0, 3e-9, true, "0 1e-09 2e-09 3e-09"},
	} {
		var labels []string
		for _, tick := range newAxis(extent{c.low, c.high}, 6, c.rounded).ticks {
			labels = append(labels, tick.label)
		}
		assert.Equal(t, c.want, strings.Join(labels, " "), "%v to %v", c.low, c.high)
	}
}

func TestSparkline(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		values []float64
		width  int
		want   string
	}{
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, 20, "▁▂▃▄▅▆▇█"},
		{[]float64{3, nan, 1, math.Inf(1)}, 20, "█ ▁ "},
		{[]float64{0, 2, 4, 4, 9, 11}, 3, "▁▃█"},
		{[]float64{0, nan, nan, nan, 1, 1}, 3, "▁ █"},
		{[]float64{5, 5, 5}, 20, "▄▄▄"},
		{[]float64{nan}, 20, " "},
		{[]float64{1, 2}, 0, ""},
		{[]float64{1, 2}, -1, ""},
		{nil, 20, ""},
	} {
		assert.Equal(t, c.want, Sparkline(c.values, c.width), "%v", c.values)
	}
}
