package export_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"exptool/internal/export"
)

// cpu is the time that this process has computed: a busy machine does not lengthen it.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAudit searches CSV of answers for the ids of as many people.
func BenchmarkAudit(b *testing.B) {
	for _, people := range []int{100, 100_000} {
		a := anonymizer(b)
		random := rand.New(rand.NewPCG(1, 2))
		hexes := func() string { return fmt.Sprintf("%016x%08x", random.Uint64(), random.Uint32()) }
		for range people {
			worker, assignment := hexes(), hexes()
			a.Know("worker_id", worker)
			a.Know("assignment_id", assignment)
			a.Know("unique_id", worker+":"+assignment)
		}
		var text bytes.Buffer
		text.WriteString("id,creation_time,answer,vars,traceback\n")
		for i := 0; text.Len() < 64<<20; i++ {
			fmt.Fprintf(&text, "%d,2026-11-23 08:37:%02d.342660,%d,\"{\"\"choice\"\": \"\"Very much\"\", \"\"uuid\"\": \"\"%s\"\", \"\"rt\"\": 0.%d}\",\"File \\u00e4 \"\"x.py\"\", line %d\"\n",
				i, i%60, i%7, hexes(), random.Uint32(), i%100)
		}
		a.Replace("x")
		for _, name := range []string{"a.csv", "a.ndjson"} {
			b.Run(fmt.Sprintf("%d people, %s", people, name), func(b *testing.B) {
				b.ReportAllocs()
				before := cpu(b)
				for b.Loop() {
					found, err := a.Audit(b.Context(), name, nil, bytes.NewReader(text.Bytes()))
					require.NoError(b, err)
					require.Empty(b, found)
				}
				b.ReportMetric(float64(b.N*text.Len())/1e6/(cpu(b)-before).Seconds(), "MB/cpu-s")
			})
		}
	}
}

// BenchmarkScrub scrubs one small JSON text after another.
func BenchmarkScrub(b *testing.B) {
	a := anonymizer(b)
	for i := range 100_000 {
		a.Know("worker_id", fmt.Sprintf("5f3a9c1b2d4e6f70%08x", i))
	}
	for name, text := range map[string]string{
		"nothing": `{"choice": "Very much", "uuid": "0304024c-7855-4af7-8ae4-e86ece7210dc", "rt": 0.1234567890, "labels": ["a", "b"]}`,
		"an id":   `{"choice": "Very much", "uuid": "5f3a9c1b2d4e6f7000000fff", "rt": 0.1234567890, "labels": ["a", "b"]}`,
	} {
		a.Replace("x")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				a.Apply(export.Scrub, "info", "definition", []byte(text))
			}
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}
