#!/usr/bin/env python3
"""Reads exports of one database with other people's programs: the oracle of the tests
of exptool export.

usage: export_reads.py CSV NDJSON PARQUET

Each argument is a folder that exptool export has written. Frictionless validates the
first two, checksums included; pyarrow and DuckDB read the Parquet, and every value of
it must be what the CSV says. Prints how many files and rows there were. Needs
frictionless[json], pyarrow and duckdb. Exit 1, and what is wrong, where something is.
"""

import csv
import json
import math
import os
import sys
from datetime import date, datetime

import duckdb
import frictionless
import pyarrow.parquet


def convert(text, kind):
    """A cell of CSV as the value that its column's type says."""
    if text == "":
        return None
    match kind:
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "boolean":
            return {"true": True, "false": False}[text]
        case "date":
            return date.fromisoformat(text)
        case "datetime":
            return datetime.fromisoformat(text)
    return text


def same(a, b):
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    return a == b or a == "" and b is None or isinstance(a, str) and isinstance(b, (int, float)) and type(b)(a) == b


def compare(path, rows, fields):
    """Compares the Parquet of a file with its rows in CSV."""
    table = pyarrow.parquet.read_table(path)
    if table.column_names != [f["name"] for f in fields]:
        sys.exit(f"{path}: the columns are {table.column_names}")
    columns = [table.column(i).to_pylist() for i in range(table.num_columns)]
    ducks = duckdb.sql(f"SELECT * FROM '{path}'").fetchall()
    if not len(rows) == table.num_rows == len(ducks):
        sys.exit(f"{path}: {len(rows)} rows, of which pyarrow reads {table.num_rows}, DuckDB {len(ducks)}")
    for i, row in enumerate(rows):
        for j, field in enumerate(fields):
            want = convert(row[j], field["type"])
            for reader, value in (("pyarrow", columns[j][i]), ("DuckDB", ducks[i][j])):
                if not same(value, want):
                    sys.exit(f"{path}, row {i + 1}, {field['name']}: {reader} reads {value!r}, not {want!r}")
    return len(rows)


def main():
    as_csv, as_ndjson, as_parquet = sys.argv[1:]
    csv.field_size_limit(1 << 30)
    for folder in (as_csv, as_ndjson):
        with frictionless.system.use_context(trusted=True):
            report = frictionless.validate(folder + "/datapackage.json")
        if not report.valid:
            sys.exit(f"{folder}: {report.flatten(['type', 'message'])[:5]}")
    rows = files = 0
    with open(as_csv + "/datapackage.json") as file:
        resources = json.load(file)["resources"]
    for resource in resources:
        with open(os.path.join(as_csv, resource["path"]), newline="") as file:
            records = list(csv.reader(file))[1:]
        path = os.path.join(as_parquet, resource["path"].replace(".csv", ".parquet"))
        rows += compare(path, records, resource["schema"]["fields"])
        files += 1
    print(files, "files", rows, "rows")


if __name__ == "__main__":
    main()
