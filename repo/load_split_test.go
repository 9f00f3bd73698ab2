package repo

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pieces cuts text as the loader does and returns its statements and rows.
// Everything handed out must together be the text as far as it was read.
func pieces(t testing.TB, r io.Reader, text []byte, limit int, escapes bool) ([]string, error) {
	s := newSplitter(r, limit)
	s.escapes = escapes
	var out []string
	at, line := 0, 1
	rows := false
	for {
		var p piece
		var err error
		if rows {
			p, err = s.rows()
		} else {
			p, err = s.piece()
		}
		if err != nil {
			if err == io.EOF {
				require.Equal(t, len(text), at, "everything was handed out")
				return out, nil
			}
			return out, err
		}
		take := func() {
			require.NotEmpty(t, p.text)
			require.True(t, bytes.HasPrefix(text[at:], p.text), "%q is not what follows at %d", p.text, at)
			require.Equal(t, line, p.line)
			at += len(p.text)
			line += bytes.Count(p.text, []byte{'\n'})
			require.LessOrEqual(t, cap(s.buf), max(bufferStart, limit))
		}
		take()
		switch p.kind {
		case pieceStatement, pieceMeta, pieceRows:
			out = append(out, string(p.text))
		case pieceRowsEnd:
			rows = false
		}
		if p.kind != pieceStatement {
			continue
		}
		v, err := judge(p.text, escapes)
		if err != nil || v.action != actCopy {
			continue
		}
		if p, err = s.lineEnd(); err != nil {
			return out, err
		}
		take()
		rows = true
	}
}

func TestSplit(t *testing.T) {
	copied := "COPY a (b) FROM stdin;"
	for _, tt := range []struct {
		name, text string
		escapes    bool
		want       []string
	}{
		{"statements", "SELECT 1; SELECT 2;\n;", false, []string{"SELECT 1;", "SELECT 2;", ";"}},
		{"string", "a 'x;''y\\'; b", false, nil},
		{"strings", "a 'x;''y\\';b E'x\\';''' e'\\\\';c;", false, []string{"a 'x;''y\\';", "b E'x\\';''' e'\\\\';", "c;"}},
		{"backslashes in plain strings", "a 'x\\';';b B'\\';", true, []string{"a 'x\\';';", "b B'\\';"}},
		{"other prefixes", "a U&'\\' b'\\' x'\\' N'\\' U&\"\\\";ee'\\';", false, []string{`a U&'\' b'\' x'\' N'\' U&"\";`, `ee'\';`}},
		{"a string goes on", "a E'x'\n  -- c\n 'y\\';' ;b;", false, []string{"a E'x'\n  -- c\n 'y\\';' ;", "b;"}},
		{"it does not on the same line", "a E'x' 'y\\';b;", false, []string{"a E'x' 'y\\';", "b;"}},
		{"quoted names", `a "x;""y'" ;b;`, false, []string{`a "x;""y'" ;`, "b;"}},
		{"dollars", "a $$x;'$$ $f$;$$;$g$;$f$ $1; b c$d$;e$$;", false, []string{"a $$x;'$$ $f$;$$;$g$;$f$ $1;", "b c$d$;", "e$$;"}},
		{"tags that overlap", "a $a$x$b$a$;", false, []string{"a $a$x$b$a$;"}},
		{"comments", "-- x;'\n/* y; /* ' */ ; */ a -- ;\n b /* ; */ - 1 / 2;c;", false, []string{"a -- ;\n b /* ; */ - 1 / 2;", "c;"}},
		{"rule", "a (x; (y;) z);b;", false, []string{"a (x; (y;) z);", "b;"}},
		{"atomic", "create or replace function f() begin atomic select case when 1 then 2 end; end; b;", false,
			[]string{"create or replace function f() begin atomic select case when 1 then 2 end; end;", "b;"}},
		{"begin is a statement", "begin; commit; create table begin (a int); end;", false,
			[]string{"begin;", "commit;", "create table begin (a int);", "end;"}},
		{"psql", "\\restrict a;'b\nSELECT 1;\n\\unrestrict", false, []string{"\\restrict a;'b\n", "SELECT 1;", "\\unrestrict"}},
		{"rows", copied + " \t\r\n1\t';\n\\.x\n\\\\.\n\n\\.\nb;", false, []string{copied, "1\t';\n", "\\.x\n\\\\.\n\n", "b;"}},
		{"no rows", copied + "\n\\.\n", false, []string{copied}},
		{"rows of nothing", "COPY a  FROM stdin;\n\n\n\\.\r\n" + copied + "\n1\n\\.", false, []string{"COPY a  FROM stdin;", "\n\n", copied, "1\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, slow := range []bool{false, true} {
				var r io.Reader = strings.NewReader(tt.text)
				if slow {
					r = iotest.OneByteReader(r)
				}
				got, err := pieces(t, r, []byte(tt.text), 1<<20, tt.escapes)
				if tt.want == nil {
					require.ErrorIs(t, err, ErrTruncated)
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, strings.Join(tt.want, "|"), join(got, slow), "slow %v", slow)
			}
		})
	}
}

// join joins pieces; a slow reader gets a COPY block line by line.
func join(pieces []string, slow bool) string {
	if !slow {
		return strings.Join(pieces, "|")
	}
	var b strings.Builder
	for i, p := range pieces {
		line := func(s string) bool { return strings.HasSuffix(s, "\n") && !strings.HasPrefix(s, `\restrict`) }
		// The text up to a line that looks like the end is a piece of its own.
		if i > 0 && (!line(p) || !line(pieces[i-1]) || strings.HasPrefix(p, `\.x`)) {
			b.WriteByte('|')
		}
		b.WriteString(p)
	}
	return b.String()
}

func TestSplitStaysSmall(t *testing.T) {
	const limit = 1 << 20
	row := strings.Repeat("x", 1<<16) + "\n"
	text := "COPY a (b) FROM stdin;\n" + strings.Repeat(row, 64) + "\\.\n" + strings.Repeat("SELECT 1;\n", 1<<16)
	got, err := pieces(t, strings.NewReader(text), []byte(text), limit, false)
	require.NoError(t, err)
	assert.Greater(t, len(got), 1<<16)

	for _, long := range []string{"'", "COPY a (b) FROM stdin;\n", "$$", "/*", "-- ", `"`, "a"} {
		text := long + strings.Repeat("x", 2*limit)
		_, err := pieces(t, strings.NewReader(text), []byte(text), limit, false)
		require.ErrorIs(t, err, ErrFormat, long)
		assert.Contains(t, err.Error(), "more than")
	}
	spaces := strings.Repeat(" ", 2*limit)
	_, err = pieces(t, strings.NewReader(spaces), []byte(spaces), limit, false)
	require.NoError(t, err)
}

func TestSplitPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken disk")
	for _, text := range []string{"", "a;", "a", "'", "$$", "/* ", "COPY a FROM stdin;\n1\n"} {
		_, err := pieces(t, io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), []byte(text), 1<<20, false)
		require.ErrorIs(t, err, broken, text)
	}
	_, err := pieces(t, io.MultiReader(strings.NewReader("a;b"), iotest.ErrReader(io.ErrUnexpectedEOF)), []byte("a;b"), 1<<20, false)
	require.ErrorIs(t, err, ErrTruncated)
}

// FuzzSplit: no panic, no hang, bounded memory, the pieces are the text, and how
// the text comes in makes no difference.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"SELECT 1;", "COPY a (b) FROM stdin;\n1\t\\N\n\\.\n", "a $x$;$x$ E'\\'' U&\"b\" /* /* */ */ -- c\n;",
		"create function f() begin atomic select case when 1 then 2 end; end;", "\\restrict x\n", "a (;);",
		"COPY a FROM stdin;\n\\.x\n\\.", elsewhere,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, escapes bool) {
		whole, err := pieces(t, bytes.NewReader(text), text, 16<<10, escapes)
		slowly, slowErr := pieces(t, iotest.OneByteReader(bytes.NewReader(text)), text, 16<<10, escapes)
		require.Equal(t, err == nil, slowErr == nil)
		require.Equal(t, strings.Join(whole, ""), strings.Join(slowly, ""))
	})
}
