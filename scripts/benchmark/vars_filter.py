"""Peer: counting trials by a value in `vars`, which "is difficult in SQL".

The tutorial's way is a Python loop over `Trial.query.all()`. `vars` is read
with the rows: left deferred, as PsyNet declares it, the loop would send a
SELECT for each trial.
"""

from models import Trial
from sqlalchemy.orm import undefer

n = 0
for trial in Trial.query.options(undefer(Trial.vars)).all():
    value = (trial.vars or {}).get("my_dict", {}).get("value")
    if value is not None and value > 3:
        n += 1
print(n)
