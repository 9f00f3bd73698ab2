package report

import (
	"image/color"
)

// most is how many points of a line are drawn, about two for each pixel across.
const most = 1200

// series draws a series in an area.
func (s *sheet) series(one Series, c color.NRGBA, along, up axis, a area) {
	at := func(x, y float64) corner {
		return corner{a.left + along.place(x)*(a.right-a.left), a.lower + up.place(y)*(a.upper-a.lower)}
	}
	switch one.Kind {
	case Bars:
		s.bars(one, c, at)
	case Dots:
		for i, y := range one.Y {
			if finite(one.X[i]) && finite(y) {
				s.dot(c, 2, at(one.X[i], y))
			}
		}
	default:
		s.lines(one, c, at)
	}
}

// bars draws bars, a little apart where they are wide.
func (s *sheet) bars(one Series, c color.NRGBA, at func(x, y float64) corner) {
	for i, y := range one.Y {
		if y == 0 || !finite(y) || !finite(one.X[i]) || !finite(one.X[i+1]) {
			continue
		}
		from, to := at(one.X[i], 0), at(one.X[i+1], y)
		if to.x-from.x > 4 {
			from.x, to.x = from.x+0.5, to.x-0.5
		}
		s.fill(paler(c), from, corner{from.x, to.y}, to, corner{to.x, from.y})
	}
}

// lines draws a line, or the pieces of it between what is missing.
func (s *sheet) lines(one Series, c color.NRGBA, at func(x, y float64) corner) {
	var piece []corner
	end := func() {
		switch {
		case len(piece) == 1:
			s.dot(c, 1.2, piece[0])
		case one.Kind == Dashed:
			s.stroke(c, 1, dashes, piece...)
		case len(piece) > 1:
			s.stroke(c, 1.5, nil, thin(piece)...)
		}
		piece = piece[:0]
	}
	for i, y := range one.Y {
		if finite(one.X[i]) && finite(y) {
			piece = append(piece, at(one.X[i], y))
		} else {
			end()
		}
	}
	end()
}

// thin leaves the lowest and the highest of neighbours where a line has more points
// than can be told apart: what stands out stays.
func thin(line []corner) []corner {
	if len(line) <= most {
		return line
	}
	thinned := []corner{line[0]}
	for k := range most / 2 {
		part := line[k*len(line)/(most/2) : (k+1)*len(line)/(most/2)]
		low, high := 0, 0
		for i, p := range part {
			if p.y < part[low].y {
				low = i
			}
			if p.y > part[high].y {
				high = i
			}
		}
		thinned = append(thinned, part[min(low, high)])
		if low != high {
			thinned = append(thinned, part[max(low, high)])
		}
	}
	return append(thinned, line[len(line)-1])
}
