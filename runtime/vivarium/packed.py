"""Long runs of numbers as base64 of their bytes, little-endian as every machine that this runs on."""

from __future__ import annotations

import array
import binascii
from itertools import repeat
from operator import is_
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

from .channel import Ascii

# JavaScript's numbers hold integers without loss up to here.
SAFE = 2**53 - 1
# Shorter lists go as plain JSON, which is as small and easier to read.
PACK_FROM = 64
_LONG = 1 << 15

# What the wire calls a kind of number, and what the array module calls it.
TYPECODES: Dict[str, str] = {
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
}
_INTS: Tuple[str, ...] = ("i1", "i2", "i4", "i8")


def pack(raw: Any) -> Any:
    """Base64, for a wire value; a long one is marked as what needs no escapes."""
    text = binascii.b2a_base64(raw, newline=False)
    return Ascii(text) if len(text) > _LONG else text.decode("ascii")


def packed_bytes(size: int) -> int:
    """The characters that `size` bytes become."""
    return (size + 2) // 3 * 4


def unpack(text: Any) -> bytes:
    """Raises ValueError for what is no base64."""
    if type(text) is not str:
        raise ValueError("not base64")
    return binascii.a2b_base64(text)


def as_array(kind: Any, text: Any) -> "array.array[Any]":
    """Raises ValueError for a kind that is none, and for bytes that are no whole number of items."""
    code = TYPECODES.get(kind) if type(kind) is str else None
    if code is None:
        raise ValueError("not a kind of number")
    numbers = array.array(code)
    numbers.frombytes(unpack(text))
    return numbers


def all_are(kind: type, values: Iterable[Any]) -> bool:
    """Whether all are of exactly this type, by identity: comparing types can call what a cell wrote."""
    return all(map(is_, map(type, values), repeat(kind)))


def narrowest(numbers: Union[List[Any], Tuple[Any, ...]]) -> Optional[Tuple[str, Any]]:
    """The numbers in an array, with the wire's tag for it; none when they are not all floats and small ints."""
    first = type(numbers[0])
    if first is not float and first is not int:
        return None
    if not all_are(first, numbers):
        return _mixed(numbers)
    if first is float:
        return "f8", array.array("d", numbers)
    for kind in _INTS:
        # The array refuses at the first number that does not fit, mostly early.
        try:
            return kind, array.array(TYPECODES[kind], numbers)
        except OverflowError:
            continue
    return None


def _mixed(numbers: Union[List[Any], Tuple[Any, ...]]) -> Optional[Tuple[str, Any]]:
    """Ints among floats are the same numbers in JavaScript, as long as a float holds them exactly."""
    whole = [number for number in numbers if type(number) is int]
    floats = sum(map(is_, map(type, numbers), repeat(float)))
    if len(whole) + floats < len(numbers) or min(whole) < -SAFE or max(whole) > SAFE:
        return None
    return "f8", array.array("d", numbers)


def kind_of(numbers: "array.array[Any]") -> str:
    """The wire's name for an array's items; their size is the machine's, not the letter's."""
    letter = "f" if numbers.typecode in "fd" else "i" if numbers.typecode in "bhilq" else "u"
    return f"{letter}{numbers.itemsize}"
