"""Writes what was measured, for the terminal and as docs/benchmarks.md."""

import datetime
import json
import os
import platform
import re
import subprocess

from case import Row

HEAD = ("work", "peer", "exptool", "peer took", "ratio or time", "to reach", "reached", "peak memory", "runs", "date")  # fmt: skip


def cells(row):
    """A row's cells, in the order of HEAD."""
    return (row.work, row.peer, row.ours, row.theirs, row.result, row.target or "—",
            row.reached, row.memory, row.runs, row.date)  # fmt: skip


def table(rows):
    """The rows as a Markdown table, notes below it."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    notes = []
    for row in rows:
        line = list(cells(row))
        for note in row.notes:
            notes.append(note)
            line[0] += f" ({len(notes)})"
        lines.append("| " + " | ".join(line) + " |")
    if notes:
        lines.append("")
    lines += [f"({i}) {note}.  " for i, note in enumerate(notes, 1)]
    return "\n".join(lines)


def first_line(*argv):
    """The first line a command prints, empty where it cannot be run."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True)
    except OSError:
        return ""
    return (done.stdout or done.stderr).partition("\n")[0].strip()


def machine():
    """One line about the machine."""
    with open("/proc/cpuinfo") as info:
        model = re.search(r"model name\s*:\s*(.+)", info.read())
    with open("/proc/meminfo") as info:
        memory = int(info.readline().split()[1]) / 1024**2
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), "
        f"{memory:.0f} GiB memory, {platform.system()} {platform.release()}"
    )


def versions(context, server):
    """The versions of everything that took part."""
    found = [
        first_line(context.exptool, "--version"),
        first_line("go", "version").removeprefix("go version "),
        "server: PostgreSQL " + server,
        first_line("psql", "--version"),
    ]
    if context.python:
        found.append("Python " + first_line(context.python, "-c", "import platform; print(platform.python_version())"))  # fmt: skip
        found.append(first_line(context.python, "-c",
            "import importlib.metadata as m; print(*(p + ' ' + m.version(p) for p in "
            "('SQLAlchemy', 'psycopg2-binary', 'jsonpickle')), sep=', ')"))  # fmt: skip
    return [line for line in found if line]


def keep(path, rows, names):
    """Puts the rows in the place of those of the same cases in the JSON file beside
    the document, and returns all, in the order of names."""
    path = os.path.splitext(path)[0] + ".json"
    today = datetime.date.today().isoformat()
    for row in rows:
        row.date = today
    kept = []
    if os.path.exists(path):
        with open(path) as file:
            kept = [Row(**row) for row in json.load(file)]
    measured = {row.case for row in rows}
    rows = [row for row in kept if row.case not in measured] + rows
    rows.sort(key=lambda row: names.index(row.case))
    with open(path, "w") as file:
        json.dump([vars(row) for row in rows], file, indent=1, ensure_ascii=False)
        file.write("\n")
    return rows


def write(path, rows, context, server, trials, load):
    """Writes the document."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `scripts/bench`, which makes the databases, installs the peers it",
        "can and measures a command and its peer side by side. Do not edit. A case that",
        "was run alone (`--only`) has a later date than others.",
        "",
        f"- Machine: {machine()}; load {load} at the start",
        f"- Versions: {'; '.join(versions(context, server))}",
        f"- Database: {trials:,} trials, copies of the tutorial experiment with ids,",
        "  participants and references of their own; the catalog is read on 10,000,000",
        "  slim trials with the same columns and indexes",
        "",
        table(rows),
        "",
        "Times are medians of wall time of whole processes, output into a file. A",
        "command and its peer are run in turn, A B A B, after one run of each that does",
        "not count; the ratio is the median of the pairs' ratios. A peer that takes",
        "minutes is run once. Peak memory is the client's largest resident set. The",
        "SQLAlchemy peers (`scripts/benchmark/*.py`) import no PsyNet, read every column",
        "in one SELECT and leave references to rows unresolved: they do less than",
        "PsyNet, whose import alone takes 1.7 s.",
        "",
    ]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("\n".join(lines))
