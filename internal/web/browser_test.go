package web

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// players are participants 1 to 8, whose names are not all easy.
func players() []purse {
	return []purse{{"Mona", 3600}, {"Yusuf", 1200}, {"أمينة", 2900}, {"O'Brien", 500}, {"<script>alert(1)</script>", 2200},
		{"Wolfeschlegelsteinhausenbergerdorff von und zu Hohenlohe", 900}, {"שרה (3)", 1500}, {"名前", 4100}}
}

// Buttons of a page.
const (
	yusuf = `[data-payee="2"] button`
	amina = `[data-payee="3"] button`
	keeps = `[data-keep] button`
	ready = "!document.querySelector('.pending')"
)

func said(sentence string) string {
	return fmt.Sprintf(`document.getElementById('said').textContent.trim().replace(/[\u2068\u2069]/g, '') === %q`, sentence)
}

func text(selector string) string {
	return fmt.Sprintf("document.querySelector(%q).textContent", selector)
}

// line says that the page tells of its connection.
func line(sentence string) string {
	return fmt.Sprintf("document.getElementById('line').checkVisibility() && %s === %q", text("#line"), sentence)
}

// purses are what a page shows that everybody has, by id.
func (w *window) purses() (all map[string]string) {
	w.t.Helper()
	list := w.eval(`JSON.stringify(Object.fromEntries([
		...[...document.querySelectorAll('#players > *')].map(e => [e.dataset.id ?? e.querySelector('form').dataset.payee, e.querySelector('.dollars').textContent]),
		...(document.getElementById('you') ? [[document.getElementById('you').dataset.id, document.getElementById('dollars').textContent]] : [])]))`)
	require.NoError(w.t, json.Unmarshal([]byte(list.(string)), &all))
	return all
}

// agree waits until all windows show what the database says.
func (b *table) agree(windows ...*window) {
	b.t.Helper()
	for i, w := range windows {
		require.EventuallyWithT(b.t, func(c *assert.CollectT) {
			want := map[string]string{}
			for _, pair := range b.asked("SELECT json_build_array(id::text, dollars::text)::text FROM participant WHERE dollars IS NOT NULL") {
				var row [2]string
				require.NoError(c, json.Unmarshal([]byte(pair), &row))
				want[row[0]] = money(row[1])
			}
			assert.Equal(c, want, w.purses(), "window %d", i)
		}, 10*time.Second, 50*time.Millisecond)
	}
}

// Three participants and the host look on while all press, and while somebody gives
// from another shell.
func TestPageThreeWindows(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	var all []*window
	for id := range int64(4) {
		w := newWindow(t, 390, 844)
		w.open(b.address(id))
		all = append(all, w)
	}
	host, mona, yusufs, aminas := all[0], all[1], all[2], all[3]
	host.await(text("#connected") + " === '3'")
	b.agree(all...)
	for range 3 { // nobody waits for another
		mona.click(yusuf, 1)
		yusufs.click(amina, 1)
		aminas.click(`[data-payee="1"] button`, 1)
		aminas.click(yusuf, 1)
		for _, w := range all[1:] {
			w.await(ready)
		}
	}
	mona.await(text("#said") + ".startsWith('You received $')")
	b.agree(all...)
	assert.Equal(t, []string{"36", "15", "26"}, b.has(1, 2, 3))
	assert.Len(t, b.given(), 12)
	mona.await(text("#given") + " === '$3' && " + text("#received") + " === '$3'")
	yusufs.await(text("#given") + " === '$3' && " + text("#received") + " === '$6'")
	host.await("document.querySelectorAll('#moves li').length === 12 && document.querySelectorAll('#flow tr').length === 4")

	b.gives(8, 1, 4000)                                                                    // elsewhere
	mona.await(text("#said") + `.match(/^You received \$4\d from .*\. You have \$76\.$/)`) // with what came just before
	b.agree(all...)
	assert.Equal(t, []string{"76", "15", "26", "1"}, b.has(1, 2, 3, 8))
	host.await(text("#moves li") + " === '名前 gave $40 to Mona'")
}

func TestPagePress(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w := newWindow(t, 390, 844)
	w.open(b.address(1))
	assert.Equal(t, "$36", w.eval(text("#dollars")))
	b.wire.hold()
	w.click(yusuf, 1)
	assert.Equal(t, true, w.eval("document.querySelector('[data-payee=\"2\"] button.pending[aria-disabled=true]') !== null"), "pending at once")
	assert.Contains(t, w.eval(text(yusuf)), "giving")
	w.click(amina, 1) // while the first is under way
	b.wire.release()
	w.await(text(yusuf) + ".includes('$13 +$1')") // the payee's balance came by the event stream, and is marked in text
	w.await(said("You gave $1 to أمينة. You have $34."))
	w.await(text("#dollars") + " === '$34' && " + text("#given") + " === '$2'")
	w.await("!document.querySelector('.pending, .given, .changed, [aria-disabled]')")
	assert.Equal(t, 2., w.eval("document.querySelectorAll('#moves li').length"), "the answer and the stream tell of a transfer once")
	w.click(keeps, 1)
	w.await(said("You kept your dollars."))
	w.click(amina, 1)
	w.await(said("You gave $1 to أمينة. You have $33."))

	position := func(payee int) string {
		return w.eval(fmt.Sprintf("document.querySelector('[data-payee=\"%d\"] [name=position]').value", payee)).(string)
	}
	assert.Equal(t, []string{
		"1 1 give 2 " + position(2) + " all", "1 2 give 3 " + position(3) + " all", "1 3 keep all", "1 4 give 3 " + position(3) + " all",
	}, b.decided())
	assert.Equal(t, []string{"4"}, b.asked("SELECT count(*)::text FROM exptool.decisions WHERE shown_at < at AND response_ms BETWEEN 0 AND 60000"))
}

func TestPageEmptyPurse(t *testing.T) {
	t.Parallel()
	b := newTable(t, []purse{{"Mona", 100}, {"Yusuf", 0}})
	w := newWindow(t, 390, 844)
	w.open(b.address(1))
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $0.") + " && " + ready)
	w.click(yusuf, 1)
	w.await(said("You have $0, not enough to give $1.") + " && document.querySelector('#said.refused')")
	w.await("document.querySelector('.give.refused:not(.pending)')")
	b.agree(w)
	assert.Equal(t, []string{"1 2 100"}, b.given())
	b.gives(2, 1, 100) // and with a dollar of another's it goes on
	w.await(text("#dollars") + " === '$1'")
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $0.") + " && " + ready)
	assert.Len(t, b.given(), 3)
}

func TestPageDoubleClickGivesOnce(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w := newWindow(t, 1280, 800)
	w.open(b.address(1))
	w.click(yusuf, 1)
	w.click(yusuf, 2)
	w.await(said("You gave $1 to Yusuf. You have $35.") + " && " + ready)
	w.click(yusuf, 2) // slower than the answer
	w.click(yusuf, 3)
	w.click(amina, 1)
	w.await(said("You gave $1 to أمينة. You have $34.") + " && " + ready)
	assert.Equal(t, []string{"1 2 100", "1 3 100"}, b.given())

	w.eval(fmt.Sprintf("document.querySelector(%q).focus()", yusuf))
	w.enter(input.DispatchKeyEventTypeKeyDown, false)
	w.await(said("You gave $1 to Yusuf. You have $33.") + " && " + ready)
	for range 3 { // held down
		w.enter(input.DispatchKeyEventTypeKeyDown, true)
	}
	w.enter(input.DispatchKeyEventTypeKeyUp, false)
	w.click(amina, 1)
	w.await(said("You gave $1 to أمينة. You have $32.") + " && " + ready)
	assert.Len(t, b.given(), 4)
	w.reload()
	w.await(text("#dollars") + " === '$32'")
	assert.Len(t, b.given(), 4)
}

// Without scripts the second click of a double click meets the page that answers the
// first: it gives nothing.
func TestPageDoubleClickWithoutScript(t *testing.T) {
	t.Parallel()
	var late atomic.Int64
	b := newTable(t, players(), func(o *Options) {
		now := time.Now()
		o.Now = func() time.Time { return now.Add(time.Duration(late.Load())) }
	})
	w := newWindow(t, 390, 844)
	w.without()
	w.open(b.address(1))
	late.Add(int64(time.Second))
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $35."))
	for range 2 {
		late.Add(int64(glance) / 2)
		w.click(yusuf, 2)
		w.await("document.getElementById('said').textContent.includes('a second click, and gave nothing') && " + text("#dollars") + " === '$35'")
	}
	assert.Len(t, b.given(), 1)
	late.Add(int64(glance))
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $34."))
	assert.Len(t, b.given(), 2)
}

// A form that is sent again, by a reload, by going back or by hand, gives once.
func TestPageFormTwiceGivesOnce(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w := newWindow(t, 390, 844)
	w.without()
	w.open(b.address(1))
	b.wire.hold()
	w.click(yusuf, 1)
	w.clickAgain() // while the first is under way
	b.wire.release()
	w.await(said("You gave $1 to Yusuf. You have $35."))
	w.reload()
	w.await(text("#dollars") + " === '$35'")
	w.eval("window.before = true; history.back(); 0")
	w.loaded("!window.before")
	w.click(yusuf, 1) // on the page as it was drawn before, or anew: the browser decides
	w.await(text("#said") + ".includes('You gave $1 to')")
	given := b.given()
	assert.LessOrEqual(t, len(given), 2)

	key := w.eval(`document.querySelector('[data-payee="2"] [name=key]').value`).(string)
	form := `const again = document.querySelector('[data-payee="2"]'); again.elements.key.value = ` + fmt.Sprintf("%q", key) + `; again.submit(); true`
	for range 3 { // one and the same form
		w.eval(form)
		w.await("document.getElementById('said').textContent.trim() && document.readyState === 'complete' && document.querySelector('[data-payee=\"2\"] [name=key]').value !== " + fmt.Sprintf("%q", key))
	}
	assert.Len(t, b.given(), len(given)+1)
	b.agree(w)
}
