package repo

import (
	"context"
	"errors"
	"slices"
	"strings"

	"exptool/internal/schema"
)

// readers are the first words of statements that only look. COPY … TO PROGRAM,
// DO and CALL run inside a read-only transaction too, and SET and COMMIT would
// end its being one.
var readers = []string{"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"}

// Only runs one statement that somebody else wrote. The server gets it as a
// prepared statement, so it refuses a second one; what is not a query is refused
// here with ErrUsage. The transaction must be read-only. What functions do that
// a privileged user may call inside a SELECT (lo_export, pg_read_file, dblink)
// cannot be told apart here.
func (tx *Tx) Only(ctx context.Context, query string, args ...any) (schema.Rows, error) {
	word := firstWord(query)
	if word == "" {
		return nil, &Error{Kind: ErrUsage, Message: "no statement given", Hint: "try 'SELECT 1'"}
	}
	if !slices.Contains(readers, word) {
		return nil, &Error{Kind: ErrUsage, Message: "only a query can run here, not " + shorten(word),
			Hint: "allowed are " + strings.Join(readers, ", ")}
	}
	if strings.ContainsRune(query, 0) { // which ends a string for the server
		return nil, &Error{Kind: ErrUsage, Message: "the statement has a NUL character", Hint: "take it out"}
	}
	c, err := tx.start(ctx, query, args)
	if err != nil {
		return nil, err
	}
	// Without arguments lib/pq would use the simple protocol, which takes many
	// statements at once; preparing forbids that.
	stmt, err := tx.conn.PrepareContext(c.ctx, c.sql)
	if err != nil {
		c.answered(err)
		return nil, oneStatement(c.end(err))
	}
	rows, err := stmt.QueryContext(c.ctx, args...)
	if err != nil && strings.HasPrefix(err.Error(), "sql: expected") {
		err = &Error{Kind: ErrUsage, Message: "the statement has parameters like $1", Hint: "write the values themselves", cause: err}
	}
	c.answered(err)
	if err != nil {
		_ = stmt.Close() // the query's error says more
		return nil, c.end(err)
	}
	c.rows, c.stmt = rows, stmt
	tx.open = c
	v, err := newValues(c, rows)
	if err != nil {
		return nil, err
	}
	for i := range v.columns {
		v.columns[i].Secret = schema.SecretIn(query, v.columns[i])
	}
	return v, nil
}

func oneStatement(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == "42601" && strings.Contains(e.Message, "multiple commands") {
		return &Error{Kind: ErrUsage, Message: "one statement at a time", Hint: "run the others by themselves", Code: e.Code, cause: e}
	}
	return err
}

// firstWord is the first keyword of a statement in capitals, past spaces,
// comments and opening parentheses; the first character where it is no word.
func firstWord(query string) string {
	s := query
	for {
		s = strings.TrimLeft(s, " \t\r\n\f\v(")
		switch {
		case strings.HasPrefix(s, "--"):
			_, s, _ = strings.Cut(s, "\n")
		case strings.HasPrefix(s, "/*"):
			s = afterComment(s)
		default:
			end := strings.IndexFunc(s, func(r rune) bool {
				return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_'
			})
			switch {
			case end < 0:
				end = len(s)
			case end == 0:
				end = 1
			}
			return strings.ToUpper(s[:min(end, len(s))])
		}
	}
}

// afterComment skips a /* comment, which nests in Postgres.
func afterComment(s string) string {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return s[i+1:]
			}
		}
	}
	return ""
}

func shorten(word string) string {
	if len(word) > 40 {
		return word[:40] + "…"
	}
	return oneLine(word)
}
