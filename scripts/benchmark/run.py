"""Runs the benchmark's cases; called by scripts/bench, which prepares the rest."""

import argparse
import os
import sys

import cases_change
import cases_export
import cases_ledger
import cases_log
import cases_query
import cases_serve
import cases_simulate
import databases
import document
import timing
from case import Context, Missing, Row

CASES = {**cases_query.CASES, **cases_change.CASES, **cases_ledger.CASES, **cases_log.CASES, **cases_simulate.CASES, **cases_serve.CASES, **cases_export.CASES}
SLIM_TRIALS = 10_000_000
FULL = 500_000
PEOPLE = 100_000


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--exptool", required=True)
    parser.add_argument("--python", default="")
    parser.add_argument("--server", required=True)
    parser.add_argument("--private", default="", help="EXPTOOL_HOME of the server, where it is private")
    parser.add_argument("--ledger", default="", help="the tests of package repo, compiled")
    parser.add_argument("--out", required=True)
    parser.add_argument("--rows", type=int, default=FULL)
    parser.add_argument("--slim-rows", type=int, default=SLIM_TRIALS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--only", default="", choices=["", *CASES])
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--document", required=True)
    return parser.parse_args()


def measure(name, context):
    """A case's rows; where it cannot be run, a row that says why, and False."""
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    try:
        return CASES[name](context), True
    except Missing as missing:
        return [Row(name, name, result=f"no peer: {missing}", reached="—")], True
    except timing.CommandFailed as failure:
        return [Row(name, name, result=f"failed: {failure}", reached="**no**")], False


def main():
    o = options()
    load = "{:.1f}".format(os.getloadavg()[0])
    context = Context(
        exptool=o.exptool,
        python=o.python,
        out=o.out,
        server=o.server,
        private={"EXPTOOL_HOME": o.private} if o.private else {},
        ledger=o.ledger,
        rows=o.rows,
        slim_rows=o.slim_rows,
        number=o.people,
    )
    if o.prepare:
        print(context.trials, context.slim, context.people, sep="\n")
        return 0
    rows, whole = [], True
    for name in [o.only] if o.only else CASES:
        measured, ran = measure(name, context)
        for row in measured:
            row.case = name
        rows += measured
        whole = whole and ran
    print(document.table(rows))
    if whole and (o.rows, o.slim_rows, o.people) == (FULL, SLIM_TRIALS, PEOPLE):
        server = databases.psql(o.server, "-c", "SHOW server_version")
        rows = document.keep(o.document, rows, list(CASES))
        document.write(o.document, rows, context, server, o.rows, load)
        print(f"written to {os.path.relpath(o.document)}", file=sys.stderr)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
