package sqllog

import (
	"bytes"
	"io"
	"unsafe"
)

// blockSize is what is allocated at once for the log's text.
const blockSize = 256 << 10

// buffer is the part of the log that has not been given out. The text of a
// block is never written twice, so that the strings of entries can be views of
// it: a block lives as long as an entry of it.
type buffer struct {
	buf      []byte
	rec      int   // where the current record begins
	pos      int   // the first line not looked at
	seen     int   // there is no line end from pos to here
	base     int64 // offset of buf[0] in the log
	flushing bool
	final    bool // the last line counts although it has no end
	skipped  int64
}

// room makes space for n more bytes; it says whether a new block was begun.
func (b *buffer) room(n int) bool {
	if cap(b.buf)-len(b.buf) >= n {
		return false
	}
	keep := b.buf[b.rec:]
	block := make([]byte, len(keep), max(blockSize, 2*len(keep)+n))
	copy(block, keep)
	b.buf = block
	b.base += int64(b.rec)
	b.pos -= b.rec
	b.seen -= b.rec
	b.rec = 0
	return true
}

// view is buf[i:j] as a string, without a copy.
func (b *buffer) view(i, j int) string {
	if i >= j {
		return ""
	}
	return unsafe.String(&b.buf[i], j-i)
}

// line finds the line at pos: its text is buf[pos:end], the next line begins at
// next. Whole is false for a last line without its end.
func (b *buffer) line() (end, next int, whole, ok bool) {
	n := bytes.IndexByte(b.buf[b.seen:], '\n')
	if n < 0 {
		b.seen = len(b.buf)
		if b.final && b.pos < len(b.buf) {
			return b.trim(len(b.buf)), len(b.buf), false, true
		}
		return 0, 0, false, false
	}
	next = b.seen + n + 1
	return b.trim(next - 1), next, true, true
}

// trim takes the \r of a Windows line end off.
func (b *buffer) trim(end int) int {
	if end > b.pos && b.buf[end-1] == '\r' {
		return end - 1
	}
	return end
}

// advance goes on to the line at next.
func (b *buffer) advance(next int) {
	b.pos, b.seen = next, next
}

// skip drops the text before next, which belongs to no record.
func (b *buffer) skip(next int) {
	b.skipped += int64(next - b.pos)
	b.advance(next)
	b.rec = next
}

func (p *parser) feed(data []byte) {
	p.flushing, p.final = false, false
	if p.room(len(data)) {
		p.unpin()
	}
	p.buf = append(p.buf, data...)
}

func (p *parser) flush(final bool) {
	p.flushing, p.final = true, final
}

func (r *Reader) read(e *Entry) error {
	for {
		if r.Parser.next(e) {
			return nil
		}
		if r.done {
			return r.err
		}
		p := &r.Parser.parser
		if p.room(min(blockSize/4, max(4096, len(p.buf)-p.rec))) {
			p.unpin()
		}
		n, err := r.src.Read(p.buf[len(p.buf):cap(p.buf)])
		p.buf = p.buf[:len(p.buf)+n]
		if err != nil {
			r.done, r.err = true, err
			p.flush(err == io.EOF)
		}
	}
}
