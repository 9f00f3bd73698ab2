"""Spawns commands for timing.py: a JSON request a line in, a JSON answer a line out.

A process of its own, and a small one: the kernel carries the high-water mark of
resident memory of whoever spawns a program over into that program's, so no peak
below this process's own size (about 10 MB) can be seen.
"""

import json
import os
import sys
import time

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

for line in sys.stdin:
    request = json.loads(line)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, request["out"], FLAGS, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, request["err"], FLAGS, 0o644),
    ]
    argv, environ = request["argv"], {**os.environ, **request["env"]}
    before = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    took = time.perf_counter() - before
    answer = {
        "code": os.waitstatus_to_exitcode(status),
        "wall": took,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1000,
    }
    print(json.dumps(answer), flush=True)
