package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// dashes are those of a line to compare with.
var dashes = []vg.Length{4, 3}

// panel draws a panel into an area.
func (s *sheet) panel(p Panel, a area) {
	s.write(s.heading, ink, visible(p.Title), a.left, a.upper-s.heading.ascent(), toLeft)
	a.upper -= s.heading.lineHeight() + 3
	a.upper = s.legend(p, a) - 6
	x, y, ok := p.extents()
	if !ok {
		s.write(s.label, soft, "nothing to draw", (a.left+a.right)/2, (a.lower+a.upper)/2, centred)
		return
	}
	along, up := newAxis(x, 6, false), newAxis(y, 6, true)
	data := s.inside(p, a, along, up)
	s.write(s.label, ink, visible(p.XLabel), (data.left+data.right)/2, a.lower+2, centred)
	s.writeUp(s.label, ink, visible(p.YLabel), a.left+s.label.ascent(), (data.lower+data.upper)/2)
	s.axes(along, up, data)
	for i, one := range p.Series {
		s.series(one, shade(p, i), along, up, data)
	}
	s.stroke(soft, 0.75, nil, corner{data.left, data.lower}, corner{data.right, data.lower})
}

// inside is what the numbers and names of the axes leave of an area.
func (s *sheet) inside(p Panel, a area, along, up axis) area {
	line := s.label.lineHeight()
	a.lower += line + 4
	if p.XLabel != "" {
		a.lower += line
	}
	widest := 0.0
	for _, t := range up.ticks {
		widest = math.Max(widest, s.label.width(t.label))
	}
	a.left += widest + 8
	if p.YLabel != "" {
		a.left += line
	}
	if n := len(along.ticks); n > 0 {
		a.right -= s.label.width(along.ticks[n-1].label) / 2
	}
	return a
}

// axes draws a rule at each tick upwards, and labels both.
func (s *sheet) axes(along, up axis, a area) {
	half := s.label.ascent() * 0.36 // of a figure's height
	for _, t := range up.ticks {
		y := a.lower + up.place(t.at)*(a.upper-a.lower)
		s.stroke(rule, 0.75, nil, corner{a.left, y}, corner{a.right, y})
		s.write(s.label, soft, t.label, a.left-5, y-half, toRight)
	}
	for _, t := range along.ticks {
		x := a.left + along.place(t.at)*(a.right-a.left)
		s.stroke(soft, 0.75, nil, corner{x, a.lower}, corner{x, a.lower - 3})
		s.write(s.label, soft, t.label, x, a.lower-4-s.label.ascent(), centred)
	}
}

// legend names the series, side by side and in as many rows as they need, and says
// where its lower end is.
func (s *sheet) legend(p Panel, a area) float64 {
	const icon, gap = 16.0, 12.0
	x, y := a.left, a.upper
	line := s.label.lineHeight()
	for i, one := range p.Series {
		if one.Name == "" {
			continue
		}
		name := visible(one.Name)
		width := icon + 4 + s.label.width(name)
		if x > a.left && x+width > a.right {
			x, y = a.left, y-line
		}
		base := y - s.label.ascent()
		s.icon(one.Kind, shade(p, i), area{x, x + icon, base, base + s.label.ascent()*0.72})
		s.write(s.label, soft, name, x+icon+4, base, toLeft)
		x += width + gap
	}
	if x == a.left {
		return y
	}
	return y - line
}

// icon is a series in the legend.
func (s *sheet) icon(kind SeriesKind, c color.NRGBA, a area) {
	y := (a.lower + a.upper) / 2
	switch kind {
	case Bars:
		s.fill(paler(c), corner{a.left + 4, a.lower}, corner{a.left + 4, a.upper}, corner{a.right - 2, a.upper}, corner{a.right - 2, a.lower})
	case Dashed:
		s.stroke(c, 1, dashes, corner{a.left, y}, corner{a.right, y})
	default:
		s.stroke(c, 1.5, nil, corner{a.left, y}, corner{a.right, y})
	}
}

// shade is the colour of a panel's series: those to compare with are grey, the
// others have their own.
func shade(p Panel, i int) color.NRGBA {
	if p.Series[i].Kind == Dashed {
		return color.NRGBA{136, 136, 136, 255}
	}
	n := 0
	for _, before := range p.Series[:i] {
		if before.Kind != Dashed {
			n++
		}
	}
	return shades[n%len(shades)]
}

// paler lets what is behind shine through.
func paler(c color.NRGBA) color.NRGBA {
	c.A = 110
	return c
}
