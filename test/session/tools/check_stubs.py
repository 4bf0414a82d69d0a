"""Compiles the stubs on standard input, calls nothing, and says what Python makes of each as JSON."""

from __future__ import annotations

import inspect
import json
import sys


def describe(name: str, stub: str) -> object:
    space: dict = {}
    exec(compile("from __future__ import annotations\n" + stub, "<stub>", "exec"), space)
    function = space[name]
    parameters = inspect.signature(function).parameters.values()
    return {
        "doc": inspect.getdoc(function),
        "names": [parameter.name for parameter in parameters],
        "required": [parameter.name for parameter in parameters if parameter.default is parameter.empty],
        "annotations": function.__annotations__,
    }


if __name__ == "__main__":
    stubs = json.load(sys.stdin)
    json.dump([describe(stub["name"], stub["stub"]) for stub in stubs], sys.stdout)
