package repo

import (
	"bufio"
	"fmt"
	"io"
	"slices"
)

// csvField is a value of a CSV file. COPY tells NULL from an empty string by the
// quotes, which encoding/csv throws away; that is why there is a reader of our own.
type csvField struct {
	text   []byte
	quoted bool
}

// null reports whether the field is what COPY writes for NULL.
func (f csvField) null() bool { return len(f.text) == 0 && !f.quoted }

// csvReader reads CSV as COPY and Python's csv module write it, in flat memory:
// one record at a time.
type csvReader struct {
	br     *bufio.Reader
	line   int // of the line about to be read, from 1
	text   []byte
	ends   []int
	quoted []bool
	fields []csvField
}

func newCSVReader(r io.Reader) *csvReader {
	c := &csvReader{br: bufio.NewReaderSize(r, 64<<10), line: 1}
	if mark, _ := c.br.Peek(3); string(mark) == "\ufeff" {
		_, _ = c.br.Discard(3) // Excel's mark; it was peeked at
	}
	return c
}

// read returns the next record, valid until the next call, or io.EOF.
func (c *csvReader) read() ([]csvField, error) {
	c.text, c.ends, c.quoted = c.text[:0], c.ends[:0], c.quoted[:0]
	quoted := false
	for {
		b, err := c.br.ReadByte()
		switch {
		case err == io.EOF && len(c.text) == 0 && len(c.ends) == 0 && !quoted:
			return nil, io.EOF
		case err == io.EOF:
			b = '\n' // the last line may lack its end
		case err != nil:
			return nil, err
		}
		switch b {
		case '"':
			quoted = true
			if err := c.inQuotes(); err != nil {
				return nil, err
			}
		case ',':
			c.endField(quoted)
			quoted = false
		case '\r':
			if next, _ := c.br.Peek(1); len(next) == 1 && next[0] != '\n' {
				return nil, fmt.Errorf("%w: a carriage return outside quotes", ErrFormat)
			}
		case '\n':
			c.line++
			c.endField(quoted)
			return c.record(), nil
		default:
			c.text = append(c.text, b)
		}
		if len(c.text) > statementLimit {
			return nil, fmt.Errorf("%w: a row of more than %d bytes", ErrFormat, statementLimit)
		}
	}
}

// inQuotes reads to the closing quote.
func (c *csvReader) inQuotes() error {
	for {
		part, err := c.br.ReadSlice('"')
		c.text = append(c.text, part...)
		for _, b := range part {
			if b == '\n' {
				c.line++
			}
		}
		switch {
		case err == bufio.ErrBufferFull && len(c.text) <= statementLimit:
			continue
		case err == bufio.ErrBufferFull:
			return nil // read says that it is too long
		case err == io.EOF:
			return fmt.Errorf("%w: within quotes", ErrTruncated)
		case err != nil:
			return err
		}
		if next, _ := c.br.Peek(1); len(next) == 0 || next[0] != '"' {
			c.text = c.text[:len(c.text)-1]
			return nil
		}
		_, _ = c.br.Discard(1) // a doubled quote stands for one
	}
}

func (c *csvReader) endField(quoted bool) {
	c.ends = append(c.ends, len(c.text))
	c.quoted = append(c.quoted, quoted)
}

func (c *csvReader) record() []csvField {
	c.fields = c.fields[:0]
	start := 0
	for i, end := range c.ends {
		c.fields = append(c.fields, csvField{c.text[start:end], c.quoted[i]})
		start = end
	}
	return c.fields
}

// header returns the names of the columns; nil of an empty file.
func (c *csvReader) header() ([]string, error) {
	fields, err := c.read()
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range fields {
		name := string(f.text)
		switch {
		case name == "" && len(fields) == 1:
			return nil, nil // a table without columns
		case name == "":
			return nil, fmt.Errorf("%w: a column without a name", ErrFormat)
		case slices.Contains(names, name):
			return nil, fmt.Errorf("%w: two columns %q", ErrFormat, name)
		}
		names = append(names, name)
	}
	return names, nil
}

// appendCopyField appends a value as COPY's text format has it, which unlike
// its CSV format has no value that could be taken for the end of the data.
func appendCopyField(dst, text []byte) []byte {
	for _, b := range text {
		switch b {
		case '\\':
			dst = append(dst, `\\`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, b)
		}
	}
	return dst
}
