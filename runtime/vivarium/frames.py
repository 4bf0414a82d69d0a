"""numpy's and pandas' values, which are known only when those are imported already.

What is theirs is trusted no more than the cell that imported it, but it is their code that runs, not a subclass's.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple

from .notwin import NoTwin, key_part
from .packed import TYPECODES
from .text import cut
from .twins import is_from, module_of, name_of

Encode = Callable[[Any, Any], Any]

# The milliseconds that a Date of JavaScript can be away from 1970.
_MOST_MS = 8.64e15


def encoder_of(kind: type) -> Optional[Encode]:
    """The function that encodes values of this type with an Encoder; none when it is neither's."""
    module = module_of(kind)
    if not module.startswith(("numpy", "pandas")):
        return None
    known = _KNOWN.get(name_of(kind))
    if known:
        return known[1] if is_from(kind, known[0]) else None
    if is_from(kind, "pandas") and name_of(kind).endswith("Index"):
        return _list
    # numpy has many scalar types, by several names each.
    return _scalar if is_from(kind, "numpy") and issubclass(kind, sys.modules["numpy"].generic) else None


def numpy_array(kind: Any, shape: Any, raw: bytes) -> Any:
    """An array of its own memory; raises ImportError without numpy, ValueError when the bytes are not that many."""
    numpy = importlib.import_module("numpy")
    if kind not in TYPECODES and kind != "b1":
        raise ValueError("not a kind of number")
    numbers = numpy.frombuffer(raw, dtype=numpy.dtype(f"<{kind}")).copy()
    return numbers if shape is None else numbers.reshape(tuple(shape))


def data_frame(names: List[str], columns: List[List[Any]]) -> Any:
    """Raises ImportError without pandas, ValueError for columns of several lengths."""
    pandas = importlib.import_module("pandas")
    return pandas.DataFrame(dict(zip(names, columns)), columns=names)


def _ndarray(value: Any, encoder: Any) -> Any:
    """One dimension of numbers as a typed array, more as an NDArray, what is no numbers as nested lists."""
    kind, size = value.dtype.kind, value.dtype.itemsize
    flat = value.ndim == 1
    # One number can be broadcast to more than any memory holds.
    encoder.room_for(value.size)
    if kind in "iuf" or kind == "b" and not flat:
        wide = f"{kind}{4 if kind == 'f' and size == 2 else size}"
        if wide not in TYPECODES and wide != "b1":
            raise encoder.refuse(f"a numpy array of {value.dtype} has no twin in JavaScript")
        wire: Dict[str, Any] = {"$": "array", "t": wide}
        if not flat:
            encoder.spent(20 * value.ndim, None)
            wire["shape"] = list(value.shape)
        return _packed(wire, value, wide, encoder)
    if kind in "bOUS":
        return encoder.encode(value.tolist())
    if kind == "M" and flat:
        return _moments(value, encoder)
    if kind == "m":
        return encoder.encode(value.astype("m8[us]").tolist())
    raise encoder.refuse(f"a numpy array of {cut(str(value.dtype), 60)} has no twin in JavaScript")


def _packed(wire: Dict[str, Any], values: Any, kind: str, encoder: Any) -> Any:
    size = values.size * int(kind[1])
    encoder.room_for(size)
    return encoder.packed(wire, sys.modules["numpy"].ascontiguousarray(values, dtype=f"<{kind}"), size)


def _moments(values: Any, encoder: Any) -> Any:
    """Milliseconds since 1970, and NaN for no time; all of them in one."""
    numpy = sys.modules["numpy"]
    milliseconds = values.astype("M8[ms]").astype("i8").astype("f8")
    milliseconds[numpy.isnat(values)] = numpy.nan
    if (abs(milliseconds) > _MOST_MS).any():
        raise encoder.refuse("a datetime64 outside the years that a Date has has no twin in JavaScript")
    return _packed({"$": "dates"}, milliseconds, "f8", encoder)


def _scalar(value: Any, encoder: Any) -> Any:
    kind = value.dtype.kind
    if kind in "Mm":
        # Finer or coarser units have no Python value of their own.
        plain = value.astype(f"{kind}8[us]").item()
        if type(plain) is int:
            raise encoder.refuse(f"a {value.dtype} outside the years 1 to 9999 has no twin in JavaScript")
        return encoder.encode(plain)
    plain = value.item() if kind in "biufcUS" else value
    # What numpy alone can hold, such as a long double, stays what it is.
    if type(plain) is type(value):
        raise encoder.refuse(f"a numpy.{name_of(type(value))} has no twin in JavaScript")
    return encoder.encode(plain)


def _frame(value: Any, encoder: Any) -> Any:
    """Columns on the wire, rows in JavaScript; an index is one or more columns before them unless it only counts."""
    names: List[str] = []
    columns: List[Any] = []
    index = value.index
    if not _only_counts(index):
        for level in range(index.nlevels):
            name = index.names[level]
            default = "index" if index.nlevels == 1 else f"level_{level}"
            names.append(default if name is None else _label(name, encoder))
            columns.append(index.get_level_values(level).to_series())
    for position, name in enumerate(value.columns.tolist()):
        names.append(_label(name, encoder))
        columns.append(value.iloc[:, position])
    if len(set(names)) != len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise encoder.refuse(f"a DataFrame with two columns called {key_part(twice)[1:-1]} has no twin in JavaScript")
    encoder.spent(40, None)
    wire: Dict[str, Any] = {"$": "table", "columns": [encoder.encode(name) for name in names], "v": []}
    for name, column in zip(names, columns):
        try:
            wire["v"].append(encoder.within(value, lambda inside: _column(inside, encoder), column))
        except NoTwin as refusal:
            raise refusal.within(key_part(name))
    return wire


def _column(series: Any, encoder: Any) -> Any:
    """The values as a list on JavaScript's side, packed where they are numbers."""
    dtype = series.dtype
    if is_from(type(dtype), "pandas") and name_of(type(dtype)) == "DatetimeTZDtype":
        return _moments(series.dt.tz_convert(None).to_numpy(), encoder)
    home = module_of(type(dtype))
    if not home.startswith(("numpy", "pandas.")):
        raise encoder.refuse(f"a column of {home}.{name_of(type(dtype))} has no twin in JavaScript")
    if home.startswith("pandas."):
        return encoder.encode(series.astype(object).tolist())
    values = series.to_numpy()
    if dtype.kind in "iu":
        kind = f"{dtype.kind}{dtype.itemsize}"
        return _packed({"$": "ints", "t": kind}, values, kind, encoder)
    if dtype.kind == "f" and dtype.itemsize <= 8:
        return _packed({"$": "floats"}, values, "f8", encoder)
    if dtype.kind == "M":
        return _moments(values, encoder)
    if dtype.kind == "m":
        values = values.astype("m8[us]")
    return encoder.encode(values.tolist())


def _series(value: Any, encoder: Any) -> Any:
    """A list when the index only counts, else a dict by its labels."""
    if _only_counts(value.index):
        return encoder.within(value, lambda inside: _column(inside, encoder), value)
    labels = value.index.tolist()
    pairs = dict(zip(labels, value.astype(object).tolist()))
    if len(pairs) != len(labels):
        raise encoder.refuse("a Series whose labels repeat has no twin in JavaScript")
    return encoder.encode(pairs)


def _list(value: Any, encoder: Any) -> Any:
    return encoder.encode(value.tolist())


def _timestamp(value: Any, encoder: Any) -> Any:
    utc = value if value.tzinfo is None else value.tz_convert("UTC").tz_localize(None)
    return encoder.moment(utc.to_pydatetime(warn=False))


def _timedelta(value: Any, encoder: Any) -> Any:
    return encoder.encode(value.to_pytimedelta())


def _nothing(_: Any, encoder: Any) -> Any:
    return encoder.encode(None)


def _only_counts(index: Any) -> bool:
    kind = type(index)
    return is_from(kind, "pandas") and name_of(kind) == "RangeIndex" and index.start == 0 and index.step == 1


def _label(name: Any, encoder: Any) -> str:
    """A name of a column as the key of a row: text, and numbers and tuples as Python writes them."""
    if type(name) is str:
        return name
    if type(name) in (int, float, bool, type(None)):
        return str(name)
    if type(name) is tuple:
        return ", ".join(_label(part, encoder) for part in name)
    if is_from(type(name), "pandas") and name_of(type(name)) == "Timestamp":
        return str(name.isoformat())
    raise encoder.refuse("a DataFrame with a column whose name is no text or number has no twin in JavaScript")


_KNOWN: Dict[str, Tuple[str, Encode]] = {
    "ndarray": ("numpy", _ndarray),
    "DataFrame": ("pandas", _frame),
    "Series": ("pandas", _series),
    "Timestamp": ("pandas", _timestamp),
    "Timedelta": ("pandas", _timedelta),
    "NaTType": ("pandas._libs.tslibs.nattype", _nothing),
    "NAType": ("pandas._libs.missing", _nothing),
}
