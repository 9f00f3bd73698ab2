"""What a line of the benchmark's table is, and how it is measured."""

import csv
import functools
import sys
from dataclasses import dataclass, field

import databases
import timing


@dataclass
class Context:
    """What the cases run against."""

    exptool: str  # the binary
    python: str  # the peers' interpreter, empty where it could not be made
    out: str  # a directory for what the commands print
    server: str  # URL of the server
    private: dict  # the environment in which exptool finds it, empty where it is not private
    ledger: str  # the tests of package repo, compiled, for their benchmark
    rows: int  # of whole trials
    slim_rows: int  # of slim trials
    number: int  # of participants
    env: dict = field(default_factory=dict)

    @functools.cached_property
    def trials(self):
        """URL of the database of many whole trials, made where a case needs it."""
        return databases.ensure(self.server, "grow", self.rows)

    @functools.cached_property
    def slim(self):
        """URL of the database of very many slim trials."""
        return databases.ensure(self.server, "slim", self.slim_rows)

    @functools.cached_property
    def people(self):
        """URL of the database of many participants."""
        return databases.ensure(self.server, "people", self.number)

    def ours(self, url, *args):
        """An exptool command on a database, ready for timing."""
        argv = [self.exptool, *args, "--db", url] if url else [self.exptool, *args]
        return argv, self.out + "/ours", self.env

    def theirs(self, *argv, env=None):
        """A peer's command, ready for timing."""
        return list(argv), self.out + "/theirs", env

    def script(self, name, *args):
        """A SQLAlchemy peer, ready for timing."""
        if not self.python:
            raise Missing("SQLAlchemy and psycopg2 could not be installed")
        path = f"{sys.path[0]}/{name}"
        return self.theirs(self.python, path, *args, env={"BENCH_URL": self.trials})


class Missing(Exception):
    """A peer is not installed here."""


@dataclass
class Row:
    """A measured line of the table."""

    name: str
    work: str
    peer: str = "—"
    ours: str = ""
    theirs: str = "—"
    result: str = ""  # the ratio, or the time where there is no peer
    target: str = ""
    reached: str = ""
    memory: str = ""
    runs: str = ""
    notes: list = field(default_factory=list)
    case: str = ""  # that it belongs to
    date: str = ""  # of the measurement


def seconds(value):
    """A duration for people."""
    if value < 0.1:
        return f"{value * 1000:.1f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def against(row, pair, at_most, memory=None, times=False):
    """Fills a row from runs in turn against a peer.

    at_most is the ratio to reach, None where the row only informs; times prints
    it as 1/12 rather than 0.08; memory is the most MB that may be resident.
    """
    ratio = pair.ratio()
    row.ours = seconds(timing.wall(pair.ours))
    row.theirs = seconds(timing.wall(pair.theirs))
    row.result = f"1/{1 / ratio:.1f}" if times else f"{ratio:.2f}"
    peak = timing.peak(pair.ours)
    row.memory = f"{peak:.0f} MB, peer {timing.peak(pair.theirs):.0f} MB"
    row.runs = f"{len(pair.ours)}"
    if len(pair.theirs) != len(pair.ours):
        row.runs += f", peer {len(pair.theirs)}"
    if at_most is None:
        row.reached = "—"
        return row
    row.target = f"≤ 1/{round(1 / at_most)}" if times else f"≤ {at_most}"
    reached = ratio <= at_most
    if memory is not None:
        row.target += f", ≤ {memory} MB"
        reached = reached and peak <= memory
    row.reached = "yes" if reached else "**no**"
    return row


def within(row, samples, at_most, less=0):
    """Fills a row from runs without a peer; at_most, and less, the seconds that
    are not what the row is about, are in seconds."""
    took = timing.wall(samples) - less
    row.ours = row.result = seconds(took)
    row.memory = f"{timing.peak(samples):.0f} MB"
    row.runs = f"{len(samples)}"
    if at_most is None:
        row.reached = "—"
        return row
    row.target = f"≤ {at_most * 1000:.0f} ms"
    row.reached = "yes" if took <= at_most else "**no**"
    return row


def records(path):
    """How many records a CSV file has, the header not counted."""
    csv.field_size_limit(1 << 30)
    with open(path, newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def same_records(row, context):
    """Notes it where the two outputs do not have the same number of records."""
    ours, theirs = records(context.out + "/ours"), records(context.out + "/theirs")
    if ours != theirs:
        row.notes.append(f"exptool gave {ours} records and the peer {theirs}")
        row.reached = "**no**"


def same_bytes(path_a, path_b):
    """Whether two files hold the same bytes."""
    with open(path_a, "rb") as a, open(path_b, "rb") as b:
        while True:
            block = a.read(1 << 20)
            if block != b.read(1 << 20):
                return False
            if not block:
                return True
