package commands

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"exptool/internal/export"
	"exptool/internal/schema"
	"exptool/report"
)

// The files beside those of the classes.
const (
	packageFile = "datapackage.json"
	sumsFile    = "SHA256SUMS"
)

// The folders of an export that is both, as PsyNet calls them.
const (
	regularFolder   = "regular"
	anonymousFolder = "anonymous"
)

// divide makes the folders of the variants.
func (x *exporter) divide() error {
	both := x.anonymize == "both"
	if x.anonymize != "yes" {
		x.variants = append(x.variants, &variant{name: regularFolder})
	}
	if x.anonymize != "no" {
		x.variants = append(x.variants, &variant{name: anonymousFolder, anonymizer: x.anonymizer})
	}
	for _, v := range x.variants {
		v.done = map[*export.File]sheet{}
		if v.Root = x.to.Root; !both {
			v.name = ""
			continue
		}
		var err error
		if err = x.to.Mkdir(v.name, 0o777); err == nil { // less the umask
			v.Root, err = x.to.OpenRoot(v.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// close closes the folders.
func (x *exporter) close() {
	for _, v := range x.variants {
		if v.name != "" && v.Root != nil {
			_ = v.Root.Close() // nothing is lost with it
		}
	}
}

// describe writes what is beside the files, and returns how large these are.
func (x *exporter) describe() (bytes int64, err error) {
	for _, v := range x.variants {
		n, err := x.describeVariant(v)
		if err != nil {
			return 0, err
		}
		bytes += n
	}
	return bytes, nil
}

func (x *exporter) describeVariant(v *variant) (bytes int64, err error) {
	a := x.s.app
	p := export.NewPackage(x.s.db.Address().Database(), "exptool "+version(), a.now())
	var sums strings.Builder
	for _, f := range x.files {
		s := v.done[f]
		w := s.written
		p.Add(f, s.view.Columns(), x.format, a.config.NA, w.Path, w.Bytes, w.SHA256)
		fmt.Fprintf(&sums, "%s  %s\n", w.SHA256, w.Path)
		bytes += w.Bytes
	}
	text, err := p.JSON()
	if err != nil {
		return 0, err
	}
	return bytes, errors.Join(writeSynced(v.Root, sumsFile, []byte(sums.String())), writeSynced(v.Root, packageFile, text))
}

// list writes which files there are now.
func (x *exporter) list(ctx context.Context) error {
	columns := []schema.Column{{Name: "file", Kind: schema.Text}, {Name: "rows", Kind: schema.Int}, {Name: "columns", Kind: schema.Int}, {Name: "bytes", Kind: schema.Int}}
	var rows [][]string
	for _, v := range x.variants {
		for _, f := range x.files {
			s := v.done[f]
			rows = append(rows, []string{
				path.Join(v.name, s.written.Path), strconv.FormatInt(f.Rows, 10), strconv.Itoa(len(s.view.Columns())), strconv.FormatInt(s.written.Bytes, 10),
			})
		}
	}
	_, err := x.s.app.writeRows(ctx, report.Texts(columns, rows), writeOptions{keepFirst: true})
	return err
}

// writeSynced writes a small file.
func writeSynced(folder *os.Root, name string, text []byte) error {
	file, err := folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the umask
	if err != nil {
		return err
	}
	if _, err = file.Write(text); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
