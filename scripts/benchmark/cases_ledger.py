"""The benchmark of the ledger, beside pgbench doing the same on the same server."""

import csv
import glob
import os
import random
import re
import shutil
import statistics
import subprocess
import sys

import databases
import timing
from case import Missing, Row

PEOPLE = 1000
EVERY = 1_000_000
ROUNDS = 3
SECONDS = 5
CLIENTS = (8, 16, 32, 64)  # among which pgbench is at its best
TABLES = {
    "wide": ("the fixture's participants", {1: 0.65, 32: 1.5, 128: 2.5, 512: 3}, 12_000),
    "own": ("participants that `seed` made", {1: 0.65, 32: 2.2, 128: 4.5, 512: 6}, 50_000),
}

# The peer's ledger, with a key that is unique for a payer.
PEER = """
CREATE TABLE IF NOT EXISTS pgbench_transfer (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    payer bigint NOT NULL,
    payee bigint NOT NULL,
    amount bigint NOT NULL,
    key text NOT NULL,
    UNIQUE (payer, key)
)"""


def pgbench():
    """Where pgbench is: Debian does not put it on the PATH."""
    found = shutil.which("pgbench") or max(glob.glob("/usr/lib/postgresql/*/bin/pgbench"), default="")
    if not found:
        raise Missing("pgbench is not installed")
    return found


def seeded(context, name, people):
    """The URL of a private database of so many participants that seed has made."""
    if not context.private:
        raise Missing("seed makes participants in a private database only")
    ours = [context.exptool, "--db", name]
    env = {**os.environ, **context.private}
    listed = subprocess.run([context.exptool, "db", "list", "--format", "csv"], env=env, capture_output=True, text=True)
    if name not in {row["database"] for row in csv.DictReader(listed.stdout.splitlines())}:
        subprocess.run(
            [*ours, "seed", "--participants", str(people), "--distribution", "equal", "--min", "1000000", "--max", "1000000"],
            env=env, check=True, capture_output=True,
        )  # fmt: skip
    return databases.at(context.server, name)


def database(context, kind):
    """The URL of one of TABLES, with as many dollars and no ledger, ready."""
    if kind == "own":
        url = seeded(context, "bench_ledger", PEOPLE)
    else:
        url = databases.ensure(context.server, "people", PEOPLE)
        databases.psql(url, "-c", "ALTER TABLE participant ADD COLUMN IF NOT EXISTS dollars double precision")
    databases.psql(url, "-c", PEER)
    fresh(url)
    return url


def fresh(url):
    """Begins anew: nobody's rows are bloated, and both ledgers are empty."""
    for statement in (
        "DROP SCHEMA IF EXISTS exptool CASCADE",
        "TRUNCATE pgbench_transfer",
        "UPDATE participant SET dollars = 1000000",
        "VACUUM FULL ANALYZE participant",
    ):
        databases.psql(url, "-c", statement)


def transfers(context, url, callers):
    """Transfers a second through a Batcher."""
    done = subprocess.run(
        [context.ledger, "-test.run", "^$", "-test.bench", f"^BenchmarkBatcher/callers={callers}$", "-test.benchtime", f"{SECONDS}s"],
        env={**os.environ, "EXPTOOL_BENCH_DB": url}, capture_output=True, text=True, cwd="repo",
    )  # fmt: skip
    found = re.search(r"([\d.]+) transfers/s", done.stdout)
    if not found:
        raise timing.CommandFailed("the Go benchmark: " + (done.stdout + done.stderr).strip()[-300:])
    return float(found[1])


def transactions(url, clients):
    """pgbench's transactions a second."""
    script = os.path.join(databases.HERE, "transfer.pgbench")
    done = subprocess.run(
        [pgbench(), "-n", "-M", "prepared", "-D", f"people={PEOPLE}", "-c", str(clients), "-j", "2", "-T", str(SECONDS), "-f", script, url],
        capture_output=True, text=True,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if not found:
        raise timing.CommandFailed("pgbench: " + done.stderr.strip()[-300:])
    return float(found[1])


def speed(rate):
    return f"{rate:,.0f}/s"


def ledger(context):
    rows = []
    for kind, (what, targets, _) in TABLES.items():
        url = database(context, kind)
        best = max(CLIENTS, key=lambda clients: transactions(url, clients))
        for callers, target in targets.items():
            clients = 1 if callers == 1 else best
            pairs = []
            for _ in range(ROUNDS):
                fresh(url)
                ours = transfers(context, url, callers)
                fresh(url)
                pairs.append((ours, transactions(url, clients)))
            ratio = statistics.median(ours / theirs for ours, theirs in pairs)
            print(f"  {kind}, {callers} callers: {pairs}, {ratio:.2f}", file=sys.stderr)
            rows.append(Row(
                "ledger", f"transfers with keys and NOTIFY, {callers} callers, {what}",
                f"`pgbench -c {clients}`, the same in a transaction each, no NOTIFY",
                speed(statistics.median(p[0] for p in pairs)), speed(statistics.median(p[1] for p in pairs)),
                f"{ratio:.2f} ×", f"≥ {target} ×", "yes" if ratio >= target else "**no**", runs=str(ROUNDS),
            ))  # fmt: skip
    return rows


def growth(context):
    """One caller among ten participants, and among a million."""
    few, many = (seeded(context, name, n) for name, n in (("bench_ledger_few", 10), ("bench_ledger_many", EVERY)))
    databases.psql(many, "-c", "VACUUM ANALYZE participant")
    pairs = [(transfers(context, many, 1), transfers(context, few, 1)) for _ in range(ROUNDS)]
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    return [Row(
        "ledger-growth", f"a transfer of one caller among {EVERY:,} participants", "among 10 participants",
        speed(statistics.median(p[0] for p in pairs)), speed(statistics.median(p[1] for p in pairs)),
        f"{ratio:.2f} × the time", "≤ 2 ×", "yes" if ratio <= 2 else "**no**", runs=str(ROUNDS),
    )]  # fmt: skip


def donate(context, url):
    """Gives a file of EVERY lines; the run."""
    moves = os.path.join(context.out, "moves.csv")
    some = random.Random(1)
    with open(moves, "w") as file:
        file.write("payer,payee,amount,key\n")
        for i in range(EVERY):
            payer = some.randint(1, PEOPLE)
            file.write(f"{payer},{(payer + some.randint(0, PEOPLE - 2)) % PEOPLE + 1},1,{i}\n")
    sample = timing.run(*context.ours(url, "donate", "--file", moves))
    os.unlink(moves)
    return sample


def donate_file(context):
    rows = []
    for kind, (what, _, target) in TABLES.items():
        url = database(context, kind)
        sample = donate(context, url)
        verified = timing.run(*context.ours(url, "verify"))
        rate = EVERY / sample.wall
        rows.append(Row(
            "donate-file", f"`donate --file` of {EVERY:,} lines, {what}", ours=speed(rate), result=speed(rate),
            target=f"≥ {target:,}/s", reached="yes" if rate >= target else "**no**", memory=f"{sample.peak:.0f} MB", runs="1",
            notes=[f"`verify` held afterwards, in {verified.wall:.1f} s"],
        ))  # fmt: skip
    return rows


CASES = {"ledger": ledger, "ledger-growth": growth, "donate-file": donate_file}
