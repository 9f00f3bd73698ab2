"""The benchmark of `exptool query`, the catalog and start-up."""

import csv
import glob

import timing
from case import Row, against, same_bytes, same_records, within

PAIRS = 41  # for what takes milliseconds
FEW = 5  # for what takes seconds
PARTICIPANT = "5"


def select(context):
    """The SELECT whose columns are those that `query trials` pipes."""
    argv, out, env = context.ours(
        context.trials, "query", "trials", "--participant", PARTICIPANT, "--show-sql"
    )
    timing.run(argv, out, env)
    with open(out, newline="") as file:
        header = next(csv.reader(file))
    with open(out + ".err") as talk:
        ordered = "ORDER BY" in talk.read()
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in header)
    return f"SELECT {columns} FROM info", " ORDER BY id" if ordered else ""


def participant_sqlalchemy(context):
    row = Row(
        "participant-sqlalchemy",
        f"`query trials --participant {PARTICIPANT}`, whole process",
        "SQLAlchemy script, whole process",
    )
    pair = timing.pairs(
        context.ours(context.trials, "query", "trials", "--participant", PARTICIPANT),
        context.script("trials_of_participant.py", PARTICIPANT),
        runs=15,
    )
    against(row, pair, 1 / 12, times=True)
    same_records(row, context)
    return [row]


def participant_psql(context):
    start, order = select(context)
    sql = f"{start} WHERE participant_id = {PARTICIPANT}{order}"
    ours = context.ours(context.trials, "query", "trials", "--participant", PARTICIPANT)
    row = Row(
        "participant-psql",
        f"`query trials --participant {PARTICIPANT}`, whole process",
        "`psql --csv -c`, the same SELECT",
    )
    theirs = context.theirs("psql", "-Xq", "--csv", "-c", sql, context.trials)
    against(row, timing.pairs(ours, theirs, PAIRS), 0.6)
    same_records(row, context)
    rows = [row]
    # Debian's psql is a Perl script that looks for a server before it starts the
    # program; what that costs is not the program's fault, so it is shown apart.
    for binary in sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1:]:
        bare = Row(
            "participant-psql-bare", row.work, "the same, without Debian's wrapper"
        )
        theirs = context.theirs(binary, "-Xq", "--csv", "-c", sql, context.trials)
        rows.append(against(bare, timing.pairs(ours, theirs, PAIRS), None))
    return rows


def export_raw(context):
    start, order = select(context)
    row = Row(
        "export-raw",
        "all trials to CSV, `--raw`",
        "`psql \\copy` of the same columns",
    )
    pair = timing.pairs(
        context.ours(context.trials, "query", "trials", "--raw", "--format", "csv"),
        context.theirs(
            "psql", "-Xq", context.trials,
            "-c", f"\\copy ({start}{order}) to stdout csv header",
        ),
        FEW,
    )  # fmt: skip
    against(row, pair, 1.3, memory=30)
    same_records(row, context)
    if same_bytes(context.out + "/ours", context.out + "/theirs"):
        row.notes.append("both wrote the same bytes")
    return [row]


def export_decoded(context):
    row = Row(
        "export-decoded",
        "all trials to CSV, decoded",
        "`query.all()` and `csv.writer`, SQLAlchemy",
    )
    pair = timing.pairs(
        context.ours(context.trials, "query", "trials", "--format", "csv"),
        context.script("all_to_csv.py"),
        runs=3,
        peer_runs=1,
    )
    against(row, pair, 1 / 8, times=True)
    same_records(row, context)
    return [row]


def vars_filter(context):
    condition = "vars.my_dict.value > 3"
    row = Row(
        "vars-filter",
        f"`query trials --where '{condition}' --count`",
        "Python loop over `query.all()`",
    )
    pair = timing.pairs(
        context.ours(
            context.trials, "query", "trials", "--where", condition, "--count"
        ),
        context.script("vars_filter.py"),
        runs=FEW,
        peer_runs=1,
    )
    against(row, pair, 1 / 20, times=True)
    with open(context.out + "/ours") as a, open(context.out + "/theirs") as b:
        ours, theirs = a.read().split(), b.read().split()
    if ours[-1:] != theirs[-1:]:
        row.notes.append(f"exptool counted {ours[-1:]} and the peer {theirs[-1:]}")
        row.reached = "**no**"
    return [row]


def catalog(context):
    rows = []
    started = timing.wall(timing.alone(context.ours("", "--version"), PAIRS))
    for name, at_most in (("classes", 0.020), ("tables", None)):
        row = Row(f"catalog-{name}", f"reading the catalog, classes included, on 10,000,000 trials: `{name}`")
        samples = timing.alone(context.ours(context.slim, name), PAIRS)
        # Connecting and writing the answer included.
        within(row, samples, at_most, less=started)
        whole = timing.wall(samples) * 1000
        row.notes.append(f"less start-up; the whole process takes {whole:.1f} ms")
        rows.append(row)
    return rows


def version(context):
    row = Row("version", "`--version`, start-up")
    return [within(row, timing.alone(context.ours("", "--version"), PAIRS), 0.015)]


def status(context):
    row = Row("status", "`status` of the database of whole trials, whole process")
    return [within(row, timing.alone(context.ours(context.trials, "status"), 15), 0.150)]


# By name, in the order of the table.
CASES = {
    "participant-sqlalchemy": participant_sqlalchemy,
    "participant-psql": participant_psql,
    "export-raw": export_raw,
    "export-decoded": export_decoded,
    "vars-filter": vars_filter,
    "catalog": catalog,
    "version": version,
    "status": status,
}
