package commands

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"exptool/internal/schema"
	"exptool/report"
)

type classesOptions struct {
	learn  []string
	forget bool
	all    bool
}

func newClasses(a *app) *cobra.Command {
	o := &classesOptions{}
	cmd := &cobra.Command{
		Use:   "classes",
		Short: "List the classes of the experiment, or learn them from its source",
		Long: `List the tree of classes: short and full name, identity (the value of the type
column), table, estimated rows and the columns that the class declares.

The tree of PsyNet's and Dallinger's own classes is known. That of the
experiment's is not in the database: --learn reads it from the Python source,
without running it, and remembers it for this database. A directory is read
whole. Until then a question about a class is about exactly that class.`,
		Example: `  exptool classes
  exptool classes --all --format json
  exptool classes --learn experiment.py helper.py`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.forget && len(o.learn) > 0 {
				return usagef("--learn and --forget exclude each other")
			}
			if len(args) > 0 && !cmd.Flags().Changed("learn") {
				return usagef("classes takes no arguments; to learn from source: exptool classes --learn %s", strings.Join(args, " "))
			}
			o.learn = append(o.learn, args...)
			return runClasses(cmd.Context(), a, o)
		},
	}
	cmd.Flags().StringArrayVar(&o.learn, "learn", nil, "learn the classes from Python `FILES` or a directory")
	cmd.Flags().BoolVar(&o.forget, "forget", false, "forget what was learnt for this database")
	cmd.Flags().BoolVar(&o.all, "all", false, "also classes of PsyNet and Dallinger without rows")
	return cmd
}

// classColumns are the columns of `exptool classes`; a terminal has the tree
// instead of the full names.
func classColumns(fitted bool) []schema.Column {
	names := []string{"class", "name", "identity", "table", "parent", "rows", "known", "columns"}
	if fitted {
		names = []string{"class", "identity", "table", "rows", "known", "columns"}
	}
	columns := make([]schema.Column, len(names))
	for i, n := range names {
		if columns[i] = (schema.Column{Name: n, Kind: schema.Text}); n == "rows" {
			columns[i].Kind = schema.Int
		}
	}
	return columns
}

func runClasses(ctx context.Context, a *app, o *classesOptions) (err error) {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.closeInto(&err)
	switch {
	case o.forget:
		if err := a.saveLearned(s.db.Address(), schema.Learned{}); err != nil {
			return err
		}
		a.streams.Talk("forgot the classes learnt for %s", s.db.Address().Label())
		return nil
	case len(o.learn) > 0:
		return s.learn(o.learn)
	}
	tree := s.schema.Tree
	estimates := s.estimates()
	var rows [][]string
	var walk func(c *schema.Class, depth int)
	walk = func(c *schema.Class, depth int) {
		if n := estimates[c]; o.all || n != "" || slices.ContainsFunc(tree.Subclasses(c), func(sub *schema.Class) bool { return estimates[sub] != "" || sub.Known == schema.FromSource }) {
			columns := strings.Join(slices.Sorted(maps.Keys(c.Columns)), ", ")
			if a.fitted() {
				rows = append(rows, []string{strings.Repeat("  ", depth) + schema.Short(c.Name), c.Identity, c.Table, n, c.Known, columns})
			} else {
				rows = append(rows, []string{schema.Short(c.Name), c.Name, c.Identity, c.Table, c.Parent, n, c.Known, columns})
			}
			depth++
		}
		for _, child := range tree.Children(c) {
			walk(child, depth)
		}
	}
	for _, c := range tree.All() {
		if tree.Get(c.Parent) == nil {
			walk(c, 0)
		}
	}
	if _, err := a.writeRows(ctx, report.Texts(classColumns(a.fitted()), rows), writeOptions{keepFirst: true}); err != nil {
		return err
	}
	s.tellShared()
	return nil
}

// estimates are the rows of each class that planner statistics know.
func (s *session) estimates() map[*schema.Class]string {
	rows := map[*schema.Class]string{}
	for key, t := range s.schema.Tables {
		for _, seen := range t.Classes {
			if c := s.schema.Tree.ByIdentity(key, seen.Identity); c != nil {
				rows[c] = strconv.FormatInt(seen.Rows, 10)
			}
		}
	}
	return rows
}

// tellShared warns of short names that several classes have.
func (s *session) tellShared() {
	byShort := map[string][]string{}
	for _, c := range s.schema.Tree.All() {
		if s.schema.Tables[c.Table] != nil && (c.Known != schema.FromVocabulary) {
			byShort[schema.Short(c.Name)] = append(byShort[schema.Short(c.Name)], c.Name)
		}
	}
	for _, short := range slices.Sorted(maps.Keys(byShort)) {
		if found := s.schema.Tree.Find(short); len(found) > 1 {
			var names []string
			for _, c := range found {
				names = append(names, c.Name)
			}
			s.app.streams.Warn("%s is the short name of %s; say the full one", short, strings.Join(names, " and "))
		}
	}
	unknown := slices.DeleteFunc(slices.Clone(s.schema.Tree.All()), func(c *schema.Class) bool { return c.Known != schema.FromTable })
	if len(unknown) > 0 {
		s.app.streams.Talk("%d classes are only known from their rows; teach their parents with exptool classes --learn experiment.py", len(unknown))
	}
}

// learn reads source files and remembers their classes for this database.
func (s *session) learn(paths []string) error {
	files, err := pythonSources(paths)
	if err != nil {
		return err
	}
	learned, err := schema.Learn(files)
	if err != nil {
		return err
	}
	if len(learned.Classes) == 0 {
		return notFoundf("no class with rows in %s", strings.Join(paths, ", ")).hint("name the experiment's own Python files, experiment.py first")
	}
	for now, was := range learned.Adopt(s.schema) {
		s.app.streams.Talk("%s is taken for %s, as the rows call it", was, now)
	}
	if err := s.app.saveLearned(s.db.Address(), learned); err != nil {
		return err
	}
	for _, c := range learned.Classes {
		parent := ""
		if c.Parent != "" {
			parent = " (" + schema.Short(c.Parent) + ")"
		}
		s.app.streams.Print(schema.Short(c.Name) + parent + " in " + c.Table)
	}
	classes := "classes"
	if len(learned.Classes) == 1 {
		classes = "class"
	}
	s.app.streams.Talk("learnt %d %s for %s", len(learned.Classes), classes, s.db.Address().Label())
	return nil
}

// maxSource bounds the Python that is read.
const maxSource = 10 << 20

// pythonSources reads Python files; a directory means all of those in it. Names are
// relative to the directory of the experiment, as the modules are.
func pythonSources(paths []string) (map[string][]byte, error) {
	files := map[string][]byte{}
	add := func(path, name string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Size() > maxSource {
			return usagef("%s is larger than %d MB", path, maxSource>>20)
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("there is no file %s", path)
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			if err := add(path, filepath.Base(path)); err != nil {
				return nil, err
			}
			continue
		}
		err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			hidden := d != nil && p != path && strings.HasPrefix(d.Name(), ".")
			switch {
			case err != nil:
				return err
			case hidden && d.IsDir():
				return fs.SkipDir
			case d.Type().IsRegular() && strings.HasSuffix(p, ".py") && !hidden:
				rel, err := filepath.Rel(path, p)
				return errors.Join(err, add(p, rel))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
