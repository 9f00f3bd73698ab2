package web_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	update   = flag.Bool("update", false, "take the pictures in docs/ anew")
	pictures = flag.String("pictures", "", "put a picture of every page, size and scheme into this folder")
)

// looks are the pages that people see, in the states that differ.
func looks() map[string]view {
	paused, done := participantView(7), participantView(7)
	paused.State, paused.Message, paused.Refused = "paused", "You have no dollars left to give.", true
	done.You.Done = true
	waiting := participantView(0)
	waiting.State, waiting.Moves = "waiting", nil
	return map[string]view{
		"participant": participantView(7), "paused": paused, "done": done, "waiting": waiting, "host": hostView(24),
		"join":    {Role: "join", Title: "Join the game", Path: "/join/token", Nickname: "Mona", Message: "Somebody has that name already. Choose another.", Refused: true},
		"message": {Role: "message", Title: "Not found", Message: "There is nothing here. Open the address that you were given.", Refused: true},
	}
}

// Axe, of Deque, looks for what keeps people from using a page. It is a test's
// only; no page loads it.
func TestAccessibility(t *testing.T) {
	path := os.Getenv("EXPTOOL_TEST_AXE")
	require.NotEmpty(t, path, "EXPTOOL_TEST_AXE must name axe-core's axe.min.js (scripts/test --install fetches it)")
	axe, err := os.ReadFile(path)
	require.NoError(t, err)
	b := browser(t)
	for name, v := range looks() {
		f := newFake(t, v)
		w := newWindow(t, b, 390, 844)
		for _, scheme := range []string{"light", "dark"} {
			w.scheme(scheme)
			w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible("h1"))
			if name == "host" {
				w.await("document.querySelector('#lorenz svg')")
			}
			w.eval(string(axe) + ";0")
			text := w.eval("axe.run().then(r => JSON.stringify({passes: r.passes.length, violations: r.violations}))").(string)
			var found struct {
				Passes     int
				Violations []struct {
					ID, Impact, Help string
					Nodes            []struct{ HTML, FailureSummary string }
				}
			}
			require.NoError(t, json.Unmarshal([]byte(text), &found))
			assert.Greater(t, found.Passes, 8, "%s: axe has looked", name)
			for _, violation := range found.Violations {
				if violation.Impact == "serious" || violation.Impact == "critical" {
					t.Errorf("%s, %s: %s: %s\n%+v", name, scheme, violation.ID, violation.Help, violation.Nodes)
				}
			}
		}
	}
}

// scheme is light or dark, as the visitor's system asks.
func (w *window) scheme(scheme string) {
	w.t.Helper()
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// Every page can be drawn in both sizes and schemes, and fits; with -update the
// two that matter are kept in docs/.
func TestScreenshots(t *testing.T) {
	b := browser(t)
	for name, v := range looks() {
		f := newFake(t, v)
		for size, width := range map[string]int64{"phone": 390, "desktop": 1280} {
			height := map[string]int64{"phone": 844, "desktop": 900}[size]
			w := newWindow(t, b, width, height)
			for _, scheme := range []string{"light", "dark"} {
				w.scheme(scheme)
				w.run(chromedp.Navigate(f.url()), chromedp.WaitVisible("h1"))
				if name == "host" {
					w.await("document.querySelector('#lorenz svg') && document.querySelector('#players .bars')")
				}
				assert.LessOrEqual(t, w.eval("document.documentElement.scrollWidth"), float64(width), "%s on a %s", name, size)
				picture, err := chromedp.Run(w.Context, chromedp.CaptureScreenshot())
				require.NoError(t, err)
				file := fmt.Sprintf("serve-%s-%s-%s.png", name, size, scheme)
				if *pictures != "" {
					require.NoError(t, os.WriteFile(filepath.Join(*pictures, file), picture, 0o644))
				}
				if *update && (name == "participant" || name == "host") {
					require.NoError(t, os.WriteFile(filepath.Join("../../docs", file), picture, 0o644))
				}
			}
		}
	}
}
