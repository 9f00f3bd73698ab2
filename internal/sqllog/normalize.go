package sqllog

// shape is what two statements that differ in their values only have in
// common, and what they have not.
type shape struct {
	hash   uint64 // of the normalised tokens
	values uint64 // of the values, those in lists of several left out
	rows   bool   // it has VALUES of several rows
	lists  bool   // it has a list of several values
	single bool   // it has a value that is not in such a list
	done   bool
}

const ellipsis = "…"

// normalizer goes through a statement token by token and hashes what Normalize
// writes; it writes it too where build is set.
type normalizer struct {
	s      string
	hash   uint64
	values uint64
	many   bool // VALUES of several rows
	lists  bool
	single bool

	build bool
	out   []byte

	operand bool   // the last token ends an operand: a sign or ? after it is an operator
	value   bool   // the last token is a value: a cast after it is dropped
	negated bool   // the last token is IS or NOT
	dot     bool   // the last token is a dot
	semi    bool   // a semicolon waits for a token after it
	word    bool   // the last token is a name: a ( after it is a call
	into    bool   // the name of INSERT INTO comes
	last    byte   // the last byte written, for spacing
	depth   int    // open parentheses
	rows    []rows // open VALUES
}

// rows is a VALUES list being read: of rows that look the same one is left.
type rows struct {
	depth  int    // parentheses around the rows
	before uint64 // the hash before the row
	out    int    // len(out) before the row
	last   byte
	prev   uint64 // the hash of the row before
	some   bool   // there was a row
	in     bool   // inside a row
}

// maxRows bounds how deep VALUES inside VALUES are understood.
const maxRows = 16

func fingerprint(sql string) uint64 {
	n := normalizer{s: sql, hash: hashSeed}
	n.run()
	return n.hash
}

func normalize(sql string) string {
	n := normalizer{s: sql, hash: hashSeed, build: true, out: make([]byte, 0, min(len(sql)+8, 4096))}
	n.run()
	return string(n.out)
}

func shapeOf(sql string) shape {
	n := normalizer{s: sql, hash: hashSeed, values: hashSeed}
	n.run()
	return shape{hash: n.hash, values: n.values, rows: n.many, lists: n.lists, single: n.single, done: true}
}

func (n *normalizer) run() {
	s := n.s
	for i := 0; i < len(s); {
		switch classes[s[i]] {
		case cSpace:
			i++
		case cLetter:
			i = n.wordAt(i)
		case cDigit:
			i = n.valueAt(i, numberEnd(s, i))
		case cQuote:
			i = n.valueAt(i, stringEnd(s, i, false))
		case cDollar:
			if end, _ := dollarEnd(s, i); end > i {
				i = n.valueAt(i, end)
			} else {
				n.char(s[i])
				i++
			}
		case cIdent:
			end := stringEnd(s, i, false)
			n.name(i, end)
			i = end
		case cOp:
			i = n.operatorAt(i)
		case cDot:
			i = n.dotAt(i)
		case cColon:
			i = n.colonAt(i)
		case cPunct:
			i = n.punctAt(i)
		default:
			n.char(s[i])
			i++
		}
	}
	n.foldRows()
}

// before settles what waited for a further token, and ends VALUES whose rows
// are over.
func (n *normalizer) before() {
	if k := len(n.rows); k > 0 && !n.rows[k-1].in {
		n.rows = n.rows[:k-1]
	}
	if n.semi {
		n.semi = false
		n.hash = hashChar(n.hash, ';')
		n.write(";")
	}
}

// after sets the state that a token leaves.
func (n *normalizer) after(operand, value bool) {
	n.operand, n.value, n.negated, n.dot, n.word = operand, value, false, false, false
}

// write puts a token out, with a space before it where one belongs.
func (n *normalizer) write(t string) {
	if !n.build {
		return
	}
	c := t[0]
	cast := t == "::" && n.last != ':'
	glued := len(n.out) == 0 || cast || n.last == '(' || n.last == '[' || n.last == '.' ||
		c == ',' || c == ')' || c == ']' || c == ';' || c == '.' || c == '[' || c == '(' && n.word && !n.into
	if !glued {
		n.out = append(n.out, ' ')
	}
	n.out = append(n.out, t...)
	n.last = t[len(t)-1]
	if cast {
		n.last = '.' // the type follows at once
	}
}

func (n *normalizer) char(c byte) {
	n.before()
	n.hash = hashChar(n.hash, c)
	if n.build {
		n.write(string([]byte{c}))
	}
	n.after(false, false)
}

// name puts out an identifier as it is written.
func (n *normalizer) name(i, end int) {
	n.before()
	n.hash = hashText(n.hash, n.s, i, end)
	n.write(n.s[i:end])
	n.after(true, false)
	n.word = true
}

// putValue puts out one ? for any value.
func (n *normalizer) putValue() {
	n.before()
	n.hash = hashChar(n.hash, '?')
	n.write("?")
	n.after(true, true)
	n.into = false
}

// valueAt takes the value s[i:end] and a cast after it.
func (n *normalizer) valueAt(i, end int) int {
	n.values, n.single = hashText(n.values, n.s, i, end), true
	if !n.value { // 'a' 'b' on two lines is one literal
		n.putValue()
	}
	return castEnd(n.s, end)
}

func (n *normalizer) wordAt(i int) int {
	s := n.s
	end := wordEnd(s, i)
	if end-i == 1 && end < len(s) && (s[end] == '\'' || s[end] == '&') {
		if quote, backslash, ok := stringPrefix(s, i, end); ok {
			return n.valueAt(i, escapedEnd(s, i, quote, backslash))
		}
		if s[i]|0x20 == 'u' && s[end] == '&' && end+1 < len(s) && s[end+1] == '"' {
			end = stringEnd(s, end+1, false)
			n.name(i, end)
			return end
		}
	}
	if !n.dot {
		if k := findKeyword(s, i, end); k != nil {
			return n.keywordAt(k, i, end)
		}
	}
	n.name(i, end)
	return end
}

func (n *normalizer) keywordAt(k *keyword, i, end int) int {
	negated := n.negated
	if k.role == kwValue && !negated {
		return n.valueAt(i, end)
	}
	n.before()
	n.hash = hashText(n.hash, k.text, 0, len(k.text))
	n.write(k.text)
	n.after(k.role == kwOperand || k.role == kwValue, false)
	n.into = k.role == kwInto
	switch k.role {
	case kwNegation:
		n.negated = true
	case kwIn:
		return n.listAt(skipSpace(n.s, end), '(', "(", ")", end)
	case kwArray:
		return n.listAt(skipSpace(n.s, end), '[', "[", "]", end)
	case kwValues:
		if len(n.rows) < maxRows {
			n.rows = append(n.rows, rows{depth: n.depth})
		}
	}
	return end
}

// listAt takes a list of nothing but values that opens at i as (…) or […];
// without one reading goes on at otherwise.
func (n *normalizer) listAt(i int, open byte, opening, closing string, otherwise int) int {
	if i >= len(n.s) || n.s[i] != open {
		return otherwise
	}
	end, values, many := listEnd(n.s, i, n.values)
	if end < 0 {
		return otherwise
	}
	if many {
		n.lists = true
	} else {
		n.values, n.single = values, true
	}
	n.before()
	n.putList(opening, closing)
	if open == '[' {
		end = castEnd(n.s, end)
	}
	return end
}

func (n *normalizer) putList(opening, closing string) {
	n.hash = hashChar(n.hash, opening[0])
	n.hash = hashText(n.hash, ellipsis, 0, len(ellipsis))
	n.hash = hashChar(n.hash, closing[0])
	n.write(opening)
	n.write(ellipsis)
	n.write(closing)
	n.after(true, false)
	n.into = false
}

func (n *normalizer) operatorAt(i int) int {
	s := n.s
	if end := commentEnd(s, i); end > i {
		return end
	}
	if c := s[i]; c == '-' || c == '+' {
		j := i + 1
		if !n.operand && j < len(s) && (classes[s[j]] == cDigit || s[j] == '.' && j+1 < len(s) && classes[s[j+1]] == cDigit) {
			return n.valueAt(i, numberEnd(s, j))
		}
	}
	end := i + 1
	if end < len(s) && classes[s[end]] == cOp {
		end = operatorEnd(s, i)
	}
	if end == i+1 && s[i] == '?' && !n.operand {
		return n.valueAt(i, end)
	}
	n.before()
	if end == i+1 {
		n.hash = hashChar(n.hash, s[i]) // as the ? of a value: the text is the same
	} else {
		n.hash = hashText(n.hash, s, i, end)
	}
	n.write(s[i:end])
	n.after(false, false)
	n.into = false
	return end
}

func (n *normalizer) dotAt(i int) int {
	if i+1 < len(n.s) && classes[n.s[i+1]] == cDigit && !n.operand {
		return n.valueAt(i, numberEnd(n.s, i))
	}
	n.before()
	n.hash = hashChar(n.hash, '.')
	n.write(".")
	n.after(false, false)
	n.dot = true
	return i + 1
}

// colonAt takes ::, := and : (of a slice).
func (n *normalizer) colonAt(i int) int {
	n.before()
	end := i + 1
	if end < len(n.s) && (n.s[end] == ':' || n.s[end] == '=') {
		end++
	}
	n.hash = hashText(n.hash, n.s, i, end)
	n.write(n.s[i:end])
	n.after(false, false)
	return end
}
