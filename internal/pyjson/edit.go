package pyjson

// Replace returns the text with the value at a path replaced by value, itself
// jsonpickle text, and every other byte as it was. A path is as in Get. A key
// that is missing is added at the end of its dict, and so are the dicts above it;
// an empty path replaces the whole. Where the text holds back-references that the
// change would shift, they are renumbered; an *EditError where they cannot be, or
// where the path leads through what has no keys.
func Replace(text []byte, path []string, value []byte) ([]byte, error) {
	panic("to be written")
}

// Append returns the text with value added at the end of the list at a path.
func Append(text []byte, path []string, value []byte) ([]byte, error) {
	panic("to be written")
}

// Remove returns the text without the key or the list's element at a path, and as
// it was where there is none.
func Remove(text []byte, path []string) ([]byte, error) {
	panic("to be written")
}

// Raw is the value at a path as the text has it, whitespace and tags included.
// It does not follow a back-reference at the path's end: that is its value.
func Raw(text []byte, path []string) (value []byte, found bool, err error) {
	panic("to be written")
}

// KindOf is Key.Kind for the whole value.
func KindOf(text []byte) (string, error) {
	panic("to be written")
}

// String is a string as jsonpickle writes it: quoted, non-ASCII as \uXXXX.
func String(s string) []byte {
	panic("to be written")
}

// EditError says why a text cannot be edited at a path.
type EditError struct {
	Path []string
	Msg  string
}

// Error is one line.
func (e *EditError) Error() string { return e.Msg }
