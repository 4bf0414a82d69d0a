"""Compiles every file below a folder, as Python 3.9 too, and looks at what it imports. Says how many files there are."""

from __future__ import annotations

import ast
import os
import sys
from typing import Iterator, List

_OLDEST = (3, 9)


def main(folder: str) -> None:
    paths = [
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(".py")
    ]
    faults = [fault for path in sorted(paths) for fault in _check(path, folder)]
    if faults:
        sys.exit("\n".join(faults))
    print(len(paths), "files")


def _check(path: str, folder: str) -> Iterator[str]:
    with open(path, encoding="utf-8") as file:
        source = file.read()
    shown = os.path.relpath(path, folder)
    try:
        compile(source, path, "exec")
        tree = ast.parse(source, path, feature_version=_OLDEST)
    except SyntaxError as error:
        yield f"{shown}:{error.lineno}: {error.msg}"
        return
    for node in ast.walk(tree):
        for module in _imported(node):
            if module not in _allowed(folder):
                yield f"{shown}:{node.lineno}: imports {module}, which is not of the standard library"


def _imported(node: ast.AST) -> List[str]:
    """First parts of what the statement imports from elsewhere."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [(node.module or "").partition(".")[0]]
    return []


def _allowed(folder: str) -> frozenset[str]:
    own = {"vivarium"} if os.path.isdir(os.path.join(folder, "vivarium")) else set()
    return frozenset(own) | _standard()


def _standard() -> frozenset[str]:
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return frozenset(known)
    # Python 3.9 has no such list: what is in its folder, and what is built in.
    folder = os.path.dirname(os.__file__)
    dynamic = os.path.join(folder, "lib-dynload")
    names = [name for place in (folder, dynamic) if os.path.isdir(place) for name in os.listdir(place)]
    return frozenset(name.partition(".")[0] for name in names) | frozenset(sys.builtin_module_names)


main(sys.argv[1])
