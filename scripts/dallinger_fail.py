#!/usr/bin/env python3
"""What Dallinger's own fail() does: the oracle of `exptool fail` on a database that
is Dallinger's alone.

usage: dallinger_fail.py URL make
       dallinger_fail.py URL fail TABLE ID [REASON]

make creates Dallinger's tables and a small network of two participants in them;
fail calls fail() of a row. Needs dallinger 12.4.0.
"""

import os
import sys


def make(db, models):
    db.Base.metadata.create_all(bind=db.engine)
    network = models.Network(max_size=10)
    db.session.add(network)
    people = [
        models.Participant(recruiter_id="hotair", worker_id=str(i), assignment_id=str(i), hit_id="h", mode="debug")
        for i in (1, 2)
    ]
    db.session.add_all(people)
    db.session.flush()
    nodes = []
    for i in range(4):
        nodes.append(models.Node(network=network, participant=people[i // 2]))
        db.session.add(nodes[-1])
    db.session.flush()
    nodes[0].connect(nodes[1:], direction="both")
    nodes[2].connect(nodes[3])
    infos = [models.Info(origin=node, contents=str(node.id)) for node in nodes]
    db.session.add_all(infos)
    db.session.flush()
    nodes[0].transmit(what=infos[0], to_whom=nodes[2])
    nodes[2].receive()
    nodes[2].replicate(infos[0])
    nodes[2].transmit(what=infos[2], to_whom=nodes[3])
    db.session.add(models.Question(participant=people[0], question="q", response="r", number=1))
    db.session.commit()


def main():
    url, what, *rest = sys.argv[1:]
    os.environ["DATABASE_URL"] = url  # read when dallinger.db is imported
    import dallinger.models as models
    from dallinger import db

    if what == "make":
        return make(db, models)
    classes = {m.__tablename__: m for m in (models.Participant, models.Network, models.Node, models.Vector, models.Info)}
    table, row, *reason = rest
    classes[table].query.get(int(row)).fail(*reason)
    db.session.commit()


if __name__ == "__main__":
    main()
