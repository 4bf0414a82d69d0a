"""Types of the standard library, and those that cells declare with its help, as values that can cross.

A type is known by being the very one that its module has, and a module only when it has been imported already: nothing
is imported here, and no method of a cell's class is called.
"""

from __future__ import annotations

import datetime
import sys
import types
from typing import Any, Callable, Dict, Optional, Tuple

from .packed import all_are
from .text import cut

_NAME = type.__dict__["__name__"]
_MODULE = type.__dict__["__module__"]
_NAME_CHARS = 100


def name_of(kind: type) -> str:
    """The name of a type, also when a metaclass says otherwise."""
    # Slicing makes a plain string of one that is of a cell's class.
    name: str = str.__getitem__(_NAME.__get__(kind), slice(None))
    return name


def module_of(kind: type) -> str:
    """Where a type says that it is from; nothing when it says no such thing."""
    module = _MODULE.__get__(kind)
    return module if type(module) is str else ""


def is_from(kind: type, module: str) -> bool:
    """Whether a module that was imported has this very type under its name."""
    found = sys.modules.get(module)
    return type(found) is types.ModuleType and found.__dict__.get(name_of(kind)) is kind


def as_scalar(value: Any, kind: type) -> Optional[Tuple[str, str]]:
    """A value that is all in one text: what the wire calls its type, and the text; none for any other."""
    known = _SCALARS.get(name_of(kind))
    if known is None:
        return None
    tag, modules, text = known
    if not any(is_from(kind, module) for module in modules):
        return None
    said = text(value)
    return None if said is None else (tag, said)


def from_scalar(tag: Any, text: Any) -> Any:
    """The value that a text stands for; raises ValueError for what is none."""
    make = _MAKERS.get(tag) if type(tag) is str else None
    if make is None or type(text) is not str:
        raise ValueError("not a kind of value")
    try:
        return make(text)
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"{cut(text, 60)!r} is no {tag}") from error


def as_plain(value: Any, kind: type) -> Tuple[str, Any]:
    """What a dataclass or a named tuple has in its fields, or what an enumeration's member stands for."""
    try:
        if is_from(type(kind), "enum") and name_of(type(kind)) in ("EnumMeta", "EnumType"):
            return "value", _instance_dict(value, kind)["_value_"]
        if issubclass(kind, tuple):
            names = _class_attribute(kind, "_fields")
            if type(names) is tuple and all_are(str, names) and len(names) == tuple.__len__(value):
                return "fields", dict(zip(names, tuple.__iter__(value)))
        declared = _class_attribute(kind, "__dataclass_fields__")
        if type(declared) is dict and all_are(str, declared):
            own = _instance_dict(value, kind)
            return "fields", {name: own[name] if name in own else _slot(value, kind, name) for name in declared}
    except (KeyError, AttributeError):
        pass
    return "", None


def words_for(value: Any, kind: type) -> str:
    """What to call a value that cannot cross."""
    if type(kind) is type and kind in _WORDS:
        return _WORDS[kind]
    if issubclass(kind, type):
        return "a class"
    name = cut(name_of(kind), _NAME_CHARS)
    module = module_of(kind)
    if module not in ("", "builtins", "__main__"):
        name = f"{cut(module, _NAME_CHARS)}.{name}"
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def _class_attribute(kind: type, name: str) -> Any:
    """An attribute of a class as it lies there; `getattr` would ask its metaclass."""
    for base in type.__dict__["__mro__"].__get__(kind):
        found = type.__dict__["__dict__"].__get__(base).get(name)
        if found is not None:
            return found
    return None


def _instance_dict(value: Any, kind: type) -> Dict[str, Any]:
    descriptor = _class_attribute(kind, "__dict__")
    # A property of that name would be the cell's code.
    found = descriptor.__get__(value) if type(descriptor) is types.GetSetDescriptorType else None
    return found if type(found) is dict else {}


def _slot(value: Any, kind: type, name: str) -> Any:
    descriptor = _class_attribute(kind, name)
    if type(descriptor) is not types.MemberDescriptorType:
        raise KeyError(name)
    return descriptor.__get__(value)


def _span_text(value: datetime.timedelta) -> str:
    """ISO 8601 in seconds, exact: `PT93784.000005S`."""
    microseconds = (value.days * 86400 + value.seconds) * 10**6 + value.microseconds
    seconds, rest = divmod(abs(microseconds), 10**6)
    fraction = f".{rest:06}" if rest else ""
    return f"{'-' if microseconds < 0 else ''}PT{seconds}{fraction}S"


def _span(text: str) -> datetime.timedelta:
    sign, _, digits = text.rpartition("PT")
    seconds, _, fraction = digits[:-1].partition(".")
    if sign not in ("", "-") or digits[-1:] != "S" or not seconds.isdigit() or not (fraction + "0").isdigit():
        raise ValueError("no span")
    microseconds = int(seconds) * 10**6 + int(fraction[:6].ljust(6, "0"))
    return datetime.timedelta(microseconds=-microseconds if sign else microseconds)


def _time_text(value: datetime.time) -> Optional[str]:
    # Anybody else's time zone would run code of the cell's here.
    zone = type(value.tzinfo)
    return value.isoformat() if value.tzinfo is None or zone is datetime.timezone else None


def _complex_text(value: complex) -> str:
    # Not its repr, which loses the sign of a zero.
    return f"{value.real!r},{value.imag!r}"


def _complex(text: str) -> complex:
    real, comma, imaginary = text.partition(",")
    if not comma:
        raise ValueError("no comma")
    return complex(float(real), float(imaginary))


def _made_by(module: str, name: str) -> Callable[[str], Any]:
    def make(text: str) -> Any:
        import importlib

        return getattr(importlib.import_module(module), name)(text)

    return make


_SCALARS: Dict[str, Tuple[str, Tuple[str, ...], Callable[[Any], Optional[str]]]] = {
    "Decimal": ("decimal", ("decimal",), str),
    "Fraction": ("fraction", ("fractions",), str),
    "complex": ("complex", ("builtins",), _complex_text),
    "date": ("date", ("datetime",), datetime.date.isoformat),
    "time": ("time", ("datetime",), _time_text),
    "timedelta": ("timedelta", ("datetime",), _span_text),
    "UUID": ("uuid", ("uuid",), str),
    "PosixPath": ("path", ("pathlib", "pathlib._local"), str),
    "PurePosixPath": ("path", ("pathlib", "pathlib._local"), str),
}

_MAKERS: Dict[str, Callable[[str], Any]] = {
    "decimal": _made_by("decimal", "Decimal"),
    "fraction": _made_by("fractions", "Fraction"),
    "complex": _complex,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": _span,
    "uuid": _made_by("uuid", "UUID"),
    "path": _made_by("pathlib", "Path"),
}


_WORDS: Dict[type, str] = {
    types.FunctionType: "a function",
    types.BuiltinFunctionType: "a function",
    types.MethodType: "a method",
    types.ModuleType: "a module",
    types.GeneratorType: "a generator",
    types.CoroutineType: "a coroutine",
}
