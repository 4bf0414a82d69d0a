"""One form of a displayed object, checked and measured: text, base64 of bytes, or plain JSON."""

from __future__ import annotations

import binascii
import math
from json.encoder import encode_basestring_ascii
from typing import Any, Dict, Tuple

from .text import cut

# JavaScript's numbers hold integers without loss up to here.
_SAFE = 2**53 - 1
# Newer Pythons refuse to write more than 4300 digits.
_LONGEST_INTEGER_BITS = 13_000
_DEEPEST = 50


class Unfit(Exception):
    """A form that cannot be sent; the reason in words."""


def form_of(mime: str, data: Any, limit: int) -> Tuple[Any, int]:
    """The data as the wire has it, and the bytes that it takes there as JSON."""
    if mime == "application/json" or mime.endswith("+json"):
        return _json(data, limit)
    if isinstance(data, (bytes, bytearray, memoryview)) and _is_text(mime):
        data = bytes(data).decode("utf-8", "replace")
    elif isinstance(data, (bytes, bytearray, memoryview)):
        size = len(data) * 4 // 3 + 6
        if size > limit:
            raise Unfit(_too_large(size, limit))
        encoded = binascii.b2a_base64(data, newline=False).decode("ascii")
        return encoded, len(encoded) + 2
    if not isinstance(data, str):
        raise Unfit(f"{type(data).__name__} is no data for it")
    # A subclass of str can lie about itself; slicing with str's own method gives the plain thing.
    text: str = str.__getitem__(data, slice(None))
    if len(text) > limit:
        raise Unfit(_too_large(len(text), limit))
    if not _is_text(mime) and mime.startswith("image/"):
        try:
            return form_of(mime, binascii.a2b_base64(text), limit)
        except ValueError:
            raise Unfit("it is neither bytes nor base64") from None
    size = wire_size(text)
    if size > limit:
        raise Unfit(_too_large(size, limit))
    return text, size


def wire_size(text: str) -> int:
    """The bytes that an exact str takes as JSON in ASCII."""
    return len(encode_basestring_ascii(text))


def bounded_text(text: str, chars: int, size: int) -> str:
    """Head and tail of a text that has more characters, or takes more bytes on the wire."""
    short = cut(text, chars)
    # An escape takes twelve bytes at most.
    return short if len(short) * 12 <= size or wire_size(short) <= size else cut(text, size // 12)


def is_mime(name: Any) -> bool:
    """Whether this may stand as a form's name."""
    if type(name) is not str or len(name) > 100 or name.count("/") != 1:
        return False
    kind, _, rest = name.partition("/")
    return all(part and part.isascii() and not set(part) - _MIME_CHARACTERS for part in (kind, rest))


_MIME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+;= ")


def _is_text(mime: str) -> bool:
    return mime.startswith("text/") or mime.endswith("+xml") or mime in ("application/xml", "application/javascript")


def _too_large(size: int, limit: int) -> str:
    return f"{size} bytes, more than the {limit} that a form may have"


def _json(data: Any, limit: int) -> Tuple[Any, int]:
    if isinstance(data, str):
        # As in Jupyter: text is JSON that somebody has written already.
        import json

        if str.__len__(data) > limit:
            raise Unfit(_too_large(str.__len__(data), limit))
        try:
            data = json.loads(str.__getitem__(data, slice(None)))
        except (ValueError, RecursionError) as error:
            raise Unfit(f"it is no JSON ({error})") from None
    plain = _Plain(limit)
    return plain.value(data, 0), plain.size


class _Plain:
    """Copies a value into exact JSON types by the methods of dict, list, str and numbers alone, within a limit."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit

    def value(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return self._spent(6, value)
        if issubclass(kind, str):
            return self._text(value)
        if issubclass(kind, int):
            return self._integer(int.__int__(value))
        if issubclass(kind, float):
            number = float.__float__(value)
            return self._spent(26, number if math.isfinite(number) else None)
        if depth >= _DEEPEST:
            raise Unfit(f"it is nested deeper than {_DEEPEST}")
        if issubclass(kind, dict):
            return self._object(value, depth)
        if issubclass(kind, (list, tuple)):
            self._spent(3, None)
            items = list.__iter__(value) if issubclass(kind, list) else tuple.__iter__(value)
            return [self.value(item, depth + 1) for item in items]
        raise Unfit(f"{kind.__module__}.{kind.__qualname__} is no JSON")

    def _integer(self, number: int) -> Any:
        if -_SAFE <= number <= _SAFE:
            return self._spent(18, number)
        if number.bit_length() > _LONGEST_INTEGER_BITS:
            raise Unfit("an integer in it is too long")
        # Whoever parses the JSON would round it.
        return self._text(str(number))

    def _text(self, text: str) -> str:
        plain: str = str.__getitem__(text, slice(None))
        return self._spent(len(plain) if len(plain) > self._limit else wire_size(plain) + 1, plain)

    def _object(self, value: Dict[Any, Any], depth: int) -> Dict[str, Any]:
        self._spent(3, None)
        found: Dict[str, Any] = {}
        for key, item in dict.items(value):
            if not isinstance(key, str):
                raise Unfit(f"a key in it is no str but {type(key).__name__}")
            found[self._text(key)] = self.value(item, depth + 1)
        return found

    def _spent(self, size: int, value: Any) -> Any:
        self.size += size
        if self.size > self._limit:
            raise Unfit(f"more than the {self._limit} bytes that a form may have")
        return value
