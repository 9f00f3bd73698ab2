package repo

import (
	_ "embed"
	"strings"
	"sync"
)

// column is a column as PsyNet and Dallinger declare it.
type column struct {
	typ     string // as format_type() prints it, an enum's name without its schema
	notNull bool
	primary bool // part of the primary key
}

// psynetColumns lists table, column, type, "not null", "primary key" of PsyNet
// 13.3 and Dallinger 12.4. A test compares it with the fixture and writes it
// anew with -update.
//
//go:embed psynet_columns.tsv
var psynetColumns string

// psynetTypes lists enum and member, in order.
//
//go:embed psynet_enums.tsv
var psynetTypes string

// psynetTables gives the columns of each table that PsyNet declares.
var psynetTables = sync.OnceValue(func() map[string]map[string]column {
	tables := map[string]map[string]column{}
	for line := range strings.Lines(psynetColumns) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if tables[f[0]] == nil {
			tables[f[0]] = map[string]column{}
		}
		tables[f[0]][f[1]] = column{typ: f[2], notNull: f[3] != "", primary: f[4] != ""}
	}
	return tables
})

// psynetEnums gives the members of each enum that PsyNet declares.
var psynetEnums = sync.OnceValue(func() map[string][]string {
	enums := map[string][]string{}
	for line := range strings.Lines(psynetTypes) {
		name, member, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		enums[name] = append(enums[name], member)
	}
	return enums
})

// psynetCommon gives the columns that several of PsyNet's tables have and that
// mean the same in all: an experiment's own tables inherit them.
var psynetCommon = sync.OnceValue(func() map[string]column {
	common, seen := map[string]column{}, map[string]int{}
	for _, columns := range psynetTables() {
		for name, c := range columns {
			if old, ok := common[name]; ok && old.typ != c.typ {
				seen[name] = -1 << 20
			}
			common[name] = column{typ: c.typ}
			seen[name]++
		}
	}
	for name, n := range seen {
		if n < 3 || psynetEnums()[common[name].typ] != nil {
			delete(common, name)
		}
	}
	return common
})

// declaredColumn returns what PsyNet declares a column to be; no type if it does
// not know it.
func declaredColumn(table, name string) column {
	if columns, ok := psynetTables()[table]; ok {
		return columns[name]
	}
	return psynetCommon()[name]
}
