package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Key is a key of the configuration: what may stand in a file, and what the
// environment variable EXPTOOL_<KEY> and, for some, a flag may say.
type Key struct {
	Name    string
	Default string
	Doc     string // one line for people, without a full stop
	// Map says that the value is a map of lists, which only a file can hold.
	Map bool
	// check says what is wrong with a value that is set, or nothing.
	check func(value string) string
}

// Formats are the names of the output formats, as --format takes them.
func Formats() []string { return []string{"table", "csv", "tsv", "json", "ndjson", "md"} }

// Keys are the keys of the configuration, in the order they are shown in.
func Keys() []Key {
	return []Key{
		{Name: "db", Doc: "the database: a postgres:// address, or the name of a private database", check: checkAddress},
		{Name: "timezone", Doc: "the zone the experiment's server wrote its times in; empty: the database server's own", check: checkZone},
		{Name: "format", Doc: "output format: table, csv, tsv, json, ndjson or md; empty: a table on a terminal, else csv", check: oneOf(Formats()...)},
		{Name: "na", Doc: "what csv, tsv, md and table print where there is no value"},
		{Name: "timeout", Default: "30s", Doc: "how long a query may take to its first row; 0: for ever", check: checkDuration},
		{Name: "lock_timeout", Default: "5s", Doc: "how long a statement waits for a lock before it gives up; 0: for ever", check: checkDuration},
		{Name: "color", Default: "auto", Doc: "colour on a terminal: auto, always or never", check: oneOf("auto", "always", "never")},
		{Name: "label", Doc: "what the board calls participants by, a field; empty: vars.name, a column name or the worker id"},
		{Name: "columns", Map: true, Doc: "the columns a terminal shows, by entity or class: a map of lists"},
	}
}

// Env is the name of the environment variable that sets the key, empty where
// only a file can.
func (k Key) Env() string {
	if k.Map {
		return ""
	}
	return "EXPTOOL_" + strings.ToUpper(k.Name)
}

func keyNames() []string {
	var names []string
	for _, k := range Keys() {
		names = append(names, k.Name)
	}
	return names
}

func keyNamed(name string) (Key, bool) {
	for _, k := range Keys() {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

func oneOf(values ...string) func(string) string {
	return func(value string) string {
		if slices.Contains(values, value) {
			return ""
		}
		last := len(values) - 1
		return fmt.Sprintf("%q is none of %s or %s%s", value,
			strings.Join(values[:last], ", "), values[last], didYouMean(value, values))
	}
}

func checkDuration(value string) string {
	switch d, err := time.ParseDuration(value); {
	case err != nil:
		return fmt.Sprintf("%q is not a duration; write it like 30s, 2m or 1h30m", value)
	case d < 0:
		return fmt.Sprintf("%q is negative; 0 means for ever", value)
	}
	return ""
}

func checkZone(value string) string {
	// Postgres has the last word on names; here only what could not be one.
	if strings.ContainsAny(value, "'\"\\;\x00\n") || len(value) > 64 {
		return fmt.Sprintf("%q is not the name of a time zone; write it like Europe/Berlin", value)
	}
	return ""
}
