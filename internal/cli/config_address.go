package cli

import (
	"fmt"
	"regexp"
	"strings"
)

// mask is what stands for a password wherever one would be printed.
const mask = "***"

// Address is the address of a database as the user gave it. Every way of
// printing it masks the password; Reveal alone gives it.
type Address string

// Reveal is the address with its password, for opening the database.
func (a Address) Reveal() string { return string(a) }

// String is the address with *** for the password.
func (a Address) String() string { return maskPassword(string(a)) }

// Format prints the masked address for every verb of fmt, so that not even a
// %d or %#v of debugging shows the password.
func (a Address) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		fmt.Fprintf(f, "%q", a.String())
		return
	}
	fmt.Fprint(f, a.String())
}

// MarshalText keeps the password out of JSON and YAML.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

func maskPassword(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		// A libpq connection string; what is quoted ends at its quote.
		return regexp.MustCompile(`(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'?|\S+)`).ReplaceAllString(address, "${1}"+mask)
	}
	rest = regexp.MustCompile(`(?i)(password=)[^&\s]+`).ReplaceAllString(rest, "${1}"+mask)
	address = scheme + "://" + rest
	// Up to the last @, wherever it is: hand-written passwords hold @, / and ?
	// unescaped. Where an @ stands in the query instead, too much is masked.
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		// What stands where a port does and is none may be a password whose
		// host was forgotten.
		return scheme + "://" + regexp.MustCompile(`^([^:/?\[]*):([^/?,]*[^0-9/?,:][^/?,]*)`).ReplaceAllString(rest, "${1}:"+mask)
	}
	user, _, ok := strings.Cut(rest[:at], ":")
	if !ok {
		return address
	}
	return scheme + "://" + user + ":" + mask + rest[at:]
}

// checkAddress says what is wrong with an address that can be neither a URL, a
// libpq connection string nor the name of a private database. repo has the
// last word on the first two.
func checkAddress(value string) string {
	if !bare(value) {
		return ""
	}
	if strings.ContainsAny(value, "/:@") {
		return fmt.Sprintf("%s is not an address; write it like postgres://user@host/database", Address("x://" + value).String()[4:])
	}
	return ""
}

// bare reports whether an address is a bare name, which means a private
// database.
func bare(value string) bool {
	return !strings.Contains(value, "://") && !strings.Contains(value, "=")
}
