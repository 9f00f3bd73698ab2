package commands

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"exptool/repo"
)

// move is a line of a file of transfers.
type move struct {
	line int64
	repo.Transfer
	err error // why the line cannot be read
}

// moveReader reads transfers from CSV. It stays at a line: what is wrong in one
// is told of it, and the next is read all the same.
type moveReader struct {
	r         *bufio.Reader
	name      string
	otherwise repo.Transfer // what a line does not say

	line   int64    // the last that was taken
	again  [][]byte // lines that were read ahead
	places []int    // of payer, payee, amount, key and memo in a line, -1 where missing; nil before the first line
	width  int      // columns of the header; 0 without one
	fields [][]byte
	text   []byte // of fields in quotes
}

// maxRecord is how long a line may be, in bytes: memos have 2,000.
const maxRecord = 8 << 10

func newMoveReader(r io.Reader, name string, otherwise repo.Transfer) *moveReader {
	return &moveReader{r: bufio.NewReaderSize(r, 64<<10), name: name, otherwise: otherwise}
}

// The errors of lines.
var (
	errOpenQuote  = errors.New("a quote does not end")
	errAfterQuote = errors.New("something follows a closing quote")
	errLongLine   = fmt.Errorf("the line is longer than %d bytes", maxRecord)
)

// next gives the next line that has anything in it, io.EOF after the last. Other
// errors are of the file, or of a header that is not understood.
func (m *moveReader) next() (move, error) {
	for {
		line, err := m.take()
		if err != nil && err != errLongLine {
			return move{}, err
		}
		at := move{line: m.line, Transfer: m.otherwise}
		if err == nil {
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			err = m.record(line)
		}
		switch {
		case err != nil:
			at.Sent, at.err = 0, err
			m.places = m.columns() // a bad line is no header
			return at, nil
		case m.blank():
			continue
		case m.places == nil:
			header, err := m.header()
			if err != nil {
				return at, err
			}
			if header {
				continue
			}
		}
		at.err = m.fill(&at.Transfer)
		return at, nil
	}
}

// take gives the next line, errLongLine for one that is too long to be one.
func (m *moveReader) take() ([]byte, error) {
	m.line++
	if len(m.again) > 0 {
		line := m.again[0]
		m.again = m.again[1:]
		return line, nil
	}
	line, err := m.r.ReadSlice('\n')
	long := len(line) > maxRecord
	for err == bufio.ErrBufferFull {
		_, err = m.r.ReadSlice('\n')
	}
	switch {
	case err != nil && err != io.EOF:
		return nil, fmt.Errorf("reading %s: %w", m.name, err)
	case long:
		return nil, errLongLine
	case len(line) == 0:
		return nil, io.EOF
	}
	if m.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line, nil
}

// record takes a line apart, and those after it that a text in quotes goes on in.
func (m *moveReader) record(line []byte) error {
	err := m.split(line)
	if err != errOpenQuote {
		return err
	}
	whole, ahead, from := bytes.Clone(line), [][]byte(nil), m.line
	for len(whole) <= maxRecord {
		more, err := m.take()
		if err == errLongLine {
			// Its text is gone; that it was there must still be told.
			ahead = append(ahead, bytes.Repeat([]byte{'x'}, maxRecord+1))
			break
		}
		if err != nil {
			break // which will be met again
		}
		ahead = append(ahead, bytes.Clone(more))
		whole = append(whole, more...)
		if bytes.IndexByte(more, '"') < 0 {
			continue
		}
		if err := m.split(whole); err == nil {
			return nil
		} else if err != errOpenQuote {
			break
		}
	}
	m.again, m.line = append(ahead, m.again...), from
	return errOpenQuote
}

// split finds the fields of a record.
func (m *moveReader) split(record []byte) error {
	if len(record) > maxRecord {
		return errLongLine
	}
	record = bytes.TrimSuffix(bytes.TrimSuffix(record, []byte("\n")), []byte("\r"))
	m.fields = m.fields[:0]
	m.text = append(m.text[:0], make([]byte, 0, len(record))...)
	for {
		if len(record) == 0 || record[0] != '"' {
			field, rest, more := bytes.Cut(record, []byte(","))
			m.fields = append(m.fields, field)
			if !more {
				return nil
			}
			record = rest
			continue
		}
		from := len(m.text)
		for record = record[1:]; ; {
			end := bytes.IndexByte(record, '"')
			if end < 0 {
				return errOpenQuote
			}
			m.text = append(m.text, record[:end]...)
			if record = record[end+1:]; len(record) == 0 || record[0] != '"' {
				break
			}
			m.text, record = append(m.text, '"'), record[1:]
		}
		m.fields = append(m.fields, m.text[from:])
		switch {
		case len(record) == 0:
			return nil
		case record[0] != ',':
			return errAfterQuote
		}
		record = record[1:]
	}
}

// blank reports whether a line has nothing but commas, as spreadsheets write them.
func (m *moveReader) blank() bool {
	for _, f := range m.fields {
		if len(bytes.TrimSpace(f)) > 0 {
			return false
		}
	}
	return true
}

// The places of a line.
const (
	payerAt = iota
	payeeAt
	amountAt
	keyAt
	memoAt
)

// moveNames are the names of the columns, and others that are understood.
var moveNames = map[string]int{
	"payer": payerAt, "from": payerAt, "payee": payeeAt, "to": payeeAt,
	"amount": amountAt, "dollars": amountAt, "key": keyAt, "memo": memoAt,
}

// columns are the places that are known, else those of a file without a header.
func (m *moveReader) columns() []int {
	if m.places != nil {
		return m.places
	}
	return []int{payerAt, payeeAt, amountAt, keyAt, memoAt}
}

// header takes the first line for a header where it has names and no numbers, and
// says whether it was one. One that is not understood is an error: with columns in
// another order the wrong side would give.
func (m *moveReader) header() (bool, error) {
	named := false
	for _, f := range m.fields {
		_, known := moveNames[strings.ToLower(strings.TrimSpace(string(f)))]
		named = named || known
	}
	if !named && bytes.ContainsAny(bytes.Join(m.fields, nil), "0123456789") {
		m.places = m.columns()
		return false, nil
	}
	places := []int{-1, -1, -1, -1, -1}
	for i, f := range m.fields {
		name := strings.ToLower(strings.TrimSpace(string(f)))
		at, known := moveNames[name]
		switch {
		case !known:
			return false, usagef("unknown column %.40q in the header of %s", name, m.name).
				hint(didYouMean(name, []string{"payer", "payee", "amount", "key", "memo"}, "the columns are payer, payee, amount, key and memo"))
		case places[at] >= 0:
			return false, usagef("the header of %s names the %s twice", m.name, moveName(at))
		}
		places[at] = i
	}
	for _, at := range []int{payerAt, payeeAt} {
		if places[at] < 0 {
			return false, usagef("the header of %s names no %s", m.name, moveName(at))
		}
	}
	m.places, m.width = places, len(m.fields)
	return true, nil
}

func moveName(at int) string { return []string{"payer", "payee", "amount", "key", "memo"}[at] }

// fill takes the fields of a line into a transfer.
func (m *moveReader) fill(t *repo.Transfer) (err error) {
	t.Sent = 0
	switch n := len(m.fields); {
	case m.width > 0 && n != m.width:
		return fmt.Errorf("the header has %s, this line %s", plural(m.width, "column", "columns"), plural(n, "field", "fields"))
	case m.width == 0 && (n < 2 || n > 5):
		return fmt.Errorf("a line has payer,payee[,amount[,key[,memo]]], this one %s", plural(n, "field", "fields"))
	}
	var wrong error
	if t.Payer, err = parseParticipant(m.field(payerAt)); err != nil {
		wrong = err
	}
	if t.Payee, err = parseParticipant(m.field(payeeAt)); err != nil && wrong == nil {
		wrong = err
	}
	if wrong != nil {
		return wrong
	}
	t.Key = m.field(keyAt)
	if memo := m.field(memoAt); memo != "" {
		t.Memo = memo
	}
	if amount := m.field(amountAt); strings.TrimSpace(amount) != "" {
		t.Sent, err = repo.ParseCents(amount)
		return err
	}
	t.Sent = m.otherwise.Sent
	return nil
}

// field is a field of the line, empty where it has none.
func (m *moveReader) field(at int) string {
	if i := m.places[at]; i >= 0 && i < len(m.fields) {
		return string(m.fields[i])
	}
	return ""
}
