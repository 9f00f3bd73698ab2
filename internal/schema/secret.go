package schema

import (
	"regexp"
	"strings"
)

// secrets are the columns whose values are masked unless the user asks: they
// hold the dashboard's password and the deployment's secret. Never definition,
// answer, vars or a custom column.
var secrets = map[[2]string]bool{
	{"experiment_status", "extra_info"}: true,
	{"notification", "details"}:         true,
	{"asset", "secret"}:                 true,
}

// sqlName is a name in an SQL statement, quoted or not.
var sqlName = regexp.MustCompile(`[\pL_][\pL\pN_$]*`)

// SecretIn reports whether a column of the result of a statement that somebody
// wrote may show a secret: the column itself, whatever is computed in a
// statement that names it, and whole rows of its table. Results do not say where
// their values come from, so this goes by the statement's words, and rather
// masks too much.
func SecretIn(statement string, c Column) bool {
	switch c.Kind {
	case Int, Float, Numeric, Bool, Timestamp, TimestampTZ, Date:
		return false
	}
	words := map[string]bool{}
	for _, w := range sqlName.FindAllString(statement, -1) {
		words[strings.ToLower(w)] = true
	}
	for s := range secrets {
		table, column := s[0], s[1]
		if !words[table] {
			continue
		}
		whole := c.Kind == Other || c.Kind == JSON && c.Name != "details" && c.Name != "vars"
		if c.Name == column || words[column] || whole {
			return true
		}
	}
	return false
}
