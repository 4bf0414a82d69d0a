"""Values that the supervisor sent, as Python has them. It is trusted, and held to the rules all the same."""

from __future__ import annotations

import datetime
import sys
from typing import Any, Callable, Dict, List

from . import frames, twins
from .packed import as_array, unpack

_DEEPEST = 128
_PLAIN = frozenset((str, int, float, bool, type(None)))


class WireError(ValueError):
    """A value that is not one of the wire's, or that Python cannot have."""


def decode(wire: Any, root: str = "value") -> Any:
    """The value; raises WireError, whose message begins with `root`."""
    if type(wire) in _PLAIN:
        return wire
    try:
        return _decode(wire, 0)
    except WireError as error:
        raise WireError(f"{root}: {error}") from error.__cause__


def _decode(wire: Any, depth: int) -> Any:
    kind = type(wire)
    if kind in _PLAIN:
        return wire
    if depth > _DEEPEST:
        raise WireError(f"is nested deeper than {_DEEPEST}")
    if kind is list:
        return [item if type(item) in _PLAIN else _decode(item, depth + 1) for item in wire]
    if kind is not dict:
        raise WireError("is no JSON")
    if "$" not in wire:
        return {key: item if type(item) in _PLAIN else _decode(item, depth + 1) for key, item in wire.items()}
    tag = wire["$"]
    make = _KINDS.get(tag) if type(tag) is str else None
    if make is None:
        raise WireError("is of an unknown kind")
    try:
        return make(wire, depth)
    except WireError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise WireError(f"is no value of kind {tag}: {error}") from error


def _int(wire: Dict[str, Any], _: int) -> int:
    return int(wire["v"], 16)


def _float(wire: Dict[str, Any], _: int) -> float:
    return float(wire["v"])


def _bytes(wire: Dict[str, Any], _: int) -> bytes:
    return unpack(wire["v"])


def _datetime(wire: Dict[str, Any], _: int) -> datetime.datetime:
    # Older Pythons do not know the Z.
    moment = datetime.datetime.fromisoformat(wire["v"].replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _dates(wire: Dict[str, Any], _: int) -> List[Any]:
    """Milliseconds since 1970; NaN is none."""
    return [None if ms != ms else _EPOCH + datetime.timedelta(milliseconds=ms) for ms in as_array("f8", wire["v"])]


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def _floats(wire: Dict[str, Any], _: int) -> List[Any]:
    numbers = as_array("f8", wire["v"]).tolist()
    if "i" in wire:
        # Where JavaScript had an integer among them.
        for index in as_array("u4", wire["i"]):
            numbers[index] = int(numbers[index])
    return numbers


def _ints(wire: Dict[str, Any], _: int) -> List[int]:
    if wire["t"] in ("f4", "f8"):
        raise ValueError("not a kind of integer")
    return as_array(wire["t"], wire["v"]).tolist()


def _items(wire: Any, depth: int) -> List[Any]:
    items = _decode(wire, depth + 1)
    if type(items) is not list:
        raise ValueError("not a list")
    return items


def _tuple(wire: Dict[str, Any], depth: int) -> Any:
    return tuple(_items(wire["v"], depth))


def _set(wire: Dict[str, Any], depth: int) -> Any:
    items = _items(wire["v"], depth)
    members = set(items)
    if len(members) != len(items):
        raise WireError("two members of a Set are equal in Python")
    return members


def _frozenset(wire: Dict[str, Any], depth: int) -> Any:
    return frozenset(_set(wire, depth))


def _map(wire: Dict[str, Any], depth: int) -> Dict[Any, Any]:
    pairs = [(_decode(key, depth + 1), _decode(item, depth + 1)) for key, item in wire["v"]]
    result = dict(pairs)
    if len(result) != len(pairs):
        raise WireError("two keys of a Map are equal in Python")
    return result


def _record(wire: Dict[str, Any], depth: int) -> Dict[Any, Any]:
    if any(type(key) is not str for key, _ in wire["v"]):
        raise ValueError("a key is no string")
    return _map(wire, depth)


def _scalar(wire: Dict[str, Any], _: int) -> Any:
    return twins.from_scalar(wire["t"], wire["v"])


def _array(wire: Dict[str, Any], _: int) -> Any:
    if "shape" in wire or "numpy" in sys.modules:
        try:
            return frames.numpy_array(wire["t"], wire.get("shape"), unpack(wire["v"]))
        except ImportError as error:
            raise WireError(f"an NDArray needs numpy here: {error}") from error
    return as_array(wire["t"], wire["v"])


def _table(wire: Dict[str, Any], depth: int) -> Any:
    names, columns = wire["columns"], wire["v"]
    if len(names) != len(columns) or any(type(name) is not str for name in names):
        raise ValueError("not a column for each name")
    try:
        return frames.data_frame(names, [_items(column, depth) for column in columns])
    except ImportError as error:
        raise WireError(f"a table needs pandas here: {error}") from error


_KINDS: Dict[str, Callable[[Dict[str, Any], int], Any]] = {
    "int": _int,
    "float": _float,
    "bytes": _bytes,
    "datetime": _datetime,
    "dates": _dates,
    "floats": _floats,
    "ints": _ints,
    "tuple": _tuple,
    "set": _set,
    "frozenset": _frozenset,
    "map": _map,
    "record": _record,
    "scalar": _scalar,
    "array": _array,
    "table": _table,
}
