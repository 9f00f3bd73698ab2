#!/usr/bin/env python3
"""What PsyNet would pay: the oracle of the test of exptool payments.

usage: psynet_bonus.py WAGE MOST < rows.json

WAGE is the wage per hour, MOST max_participant_payment. Standard input is a JSON
list of objects with status, time_credit, performance_reward, base_payment and bonus.
For each, PsyNet's own Participant.calculate_reward, Participant.amount_paid and
Experiment.bonus are run on an object with these fields, and what they give is printed
as a JSON list of three. Needs psynet 13.3.0, no database and no running experiment.
"""

import contextlib
import io
import json
import sys
from types import SimpleNamespace


def main():
    wage, most = map(float, sys.argv[1:])
    import psynet.participant
    from psynet.experiment import Experiment
    from psynet.participant import Participant

    psynet.participant.get_config = lambda: {"wage_per_hour": wage}

    class Person(SimpleNamespace):
        time_reward = Participant.time_reward
        calculate_reward = Participant.calculate_reward
        amount_paid = Participant.amount_paid

        def send_email_max_payment_reached(self, *_):
            pass

    class Study(SimpleNamespace):
        bonus = Experiment.bonus
        check_bonus = Experiment.check_bonus

        def amount_spent(self):
            return 0.0

        outstanding_base_payments = amount_spent

    limits = SimpleNamespace(
        hard_max_experiment_payment=1e9, soft_max_experiment_payment=1e9,
        hard_max_experiment_payment_email_sent=False, max_participant_payment=most,
    )
    results = []
    for row in json.load(sys.stdin):
        person = Person(**row)
        study = Study(base_payment=person.base_payment, var=limits)
        with contextlib.redirect_stdout(io.StringIO()):  # PsyNet tells how it reckons
            results.append([person.calculate_reward(), person.amount_paid(), study.bonus(person)])
    print(json.dumps(results))


if __name__ == "__main__":
    main()
