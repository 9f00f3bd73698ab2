package schema

import (
	"fmt"
	"strings"
)

// UnknownError says that nothing of that name is known.
type UnknownError struct {
	What        string // "entity", "relation", "column", "class"
	Name        string
	Suggestions []string // what the user may have meant, best first
}

// Error is one line: what is wrong and what may have been meant.
func (e *UnknownError) Error() string {
	msg := fmt.Sprintf("unknown %s %q", e.What, e.Name)
	if len(e.Suggestions) > 0 {
		msg += "; did you mean " + strings.Join(e.Suggestions, " or ") + "?"
	}
	return msg
}

// AmbiguousError says that a name means several things.
type AmbiguousError struct {
	What  string // "class", "table"
	Name  string
	Names []string // the full names, each of which is unambiguous
}

// Error is one line that names the rivals.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("ambiguous %s %q: say %s", e.What, e.Name, strings.Join(e.Names, " or "))
}
