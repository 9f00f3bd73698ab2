package sqllog

import "strings"

// parser is what Parser is made of.
type parser struct {
	Options
	format Format
	buffer
	lines
	table
	pairs
	clock clock
	cache shapeCache
}

func newParser(o Options) parser {
	p := parser{Options: o, format: o.Format, clock: clock{location: o.Location}, pairs: pairs{slots: map[int]*slot{}}}
	if o.PrefixKnown {
		p.prefixes = []*prefix{compilePrefix(o.Prefix)}
	}
	return p
}

func (p *parser) prefixText() string {
	if len(p.prefixes) == 0 {
		return ""
	}
	return p.prefixes[0].source
}

// shapeCache remembers the shapes of statements that come with parameters and
// therefore again and again as the same text.
type shapeCache struct {
	texts  [512]string
	shapes [512]shape
}

// maxCached bounds the length of a statement that is remembered.
const maxCached = 4096

func (c *shapeCache) of(s string) shape {
	n := len(s)
	h := mix(load(s, 0, 8)^uint64(n), hashWord)
	if n > 16 {
		h = mix(h^load(s, n/2, 8), hashWord)
		h = mix(h^load(s, n-8, 8), hashWord)
	}
	k := h % uint64(len(c.texts))
	if c.texts[k] == s {
		return c.shapes[k]
	}
	c.texts[k], c.shapes[k] = strings.Clone(s), shapeOf(s)
	return c.shapes[k]
}

// shaped is the shape of the entry's statement with its parameters.
func (e *Entry) shaped() *shape {
	if e.shape.done {
		return &e.shape
	}
	if e.cache != nil && len(e.Statement) <= maxCached && e.Kind > Statement && e.Statement != "" {
		e.shape = e.cache.of(e.Statement)
	} else {
		e.shape = shapeOf(e.Statement)
	}
	if e.ParamText != "" {
		e.shape.values = hashText(e.shape.values, e.ParamText, 0, len(e.ParamText))
	}
	return &e.shape
}

func clone(e *Entry) Entry {
	c := *e
	c.cache = nil
	for _, s := range []*string{
		&c.Zone, &c.Session, &c.User, &c.Database, &c.App, &c.Remote, &c.VirtualID, &c.Backend, &c.Command,
		&c.SQLState, &c.Message, &c.Prepared, &c.ParamText, &c.Detail, &c.Hint, &c.Context,
	} {
		*s = strings.Clone(*s)
	}
	// The statement is mostly a part of the message: it stays one.
	if n := len(c.Message) - len(c.Statement); n >= 0 && c.Message[n:] == c.Statement {
		c.Statement = c.Message[n:]
	} else {
		c.Statement = strings.Clone(c.Statement)
	}
	return c
}
