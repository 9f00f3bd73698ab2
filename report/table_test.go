package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"exptool/internal/schema"
)

func TestFit(t *testing.T) {
	text := func(header, data int) natural { return natural{header: header, data: data} }
	num := func(header, data int) natural { return natural{header: header, data: data, rigid: true} }
	for _, c := range []struct {
		name    string
		columns []natural
		width   int
		hide    bool
		want    []int
	}{
		{"nothing", nil, 80, true, []int{}},
		{"no width", []natural{text(1, 500)}, 0, true, []int{500}},
		{"enough room", []natural{num(2, 5), text(4, 10)}, 80, true, []int{5, 10}},
		{"the text gives way", []natural{num(2, 5), text(4, 100), num(6, 12)}, 60, false, []int{5, 39, 12}},
		{"two texts share", []natural{text(4, 100), text(4, 30)}, 40, false, []int{19, 19}},
		{"the odd cell", []natural{text(4, 100), text(4, 100)}, 41, false, []int{20, 19}},
		{"numbers stay, headers go", []natural{num(20, 3), text(4, 100)}, 20, false, []int{9, 9}},
		{"hiding", []natural{num(2, 3), text(4, 30), text(4, 30), text(4, 30)}, 38, true, []int{3, 16, 15}},
		{"one column stays", []natural{text(4, 100), num(2, 3)}, 10, true, []int{10}},
		{"one long text", []natural{text(4, 100)}, 3, true, []int{3}},
		{"one long number", []natural{num(4, 30)}, 10, true, []int{30}},
		{"no hiding, too long", []natural{num(2, 30), num(2, 30)}, 40, false, []int{30, 30}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, fit(c.columns, c.width, c.hide))
		})
	}
}

func TestFitFits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		columns := make([]natural, 1+r.IntN(60))
		for i := range columns {
			columns[i] = natural{header: r.IntN(30), data: r.IntN(60), rigid: r.IntN(3) == 0}
		}
		width := 1 + r.IntN(200)
		widths := fit(columns, width, true)
		assert.NotEmpty(t, widths)
		if len(widths) > 1 || !columns[0].rigid {
			assert.LessOrEqual(t, total(widths), width)
		}
		for i, w := range widths {
			assert.LessOrEqual(t, w, columns[i].want())
			if columns[i].rigid {
				assert.GreaterOrEqual(t, w, columns[i].data)
			}
		}
		assert.Len(t, fit(columns, width, false), len(columns), "nothing is hidden unasked")
	}
}

func TestTableLinesFit(t *testing.T) {
	for width := 20; width < 260; width += 7 {
		out, sum := write(t, people(), Options{Format: "table", Header: true, Width: width, HideColumns: true, Color: width%2 == 0, NA: "NA"})
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		assert.Len(t, lines, 2+7, "one line a row")
		shown := strings.Count(lines[1], " ─") + 1
		for _, line := range lines {
			assert.LessOrEqual(t, screenWidth(line), width)
			assert.Equal(t, strings.TrimRight(line, " "), line)
		}
		if width%2 == 1 {
			assert.Equal(t, 10, shown+len(sum.Hidden), "shown or reported")
		}
		if len(sum.Hidden) >= 3 { // details, tags, password
			assert.Zero(t, sum.Masked, "what is not shown does not count")
		}
	}
}

func TestTableCountsWhatItCuts(t *testing.T) {
	columns := []schema.Column{{Name: "text", Kind: schema.Text}}
	out, sum := write(t, rowsOf(columns, []string{"short"}, []string{strings.Repeat("long", 9)}, []string{"名前名前名前名前名前名前"}),
		Options{Format: "table", Width: 10})
	assert.Equal(t, "short\nlonglongl…\n名前名前…\n", out)
	assert.EqualValues(t, 2, sum.Cut)
}

func TestTableKeepsSpaces(t *testing.T) {
	columns := []schema.Column{{Name: "a", Kind: schema.Text}, {Name: "b", Kind: schema.Text}}
	out, _ := write(t, rowsOf(columns, []string{"  in", "x"}, []string{"", " y"}), Options{Format: "table", Width: 80})
	assert.Equal(t, "  in  x\n\"\"     y\n", out)
}

func TestTableAlignsNumbers(t *testing.T) {
	columns := []schema.Column{{Name: "answer", Kind: schema.Pickle}, {Name: "mixed", Kind: schema.Pickle}, {Name: "none", Kind: schema.Pickle}, {Name: "end", Kind: schema.Text}}
	out, _ := write(t, rowsOf(columns, []string{"1", "1", null, "e"}, []string{"20", `"two"`, null, "e"}), Options{Format: "table", Width: 80})
	assert.Equal(t, " 1  1       e\n20  two     e\n", out)
}

func TestLongTableKeepsItsColumns(t *testing.T) {
	g := &given{columns: []schema.Column{{Name: "id", Kind: schema.Int}, {Name: "word", Kind: schema.Text}}}
	for i := range 3 * sampleRows {
		g.rows = append(g.rows, [][]byte{[]byte(fmt.Sprint(i + 1)), []byte(strings.Repeat("w", i%7+i/sampleRows))})
	}
	out, sum := write(t, g, Options{Format: "table", Header: true, Width: 40})
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	assert.Len(t, lines, 2+3*sampleRows)
	for i, line := range lines[2:] {
		assert.Equal(t, fmt.Sprintf("%7d  ", i+1), line[:9], "ids grow beyond those that decided the width")
	}
	assert.NotZero(t, sum.Cut, "later, longer words are cut to the width of the first")
}

func TestAppendVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain":           "plain",
		"a\nb\tc\rd":      `a⏎b⇥c\rd`,
		"\x1b[2J\x07\x7f": `\x1b[2J\x07\x7f`,
		"\u009b31m":       `\u009b31m`,
		"\xff\xc3":        `\xff\xc3`,
		"a\u202eb\u2028":  `a\u202eb\u2028`,
		"\U000e0001":      `\U000e0001`,
		"Édouard 名前 👩‍👩‍👧‍👦": "Édouard 名前 👩‍👩‍👧‍👦",
		"\uFFFD": "\uFFFD",
	} {
		assert.Equal(t, want, string(appendVisible(nil, []byte(in), 0)))
	}
	assert.Equal(t, "名", string(appendVisible(nil, []byte("名前"), 4)), "whole characters")
}
