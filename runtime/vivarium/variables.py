"""The names of a session: set, read and listed from outside."""

from __future__ import annotations

import keyword
from typing import Any, Collection, Dict, List

from .brief import brief, what_it_is
from .twins import words_for
from .unwire import decode
from .values import Encoder

Namespace = Dict[str, Any]

_MOST_NAMES = 500
_NAME_CHARS = 300


class BadName(ValueError):
    """A name that no cell could use."""


def assign(namespace: Namespace, variables: List[Dict[str, Any]]) -> None:
    """Sets all of them, or none: raises BadName or WireError before anything is set."""
    namespace.update([(_identifier(each["name"]), decode(each["value"], each["name"])) for each in variables])


def fetch(namespace: Namespace, name: str, budget: int) -> Any:
    """The wire value of a variable; raises NameError, NoTwin with the place inside it, or TooLarge."""
    try:
        value = namespace[name]
    except KeyError:
        raise NameError(f"name {name[:_NAME_CHARS]!r} is not defined") from None
    return Encoder(budget, name).encode(value)


def listing(namespace: Namespace, hidden: Collection[str] = (), most: int = _MOST_NAMES) -> List[Dict[str, str]]:
    """Name, type and short text of each variable in the order they were made, without running any of their code.

    Modules and names with two underscores at both ends are left out. When there are more than `most`, an entry named
    `...` at the end says how many more.
    """
    # In one step, because a thread of the cell's may still change it.
    shown = [pair for pair in list(namespace.items()) if _is_shown(*pair) and pair[0] not in hidden]
    listed = [_line(name, value) for name, value in shown[:most]]
    if len(shown) > most:
        listed.append({"name": "...", "type": "", "text": f"{len(shown) - most} more names"})
    return listed


def _line(name: str, value: Any) -> Dict[str, str]:
    return {"name": name[:_NAME_CHARS], "type": what_it_is(value), "text": brief(value)}


def _is_shown(name: Any, value: Any) -> bool:
    if type(name) is not str or not name.isidentifier() or name.startswith("__") and name.endswith("__"):
        return False
    return words_for(value, type(value)) != "a module"


def _identifier(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise BadName(f"{name[:_NAME_CHARS]!r} is no name that Python has for a variable")
    if name.startswith("__") and name.endswith("__"):
        raise BadName(f"{name[:_NAME_CHARS]!r} is one of Python's own names")
    if name.isascii():
        return name
    import unicodedata

    # As Python itself reads names.
    return unicodedata.normalize("NFKC", name)
