package commands

import (
	"bytes"
	"encoding/csv"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

// TestMoveReaderReadsCSV: what encoding/csv writes is read back, texts with quotes,
// commas and lines in them included.
func TestMoveReaderReadsCSV(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", `"`, ",", "\n", "é", " ", "''", `""`, "3,7,1", "payer"}
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	var want []repo.Transfer
	for range 2000 {
		m := repo.Transfer{Payer: r.Int64N(90) + 1, Payee: r.Int64N(90) + 1, Sent: repo.Cents(r.Int64N(1000) + 1), Key: strconv.Itoa(r.IntN(9))}
		for range 1 + r.IntN(8) {
			m.Memo += pieces[r.IntN(len(pieces))]
		}
		want = append(want, m)
		require.NoError(t, w.Write([]string{strconv.FormatInt(m.Payer, 10), strconv.FormatInt(m.Payee, 10), m.Sent.Decimal(), m.Key, m.Memo}))
	}
	w.Flush()
	lines := newMoveReader(&file, "moves.csv", repo.Transfer{})
	for _, m := range want {
		got, err := lines.next()
		require.NoError(t, err)
		require.NoError(t, got.err, "line %d", got.line)
		require.Equal(t, m, got.Transfer)
	}
	_, err := lines.next()
	assert.Equal(t, io.EOF, err)
}

// FuzzMoveReader: whatever a file holds, each of its lines is read once or belongs
// to a text in quotes, and it ends.
func FuzzMoveReader(f *testing.F) {
	for _, seed := range []string{"3,7\n", "payer,payee\n3,7\r\n", "\"3\n4\",7\n", "\"\n\"\n\"x\n3,7", "\ufeff\"to\",from\n1,2\n", ",,\n3,7,,,\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := newMoveReader(strings.NewReader(text), "moves.csv", repo.Transfer{Sent: 100})
		last, count := int64(0), int64(strings.Count(text, "\n")+1)
		for {
			m, err := lines.next()
			if err != nil {
				return
			}
			if m.line <= last || m.line > count {
				t.Fatalf("line %d after %d, of %d", m.line, last, count)
			}
			if last = m.line; m.err == nil && (m.Payer < 1 || m.Payee < 1 || m.Sent < 1) {
				t.Fatalf("a transfer of nothing: %+v", m.Transfer)
			}
		}
	})
}
