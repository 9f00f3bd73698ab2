package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// module is the path of the module.
const module = "exptool/"

// house gives the rooms of DESIGN.md their rows. A package belongs to the room
// with the longest name that begins its own; a package without a room has no
// place yet, and the test says so.
var house = map[string]int{
	"cmd/exptool":      5,
	"commands":         4,
	"internal/web":     3,
	"internal/localpg": 3,
	"repo":             2,
	"report":           2,
	"internal/filter":  1,
	"internal/sqllog":  1,
	"internal/game":    1,
	"internal/export":  1,
	"internal/cli":     1,
	"internal/schema":  0,
	"internal/pyjson":  0,
	"internal/sample":  0,
}

// outside are packages that are no part of the program: what only tests import,
// and tools of the repository.
var outside = []string{"internal/pgtest", "scripts"}

// pure are the rooms that compute and touch nothing.
var pure = []string{"internal/filter", "internal/sqllog", "internal/game", "internal/export", "internal/schema", "internal/pyjson"}

// impure are the packages that a pure room does not import.
var impure = []string{"os", "net", "syscall", "database/sql", "log"}

// stops are the libraries that stay in one room.
var stops = map[string]string{
	"github.com/spf13/cobra":  "commands",
	"github.com/spf13/pflag":  "commands",
	"github.com/spf13/viper":  "internal/cli",
	"github.com/jmoiron/sqlx": "repo",
	"github.com/lib/pq":       "repo",
	"database/sql":            "repo",
	"gonum.org/v1/plot":       "report",
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

// packages lists the program's packages and all they depend on.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports,Standard", "./...")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	require.NoError(t, err)
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(text))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}

// room is the room of one of our packages.
func room(path string) string {
	path = strings.TrimPrefix(path, module)
	for path != "." && path != "/" {
		if _, ok := house[path]; ok {
			return path
		}
		path = filepath.Dir(path)
	}
	return ""
}

func isOutside(path string) bool {
	return slices.ContainsFunc(outside, func(o string) bool { return within(strings.TrimPrefix(path, module), o) })
}

func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

// TestHouse holds the imports to the rows of the house.
func TestHouse(t *testing.T) {
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, module) || isOutside(p.ImportPath) {
			continue
		}
		from := room(p.ImportPath)
		if !assert.NotEmpty(t, from, "%s has no room in the house", p.ImportPath) {
			continue
		}
		for _, imported := range p.Imports {
			for lib, only := range stops {
				assert.True(t, from == only || !within(imported, lib), "%s imports %s, which stops in %s", p.ImportPath, imported, only)
			}
			if slices.Contains(pure, from) {
				for _, lib := range impure {
					if from == "internal/game" && lib == "syscall" {
						continue // only what hints names: see TestForbidden
					}
					if imported == "net/netip" {
						continue // it reads addresses and calls nobody
					}
					assert.False(t, within(imported, lib), "%s is pure and imports %s", p.ImportPath, imported)
				}
			}
			if !strings.HasPrefix(imported, module) {
				continue
			}
			to := room(imported)
			assert.False(t, isOutside(imported), "%s imports %s, which is for tests", p.ImportPath, imported)
			assert.True(t, from == to || house[to] < house[from],
				"%s (row %d) imports %s (row %d): arrows point down only", p.ImportPath, house[from], imported, house[to])
		}
	}
}

// eachSource calls do with every Go file of the program, tests excepted.
func eachSource(t *testing.T, do func(path string, files *token.FileSet, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(filepath.ToSlash(path), "../")
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if rel != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || isOutside(rel)) {
				return filepath.SkipDir
			}
			return nil
		case !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err == nil {
			do(rel, files, file)
		}
		return err
	})
	require.NoError(t, err)
}

// TestShape holds files, functions and exported names to STYLE.
func TestShape(t *testing.T) {
	eachSource(t, func(path string, files *token.FileSet, file *ast.File) {
		length := files.File(file.FileStart).LineCount()
		assert.LessOrEqual(t, length, 500, "%s has too many lines", path)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				checkDocs(t, path, d)
				continue
			}
			lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1
			assert.LessOrEqual(t, lines, 90, "%s: %s has too many lines", path, f.Name)
			assert.NotEqual(t, "init", f.Name.Name, "%s: no init functions", path)
			if f.Name.IsExported() && exportedReceiver(f) {
				assert.True(t, begins(f.Doc, f.Name.Name), "%s: the comment of %s must begin with its name", path, f.Name)
			}
		}
	})
}

// checkDocs wants a comment at every exported type; constants and variables may
// share the one of their block.
func checkDocs(t *testing.T, path string, d ast.Decl) {
	t.Helper()
	g := d.(*ast.GenDecl)
	for _, spec := range g.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				assert.True(t, begins(s.Doc, s.Name.Name) || begins(g.Doc, s.Name.Name), "%s: the comment of %s must begin with its name", path, s.Name)
			}
		case *ast.ValueSpec:
			if s.Names[0].IsExported() {
				assert.True(t, g.Doc != nil || s.Doc != nil || s.Comment != nil, "%s: %s has no comment", path, s.Names[0])
			}
		}
	}
}

func begins(doc *ast.CommentGroup, name string) bool {
	return doc != nil && strings.HasPrefix(doc.Text(), name)
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}

// forbidden are names that only the rooms given may use: streams belong to
// internal/cli, the process's end to main.
var forbidden = map[string][]string{
	"fmt.Print": {}, "fmt.Printf": {}, "fmt.Println": {},
	"os.Stdin": {"internal/cli"}, "os.Stdout": {"internal/cli"}, "os.Stderr": {"internal/cli"},
	"os.Exit":   {"cmd/exptool"},
	"log.Fatal": {}, "log.Fatalf": {}, "log.Print": {}, "log.Printf": {}, "log.Println": {},
	"time.Sleep": {},
}

// hints are what the game may ask of the system. They change nothing but its speed: ten
// million players move a third faster on huge pages.
var hints = []string{"Madvise", "MADV_HUGEPAGE"}

// TestForbidden finds what STYLE forbids outside the room it belongs to.
func TestForbidden(t *testing.T) {
	eachSource(t, func(path string, files *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			name := of.Name + "." + sel.Sel.Name
			if of.Name == "syscall" && strings.HasPrefix(path, "internal/game/") {
				assert.Contains(t, hints, sel.Sel.Name, "%s: %s", fmt.Sprint(files.Position(n.Pos())), name)
			}
			rooms, known := forbidden[name]
			assert.True(t, !known || slices.Contains(rooms, room(filepath.Dir(path))),
				"%s: %s stays in %v", fmt.Sprint(files.Position(n.Pos())), name, rooms)
			return true
		})
	})
}
