"""Makes the benchmark's databases, once, in a server that is already running."""

import gzip
import hashlib
import os
import subprocess
import sys
import time
from urllib.parse import urlsplit, urlunsplit

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SAMPLE = os.path.join(ROOT, "internal", "sample", "tutorial.sql.gz")


def at(server, database):
    """The server's URL with another database in it."""
    return urlunsplit(urlsplit(server)._replace(path="/" + database))


def psql(url, *args, text=None):
    """Runs psql and returns what it printed."""
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *args, url],
        input=text,
        capture_output=True,
    )
    if done.returncode != 0:
        raise RuntimeError("psql: " + done.stderr.decode(errors="replace").strip())
    return done.stdout.decode().strip()


def stamp(script):
    """What a database is made from: another script or sample makes it stale."""
    digest = hashlib.sha256()
    for path in (script, SAMPLE):
        with open(path, "rb") as file:
            digest.update(file.read())
    return "exptool bench " + digest.hexdigest()[:16]


def ensure(server, kind, trials):
    """Returns the URL of the database of so many trials, made by kind.sql.

    The database's comment is set last and names what it was made from, so a
    half-made or stale one is made again.
    """
    script = os.path.join(HERE, kind + ".sql")
    name = f"exptool_bench_{kind}_{trials}"
    url = at(server, name)
    admin = at(server, "postgres")
    made_from = psql(
        admin,
        "-c",
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
        f"WHERE datname = '{name}'",
    )
    if made_from == stamp(script):
        return url
    print(f"making {name} … ", end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    psql(admin, "-c", f"DROP DATABASE IF EXISTS {name}")
    psql(admin, "-c", f"CREATE DATABASE {name}")
    with gzip.open(SAMPLE) as dump:
        psql(url, text=dump.read())
    psql(url, "-v", f"trials={trials}", "-f", script)
    try:
        psql(admin, "-c", "CHECKPOINT")
    except RuntimeError:  # not a superuser: the server writes on for a while
        pass
    psql(admin, "-c", f"COMMENT ON DATABASE {name} IS '{stamp(script)}'")
    print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    return url
