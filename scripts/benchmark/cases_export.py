"""The benchmark of `export`, beside pg_dump and PsyNet's own export."""

import json
import os
import shutil

import databases
import timing
from case import Missing, Row, against

FEW = 5


def psynet():
    """The Python that has PsyNet, as scripts/test installs it."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    python = os.environ.get("EXPTOOL_TEST_PSYNET") or cache + "/exptool/psynet/bin/python"
    if not os.path.exists(python):
        raise Missing("PsyNet is not installed (scripts/test --install)")
    return python


def rows(folder):
    """How many rows an export has, as its datapackage says."""
    with open(folder + "/datapackage.json") as file:
        return sum(r["rowcount"] for r in json.load(file)["resources"])


def export_all(context):
    row = Row("export-all", "`export --all` of the whole database, CSV", "`pg_dump --data-only`")
    folder = context.out + "/export"
    pair = timing.pairs(
        context.ours(context.trials, "export", folder, "--all"),
        context.theirs("pg_dump", "--data-only", "-f", context.out + "/dump.sql", context.trials),
        FEW,
        before=lambda: shutil.rmtree(folder, ignore_errors=True),
    )
    # The runs end with the peer's, and so without a folder.
    timing.run(*context.ours(context.trials, "export", folder, "--all"))
    against(row, pair, 2, memory=60)
    row.notes.append(f"{rows(folder):,} rows, with keys a column each, checksums and types")
    return [row]


def export_psynet(context):
    row = Row("export-psynet", "`export` of the tutorial's experiment, whole process", "PsyNet's own export, without starting an experiment")
    url = databases.ensure(context.server, "grow", 578)  # the fixture itself
    folder, peer = context.out + "/export", context.out + "/psynet"
    script = os.path.join(databases.ROOT, "scripts", "psynet_export.py")
    source = os.path.join(databases.ROOT, "internal", "sample")
    pair = timing.pairs(
        context.ours(url, "export", folder),
        context.theirs(psynet(), script, url, source, peer),
        FEW,
        before=lambda: shutil.rmtree(folder, ignore_errors=True),
    )
    return [against(row, pair, 1 / 20, times=True)]


# By name, in the order of the table.
CASES = {
    "export-all": export_all,
    "export-psynet": export_psynet,
}
