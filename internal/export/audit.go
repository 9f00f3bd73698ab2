package export

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Finding is an id that is still in a file, for the first time in this column.
type Finding struct {
	File  string
	Line  int64  // from 1; of a file without lines the row
	Byte  int64  // in the line, from 1
	Field string // the column; empty for its name, and where a file has none
	Kind  string // what the id is: worker_id
	Shown string // how it begins, and how long it is
	Count int64  // how many ids of this kind are in the column
}

// String is the finding as a line of text.
func (f Finding) String() string {
	where := fmt.Sprintf("%s line %d, byte %d", f.File, f.Line, f.Byte)
	if f.Field != "" {
		where += ", in " + f.Field
	}
	s := fmt.Sprintf("%s: %s %s", where, f.Kind, f.Shown)
	if f.Count > 1 {
		s += fmt.Sprintf(", and %d more", f.Count-1)
	}
	return s
}

// shown is how much of an id a finding shows: enough to find it, too little to spread
// it.
func shown(v string) string {
	n := utf8.RuneCountInString(v)
	const some = 2
	if n < 8 {
		return fmt.Sprintf("of %d characters", n)
	}
	return fmt.Sprintf("%s… of %d characters", string([]rune(v)[:some]), n)
}

// Audit reads a file of an export, and finds all known ids in it, the more often
// encoded ones too: JSON's escapes, percent signs and doubled quotes, several around
// one another, and letters of another case. Base64, compressed and other binary text
// is not decoded, and of Unicode's several ways to write a letter only the one that
// the database has is known. The columns of .csv and .ndjson are told apart; in one that
// kept reports to be kept on purpose nothing is a finding. A finding stands for all of
// its kind in its column.
func (a *Anonymizer) Audit(ctx context.Context, name string, kept func(column string) bool, r io.Reader) ([]Finding, error) {
	u := a.NewAuditor(name, kept)
	err := u.Read(ctx, r)
	return u.Findings(), err
}

// Auditor audits one file, from its bytes (Read) or from its cells (Cell).
type Auditor struct {
	a        *Anonymizer
	name     string
	kept     func(column string) bool
	s        search
	place    place
	findings map[[2]string]*Finding
	order    []*Finding
}

// NewAuditor prepares to audit a file; see Audit. kept may be nil.
func (a *Anonymizer) NewAuditor(name string, kept func(column string) bool) *Auditor {
	a.ready()
	if kept == nil {
		kept = func(string) bool { return false }
	}
	return &Auditor{a: a, name: name, kept: kept, findings: map[[2]string]*Finding{}}
}

// Findings are what was found so far, in the order of its places.
func (u *Auditor) Findings() []Finding {
	var all []Finding
	for _, f := range u.order {
		all = append(all, *f)
	}
	return all
}

// Cell audits a value of a file whose bytes show nothing: Parquet's. Rows count from 1;
// row 0 is the name of the column.
func (u *Auditor) Cell(row int64, column string, text []byte) {
	matches := distinct(u.s.all(u.a.found, text))
	if len(matches) == 0 || row > 0 && u.kept(column) {
		return
	}
	for _, m := range matches {
		u.add(m, row, int64(m.start)+1, column)
	}
}

// add counts an id.
func (u *Auditor) add(m match, line, at int64, field string) {
	v := &u.a.ids[m.id]
	key := [2]string{field, v.kind}
	f := u.findings[key]
	if f == nil {
		f = &Finding{File: u.name, Line: line, Byte: at, Field: field, Kind: v.kind, Shown: shown(v.text)}
		u.findings[key] = f
		u.order = append(u.order, f)
	}
	f.Count++
}

// distinct sorts matches by their places, and leaves one of those that overlap.
func distinct(matches []match) []match {
	slices.SortFunc(matches, func(x, y match) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(y.end, x.end), cmp.Compare(x.id, y.id))
	})
	n := 0
	for _, m := range matches {
		if n > 0 && m.start < matches[n-1].end {
			continue
		}
		matches[n] = m
		n++
	}
	return matches[:n]
}

// Sizes of what is read at once.
const (
	auditFirst   = 32 << 10 // most files are small
	auditBuffer  = 1 << 20
	auditOverlap = 8 << 10 // what is looked at twice, so that an id may lie anywhere
	auditBefore  = 1 << 10 // of it, what is only looked at for what stands behind it
	mostEncoded  = 24      // bytes that one byte of an id may take
)

// Read audits the bytes of a file, in flat memory unless it is all escapes.
func (u *Auditor) Read(ctx context.Context, r io.Reader) error {
	u.place = newPlace(u.name)
	overlap := max(auditOverlap, mostEncoded*u.a.found.longest)
	buf := make([]byte, auditFirst+2*overlap)
	n, done := 0, 0 // bytes in buf, and those whose ids are known
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		m, err := io.ReadFull(r, buf[n:])
		n += m
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("%s: %w", u.name, err)
		}
		if last {
			u.chunk(buf[:n], done, n)
			return nil
		}
		cut := safeCut(buf[:n], n-overlap)
		from := safeCut(buf[:n], cut-auditBefore)
		if from <= 0 || cut <= done {
			buf = append(buf, make([]byte, len(buf))...)
			continue
		}
		u.chunk(buf[:n], done, cut)
		copy(buf, buf[from:n])
		n, done = n-from, cut-from
		if len(buf) < auditBuffer {
			buf = append(buf, make([]byte, auditBuffer)...)
		}
	}
}

// safeCut is the last place up to at where no encoding of a letter reaches over it, 0
// without one.
func safeCut(text []byte, at int) int {
	const longest = 32 // of what one letter is encoded in, layers and all
	for at > longest {
		i := bytes.LastIndexAny(text[at-longest:at], `\%"`)
		if i < 0 {
			return at
		}
		at -= longest - i
	}
	return 0
}

// chunk adds the ids that begin at done and before cut, and moves the place to cut.
func (u *Auditor) chunk(text []byte, done, cut int) {
	at := done
	for _, m := range distinct(u.s.all(u.a.found, text)) {
		if m.start < done || m.start >= cut {
			continue
		}
		u.place.move(text[at:m.start])
		at = m.start
		if field := u.place.field(); field == "" || !u.kept(field) {
			u.add(m, u.place.line, u.place.byte, field)
		}
	}
	u.place.move(text[at:cut])
}
