package repo

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// scheme is what may stand before "://"; only such text is repeated in errors.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]{0,30}$`)

// setting is what a setting's name looks like.
var setting = regexp.MustCompile(`^[a-z][a-z_]{0,40}$`)

func badAddress(message string) *Error {
	return &Error{Kind: ErrUsage, Message: "bad database address: " + message}
}

// parseOptions splits an address into libpq's settings.
func parseOptions(text string) ([]option, error) {
	if strings.ContainsRune(text, 0) {
		return nil, badAddress("it holds a zero byte")
	}
	before, rest, found := strings.Cut(text, "://")
	switch {
	case found && scheme.MatchString(before):
		switch before {
		case "postgres", "postgresql", "postgresql+psycopg2":
			return parseURL(rest)
		}
		return nil, &Error{Kind: ErrUsage, Message: "unknown scheme " + before + ":// in the database address",
			Hint: "use postgresql://user@host/database"}
	case strings.Contains(text, "="):
		return parsePairs(text)
	}
	return nil, &Error{Kind: ErrUsage, Message: "that is no database address", Hint: "use postgresql://user@host/database"}
}

// parseURL reads what follows the scheme: user:password@host:port,…/dbname?key=value&….
// net/url refuses socket folders as hosts and lists of hosts with ports, which
// libpq takes, and its errors repeat the password.
func parseURL(rest string) ([]option, error) {
	rest, query, _ := strings.Cut(rest, "?")
	authority, dbname, _ := strings.Cut(rest, "/")
	var options []option
	add := func(key, value string) error {
		value, err := url.PathUnescape(value)
		if err != nil || strings.ContainsRune(value, 0) {
			return badAddress("a bad % sequence in the " + key + " (a % itself is %25)")
		}
		if value != "" {
			options = append(options, option{key, value})
		}
		return nil
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, password, _ := strings.Cut(authority[:at], ":")
		authority = authority[at+1:]
		if err := add("user", user); err != nil {
			return nil, err
		}
		if err := add("password", password); err != nil {
			return nil, err
		}
	}
	hosts, ports, err := splitHosts(authority)
	if err != nil {
		return nil, err
	}
	for _, o := range []option{{"host", hosts}, {"port", ports}, {"dbname", dbname}} {
		if err := add(o.key, o.value); err != nil {
			return nil, err
		}
	}
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		if key == "ssl" && value == "true" {
			key, value = "sslmode", "require" // JDBC's, which libpq takes too
		}
		if !slices.Contains(passed, key) && !slices.Contains(kept, key) {
			if setting.MatchString(key) {
				return nil, badAddress("unknown setting " + key)
			}
			return nil, badAddress("unknown setting after the ?")
		}
		if err := add(key, value); err != nil {
			return nil, err
		}
	}
	return lastOfEach(options), nil
}

// splitHosts makes libpq's two lists of host:port,host:port.
func splitHosts(authority string) (hosts, ports string, err error) {
	var hostList, portList []string
	anyPort := false
	for item := range strings.SplitSeq(authority, ",") {
		host, port := item, ""
		if strings.HasPrefix(item, "[") {
			inner, after, ok := strings.Cut(item[1:], "]")
			if !ok || after != "" && after[0] != ':' {
				return "", "", badAddress("an IPv6 address needs its closing ]")
			}
			host, port = inner, strings.TrimPrefix(after, ":")
		} else if i := strings.LastIndexByte(item, ':'); i >= 0 {
			host, port = item[:i], item[i+1:]
		}
		if strings.Trim(port, "0123456789") != "" {
			return "", "", badAddress("the port is no number (in a password, write / as %2F, ? as %3F, @ as %40)")
		}
		anyPort = anyPort || port != ""
		if port == "" {
			port = "5432"
		}
		hostList, portList = append(hostList, host), append(portList, port)
	}
	if anyPort {
		ports = strings.Join(portList, ",")
	}
	return strings.Join(hostList, ","), ports, nil
}

// parsePairs reads libpq's key=value form: values with spaces in single quotes,
// \' and \\ inside.
func parsePairs(text string) ([]option, error) {
	var options []option
	s := []rune(text)
	i := 0
	space := func() {
		for i < len(s) && unicode.IsSpace(s[i]) {
			i++
		}
	}
	for space(); i < len(s); space() {
		start := i
		for i < len(s) && s[i] != '=' && !unicode.IsSpace(s[i]) {
			i++
		}
		key := string(s[start:i])
		space()
		if i == len(s) || s[i] != '=' {
			return nil, badAddress("a word without = (a value with spaces needs single quotes)")
		}
		i++
		space()
		value, next, ok := pairValue(s, i)
		if !ok {
			return nil, badAddress("a quote is not closed")
		}
		i = next
		if !slices.Contains(passed, key) && !slices.Contains(kept, key) {
			return nil, badAddress("it has an unknown setting (known are host, port, dbname, user, password, sslmode, …)")
		}
		options = append(options, option{key, value})
	}
	return lastOfEach(options), nil
}

// pairValue reads a value that begins at i, and says where it ends.
func pairValue(s []rune, i int) (value string, next int, ok bool) {
	var b strings.Builder
	quoted := i < len(s) && s[i] == '\''
	if quoted {
		i++
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteRune(s[i])
		case quoted && c == '\'':
			return b.String(), i + 1, true
		case !quoted && unicode.IsSpace(c):
			return b.String(), i, true
		default:
			b.WriteRune(c)
		}
	}
	return b.String(), i, !quoted
}

// lastOfEach keeps the last value of every key, as libpq does.
func lastOfEach(options []option) []option {
	var kept []option
	for i, o := range options {
		later := slices.ContainsFunc(options[i+1:], func(l option) bool { return l.key == o.key })
		if !later {
			kept = append(kept, o)
		}
	}
	return kept
}
