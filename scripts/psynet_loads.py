#!/usr/bin/env python3
"""Loads every row of an experiment's database with PsyNet's own classes: the
oracle of the tests that change rows.

usage: psynet_loads.py URL DIRECTORY [EXPRESSION ...]

DIRECTORY holds the experiment's source (experiment.py and its like); where it is
empty there is none, and the tables are PsyNet's own. Each row of the tables below
is loaded through SQLAlchemy, and each of its columns decoded;
one line a table says how many there were. Then each EXPRESSION is evaluated,
with the classes by their names, and printed as JSON, a line each:
Participant.query.get(5).var.my_dict["value"]; drop() drops the tables as launching
an experiment does. Needs psynet 13.3.0, dallinger
12.4.0 and rq 2.11.0, and neither Redis nor a running experiment. Exit 1 where a
row does not load.
"""

import importlib
import json
import os
import sys
import types
import warnings


def main():
    url, directory, *expressions = sys.argv[1:]
    os.environ["DATABASE_URL"] = url  # read when dallinger.db is imported
    warnings.simplefilter("ignore")

    experiment = types.ModuleType("none")
    if directory:
        package = types.ModuleType("dallinger_experiment")  # as PsyNet names it
        package.__path__ = [directory]
        sys.modules["dallinger_experiment"] = package
        experiment = importlib.import_module("dallinger_experiment.experiment")

    import dallinger.models as models
    import psynet.timeline
    from dallinger import db
    from psynet.bot import Bot
    from psynet.data import drop_all_db_tables
    from psynet.participant import Participant
    from psynet.trial.main import GenericTrialNetwork, GenericTrialNode, Trial
    from sqlalchemy import inspect

    tables = [
        models.Participant, models.Info, models.Node, models.Network, models.Vector, models.Transmission,
        psynet.timeline.Response, psynet.timeline.ModuleState,
    ] + ([experiment.Coin, experiment.Pet] if directory else [])
    for base in tables:
        count = 0
        for row in base.query.all():
            for attribute in inspect(type(row)).column_attrs:
                getattr(row, attribute.key)
            count += 1
        print(base.__tablename__, count)

    def drop():
        db.session.close()  # it has read, and so holds locks
        drop_all_db_tables()

    names = {name: value for name, value in vars(experiment).items() if isinstance(value, type)}
    names |= {"Participant": Participant, "Bot": Bot, "Trial": Trial, "Node": models.Node, "Network": models.Network,
              "Vector": models.Vector, "GenericTrialNetwork": GenericTrialNetwork, "GenericTrialNode": GenericTrialNode, "drop": drop}
    for expression in expressions:
        print(json.dumps(eval(expression, names), default=str))


if __name__ == "__main__":
    main()
