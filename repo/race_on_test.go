//go:build race

package repo_test

// slower is how many times as long a program may take that is watched by the race detector.
const slower = 5
