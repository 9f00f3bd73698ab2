package report

// gap is the space between two columns of a table.
const gap = 2

// Columns of text are made narrower before anything else is: down to roomy, and
// then, with the headers of numbers, to modest where columns may be left out and
// to tight where not. Numbers are never cut: a number with its end missing is a
// different number.
const (
	roomy  = 16
	modest = 10
	tight  = 6
)

// natural is what a column would like to be.
type natural struct {
	header int  // width of the name
	data   int  // width of the widest cell
	rigid  bool // numbers, times, truth values: not to be cut
}

// want is the width at which nothing is cut.
func (n natural) want() int { return max(n.header, n.data, 1) }

// floor is how narrow the column may become.
func (n natural) floor(least int) int {
	if n.rigid {
		return max(n.data, min(n.header, least), 1)
	}
	return min(n.want(), least)
}

// fit gives every column a width so that a line is no wider than width (0: as
// wide as it likes). Where that cannot be, it leaves out columns from the right
// if hide, and otherwise lets the lines be too long. It returns a width for each
// column that stays, at least one.
func fit(columns []natural, width int, hide bool) []int {
	want := make([]int, len(columns))
	for i, c := range columns {
		want[i] = c.want()
	}
	if width <= 0 || len(columns) == 0 || total(want) <= width {
		return want
	}
	if floors := floorsOf(columns, roomy); total(floors) <= width {
		return spread(want, floors, width)
	}
	n, least := len(columns), tight
	if hide {
		least = modest
		for n > 1 && total(floorsOf(columns[:n], least)) > width {
			n--
		}
	}
	floors := floorsOf(columns[:n], least)
	if n == 1 && !columns[0].rigid {
		floors[0] = min(floors[0], width)
	}
	return spread(want[:n], floors, width)
}

// floorsOf are the floors of several columns.
func floorsOf(columns []natural, least int) []int {
	floors := make([]int, len(columns))
	for i, c := range columns {
		floors[i] = c.floor(least)
	}
	return floors
}

// total is the length of a line.
func total(widths []int) int {
	sum := gap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// spread cuts the widest columns to one common width, the largest with which
// the line fits, and gives what is left to the first of them. Columns do not go
// below their floors.
func spread(want, floors []int, width int) []int {
	at := func(limit int) []int {
		widths := make([]int, len(want))
		for i := range want {
			widths[i] = max(floors[i], min(want[i], limit))
		}
		return widths
	}
	low, high := 0, width // at(low) fits or nothing does; at(high+1) does not
	for low < high {
		if mid := (low + high + 1) / 2; total(at(mid)) <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	widths := at(low)
	left := width - total(widths)
	for i := range widths {
		if left > 0 && widths[i] < want[i] {
			widths[i]++
			left--
		}
	}
	return widths
}
