package filter

import (
	"strconv"
	"strings"

	"exptool/internal/schema"
)

// maxIDs bounds what a range may stand for.
const maxIDs = 1_000_000

// IsID reports whether a word names rows: an id, a list or a range of them.
func IsID(word string) bool {
	return word != "" && strings.Trim(word, "0123456789,-") == "" && word[0] != '-'
}

// ParseIDs reads ids as words give them, 5 6 7, 5-20 or 1,2,5-20, into one id
// each in the order given, without repetitions. Where keys are text, each word is
// one. Errors are *Error.
func ParseIDs(words []string, text bool) ([]string, error) {
	seen := map[string]bool{}
	ids := []string{}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, word := range words {
		if text {
			add(word)
			continue
		}
		for item := range strings.SplitSeq(word, ",") {
			from, to, isRange := strings.Cut(item, "-")
			if !isRange {
				to = from
			}
			a, err1 := strconv.ParseInt(from, 10, 64)
			b, err2 := strconv.ParseInt(to, 10, 64)
			switch {
			case err1 != nil || err2 != nil:
				return nil, &Error{Message: quoteForPeople(item) + " is no id", Hint: "ids are written 5 6 7, 5-20 or 1,2,5-20"}
			case a > b:
				return nil, &Error{Message: "the range " + item + " is empty", Hint: "write the smaller id first"}
			case b-a >= maxIDs || len(ids) > maxIDs:
				return nil, &Error{Message: "more than a million ids", Hint: "say which rows with --where"}
			}
			for n := range b - a + 1 { // not id <= b: the largest id has no next one
				add(strconv.FormatInt(a+n, 10))
			}
		}
	}
	return ids, nil
}

// addIDs keeps the rows with some primary keys.
func (p *Plan) addIDs() *Error {
	if p.query.IDs == nil {
		return nil
	}
	t := p.scope.table
	name := "id"
	if len(t.PrimaryKey) == 1 {
		name = t.PrimaryKey[0]
	}
	key := t.Column(name)
	if key == nil || len(t.PrimaryKey) > 1 {
		return &Error{Message: "nothing names one row of " + t.Key() + ": it has no primary key of one column"}
	}
	sql, array := p.scope.alias+"."+ident(name), "text[]"
	switch key.Kind {
	case schema.Int:
		array = "bigint[]"
		for _, id := range p.query.IDs {
			if !isInt64(id) {
				return &Error{Message: quoteForPeople(id) + " is no id of " + p.query.Entity.Name}
			}
		}
	case schema.Text:
		switch { // texts to Go, but not to Postgres; character ignores spaces at its end
		case key.Type == "uuid":
			array = "uuid[]"
		case key.Type == "bpchar", strings.HasPrefix(key.Type, "character("):
			array = "bpchar[]"
		}
	default:
		sql += "::text"
	}
	p.where = append(p.where, sql+" = ANY("+p.c.bind(arrayLiteral(p.query.IDs), array)+")")
	return nil
}
