"""A value in a few words: bounded, and without running anything of the value's own."""

from __future__ import annotations

import datetime
import sys
import types
from typing import Any, List

from . import twins
from .text import cut, type_name

_CHARS = 200
_NAME_CHARS = 100
_DEEPEST = 4
_MOST_BITS = 400
# numpy's letters for numbers that Python has too.
_NUMBERS = "?bhilqBHILQefd"


def what_it_is(value: Any) -> str:
    """The name of its type."""
    return cut(type_name(value), _NAME_CHARS)


def brief(value: Any, limit: int = _CHARS) -> str:
    """At most `limit` characters, as Python would write a plain value; what is not plain is named only."""
    writer = _Writer(limit)
    writer.write(value, 0)
    text = "".join(writer.parts)
    return text if len(text) <= limit else text[: limit - 3] + "..."


class _Writer:
    """Writes until there is enough."""

    def __init__(self, limit: int) -> None:
        self.parts: List[str] = []
        self._room = limit

    def add(self, text: str) -> None:
        self.parts.append(text)
        self._room -= len(text)

    def write(self, value: Any, depth: int) -> None:
        kind = type(value)
        if type(kind) is not type:
            # Comparing its class with others would call what a metaclass says.
            self.add(_other(value, kind))
        elif kind in _EMPTY:
            self._container(value, kind, depth)
        elif kind in (str, bytes, bytearray):
            # No more than would be shown is even looked at; what is cut has no closing quote.
            shown = repr(value[: _CHARS + 1])
            self.add(shown if len(value) <= _CHARS else shown[:-1])
        elif kind is int:
            self.add(repr(value) if value.bit_length() <= _MOST_BITS else f"<int of {value.bit_length()} bits>")
        elif value is None or value is Ellipsis or kind in (bool, float, complex):
            self.add(repr(value))
        elif kind is range:
            self._container([value.start, value.stop, value.step], kind, depth)
        elif _is_numpy_number(value, kind):
            self.write(value.item(), depth)
        else:
            self.add(_other(value, kind))

    def _container(self, value: Any, kind: type, depth: int) -> None:
        opening, closing = _BRACKETS[kind]
        if not value:
            self.add(_EMPTY[kind])
        elif depth >= _DEEPEST:
            self.add(f"{opening}...{closing}")
        else:
            self.add(opening)
            separator = ""
            for item in _first(value.items() if kind is dict else value, self._room):
                self.add(separator)
                if self._room < 0:
                    return
                if kind is dict:
                    self.write(item[0], depth + 1)
                    self.add(": ")
                    item = item[1]
                self.write(item, depth + 1)
                separator = ", "
            self.add(",)" if kind is tuple and len(value) == 1 else closing)


def _first(value: Any, most: int) -> List[Any]:
    """As many members as could be shown."""
    found: List[Any] = []
    try:
        for item in value:
            if len(found) > most:
                break
            found.append(item)
    except RuntimeError:
        # A thread of the cell's changed it meanwhile.
        pass
    return found


def _is_numpy_number(value: Any, kind: type) -> bool:
    # What they hold is a plain value, but for long doubles and moments.
    if not twins.is_from(kind, "numpy") or not issubclass(kind, sys.modules["numpy"].generic):
        return False
    return value.dtype.char in _NUMBERS


def _other(value: Any, kind: type) -> str:
    if kind is types.FunctionType or kind is types.BuiltinFunctionType:
        name = value.__name__
        return f"function {cut(name, _NAME_CHARS) if type(name) is str else '?'}"
    if issubclass(kind, type):
        return f"class {cut(twins.name_of(value), _NAME_CHARS)}"
    if kind is datetime.datetime:
        zone = "" if value.tzinfo is None else " with a time zone"
        return datetime.datetime.isoformat(value.replace(tzinfo=None), " ") + zone
    scalar = twins.as_scalar(value, kind)
    if scalar:
        return f"{what_it_is(value)}({scalar[1]!r})"
    if twins.is_from(kind, "numpy") and twins.name_of(kind) == "ndarray":
        return f"array of {cut(str(value.dtype), 60)}, shape {value.shape}"
    if twins.is_from(kind, "pandas") and twins.name_of(kind) == "DataFrame":
        rows, columns = value.shape
        return f"{rows} rows, {columns} columns"
    if twins.is_from(kind, "pandas") and twins.name_of(kind) == "Series":
        return f"{value.shape[0]} values of {cut(str(value.dtype), 60)}"
    return f"<{what_it_is(value)} object>"


_BRACKETS = {
    list: ("[", "]"),
    range: ("range(", ")"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    dict: ("{", "}"),
}
_EMPTY = {list: "[]", tuple: "()", set: "set()", frozenset: "frozenset()", dict: "{}"}
