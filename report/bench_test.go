package report

import (
	"context"
	"fmt"
	"io"
	"testing"

	"exptool/internal/schema"
)

// repeated gives the same rows over and over without memory of its own.
type repeated struct {
	columns []schema.Column
	rows    [][][]byte
	n, at   int
}

func (r *repeated) Columns() []schema.Column { return r.columns }
func (r *repeated) Next() bool               { r.at++; return r.at <= r.n }
func (r *repeated) Values() [][]byte         { return r.rows[r.at%len(r.rows)] }
func (r *repeated) Err() error               { return nil }
func (r *repeated) Close() error             { return nil }

// trials are rows of the shape of info: 54 columns, half of them NULL, a few of
// jsonpickle.
func trials(n int) *repeated {
	r := &repeated{n: n}
	kinds := []schema.Kind{schema.Int, schema.Text, schema.Float, schema.Bool, schema.Timestamp, schema.Pickle}
	for i := range 54 {
		r.columns = append(r.columns, schema.Column{Name: fmt.Sprintf("column_%d", i), Kind: kinds[i%len(kinds)], Class: i == 1})
	}
	for row := range 64 {
		values := make([][]byte, 54)
		for i := range values {
			if i >= 6 && (i+row)%2 == 0 {
				continue
			}
			values[i] = []byte([]string{
				fmt.Sprint(row * 1000), "dallinger_experiment.experiment.CustomTrial", "1.2652000000000003", "f",
				"2026-11-20 10:00:00.123456", `{"word": "caf\u00e9", "options": ["a", "b"], "score": 0.5}`,
			}[i%6])
		}
		r.rows = append(r.rows, values)
	}
	return r
}

// counter counts bytes.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

func BenchmarkWrite(b *testing.B) {
	for _, format := range Formats() {
		for _, raw := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/raw=%v", format, raw), func(b *testing.B) {
				o := Options{Format: format, Header: true, Raw: raw}
				if format == "table" {
					o.Width, o.HideColumns = 160, true
				}
				size := &counter{}
				_, _ = Write(context.Background(), size, trials(6400), o)
				b.SetBytes(size.n / 6400)
				b.ReportAllocs()
				b.ResetTimer()
				if _, err := Write(context.Background(), io.Discard, trials(b.N), o); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
