package commands

import "fmt"

// failure is an error of the command line with its exit code. Its first line
// says what is wrong and the next thing to try; further lines may follow.
type failure struct {
	code  int
	msg   string
	try   string
	lines []string
	cause error
}

// Error is the first line.
func (f *failure) Error() string {
	if f.try == "" {
		return f.msg
	}
	return f.msg + "; " + f.try
}

// Details are the lines that follow.
func (f *failure) Details() []string { return f.lines }

// Unwrap is what made it fail, if another error did.
func (f *failure) Unwrap() error { return f.cause }

// hint says the next thing to try.
func (f *failure) hint(try string) *failure {
	f.try = try
	return f
}

// with adds lines that follow the first.
func (f *failure) with(lines ...string) *failure {
	f.lines = append(f.lines, lines...)
	return f
}

// about names the word that the message is about.
func (f *failure) about(word string) *failure {
	f.msg += fmt.Sprintf(", not %q", word)
	return f
}

func failuref(code int, format string, args []any) *failure {
	// Errorf, for its %w.
	err := fmt.Errorf(format, args...)
	f := &failure{code: code, msg: err.Error()}
	if wrapped, ok := err.(interface{ Unwrap() error }); ok {
		f.cause = wrapped.Unwrap()
	}
	return f
}

// usagef is wrong usage: a bad flag, expression, value, amount.
func usagef(format string, args ...any) *failure { return failuref(exitUsage, format, args) }

// notFoundf is something that is not there.
func notFoundf(format string, args ...any) *failure { return failuref(exitNotFound, format, args) }

// connectf is a database that cannot be reached or may not be used.
func connectf(format string, args ...any) *failure { return failuref(exitConnect, format, args) }

// refusedf is a change that a rule forbids.
func refusedf(format string, args ...any) *failure { return failuref(exitRefused, format, args) }

// severalError is --one that found n rows; rivals are lines about the first.
func severalError(what string, n int64, rivals []string) *failure {
	return failuref(exitSeveral, "%s: %d found, and --one wants exactly one", []any{what, n}).
		hint("narrow it down").with(rivals...)
}

// expectError is --expect that was missed.
func expectError(what string, expected int, found int64) *failure {
	return failuref(exitSeveral, "%s: expected %d, found %d", []any{what, expected, found})
}
