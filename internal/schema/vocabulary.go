package schema

import (
	_ "embed"
	"encoding/json"
	"strings"
)

// classes.json has one class a line: PsyNet 13.3's and Dallinger 12.4's, as
// their own ORM describes them. TestVocabulary writes it with -update.
//
//go:embed classes.json
var classesJSON []byte

// relations.csv has the foreign keys that PsyNet declares, and drops at launch.
//
//go:embed relations.csv
var relationsCSV string

// Names of classes that entity words stand for.
const (
	trialClass        = "psynet.trial.main.Trial"
	botClass          = "psynet.bot.Bot"
	chainNetworkClass = "psynet.trial.chain.ChainNetwork"
)

// VocabularyClasses returns the classes of PsyNet 13.3 and Dallinger 12.4 that
// have rows, each made anew: the caller may keep and change them.
func VocabularyClasses() []*Class {
	var classes []*Class
	if err := json.Unmarshal(classesJSON, &classes); err != nil {
		panic("embedded classes.json: " + err.Error()) // a test reads the same bytes
	}
	for _, c := range classes {
		c.Known = FromVocabulary
	}
	return classes
}

// vocabularyRelations are the references that PsyNet declares; only Table,
// Column, RefTable and RefColumn are set.
func vocabularyRelations() []Relation {
	var rels []Relation
	_, body, _ := strings.Cut(relationsCSV, "\n")
	for line := range strings.Lines(body) {
		if f := strings.Split(strings.TrimSpace(line), ","); len(f) == 4 {
			rels = append(rels, Relation{Table: f[0], Column: f[1], RefTable: f[2], RefColumn: f[3], Source: Vocabulary})
		}
	}
	return rels
}
