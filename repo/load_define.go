package repo

import (
	"fmt"
	"slices"
	"strings"
)

// judgeCreate decides on CREATE.
func judgeCreate(text []byte, ts []token, escapes bool) (verdict, error) {
	what := word(ts, 1)
	if what == "or" {
		what = word(ts, 3)
	}
	switch what {
	case "role", "group", "database", "tablespace", "subscription":
		return verdict{action: actSkip, why: "it is no part of one database"}, nil
	case "user":
		if word(ts, 2) == "mapping" {
			return verdict{action: actTry}, nil
		}
		return verdict{action: actSkip, why: "it is no part of one database"}, nil
	case "extension", "schema", "event", "publication", "server", "foreign", "language",
		"procedural", "trusted", "policy", "access", "transform":
		return verdict{action: actTry}, nil
	case "function", "procedure":
		return judgeFunction(tokens(text, escapes, 1<<20))
	}
	return verdict{action: actRun}, nil
}

// judgeFunction refuses functions in languages that reach outside the database.
// Postgres lets only a superuser make them.
func judgeFunction(ts []token) (verdict, error) {
	for i, t := range ts {
		if !t.is("language") || i+1 >= len(ts) {
			continue
		}
		language := strings.ToLower(ts[i+1].text)
		if language == "c" || language == "internal" || strings.HasSuffix(language, "u") {
			return verdict{}, fmt.Errorf("%w: a function in language %s, which runs outside the database", ErrUnsafe, language)
		}
	}
	return verdict{action: actRun}, nil
}

// judgeAlter decides on ALTER.
func judgeAlter(text []byte, ts []token, escapes bool) (verdict, error) {
	switch word(ts, 1) {
	case "system":
		return verdict{}, fmt.Errorf("%w: ALTER SYSTEM", ErrUnsafe)
	case "role", "user", "group", "database", "tablespace", "default", "subscription":
		return verdict{action: actOwn}, nil
	case "extension", "event", "publication", "server", "foreign", "language", "procedural", "policy":
		return verdict{action: actTry}, nil
	}
	ts = tokens(text, escapes, 1<<20)
	n := len(ts)
	if n > 5 && ts[n-3].is("owner") && ts[n-2].is("to") && !ts[n-4].is("rename", "column") {
		return verdict{action: actOwn}, nil
	}
	// pg_dump --disable-triggers; ALL includes the system's, a superuser's affair.
	if slices.ContainsFunc(ts, func(t token) bool { return t.is("trigger") }) && n > 2 && ts[n-1].is("all") {
		return verdict{action: actTry}, nil
	}
	return verdict{action: actRun}, nil
}
