package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"strings"
)

//go:embed assets
var embedded embed.FS

// assets are the template, and the files that pages ask for.
type assets struct {
	page *template.Template
	file map[string]asset
}

type asset struct {
	text []byte
	kind string
	path string // with the hash of the text, so that it may be kept for ever
}

func newAssets() (assets, error) {
	a := assets{file: map[string]asset{}}
	for name, kind := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"} {
		text, err := embedded.ReadFile("assets/" + name)
		if err != nil {
			return a, err
		}
		sum := sha256.Sum256(text)
		a.file[name] = asset{text: text, kind: kind, path: "/assets/" + name + "?v=" + hex.EncodeToString(sum[:6])}
	}
	page, err := template.New("page.html").Funcs(template.FuncMap{"money": money}).ParseFS(embedded, "assets/page.html")
	a.page = page
	return a, err
}

// money is an amount of a view as people write it, and as page.js does: $37, $1,234.50,
// −$1.
func money(amount string) string {
	sign := "$"
	if rest, negative := strings.CutPrefix(amount, "-"); negative {
		sign, amount = "−$", rest
	}
	whole, part, _ := strings.Cut(amount, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part != "" && part != "00" {
		whole += "." + part
	}
	return sign + whole
}

// asset hands out a file. Under the address with its hash it never changes.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	f, ok := s.assets.file[r.PathValue("file")]
	if !ok {
		s.nowhere(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	if r.URL.RequestURI() == f.path {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(f.text)
}
