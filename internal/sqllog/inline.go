package sqllog

import (
	"strconv"
	"strings"
)

// parseParams reads "$1 = '5', $2 = NULL".
func parseParams(text string) []Param {
	var params []Param
	for i := 0; i < len(text); {
		if text[i] != '$' {
			i++
			continue
		}
		end, _ := dollarEnd(text, i)
		n, err := strconv.Atoi(text[i+1 : max(end, i+1)])
		if err != nil || !strings.HasPrefix(text[end:], " = ") {
			i++
			continue
		}
		i = end + len(" = ")
		p := Param{N: n}
		switch {
		case strings.HasPrefix(text[i:], "NULL"):
			p.Null = true
			i += len("NULL")
		case i < len(text) && text[i] == '\'':
			end := stringEnd(text, i, false)
			value := strings.TrimSuffix(text[i+1:end], "'")
			p.Value = strings.ReplaceAll(value, "''", "'")
			p.Cut = strings.HasSuffix(value, "...")
			i = end
		}
		params = append(params, p)
	}
	return params
}

// inline writes a statement on one line with its parameters in place.
func inline(s string, params []Param) string {
	var b strings.Builder
	b.Grow(len(s) + 16*len(params))
	space := false
	for i := 0; i < len(s); {
		if classes[s[i]] == cSpace {
			space = true
			i++
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		end := tokenEnd(s, i)
		writeToken(&b, s[i:end], params)
		i = end
	}
	return b.String()
}

// tokenEnd is the offset after the token at i, as far as writing on one line
// must know tokens.
func tokenEnd(s string, i int) int {
	switch classes[s[i]] {
	case cQuote, cIdent:
		return stringEnd(s, i, false)
	case cDollar:
		end, _ := dollarEnd(s, i)
		return max(end, i+1)
	case cLetter:
		end := wordEnd(s, i)
		if quote, backslash, ok := stringPrefix(s, i, end); ok {
			return stringEnd(s, quote, backslash)
		}
		return end
	case cOp:
		return max(commentEnd(s, i), i+1)
	}
	return i + 1
}

func writeToken(b *strings.Builder, t string, params []Param) {
	switch {
	case t[0] == '$' && len(t) > 1 && classes[t[1]] == cDigit:
		if p := findParam(params, t[1:]); p != nil {
			b.WriteString(p.literal())
			return
		}
		b.WriteString(t)
	case strings.HasPrefix(t, "--"):
		text := strings.NewReplacer("/*", "/ *", "*/", "* /", "\r", "").Replace(t[2:])
		b.WriteString("/*" + text + " */")
	case strings.IndexByte(t, '\n') < 0 && strings.IndexByte(t, '\r') < 0:
		b.WriteString(t)
	case t[0] == '/':
		b.WriteString(strings.NewReplacer("\r", "", "\n", " ").Replace(t))
	case t[0] == '\'':
		b.WriteString("E'" + escapeLines(t[1:]))
	case t[0] == '$':
		tag := t[:strings.IndexByte(t[1:], '$')+2]
		body := strings.TrimSuffix(t[len(tag):], tag)
		b.WriteString("E'" + escapeLines(strings.ReplaceAll(body, "'", "''")) + "'")
	case t[0]|0x20 == 'e':
		b.WriteString(strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(t))
	case t[0] == '"':
		b.WriteString(`U&"` + unicodeLines(strings.ReplaceAll(t[1:], `\`, `\\`)))
	default: // U&''
		b.WriteString(unicodeLines(t))
	}
}

func escapeLines(t string) string {
	return strings.NewReplacer(`\`, `\\`, "\r", `\r`, "\n", `\n`).Replace(t)
}

func unicodeLines(t string) string {
	return strings.NewReplacer("\r", `\000d`, "\n", `\000a`).Replace(t)
}

func findParam(params []Param, number string) *Param {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil
	}
	if n > 0 && n <= len(params) && params[n-1].N == n {
		return &params[n-1]
	}
	for i := range params {
		if params[i].N == n {
			return &params[i]
		}
	}
	return nil
}

// literal is the value as SQL.
func (p *Param) literal() string {
	if p.Null {
		return "NULL"
	}
	quoted := strings.ReplaceAll(p.Value, "'", "''") + "'"
	if strings.ContainsAny(p.Value, "\n\r") {
		return "E'" + escapeLines(quoted)
	}
	return "'" + quoted
}
