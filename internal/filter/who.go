package filter

import (
	"strconv"
	"strings"
	"unicode"

	"exptool/internal/schema"
)

// addWho adds the conditions of the flags that say who is counted.
func (p *Plan) addWho() *Error {
	q := p.query
	switch {
	case q.People && q.Bots:
		return &Error{Message: "--people and --bots exclude each other"}
	case q.Alive && q.Failed:
		return &Error{Message: "--alive and --failed exclude each other"}
	}
	if q.People || q.Bots {
		if err := p.addPeople(q.Bots); err != nil {
			return err
		}
	}
	if q.Alive || q.Failed {
		if err := p.addFlag("failed", q.Failed, "--alive and --failed"); err != nil {
			return err
		}
	}
	if q.Done {
		if p.scope.table.Column("finalized") != nil {
			if err := p.addFlag("finalized", true, "--done"); err != nil {
				return err
			}
		}
		for _, f := range []struct {
			column string
			want   bool
		}{{"complete", true}, {"failed", false}} {
			if err := p.addFlag(f.column, f.want, "--done"); err != nil {
				return err
			}
		}
	}
	if q.Exclude != "" {
		sql, err := p.participants("--exclude", q.Exclude)
		if err != nil {
			return err
		}
		p.where = append(p.where, "("+sql+") IS NOT TRUE")
	}
	return p.addTimes()
}

func (p *Plan) addFlag(column string, want bool, flag string) *Error {
	if p.scope.table.Column(column) == nil {
		return &Error{Message: p.query.Entity.Name + " have no column " + column + ", which " + flag + " needs"}
	}
	sql := p.scope.alias + "." + ident(column)
	if !want {
		sql = "NOT " + sql
	}
	p.where = append(p.where, sql)
	return nil
}

// participant is the table of participants as seen from the entity.
func (p *Plan) participant(flag string) (joined, *Error) {
	base := p.scope.base()
	if base.table.Key() == "participant" {
		return base, nil
	}
	if r := p.c.schema.ToOne(base.table, "participant"); len(r) == 1 {
		return p.scope.follow(base, r[0]), nil
	}
	return base, &Error{Message: p.query.Entity.Name + " belong to no participant, which " + flag + " needs"}
}

func (p *Plan) addPeople(bots bool) *Error {
	in, err := p.participant("--people and --bots")
	if err != nil {
		return err
	}
	if in.table.Column("type") == nil {
		return &Error{Message: "participants have no column type: nothing tells people from bots"}
	}
	e, _ := p.c.schema.Entity("psynet.bot.Bot", false)
	ids := e.Identities
	if len(ids) == 0 {
		ids = []string{"psynet.bot.Bot"}
	}
	list := p.c.bind(arrayLiteral(ids), "text[]")
	if bots {
		p.where = append(p.where, in.alias+".type = ANY("+list+")")
		return nil
	}
	id := in.alias + "." + ident("id")
	p.where = append(p.where, "("+id+" IS NOT NULL AND "+in.alias+".type = ANY("+list+") IS NOT TRUE)")
	return nil
}

// participants is the condition that a row belongs to some participants.
func (p *Plan) participants(flag, ids string) (string, *Error) {
	if p.scope.table.Key() == "participant" {
		return p.idList(p.scope.base(), "id", ids, flag)
	}
	r := p.c.schema.ToOne(p.scope.table, "participant")
	if len(r) != 1 {
		return "", &Error{Message: p.query.Entity.Name + " belong to no participant, which " + flag + " needs"}
	}
	return p.idList(p.scope.base(), r[0].Column, ids, flag)
}

// addKey adds the rows of some participants, nodes and so on: by the entity's
// own column, by the entity's id, or where it is the other way round by the
// rows that refer to it.
func (p *Plan) addKey(k Key) *Error {
	s := p.c.schema
	base := p.scope.base()
	word := strings.ReplaceAll(k.Relation, "-", "_")
	routes := s.ToOne(base.table, word)
	switch {
	case len(routes) == 1:
		sql, err := p.idList(base, routes[0].Column, k.IDs, k.Flag)
		p.where = append(p.where, sql)
		p.wanted(base.table, routes[0].Column)
		return err
	case len(routes) > 1:
		e := &Error{Message: quoteForPeople(k.Relation) + " is ambiguous in " + base.table.Name, Hint: "name the route with --of"}
		for _, r := range routes {
			e.Lines = append(e.Lines, "--of "+r.Name+"="+k.IDs)
		}
		return e
	}
	target, err := s.Entity(word, false)
	if err == nil && target.Table == base.table && len(base.table.PrimaryKey) == 1 {
		sql, err := p.idList(base, base.table.PrimaryKey[0], k.IDs, k.Flag)
		p.where = append(p.where, sql)
		return err
	}
	if err == nil && target.Table != nil {
		if back := s.ToMany(base.table, target); len(back) == 1 && len(target.Table.PrimaryKey) == 1 {
			sub := p.c.newScope(target)
			sql, err := p.idList(sub.base(), target.Table.PrimaryKey[0], k.IDs, k.Flag)
			p.where = append(p.where, "EXISTS (SELECT 1 FROM "+tableName(sub.table)+" AS "+sub.alias+" WHERE "+sub.alias+"."+ident(back[0].Column)+
				" = "+base.alias+"."+ident(back[0].RefColumn)+" AND "+sql+")")
			return err
		}
	}
	e := &Error{Message: p.query.Entity.Name + " have no relation " + quoteForPeople(k.Relation) + ", which " + k.Flag + " needs"}
	var names []string
	for _, r := range s.RelationsFrom(base.table) {
		names = append(names, r.Name)
	}
	if len(names) > 0 {
		e.Hint = "they have " + strings.Join(names, ", ")
	}
	return e
}

// idList is the condition that a column is one of 1,2,5-20.
func (p *Plan) idList(in joined, column, ids, flag string) (string, *Error) {
	col := in.table.Column(column)
	sql := in.alias + "." + ident(column)
	var single, ranges []string
	for item := range strings.FieldsFuncSeq(ids, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if col.Kind != schema.Int {
			single = append(single, item)
			continue
		}
		from, to, isRange := strings.Cut(item, "-")
		if !isInt64(from) || isRange && (!isInt64(to) || len(to) > len(from)+12) {
			return "", &Error{Message: quoteForPeople(item) + " is no id", Hint: flag + " takes ids: 1,2,5-20"}
		}
		if !isRange {
			single = append(single, item)
			continue
		}
		a, _ := strconv.ParseInt(from, 10, 64)
		b, _ := strconv.ParseInt(to, 10, 64)
		if a > b {
			return "", &Error{Message: "the range " + item + " is empty", Hint: "write the smaller id first"}
		}
		ranges = append(ranges, sql+" BETWEEN "+p.c.bind(from, "bigint")+" AND "+p.c.bind(to, "bigint"))
	}
	array := "bigint[]"
	if col.Kind != schema.Int {
		array = "text[]"
		sql += "::text"
	}
	switch {
	case len(single) == 1:
		ranges = append(ranges, sql+" = "+p.c.bind(single[0], strings.TrimSuffix(array, "[]")))
	case len(single) > 1:
		ranges = append(ranges, sql+" = ANY("+p.c.bind(arrayLiteral(single), array)+")")
	}
	switch len(ranges) {
	case 0:
		return "", &Error{Message: flag + " names no id", Hint: "ids are written 1,2,5-20"}
	case 1:
		return ranges[0], nil
	}
	return "(" + strings.Join(ranges, " OR ") + ")", nil
}

// addTimes adds --since and --until, which look at when a row was made.
func (p *Plan) addTimes() *Error {
	for _, t := range []struct{ flag, value, op string }{{"--since", p.query.Since, ">="}, {"--until", p.query.Until, "<"}} {
		if t.value == "" {
			continue
		}
		if p.scope.table.Column("creation_time") == nil {
			return &Error{Message: p.query.Entity.Name + " have no creation_time, which " + t.flag + " looks at", Hint: "compare a column of theirs in --where"}
		}
		expr := "creation_time " + t.op + ` "` + t.value + `"`
		if _, ok := ParseSpan(t.value); ok {
			expr = "creation_time " + t.op + ` ago("` + t.value + `")`
		} else if _, ok := parseTime(t.value); !ok {
			return &Error{Message: quoteForPeople(t.value) + " is no time, which " + t.flag + " takes", Hint: "write 24h, 2026-11-20 or '2026-11-20 14:30'"}
		}
		if err := p.addExpression(expr); err != nil {
			return err
		}
	}
	return nil
}
