"""The game of `exptool serve`, played over HTTP by scripts/load."""

import json
import os
import subprocess
import sys

import timing
from case import Row
from cases_ledger import seeded

PLAYERS = 200
WATCHERS = 1000
GAMES = 3


def played(context, *flags):
    """What scripts/load reports of a game. Where its exit code is 1 it says why."""
    load = os.path.join(context.out, "load")
    if not os.path.exists(load):
        subprocess.run(["go", "build", "-o", load, "./scripts/load"], check=True)
    done = subprocess.run(
        [load, "--exptool", context.exptool, "--db", seeded(context, "bench_serve", PLAYERS), "--participants", str(PLAYERS), "--json", *flags],
        env={**os.environ, **context.private}, capture_output=True, text=True,
    )  # fmt: skip
    if not done.stdout:
        raise timing.CommandFailed("scripts/load: " + done.stderr.strip()[-300:])
    print(f"  {' '.join(flags)} {done.stdout.strip()}", file=sys.stderr)
    return json.loads(done.stdout)


def worst(games, kind, which):
    return max(game[kind][which] for game in games)


def wrong(games):
    """What was lost or did not agree, in any of the games."""
    return sum(game[what] for game in games for what in ("lost", "doubled", "failed"))


def row(name, work, games, result, target, reached):
    sent = sum(game["sent"] for game in games)
    loads = [game["load"] for game in games]
    return Row(
        name, work, ours=result, result=result, target=target, reached="yes" if reached and not wrong(games) else "**no**",
        memory=f"{max(game['rss'] for game in games):.0f} MB", runs=str(len(games)),
        notes=[f"the worst of the games, at a load of {min(loads):.1f} to {max(loads):.1f} before them; {sent:,} presses, {wrong(games)} lost, doubled or failed"],
    )  # fmt: skip


def serve(context):
    game = f"{PLAYERS} participants, {2 * PLAYERS} presses/s"
    few = [played(context) for _ in range(GAMES)]
    many = [played(context, "--watchers", str(WATCHERS)) for _ in range(GAMES)]
    half, most = (worst(few, "press", which) for which in ("p50", "p99"))
    latest = worst(few, "update", "max")
    peak = max(g["rss"] for g in many)
    return [
        row("serve-press", f"`serve`: from a press to its confirmation, {game}", few,
            f"p50 {half:.1f} ms, p99 {most:.1f} ms", "p50 ≤ 25 ms, p99 ≤ 150 ms", half <= 25 and most <= 150),
        row("serve-update", f"`serve`: from there until every page shows it, {game}", few,
            f"p50 {worst(few, 'update', 'p50'):.0f} ms, max {latest:.0f} ms", "max ≤ 300 ms", latest <= 300),
        row("serve-watchers", f"`serve`: {WATCHERS:,} pages open, {game}", many,
            f"{peak:.0f} MB; press p99 {worst(many, 'press', 'p99'):.1f} ms, update max {worst(many, 'update', 'max'):.0f} ms", "≤ 200 MB", peak <= 200),
    ]  # fmt: skip


CASES = {"serve": serve}
