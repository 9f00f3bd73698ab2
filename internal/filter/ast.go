package filter

// node is a part of an expression; span is where it stands in the text.
type node interface{ span() (start, end int) }

type at struct{ start, end int }

func (a at) span() (int, int) { return a.start, a.end }

type literalKind uint8

const (
	litNumber literalKind = iota
	litText
	litBool
	litNull
	// litWord is a value as a shell word gives it (field=value): its type is
	// that of what it is compared with.
	litWord
)

type (
	literal struct {
		at
		kind literalKind
		text string // the number as written, the text, "true" or "false"
	}
	path struct {
		at
		segs []string
		bare bool // one plain word, as a forgotten quote leaves it
	}
	unary struct {
		at
		op string // "not", "-"
		x  node
	}
	binary struct {
		at
		op   *Operator
		l, r node
	}
	between struct {
		at
		not       bool
		x, lo, hi node
	}
	in struct {
		at
		not   bool
		x     node
		items []node // or, with no items, of:
		of    node
	}
	isNull struct {
		at
		not bool
		x   node
	}
	call struct {
		at
		name string // lower case
		args []node
	}
)
