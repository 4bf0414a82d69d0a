"""The names of modules that could be imported, from what is imported already and from folders; nothing is imported."""

from __future__ import annotations

import sys
from os import listdir, stat
from typing import Any, Callable, Iterator, List, Optional, Tuple

from .guard import stdlib_names
from .lookup import MODULES, UNKNOWN, entry, items_of, own_names

_MOST_FOLDERS = 50
_MOST_ENTRIES = 5000
# The ends of the files that are modules.
_SOURCE, _LIBRARY = ".py", ".so"

Allowed = Optional[Callable[[str], bool]]


def modules(package: str, allowed: Allowed) -> Iterator[str]:
    """The modules right below a package, or the top-level ones for an empty name; names may come more than once."""
    for name in _found(package):
        if allowed is None or allowed(f"{package}.{name}" if package else name):
            yield name


def members_of_module(name: str, allowed: Allowed) -> Iterator[Tuple[str, Any]]:
    """What `from name import` could take: what the module has, if it is imported, and modules below it, as UNKNOWN."""
    module = MODULES.get(name)
    if module is not None:
        yield from items_of(own_names(module))
    for found in modules(name, allowed):
        yield found, UNKNOWN


def _found(package: str) -> Iterator[str]:
    prefix = f"{package}." if package else ""
    for name in list(MODULES):
        if type(name) is str and name.startswith(prefix):
            yield name[len(prefix) :].partition(".")[0]
    if not package:
        yield from sys.builtin_module_names
        yield from stdlib_names()
    for folder in _folders(package):
        yield from _in_folder(folder)


def _folders(package: str) -> List[str]:
    own = entry(own_names(MODULES[package]), "__path__") if package in MODULES else UNKNOWN
    if type(own) is list:
        folders = own
    else:
        below = package.replace(".", "/")
        folders = [f"{path}/{below}" for path in sys.path[:_MOST_FOLDERS] if type(path) is str and path]
    return [folder for folder in folders[:_MOST_FOLDERS] if type(folder) is str]


def _in_folder(folder: str) -> Iterator[str]:
    try:
        names = listdir(folder)[:_MOST_ENTRIES]
    except OSError:
        return
    for name in names:
        stem, dot, _ = name.partition(".")
        if name.endswith((_SOURCE, _LIBRARY)) or (not dot and stem.isidentifier() and _is_package(f"{folder}/{name}")):
            yield stem


def _is_package(folder: str) -> bool:
    try:
        stat(f"{folder}/__init__.py")
        return True
    except (OSError, ValueError):
        return False
