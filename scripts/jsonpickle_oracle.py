#!/usr/bin/env python3
"""What the real jsonpickle makes of a text, as plain JSON: the oracle of the
tests of internal/pyjson.

Without flags: reads jsonpickle texts from stdin, one a line, each as a JSON
string, and prints for each the plain JSON of the decoded value. Only texts
whose tags name builtins, datetime and the like belong here: others would be
imported.

--generate N --seed S: prints N random Python values, a line each:
{"text": what jsonpickle writes, "plain": the plain JSON of the value}. The
values share parts, so the texts hold py/id.

--edits: reads edits from stdin, a line each: {"before", "after", "path", "op"},
where op is replace, add or remove, and prints for each "same" if the two texts
decode to the same values everywhere but at the path, with the same parts shared,
else what differs.
"""

import argparse
import base64
import collections
import datetime
import decimal
import json
import random
import sys
import types
import uuid
import warnings

import jsonpickle

warnings.simplefilter("ignore")


class Thing:
    """An object with attributes; its class name is all that is compared."""


def seconds(delta):
    micros = (delta.days * 86400 + delta.seconds) * 10**6 + delta.microseconds
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), 10**6)
    return Number(sign + str(whole) + ("." + f"{rest:06d}".rstrip("0") if rest else ""))


class Number(str):
    """The text of a number, to be written as it is."""


def plain(x):
    """The plain form: nothing but dict, list, str, numbers, bool and None."""
    if x is None or isinstance(x, (bool, int, float)):
        return x
    if isinstance(x, str):
        return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in x)
    if isinstance(x, bytes):
        return base64.b64encode(x).decode()
    if isinstance(x, datetime.timedelta):
        return seconds(x)
    if isinstance(x, (datetime.datetime, datetime.date, datetime.time)):
        return x.isoformat()
    if isinstance(x, decimal.Decimal):
        return Number(x)
    if isinstance(x, uuid.UUID):
        return str(x)
    if isinstance(x, type):
        return f"{x.__module__}.{x.__qualname__}"
    if isinstance(x, (types.FunctionType, types.BuiltinFunctionType)):
        return f"{x.__module__}.{x.__qualname__}"
    if isinstance(x, (set, frozenset)):
        return sorted((plain(v) for v in x), key=dump)
    if isinstance(x, (list, tuple, collections.deque)):
        return [plain(v) for v in x]
    if isinstance(x, dict):
        return {key(k): plain(v) for k, v in x.items()}
    if isinstance(x, Thing):
        return {"class": f"{Thing.__module__}.Thing", **{k: plain(v) for k, v in vars(x).items()}}
    raise TypeError(type(x))


def key(k):
    """A key is the text of its plain form, as a cell of a table shows it."""
    p = plain(k)
    return str(p) if isinstance(p, str) else dump(p)


def dump(p):
    if isinstance(p, Number):
        return str(p)
    if isinstance(p, list):
        return "[" + ",".join(map(dump, p)) + "]"
    if isinstance(p, dict):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + dump(v) for k, v in p.items()) + "}"
    return json.dumps(p, ensure_ascii=False)


class Generator:
    def __init__(self, rng, keys):
        self.rng = rng
        self.keys = keys
        self.pool = []  # what later parts may share

    def text(self):
        alphabet = "abc 'é€😀\"\\/\n\t\x01\x7f\u2028\0"
        return "".join(self.rng.choice(alphabet) for _ in range(self.rng.randrange(6)))

    def zone(self):
        shared = [z for z in self.pool if isinstance(z, datetime.tzinfo)]
        if shared and self.rng.random() < 0.5:
            return self.rng.choice(shared)
        minutes = self.rng.randrange(-1439, 1440)
        zone = datetime.timezone(datetime.timedelta(minutes=minutes, seconds=self.rng.choice([0, 0, 7])))
        self.pool.append(zone)
        return zone

    def moment(self):
        r = self.rng
        zone = self.zone() if r.random() < 0.3 else None
        micros = r.choice([0, r.randrange(10**6)])
        return datetime.datetime(
            r.randrange(1, 10000), r.randrange(1, 13), r.randrange(1, 29),
            r.randrange(24), r.randrange(60), r.randrange(60), micros, zone,
        )

    def scalar(self):
        r = self.rng
        return r.choice([
            lambda: None,
            lambda: r.random() < 0.5,
            lambda: r.randrange(-10, 10),
            lambda: r.randrange(-(2**80), 2**80),
            lambda: r.uniform(-10, 10) * 10 ** r.randrange(-20, 20),
            lambda: r.choice([float("nan"), float("inf"), float("-inf"), -0.0]),
            self.text,
            lambda: self.text().encode(),
        ])()

    def special(self):
        r = self.rng
        return r.choice([
            self.moment,
            lambda: self.moment().date(),
            lambda: self.moment().timetz(),
            lambda: datetime.timedelta(r.randrange(-500, 500), r.randrange(86400), r.randrange(10**6)),
            lambda: decimal.Decimal(r.randrange(-(10**6), 10**6)).scaleb(-r.randrange(4)),
            lambda: uuid.UUID(int=r.getrandbits(128)),
            lambda: r.choice([int, datetime.datetime, Thing]),
            lambda: len,
            # Small integers in a set keep their order, so texts can be compared.
            lambda: set(sorted(r.sample(range(8), r.randrange(4)))),
            lambda: frozenset(sorted(r.sample(range(8), r.randrange(4)))),
            lambda: {self.moment()},
            lambda: {(1, self.text())},
        ])()

    def dict_key(self):
        if not self.keys or self.rng.random() < 0.7:
            return self.text()
        return self.rng.choice([
            lambda: self.rng.randrange(100),
            lambda: (self.rng.randrange(100), self.text()),
            lambda: None,
            lambda: True,
            lambda: self.moment(),
            lambda: uuid.UUID(int=self.rng.getrandbits(128)),
        ])()

    def mapping(self, depth):
        d = {self.dict_key(): self.value(depth + 1) for _ in range(self.rng.randrange(5))}
        # jsonpickle writes keys that are no strings behind those that are, and
        # two keys that look alike would be one to us.
        d = dict(sorted(d.items(), key=lambda kv: not isinstance(kv[0], str)))
        seen = {}
        for k, v in d.items():
            if key(k) not in map(key, seen):
                seen[k] = v
        return seen

    def thing(self, depth):
        t = Thing()
        for name in self.rng.sample(["a", "b", "_c"], self.rng.randrange(4)):
            setattr(t, name, self.value(depth + 1))
        return t

    def value(self, depth=0):
        r = self.rng
        if self.pool and r.random() < 0.2:
            shared = r.choice(self.pool)
            if not isinstance(shared, datetime.tzinfo):
                return shared
        if depth > 4 or depth and r.random() < 0.4:
            return self.scalar()
        items = lambda: [self.value(depth + 1) for _ in range(r.randrange(5))]
        x = r.choice([
            items,
            items,
            lambda: self.mapping(depth),
            lambda: self.mapping(depth),
            lambda: tuple(items()),
            lambda: self.thing(depth),
            lambda: collections.OrderedDict((self.text(), v) for v in items()),
            lambda: collections.deque(items()),
            lambda: collections.defaultdict(list, ((self.text(), v) for v in items())),
            self.special,
        ])()
        self.pool.append(x)
        return x


def generate(count, seed):
    for i in range(count):
        keys = i % 2 == 1
        x = Generator(random.Random(f"{seed}/{i}"), keys).value()
        print(json.dumps({"text": jsonpickle.encode(x, keys=keys), "plain": dump(plain(x))}))


def child(x, step):
    """The container's own key for a step of a path, and what is there."""
    if isinstance(x, Thing):
        return step, vars(x)[step]
    if isinstance(x, dict):
        for k, v in x.items():
            if key(k) == step:
                return k, v
        raise LookupError(step)
    return int(step), x[int(step)]


def graph(x, hole, seen, pool):
    """The value as nested tuples, what was met before as its number, and SENTINEL
    at the hole: a container and the key in it."""
    if isinstance(x, (dict, list, Thing, collections.deque)):
        if id(x) in seen:
            return ("again", seen[id(x)])
        seen[id(x)] = len(seen)
        pool.append(x)  # its id must stay its own

    def inside(k, v):
        if hole is not None and x is hole[0] and k == hole[1]:
            return "SENTINEL"
        return graph(v, hole, seen, pool)

    name = type(x).__name__
    if isinstance(x, Thing):
        return (name, tuple(("key", k, inside(k, v)) for k, v in vars(x).items()))
    if isinstance(x, dict):
        return (name, tuple(("key", key(k), inside(k, v)) for k, v in x.items()))
    if isinstance(x, (list, tuple, collections.deque)):
        return (name, tuple(inside(i, v) for i, v in enumerate(x)))
    return (name, dump(plain(x)))


def without_sentinel(g):
    if not isinstance(g, tuple):
        return g
    return tuple(without_sentinel(v) for v in g if v != "SENTINEL" and not (
        isinstance(v, tuple) and v[:1] == ("key",) and v[2] == "SENTINEL"))


def edited(line):
    """The graphs before and after an edit, both without what it edited."""
    graphs = []
    for name, absent in (("before", line["op"] == "add"), ("after", line["op"] == "remove")):
        x = jsonpickle.decode(line[name], keys=True)
        container, hole = x, None
        if not absent:
            *above, last = line["path"]
            for step in above:
                container = child(container, step)[1]
            hole = (container, child(container, last)[0])
        graphs.append(without_sentinel(graph(x, hole, {}, [])))
    return graphs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generate", type=int, metavar="N")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--edits", action="store_true")
    args = parser.parse_args()
    if args.generate is not None:
        generate(args.generate, args.seed)
        return
    if args.edits:
        for line in sys.stdin:
            before, after = edited(json.loads(line))
            print("same" if before == after else f"{before} is now {after}")
        return
    for line in sys.stdin:
        print(dump(plain(jsonpickle.decode(json.loads(line), keys=True))))


if __name__ == "__main__":
    main()
