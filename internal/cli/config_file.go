package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// FileName is the name of a configuration file, in the working directory and
// in the user's configuration directory.
const FileName = "exptool.yaml"

// File is a configuration file that was looked for.
type File struct {
	Path  string
	Found bool

	values      map[string]fileValue
	columns     map[string][]string
	columnsLine int
}

type fileValue struct {
	text string
	line int
}

// readFiles reads the files that there are, the strongest first.
func readFiles(src Sources) ([]File, error) {
	paths := []string{}
	switch {
	case src.File != "":
		paths = append(paths, src.File)
	default:
		paths = append(paths, filepath.Join(src.Dir, FileName))
		if src.Paths.Config != "" {
			paths = append(paths, filepath.Join(src.Paths.Config, FileName))
		}
	}
	var files []File
	for _, path := range paths {
		f, err := readFile(path)
		if err != nil {
			return nil, err
		}
		if src.File != "" && !f.Found {
			return nil, &ConfigError{Where: "--config", Msg: fmt.Sprintf("there is no file %s", path)}
		}
		files = append(files, f)
	}
	return files, nil
}

func readFile(path string) (File, error) {
	f := File{Path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, &ConfigError{Where: path, Msg: "cannot be read: " + err.Error()}
	}
	f.Found = true
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return f, &ConfigError{Where: path, Msg: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return f, nil // empty, or comments only
	}
	return f, f.take(doc.Content[0])
}

// take checks a document and keeps its values. It walks the nodes, for the
// lines of its messages and because keys keep their case there.
func (f *File) take(root *yaml.Node) error {
	f.values = map[string]fileValue{}
	if root.Kind != yaml.MappingNode {
		return f.errorf(root, "the file must be a map of keys to values, like timeout: 30s")
	}
	for i := 0; i < len(root.Content); i += 2 {
		name, node := root.Content[i], root.Content[i+1]
		key, known := keyNamed(name.Value)
		_, twice := f.values[name.Value]
		switch {
		case !known:
			return f.errorf(name, "unknown key %q%s", name.Value, orKeys(didYouMean(name.Value, keyNames())))
		case twice || key.Map && f.columnsLine > 0:
			return f.errorf(name, "key %q stands here a second time", name.Value)
		case key.Map:
			f.columnsLine = name.Line
			if err := f.takeColumns(node); err != nil {
				return err
			}
		case node.Kind != yaml.ScalarNode:
			return f.errorf(node, "%s takes one value", name.Value)
		case node.Tag == "!!null":
			// A key without a value says nothing, as if it were not there.
		default:
			f.values[name.Value] = fileValue{node.Value, name.Line}
		}
	}
	return nil
}

func (f *File) takeColumns(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return f.errorf(node, "columns is a map of entities to lists, like columns: {trials: [id, answer]}")
	}
	f.columns = map[string][]string{}
	for i := 0; i < len(node.Content); i += 2 {
		name, items := node.Content[i], node.Content[i+1]
		if items.Kind != yaml.SequenceNode {
			return f.errorf(items, "columns of %s must be a list, like [id, answer]", name.Value)
		}
		list := []string{}
		for _, item := range items.Content {
			if item.Kind != yaml.ScalarNode {
				return f.errorf(item, "columns of %s must be a list of names", name.Value)
			}
			list = append(list, item.Value)
		}
		f.columns[name.Value] = list
	}
	return nil
}

func (f *File) errorf(at *yaml.Node, format string, args ...any) error {
	return &ConfigError{
		Where: Origin{Kind: FromFile, Where: f.Path, Line: at.Line}.String(),
		Msg:   fmt.Sprintf(format, args...),
	}
}

func orKeys(hint string) string {
	if hint != "" {
		return hint
	}
	return "; the keys are " + strings.Join(keyNames(), ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
