package sqllog

import "strings"

// punctAt takes ( ) [ ] , and ;.
func (n *normalizer) punctAt(i int) int {
	c := n.s[i]
	if c == ';' {
		n.foldRows()
		n.semi = n.hash != hashSeed // none at the beginning, nor at the end
		n.after(false, false)
		return i + 1
	}
	if k := len(n.rows); k > 0 && !n.rows[k-1].in && n.rows[k-1].depth == n.depth {
		if end := n.rowAt(&n.rows[k-1], i); end > i {
			return end
		}
	}
	n.before()
	n.mark(i)
	if c == ')' {
		if k := len(n.rows); k > 0 && n.rows[k-1].in && n.rows[k-1].depth == n.depth {
			n.endRow(&n.rows[k-1])
		}
	}
	return i + 1
}

// mark puts out the parenthesis, bracket or comma at i.
func (n *normalizer) mark(i int) {
	c := n.s[i]
	n.hash = hashChar(n.hash, c)
	n.write(n.s[i : i+1])
	switch c {
	case '(':
		n.depth++
	case ')':
		n.depth--
	}
	n.after(c == ')' || c == ']', false)
	n.into = false
}

// rowAt begins the row of VALUES that opens at i, or follows the comma at i; i
// where there is none. A row is hashed by itself, so that it can be told from
// the row before.
func (n *normalizer) rowAt(r *rows, i int) int {
	comma := n.s[i] == ',' && r.some
	open := i
	if comma {
		open = skipSpace(n.s, i+1)
	}
	if open >= len(n.s) || n.s[open] != '(' {
		return i
	}
	r.before, r.out, r.last = n.hash, len(n.out), n.last
	if comma {
		n.mark(i)
	}
	n.hash, r.in = hashSeed, true
	if end, values, _ := listEnd(n.s, open, n.values); end > 0 {
		n.values, n.single = values, true
		n.putList("(", ")")
		n.endRow(r)
		return end
	}
	n.mark(open)
	return open + 1
}

// endRow drops a row that looks like the one before it.
func (n *normalizer) endRow(r *rows) {
	row := n.hash
	r.in = false
	if r.some && row == r.prev {
		n.hash, n.last, n.many = r.before, r.last, true
		if n.build {
			n.out = n.out[:r.out]
		}
		return
	}
	n.hash = n.joinRow(r, row)
	r.prev, r.some = row, true
}

func (n *normalizer) joinRow(r *rows, row uint64) uint64 {
	before := r.before
	if r.some {
		before = hashChar(before, ',')
	}
	return mix(before^row, hashWord)
}

// foldRows ends all VALUES, also inside a row that the statement's end cuts.
func (n *normalizer) foldRows() {
	for k := len(n.rows) - 1; k >= 0; k-- {
		if r := &n.rows[k]; r.in {
			n.hash = n.joinRow(r, n.hash)
		}
	}
	n.rows = n.rows[:0]
}

// listEnd is the offset after the list that opens at i if there is nothing in
// it but values, lists of values and commas, -1 otherwise; and the values added
// to the hash; many says that the outermost list has several.
func listEnd(s string, i int, values uint64) (end int, hash uint64, many bool) {
	depth, element := 0, true
	for {
		i = skipSpace(s, i)
		if i >= len(s) {
			return -1, values, false
		}
		switch c := s[i]; {
		case element && (c == '(' || c == '['):
			depth++
			i++
		case c == ')' || c == ']':
			i++
			if depth--; depth == 0 {
				return i, values, many
			}
			i, element = castEnd(s, i), false
		case !element && c == ',':
			i++
			element = true
			many = many || depth == 1
		case element:
			end, more := valueEnd(s, i)
			if end == i {
				return -1, values, false
			}
			if !more { // ARRAY: its list comes
				values = hashText(values, s, i, end)
				end, element = castEnd(s, end), false
			}
			i = end
		default: // 'a' 'b' on two lines is one value
			end, more := valueEnd(s, i)
			if end == i || more || classes[c] == cOp || classes[c] == cDot || s[i:end] == ellipsis {
				return -1, values, false
			}
			values = hashText(values, s, i, end)
			i = castEnd(s, end)
		}
	}
}

// valueEnd is the offset after the value at i, i where there is none; list says
// that it is the word ARRAY, whose [ follows.
func valueEnd(s string, i int) (end int, list bool) {
	switch c := s[i]; classes[c] {
	case cDigit:
		return numberEnd(s, i), false
	case cQuote:
		return stringEnd(s, i, false), false
	case cDollar:
		end, _ := dollarEnd(s, i)
		return end, false
	case cDot:
		if i+1 < len(s) && classes[s[i+1]] == cDigit {
			return numberEnd(s, i), false
		}
	case cOp:
		if (c == '-' || c == '+') && i+1 < len(s) && (classes[s[i+1]] == cDigit || s[i+1] == '.') {
			return numberEnd(s, i+1), false
		}
		if c == '?' && operatorEnd(s, i) == i+1 {
			return i + 1, false
		}
	case cLetter:
		end := wordEnd(s, i)
		if quote, backslash, ok := stringPrefix(s, i, end); ok {
			return escapedEnd(s, i, quote, backslash), false
		}
		if s[i:end] == ellipsis {
			return end, false
		}
		switch k := findKeyword(s, i, end); {
		case k == nil:
		case k.role == kwValue || k.text == "DEFAULT":
			return end, false
		case k.role == kwArray:
			if j := skipSpace(s, end); j < len(s) && s[j] == '[' {
				return end, true
			}
		}
	}
	return i, false
}

// castEnd is the offset after the casts that follow a value at i: ::int[],
// ::timestamp(3) without time zone; i where there are none.
func castEnd(s string, i int) int {
	for {
		j := skipSpace(s, i)
		if j+1 >= len(s) || s[j] != ':' || s[j+1] != ':' {
			return i
		}
		end := typeEnd(s, skipSpace(s, j+2))
		if end < 0 {
			return i
		}
		i = end
	}
}

// typeEnd is the offset after the name of a type at i, -1 where there is none.
func typeEnd(s string, i int) int {
	start := i
	for {
		switch {
		case i < len(s) && classes[s[i]] == cLetter:
			start, i = i, wordEnd(s, i)
		case i < len(s) && s[i] == '"':
			start, i = i, stringEnd(s, i, false)
		default:
			return -1
		}
		if i+1 >= len(s) || s[i] != '.' || classes[s[i+1]] != cLetter && s[i+1] != '"' {
			break
		}
		i++
	}
	switch first := strings.ToLower(s[start:i]); first {
	case "double":
		i = wordsEnd(s, i, "precision")
	case "character", "char", "bit":
		i = wordsEnd(s, i, "varying")
	case "timestamp", "time":
		i = bracketEnd(s, i, '(', ')')
		if end := wordsEnd(s, i, "with", "time", "zone"); end > i {
			i = end
		} else {
			i = wordsEnd(s, i, "without", "time", "zone")
		}
	}
	i = bracketEnd(s, i, '(', ')')
	for {
		end := bracketEnd(s, i, '[', ']')
		if end == i {
			return i
		}
		i = end
	}
}

// wordsEnd is the offset after the words, if they come next, else i.
func wordsEnd(s string, i int, words ...string) int {
	end := i
	for _, w := range words {
		end = skipSpace(s, end)
		if end+len(w) > len(s) || !strings.EqualFold(s[end:end+len(w)], w) || wordEnd(s, end) != end+len(w) {
			return i
		}
		end += len(w)
	}
	return end
}

// bracketEnd is the offset after brackets with nothing but digits and commas in
// them, if they come next, else i.
func bracketEnd(s string, i int, open, closing byte) int {
	j := skipSpace(s, i)
	if j >= len(s) || s[j] != open {
		return i
	}
	for j++; j < len(s); j++ {
		switch c := s[j]; {
		case c == closing:
			return j + 1
		case classes[c] != cDigit && c != ',' && c != ' ':
			return i
		}
	}
	return i
}
