package report

import "math"

// Sparkline draws values as a line of blocks ▁▂▃▄▅▆▇█ from their least to their
// most, at most width cells: where there are more values than cells, a cell is the
// mean of its values. What is not a number is a space; a line that is flat is in the
// middle.
func Sparkline(values []float64, width int) string {
	cells := make([]float64, max(0, min(width, len(values))))
	seen := extent{math.Inf(1), math.Inf(-1)}
	for i := range cells {
		sum, n := 0.0, 0.0
		for _, v := range values[i*len(values)/len(cells) : (i+1)*len(values)/len(cells)] {
			if finite(v) {
				sum, n = sum+v, n+1
			}
		}
		cells[i] = sum / n // 0/0 is NaN
		seen.see(cells[i])
	}
	blocks := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, len(cells))
	for i, v := range cells {
		switch share := (v - seen.low) / (seen.high - seen.low); {
		case math.IsNaN(v):
			line[i] = ' '
		case seen.low == seen.high:
			line[i] = blocks[3]
		default:
			line[i] = blocks[min(7, int(share*8))]
		}
	}
	return string(line)
}
