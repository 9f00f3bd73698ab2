package schema

import "strings"

// kinds are what the types that format_type() names hold, without length,
// precision and array brackets.
var kinds = map[string]Kind{
	"boolean": Bool, "smallint": Int, "integer": Int, "bigint": Int,
	"real": Float, "double precision": Float, "numeric": Numeric,
	"text": Text, "character varying": Text, "character": Text, `"char"`: Text, "name": Text, "uuid": Text,
	"timestamp without time zone": Timestamp, "timestamp with time zone": TimestampTZ,
	"date": Date, "time without time zone": Time, "time with time zone": Time, "interval": Interval,
	"json": JSON, "jsonb": JSON, "bytea": Bytes,
}

// pythons are the tutorial's names for the types.
var pythons = map[string]string{
	"boolean": "Boolean", "smallint": "SmallInteger", "integer": "Integer", "bigint": "BigInteger",
	"real": "Float", "double precision": "Float", "numeric": "Numeric",
	"text": "Text", "character varying": "String", "character": "String", `"char"`: "String", "name": "String", "uuid": "UUID",
	"timestamp without time zone": "DateTime", "timestamp with time zone": "DateTime",
	"date": "Date", "time without time zone": "Time", "time with time zone": "Time", "interval": "Interval",
	"json": "JSON", "jsonb": "JSONB", "bytea": "LargeBinary",
}

// bare is a type's name without length or precision: numeric(10,2) → numeric,
// timestamp(3) without time zone → timestamp without time zone.
func bare(typ string) string {
	open := strings.IndexByte(typ, '(')
	end := strings.IndexByte(typ, ')')
	if open < 0 || end < open {
		return typ
	}
	return typ[:open] + typ[end+1:]
}

// KindOf is what a type holds, by the name that format_type() gives it (that of
// its base type for a domain); enum says that it is an enum type.
func KindOf(typ string, enum bool) Kind {
	switch {
	case strings.HasSuffix(typ, "[]"):
		return Array
	case enum:
		return Enum
	}
	return kinds[bare(typ)]
}

// pythonOf is the tutorial's name for a column's type, as far as the database
// alone tells.
func pythonOf(c *Column, base string) string {
	switch c.Kind {
	case Array:
		return "ARRAY"
	case Enum:
		return "Enum"
	}
	if p := pythons[bare(base)]; p != "" {
		return p
	}
	return base
}

// pickled are the Python types that are stored as jsonpickle text.
func pickled(python string) bool {
	return python == "PythonObject" || python == "PythonDict" || python == "PythonList"
}

// SetType gives the column the kind and Python name of a type, by the names
// that format_type() gives to it and, for a domain, to its base type.
func (c *Column) SetType(typ, base string, enum []string) {
	c.Type, c.Enum = typ, enum
	c.Kind = KindOf(base, enum != nil)
	c.Python = pythonOf(c, base)
}

// unbounded reports whether the column can be PythonObject, which is a varchar
// without length.
func unbounded(c *Column) bool { return c.Type == "character varying" }
