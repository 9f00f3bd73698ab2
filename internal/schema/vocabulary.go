package schema

import (
	_ "embed"
	"strings"
)

// classes.tsv has one class a line: PsyNet 13.3's and Dallinger 12.4's, as their
// own ORM describes them, and those that no fixture imports, as our learner reads
// them. TestVocabulary writes it with -update.
//
//go:embed classes.tsv
var classesTSV string

// classesHeader names the fields of classes.tsv; columns are name:type pairs.
const classesHeader = "name\tidentity\ttable\tparent\tcolumns"

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
	_, body, _ := strings.Cut(classesTSV, "\n")
	classes := make([]*Class, 0, 160)
	for line := range strings.Lines(body) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 5 {
			continue // a test counts them
		}
		c := &Class{Name: f[0], Identity: f[1], Table: f[2], Parent: f[3], Known: FromVocabulary}
		for column := range strings.FieldsSeq(f[4]) {
			name, python, _ := strings.Cut(column, ":")
			c.setColumn(name, python)
		}
		classes = append(classes, c)
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
