package repo

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/assert"
)

// TestArgumentsAreShownAsTheServerGetsThem, and nothing at all is no end of the program.
func TestArgumentsAreShownAsTheServerGetsThem(t *testing.T) {
	var never *time.Time
	at := time.Date(2026, 11, 23, 8, 46, 4, 5000, time.UTC)
	word := "a"
	for _, c := range []struct {
		arg  any
		want string
	}{
		{nil, "NULL"}, {never, "NULL"}, {(*string)(nil), "NULL"}, {sql.NullTime{}, "NULL"}, {pq.StringArray(nil), "NULL"},
		{at, "2026-11-23T08:46:04.000005Z"}, {&at, "2026-11-23T08:46:04.000005Z"},
		{"it's \x1b[31m\n", `"it's \x1b[31m\n"`}, {&word, `"a"`}, {[]byte{'b', 0}, `"b\x00"`}, {"", `""`},
		{5, "5"}, {int64(-1), "-1"}, {0.25, "0.25"}, {true, "true"}, {Cents(350), "350"},
		{pq.Array([]int64{1, 2}), "`{1,2}`"}, {pq.Array([]string{"a", `b"`}), "`{\"a\",\"b\\\"\"}`"},
		{pq.Array([]string{"a\n\x1b"}), `"{\"a\n\x1b\"}"`},
		{struct{ X int }{1}, "(struct { X int })"},
	} {
		assert.Equal(t, c.want, ShownArgument(c.arg), "%T", c.arg)
	}
	assert.Equal(t, `"`+strings.Repeat("名", 999)+"… (5002 characters)", ShownArgument(strings.Repeat("名", 5000)))
}
