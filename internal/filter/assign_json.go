package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"exptool/internal/pyjson"
	"exptool/internal/schema"
)

// plainDecimal is what becomes a number in JSON without being asked: 007 and
// 5e12345 are rather texts.
var plainDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// fresh is the JSON of a value where there was none before.
func fresh(text string) []byte {
	if text == "true" || text == "false" || text == "null" || plainDecimal.MatchString(text) && finite(text) {
		return []byte(text)
	}
	return pyjson.String(text)
}

// json is the JSON that := states.
func (a *Assignment) json() ([]byte, *Error) {
	text := bytes.TrimSpace([]byte(a.value))
	if _, err := pyjson.KindOf(text); err != nil {
		return nil, a.fail("takes JSON after :=, and " + quoteForPeople(a.value) + " is none").
			hint(`a text is written '"…"', in the shell's quotes and its own`)
	}
	if a.Column.Kind == schema.JSON && !pyjson.Plain(text) {
		return nil, a.fail("is " + a.Column.Type + ", which takes no NaN, tags or \\u0000")
	}
	return text, nil
}

// document is the value of a whole column of JSON.
func (a *Assignment) document(value []byte) ([]byte, *Error) {
	switch {
	case a.op == removeOrNull, a.op == assign && a.value == "null":
		return a.null()
	case value == nil && a.op == assign:
		return fresh(a.value), nil
	case value == nil && (a.op == add || a.op == subtract):
		return nil, a.fail("is NULL: there is nothing to add to").hint("state it with :=")
	case value == nil, a.op == assignJSON:
		return a.json()
	}
	return a.edited(value, value)
}

// inside is the value of a column with one path in its JSON changed.
func (a *Assignment) inside(value []byte) ([]byte, *Error) {
	if value == nil {
		if a.op == removeOrNull {
			return nil, nil
		}
		value = []byte("{}")
	}
	part, found, err := pyjson.Raw(value, a.Path)
	switch {
	case err != nil:
		return nil, a.fail("cannot be changed: " + a.Column.Name + " holds text that is not JSON").
			hint("look at it with --raw, or set all of it")
	case a.op == removeOrNull:
		return a.told(pyjson.Remove(value, a.Path))
	case found && a.op != assignJSON:
		return a.edited(value, part)
	case a.op == add || a.op == subtract:
		return nil, a.fail("is not there: there is nothing to add to").hint("state it with :=")
	}
	next := fresh(a.value)
	if a.op == assignJSON {
		var err *Error
		if next, err = a.json(); err != nil {
			return nil, err
		}
	}
	return a.told(pyjson.Replace(value, a.Path, next))
}

// told makes an Error of what the editor says.
func (a *Assignment) told(next []byte, err error) ([]byte, *Error) {
	if err == nil {
		return next, nil
	}
	var edit *pyjson.EditError
	if errors.As(err, &edit) {
		return nil, a.fail("cannot be changed so: " + edit.Msg)
	}
	return nil, a.fail("cannot be changed: " + err.Error())
}

// edited changes a part of a document that is there and keeps its type.
func (a *Assignment) edited(value, part []byte) ([]byte, *Error) {
	kind, err := pyjson.KindOf(part)
	if err != nil {
		return nil, a.fail("holds text that is not JSON").hint("state it with :=")
	}
	if a.op == add && (kind == "list" || kind == "reference") {
		return a.told(pyjson.Append(value, a.Path, fresh(a.value)))
	}
	var next []byte
	if a.op == add || a.op == subtract {
		if kind != "int" && kind != "float" {
			return nil, a.fail("is " + anA(kind) + ": += and -= are for numbers, += for lists too")
		}
		sum, err := a.plus(string(bytes.TrimSpace(part)))
		if err != nil {
			return nil, err
		}
		if next, err = a.likeNumber(kind, sum); err != nil {
			return nil, err
		}
	} else {
		var err *Error
		if next, err = a.like(kind); err != nil {
			return nil, err
		}
	}
	return a.told(pyjson.Replace(value, a.Path, next))
}

// like is the assignment's value with the type of the one that it replaces.
func (a *Assignment) like(kind string) ([]byte, *Error) {
	switch {
	case a.value == "null", kind == "None":
		return fresh(a.value), nil
	case kind == "str":
		return pyjson.String(a.value), nil
	case kind == "int" || kind == "float":
		return a.likeNumber(kind, a.value)
	case kind == "bool" && (a.value == "true" || a.value == "false"):
		return []byte(a.value), nil
	case kind == "bool":
		return nil, a.fail("is true or false, not " + quoteForPeople(a.value)).hint("to change its type, state JSON with :=")
	}
	return nil, a.fail("is " + anA(kind)).hint("name a place inside it, or state JSON with :=")
}

func (a *Assignment) likeNumber(kind, text string) ([]byte, *Error) {
	switch {
	case kind == "int" && plainDecimal.MatchString(text) && !strings.Contains(text, "."):
		return []byte(text), nil
	case kind == "float" && plainDecimal.MatchString(text) && finite(text):
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return []byte(text), nil
	}
	return nil, a.fail("is " + anA(kind) + ", and " + quoteForPeople(text) + " is none").
		hint("to change its type, state JSON with :=")
}

func anA(word string) string {
	if strings.ContainsAny(word[:1], "aeioAEIO") {
		return "an " + word
	}
	return "a " + word
}

// fromJSON is the value that := states for a column that is no JSON.
func (a *Assignment) fromJSON() ([]byte, *Error) {
	d := json.NewDecoder(strings.NewReader(a.value))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, a.fail("takes JSON after :=, and " + quoteForPeople(a.value) + " is none").
			hint(`a text is written '"…"', in the shell's quotes and its own`)
	}
	if list, ok := v.([]any); ok && a.Column.Kind == schema.Array {
		return a.array(list)
	}
	text, ok := scalarText(v)
	switch {
	case v == nil:
		return a.null()
	case !ok:
		return nil, a.fail("is " + a.Column.Type + " and takes no list and no object")
	}
	return a.checked(a.Column, text)
}

// array is a list as an array of Postgres.
func (a *Assignment) array(list []any) ([]byte, *Error) {
	element := &schema.Column{Name: a.Column.Name, Type: strings.TrimSuffix(a.Column.Type, "[]"), Kind: elementKind(a.Column.Type)}
	items := make([]string, len(list))
	for i, v := range list {
		text, ok := scalarText(v)
		if v == nil {
			items[i] = "NULL"
			continue
		}
		if !ok {
			return nil, a.fail("takes a plain list")
		}
		item, err := a.checked(element, text)
		if err != nil {
			return nil, err
		}
		one := arrayLiteral([]string{string(item)})
		items[i] = one[1 : len(one)-1]
	}
	return []byte("{" + strings.Join(items, ",") + "}"), nil
}

// scalarText is a JSON text, number or boolean as text.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
