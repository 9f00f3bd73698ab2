package repo

import (
	"bytes"
	"fmt"
	"io"
)

// pieceKind says what a piece of a dump is.
type pieceKind uint8

const (
	pieceSpace     pieceKind = iota // white space between statements
	pieceComment                    // a comment between statements
	pieceMeta                       // a line for psql, which begins with a backslash
	pieceStatement                  // a statement, its semicolon included
	pieceRows                       // whole lines of a COPY block
	pieceRowsEnd                    // the line \. that ends the block
)

// piece is a part of a dump. Its text is valid until the next one is asked for.
type piece struct {
	kind pieceKind
	text []byte
	line int // of its first byte, from 1
}

// splitter cuts a dump into pieces as psql does, in flat memory: it holds one
// statement, or as many rows as fit into its buffer, at a time. Put together
// again, the pieces are the dump, byte for byte.
type splitter struct {
	lexer
	line  int // of the first unread byte
	taken int // bytes of the piece handed out last
}

func newSplitter(r io.Reader, limit int) *splitter {
	return &splitter{lexer: lexer{r: r, limit: limit, buf: make([]byte, min(bufferStart, limit))}, line: 1}
}

// drop forgets the piece that was handed out last.
func (s *splitter) drop() {
	s.line += bytes.Count(s.buf[s.start:s.start+s.taken], []byte{'\n'})
	s.start += s.taken
	s.taken = 0
}

func (s *splitter) take(kind pieceKind, n int) piece {
	s.taken = n
	return piece{kind: kind, text: s.buf[s.start : s.start+n], line: s.line}
}

// piece returns what comes next outside a COPY block; io.EOF at the end.
func (s *splitter) piece() (piece, error) {
	s.drop()
	kind, end, err := s.next(0)
	if err != nil {
		return piece{}, s.fail(err)
	}
	switch kind {
	case lexEnd:
		return piece{}, io.EOF
	case lexSpace:
		return s.take(pieceSpace, end), nil
	case lexComment:
		return s.take(pieceComment, end), nil
	}
	if s.buf[s.start] == '\\' {
		end, _ := s.index(0, '\n')
		if s.err != nil && s.err != io.EOF {
			return piece{}, s.fail(s.cut("a line for psql"))
		}
		return s.take(pieceMeta, end), nil
	}
	end, err = s.statement()
	if err != nil {
		return piece{}, s.fail(err)
	}
	return s.take(pieceStatement, end), nil
}

// statement returns the position after the statement that begins at position 0.
// A semicolon ends it unless it stands in parentheses (as in a rule) or between
// the BEGIN ATOMIC and END of a function.
func (s *splitter) statement() (int, error) {
	var body atomicBody
	depth, i := 0, 0
	for {
		kind, end, err := s.next(i)
		if err != nil {
			return 0, err
		}
		switch kind {
		case lexEnd:
			return 0, s.cut("a statement")
		case lexWord:
			body.word(s.buf[s.start+i:s.start+end], depth)
		case lexOther:
			switch s.buf[s.start+i] {
			case '(':
				depth++
			case ')':
				depth = max(depth-1, 0)
			case ';':
				if depth == 0 && body.depth == 0 {
					return end, nil
				}
			case '\\':
				return 0, fmt.Errorf("%w: a command for psql within a statement", ErrUnsafe)
			}
		}
		i = end
	}
}

// fail says where the text went wrong: in the piece that was being read.
func (s *splitter) fail(err error) error {
	return &LoadError{Line: s.line, Statement: excerpt(s.buf[s.start:s.end]), Err: err}
}

// lineEnd returns the rest of the line of a COPY: its rows begin on the next.
func (s *splitter) lineEnd() (piece, error) {
	s.drop()
	for i := 0; ; i++ {
		c, ok := s.at(i)
		switch {
		case !ok:
			return piece{}, s.cut("a COPY block, before its rows")
		case c == '\n':
			return s.take(pieceSpace, i+1), nil
		case !isSpace(c):
			return piece{}, fmt.Errorf("%w: more text on the line of a COPY", ErrFormat)
		}
	}
}

// rows returns the next lines of a COPY block, or its end.
func (s *splitter) rows() (piece, error) {
	s.drop()
	if n := s.endOfRows(); n > 0 {
		return s.take(pieceRowsEnd, n), nil
	}
	first, ok := s.index(0, '\n')
	if !ok {
		return piece{}, s.cut(`a COPY block, before its \.`)
	}
	window := s.buf[s.start:s.end]
	if len(window) > bufferStart {
		window = window[:max(first, bufferStart)]
	}
	// Whether a line that begins with \. is the end is seen when it comes first.
	if k := bytes.Index(window[first-1:], []byte("\n\\.")); k >= 0 {
		return s.take(pieceRows, first+k), nil
	}
	return s.take(pieceRows, bytes.LastIndexByte(window, '\n')+1), nil
}

// endOfRows returns the length of the line \. if that is what comes next.
func (s *splitter) endOfRows() int {
	for i, want := range []byte(`\.`) {
		if c, ok := s.at(i); !ok || c != want {
			return 0
		}
	}
	c, ok := s.at(2)
	if ok && c == '\r' {
		if c, ok = s.at(3); ok && c == '\n' {
			return 4
		}
		return 0
	}
	switch {
	case !ok && s.err == io.EOF:
		return 2
	case ok && c == '\n':
		return 3
	}
	return 0
}

// atomicBody tells whether a semicolon stands in the body of a function in
// standard SQL (CREATE FUNCTION … BEGIN ATOMIC …; …; END), by psql's own rule.
type atomicBody struct {
	first [4]byte // initials of the first four words
	words int
	depth int
}

func (a *atomicBody) word(w []byte, parens int) {
	if a.words < len(a.first) {
		a.first[a.words] = initial(w)
		a.words++
	}
	f := a.first
	if f[0] != 'c' || f[1] != 'f' && (f[1] != 'o' || f[2] != 'r' || f[3] != 'f') || parens > 0 {
		return
	}
	switch {
	case bytes.EqualFold(w, []byte("begin")):
		a.depth++
	case bytes.EqualFold(w, []byte("case")) && a.depth > 0:
		a.depth++
	case bytes.EqualFold(w, []byte("end")) && a.depth > 0:
		a.depth--
	}
}

// initial returns a letter for each of the words that can begin a function's
// definition: c, o, r, and f for function and procedure alike.
func initial(w []byte) byte {
	for _, k := range []struct {
		word   string
		letter byte
	}{{"create", 'c'}, {"or", 'o'}, {"replace", 'r'}, {"function", 'f'}, {"procedure", 'f'}} {
		if bytes.EqualFold(w, []byte(k.word)) {
			return k.letter
		}
	}
	return '-'
}
