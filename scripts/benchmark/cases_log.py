"""The benchmark of `log top`, beside pgBadger on the same log."""

import glob
import json
import os
import shutil
import subprocess

import databases
import timing
from case import Missing, Row, seconds
from cases_ledger import pgbench

BYTES = 200_000_000
PREFIX = "%m [%p] %q%u@%d %a "  # the private Postgres's
NAME = "bench_log"


def log_file(context):
    """A stderr log of so many bytes, of pgbench with all statements logged. It is
    made once."""
    if not context.private:
        raise Missing("only the private Postgres is known to log as it should")
    kept = os.path.join(context.private["EXPTOOL_HOME"], "..", "pgbench.log")
    if os.path.exists(kept):
        return kept
    env = {**os.environ, **context.private}
    url = databases.at(context.server, NAME)
    admin = databases.at(context.server, "postgres")
    databases.psql(admin, "-c", f"DROP DATABASE IF EXISTS {NAME}")
    databases.psql(admin, "-c", f"CREATE DATABASE {NAME}")

    def run(*argv):
        subprocess.run(argv, env=env, check=True, capture_output=True)

    run(pgbench(), "-i", "-q", url)
    run(context.exptool, "--db", NAME, "log", "on", "--scope", "database")
    try:
        written = max(glob.glob(context.private["EXPTOOL_HOME"] + "/data/*/log/*.log"), key=os.path.getmtime)
        begin = os.path.getsize(written)
        while os.path.getsize(written) - begin < BYTES:
            run(pgbench(), "-n", "-c", "4", "-t", "10000", url)
    finally:
        run(context.exptool, "--db", NAME, "log", "off", "--scope", "database")
    with open(written, "rb") as source, open(kept + ".new", "wb") as target:
        source.seek(begin)
        shutil.copyfileobj(source, target)
    os.rename(kept + ".new", kept)
    return kept


def counts(ran):
    """How often the statements of pgbench ran, the most frequent first."""
    return sorted((n for n in ran if n > 1000), reverse=True)


def log_top(context):
    badger = shutil.which("pgbadger")
    if not badger:
        raise Missing("pgbadger is not installed")
    path = log_file(context)
    found = os.path.join(context.out, "pgbadger.json")
    ours = context.ours(None, "log", "top", path, "--format", "json")
    theirs = context.theirs(badger, "-q", "-j", "1", "-f", "stderr", "-p", PREFIX, "-x", "json", "-o", found, path)
    pair = timing.pairs(ours, theirs, runs=3, peer_runs=1)
    ratio = timing.cpu(pair.theirs) / timing.cpu(pair.ours)
    with open(ours[1]) as file:
        top = counts(row["count"] for row in json.load(file)["statements"])
    with open(found) as file:
        badgers = counts(q["count"] for db in json.load(file)["normalyzed_info"].values() for q in db.values())
    peak = timing.peak(pair.ours)
    reached = ratio >= 40 and peak <= 150 and top == badgers
    row = Row(
        "log-top", f"`log top` of a stderr log of {os.path.getsize(path) / 1e6:.0f} MB, CPU time", "`pgbadger -j 1 -x json`, CPU time",
        seconds(timing.cpu(pair.ours)), seconds(timing.cpu(pair.theirs)), f"1/{ratio:.0f}", "≤ 1/40, ≤ 150 MB",
        "yes" if reached else "**no**", f"{peak:.0f} MB, peer {timing.peak(pair.theirs):.0f} MB", "3, peer 1",
    )  # fmt: skip
    row.notes.append("both count the same" if top == badgers else f"exptool counts {top}, pgbadger {badgers}")
    return [row]


CASES = {"log-top": log_top}
