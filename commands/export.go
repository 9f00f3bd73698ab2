package commands

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"

	"exptool/report"
)

type exportOptions struct {
	folder     string
	classes    []string
	all        bool
	format     string
	flatten    bool
	anonymize  string // yes, no, both
	keep, drop []string
	key        string // the file of the key; empty: beside the folder
}

func newExport(a *app) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the whole study into a folder of files, a file a class",
		Long: `Write the study into a folder as PsyNet's own export lays it out: a file for each
exact class, named by its short name, with the columns of its table and behind them
the keys of vars, and of a trial's definition and answer, a column each. A key that
has the name of another column stands behind the column where it is: vars.type. All
files show the same moment, in one transaction that only reads; no server is needed.

DIR must not be there yet, or be empty; it appears when everything is written, and a
list of its files is printed. In it are datapackage.json, which names the type of
each column (a Frictionless data package), and SHA256SUMS. Values are decoded as
query decodes them; lists and dicts are JSON, and a text that begins with = stays so,
which spreadsheets take for a formula. Parquet files have typed columns, for pandas,
R's arrow, DuckDB and Spark.

With --anonymize worker ids, assignment ids, addresses, what people came with and
secrets are left out, and a keyed hash stands for an id wherever it is in other
columns, free text included, the same one in all files. Then every file is read
again: where an id is left, nothing is written (exit 6). Base64, compressed data and
bytes are not looked into. Participants keep their numbers, which join the files.
--keep vars.name keeps the column; inside vars a hash stands for an id nevertheless.

What PsyNet's classes compute from other rows (started_modules, n_alive_trials) is in
no table, and so in no file. What PsyNet leaves out, ExperimentStatus and tables
without rows, is written with --all. Without a class tree (exptool classes --learn) a
class with an identity of its own is called by that. Secrets are masked unless
--reveal.`,
		Example: `  exptool export study1
  exptool export trials1 --class trials --format parquet
  exptool export all1 --all --format ndjson
  exptool export shared1 --anonymize both
  exptool export shared2 --anonymize yes --drop vars.name,nickname --keep hit_id
  exptool export flat1 --class CustomTrial,participants --flatten`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.folder = args[0]
			if err := o.check(a, cmd); err != nil {
				return err
			}
			return runExport(cmd.Context(), a, o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.classes, "class", nil, "only these `CLASSES`, words (trials, participants) or tables; a class with its subclasses")
	f.BoolVar(&o.all, "all", false, "what PsyNet's export leaves out, too: ExperimentStatus, and tables without rows")
	f.StringVarP(&o.format, "format", "f", "csv", "`FORMAT` of the files: csv, ndjson or parquet")
	f.BoolVar(&o.flatten, "flatten", false, "dicts inside vars, definition and answer become columns, too: my_dict.value")
	f.StringVar(&o.anonymize, "anonymize", "no", "`yes|no|both`: without what tells who people are; both: in DIR/anonymous, beside DIR/regular")
	f.StringSliceVar(&o.keep, "keep", nil, "`COLUMNS` or keys to keep as they are where people are anonymous: hit_id, vars.name")
	f.StringSliceVar(&o.drop, "drop", nil, "`COLUMNS` or keys to leave out where people are anonymous: vars.name, response.answer")
	f.StringVar(&o.key, "key", "", "`FILE` of the key of the hashes, made where it is not there (default DIR.key)")
	// Fails only for a flag that is not there, which the tests would show.
	_ = f.SetAnnotation("format", ownValues, nil)
	_ = cmd.RegisterFlagCompletionFunc("anonymize", cobra.FixedCompletions(anonymizations, cobra.ShellCompDirectiveNoFileComp))
	a.completeEntities(cmd, "class")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.SheetFormats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// anonymizations are the values of --anonymize.
var anonymizations = []string{"yes", "no", "both"}

// check looks at the flags together.
func (o *exportOptions) check(a *app, cmd *cobra.Command) error {
	switch {
	case o.folder == "":
		return usagef("export takes the name of a folder")
	case !slices.Contains(report.SheetFormats(), o.format):
		return usagef("--format takes csv, ndjson or parquet").about(o.format)
	case cmd.Flags().Changed("class") && len(o.classes) == 0:
		return usagef("--class takes a class")
	case o.all && len(o.classes) > 0:
		return usagef("--class and --all exclude each other")
	case !slices.Contains(anonymizations, o.anonymize):
		return usagef("--anonymize takes yes, no or both").about(o.anonymize)
	case o.anonymize == "no" && (o.key != "" || len(o.keep)+len(o.drop) > 0):
		return usagef("--keep, --drop and --key are about --anonymize yes or both")
	case cmp.Or(a.flags.output, "-") != "-":
		return usagef("export writes a folder, not --output").hint("write exptool export DIR")
	}
	return nil
}
