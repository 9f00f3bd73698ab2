package sqllog

import "strings"

// advise says what to write instead of one query per row: the statement as
// normalised and as it was, and the one before it as it was.
func advise(normal, example, before string, class func(string) string) Advice {
	words := strings.Fields(normal)
	plain := class
	if name := subclass(example); name != "" {
		class = func(string) string { return name }
	}
	a := Advice{}
	if len(words) == 0 {
		return a
	}
	a.Verb = words[0]
	switch a.Verb {
	case "SELECT":
		a.Table, a.Column = tableAfter(words, "FROM"), comparedColumn(words)
		owner := tableAfter(strings.Fields(Normalize(before)), "FROM")
		parent := subclass(before)
		if parent == "" {
			parent = plain(owner)
		}
		a.reading(owner, parent, class(a.Table), plain)
	case "INSERT":
		a.Table = tableAfter(words, "INTO")
		a.inserting(class)
	case "UPDATE":
		a.Table, a.Column = tableAfter(words, "UPDATE"), comparedColumn(words)
		a.updating(class)
	case "DELETE":
		a.Table, a.Column = tableAfter(words, "FROM"), comparedColumn(words)
		a.deleting(class)
	default:
		a.Text = "one statement per row: run it once for all rows"
	}
	return a
}

// reading: owner is the table of the query before, whose rows these queries may
// belong to, o its class, t that of the table.
func (a *Advice) reading(owner, o, t string, class func(string) string) {
	if a.Table == "" || a.Column == "" {
		a.Text = "one query per row: ask once for all rows"
		return
	}
	list := "values"
	if a.Column == "id" || strings.HasSuffix(a.Column, "_id") {
		list = strings.TrimPrefix(a.Column, "_") + "s"
	}
	a.Code = t + ".query.filter(" + t + "." + a.Column + ".in_(" + list + ")).all()"
	parent, foreign := strings.CutSuffix(a.Column, "_id")
	switch {
	case foreign && parent != "":
		p := class(parent)
		a.Or = p + ".query.options(selectinload(" + p + "." + a.Table + "s)).all()"
		a.Text = "the rows of " + a.Table + " are loaded for one " + parent + " at a time: ask for all at once, or load the relationship with its owners (its name is the one in your class)"
	case a.Column == "id" && owner != "" && owner != a.Table:
		a.Or = o + ".query.options(joinedload(" + o + "." + a.Table + ")).all()"
		a.Text = "each " + a.Table + " is loaded by itself, after the rows of " + owner + ": ask for all at once, or load the relationship with them (its name is the one in your class)"
	default:
		a.Text = "each row of " + a.Table + " is a query of its own: ask for all at once"
	}
}

func (a *Advice) inserting(class func(string) string) {
	if a.Table == "" {
		return
	}
	t := class(a.Table)
	a.Code = "db.session.bulk_insert_mappings(" + t + ", rows)"
	a.Or = "db.session.execute(" + t + ".__table__.insert(), rows)"
	a.Text = "rows are inserted one at a time: hand over the list (executemany), without a flush between them"
}

func (a *Advice) updating(class func(string) string) {
	if a.Table == "" {
		return
	}
	t := class(a.Table)
	a.Code = "db.session.bulk_update_mappings(" + t + ", rows)"
	if a.Column != "" {
		a.Or = t + ".query.filter(" + t + "." + a.Column + ".in_(" + a.Column + "s)).update({…}, synchronize_session=False)"
	}
	a.Text = "rows are updated one at a time: hand over the list (executemany), or set the same value in one statement"
}

func (a *Advice) deleting(class func(string) string) {
	if a.Table == "" || a.Column == "" {
		return
	}
	t := class(a.Table)
	a.Code = t + ".query.filter(" + t + "." + a.Column + ".in_(" + a.Column + "s)).delete(synchronize_session=False)"
	a.Text = "rows are deleted one at a time: delete them in one statement"
}

// subclass is the class that a query asks for, where several share a table: the
// first value of SQLAlchemy's "type IN ('module.Class', …)", its subclasses come
// after it; "" where there is none.
func subclass(example string) string {
	_, list, ok := strings.Cut(example, ".type IN ('")
	if !ok {
		return ""
	}
	identity, _, _ := strings.Cut(list, "'")
	module, _, dotted := strings.Cut(identity, ".")
	if !dotted || module == "" { // an identity set by hand is not the class's name
		return ""
	}
	return plainName(identity)
}

// tableAfter is the table named after the first such keyword outside of
// parentheses, without its schema and quotes; "" where it is not a plain name.
func tableAfter(words []string, keyword string) string {
	depth := 0
	for k, w := range words {
		if depth == 0 && w == keyword && k+1 < len(words) {
			name := words[k+1]
			if name == "ONLY" && k+2 < len(words) {
				name = words[k+2]
			}
			return plainName(strings.TrimRight(name, ",;"))
		}
		depth += strings.Count(w, "(") - strings.Count(w, ")")
	}
	return ""
}

// plainName is the last part of a dotted name; "" where it is not a name.
func plainName(name string) string {
	if n := strings.LastIndexByte(name, '.'); n >= 0 {
		name = name[n+1:]
	}
	if len(name) > 2 && name[0] == '"' && name[len(name)-1] == '"' {
		name = name[1 : len(name)-1]
	}
	if name == "" || wordEnd(name, 0) != len(name) || classes[name[0]] != cLetter {
		return ""
	}
	return name
}

// comparedColumn is the column that a value is compared with: id before one
// that ends in _id before any other.
func comparedColumn(words []string) string {
	best, rank := "", 0
	where := false
	for k, w := range words {
		where = where || w == "WHERE"
		if !where || w != "=" || k == 0 || k+1 >= len(words) {
			continue
		}
		left, right := strings.TrimLeft(words[k-1], "("), strings.TrimRight(words[k+1], "),")
		column := ""
		if right == "?" {
			column = plainName(left)
		} else if left == "?" {
			column = plainName(right)
		}
		r := 1
		switch {
		case column == "":
			continue
		case column == "id":
			r = 3
		case strings.HasSuffix(column, "_id"):
			r = 2
		}
		if r > rank {
			best, rank = column, r
		}
	}
	return best
}

// className writes snake_case as CamelCase.
func className(table string) string {
	var b strings.Builder
	for _, part := range strings.Split(table, "_") {
		if part == "" {
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}
