package web

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

const lostConnection = "Connection lost, trying again"

// A connection over which nothing is heard any more is not waited for: the page says so,
// and makes another.
func TestPageSilence(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w := newWindow(t, 390, 844)
	w.open(b.address(1))
	b.line.hush(true)
	b.gives(8, 1, 1400)
	w.await(line(lostConnection))
	b.line.hush(false)
	w.await(text("#dollars") + " === '$50' && document.getElementById('line').hidden")
}

// Whatever gets lost between a page and its server, a press gives once, and the page
// says so.
func TestPageLostConnection(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w := newWindow(t, 390, 844)
	w.open(b.address(1))
	b.line.loseAnswer("/press")
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $35.") + " && " + ready)
	assert.Equal(t, []string{"1 2 100"}, b.given(), "sent again with its key")

	b.line.cut()
	w.await(line(lostConnection))
	w.click(amina, 1)
	w.await("document.querySelector('.pending')")
	b.gives(8, 4, 1000) // somebody else, meanwhile
	b.line.mend()
	w.await(line("Back"))
	w.await(said("You gave $1 to أمينة. You have $34.") + " && " + ready)
	w.await("document.getElementById('line').hidden")
	b.agree(w)
	assert.Equal(t, []string{"1 2 100", "8 4 1000", "1 3 100"}, b.given())
}

// The database is gone for ten seconds in the middle of a game: with a script a press
// waits for it, and without one the page says to try again.
func TestPageDatabaseGone(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w, plain, host := newWindow(t, 390, 844), newWindow(t, 390, 844), newWindow(t, 1280, 900)
	w.open(b.address(1))
	plain.without()
	plain.open(b.address(2))
	host.open(b.address(0))
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $35.") + " && " + ready)
	plain.click(amina, 1)
	plain.await(said("You gave $1 to أمينة. You have $12."))

	b.wire.cut()
	gone := time.Now()
	w.await(line(lostConnection))
	host.await(line(lostConnection))
	w.click(yusuf, 1)
	for range 2 {
		plain.click(amina, 1)
		plain.await(said("The game cannot be reached just now. Try again in a moment.") + " && document.querySelector('#said.refused')")
		assert.Equal(t, "$12", plain.eval(text("#dollars")))
		plain.eval("document.getElementById('said').textContent = ''")
	}
	health, err := http.Get("http://" + b.line.near + "/healthz")
	require.NoError(t, err)
	assert.NoError(t, health.Body.Close())
	assert.Equal(t, http.StatusServiceUnavailable, health.StatusCode)
	time.Sleep(time.Until(gone.Add(10 * time.Second)))
	assert.Equal(t, true, w.eval("document.querySelector('.pending') !== null"))
	assert.Equal(t, []string{"1 2 100", "2 3 100"}, b.given())
	b.gives(8, 2, 1000) // who reaches the database gives

	b.wire.mend()
	w.await(said("You gave $1 to Yusuf. You have $34.") + " && " + ready)
	w.await("document.getElementById('line').hidden")
	host.await("document.getElementById('line').hidden")
	plain.click(amina, 1)
	plain.await(said("You gave $1 to أمينة. You have $22."))
	b.agree(w, plain, host)
	assert.Equal(t, []string{"1 2 100", "1 2 100", "2 3 100", "2 3 100", "8 2 1000"}, sorted(b.given()))
	host.await("document.querySelectorAll('#moves li').length === 5")
}

// A connection that does not end but lets nothing through is an outage too.
func TestPageDatabaseSlow(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w := newWindow(t, 390, 844)
	w.open(b.address(1))
	b.wire.hold()
	w.click(yusuf, 1)
	w.await(line(lostConnection))
	assert.Equal(t, true, w.eval("document.querySelector('.pending') !== null"))
	b.wire.release()
	w.await(said("You gave $1 to Yusuf. You have $35.") + " && " + ready)
	w.await("document.getElementById('line').hidden")
	assert.Equal(t, []string{"1 2 100"}, b.given())
	b.agree(w)
}

// A hidden page follows nothing, and knows what happened when it is looked at again.
func TestPageHiddenTab(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	viewers := func() int {
		b.board.mu.Lock()
		defer b.board.mu.Unlock()
		return len(b.board.viewers)
	}
	w := newWindow(t, 390, 844)
	w.open(b.address(1))
	require.Eventually(t, func() bool { return viewers() == 1 }, 10*time.Second, 10*time.Millisecond)
	hide := "Object.defineProperty(document, 'hidden', {value: %t, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
	w.eval(fmt.Sprintf(hide, true))
	require.Eventually(t, func() bool { return viewers() == 0 }, 10*time.Second, 10*time.Millisecond)
	b.gives(8, 1, 1400)
	b.act("pause")
	require.Eventually(t, func() bool { return b.view(1).You.Dollars == "50.00" }, 10*time.Second, 10*time.Millisecond)
	w.eval(fmt.Sprintf(hide, false))
	w.await(text("#dollars") + " === '$50' && " + text("#state") + " === 'The game is paused.'")
	w.click(yusuf, 1)
	w.await(said("The game is paused."))
	assert.Len(t, b.given(), 1)

	b.act("resume") // what others do is marked, and only what concerns oneself is said
	w.await("document.body.dataset.state === 'running'")
	b.give(repo.Transfer{Payer: 2, Payee: 4, Sent: 100}, repo.Transfer{Payer: 2, Payee: 1, Sent: 100}, repo.Transfer{Payer: 3, Payee: 1, Sent: 100})
	w.await(text(`[data-payee="2"]`) + ".includes('−$2')")
	w.await(said("You received $2 from 2 people. You have $52."))
	b.gives(3, 1, 100)
	w.await(said("You received $1 from أمينة. You have $53."))
}

// A page goes on into the next session, leaves being done behind, and says when its
// address is no longer good.
func TestPageOtherPage(t *testing.T) {
	t.Parallel()
	b := newTable(t, players())
	w, other := newWindow(t, 390, 844), newWindow(t, 390, 844)
	w.open(b.address(1))
	other.open(b.address(1))
	w.click(".bottom .strong", 1)
	w.await("document.querySelector('.rest')")
	assert.Equal(t, "You are done. Thank you.", w.eval(text("#said")))
	other.await("document.querySelector('.rest')") // of the same participant
	b.act("new")
	w.await(text("#state") + " === 'The game has not started yet.' && document.querySelector('.give')")
	b.act("start")
	w.await("document.body.dataset.state === 'running'")
	w.click(yusuf, 1)
	w.await(said("You gave $1 to Yusuf. You have $35.") + " && " + ready)
	other.await("document.querySelector('.give') && " + text("#dollars") + " === '$35'")
	assert.Equal(t, []string{"monday-2"}, b.asked("SELECT session FROM exptool.transfer WHERE kind = 'donation'"))

	_, err := b.store.Serving.Renew(t.Context(), 1)
	require.NoError(t, err)
	for _, w := range []*window{w, other} {
		w.await(text("#line") + " === 'This address is not valid any more. Ask for a new one.'")
	}
}
