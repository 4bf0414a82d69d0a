"""Python values on the wire: JSON where JSON can say it, and a tagged object `{"$": kind, "v": ...}` where not.

Nothing here is ever pickled, and nothing of the user's is called: only exact built-in types are taken apart.
"""

from __future__ import annotations

import base64
import datetime
import math
import sys
from typing import Any, Dict, List

# JavaScript's numbers hold integers without loss up to here.
_SAFE = 2**53 - 1
_DEEPEST = 100


class NoTwin(Exception):
    """The value has nothing on JavaScript's side that it could become."""


class TooLarge(Exception):
    """The value would take more bytes than a result may have."""


class Encoder:
    """Encodes one value within a budget of bytes, counted roughly and never below what JSON will take."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._open: List[int] = []

    def encode(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return self._spent(5, value)
        if kind is int:
            return self._integer(value)
        if kind is float:
            return self._spent(26, value if math.isfinite(value) else {"$": "float", "v": str(value)})
        if kind is str:
            # An ASCII character costs a byte, any other an escape of six or twelve.
            return self._spent(len(value) + 2 if value.isascii() else 12 * len(value) + 2, value)
        if kind in (bytes, bytearray):
            self._spent(len(value) * 4 // 3 + 24, None)
            return {"$": "bytes", "v": base64.b64encode(value).decode("ascii")}
        if kind in _SEQUENCES or kind is dict:
            return self._container(value, kind)
        if kind is datetime.datetime:
            return self._spent(60, {"$": "datetime", "v": _in_utc(value).isoformat()})
        raise NoTwin(f"{kind.__module__}.{kind.__qualname__}")

    def _integer(self, value: int) -> Any:
        if -_SAFE <= value <= _SAFE:
            return self._spent(18, value)
        # Hexadecimal: decimal digits take quadratic time, and newer Pythons refuse more than 4300 of them.
        self._spent(value.bit_length() // 4 + 32, None)
        return {"$": "int", "v": hex(value)}

    def _container(self, value: Any, kind: type) -> Any:
        if id(value) in self._open:
            raise NoTwin("a value that contains itself")
        if len(self._open) >= _DEEPEST:
            raise NoTwin(f"a value nested deeper than {_DEEPEST}")
        self._open.append(id(value))
        self._spent(24, None)
        result = self._dict(value) if kind is dict else [self.encode(item) for item in value]
        self._open.pop()
        tag = _SEQUENCES.get(kind)
        return {"$": tag, "v": result} if tag else result

    def _dict(self, value: Dict[Any, Any]) -> Any:
        if all(type(key) is str for key in value):
            if "$" not in value:
                return {self.encode(key): self.encode(item) for key, item in value.items()}
            return {"$": "record", "v": [[self.encode(key), self.encode(item)] for key, item in value.items()]}
        return {"$": "map", "v": [[self.encode(key), self.encode(item)] for key, item in value.items()]}

    def _spent(self, size: int, value: Any) -> Any:
        self._budget -= size + 1
        if self._budget < 0:
            raise TooLarge
        return value


def _in_utc(value: datetime.datetime) -> datetime.datetime:
    """In UTC, because an offset may have seconds, which JavaScript cannot read; without a zone it is taken as UTC."""
    zone = type(value.tzinfo)
    if value.tzinfo is None:
        return value.replace(tzinfo=datetime.timezone.utc)
    # Anybody else's time zone would run code of the cell's here.
    if zone is not datetime.timezone and zone is not getattr(sys.modules.get("zoneinfo"), "ZoneInfo", None):
        raise NoTwin("a datetime with a time zone of its own")
    try:
        return value.astimezone(datetime.timezone.utc)
    except OverflowError:
        raise NoTwin("a datetime outside the years that UTC has") from None


_SEQUENCES: Dict[type, str] = {list: "", tuple: "tuple", set: "set", frozenset: "set"}
