package repo

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// Dump loads what pg_dump writes by default (plain SQL), gzipped or not, without
// psql, in flat memory: a statement at a time, rows in pieces of a quarter of a
// megabyte.
//
// Ownership and privileges are left out, everything belongs to the role that
// loads. What this server can't have (an extension that is not installed, a
// setting of a newer Postgres, a schema that is there already, a comment on
// somebody else's object) is left out with a warning. Any other failure is a
// *LoadError with the line. A dump that lacks its closing comment is ErrTruncated
// even if it ends between two statements.
func (l *Loader) Dump(ctx context.Context, r io.Reader) error {
	text, err := openDump(&meter{r: r, report: l.Progress})
	if err != nil {
		return err
	}
	d := dump{Loader: l, split: newSplitter(text, statementLimit)}
	return l.transact(ctx, func() error { return d.run(ctx) })
}

// openDump unpacks a dump where that is needed and refuses what is no SQL text.
func openDump(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, bufferStart)
	head, err := br.Peek(512)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("%w: unpack it: %w", ErrTruncated, err)
		}
		br = bufio.NewReaderSize(zr, bufferStart)
		if head, err = br.Peek(512); err != nil && err != io.EOF {
			return nil, fmt.Errorf("%w: unpack it: %w", ErrTruncated, err)
		}
	}
	if err := isText(head); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		_, _ = br.Discard(3) // the mark that Windows editors leave; it was peeked at
	}
	return br, nil
}

// dump is one dump being loaded.
type dump struct {
	*Loader
	split    *splitter
	database string // the name that \connect gave
	headers  int    // opening comments of pg_dump seen
	trailers int    // closing comments
	owned    int    // statements on ownership and privileges left out
}

func (d *dump) run(ctx context.Context) error {
	for {
		p, err := d.split.piece()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch p.kind {
		case pieceComment:
			d.comment(p.text)
		case pieceMeta:
			err = d.meta(p.text)
		case pieceStatement:
			err = d.statement(ctx, p)
		}
		if err != nil {
			return d.locate(p, err)
		}
	}
	if d.headers > d.trailers {
		return fmt.Errorf("%w: the line '-- PostgreSQL database dump complete' is missing at its end", ErrTruncated)
	}
	if d.owned > 0 {
		d.warn("ownership and privileges left out (%d statements)", d.owned)
	}
	return nil
}

// locate says where an error arose, unless that is known better already.
func (d *dump) locate(p piece, err error) error {
	if le := (*LoadError)(nil); errors.As(err, &le) {
		return err
	}
	return &LoadError{Line: p.line, Statement: excerpt(p.text), Err: err}
}

func (d *dump) comment(text []byte) {
	switch string(bytes.TrimSpace(text)) {
	case "-- PostgreSQL database dump":
		d.headers++
	case "-- PostgreSQL database dump complete":
		d.trailers++
	}
}

// meta obeys a line for psql. pg_dump writes three: \restrict and \unrestrict,
// which forbid psql what is refused here anyway, and \connect.
func (d *dump) meta(text []byte) error {
	line := strings.TrimSpace(string(text))
	name, arg, _ := strings.Cut(line, " ")
	switch name {
	case `\restrict`, `\unrestrict`:
		return nil
	case `\connect`, `\c`:
		if d.database != "" && d.database != arg {
			return fmt.Errorf("%w: a dump of several databases; dump the one you want with pg_dump", ErrFormat)
		}
		d.database = arg
		return nil
	}
	return fmt.Errorf("%w: the psql command %s is nothing that pg_dump writes", ErrUnsafe, name)
}

func (d *dump) statement(ctx context.Context, p piece) error {
	v, err := judge(p.text, d.split.escapes)
	if err != nil {
		return err
	}
	switch v.action {
	case actRun:
		return d.exec(ctx, string(p.text))
	case actTry:
		return d.try(ctx, p, v)
	case actCopy:
		return d.rows(ctx, p)
	case actOwn:
		d.owned++
	}
	if v.why != "" {
		d.warn("line %d: left out: %s: %s", p.line, excerpt(p.text), v.why)
	}
	return nil
}

func (d *dump) try(ctx context.Context, p piece, v verdict) error {
	failed, err := d.attempt(ctx, string(p.text))
	if err != nil {
		return err
	}
	if failed != nil {
		d.warn("%s", (&LoadError{Line: p.line, Statement: "left out: " + excerpt(p.text), Err: failed}).Error())
		return nil
	}
	if v.set == "standard_conforming_strings" {
		d.split.escapes = v.value != "on" && v.value != "true" && v.value != "1" && v.value != "yes"
	}
	return nil
}

// rows streams a COPY block to the server.
func (d *dump) rows(ctx context.Context, p piece) error {
	query := string(p.text)
	head := LoadError{Line: p.line, Statement: excerpt(p.text)}
	line := p.line + strings.Count(query, "\n")
	_, err := d.split.lineEnd()
	if err == nil {
		_, err = d.copyIn(ctx, query, func(send func([]byte) error) error {
			for {
				rows, err := d.split.rows()
				if err != nil || rows.kind == pieceRowsEnd {
					return err
				}
				if err := send(rows.text[:len(rows.text)-1]); err != nil {
					return err
				}
			}
		})
	}
	if err == nil {
		return nil
	}
	head.Err = err
	if n := copyContext(err); n > 0 {
		head.Line = line + n
	}
	return &head
}

// copyLine finds the row number in the context of an error of COPY.
var copyLine = regexp.MustCompile(`^COPY .*, line (\d+)`)

// copyContext returns the number of the row, from 1, that COPY failed at, or 0.
func copyContext(err error) int {
	var pe *pq.Error
	if !errors.As(err, &pe) {
		return 0
	}
	m := copyLine.FindStringSubmatch(pe.Where)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // digits only; too many of them give 0
	return n
}
