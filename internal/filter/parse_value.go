package filter

import "strings"

func (p *parser) sum() (node, *Error) { return p.arithmetic("+-", p.product) }

func (p *parser) product() (node, *Error) { return p.arithmetic("*/%", p.sign) }

func (p *parser) arithmetic(symbols string, operand func() (node, *Error)) (node, *Error) {
	l, err := operand()
	if err != nil {
		return nil, err
	}
	for n := 0; p.tok.kind == tokSymbol && len(p.tok.text) == 1 && strings.Contains(symbols, p.tok.text); n++ {
		if n > maxDepth {
			return nil, p.lex.fail(p.tok.start, p.tok.end, "the expression nests too deep")
		}
		op := operatorBySymbol(p.tok.text, Arithmetic)
		if err := p.advance(); err != nil {
			return nil, err
		}
		r, err := operand()
		if err != nil {
			return nil, err
		}
		l = join(op, l, r)
	}
	return l, nil
}

func (p *parser) sign() (node, *Error) {
	start := p.tok.start
	minus, err := p.accept("-")
	if err != nil {
		return nil, err
	}
	if !minus {
		return p.primary()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.sign()
	if err != nil {
		return nil, err
	}
	_, end := x.span()
	if lit, ok := x.(*literal); ok && lit.kind == litNumber && !strings.HasPrefix(lit.text, "-") {
		return &literal{at: at{start, end}, kind: litNumber, text: "-" + lit.text}, nil
	}
	return &unary{at: at{start, end}, op: "-", x: x}, nil
}

func (p *parser) primary() (node, *Error) {
	t := p.tok
	switch t.kind {
	case tokNumber:
		return &literal{at: at{t.start, t.end}, kind: litNumber, text: t.text}, p.advance()
	case tokString:
		return &literal{at: at{t.start, t.end}, kind: litText, text: t.text}, p.advance()
	case tokPath:
		return p.pathOrCall(t)
	case tokSymbol:
		if t.text == "(" {
			return p.parenthesis()
		}
	}
	return nil, p.unexpected()
}

func (p *parser) parenthesis() (node, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	_, err = p.expect(")")
	return n, err
}

func (p *parser) pathOrCall(t token) (node, *Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	where := at{t.start, t.end}
	word := t.word()
	if word != "" && p.tok.kind == tokSymbol && p.tok.text == "(" && p.tok.start == t.end {
		return p.call(word, t)
	}
	switch word {
	case "null", "none":
		return &literal{at: where, kind: litNull}, nil
	case "true", "false":
		return &literal{at: where, kind: litBool, text: word}, nil
	case "and", "or", "in", "is", "between", "like", "ilike", "not":
		return nil, p.lex.fail(t.start, t.end, "unexpected "+quoteForPeople(word)).
			hint("a column of that name is written `" + word + "`")
	}
	return &path{at: where, segs: t.segs, bare: len(t.segs) == 1 && !t.quoted}, nil
}

func (p *parser) call(name string, t token) (node, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	n := &call{at: at{start: t.start}, name: name}
	for {
		end := p.tok.end
		if ok, err := p.accept(")"); err != nil {
			return nil, err
		} else if ok {
			n.end = end
			return n, nil
		}
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if ok, err := p.accept(","); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		if n.end, err = p.expect(")"); err != nil {
			return nil, err
		}
		return n, nil
	}
}
