package game

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Treatment is what is played: a game and the values of its parameters. What is
// not set has its default.
type Treatment struct {
	Game     *Game
	values   map[string]value
	defaults map[string]value // read once: many runs ask for them
}

// NewTreatment is a game with all its defaults.
func NewTreatment(g *Game) Treatment {
	t := Treatment{Game: g, values: map[string]value{}, defaults: map[string]value{}}
	for _, p := range g.AllParameters() {
		v, err := p.read(p.Default)
		if err != nil {
			panic(err)
		}
		t.defaults[p.Name] = v
	}
	return t
}

// Clone is a copy that can be changed on its own.
func (t Treatment) Clone() Treatment { return Treatment{t.Game, maps.Clone(t.values), t.defaults} }

// Set gives a parameter a value. It returns an *UnknownError where there is no such
// parameter, and says what is wrong with a value.
func (t Treatment) Set(name, text string) error {
	p := t.Game.Parameter(name)
	if p == nil {
		var known []string
		for _, p := range t.Game.Settable() {
			known = append(known, p.Name)
		}
		return &UnknownError{What: "parameter", Name: name, Of: t.Game.Name, Known: known}
	}
	v, err := p.read(text)
	if err == nil {
		t.values[p.Name] = v
	}
	return err
}

// IsSet reports whether a parameter has a value of its own.
func (t Treatment) IsSet(name string) bool { _, ok := t.values[name]; return ok }

// value is a parameter's value. A name that the game has not is a mistake of the
// program's.
func (t Treatment) value(name string) value {
	if v, ok := t.values[name]; ok {
		return v
	}
	v, ok := t.defaults[name]
	if !ok {
		panic("the game " + t.Game.Name + " has no parameter " + name)
	}
	return v
}

// Text is a value as it is written.
func (t Treatment) Text(name string) string { return t.value(name).text }

// Cents is the value of Dollars, in cents.
func (t Treatment) Cents(name string) int64 { return t.value(name).whole }

// Number is the value of a Fraction or a Number.
func (t Treatment) Number(name string) float64 { return t.value(name).number }

// Count is the value of a Count.
func (t Treatment) Count(name string) int64 { return t.value(name).whole }

// Flag is the value of a Flag.
func (t Treatment) Flag(name string) bool { return t.value(name).whole == 1 }

// String is the canonical text of what is set, in the order of names: two
// treatments with the same text are the same.
func (t Treatment) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name + "=" + t.values[name].text)
	}
	return b.String()
}

// ReadTreatment reads a treatment from YAML: a mapping of the game (under "game",
// else the one given) and of its parameters. Shares of strategies may be a mapping.
func ReadTreatment(r io.Reader, otherwise *Game) (Treatment, error) {
	t := NewTreatment(otherwise)
	text, err := io.ReadAll(io.LimitReader(r, maxTreatment+1))
	if err != nil {
		return t, err
	}
	if len(text) > maxTreatment {
		return t, fmt.Errorf("is too long for a treatment: more than %d bytes", maxTreatment)
	}
	documents := yaml.NewDecoder(bytes.NewReader(text))
	var file, more yaml.Node
	if err := documents.Decode(&file); err != nil && err != io.EOF {
		return t, fmt.Errorf("is no YAML: %w", err)
	}
	if err := documents.Decode(&more); err == nil {
		return t, fmt.Errorf("line %d: a treatment is one document, and here another begins", more.Line)
	}
	if len(file.Content) == 0 {
		return t, nil
	}
	top := file.Content[0]
	if top.Kind != yaml.MappingNode {
		return t, fmt.Errorf("line %d: a treatment is a list of lines \"parameter: value\"", top.Line)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 { // the game first: it knows the parameters
		if key := top.Content[i]; key.Value == "game" {
			name, err := nodeText(top.Content[i+1])
			g := (*Game)(nil)
			if err == nil {
				g, err = Find(name)
			}
			if err != nil {
				return t, fmt.Errorf("line %d: %w", key.Line, err)
			}
			t = NewTreatment(g)
		}
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, v := top.Content[i], top.Content[i+1]
		name := t.Game.NameOf(key.Value)
		if seen[name] {
			return t, fmt.Errorf("line %d: %s is there twice", key.Line, name)
		}
		seen[name] = true
		if key.Value == "game" {
			continue
		}
		text, err := nodeText(v)
		if err == nil {
			err = t.Set(key.Value, text)
		}
		if err != nil {
			return t, fmt.Errorf("line %d: %w", key.Line, err)
		}
	}
	return t, nil
}

// maxTreatment is how many bytes a file of a treatment has at most: a YAML tree takes
// forty times the memory of its text.
const maxTreatment = 1 << 20

// nodeText is a value of YAML as Set takes it: a mapping as a:1,b:2.
func nodeText(n *yaml.Node) (string, error) {
	wrong := fmt.Errorf("a value is a word, a number or a mapping of shares")
	n = named(n)
	switch {
	case n.Kind == yaml.ScalarNode:
		return n.Value, nil
	case n.Kind == yaml.MappingNode:
		var parts []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, share := named(n.Content[i]), named(n.Content[i+1])
			if key.Kind != yaml.ScalarNode || share.Kind != yaml.ScalarNode {
				return "", wrong
			}
			parts = append(parts, key.Value+":"+share.Value)
		}
		return strings.Join(parts, ","), nil
	}
	return "", wrong
}

// named is the node that an alias stands for.
func named(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
