package commands

import (
	"cmp"
	"slices"

	"github.com/spf13/cobra"

	"exptool/report"
)

type exportOptions struct {
	folder  string
	classes []string
	all     bool
	format  string
	flatten bool
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

DIR must not be there yet, or be empty; it appears when everything is written. In it
are datapackage.json, which names the type of each column (a Frictionless data
package), and SHA256SUMS. Values are decoded as query decodes them; lists and dicts
are JSON. Parquet files have typed columns, for pandas, R's arrow, DuckDB and Spark.

What PsyNet leaves out, ExperimentStatus and classes without rows, is written with
--all. Without a class tree (exptool classes --learn) a class with an identity of
its own is called by that. Secrets are masked unless --reveal.`,
		Example: `  exptool export study1
  exptool export trials1 --class trials --format parquet
  exptool export all1 --all --format ndjson
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
	f.SetAnnotation("format", ownValues, nil)
	a.completeEntities(cmd, "class")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.SheetFormats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

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
	case cmp.Or(a.flags.output, "-") != "-":
		return usagef("export writes a folder, not --output").hint("write exptool export DIR")
	}
	return nil
}
