package web

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"exptool/repo"
)

var (
	update   = flag.Bool("update", false, "take the pictures in docs/ anew")
	pictures = flag.String("pictures", "", "put a picture of every page, size and scheme into this folder")
)

// newLooks is a game that has been played for a while: a third of the people give most,
// and many to the same.
func newLooks(t *testing.T) *table {
	all := crowd(3000, "Mona", "Yusuf", "أمينة", "O'Brien", "Chloé", "שרה", "Babajide", "Björn", "Ayşe", "Wolfeschlegelsteinhausenbergerdorff zu Hohenlohe",
		"Dagny", "Camille", "Đorđe", "Eilidh", "Anahera", "Carlos", "Aiko", "Efua")
	for i := range all {
		all[i].has += 300 * [...]repo.Cents{-5, 2, 6, -3, 9, 0, -6, 4}[i%8]
	}
	b := newTable(t, all)
	n, r := int64(len(all)), rand.New(rand.NewPCG(8, 8))
	for range 60 {
		b.push(1+r.Int64N(n/2), 1+min(r.Int64N(n), r.Int64N(n)))
	}
	for id := int64(2); id <= n; id += 2 {
		b.watch(id)
	}
	return b
}

// looks are the pages that people see, in the states that differ.
func looks(t *testing.T, b *table) map[string]string {
	done := newTable(t, players())
	r, err := http.Post(done.address(1)+"/done?format=json", "application/x-www-form-urlencoded", nil)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	paused := newTable(t, players(), func(o *Options) { o.Play.State = Paused })
	waiting := newTable(t, crowd(500, "Mona"), func(o *Options) { o.Play, o.Join = Play{Session: "class", State: Waiting}, true })
	return map[string]string{
		"participant": b.address(5), "host": b.address(0), "join": waiting.Join(), "message": "http://" + b.line.near + "/nowhere",
		"paused": paused.address(1), "done": done.address(1), "waiting": waiting.address(1), "class": waiting.address(0),
	}
}

// Every page fits in both sizes, and axe, of Deque, finds nothing in either scheme that
// would keep people from using it. Axe is a test's only; no page loads it.
func TestLooks(t *testing.T) {
	t.Parallel()
	path := os.Getenv("EXPTOOL_TEST_AXE")
	require.NotEmpty(t, path, "EXPTOOL_TEST_AXE must name axe-core's axe.min.js (scripts/test --install fetches it)")
	axe, err := os.ReadFile(path)
	require.NoError(t, err)
	b := newLooks(t)
	all := looks(t, b)
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"phone", 390, 844}, {"desktop", 1280, 900}} {
		w := newWindow(t, size.width, size.height)
		for name, address := range all {
			b.look(w, address, name)
			assert.LessOrEqual(t, w.eval("document.documentElement.scrollWidth"), float64(size.width), "%s on a %s", name, size.name)
			w.eval(string(axe) + ";0") // as it is here, and not as the page would load it
			for _, scheme := range []string{"light", "dark"} {
				if size.name == "desktop" && *pictures == "" && (scheme == "dark" || name != "participant" && name != "host") {
					continue // the colours, and what there is, are a phone's
				}
				w.scheme(scheme)
				w.picture(fmt.Sprintf("serve-%s-%s-%s.png", name, size.name, scheme))
				w.axe(name + ", " + size.name + ", " + scheme)
			}
		}
	}
}

// look opens a page, and waits until it shows what it will.
func (b *table) look(w *window, address, name string) {
	b.t.Helper()
	w.open(address)
	switch name {
	case "host":
		w.await("document.querySelector('#lorenz svg') && document.querySelector('#players .bars') && " + text("#connected") + " !== '0'")
	case "participant":
		w.click(".buttons li:nth-child(4) button", 1)
		w.await(text("#said") + ".startsWith('You gave') && " + ready)
		b.push(8, 9)
		w.await("document.querySelector('[data-payee=\"9\"] .changed')")
	case "join":
		w.fill("#nickname", "Mona")
		w.click("button", 1)
		w.await("document.querySelector('#said.refused')")
	case "paused":
		w.click(yusuf, 1)
		w.await("document.querySelector('#said.refused')")
	}
}

// scheme is light or dark, as the visitor's system asks; and colours change at once.
func (w *window) scheme(scheme string) {
	w.t.Helper()
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// axe fails the test for every serious fault of the page, which has loaded axe.
func (w *window) axe(page string) {
	w.t.Helper()
	list := w.eval("axe.run().then(r => JSON.stringify({passes: r.passes.length, violations: r.violations}))").(string)
	var found struct {
		Passes     int
		Violations []struct {
			ID, Impact, Help string
			Nodes            []struct{ HTML, FailureSummary string }
		}
	}
	require.NoError(w.t, json.Unmarshal([]byte(list), &found))
	assert.Greater(w.t, found.Passes, 8, "%s: axe has looked", page)
	for _, violation := range found.Violations {
		if violation.Impact == "serious" || violation.Impact == "critical" {
			w.t.Errorf("%s: %s: %s\n%+v", page, violation.ID, violation.Help, violation.Nodes)
		}
	}
}

// kept are the pictures that the README shows.
var kept = map[string]bool{
	"serve-participant-phone-light.png": true, "serve-participant-phone-dark.png": true, "serve-participant-desktop-light.png": true,
	"serve-host-phone-light.png": true, "serve-host-desktop-light.png": true,
}

// picture takes one where it is wanted.
func (w *window) picture(file string) {
	w.t.Helper()
	if *pictures == "" && (!*update || !kept[file]) {
		return
	}
	picture, err := chromedp.Run(w.Context, chromedp.CaptureScreenshot())
	require.NoError(w.t, err)
	if *pictures != "" {
		require.NoError(w.t, os.WriteFile(filepath.Join(*pictures, file), picture, 0o644))
	}
	if *update && kept[file] {
		require.NoError(w.t, os.WriteFile(filepath.Join("../../docs", file), picture, 0o644))
	}
}
