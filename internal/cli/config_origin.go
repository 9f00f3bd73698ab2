package cli

import "strconv"

// OriginKind is the kind of place a value comes from.
type OriginKind uint8

// The places a value can come from.
const (
	FromDefault OriginKind = iota // built in
	FromFile                      // exptool.yaml or the file that --config names
	FromEnv                       // an environment variable
	FromFlag                      // the command line
	FromPrivate                   // the private Postgres, because nothing else was named
)

// Origin is where a value comes from.
type Origin struct {
	Kind  OriginKind
	Where string // the flag's or variable's name, the file's path
	Line  int    // in the file; 0 where unknown
}

// String says it for people: "--db", "environment EXPTOOL_DB",
// "exptool.yaml:3", "default".
func (o Origin) String() string {
	switch o.Kind {
	case FromFlag:
		return "--" + o.Where
	case FromEnv:
		return "environment " + o.Where
	case FromFile:
		if o.Line > 0 {
			return o.Where + ":" + strconv.Itoa(o.Line)
		}
		return o.Where
	case FromPrivate:
		return "private Postgres"
	default:
		return "default"
	}
}

// Named reports whether the user named the value on the command line.
func (o Origin) Named() bool { return o.Kind == FromFlag }
