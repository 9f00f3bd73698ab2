package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/internal/schema"
)

// evil are names that are text and nothing else.
var evil = []string{"<script>alert(1)</script>", "O'Brien", "名前", `"><img src=http://elsewhere.invalid/x onerror=alert(2)>`,
	"style=\"fill:#222222\"", "&lt;b&gt;", "a]]>b", "line\nbreak\x1b[31m", "אמא {{.Title}}", "Wolfeschlegelsteinhausenbergerdorff von und zu Hohenlohe"}

// evilPage has them wherever a text can be.
func evilPage() Page {
	columns := []schema.Column{{Name: evil[0], Kind: schema.Text}, {Name: evil[1], Kind: schema.Numeric}}
	p := Page{Title: strings.Join(evil, " "), Made: evil[3]}
	for i := range 2 {
		s := Section{Title: evil[i], Columns: columns, Notes: evil}
		for _, name := range evil {
			s.Rows = append(s.Rows, []string{name, "1"}, []string{name, ""})
		}
		c := Chapter{Section: s}
		for _, f := range append(small().Panels, Panel{Title: "nothing"}) {
			f.Title, f.XLabel, f.YLabel = evil[0]+f.Title, evil[2], evil[3]
			for j, name := range evil {
				f.Series = append(f.Series, Series{Name: name, X: []float64{1, 2, 3}, Y: []float64{float64(j), 0.1, 0.4}})
			}
			c.Charts = append(c.Charts, Chart{Panel: f, Columns: columns, Rows: s.Rows[:4]})
		}
		p.Chapters = append(p.Chapters, c)
	}
	return p
}

func page(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, WritePage(&b, p))
	return b.String()
}

// Every colour of a drawing is the style's to decide, and each is one of those it knows.
func TestDrawingHasNoColoursOfItsOwn(t *testing.T) {
	for _, panel := range evilPage().Chapters[0].Charts {
		svg, err := drawing(panel.Panel)
		require.NoError(t, err)
		for _, style := range style.FindAllString(string(svg), -1) {
			bare := colour.ReplaceAllString(style, "")
			assert.NotContains(t, bare, "#")
			for _, c := range colour.FindAllStringIndex(style, -1) {
				name := style[strings.LastIndex(style[:c[0]], "--")+2 : c[0]-1]
				assert.Contains(t, pageCSS, "--"+name+":", style)
			}
		}
		assert.Contains(t, string(svg), `<title>&lt;script&gt;`)
	}
}

// TestPageInABrowser opens a page as people see it: on a light and a dark screen, and on
// paper. Nothing is fetched but the page, no name acts, and all that is written can be
// read.
func TestPageInABrowser(t *testing.T) {
	path := os.Getenv("EXPTOOL_TEST_AXE")
	require.NotEmpty(t, path, "EXPTOOL_TEST_AXE must name axe-core's axe.min.js (scripts/test --install fetches it)")
	axe, err := os.ReadFile(path)
	require.NoError(t, err)
	html := page(t, evilPage())
	b := openPage(t, html)
	assert.Equal(t, float64(0), b.eval("document.scripts.length"))
	assert.Equal(t, float64(0), b.eval("document.querySelectorAll('main img, main b, iframe, [onerror]').length"))
	for _, name := range evil {
		name = visible(name)
		assert.Equal(t, true, b.eval(fmt.Sprintf("[...document.querySelectorAll('td')].some(e => e.textContent === %q)", name)), name)
		assert.Equal(t, true, b.eval(fmt.Sprintf("[...document.querySelectorAll('svg text')].some(e => e.textContent === %q)", name)), name)
	}
	assert.Equal(t, float64(8), b.eval("document.querySelectorAll('figure > svg').length"))
	assert.Equal(t, float64(8), b.eval("document.querySelectorAll('figure details table').length"))
	assert.LessOrEqual(t, b.eval("document.documentElement.scrollWidth"), float64(390))
	for _, medium := range []struct{ media, scheme string }{{"screen", "light"}, {"screen", "dark"}, {"print", "light"}, {"print", "dark"}} {
		b.call(medium.media, medium.scheme)
		name := medium.media + ", " + medium.scheme
		assert.Equal(t, medium.media == "screen" && medium.scheme == "dark", b.eval(isDark), name)
		least := b.eval(leastContrast).(map[string]any)
		assert.GreaterOrEqual(t, least["ratio"], 4.5, "%s: %v", name, least)
		assert.Equal(t, medium.media == "print", b.eval("document.querySelector('details table').checkVisibility({contentVisibilityAuto: true})"), "%s: what is folded", name)
	}
	b.call("screen", "dark")
	b.eval(string(axe) + ";0") // as it is here, and not as the page would load it
	b.axe()
	assert.Equal(t, []string{"GET /"}, b.asked())
}

// isDark says whether the page is.
const isDark = `getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).every(c => c < 128)`

// leastContrast is the text or line that stands out least from the page, and how much.
const leastContrast = `(() => {
	const light = c => { const [r, g, b] = c.match(/[\d.]+/g).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
	const paper = light(getComputedStyle(document.body).backgroundColor);
	let least = {ratio: 99};
	for (const e of document.querySelectorAll('h1, h2, p, td, th, a, summary, figcaption, svg text')) {
		const s = getComputedStyle(e), ink = light(e.ownerSVGElement ? s.fill : s.color);
		const ratio = (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
		if (ratio < least.ratio) least = {ratio, tag: e.tagName, text: e.textContent.slice(0, 40)};
	}
	return least;
})()`

// tab is a page in a browser of its own.
type tab struct {
	t   *testing.T
	ctx context.Context
	mu  sync.Mutex
	got []string // requests
}

// openPage serves a page, without the network, to a browser with a phone's width. What the
// browser complains of fails the test.
func openPage(t *testing.T, html string) *tab {
	b := &tab{t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.got = append(b.got, r.Method+" "+r.URL.Path)
		b.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(html))
	}))
	t.Cleanup(server.Close)
	path := os.Getenv("EXPTOOL_TEST_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	require.NotEmpty(t, path, "Chromium must be on PATH, or EXPTOOL_TEST_CHROMIUM name it (scripts/test --install installs one)")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 { // its sandbox wants a user; the page is our own
		options = append(options, chromedp.NoSandbox)
	}
	ctx, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(leave)
	b.ctx = ctx
	require.NoError(t, chromedp.Do(ctx))
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			assert.True(t, strings.HasPrefix(e.Request.URL, server.URL) || strings.HasPrefix(e.Request.URL, "data:"), "asks for %s", e.Request.URL)
		case *runtime.EventExceptionThrown:
			t.Errorf("%+v", e.ExceptionDetails)
		case *cdplog.EventEntryAdded:
			t.Errorf("the browser complains: %s", e.Entry.Text)
		}
	}))
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(390, 844)))
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(server.URL+"/")))
	return b
}

func (b *tab) asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

func (b *tab) eval(expression string) (value any) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression[:min(200, len(expression))])
	if len(text) > 0 {
		require.NoError(b.t, json.Unmarshal(text, &value))
	}
	return value
}

// call shows the page in a medium and a scheme of colours.
func (b *tab) call(media, scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(b.t, err)
}

// axe fails the test for every serious fault that axe, of Deque, finds.
func (b *tab) axe() {
	b.t.Helper()
	list := b.eval("axe.run().then(r => JSON.stringify({passes: r.passes.length, violations: r.violations}))").(string)
	var found struct {
		Passes     int
		Violations []struct {
			ID, Impact, Help string
			Nodes            []struct{ HTML, FailureSummary string }
		}
	}
	require.NoError(b.t, json.Unmarshal([]byte(list), &found))
	assert.Greater(b.t, found.Passes, 8, "axe has looked")
	for _, v := range found.Violations {
		if v.Impact == "serious" || v.Impact == "critical" {
			b.t.Errorf("%s: %s\n%+v", v.ID, v.Help, v.Nodes)
		}
	}
}
