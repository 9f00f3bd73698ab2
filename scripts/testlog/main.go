// Command testlog reads what `go test -json` prints and shows what a person
// wants of it: a line a package, everything about what failed, and what was
// skipped. A skipped test is a failure: it looks like one that passed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is a line of go test -json; see go doc test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
}

func main() {
	passed, failed, skipped := 0, 0, []string{}
	output := map[string]*strings.Builder{} // by package and test
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Println(lines.Text()) // not go test's own words
			continue
		}
		key := e.Package + " " + e.Test
		switch {
		case e.Action == "build-output":
			fmt.Print(e.Output)
		case e.Action == "output" && !strings.HasPrefix(e.Output, "=== "):
			if output[key] == nil {
				output[key] = &strings.Builder{}
			}
			output[key].WriteString(e.Output)
		case e.Action == "pass" && e.Test != "":
			passed++
			delete(output, key)
		case e.Action == "skip" && e.Test != "":
			skipped = append(skipped, key)
		case e.Action == "fail":
			failed++
			if b := output[key]; b != nil {
				fmt.Print(b.String())
			}
		case e.Action == "pass":
			fmt.Print(lastLine(output[key]))
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Println("testlog:", err)
		os.Exit(1)
	}
	for _, s := range skipped {
		fmt.Println("SKIPPED", s)
	}
	fmt.Printf("tests: %d passed, %d failed, %d skipped\n", passed, failed, len(skipped))
	if failed+len(skipped) > 0 || passed == 0 {
		os.Exit(1)
	}
}

// lastLine is a package's own verdict: ok, path, seconds.
func lastLine(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	text := strings.TrimSuffix(b.String(), "\n")
	return text[strings.LastIndexByte(text, '\n')+1:] + "\n"
}
