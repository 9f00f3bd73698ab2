package pyjson

// Key is a key of a dict, or an attribute of an object, and what it holds.
type Key struct {
	Name string
	// Kind is Python's word for the value's type: int, float, str, bool, None,
	// list, dict, tuple, set, bytes, datetime, date, time, timedelta, type,
	// function, or the short name of an object's class.
	Kind string
}

// Keys lists the keys at the top of the text, in its order; none where the
// value is no dict and no object. An error is an *Error.
func Keys(text []byte) ([]Key, error) {
	var keys []Key
	err := Walk(text, func(path []string, kind string) bool {
		if len(path) == 1 {
			keys = append(keys, Key{path[0], kind})
		}
		return len(path) == 0
	})
	return keys, err
}

// maxVisits bounds a walk: back-references can make a small text endless.
const maxVisits = 100_000

// Walk calls visit for the whole value, with an empty path, and for everything
// in its dicts and objects, down to any depth where visit returns true; what is
// in lists, tuples and sets is not visited. Kind is as in Key. The path is
// valid during the call only. An error is an *Error.
func Walk(text []byte, visit func(path []string, kind string) (into bool)) error {
	e, err := newEmitter(nil, text, NaNBare)
	if err != nil {
		return err
	}
	w := walker{emitter: e, visit: visit}
	w.walk(root)
	return nil
}

type walker struct {
	emitter
	visit  func(path []string, kind string) bool
	path   []string
	visits int
}

func (w *walker) walk(v ref) {
	if w.visits++; w.visits > maxVisits {
		return
	}
	if target, followed := w.follow(v, len(w.path)); followed {
		w.follows++
		defer func() { w.follows-- }()
		v = target
	}
	s := w.shape(v)
	if !w.visit(w.path, s.word) || s.form != asDict {
		return
	}
	w.node(v).active = true
	w.eachMember(&s, func(key ref, name string, at ref) bool {
		if key != (ref{}) {
			name = w.keyText(key)
		}
		w.path = append(w.path, name)
		w.walk(at)
		w.path = w.path[:len(w.path)-1]
		return true
	})
	w.node(v).active = false
}
