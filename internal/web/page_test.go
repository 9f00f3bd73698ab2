package web

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNamesAreText(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	text := g.do("GET", g.address(1), nil).Body.String()
	assert.NotContains(t, text, "<script>alert")
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "O&#39;Brien", "Player 4", "名前", "tab here line"} {
		assert.Contains(t, text, want)
	}
	json := g.do("GET", g.address(1), nil, asJSON).Body.String()
	assert.NotContains(t, json, "<script>")
	assert.Equal(t, 1, strings.Count(json, "\n"), "one line, as a stream needs it")
	assert.Equal(t, "ab c", plain("\x00a\u202eb\u2066\t\n c\x1b"))
	for _, nothing := range []string{"", " \t", "\u200b\u200d", "\u3164", "\u2800 \u00ad", "\ufeff", "\ufe0f", "\xff"} {
		assert.Equal(t, "Player 7", Label(7, nothing), "%q", nothing)
	}
	for _, kept := range []string{"👩\u200d👧", "می\u200cخواهم", "-"} {
		assert.Equal(t, kept, Label(7, kept))
	}
}

func TestOrderOfButtons(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	order := func(id int64) (ids []int64) {
		for i, p := range g.view(g.address(id)).Players {
			assert.Equal(t, i+1, p.Position)
			ids = append(ids, p.ID)
		}
		return ids
	}
	first := order(1)
	assert.Equal(t, first, order(1), "it is stable")
	differ := false
	for id := range int64(5) {
		differ = differ || order(id + 2)[0] != first[0] && order(id + 2)[1] != first[1]
	}
	assert.True(t, differ, "it is each one's own")
	g.board.join(Person{ID: 50, Cents: 200, HasDollars: true}, Player{ID: 50})
	assert.Equal(t, append(first, 50), order(1), "no button moves where somebody joins")
}

func TestHidden(t *testing.T) {
	t.Parallel()
	g := newGame(t, func(o *Options) { o.Hidden = true })
	page := g.view(g.address(1))
	for _, p := range page.Players {
		assert.Empty(t, p.Dollars)
		assert.Zero(t, p.Changed)
	}
	assert.Equal(t, "2.00", page.You.Dollars)
	g.push(2, 3, g.view(g.address(2)).Key)
	assert.Equal(t, "none", g.presses()[0].Visible)
	assert.Zero(t, g.view(g.address(1)).Players[0].Changed)
}

func TestNoGaps(t *testing.T) {
	t.Parallel()
	g := newGame(t, func(o *Options) { o.Join = true })
	for _, path := range []string{g.address(1), g.hostAddress(), strings.TrimPrefix(g.Join(), "http://example.test"), "/nowhere"} {
		text := g.do("GET", path, nil).Body.String()
		assert.NotRegexp(t, `\n\s*\n`, text, path)
		assert.True(t, strings.HasPrefix(text, "<!DOCTYPE html>\n") && strings.HasSuffix(text, "\n</body>\n</html>\n"), path)
	}
}
