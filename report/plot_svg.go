package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
)

// fontFamily names the fonts in which an SVG's text may be set, all of the same
// widths, and what there is otherwise.
const fontFamily = `'Liberation Sans',Arimo,Arial,Helvetica,sans-serif`

// writeSVG writes what the canvas drew with a head of our own: the encoding, a title
// for who cannot see it, and no name but that of SVG; and the fonts that may
// stand in.
func writeSVG(w io.Writer, drawn []byte, title string, width, height float64) error {
	body := drawn[bytes.Index(drawn, []byte("<g ")):]
	// A quotation mark of a text is &#34;, so this is always a style.
	body = bytes.ReplaceAll(body, []byte(`style="font-family:Liberation Sans;`), []byte(`style="font-family:`+fontFamily+`;`))
	_, err := fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="%.5gpt" height="%.5gpt" viewBox="0 0 %.5g %.5g" role="img">
<title>%s</title>
%s`, width, height, width, height, html.EscapeString(title), body)
	return err
}
