package report

import "bytes"

// MaskURLs appends text to dst with *** in place of the user and password of
// every URL that carries both (postgres://user:password@host), and returns how
// many there were. Userinfo reaches to the last @ before the path: passwords
// with an @ in them are common in hand-written addresses.
func MaskURLs(dst, text []byte) ([]byte, int) {
	n := 0
	for {
		start, end, ok := userinfo(text)
		if !ok {
			return append(dst, text...), n
		}
		n++
		dst = append(dst, text[:start]...)
		dst = append(dst, hidden...)
		text = text[end:]
	}
}

// mask is text with MaskURLs applied. Most values have nothing to mask, and one
// look for a colon shows it.
func (c *cells) mask(text []byte) []byte {
	if bytes.IndexByte(text, ':') < 0 {
		return text
	}
	if _, _, ok := userinfo(text); !ok {
		return text
	}
	c.masked, _ = MaskURLs(c.masked[:0], text)
	c.sum.Masked++
	return c.masked
}

// userinfo finds the first user:password between :// and @. JSON may write the
// slashes as \/.
func userinfo(text []byte) (start, end int, ok bool) {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], ':')
		if i < 0 {
			return 0, 0, false
		}
		at += i + 1
		rest := text[at:]
		switch {
		case bytes.HasPrefix(rest, []byte("//")):
			start = at + 2
		case bytes.HasPrefix(rest, []byte(`\/\/`)):
			start = at + 4
		default:
			continue
		}
		authority := text[start:]
		if stop := bytes.IndexAny(authority, "/?#\"<>\\ \t\r\n"); stop >= 0 {
			authority = authority[:stop]
		}
		last := bytes.LastIndexByte(authority, '@')
		if last < 0 || bytes.IndexByte(authority[:last], ':') < 0 {
			continue
		}
		return start, start + last, true
	}
}
