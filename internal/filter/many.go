package filter

import (
	"strings"

	"exptool/internal/schema"
)

// many checks a function over the many-side of a relation: any(trials, score > 0.5),
// count(alive_trials), sum(trials.performance_reward).
func (w view) many(n *call) (operand, *Error) {
	p, ok := n.args[0].(*path)
	if !ok {
		return operand{}, w.c.errorAt(n.args[0], n.name+" begins with the many-side of a relation").hint("it is written " + functionByName(n.name).Usage)
	}
	inner, value, err := w.manySide(n, p)
	if err != nil {
		return operand{}, err
	}
	conditions := inner.conditions
	if len(n.args) == 2 {
		if value == nil && (n.name == "sum" || n.name == "mean" || n.name == "min" || n.name == "max") {
			value = n.args[1]
		} else {
			sql, err := inner.view().condition(n.args[1])
			if err != nil {
				return operand{}, err
			}
			conditions = append(conditions, sql)
		}
	}
	from := " FROM " + tableName(inner.table) + " AS " + inner.alias + hole('f', inner.index) + " WHERE " + strings.Join(conditions, " AND ")
	switch n.name {
	case "any", "none":
		if value != nil {
			return operand{}, w.c.errorAt(p, n.name+" takes rows and a condition").hint("write " + n.name + "(" + inner.entity.Name + ", condition)")
		}
		sql := "EXISTS (SELECT 1" + from + ")"
		if n.name == "none" {
			sql = "NOT " + sql
		}
		return boolean(n, sql), nil
	case "count":
		what := "*"
		if value != nil {
			o, err := inner.view().check(value)
			if err != nil {
				return o, err
			}
			if what = o.sql; o.t == tJSON {
				what = o.json.form('v')
			}
		}
		return operand{node: n, t: tNumber, kind: schema.Int, sql: "(SELECT count(" + what + ")" + from + ")"}, nil
	}
	if value == nil {
		return operand{}, w.c.errorAt(n, n.name+" needs a field").hint("it is written " + functionByName(n.name).Usage)
	}
	return w.manyAggregate(n, inner.scope.view(), value, from)
}

// inner is the FROM clause of a subquery over the many-side.
type inner struct {
	*scope
	conditions []string
}

// manySide follows a path to the many-side; value is what is left of the path
// behind it, as an expression of the inner scope.
func (w view) manySide(n *call, p *path) (inner, node, *Error) {
	in, segs := w.in, p.segs
	for {
		routes := w.c.schema.ToOne(in.table, segs[0])
		if len(segs) > 1 && len(routes) == 1 && routes[0].Name == segs[0] {
			// A hop, though other rows may refer back: participant.trials of a
			// trial, which may be some participant's current one.
			in, segs = w.follow(in, routes[0]), segs[1:]
			continue
		}
		e, err := w.c.schema.ManyEntity(segs[0])
		if err == nil {
			if routes := w.c.schema.ToMany(in.table, e); len(routes) == 1 {
				sub := w.c.newScope(e)
				r := routes[0]
				link := sub.alias + "." + ident(r.Column) + " = " + in.alias + "." + ident(r.RefColumn)
				conditions := append([]string{link}, sub.restrict()...)
				if len(segs) == 1 {
					return inner{sub, conditions}, nil, nil
				}
				return inner{sub, conditions}, &path{at: p.at, segs: segs[1:]}, nil
			} else if len(routes) > 1 {
				e := w.c.errorAt(p, quoteForPeople(segs[0])+" of "+in.table.Name+" is ambiguous")
				for _, r := range routes {
					e.Lines = append(e.Lines, "by "+r.Table+"."+r.Column)
				}
				return inner{}, nil, e
			}
		}
		if len(routes) != 1 || len(segs) == 1 {
			return inner{}, nil, w.noMany(n, p, in, segs[0])
		}
		in, segs = w.follow(in, routes[0]), segs[1:]
	}
}

func (w view) noMany(n *call, p *path, in joined, word string) *Error {
	e := w.c.errorAt(p, quoteForPeople(word)+" is no many-side of "+in.entityName(w.scope))
	var words []string
	for _, r := range w.c.schema.RelationsTo(in.table) {
		words = append(words, r.Table)
	}
	for _, known := range w.c.schema.Words() {
		if many, err := w.c.schema.ManyEntity(known); err == nil && len(w.c.schema.ToMany(in.table, many)) > 0 {
			words = append(words, known)
		}
	}
	if near := schema.Suggest(word, words); len(near) > 0 {
		return e.hint(didYouMean(near))
	}
	return e.hint("it is written " + functionByName(n.name).Usage)
}

func (w view) manyAggregate(n *call, sub view, value node, from string) (operand, *Error) {
	o, err := sub.check(value)
	if err != nil {
		return o, err
	}
	if (n.name == "min" || n.name == "max") && (o.t == tTime || o.t == tDate || o.t == tText) && o.lit == nil {
		return operand{node: n, t: o.t, kind: o.kind, zoned: o.zoned, sql: "(SELECT " + n.name + "(" + sortable(o) + ")" + from + ")"}, nil
	}
	x, err := sub.number(value, n.name)
	if err != nil {
		return x, err
	}
	fn := n.name
	if fn == "mean" {
		fn = "avg"
	}
	result := operand{node: n, t: tNumber, kind: x.kind}
	if x.kind == schema.Int && fn != "min" && fn != "max" {
		result.kind = schema.Numeric
	}
	agg := fn + "(" + notNaN(x) + ")"
	if fn == "sum" {
		agg = "COALESCE(" + agg + ", 0)"
	}
	result.sql = "(SELECT " + agg + from + ")"
	return result, nil
}

// sortable makes enums text, because Postgres 15 has min and max of enums but
// orders them by their definition.
func sortable(o operand) string {
	if o.kind == schema.Enum {
		return asText(o)
	}
	return o.sql
}

// notNaN leaves NaN out of an aggregate, as missing values are.
func notNaN(x operand) string {
	if x.kind == schema.Int {
		return x.sql
	}
	return "NULLIF(" + x.sql + ", 'NaN')"
}
