"""Peer: `Trial.query.all()`, decoded, through Python's CSV writer."""

import sys

from models import trials, write_csv

write_csv(trials().all(), sys.stdout)
