package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// Page is a report in one HTML file: it has no scripts and refers to nothing outside.
type Page struct {
	Title    string
	Chapters []Chapter
	Made     string // by whom and when, at the end
}

// Chapter is a section with charts.
type Chapter struct {
	Section
	Charts []Chart
}

// Chart is a panel, and its numbers for who wants them or does not see it.
type Chart struct {
	Panel   Panel
	Columns []schema.Column
	Rows    [][]string
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// WritePage writes a page. Every text in it is text, whatever it holds.
func WritePage(w io.Writer, p Page) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"drawing": drawing,
		"number":  func(c schema.Column) bool { return c.Kind != schema.Text },
		"column":  func(columns []schema.Column, i int) schema.Column { return columns[i] },
		"visible": visible,
		"long":    func(rows [][]string) bool { return len(rows) > longTable },
		"anchor":  func(i int) string { return "chapter-" + strconv.Itoa(i+1) },
	}).Parse(pageHTML)
	if err != nil {
		return err
	}
	var out bytes.Buffer // all or nothing
	err = t.Execute(&out, struct {
		Page
		CSS template.CSS
	}{p, template.CSS(pageCSS)})
	if err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return flush(w, out.Bytes())
}

// longTable is how many rows a table may have that is not folded.
const longTable = 15

// size is how large a drawing is.
var size = regexp.MustCompile(`width="[^"]*" height="[^"]*" viewBox="0 0 ([0-9.]+) ([0-9.]+)"`)

// untitled is the room for titles at the top of a drawing without any.
const untitled = 32.0

// style is an attribute of the drawing; quotation marks of its texts are &#34;.
var style = regexp.MustCompile(`style="[^"]*"`)

// colour is one in a style.
var colour = regexp.MustCompile(`#([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})`)

// drawing is a panel as SVG inside a page, whose colours the page's style decides: those
// of the file stand where it says nothing.
func drawing(p Panel) (template.HTML, error) {
	var b bytes.Buffer
	title := p.Title
	p.Title = "" // the page has it
	if err := Plot(&b, Figure{Title: "", Panels: []Panel{p}}, SVG); err != nil {
		return "", err
	}
	text := b.String()
	text = text[strings.Index(text, "<svg"):]
	text = style.ReplaceAllStringFunc(text, func(s string) string {
		return colour.ReplaceAllStringFunc(s, func(c string) string { return "var(--" + paintOf(c) + "," + c + ")" })
	})
	text = size.ReplaceAllStringFunc(text, func(s string) string {
		m := size.FindStringSubmatch(s)
		height, _ := strconv.ParseFloat(m[2], 64)
		return fmt.Sprintf(`viewBox="0 %g %s %.5g"`, untitled, m[1], height-untitled)
	})
	text = strings.Replace(text, "<title></title>", "<title>"+template.HTMLEscapeString(visible(title))+"</title>", 1)
	return template.HTML(text), nil // of our own drawing, which escapes its texts
}

// paintOf names a colour of the drawing for the page's style. Translucent ones are off by
// one from rounding.
func paintOf(hex string) string {
	n, _ := strconv.ParseUint(hex[1:], 16, 32)
	near := func(r, g, b uint8) bool {
		for i, v := range []uint8{b, g, r} {
			if d := int(v) - int(n>>(8*i)&255); d < -2 || d > 2 {
				return false
			}
		}
		return true
	}
	switch {
	case near(white.R, white.G, white.B):
		return "paper"
	case near(ink.R, ink.G, ink.B):
		return "ink"
	case near(rule.R, rule.G, rule.B):
		return "rule"
	}
	for i, s := range shades {
		if near(s.R, s.G, s.B) {
			return "shade-" + strconv.Itoa(i)
		}
	}
	return "soft" // numbers, axes and lines to compare with
}
