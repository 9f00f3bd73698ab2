"""The benchmark of the games, beside Mesa playing by the same rule."""

import os
import statistics
import subprocess
import sys

import databases
import timing
from case import Missing, Row, same_bytes
from cases_ledger import EVERY, PEOPLE, TABLES, database, donate, speed

ROUNDS = 3
# Players: our rounds, Mesa's, and the moves a second to reach.
PLAYED = {1000: (3_000_000, 2_000, 250_000_000), 1_000_000: (1_500, 2, 100_000_000)}
TIMES_MESA = 100
REPS = 1000
LOOKING = ["egalitarian", "rich-first", "inequality-averse"]
MOST = 10_000_000


def simulate(context, *args, out="ours"):
    """A run of the game of $1, timed as a whole process."""
    argv = [context.exptool, "simulate", "--random-seed", "1", "--set", "start=1", "--format", "csv", *args]
    return timing.run(argv, f"{context.out}/{out}")


def mesa(context, players, rounds):
    """Mesa's moves a second, the making of its model not counted."""
    if not context.python:
        raise Missing("Mesa could not be installed")
    done = subprocess.run(
        [context.python, os.path.join(databases.HERE, "mesa_money.py"), str(players), str(rounds), "1"],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise Missing("Mesa: " + done.stderr.strip()[-200:])
    return float(done.stdout)


def played(context):
    rows = []
    for players, (rounds, theirs, target) in PLAYED.items():
        pairs = []
        for _ in range(ROUNDS):
            sample = simulate(context, "--players", str(players), "--rounds", str(rounds), "--threads", "1")
            pairs.append((players * rounds / sample.wall, mesa(context, players, theirs)))
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        rate = statistics.median(ours for ours, _ in pairs)
        print(f"  {players} players: {pairs}", file=sys.stderr)
        rows.append(Row(
            "simulate", f"`simulate`, donation, {players:,} players, one core, the whole command",
            "Mesa, the same rule, without its start", speed(rate), speed(statistics.median(t for _, t in pairs)),
            f"{ratio:.0f} ×", f"≥ {target:,}/s, ≥ {TIMES_MESA} ×",
            "yes" if rate >= target and ratio >= TIMES_MESA else "**no**", f"{sample.peak:.0f} MB", str(ROUNDS),
        ))  # fmt: skip
    return rows


def replications(context):
    def reps(threads, out="ours"):
        return simulate(context, "--players", "1000", "--rounds", "2000", "--reps", str(REPS), "--by-rep", "--threads", str(threads), out=out)

    pairs = [(reps(1), reps(2)) for _ in range(ROUNDS)]
    ratio = statistics.median(one.wall / two.wall for one, two in pairs)
    reps(1, "one"), reps(2, "two"), reps(8, "eight")
    same = all(same_bytes(f"{context.out}/one", f"{context.out}/{other}") for other in ("two", "eight"))
    one, two = (statistics.median(s.wall for s in side) for side in zip(*pairs))
    return [Row(
        "simulate-reps", f"{REPS:,} replications of 2 million moves, 2 threads", "1 thread",
        f"{two:.2f} s", f"{one:.2f} s", f"{ratio:.2f} × as fast", "≥ 1.8 ×, the same bytes at 1, 2 and 8 threads",
        "yes" if ratio >= 1.8 and same else "**no**", runs=str(ROUNDS),
    )]  # fmt: skip


def looking(context):
    """What a move costs among 10,000 players, against among 1,000: O(log n) is 4/3,
    O(n) is 10. The rest of the difference is the cache's."""
    rows = []
    for strategy in LOOKING:
        cost = {}
        for players in (1000, 10_000, 100_000):
            moves = 10_000_000
            args = ("--players", str(players), "--rounds", str(moves // players), "--strategy", strategy, "--set", "start=10", "--threads", "1")
            cost[players] = min(simulate(context, *args).wall for _ in range(ROUNDS)) / moves * 1e9
        growth = cost[10_000] / cost[1000]
        rows.append(Row(
            "simulate-looking", f"a move of `{strategy}` among 10,000 players", "among 1,000 players",
            f"{cost[10_000]:.0f} ns", f"{cost[1000]:.0f} ns", f"{growth:.2f} × (100,000: {cost[100_000]:.0f} ns)", "O(log n): ≤ 2.5 ×",
            "yes" if growth <= 2.5 else "**no**", runs=str(ROUNDS),
        ))  # fmt: skip
    return rows


def many(context):
    few = simulate(context, "--players", "1000", "--rounds", "10", "--threads", "1")
    sample = simulate(context, "--players", str(MOST), "--rounds", "10", "--threads", "1")
    each = (sample.peak - few.peak) * 1e6 / MOST
    return [Row(
        "simulate-many", f"`simulate` of {MOST:,} players, 10 rounds", ours=f"{sample.wall:.1f} s", result=f"{each:.1f} bytes a player",
        target="≤ 24 bytes a player", reached="yes" if each <= 24 else "**no**", memory=f"{sample.peak:.0f} MB", runs="1",
        notes=[f"the same command with 1,000 players takes {few.peak:.0f} MB, which is not counted"],
    )]  # fmt: skip


def applied(context):
    """The moves of a simulation booked, against a file of as many."""
    rounds = EVERY // PEOPLE
    rows = []
    for kind, (what, _, _) in TABLES.items():
        url = database(context, kind)
        sample = timing.run(*context.ours(
            url, "simulate", "--rounds", str(rounds), "--random-seed", "1", "--set", "schedule=round", "--apply", "--yes",
        ))  # fmt: skip
        booked = int(databases.psql(url, "-c", "SELECT count(*) FROM exptool.transfers WHERE kind = 'donation'"))
        verified = timing.run(*context.ours(url, "verify"))
        ours = booked / sample.wall
        theirs = EVERY / donate(context, database(context, kind)).wall
        ratio = ours / theirs
        rows.append(Row(
            "simulate-apply", f"`simulate --apply`, {booked:,} transfers, {what}", "`donate --file` of as many",
            speed(ours), speed(theirs), f"{ratio:.2f} ×", "≥ 1 ×", "yes" if ratio >= 1 else "**no**", f"{sample.peak:.0f} MB", "1",
            notes=[f"`verify` held afterwards, in {verified.wall:.1f} s"],
        ))  # fmt: skip
    return rows


CASES = {
    "simulate": played,
    "simulate-reps": replications,
    "simulate-looking": looking,
    "simulate-many": many,
    "simulate-apply": applied,
}
