"""Python values on the wire: JSON where JSON can say it, and a tagged object `{"$": kind, "v": ...}` where not.

Nothing here is ever pickled, and nothing of the user's is called: only exact types that are known are taken apart.
docs/values.md has the table of what becomes what.
"""

from __future__ import annotations

import array
import collections
import datetime
import sys
from json import encoder as json_encoder
from math import isfinite
from typing import Any, Callable, Dict, List, Optional

from . import frames, twins
from .notwin import NoTwin, TooLarge, key_part
from .packed import PACK_FROM, SAFE, all_are, kind_of, narrowest, pack, packed_bytes
from .unwire import WireError, decode

__all__ = ["Encoder", "NoTwin", "TooLarge", "WireError", "decode"]

_DEEPEST = 100
_escaped = json_encoder.encode_basestring_ascii
# Text is measured in slices, so that measuring takes no memory to speak of.
_SLICE = 1 << 16
_SHORT = 500


class Encoder:
    """Encodes one value within a budget of bytes, which is never below what JSON will take.

    `encode` raises NoTwin, which names the place inside the value that begins with `root`, or TooLarge.
    """

    def __init__(self, budget: int, root: str = "value") -> None:
        self._budget = budget
        self._root = root
        self._open: List[int] = []

    def encode(self, value: Any) -> Any:
        # What every small value walks through: plainly, without calls that could be spared.
        kind = type(value)
        if kind is str:
            size = len(_escaped(value)) if len(value) <= _SHORT else _json_bytes(value, self._budget)
        elif kind is int:
            if not -SAFE <= value <= SAFE:
                return self._large(value)
            size = 18
        elif value is None or kind is bool:
            size = 5
        elif kind is float:
            size = 26
            if not isfinite(value):
                value = {"$": "float", "v": str(value)}
        elif kind is list:
            self._enter(value)
            value = self.items(value)
            self._open.pop()
            return value
        elif kind is dict:
            self._enter(value)
            value = self._dict(value)
            self._open.pop()
            return value
        else:
            return self._other(value, kind)
        self._budget -= size + 1
        if self._budget < 0:
            raise TooLarge
        return value

    def spent(self, size: int, wire: Any) -> Any:
        """Gives the wire value back when there is room for its size and a comma."""
        self._budget -= size + 1
        if self._budget < 0:
            raise TooLarge
        return wire

    def room_for(self, size: int) -> None:
        """Raises TooLarge for so many bytes before anybody makes them."""
        if size > self._budget:
            raise TooLarge

    def packed(self, wire: Dict[str, Any], raw: Any, size: int) -> Any:
        """The wire value with these `size` bytes in it."""
        self.spent(packed_bytes(size) + 80, None)
        wire["v"] = pack(raw)
        return wire

    def within(self, value: Any, encode: Callable[[Any], Any], inside: Any) -> Any:
        """Encodes what is inside a value that must not contain itself, nor be too deep."""
        self._enter(value)
        result = encode(inside)
        self._open.pop()
        return result

    def _enter(self, value: Any) -> None:
        if id(value) in self._open:
            raise NoTwin("contains itself", self._root)
        if len(self._open) >= _DEEPEST:
            raise NoTwin(f"is nested deeper than {_DEEPEST}", self._root)
        self._open.append(id(value))
        self.spent(24, None)

    def refuse(self, reason: str) -> NoTwin:
        """The error to raise for the value at hand."""
        return NoTwin(reason, self._root)

    def items(self, values: Any) -> Any:
        """A list of wire values, or one packed value for many numbers."""
        if len(values) >= PACK_FROM and type(values) in (list, tuple):
            numbers = narrowest(values)
            if numbers:
                kind, packable = numbers
                wire = {"$": "floats"} if kind == "f8" else {"$": "ints", "t": kind}
                return self.packed(wire, packable, len(packable) * packable.itemsize)
        result: List[Any] = []
        add, encode = result.append, self.encode
        try:
            for item in values:
                add(encode(item))
        except NoTwin as refusal:
            raise refusal.within(f"[{len(result)}]")
        return result

    def _sequence(self, value: Any, tag: str) -> Any:
        # Another thread may change it meanwhile.
        items = value if tag == "tuple" else list(value)
        try:
            wire = self.within(value, self.items, items)
        except NoTwin as refusal:
            raise refusal.member() if tag in ("set", "frozenset") else refusal
        return wire if tag == "view" else {"$": tag, "v": wire}

    def _large(self, value: int) -> Any:
        # Hexadecimal: decimal digits take quadratic time, and newer Pythons refuse more than 4300 of them.
        self.spent(value.bit_length() // 4 + 32, None)
        return {"$": "int", "v": hex(value)}

    def _dict(self, pairs: Dict[Any, Any]) -> Any:
        if all_are(str, pairs):
            return self._plain(pairs)
        return {"$": "map", "v": self._pairs(pairs)}

    def _plain(self, pairs: Dict[str, Any], part: Callable[[str], str] = key_part) -> Any:
        if "$" in pairs:
            return {"$": "record", "v": self._pairs(pairs)}
        encode = self.encode
        result: Dict[str, Any] = {}
        key = ""
        try:
            # A list of them, because another thread may change the dict meanwhile.
            for key, item in list(pairs.items()):
                encode(key)
                result[key] = encode(item)
        except NoTwin as refusal:
            raise refusal.within(part(key))
        return result

    def _pairs(self, pairs: Dict[Any, Any]) -> List[Any]:
        result: List[Any] = []
        for key, item in list(pairs.items()):
            self.spent(4, None)
            try:
                wire = self.encode(key)
            except NoTwin as refusal:
                raise refusal.key()
            try:
                result.append([wire, self.encode(item)])
            except NoTwin as refusal:
                raise refusal.within(key_part(key))
        return result

    def _fields(self, pairs: Dict[str, Any]) -> Any:
        return self._plain(pairs, lambda name: f".{name}")

    def _other(self, value: Any, kind: type) -> Any:
        if type(kind) is type:
            # A class of another metaclass would be asked for its hash.
            tag = _SEQUENCES.get(kind)
            if tag is not None:
                return self._sequence(value, tag)
            if kind in _DICTS:
                return self.within(value, self._dict, _DICTS[kind](value))
        if kind is bytes or kind is bytearray:
            return self.packed({"$": "bytes"}, value, len(value))
        if kind is datetime.datetime:
            return self.moment(value)
        if kind is array.array:
            return self._array(value)
        if kind is memoryview:
            return self._memory(value)
        scalar = twins.as_scalar(value, kind)
        if scalar:
            name, text = scalar
            return self.spent(_json_bytes(text, self._budget) + 32, {"$": "scalar", "t": name, "v": text})
        encode = frames.encoder_of(kind)
        if encode:
            return encode(value, self)
        known, plain = twins.as_plain(value, kind)
        if known == "fields":
            return self.within(value, self._fields, plain)
        if known == "value":
            return self.within(value, self.encode, plain)
        raise self.refuse(f"{twins.words_for(value, kind)} has no twin in JavaScript")

    def moment(self, value: datetime.datetime) -> Any:
        """In UTC, because an offset may have seconds, which JavaScript cannot read; without a zone it is UTC."""
        zone = type(value.tzinfo)
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        # Anybody else's time zone would run code of the cell's here.
        elif zone is not datetime.timezone and zone is not _zone_info():
            raise self.refuse("a datetime with a time zone of its own has no twin in JavaScript")
        try:
            return self.spent(60, {"$": "datetime", "v": value.astimezone(datetime.timezone.utc).isoformat()})
        except OverflowError:
            raise self.refuse("a datetime outside the years that UTC has has no twin in JavaScript") from None

    def _array(self, value: Any) -> Any:
        if value.typecode in "uw":
            return self.encode(value.tounicode())
        return self.packed({"$": "array", "t": kind_of(value)}, value, len(value) * value.itemsize)

    def _memory(self, value: memoryview) -> Any:
        try:
            code = value.format
            if value.ndim == 1 and code in ("B", "b", "c"):
                return self.packed({"$": "bytes"}, value.tobytes(), value.nbytes)
            if value.ndim == 1 and len(code) == 1 and code in "hHiIlLqQfd":
                return self._array(array.array(code, value.tobytes()))
        except ValueError:
            raise self.refuse("a released memoryview has no twin in JavaScript") from None
        raise self.refuse("a memoryview of this format has no twin in JavaScript")


def _json_bytes(text: str, enough: int) -> int:
    """What a string takes as ASCII JSON; counting stops when it is more than `enough`."""
    length = len(text)
    if length <= _SHORT:
        return len(_escaped(text))
    if length > enough:
        return length
    if text.isascii() and text.isprintable():
        return length + 2 + text.count('"') + text.count("\\")
    size = 2
    for start in range(0, length, _SLICE):
        size += len(_escaped(text[start : start + _SLICE])) - 2
        if size > enough:
            break
    return size


def _zone_info() -> Optional[type]:
    return getattr(sys.modules.get("zoneinfo"), "ZoneInfo", None)


# The tag of each; `view` is a list that is copied first.
_SEQUENCES: Dict[type, str] = {
    tuple: "tuple",
    set: "set",
    frozenset: "frozenset",
    collections.deque: "view",
    type({}.keys()): "view",
    type({}.values()): "view",
    type({}.items()): "view",
    type(collections.OrderedDict().keys()): "view",
    type(collections.OrderedDict().values()): "view",
    type(collections.OrderedDict().items()): "view",
}

# How each is copied, in its own order and without its class's Python methods.
_DICTS: Dict[type, Callable[[Any], Dict[Any, Any]]] = {
    collections.defaultdict: lambda value: dict(dict.items(value)),
    collections.Counter: lambda value: dict(dict.items(value)),
    collections.OrderedDict: lambda value: dict(collections.OrderedDict.items(value)),
}
