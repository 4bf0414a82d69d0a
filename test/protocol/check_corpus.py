"""Checks every case of corpus.json as the Python side does, and prints the verdicts as one JSON list."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from vivarium.channel import ProtocolError, decode  # noqa: E402
from vivarium.protocol import checker  # noqa: E402


def line_of(case):
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    parts = case["line"] if isinstance(case["line"], list) else [case["line"]]
    texts = [part if isinstance(part, str) else part[0] * part[1] for part in parts]
    return "".join(texts).encode("utf-8")


def verdict(case):
    try:
        checker(case["schema"])(decode(line_of(case)))
    except ProtocolError:
        return "refused"
    except BaseException as error:
        # The keeper catches nothing else: this would end the session.
        return f"{type(error).__name__}: {error}"
    return "accepted"


with open(sys.argv[2], encoding="utf-8") as file:
    print(json.dumps([verdict(case) for case in json.load(file)["cases"]]))
