package filter

import (
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// AggregateFuncs are the aggregates and what they mean, in the order of the help.
var AggregateFuncs = []struct{ Name, Meaning string }{
	{"sum", "sum"},
	{"mean", "mean"},
	{"sd", "standard deviation of the sample (divisor n - 1)"},
	{"se", "standard error of the mean: sd / √n"},
	{"n", "how many values there are, NULL and NaN left out"},
	{"min", "least"},
	{"max", "greatest"},
	{"median", "median"},
	{"quantile", "quantiles, interpolated (R's type 7)"},
}

// aggregated is a field that aggregates look at, for the line on what they skip.
type aggregated struct {
	name string
	x    operand
}

// aggregate compiles --count, --sum and their like, with --by.
func (p *Plan) aggregate() *Error {
	if len(p.query.Columns) > 0 {
		return &Error{Message: "--columns does not go with --count and aggregates", Hint: "group by a field with --by"}
	}
	if p.query.Distinct {
		return &Error{Message: "--distinct does not go with --count and aggregates", Hint: "--by counts each value"}
	}
	by, err := splitList(p.query.By)
	if err != nil {
		return err
	}
	for _, f := range by {
		name, expr := splitName(f)
		n, err := parse(expr)
		if err != nil {
			return err
		}
		p.c.expr = expr
		if lit, ok := n.(*literal); ok {
			return p.c.errorAt(lit, "--by takes fields")
		}
		if err := p.addField(called(name, expr, n), n); err != nil {
			return err
		}
		p.group = append(p.group, len(p.selected))
	}
	if p.query.Count {
		p.addColumn("count", &schema.Column{Kind: schema.Int, Type: "bigint"}, "count(*)")
	}
	for _, a := range p.query.Aggregates {
		if err := p.addAggregate(a); err != nil {
			return err
		}
	}
	p.Single = len(p.group) == 0
	return p.sort()
}

func (p *Plan) addAggregate(a Aggregate) *Error {
	n, err := parse(a.Expr)
	if err != nil {
		return err
	}
	p.c.expr, p.c.secret = a.Expr, false
	o, err := p.scope.view().check(n)
	if err != nil {
		return err
	}
	field := called(a.Expr, a.Expr, n)
	name := a.Func + "_" + field
	if a.Func == "quantile" {
		name = "q" + strconv.FormatFloat(a.P*100, 'f', -1, 64) + "_" + field
	}
	if o.t != tNumber && o.t != tJSON || o.lit != nil {
		return p.aggregateOther(a, name, n, o)
	}
	x, err := p.scope.view().number(n, "--"+a.Func)
	if err != nil {
		return err
	}
	p.noteAggregated(field, x)
	sql, kind := aggregateSQL(a, notNaN(x), x.kind)
	p.addColumn(name, &schema.Column{Kind: kind, Type: sqlType(operand{kind: kind})}, sql)
	return nil
}

// aggregateSQL is the SQL of an aggregate of numbers.
func aggregateSQL(a Aggregate, x string, kind schema.Kind) (string, schema.Kind) {
	fraction := schema.Numeric
	if kind == schema.Float {
		fraction = schema.Float
	}
	switch a.Func {
	case "sum":
		if kind == schema.Int {
			return "COALESCE(sum(" + x + "), 0)", schema.Numeric
		}
		return "COALESCE(sum(" + x + "), 0)", kind
	case "mean":
		return "avg(" + x + ")", fraction
	case "sd":
		return "stddev_samp(" + x + ")", fraction
	case "se":
		return "stddev_samp(" + x + ") / sqrt(NULLIF(count(" + x + "), 0))", fraction
	case "n":
		return "count(" + x + ")", schema.Int
	case "median":
		return "percentile_cont(0.5) WITHIN GROUP (ORDER BY (" + x + ")::float8)", schema.Float
	case "quantile":
		return "percentile_cont(" + strconv.FormatFloat(a.P, 'f', -1, 64) + ") WITHIN GROUP (ORDER BY (" + x + ")::float8)", schema.Float
	}
	return a.Func + "(" + x + ")", kind // min, max
}

// aggregateOther: the least and greatest of times and texts, how many values
// there are of anything; the mean of a boolean is a share.
func (p *Plan) aggregateOther(a Aggregate, name string, n node, o operand) *Error {
	switch {
	case o.lit != nil:
		return p.c.errorAt(n, "--"+a.Func+" takes a field")
	case a.Func == "n":
		p.addColumn(name, &schema.Column{Kind: schema.Int, Type: "bigint"}, "count("+o.sql+")")
		return nil
	case (a.Func == "min" || a.Func == "max") && (o.t == tTime || o.t == tDate || o.t == tText):
		p.addColumn(name, p.c.tainted(&schema.Column{Kind: o.kind, Type: sqlType(o)}), a.Func+"("+sortable(o)+")")
		return nil
	case (a.Func == "mean" || a.Func == "sum") && o.t == tBool:
		sql, kind := aggregateSQL(a, "("+o.sql+")::int", schema.Int)
		p.addColumn(name, &schema.Column{Kind: kind, Type: "numeric"}, sql)
		return nil
	}
	return p.c.errorAt(n, "--"+a.Func+" takes numbers: "+p.c.describe(o))
}

func (p *Plan) noteAggregated(name string, x operand) {
	for _, f := range p.fields {
		if f.name == name {
			return
		}
	}
	p.fields = append(p.fields, aggregated{name, x})
}

// Summary is what the line under an aggregate says; its statement gives one
// row with a number for each column.
type Summary struct {
	SQL     string
	Args    []any
	Columns []schema.Column
}

// Summarise returns the statement that counts who is behind an aggregate: for
// trials the failed, the pending, the repeats and those by bots, and of each
// field the values left out, as "missing NAME" and "NaN NAME".
func (p *Plan) Summarise(judged [][]Judged) Summary {
	var s Summary
	var items []string
	add := func(name, sql string) {
		s.Columns = append(s.Columns, schema.Column{Name: name, Kind: schema.Int})
		items = append(items, sql)
	}
	add("rows", "count(*)")
	a, t := p.scope.alias, p.scope.table
	if _, isTrial := schema.VirtualField(t, "state"); isTrial {
		add("failed", "count(*) FILTER (WHERE "+a+".failed)")
		add("pending", "count(*) FILTER (WHERE NOT "+a+".failed AND ("+a+".complete AND "+a+".finalized) IS NOT TRUE)")
		add("repeats", "count(*) FILTER (WHERE "+a+".is_repeat_trial)")
		if in, err := p.participant("the summary"); err == nil && in.table.Column("type") != nil {
			bots, _ := p.c.schema.Entity("psynet.bot.Bot", false)
			add("by bots", "count(*) FILTER (WHERE "+in.alias+".type = ANY("+p.c.bind(arrayLiteral(bots.Identities), "text[]")+"))")
		}
	}
	for _, f := range p.fields {
		add("missing "+f.name, "count(*) FILTER (WHERE ("+f.x.sql+") IS NULL)")
		if f.x.kind != schema.Int {
			add("NaN "+f.name, "count(*) FILTER (WHERE ("+f.x.sql+") = 'NaN')")
		}
	}
	st := p.c.statement(judged)
	s.SQL = "SELECT " + st.text("ROW("+strings.Join(items, ", ")+")") + p.from(st)
	s.Args = st.args
	return s
}
