package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (f *fake) sent() []post {
	f.Lock()
	defer f.Unlock()
	return append([]post(nil), f.posts...)
}

const (
	yusuf = `[data-payee="2"] button`
	amina = `[data-payee="3"] button`
)

func said(sentence string) string {
	return fmt.Sprintf("document.getElementById('said').textContent.trim() === %q", sentence)
}

func text(selector string) string {
	return fmt.Sprintf("document.querySelector(%q).textContent", selector)
}

func TestPress(t *testing.T) {
	f := newFake(t, participantView(7))
	f.gate = make(chan struct{})
	w := newWindow(t, browser(t), 390, 844)
	w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible(yusuf))
	assert.Equal(t, "$36", w.eval(text("#dollars")))

	w.click(yusuf, 1)
	assert.Equal(t, true, w.eval("document.querySelector('[data-payee=\"2\"] button.pending[aria-disabled=true]') !== null"), "pending at once")
	assert.Contains(t, w.eval(text(yusuf)), "giving")
	w.click(amina, 1) // while the first is under way
	close(f.gate)
	w.await(text(yusuf) + ".includes('$13 +$1')") // the payee's balance came by the event stream, and is marked in text
	w.await(said("You gave $1 to أمينة. You have $34."))
	w.await(text("#dollars") + " === '$34' && " + text("#given") + " === '$5'")
	w.await("!document.querySelector('.pending, .given, .changed, [aria-disabled]')")
	assert.Equal(t, []post{{"2", "1", "k0", "1000"}, {"3", "2", "k1", "1000"}}, f.sent(), "each with the key of the answer before")
	assert.Equal(t, 5., w.eval("document.querySelectorAll('#moves li').length"), "the answer and the stream tell of a transfer once")

	w.click("[data-keep] button", 1)
	w.await(said("You kept your dollars."))

	f.Lock()
	f.mine = 0
	f.Unlock()
	w.click(yusuf, 1)
	w.await(said("You have no dollars left to give.") + " && document.querySelector('#said.refused')")
	w.await("!document.querySelector('.pending')")
}

func TestDoubleClickGivesOnce(t *testing.T) {
	f := newFake(t, participantView(7))
	w := newWindow(t, browser(t), 1280, 800)
	w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible(yusuf))
	w.click(yusuf, 1)
	w.click(yusuf, 2)
	w.await(said("You gave $1 to Yusuf. You have $35.") + " && !document.querySelector('.pending')")
	w.click(yusuf, 2) // slower than the answer
	w.click(yusuf, 3)
	w.click(amina, 1)
	w.await(said("You gave $1 to أمينة. You have $34."))
	assert.Len(t, f.sent(), 2)

	w.eval(fmt.Sprintf("document.querySelector(%q).focus()", yusuf))
	w.enter(input.DispatchKeyEventTypeKeyDown, false)
	answered := " && !document.querySelector('.pending')"
	w.await(said("You gave $1 to Yusuf. You have $33.") + answered)
	for range 3 { // held down
		w.enter(input.DispatchKeyEventTypeKeyDown, true)
	}
	w.enter(input.DispatchKeyEventTypeKeyUp, false)
	w.click(amina, 1)
	w.await(said("You gave $1 to أمينة. You have $32."))
	assert.Len(t, f.sent(), 4)
}

// Whatever gets lost on the way, a press gives once, and the page says so.
func TestLostConnection(t *testing.T) {
	f := newFake(t, participantView(7))
	w := newWindow(t, browser(t), 390, 844)
	w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible(yusuf))
	f.Lock()
	f.swallow = true
	f.Unlock()
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $35."))
	require.Len(t, f.sent(), 2)
	assert.Equal(t, f.sent()[0], f.sent()[1], "sent again with its key")

	f.Lock()
	f.away = true
	f.Unlock()
	w.click(amina, 1)
	w.await("document.getElementById('line').checkVisibility() && " + text("#line") + " === 'Connection lost, trying again'")
	f.Lock()
	f.away = false
	f.Unlock()
	w.await(said("You gave $1 to أمينة. You have $34."))

	f.stop()
	w.await("document.getElementById('line').checkVisibility() && " + text("#line") + " === 'Connection lost, trying again'")
	w.click(yusuf, 1)
	w.await("document.querySelector('.pending')")
	f.Lock()
	f.view.Players[2].Dollars = "99.00" // somebody else's, meanwhile
	f.Unlock()
	f.start(t, f.address)
	w.await(text("#line") + " === 'Back'")
	w.await(said("You gave $1 to Yusuf. You have $33."))
	w.await(text(`[data-payee="4"]`) + ".includes('$99')")
	w.await("document.getElementById('line').hidden")
	f.Lock()
	defer f.Unlock()
	assert.EqualValues(t, 33, f.mine)
}

func TestHiddenTab(t *testing.T) {
	f := newFake(t, participantView(7))
	viewers := func() int {
		f.Lock()
		defer f.Unlock()
		return len(f.viewers)
	}
	w := newWindow(t, browser(t), 390, 844)
	w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible(yusuf))
	require.Eventually(t, func() bool { return viewers() == 1 }, 10*time.Second, 10*time.Millisecond)
	hide := "Object.defineProperty(document, 'hidden', {value: %t, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
	w.eval(fmt.Sprintf(hide, true))
	require.Eventually(t, func() bool { return viewers() == 0 }, 10*time.Second, 10*time.Millisecond)
	f.Lock()
	f.view.You.Dollars, f.view.State, f.view.Number = "50.00", "paused", 9
	f.Unlock()
	w.eval(fmt.Sprintf(hide, false))
	w.await(text("#dollars") + " === '$50' && " + text("#state") + " === 'The game is paused.'")
	w.click(yusuf, 1)
	w.await(said("The game is paused."))
	assert.Empty(t, f.sent())

	f.Lock() // what others do is marked, and only what concerns oneself is said
	f.view.State = "running"
	f.tell("delta", map[string]any{"number": 12, "state": "running", "players": []player{{ID: 2, Dollars: "10.00", Changed: 10}, {ID: 1, Dollars: "52.00", Changed: 12}},
		"new": []player{{ID: 40, Label: "<b>Late</b>", Dollars: "5.00"}}, "moves": []move{{12, 3, 1, "1.00"}, {11, 2, 1, "1.00"}, {10, 2, 4, "1.00"}}})
	f.Unlock()
	w.await(text(`[data-payee="2"]`) + ".includes('−$2')")
	w.await(said("You received $2 from 2 people. You have $52."))
	assert.Contains(t, w.eval(text(`[data-payee="40"]`)), "<b>Late</b>")
	f.Lock()
	f.tell("delta", map[string]any{"number": 13, "state": "running", "players": []player{{ID: 1, Dollars: "53.00", Changed: 13}}, "moves": []move{{13, 3, 1, "1.00"}}})
	f.Unlock()
	w.await(said("You received $1 from \u2068أمينة\u2069. You have $53."))
	w.click(`[data-payee="40"] button`, 1)
	require.Eventually(t, func() bool { return len(f.sent()) == 1 }, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, "8", f.sent()[0].position)
}

// A page goes on into the next session, leaves being done behind, and says when
// its address is no longer good.
func TestOtherPage(t *testing.T) {
	v := participantView(3)
	v.You.Done = true
	f := newFake(t, v)
	w := newWindow(t, browser(t), 390, 844)
	w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible(".rest"))
	f.Lock()
	f.view.You.Done, f.view.Session, f.view.Moves = false, "tuesday", nil
	f.tell("state", f.view)
	f.Unlock()
	w.await("document.querySelector('.give')")
	f.Lock()
	f.revoked = true
	f.Unlock()
	f.server.CloseClientConnections()
	w.await(text("#line") + " === 'This address is not valid any more. Ask for a new one.'")
}

func TestWithoutScript(t *testing.T) {
	f := newFake(t, participantView(7))
	w := newWindow(t, browser(t), 390, 844)
	call(w, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible(yusuf))
	assert.Contains(t, w.eval(text("noscript")), "Reload for news")
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf."))
	assert.Equal(t, "$35", w.eval(text("#dollars")))
	w.click(amina, 1)
	w.await(said("You gave $1 to أمينة."))
	assert.Equal(t, []post{{"2", "1", "k0", "1000"}, {"3", "2", "k1", "1000"}}, f.sent())
	w.click(".bottom .strong", 1)
	w.await("document.body.innerText.includes('You are done')")
	w.click(".rest button", 1)
	w.await("document.querySelector('.give')")
}

// A name is text in its own direction, and as long as it likes; a page of 200
// buttons is as wide as the phone.
func TestNames(t *testing.T) {
	b := browser(t)
	for _, others := range []int{0, 7, 199} {
		for _, width := range []int64{320, 1280} {
			f := newFake(t, participantView(others))
			w := newWindow(t, b, width, 844)
			w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible("#dollars"))
			assert.EqualValues(t, others, w.eval("document.querySelectorAll('.give').length"))
			assert.LessOrEqual(t, w.eval("document.documentElement.scrollWidth"), float64(width), "%d buttons at %d pixels", others, width)
			small := "[...document.querySelectorAll('button')].filter(b => b.getBoundingClientRect().height < 44).length"
			assert.EqualValues(t, 0, w.eval(small), "every button is as high as a thumb")
			if others < 7 {
				continue
			}
			assert.Equal(t, "<script>alert(1)</script>", w.eval(text(`[data-payee="6"] bdi`)))
			for id, direction := range map[int]string{2: "ltr", 3: "rtl", 8: "rtl"} {
				assert.Equal(t, direction, w.eval(fmt.Sprintf("getComputedStyle(document.querySelector('[data-payee=\"%d\"] bdi')).direction", id)))
			}
		}
	}
}

func TestHost(t *testing.T) {
	f := newFake(t, hostView(9))
	w := newWindow(t, browser(t), 1280, 900)
	w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible("#lorenz svg"))
	labels := "[...document.querySelectorAll('#players .name')].map(e => e.textContent)"
	assert.Equal(t, "9", w.eval(text("#connected")))
	w.await(labels + "[0] === 'Player 9'") // 49 dollars, the most
	f.Lock()
	f.tell("delta", map[string]any{"number": 101, "state": "paused", "players": []player{{ID: 2, Dollars: "90.00", Changed: 101}}, "moves": []move{{101, 4, 2, "44.00"}}})
	f.tell("host", map[string]any{"connected": []int{2}, "gini": "0.500", "lorenz": [][2]float64{{0, 0}, {0.5, 0.1}, {1, 1}}, "flow": []move{{0, 4, 2, "44.00"}}})
	f.Unlock()
	w.await(labels + "[0] === 'Yusuf'")
	assert.Equal(t, "0.500", w.eval(text("#gini")))
	assert.Equal(t, "Lorenz curve: the poorest 50 % hold 10 % of the dollars", w.eval("document.querySelector('#lorenz svg').getAttribute('aria-label')"))
	assert.Equal(t, "名前Yusuf$44", w.eval(text("#flow")))
	assert.Equal(t, "名前 gave $44 to Yusuf", w.eval(text("#moves li")))
	assert.Equal(t, "Paused", w.eval(text("#state")))
	assert.Equal(t, "Resume,End,New session", w.eval("[...document.querySelectorAll('.controls button')].filter(b => b.checkVisibility()).map(b => b.textContent).join(',')"))
}
