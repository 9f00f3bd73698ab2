package commands

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/cli"
	"exptool/internal/pgtest"
)

func TestBoardOfNobody(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	require.NoError(t, x.openDB().Exec(t.Context(), "UPDATE participant SET dollars = CASE id WHEN 7 THEN 'NaN'::float8 WHEN 8 THEN -2.5 END"))
	out, errs, code := x.run("board", "--as", "3")
	assert.Zero(t, code)
	assert.Contains(t, out, ",NaN,exptool donate 3 7\n")
	assert.Contains(t, errs, "participant 3, Édouard, has no dollars yet\n")
	out, _, _ = x.run("board", "--format", "json")
	assert.Contains(t, out, ` ($NaN)", `)
	assert.Contains(t, out, ` (-$2.50)"]}`)
	require.NoError(t, x.openDB().Exec(t.Context(), "UPDATE participant SET dollars = NULL"))
	out, errs, code = x.run("board", "--format", "json")
	assert.Zero(t, code)
	assert.Equal(t, "{\"choices\": [], \"labels\": []}\n", out)
	assert.Contains(t, errs, "nobody else has dollars; exptool seed gives everybody some\n")
}

// until ends a context once what was written has a text so many times.
type until struct {
	strings.Builder
	text  string
	times int
	end   func()
}

func (u *until) Write(b []byte) (int, error) {
	n, err := u.Builder.Write(b)
	if strings.Count(u.String(), u.text) >= u.times {
		u.end()
	}
	return n, err
}

// TestBoardWatched: it is shown again and again, with what is new, until Ctrl-C.
func TestBoardWatched(t *testing.T) {
	x := newRunner(t, pgtest.DB(t, "tutorial"))
	db := x.openDB()
	ctx, end := context.WithCancel(t.Context())
	out := &until{text: "1,Laura,", times: 3, end: end}
	changed := &until{text: "1,Laura,", times: 1, end: sync.OnceFunc(func() {
		assert.NoError(t, db.Exec(t.Context(), "UPDATE participant SET dollars = 99 WHERE id = 1"))
	})}
	var errs strings.Builder
	streams := &cli.Streams{In: strings.NewReader(""), Out: io.MultiWriter(changed, out), Err: &errs}
	code := run(ctx, newApp(streams, time.Now), []string{"board", "--watch", "100ms", "--db", x.db})
	assert.Zero(t, code, errs.String())
	assert.Contains(t, out.String(), "1,Laura,1.50,")
	assert.Contains(t, out.String(), "1,Laura,99,")
}
