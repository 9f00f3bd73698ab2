package report

import (
	"fmt"
	"io"
)

// Choices writes what PsyNet's PushButtonControl takes, as a JSON object: the
// values of the buttons, and what stands on them.
func Choices(w io.Writer, choices, labels []string) error {
	out := []byte(`{"choices": `)
	out = append(appendStrings(out, choices), `, "labels": `...)
	out = append(appendStrings(out, labels), "}\n"...)
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("writing the choices: %w", err)
	}
	return nil
}

// appendStrings appends a JSON array of strings.
func appendStrings(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendString(dst, []byte(text))
	}
	return append(dst, ']')
}
