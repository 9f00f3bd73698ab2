package sqllog

import (
	"bytes"
	"io"
	"testing"
)

// benchLog is about 4 MB of a log with its entries over and over.
func benchLog(b *testing.B, name string) []byte {
	data := realLog(b, name)
	return bytes.Repeat(data, 1+(4<<20)/len(data))
}

func benchmarkRead(b *testing.B, name string, o Options) {
	data := benchLog(b, name)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(data), o)
		top, runs := NewTop(), NewRuns(RunOptions{})
		var e Entry
		for {
			err := r.Next(&e)
			if err == io.EOF {
				break
			}
			top.Add(&e, "")
			runs.Add(&e)
		}
		if top.Total().Count < 1000 {
			b.Fatal("nothing read")
		}
	}
}

func BenchmarkStderr(b *testing.B) {
	benchmarkRead(b, "pg18-two.log", Options{Prefix: firstPrefix, PrefixKnown: true})
}
func BenchmarkCSV(b *testing.B)  { benchmarkRead(b, "pg18-two.csv", Options{}) }
func BenchmarkJSON(b *testing.B) { benchmarkRead(b, "pg18-two.json", Options{}) }

func BenchmarkFingerprint(b *testing.B) {
	const sql = "UPDATE pgbench_accounts SET abalance = abalance + -1234 WHERE aid = 567890;"
	b.SetBytes(int64(len(sql)))
	b.ReportAllocs()
	for b.Loop() {
		Fingerprint(sql)
	}
}

func BenchmarkNormalize(b *testing.B) {
	const sql = "UPDATE pgbench_accounts SET abalance = abalance + -1234 WHERE aid = 567890;"
	b.ReportAllocs()
	for b.Loop() {
		Normalize(sql)
	}
}
