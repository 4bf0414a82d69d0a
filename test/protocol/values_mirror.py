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
