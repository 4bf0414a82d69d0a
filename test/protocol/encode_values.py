"""Encodes the values of Python expressions (a JSON list on stdin) as a cell's output is, one JSON line each."""

import datetime  # noqa: F401
import functools  # noqa: F401
import json
import sys

sys.path.insert(0, sys.argv[1])

from vivarium.channel import encode  # noqa: E402
from vivarium.values import Encoder, NoTwin, TooLarge  # noqa: E402

BUDGET = 50_000

for expression in json.load(sys.stdin):
    try:
        line = encode({"encoded": Encoder(BUDGET).encode(eval(expression))})
        if len(line) > BUDGET:
            line = encode({"refused": "the encoder's budget was too small a guess"})
    except (NoTwin, TooLarge) as error:
        line = encode({"refused": f"{type(error).__name__}: {error}"})
    sys.stdout.write(line.decode("ascii"))
