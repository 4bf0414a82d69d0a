"""numpy's and pandas' values on the wire and back: one JSON line for each case of the list on stdin."""

import collections  # noqa: F401
import datetime  # noqa: F401
import json
import sys

import numpy  # noqa: F401
import pandas  # noqa: F401

sys.path.insert(0, sys.argv[1])

from vivarium.channel import encode  # noqa: E402
from vivarium.values import Encoder, NoTwin, TooLarge, WireError, decode  # noqa: E402


class Sly(numpy.ndarray):
    def tolist(self):
        raise SystemExit("asked")


def told(frame):
    if not hasattr(frame, "columns"):
        return repr(frame)
    types = [str(kind) for kind in frame.dtypes]
    said = {"columns": list(frame.columns), "types": types, "rows": frame.to_dict("list")}
    return json.loads(json.dumps(said, default=str))


for case in json.load(sys.stdin):
    try:
        if "make" in case:
            line = encode({"wire": Encoder(1 << 20).encode(eval(case["make"]))})
        else:
            line = encode({"told": told(decode(case["wire"]))})
    except (NoTwin, TooLarge, WireError) as error:
        line = encode({"refused": f"{type(error).__name__}: {error}"})
    sys.stdout.write(line.decode("ascii"))
