package report

import "image/color"

// series draws a series in an area.
func (s *sheet) series(one Series, c color.NRGBA, along, up axis, a area) {
	at := func(x, y float64) corner {
		return corner{a.left + along.place(x)*(a.right-a.left), a.lower + up.place(y)*(a.upper-a.lower)}
	}
	if one.Kind == Bars {
		s.bars(one, c, at)
	} else {
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
			s.stroke(c, 1.5, nil, piece...)
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
