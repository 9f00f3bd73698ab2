package filter

// FieldName writes a column, and keys inside its JSON, as a field of the
// language: vars.my_dict.value, in backticks what is no word.
func FieldName(segments ...string) string {
	name := ""
	for i, s := range segments {
		if i > 0 {
			name += "."
		}
		name += quoted(s)
	}
	return name
}
