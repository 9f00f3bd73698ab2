package schema

import "strings"

// assignment reads `name = value` in a class body or at the top of a module;
// anything else is passed over.
func (l *learner) assignment(here scope, st []token) {
	i := 0
	for depth := 0; i < len(st) && !(depth == 0 && st[i].is("=")); i++ {
		switch {
		case st[i].is("("), st[i].is("["), st[i].is("{"):
			depth++
		case st[i].is(")"), st[i].is("]"), st[i].is("}"):
			depth--
		}
	}
	if i == 0 || i+1 >= len(st) || st[0].kind != 'n' || st[i+1].is("=") {
		return
	}
	value := st[i+1:]
	target := dotted(st[:i])
	if i > 1 && !st[1].is(".") && !st[1].is(":") { // neither a.b = … nor a: T = …
		return
	}
	if here.class != nil {
		l.attribute(here.class, st[0].text, value)
		return
	}
	owner, column, ok := cutLast(target)
	if !ok {
		first, _, _ := strings.Cut(dotted(value), ".")
		if full := l.names[first]; full != "" && plainName(value) {
			l.names[target] = l.resolve(dotted(value)) // another name for a class
		}
		return
	}
	if !plainName(st[:i]) {
		return
	}
	if name, python := l.column(column, value); name != "" {
		full := l.resolve(owner)
		c := l.classes[full]
		if c == nil {
			c = &Class{Name: full, Known: FromSource}
			l.classes[full] = c
		}
		c.setColumn(name, python)
	}
}

// attribute reads an assignment in a class body.
func (l *learner) attribute(c *Class, name string, value []token) {
	switch name {
	case "polymorphic_identity":
		if s, ok := str(value); ok {
			c.Identity = s
		}
	case "__tablename__":
		c.Table, _ = str(value)
	case "__mapper_args__":
		l.mapperArgs(c, value)
	default:
		if column, python := l.column(name, value); column != "" {
			c.setColumn(column, python)
		}
	}
}

// declared reads a statement of a @declared_attr function.
func (l *learner) declared(c *Class, name string, st []token) {
	if name == "__mapper_args__" {
		l.mapperArgs(c, st)
		return
	}
	if name == "__tablename__" {
		if len(st) > 1 && st[0].text == "return" {
			c.Table, _ = str(st[1:])
		}
		return
	}
	if column, python := l.column(name, st); column != "" {
		c.setColumn(column, python)
	}
}

// mapperArgs reads {"polymorphic_identity": "x"} or dict(polymorphic_identity="x").
func (l *learner) mapperArgs(c *Class, value []token) {
	for i := 0; i+2 < len(value); i++ {
		if value[i].text == "polymorphic_identity" && value[i].kind != 'o' && (value[i+1].is(":") || value[i+1].is("=")) {
			if value[i+2].kind == 's' {
				c.Identity, _ = str(value[i+2:])
			}
		}
	}
}

func (c *Class) setColumn(name, python string) {
	if c.Columns == nil {
		c.Columns = map[string]string{}
	}
	c.Columns[name] = python
}

// column finds the first Column(…) or claim_field(…) in a value; name is the
// attribute's, and the column's unless it has one of its own. Both are empty
// where the value is no column.
func (l *learner) column(name string, value []token) (column, python string) {
	for i := 0; i+1 < len(value); i++ {
		if value[i].kind != 'n' || !value[i+1].is("(") {
			continue
		}
		args, ok := brackets(value[i+1:])
		if !ok {
			continue
		}
		switch Short(l.resolve(value[i].text)) {
		case "Column", "mapped_column":
			return l.columnArgs(name, split(args, ","))
		case "claim_field":
			return name, claimed(split(args, ","))
		case "column_property", "relationship":
			return "", "" // what is inside belongs to a query
		}
	}
	return "", ""
}

// columnArgs reads the arguments of Column: a name of its own, then the type.
func (l *learner) columnArgs(name string, args [][]token) (column, python string) {
	for i, arg := range args {
		switch {
		case len(arg) == 0:
		case i == 0 && arg[0].kind == 's':
			name, _ = str(arg)
		case len(arg) > 2 && arg[1].is("="):
			if arg[0].text == "type_" {
				return name, l.typeName(arg[2:])
			}
		case Short(dotted(arg)) == "ForeignKey":
			return name, "" // the type is that of what it refers to
		default:
			return name, l.typeName(arg)
		}
	}
	return name, ""
}

// typeName is the tutorial's name for a type expression: Integer, String(50),
// sa.Float, MutableDict.as_mutable(JSONB), ARRAY(String).
func (l *learner) typeName(arg []token) string {
	name := Short(l.resolve(dotted(arg)))
	if name == "as_mutable" {
		if i := indexOp(arg, "("); i >= 0 {
			if inner, ok := brackets(arg[i:]); ok {
				return l.typeName(inner)
			}
		}
	}
	return strings.TrimPrefix(name, "_")
}

// claimed is the type of PsyNet's claim_field("name", extra_vars, type).
func claimed(args [][]token) string {
	field := "object"
	for i, arg := range args {
		switch {
		case len(arg) > 2 && arg[1].is("=") && arg[0].text == "field_type":
			field = dotted(arg[2:])
		case i == 2 && !(len(arg) > 1 && arg[1].is("=")):
			field = dotted(arg)
		}
	}
	switch field {
	case "int":
		return "Integer"
	case "float":
		return "Float"
	case "bool":
		return "Boolean"
	case "str":
		return "String"
	case "list":
		return "PythonList"
	case "dict":
		return "PythonDict"
	}
	return "PythonObject"
}

// dotted is the dotted name that tokens begin with, empty without one.
func dotted(tokens []token) string {
	var parts []string
	for i := 0; i < len(tokens); i += 2 {
		if tokens[i].kind != 'n' {
			break
		}
		parts = append(parts, tokens[i].text)
		if i+1 >= len(tokens) || !tokens[i+1].is(".") {
			break
		}
	}
	return strings.Join(parts, ".")
}

// plainName reports whether the tokens are a dotted name and nothing else.
func plainName(tokens []token) bool {
	for i, t := range tokens {
		if i%2 == 0 && t.kind != 'n' || i%2 == 1 && !t.is(".") {
			return false
		}
	}
	return len(tokens)%2 == 1
}

// str is the value of string literals in a row, which Python joins.
func str(tokens []token) (string, bool) {
	var b strings.Builder
	for _, t := range tokens {
		if t.is("(") || t.is(")") {
			continue
		}
		if t.kind != 's' {
			break
		}
		b.WriteString(t.text)
	}
	return b.String(), b.Len() > 0
}

// alias is the name behind `as`, empty without.
func alias(tokens []token) string {
	if n := len(tokens); n >= 3 && tokens[n-2].text == "as" && tokens[n-1].kind == 'n' {
		return tokens[n-1].text
	}
	return ""
}

// cutLast cuts a dotted name before its last part.
func cutLast(name string) (before, last string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

// brackets are the tokens inside the brackets that tokens begin with.
func brackets(tokens []token) ([]token, bool) {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		}
		if depth == 0 {
			if i == 0 {
				return nil, false
			}
			return tokens[1:i], true
		}
	}
	return nil, false
}

// split cuts tokens at an operator outside of brackets.
func split(tokens []token, at string) [][]token {
	var parts [][]token
	start, depth := 0, 0
	for i, t := range tokens {
		switch {
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		case depth == 0 && t.is(at):
			parts = append(parts, tokens[start:i])
			start = i + 1
		}
	}
	return append(parts, tokens[start:])
}

func indexOp(tokens []token, op string) int {
	for i, t := range tokens {
		if t.is(op) {
			return i
		}
	}
	return -1
}
