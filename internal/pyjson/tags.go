package pyjson

import "strings"

// Keys that jsonpickle gives a meaning begin so.
const (
	tagPrefix = "py/"
	keyPrefix = "json://" // a key that is no string, as jsonpickle text of its own
)

// tag is a key that jsonpickle reserves.
type tag uint8

// The tags up to lastDeciding say what their object is, in the order in which
// jsonpickle looks for them (Unpickler._restore_tags); the others say a part of
// it. tagJSONKey stands for every key with keyPrefix.
const (
	noTag tag = iota
	tagTuple
	tagSet
	tagB64
	tagB85
	tagID
	tagIterator
	tagObject
	tagType
	tagReduce
	tagFunction
	tagModule
	tagRepr
	tagInitArgs
	tagNewArgs
	tagNewArgsEx
	tagProperty
	tagSeq
	tagState
	tagJSONKey

	lastDeciding = tagRepr
)

func tagOf(key []byte) tag {
	switch string(key) {
	case "py/tuple":
		return tagTuple
	case "py/set":
		return tagSet
	case "py/b64":
		return tagB64
	case "py/b85":
		return tagB85
	case "py/id":
		return tagID
	case "py/iterator":
		return tagIterator
	case "py/object":
		return tagObject
	case "py/type":
		return tagType
	case "py/reduce":
		return tagReduce
	case "py/function":
		return tagFunction
	case "py/mod":
		return tagModule
	case "py/repr":
		return tagRepr
	case "py/initargs":
		return tagInitArgs
	case "py/newargs":
		return tagNewArgs
	case "py/newargsex":
		return tagNewArgsEx
	case "py/property":
		return tagProperty
	case "py/seq":
		return tagSeq
	case "py/state":
		return tagState
	}
	if strings.HasPrefix(string(key), keyPrefix) {
		return tagJSONKey
	}
	return noTag
}

// reserved says that the key is no attribute but a part of the tagging.
func (t tag) reserved() bool { return t != noTag && t != tagJSONKey }

// short is the last part of a dotted name.
func short(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
