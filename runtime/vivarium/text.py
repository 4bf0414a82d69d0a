"""Text that is shown to people and models: bounded, and exactly a str whatever it was made by."""

from __future__ import annotations

from typing import Any

MESSAGE_CHARS = 16384
TRACEBACK_CHARS = 65536
NAME_CHARS = 200


def cut(text: str, limit: int) -> str:
    """Head and tail of a text that is longer than `limit` characters."""
    # A subclass of str can lie about its length; slicing with str's own method gives the plain thing.
    plain: str = str.__getitem__(text, slice(None))
    if len(plain) <= limit:
        return plain
    half = max(0, limit // 2 - 25)
    return f"{plain[:half]}\n... [{len(plain) - 2 * half} characters cut] ...\n{plain[len(plain) - half :]}"


def type_name(value: Any) -> str:
    """The name of a value's type, also when a metaclass says otherwise."""
    return cut(type.__dict__["__name__"].__get__(type(value)), NAME_CHARS)
