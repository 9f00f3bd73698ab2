#!/usr/bin/env python3
"""Exports an experiment's database as PsyNet itself does: the oracle of the tests of
exptool export, and what its speed is measured against.

usage: psynet_export.py URL DIRECTORY OUT

DIRECTORY holds the experiment's source (experiment.py and its like). What psynet
export local writes into its folder data goes to OUT. Needs psynet 13.3.0, dallinger
12.4.0 and rq 2.11.0, and neither Redis nor a running experiment.
"""

import importlib
import os
import sys
import types
import warnings


def main():
    url, directory, out = sys.argv[1:]
    os.environ["DATABASE_URL"] = url  # read when dallinger.db is imported
    warnings.simplefilter("ignore")
    package = types.ModuleType("dallinger_experiment")  # as PsyNet names it
    package.__path__ = [directory]
    sys.modules["dallinger_experiment"] = package
    experiment = importlib.import_module("dallinger_experiment.experiment")

    import psynet.data
    import psynet.experiment

    # The export asks the experiment for two attributes of its class.
    own = object.__new__(experiment.Exp if hasattr(experiment, "Exp") else psynet.experiment.Experiment)
    psynet.experiment.get_experiment = lambda: own
    psynet.data.dump_db_to_disk(out, scrub_pii=False)


if __name__ == "__main__":
    main()
