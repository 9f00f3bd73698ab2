package web

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chrome is the one browser of all tests: it takes a second to start.
var chrome struct {
	sync.Once
	ctx  context.Context
	stop func()
	err  error
}

// TestMain has more tests at once than there are processors: those with a browser wait
// most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "4") // it is there
	code := m.Run()
	_ = os.RemoveAll(built.dir)
	if chrome.stop != nil {
		chrome.stop()
	}
	os.Exit(code)
}

// browser is Chromium, which is started by the first who asks.
func browser(t *testing.T) context.Context {
	chrome.Do(func() {
		path := os.Getenv("EXPTOOL_TEST_CHROMIUM")
		for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
			if found, err := exec.LookPath(name); path == "" && err == nil {
				path = found
			}
		}
		if path == "" {
			chrome.err = errors.New("Chromium must be on PATH, or EXPTOOL_TEST_CHROMIUM name it (scripts/test --install installs one)")
			return
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(time.Minute))
		if os.Geteuid() == 0 { // its sandbox wants a user; the pages are our own
			options = append(options, chromedp.NoSandbox)
		}
		ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, leave := chromedp.NewContext(ctx)
		chrome.ctx, chrome.stop = ctx, func() { leave(); end() }
		chrome.err = chromedp.Do(ctx)
	})
	require.NoError(t, chrome.err)
	return chrome.ctx
}

// window is one page of a browser.
type window struct {
	context.Context
	t      *testing.T
	plain  bool // without scripts
	mouse  input.DispatchMouseEventParams
	mu     sync.Mutex
	faults []string
}

// newWindow opens a window of a phone's or a desktop's size, which knows nothing of the
// others. What the browser complains of (the content policy, an error in the script)
// fails the test.
func newWindow(t *testing.T, width, height int64) *window {
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	w := &window{Context: ctx, t: t}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			w.faults = append(w.faults, fmt.Sprintf("%+v", e.ExceptionDetails))
		case *cdplog.EventEntryAdded:
			if e.Entry.Source != cdplog.EntrySourceNetwork { // refused presses and lost connections are meant
				w.faults = append(w.faults, e.Entry.Text)
			}
		case *page.EventJavascriptDialogOpening:
			w.faults = append(w.faults, "a dialog: "+e.Message)
		}
	}))
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		assert.Empty(t, w.faults)
	})
	w.run(chromedp.EmulateViewport(width, height))
	return w
}

func (w *window) run(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.Context, time.Minute)
	defer cancel()
	require.NoError(w.t, chromedp.Do(ctx, actions...))
}

// call sends one command of the browser's own protocol.
func call[P, R any](w *window, command cdp.Command[P, R], params P) R {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.Context, time.Minute)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	require.NoError(w.t, err)
	return result
}

// open goes to an address and waits for the page's heading. It asks the page itself: the
// browser's word that it has loaded gets lost where there is much to do.
func (w *window) open(address string) {
	w.t.Helper()
	result := call(w, page.Navigate, page.NavigateParams{URL: address})
	require.Empty(w.t, result.ErrorText, address)
	w.loaded(fmt.Sprintf("location.href === %q", address))
}

// reload asks for the page anew.
func (w *window) reload() {
	w.t.Helper()
	w.eval("window.before = true")
	call(w, page.Reload, page.ReloadParams{})
	w.loaded("!window.before")
}

func (w *window) loaded(also string) {
	w.t.Helper()
	w.await(also + " && document.readyState === 'complete' && document.querySelector('h1')?.checkVisibility()")
}

// fill types into a field what is not there yet.
func (w *window) fill(selector, text string) {
	w.t.Helper()
	w.eval(fmt.Sprintf("(e => { e.focus(); e.select(); })(document.querySelector(%q))", selector))
	w.key(text)
}

// without has the window do without scripts.
func (w *window) without() {
	w.t.Helper()
	w.plain = true
	call(w, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// value is what an expression of the page is.
func (w *window) value(expression string) (value any, err error) {
	ctx, cancel := context.WithTimeout(w.Context, time.Minute)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if err == nil && len(text) > 0 {
		err = json.Unmarshal(text, &value)
	}
	return value, err
}

// eval is the value of an expression that has one.
func (w *window) eval(expression string) any {
	w.t.Helper()
	value, err := w.value(expression)
	require.NoError(w.t, err, expression)
	return value
}

// await waits until an expression is true; between two pages it has no value.
func (w *window) await(expression string) {
	w.t.Helper()
	end := time.Now().Add(30 * time.Second)
	for {
		value, err := w.value("Boolean(document.body && (" + expression + "))")
		if value == true {
			return
		}
		require.True(w.t, time.Now().Before(end), "never: %s (%v)\nshown: %v", expression, err, w.eval("[location.href, document.readyState, document.body?.innerText].join(' ')"))
		time.Sleep(20 * time.Millisecond)
	}
}

// click clicks as a mouse does; the second click of a double click has count 2. Without
// scripts the first one comes when somebody has seen the page.
func (w *window) click(selector string, count int64) {
	w.t.Helper()
	if w.plain && count == 1 {
		w.await(fmt.Sprintf("performance.now() - performance.getEntriesByType('navigation')[0].responseStart > %d", glance.Milliseconds()))
	}
	at := w.eval(fmt.Sprintf(`(e => {
		e.scrollIntoView({block: 'center', behavior: 'instant'});
		const r = e.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})(document.querySelector(%q))`, selector)).([]any)
	w.mouse = input.DispatchMouseEventParams{X: at[0].(float64), Y: at[1].(float64), Button: "left", ClickCount: count}
	w.clickThere()
}

// clickAgain is the second click of a double click, where the first was. It asks the page
// nothing, which would answer once the next page has come.
func (w *window) clickAgain() {
	w.t.Helper()
	w.mouse.ClickCount++
	w.clickThere()
}

func (w *window) clickThere() {
	w.t.Helper()
	w.mouse.Type = chromedp.MousePressed
	call(w, input.DispatchMouseEvent, w.mouse)
	w.mouse.Type = chromedp.MouseReleased
	call(w, input.DispatchMouseEvent, w.mouse)
}

// key presses a key and lets it go.
func (w *window) key(keys string) {
	w.t.Helper()
	w.run(chromedp.KeyEvent(keys))
}

// enter presses the key down, again as it repeats while held, or lets it go.
func (w *window) enter(kind input.DispatchKeyEventType, again bool) {
	w.t.Helper()
	event := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, AutoRepeat: &again}
	if kind == input.DispatchKeyEventTypeKeyDown {
		event.Text = "\r"
	}
	call(w, input.DispatchKeyEvent, event)
}
