"""Values of the wire as Python has them: says back what it understood, one JSON line for each line.

A line is `{"wire": ...}` to decode and encode again, or `{"make": expression}` to encode. Arguments: the runtime's
folder, the budget in bytes, and `numpy` to have numpy and pandas imported.
"""

import array  # noqa: F401
import collections  # noqa: F401
import dataclasses  # noqa: F401
import datetime  # noqa: F401
import decimal  # noqa: F401
import enum  # noqa: F401
import fractions  # noqa: F401
import functools  # noqa: F401
import json
import pathlib  # noqa: F401
import random
import sys
import uuid  # noqa: F401

sys.path.insert(0, sys.argv[1])

from vivarium.channel import encode  # noqa: E402
from vivarium.values import Encoder, NoTwin, TooLarge, WireError, decode  # noqa: E402

BUDGET = int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 24

if "numpy" in sys.argv:
    import numpy  # noqa: F401
    import pandas  # noqa: F401

Point = collections.namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = "red"
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Person:
    name: str
    friends: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Slotted:
    __slots__ = ("a",)
    a: int


def invent(seed):
    """A value that comes back as it is: what docs/values.md says is lost is not in it."""
    dice = random.Random(seed)

    def text():
        # Surrogates that belong together would be one character elsewhere.
        points = [dice.choice([dice.randrange(128), dice.randrange(0xD800), 0x1F40D]) for _ in range(dice.randrange(9))]
        return "".join(map(chr, points))

    def number():
        large = [dice.getrandbits(60), -dice.getrandbits(200), 2**53]
        return dice.choice([dice.randrange(-9, 9), dice.uniform(-1, 1), -0.0, *large])

    def hashable(depth):
        if depth < 3 and dice.random() < 0.2:
            return hashable(depth + 1), hashable(depth + 1)
        span = datetime.timedelta(microseconds=dice.getrandbits(50))
        return dice.choice([lambda: number() or 1, text, lambda: text().encode(), lambda: span])()

    def value(depth):
        made = [
            number,
            text,
            lambda: None,
            lambda: True,
            lambda: text().encode("utf-8", "surrogatepass"),
            lambda: decimal.Decimal(dice.getrandbits(90)).scaleb(-9),
            lambda: datetime.date.fromordinal(dice.randrange(1, 3_000_000)),
            lambda: uuid.UUID(int=dice.getrandbits(128)),
            lambda: array.array("d", [dice.random() for _ in range(dice.randrange(9))]),
            lambda: [dice.random() + 0.001 for _ in range(dice.randrange(150))],
            lambda: [dice.getrandbits(dice.randrange(1, 64)) for _ in range(dice.randrange(150))],
            lambda: [value(depth + 1) for _ in range(dice.randrange(5))] if depth < 5 else [],
            lambda: {"k" + text(): value(depth + 1) for _ in range(dice.randrange(5))} if depth < 5 else {},
            lambda: {0.25: 1, **{hashable(0): value(depth + 1) for _ in range(dice.randrange(5))}} if depth < 5 else {},
        ]
        return dice.choice(made)()

    return value(0)


def shown(value):
    try:
        return repr(value)[:1000]
    except ValueError:
        return "(an integer of too many digits)"


def answer(line):
    request = json.loads(line)
    try:
        value = decode(request["wire"]) if "wire" in request else eval(request["make"])
        said = {"wire": Encoder(BUDGET).encode(value), "repr": shown(value), "type": type(value).__name__}
        if len(encode(said["wire"])) - 1 > BUDGET:
            raise SystemExit(f"the encoder's budget was too small a guess: {line[:200]}")
        return said
    except (NoTwin, TooLarge, WireError) as error:
        return {"refused": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    sys.stdout.write(encode(answer(line)).decode("ascii"))
