"""Peer: `CustomTrial.query.filter_by(participant_id=5).all()`, as CSV."""

import sys

from models import AnyTrial, trials, write_csv

write_csv(trials().filter(AnyTrial.participant_id == int(sys.argv[1])).all(), sys.stdout)
