package export

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Package is a datapackage as Frictionless describes it: what the files are, and of
// which type each of their columns.
type Package struct {
	Name      string     `json:"name"`
	Title     string     `json:"title"`
	Created   string     `json:"created"`
	Creator   string     `json:"creator"`
	Resources []Resource `json:"resources"`
}

// Resource is a file of a datapackage.
type Resource struct {
	Name      string         `json:"name"`
	Type      string         `json:"type"`
	Path      string         `json:"path"`
	Title     string         `json:"title,omitempty"`
	Class     string         `json:"class,omitempty"`
	Table     string         `json:"table"`
	Format    string         `json:"format"`
	Mediatype string         `json:"mediatype"`
	Encoding  string         `json:"encoding,omitempty"`
	Bytes     int64          `json:"bytes"`
	Hash      string         `json:"hash"`
	Rows      int64          `json:"rowcount"`
	Schema    ResourceSchema `json:"schema"`
}

// ResourceSchema describes the columns of a resource.
type ResourceSchema struct {
	Fields        []Field  `json:"fields"`
	PrimaryKey    []string `json:"primaryKey,omitempty"`
	MissingValues []string `json:"missingValues"`
}

// Field describes a column.
type Field struct {
	Name        string       `json:"name"`
	Type        string       `json:"type"`
	Description string       `json:"description,omitempty"`
	Constraints *Constraints `json:"constraints,omitempty"`
}

// Constraints say what values a column may have.
type Constraints struct {
	Enum []string `json:"enum,omitempty"`
}

// NewPackage begins the datapackage of a database.
func NewPackage(database, creator string, at time.Time) *Package {
	return &Package{Name: slug(database), Title: "Export of " + database, Created: at.UTC().Format(time.RFC3339), Creator: creator}
}

// mediatypes are the formats' names on the internet.
var mediatypes = map[string]string{"csv": "text/csv", "ndjson": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}

// Add adds a file in the form in which it was written: its columns, its path, how
// many bytes it has and what their SHA-256 is.
func (p *Package) Add(f *File, columns []Column, format, na, path string, bytes int64, sum string) {
	name := numbered(slug(f.Name), func(name string) bool {
		return slices.ContainsFunc(p.Resources, func(r Resource) bool { return r.Name == name })
	})
	r := Resource{
		Name: name, Type: "table", Path: path, Class: f.Identity, Table: f.Table.Key(),
		Format: format, Mediatype: mediatypes[format], Bytes: bytes, Hash: "sha256:" + sum, Rows: f.Rows,
		Schema: ResourceSchema{MissingValues: []string{""}},
	}
	if format != "parquet" {
		r.Encoding = "utf-8"
	}
	if na != "" && format == "csv" {
		r.Schema.MissingValues = append(r.Schema.MissingValues, na)
	}
	sources := map[string]string{}
	for _, c := range columns {
		field := Field{Name: c.Name, Type: c.Type()}
		if path := c.Path(); path != c.Name {
			field.Description = path
		}
		if len(c.Enum) > 0 {
			field.Constraints = &Constraints{Enum: c.Enum}
		}
		r.Schema.Fields = append(r.Schema.Fields, field)
		if len(c.Key) == 0 {
			sources[c.Source] = c.Name
		}
	}
	for _, k := range f.Table.PrimaryKey {
		name, ok := sources[k]
		if !ok {
			r.Schema.PrimaryKey = nil
			break
		}
		r.Schema.PrimaryKey = append(r.Schema.PrimaryKey, name)
	}
	p.Resources = append(p.Resources, r)
}

// JSON is the text of datapackage.json.
func (p *Package) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	return append(text, '\n'), err
}

// slug is a name as Frictionless wants it: small letters, digits and . - _
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_':
			return r
		}
		return '-'
	}, name)
}
