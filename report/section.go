package report

import (
	"context"
	"io"
	"strings"

	"exptool/internal/schema"
)

// Section is a part of what a command says about a study: a heading, a table, and
// sentences about it. It may have no table, which is one without columns.
type Section struct {
	Title   string
	Columns []schema.Column
	Rows    [][]string // of texts, an empty one being NULL
	Notes   []string
}

// Sections writes sections below each other, as tables or in Markdown.
func Sections(ctx context.Context, w io.Writer, sections []Section, o Options) error {
	for i, s := range sections {
		var head strings.Builder
		if i > 0 {
			head.WriteString("\n")
		}
		title := clean(s.Title)
		switch {
		case o.Format == "md":
			head.WriteString(strings.Repeat("#", min(i, 1)+1) + " " + mdText(title) + "\n\n")
		case o.Color:
			head.WriteString(paint(boldOn, title) + "\n")
		default:
			head.WriteString(title + "\n")
		}
		if err := flush(w, []byte(head.String())); err != nil {
			return err
		}
		after := ""
		if len(s.Columns) > 0 {
			if _, err := Write(ctx, w, Texts(s.Columns, s.Rows), o); err != nil {
				return err
			}
			if o.Format == "md" && len(s.Notes) > 0 {
				after = "\n" // or the list would be part of the table
			}
		}
		if err := flush(w, append([]byte(after), notes(s.Notes, o)...)); err != nil {
			return err
		}
	}
	return nil
}

// notes are the sentences of a section, wrapped to the width.
func notes(sentences []string, o Options) []byte {
	var out []byte
	for _, s := range sentences {
		if o.Format == "md" {
			out = append(append(append(out, "- "...), mdText(clean(s))...), '\n')
			continue
		}
		for _, line := range wrap(clean(s), o.Width) {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

// mdText is a text that Markdown shows as it is.
func mdText(text string) string {
	return string((&mdEncoder{}).cell(nil, []byte(text)))
}
