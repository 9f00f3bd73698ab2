package filter

import "strings"

// maxDepth bounds how deep an expression nests, so that no input exhausts the
// stack, ours or Postgres's.
const maxDepth = 200

type parser struct {
	lex   lexer
	tok   token
	depth int
}

// parse reads one whole expression.
func parse(expr string) (node, *Error) {
	p := &parser{lex: lexer{expr: expr}}
	if strings.TrimSpace(expr) == "" {
		return nil, &Error{Message: "the expression is empty", Hint: "for example --where 'score > 0.5'"}
	}
	if len(expr) > 1<<20 {
		return nil, &Error{Message: "the expression is longer than 1 MiB"}
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected()
	}
	return n, nil
}

func (p *parser) advance() (err *Error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) unexpected() *Error {
	if p.tok.kind == tokEnd {
		return p.lex.fail(p.tok.start, p.tok.end, "the expression ends too early")
	}
	e := p.lex.fail(p.tok.start, p.tok.end, "unexpected "+quoteForPeople(p.lex.expr[p.tok.start:p.tok.end]))
	switch p.tok.text {
	case "&&", "&":
		e.Hint = "write and"
	case "||", "|":
		e.Hint = "write or"
	case "!":
		e.Hint = "write not"
	default:
		if p.tok.kind == tokString || p.tok.kind == tokNumber || p.tok.kind == tokPath {
			e.Hint = "an operator is missing before it"
		}
	}
	return e
}

// enter counts nesting; leave undoes it.
func (p *parser) enter() *Error {
	if p.depth++; p.depth > maxDepth {
		return p.lex.fail(p.tok.start, p.tok.end, "the expression nests too deep")
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

func (p *parser) accept(symbol string) (bool, *Error) {
	if p.tok.kind == tokSymbol && p.tok.text == symbol {
		return true, p.advance()
	}
	return false, nil
}

func (p *parser) acceptWord(word string) (bool, *Error) {
	if p.tok.word() == word {
		return true, p.advance()
	}
	return false, nil
}

func (p *parser) expect(symbol string) (end int, err *Error) {
	end = p.tok.end
	ok, err := p.accept(symbol)
	if err == nil && !ok {
		err = p.unexpected()
		if err.Hint == "" || p.tok.kind != tokSymbol {
			err.Hint = symbol + " is missing"
		}
	}
	return end, err
}

func (p *parser) or() (node, *Error)  { return p.chain("or", p.and) }
func (p *parser) and() (node, *Error) { return p.chain("and", p.not) }

// chain reads operands joined by one logical word. The tree is balanced, so
// that a thousand alternatives do not nest a thousand deep.
func (p *parser) chain(word string, operand func() (node, *Error)) (node, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	first, err := operand()
	if err != nil {
		return nil, err
	}
	all := []node{first}
	for {
		ok, err := p.acceptWord(word)
		if err != nil {
			return nil, err
		}
		if !ok {
			return balance(all, operatorBySymbol(word, Logic)), nil
		}
		n, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
}

func balance(all []node, op *Operator) node {
	if len(all) == 1 {
		return all[0]
	}
	l, r := balance(all[:len(all)/2], op), balance(all[len(all)/2:], op)
	return join(op, l, r)
}

func join(op *Operator, l, r node) *binary {
	start, _ := l.span()
	_, end := r.span()
	return &binary{at: at{start, end}, op: op, l: l, r: r}
}

func (p *parser) not() (node, *Error) {
	start := p.tok.start
	ok, err := p.acceptWord("not")
	if err != nil {
		return nil, err
	}
	if !ok {
		return p.comparison()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.not()
	if err != nil {
		return nil, err
	}
	_, end := x.span()
	return &unary{at: at{start, end}, op: "not", x: x}, nil
}

// comparison reads a value and what is said of it. Comparisons chain as in
// Python: 1 < x <= 5 says both.
func (p *parser) comparison() (node, *Error) {
	l, err := p.sum()
	if err != nil {
		return nil, err
	}
	var all []node
	for {
		if p.tok.kind == tokSymbol {
			op := operatorBySymbol(p.tok.text, Comparison, Pattern)
			if op == nil {
				break
			}
			if err := p.advance(); err != nil {
				return nil, err
			}
			r, err := p.sum()
			if err != nil {
				return nil, err
			}
			all = append(all, join(op, l, r))
			l = r
			continue
		}
		n, err := p.form(l)
		if err != nil {
			return nil, err
		}
		if n == nil {
			break
		}
		all = append(all, n)
	}
	if len(all) == 0 {
		return l, nil
	}
	return balance(all, operatorBySymbol("and", Logic)), nil
}

// form reads `is null`, `in`, `between` and the spelled patterns after a value;
// nil where none follows.
func (p *parser) form(x node) (node, *Error) {
	start, _ := x.span()
	not := false
	word := p.tok.word()
	if word == "not" {
		not = true
		if err := p.advance(); err != nil {
			return nil, err
		}
		word = p.tok.word()
	}
	switch word {
	case "is":
		if !not {
			return p.is(x)
		}
	case "in":
		if err := p.advance(); err != nil {
			return nil, err
		}
		return p.in(x, not)
	case "between":
		if err := p.advance(); err != nil {
			return nil, err
		}
		lo, err := p.sum()
		if err != nil {
			return nil, err
		}
		if ok, err := p.acceptWord("and"); err != nil {
			return nil, err
		} else if !ok {
			return nil, p.unexpected().hint("between takes two values: between 2 and 4")
		}
		hi, err := p.sum()
		if err != nil {
			return nil, err
		}
		_, end := hi.span()
		return &between{at: at{start, end}, not: not, x: x, lo: lo, hi: hi}, nil
	case "like", "ilike":
		op := operatorBySymbol(word, Pattern)
		if err := p.advance(); err != nil {
			return nil, err
		}
		pattern, err := p.sum()
		if err != nil {
			return nil, err
		}
		n := join(op, x, pattern)
		if not {
			negated := *op
			negated.SQL = op.Negate
			n.op = &negated
		}
		return n, nil
	}
	if not {
		return nil, p.unexpected().hint("after a value, not goes before in, like, ilike or between")
	}
	return nil, nil
}

func (p *parser) is(x node) (node, *Error) {
	start, _ := x.span()
	if err := p.advance(); err != nil {
		return nil, err
	}
	not, err := p.acceptWord("not")
	if err != nil {
		return nil, err
	}
	end, word := p.tok.end, p.tok.word()
	switch word {
	case "null", "none":
		return &isNull{at: at{start, end}, not: not, x: x}, p.advance()
	case "true", "false":
		op := operatorBySymbol("==", Comparison)
		if not {
			op = operatorBySymbol("!=", Comparison)
		}
		r := &literal{at: at{p.tok.start, end}, kind: litBool, text: word}
		return join(op, x, r), p.advance()
	}
	return nil, p.unexpected().hint("after is comes null, not null, true or false")
}

func (p *parser) in(x node, not bool) (node, *Error) {
	start, _ := x.span()
	n := &in{at: at{start: start}, not: not, x: x}
	closing := ""
	switch {
	case p.tok.kind == tokSymbol && p.tok.text == "(":
		closing = ")"
	case p.tok.kind == tokSymbol && p.tok.text == "[":
		closing = "]"
	default:
		of, err := p.sum()
		if err != nil {
			return nil, err
		}
		n.of = of
		_, n.end = of.span()
		return n, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for {
		if ok, err := p.accept(closing); err != nil {
			return nil, err
		} else if ok {
			break
		}
		item, err := p.sum()
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
		_, n.end = item.span()
		if ok, err := p.accept(","); err != nil {
			return nil, err
		} else if !ok {
			if n.end, err = p.expect(closing); err != nil {
				return nil, err
			}
			break
		}
	}
	if len(n.items) == 0 {
		return nil, p.lex.fail(start, p.lex.pos, "the list after in is empty")
	}
	return n, nil
}
