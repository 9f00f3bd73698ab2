package sqllog

// Normalize is the statement with its values taken out, on one line: literals
// and parameters become ?, IN lists and rows of values of any length (…),
// VALUES of any number of rows one, ARRAY[…] of any length the same; keywords
// are upper case, other identifiers as written, quoted ones too; comments are
// gone. It is idempotent, and two statements have one Fingerprint if and only
// if (but for a collision of 64 bits) their Normalize is the same.
func Normalize(sql string) string { return normalize(sql) }

// Fingerprint is a hash of what Normalize would return, without building it.
// The same on every machine and in every version with the same rules.
func Fingerprint(sql string) uint64 { return fingerprint(sql) }

// IsOwn says whether a statement is exptool's own: it begins with the comment
// /* exptool */, after any whitespace.
func IsOwn(sql string) bool { return isOwn(sql) }
