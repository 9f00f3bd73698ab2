package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// A whole game without scripts, by plain forms: the host's, of somebody who was there,
// and of somebody who joins.
func TestPageWithoutScript(t *testing.T) {
	t.Parallel()
	b := newTable(t, players(), func(o *Options) { o.Play, o.Join, o.Most = Play{Session: "class", State: Waiting}, true, 9 })
	host, mona, late := newWindow(t, 1280, 900), newWindow(t, 390, 844), newWindow(t, 390, 844)
	for _, w := range []*window{host, mona, late} {
		w.without()
	}
	host.open(b.address(0))
	mona.open(b.address(1))
	mona.await(text("#state") + " === 'The game has not started yet.'")
	assert.Contains(t, mona.eval(text("noscript")), "Reload for news")

	late.open(b.Join())
	late.fill("#nickname", "Mona")
	late.click("button", 1)
	late.await(said("Somebody has that name already. Choose another.") + " && document.querySelector('[aria-invalid]')")
	late.fill("#nickname", "Zoë <b>")
	late.click("button", 1)
	late.await("document.getElementById('you')?.textContent === 'Zoë <b>' && " + text("#dollars") + " === '$5'")
	mona.click(yusuf, 1)
	mona.await(said("The game has not begun yet. Nothing was given."))

	host.click(`[data-when="waiting"] button`, 1)
	host.await(said("The game runs.") + " && " + text("#state") + " === 'Running'")
	mona.click(yusuf, 1)
	mona.await(said("You gave $1 to Yusuf. You have $35."))
	assert.Equal(t, "$35", mona.eval(text("#dollars")))
	mona.click(amina, 1)
	mona.await(said("You gave $1 to أمينة. You have $34."))
	mona.click(keeps, 1)
	mona.await(said("You kept your dollars."))
	late.reload()
	late.click(`[data-payee="1"] button`, 1)
	late.await(said("You gave $1 to Mona. You have $4.") + " && " + text("#dollars") + " === '$4'")

	host.click(`[data-when="running"] button`, 1)
	host.await(said("The game is paused."))
	mona.click(yusuf, 1)
	mona.await(said("The game is paused. Nothing was given.") + " && " + text("#dollars") + " === '$35'")
	host.click(`[data-when="paused"] button`, 1)
	host.await(said("The game goes on."))
	mona.click(".bottom .strong", 1)
	mona.await("document.body.innerText.includes('You are done')")
	mona.click(".rest button", 1)
	mona.await("document.querySelector('.give')")
	mona.click(".bottom .strong", 1)
	mona.await("document.querySelector('.rest')")
	host.click(`[data-when~="paused"][action$="end"] button`, 1)
	host.await(said("The game is over.") + " && document.querySelectorAll('#moves li').length === 3")
	b.agree(host)
	assert.Equal(t, []string{"1 2 100", "1 3 100", "64 1 100"}, b.given())
	assert.Len(t, b.decided(), 4)
	assert.Equal(t, []string{"1"}, b.asked("SELECT participant::text FROM exptool.player WHERE done_at IS NOT NULL"))
	host.fill(`[name="session"]`, "after noon")
	host.click(`[action$="new"] button`, 1)
	host.await(said("Session after noon can begin.") + " && " + text("#session") + " === 'after noon'")
}

// The keyboard alone joins, gives, keeps, and is done; and what happens is in the live
// region, which a screen reader reads out.
func TestPageKeyboard(t *testing.T) {
	t.Parallel()
	b := newTable(t, crowd(200, "Mona", "Yusuf"), func(o *Options) { o.Join = true })
	w := newWindow(t, 390, 844)
	w.open(b.Join())
	at := "(document.activeElement.closest('form')?.dataset.payee ?? document.activeElement.textContent.trim())"
	tabTo := func(want string) {
		for range 20 {
			if w.key(kb.Tab); w.eval(at) == want {
				visible := w.eval("(e => e.checkVisibility() && getComputedStyle(e).outlineStyle !== 'none')(document.activeElement)")
				assert.Equal(t, true, visible, "one sees where one is: %s", want)
				return
			}
		}
		t.Fatalf("no Tab comes to %q", want)
	}
	w.key(kb.Tab)
	w.key("O'Hara" + kb.Enter)
	w.await("document.getElementById('you')?.textContent === \"O'Hara\"")
	w.eval("window.heard = []; new MutationObserver(() => heard.push(document.getElementById('said').textContent)).observe(document.getElementById('said'), {childList: true, characterData: true, subtree: true}); 0")
	tabTo("2")
	w.key(kb.Enter)
	w.await(said("You gave $1 to Yusuf. You have $4.") + " && " + ready)
	w.key(" ")
	w.await(said("You gave $1 to Yusuf. You have $3.") + " && " + ready)
	assert.Equal(t, "2", w.eval(at), "the focus stays")
	tabTo("Keep it this time")
	w.key(kb.Enter)
	w.await(said("You kept your dollars.") + " && " + ready)
	w.key(kb.Enter)
	w.await("heard.length === 4 && " + ready)
	assert.Equal(t, "You gave $1 to Yusuf. You have $4.|You gave $1 to Yusuf. You have $3.|You kept your dollars.|You kept your dollars.\u00a0", w.eval(`heard.join('|').replace(/[\u2068\u2069]/g, '')`),
		"each is a change, the same sentence too")
	tree := call(w, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	var regions []string
	for _, node := range tree.Nodes {
		for _, p := range node.Properties {
			if p.Name == "live" {
				regions = append(regions, fmt.Sprint(string(node.Role.Value), string(p.Value.Value)))
			}
		}
	}
	assert.Contains(t, regions, `"status""polite"`)
	tabTo("I am done")
	w.key(kb.Enter)
	w.await("document.querySelector('.rest')")
	tabTo("Go on playing")
	w.key(" ")
	w.await("document.querySelector('.give')")
	assert.Equal(t, []string{"64 2 100", "64 2 100"}, b.given())
}

// A name is text in its own direction, and as long as it likes; a page of 200 buttons is
// as wide as the phone.
func TestPageNames(t *testing.T) {
	t.Parallel()
	many := players()
	many[5].name += strings.Repeat("x", 5000)
	for i := range 192 {
		many = append(many, purse{fmt.Sprint("Player ", i+9), 100_000_000_00})
	}
	for _, people := range [][]purse{{{"Mona", 100}}, many} {
		b := newTable(t, people)
		for _, width := range []int64{320, 1280} {
			w := newWindow(t, width, 844)
			w.open(b.address(1))
			others := len(people) - 1
			assert.EqualValues(t, others, w.eval("document.querySelectorAll('.give').length"))
			assert.LessOrEqual(t, w.eval("document.documentElement.scrollWidth"), float64(width), "%d buttons at %d pixels", others, width)
			small := "[...document.querySelectorAll('button')].filter(b => b.getBoundingClientRect().height < 44).length"
			assert.EqualValues(t, 0, w.eval(small), "every button is as high as a thumb")
			if others == 0 {
				assert.Equal(t, true, w.eval("document.getElementById('alone').checkVisibility()"))
				continue
			}
			assert.Equal(t, "<script>alert(1)</script>", w.eval(text(`[data-payee="5"] bdi`)))
			for id, direction := range map[int]string{2: "ltr", 3: "rtl", 7: "rtl"} {
				assert.Equal(t, direction, w.eval(fmt.Sprintf("getComputedStyle(document.querySelector('[data-payee=\"%d\"] bdi')).direction", id)))
			}
			w.open(b.address(0))
			assert.LessOrEqual(t, w.eval("document.documentElement.scrollWidth"), float64(width), "the host's at %d pixels", width)
			assert.Equal(t, many[2].name, w.eval(text(`[data-id="3"] bdi`)))
		}
	}
}

func TestPageHost(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w := newWindow(t, 1280, 900)
	w.open(b.address(0))
	names := "[...document.querySelectorAll('#players .name')].map(e => e.textContent)"
	w.await(names + "[0] === '名前'") // 41 dollars, the most
	gini := w.eval(text("#gini"))
	b.gives(8, 2, 4100)
	w.await(names + "[0] === 'Yusuf'")
	w.await(fmt.Sprintf("%s !== %q", text("#gini"), gini))
	assert.Equal(t, "Lorenz curve: the poorest 50 % hold 17 % of the dollars", w.eval("document.querySelector('#lorenz svg').getAttribute('aria-label')"))
	assert.Equal(t, "名前Yusuf$41", w.eval(text("#flow")))
	assert.Equal(t, "名前 gave $41 to Yusuf", w.eval(text("#moves li")))
	w.click(`[data-when="running"] button`, 1)
	w.await(text("#state") + " === 'Paused'")
	assert.Equal(t, "Resume,End,New session", w.eval("[...document.querySelectorAll('.controls button')].filter(b => b.checkVisibility()).map(b => b.textContent).join(',')"))
}
