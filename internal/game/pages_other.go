//go:build !linux

package game

// spacious makes n numbers.
func spacious[T int32 | int64](n int) []T { return make([]T, n) }
