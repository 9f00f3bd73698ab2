package schema

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// experimentPackage is the package as which Dallinger imports an experiment's
// directory: the first part of its classes' names.
const experimentPackage = "dallinger_experiment"

// ModuleName is the module as which PsyNet imports a file of an experiment, by
// the file's slash-separated path inside the experiment's directory:
// "experiment.py" is dallinger_experiment.experiment.
func ModuleName(file string) string {
	stem := strings.TrimSuffix(path.Clean(strings.TrimPrefix(file, "/")), ".py")
	return experimentPackage + "." + strings.ReplaceAll(stem, "/", ".")
}

// LearnPython reads the class statements of a Python source without running it:
// names, bases, hand-set identities, tables and the types of columns, those
// included that are set on a class from outside (Participant.dollars =
// Column(Float)). A module that ends in .__init__ is the package itself. What it
// returns is raw: every class, whether or not it has rows; Link tells. It fails
// with *SourceError where the source ends inside a string or bracket.
func LearnPython(src []byte, module string) ([]*Class, error) {
	all, err := lines(string(src))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", module, err)
	}
	name, isPackage := strings.CutSuffix(module, ".__init__")
	l := &learner{module: name, pkg: name, names: map[string]string{}, classes: map[string]*Class{}}
	if !isPackage {
		l.pkg = name[:max(0, strings.LastIndexByte(name, '.'))]
	}
	for _, line := range all {
		l.line(line)
	}
	return slices.SortedFunc(maps.Values(l.classes), func(a, b *Class) int {
		return strings.Compare(a.Name, b.Name)
	}), nil
}

// learner walks the lines of one module.
type learner struct {
	module, pkg string
	names       map[string]string // what a name stands for: a full class or module name
	stars       []string          // modules of which everything is imported
	classes     map[string]*Class
	scopes      []scope
	decorators  []string // that wait for their def or class
}

// scope is a block that is open: a class, a function, or neither.
type scope struct {
	indent int
	class  *Class // set in a class body
	column string // set in a @declared_attr function of a class: the column it declares
	skip   bool   // a function's body
}

// line takes one logical line: it closes the blocks that end before it, then
// reads the statements on it.
func (l *learner) line(ln line) {
	for len(l.scopes) > 0 && l.scopes[len(l.scopes)-1].indent >= ln.indent {
		l.scopes = l.scopes[:len(l.scopes)-1]
	}
	for _, st := range split(ln.tokens, ";") {
		if len(st) > 0 {
			l.statement(st, ln.indent)
		}
	}
}

// scope is the innermost open block; its zero value is the module.
func (l *learner) scope() scope {
	if len(l.scopes) == 0 {
		return scope{}
	}
	return l.scopes[len(l.scopes)-1]
}

func (l *learner) push(s scope) { l.scopes = append(l.scopes, s) }

// statement reads one statement in the present block.
func (l *learner) statement(st []token, indent int) {
	here := l.scope()
	if here.skip {
		if here.column != "" {
			l.declared(here.class, here.column, st)
		}
		l.push(scope{indent: indent, class: here.class, column: here.column, skip: true})
		return
	}
	decorators := l.decorators
	l.decorators = nil
	if st[0].kind == 'n' {
		switch st[0].text {
		case "async":
			st = st[1:]
			if len(st) == 0 {
				return
			}
		case "import":
			l.importModules(st[1:])
			return
		case "from":
			l.importNames(st[1:])
			return
		}
		switch st[0].text {
		case "class":
			l.class(st, indent)
			return
		case "def":
			l.function(st, indent, decorators)
			return
		case "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "match", "case":
			if body := l.afterColon(st); body != nil {
				l.push(scope{indent: indent, class: here.class})
				if len(body) > 0 {
					l.statement(body, indent+1)
				}
				return
			}
		}
	}
	if st[0].is("@") {
		l.decorators = append(decorators, dotted(st[1:]))
		return
	}
	l.assignment(here, st)
}

// afterColon is what follows the colon that ends the head of a compound
// statement, empty where the body is on lines of its own, nil without a colon.
func (l *learner) afterColon(st []token) []token {
	depth := 0
	for i, t := range st {
		switch {
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		case t.is(":") && depth == 0:
			return append([]token{}, st[i+1:]...)
		}
	}
	return nil
}

// class opens a class statement.
func (l *learner) class(st []token, indent int) {
	if len(st) < 2 || st[1].kind != 'n' {
		return
	}
	outer := l.scope().class
	c := &Class{Name: l.module + "." + st[1].text, Known: FromSource}
	if outer != nil {
		c.Name = outer.Name + "." + st[1].text
	}
	if args, ok := brackets(st[2:]); ok {
		for _, arg := range split(args, ",") {
			if base := dotted(arg); base != "" && !(len(arg) > 1 && arg[1].is("=")) {
				c.Bases = append(c.Bases, l.resolve(base))
			}
		}
	}
	c.Identity = c.Name
	l.classes[c.Name] = c
	if outer == nil {
		l.names[st[1].text] = c.Name
	}
	l.push(scope{indent: indent, class: c})
	for _, body := range split(l.afterColon(st), ";") {
		if len(body) > 0 {
			l.statement(body, indent+1)
		}
	}
}

// function opens a function, whose body only matters where it declares a column
// of a class.
func (l *learner) function(st []token, indent int, decorators []string) {
	s := scope{indent: indent, skip: true}
	if class := l.scope().class; class != nil && len(st) > 1 {
		for _, d := range decorators {
			if strings.Contains("."+d+".", ".declared_attr.") {
				s.class, s.column = class, st[1].text
			}
		}
	}
	l.push(s)
	if s.column != "" {
		l.declared(s.class, s.column, l.afterColon(st))
	}
}

// importModules reads what follows `import`.
func (l *learner) importModules(st []token) {
	for _, part := range split(st, ",") {
		module := dotted(part)
		if module == "" {
			continue
		}
		if as := alias(part); as != "" {
			l.names[as] = module
			continue
		}
		top, _, _ := strings.Cut(module, ".")
		l.names[top] = top
	}
}

// importNames reads what follows `from`.
func (l *learner) importNames(st []token) {
	dots := 0
	for dots < len(st) && st[dots].is(".") {
		dots++
	}
	module := ""
	if rest := st[dots:]; len(rest) > 0 && rest[0].text != "import" {
		module = dotted(rest)
	}
	if dots > 0 {
		pkg := l.pkg
		for range dots - 1 {
			pkg = pkg[:max(0, strings.LastIndexByte(pkg, '.'))]
		}
		module = strings.Trim(pkg+"."+module, ".")
	}
	i := slices.IndexFunc(st, func(t token) bool { return t.kind == 'n' && t.text == "import" })
	if i < 0 {
		return
	}
	names := st[i+1:]
	if in, ok := brackets(names); ok {
		names = in
	}
	for _, part := range split(names, ",") {
		switch {
		case len(part) == 0:
		case part[0].is("*"):
			l.stars = append(l.stars, module)
		case part[0].kind == 'n':
			as := alias(part)
			if as == "" {
				as = part[0].text
			}
			l.names[as] = module + "." + part[0].text
		}
	}
}

// resolve is the full name that a dotted name stands for here.
func (l *learner) resolve(name string) string {
	first, rest, more := strings.Cut(name, ".")
	full, ok := l.names[first]
	switch {
	case !ok && len(l.stars) > 0:
		return l.stars[len(l.stars)-1] + "." + name
	case !ok:
		return name
	case more:
		return full + "." + rest
	}
	return full
}
