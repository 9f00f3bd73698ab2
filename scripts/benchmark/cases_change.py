"""The benchmark of the commands that change rows."""

import databases
import timing
from case import Row, against

APPROVE = ("approve", "--where", 'status == "submitted"', "--yes")

# What puts the database back to where a run begins. VACUUM FULL leaves no dead
# rows to the next one, CHECKPOINT no pages to write.
RESET = (
    "DROP SCHEMA IF EXISTS exptool CASCADE",
    "UPDATE participant SET status = 'submitted'",
    "VACUUM FULL ANALYZE participant",
)


def approve_many(context):
    def reset():
        for statement in RESET:
            databases.psql(context.people, "-c", statement)
        try:
            databases.psql(context.people, "-c", "CHECKPOINT")
        except RuntimeError:  # not a superuser: then both are measured without
            pass

    def count(sql):
        return int(databases.psql(context.people, "-c", sql))

    row = Row(
        "approve-many",
        f"`approve --where 'status == \"submitted\"'`, {context.number} participants, with journal",
        "SQLAlchemy loop, one commit",
    )
    ours = context.ours(context.people, *APPROVE)
    argv, out, env = context.script("approve_all.py")
    theirs = (argv, out, {**env, "BENCH_URL": context.people})
    pair = timing.pairs(ours, theirs, runs=3, peer_runs=2, before=reset)
    against(row, pair, 1 / 7, times=True)

    # Once more, to look at what it did.
    reset()
    timing.run([*ours[0], "--show-sql"], ours[1], ours[2])
    with open(ours[1] + ".err") as talk:
        updates = sum(line.startswith("/* exptool */ UPDATE") for line in talk)
    approved = count("SELECT count(*) FROM participant WHERE status = 'approved'")
    journaled = count("SELECT count(*) FROM exptool.change")
    if (updates, approved, journaled) != (1, context.number, context.number):
        row.reached = "**no**"
    row.notes.append(f"{updates} UPDATE, {approved} approved, {journaled} journaled")
    return [row]


CASES = {"approve-many": approve_many}
