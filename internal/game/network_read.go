package game

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReadNetwork reads who can reach whom: a line has two ids, with a comma, a semicolon
// or blanks between them, and each then reaches the other. Lines that are empty or
// begin with # say nothing, and the first may be a header. ids are those of the
// players, by place (see MadeUpIDs). Who is in no line reaches nobody.
func ReadNetwork(r io.Reader, ids []int64) (*Network, error) {
	place := make(map[int64]int32, len(ids))
	for i, id := range ids {
		place[id] = int32(i)
	}
	var edges []edge
	lines := bufio.NewScanner(r)
	number, first := 0, true
	for lines.Scan() {
		number++
		words := idsOfLine(lines.Text())
		if len(words) == 0 {
			continue
		}
		if first && isHeader(words) {
			first = false
			continue
		}
		first = false
		e, err := readEdge(words, place)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		edges = append(edges, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return newNetwork(len(ids), edges)
}

// MadeUpIDs are the ids of n made-up players: 1, 2, 3, …
func MadeUpIDs(n int) []int64 {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i) + 1
	}
	return ids
}

// idsOfLine are the words of a line, without its comment, quotes and a byte order mark.
func idsOfLine(line string) []string {
	line, _, _ = strings.Cut(strings.TrimPrefix(line, "\ufeff"), "#")
	return strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(",; \t\r\"", c) })
}

// isHeader reports whether no word is a number.
func isHeader(words []string) bool {
	for _, w := range words {
		if _, err := strconv.ParseFloat(w, 64); err == nil {
			return false
		}
	}
	return true
}

func readEdge(words []string, place map[int64]int32) (e edge, err error) {
	if len(words) != 2 {
		return e, fmt.Errorf("a line has two ids, and this has %d words", len(words))
	}
	for k, w := range words {
		id, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return e, fmt.Errorf("%q is no id", w)
		}
		at, known := place[id]
		if !known {
			return e, fmt.Errorf("there is no player %d", id)
		}
		e[k] = at
	}
	if e[0] == e[1] {
		return e, fmt.Errorf("player %s is no neighbour of itself", words[0])
	}
	return e, nil
}
