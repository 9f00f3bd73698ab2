"""Runs commands and says what each took: wall time, CPU time, peak memory.

Everything is of the whole process, from before it is spawned until it has been
waited for, as the kernel accounts it (wait4).
"""

import functools
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass


class CommandFailed(Exception):
    """A command that was to be timed ended with an error."""


@dataclass
class Sample:
    """One run of one command."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    peak: float  # MB of resident memory; see spawn.py for the least that shows


@dataclass
class Pairs:
    """Runs of two commands in turn, A B A B."""

    ours: list
    theirs: list

    def ratio(self):
        """Median over the pairs of ours/theirs; where the peer was run less often,
        of our median over its median."""
        if len(self.ours) == len(self.theirs):
            return statistics.median(
                a.wall / b.wall for a, b in zip(self.ours, self.theirs)
            )
        return wall(self.ours) / wall(self.theirs)


def wall(samples):
    """Median wall time in seconds."""
    return statistics.median(s.wall for s in samples)


def cpu(samples):
    """Median CPU time in seconds."""
    return statistics.median(s.cpu for s in samples)


def peak(samples):
    """The highest peak memory in MB."""
    return max(s.peak for s in samples)


@functools.cache
def spawner():
    """The process that spawns; it ends with this one, when its input closes."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "spawn.py")
    return subprocess.Popen(
        [sys.executable, "-IS", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run(argv, out, env=None):
    """Runs argv once with its output in the file `out`; `out`.err has stderr.

    A file and not /dev/null: some programs skip work for /dev/null. The file is
    removed before, so that no run pays for truncating another's output.
    """
    err = out + ".err"
    for path in (out, err):
        if os.path.exists(path):
            os.unlink(path)
    request = {"argv": argv, "out": out, "err": err, "env": env or {}}
    process = spawner()
    print(json.dumps(request), file=process.stdin, flush=True)
    line = process.stdout.readline()
    if not line:
        raise CommandFailed(f"{argv[0]} cannot be started")
    answer = json.loads(line)
    if answer["code"] != 0:
        with open(err, errors="replace") as text:
            first = text.readline().strip()
        name = os.path.basename(argv[0])
        raise CommandFailed(f"{name}: exit {answer['code']}: {first}")
    return Sample(answer["wall"], answer["cpu"], answer["peak"])


def pairs(ours, theirs, runs, peer_runs=None, before=lambda: None):
    """Times two commands in turn. Each is (argv, out, env); before is called, and
    not timed, before each run of one that changes what it runs on.

    One run of each goes before and does not count. peer_runs bounds the runs of
    a peer that takes minutes: with 1 it is run once and that counts.
    """
    peer_runs = runs if peer_runs is None else peer_runs
    result = Pairs([], [])

    def timed(command):
        before()
        return run(*command)

    timed(ours)
    if peer_runs > 1:
        timed(theirs)
    for i in range(runs):
        result.ours.append(timed(ours))
        if i < peer_runs:
            result.theirs.append(timed(theirs))
    return result


def alone(ours, runs):
    """Times one command that has no peer."""
    run(*ours)
    return [run(*ours) for _ in range(runs)]
