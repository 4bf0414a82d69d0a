"""Runs the steps of a list on stdin against one namespace, and says what came of each, one JSON line each.

A step is `["exec", source]`, `["assign", variables]`, `["fetch", name, budget]` or `["list", hidden, most]`.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from vivarium import values, variables  # noqa: E402,F401
from vivarium.channel import encode  # noqa: E402

namespace = {"__name__": "__main__"}


def take(step):
    kind, *arguments = step
    if kind == "exec":
        exec(arguments[0], namespace)
    elif kind == "assign":
        variables.assign(namespace, arguments[0])
    elif kind == "fetch":
        return variables.fetch(namespace, *arguments)
    elif kind == "list":
        return variables.listing(namespace, *arguments)
    return None


for step in json.load(sys.stdin):
    try:
        said = {"value": take(step)}
    except Exception as error:
        said = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(encode(said).decode("ascii"))
