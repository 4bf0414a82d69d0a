"""Looking at objects without running a line of their code: no property, no `__getattr__`, no `__eq__`, no metaclass.

Names are compared one by one, since looking a name up in a dict would ask any key with the same hash whether it is
equal. What only running code could tell stays unknown.
"""

from __future__ import annotations

import sys
import types
from itertools import islice
from typing import Any, Dict, Iterator, List, Tuple

# More names than this are not looked through.
_MOST_NAMES = 20_000

UNKNOWN: Any = object()

_mro = type.__dict__["__mro__"].__get__
_class_dict = type.__dict__["__dict__"].__get__


def is_a(value: Any, module: str, name: str) -> bool:
    """Whether this is an instance of a class that an imported module has; the module is not imported for it."""
    found = sys.modules.get(module)
    kind = found.__dict__.get(name) if type(found) is types.ModuleType else None
    return kind is not None and any(base is kind for base in _mro(type(value)))


def is_class(value: Any) -> bool:
    return any(base is type for base in _mro(type(value)))


def is_module(value: Any) -> bool:
    return any(base is types.ModuleType for base in _mro(type(value)))


def items_of(names: Any) -> Iterator[Tuple[str, Any]]:
    """The entries of a namespace that have plain text as their names."""
    return ((name, value) for name, value in islice(names.items(), _MOST_NAMES) if type(name) is str)


def entry(names: Any, name: str) -> Any:
    """What a namespace has under a name, or UNKNOWN."""
    for found, value in items_of(names):
        if found == name:
            return value
    return UNKNOWN


def own_names(value: Any) -> Dict[str, Any]:
    """The `__dict__` of an instance or a module; empty where it has none, or one that is not Python's own doing."""
    for kind in _mro(type(value)):
        descriptor = entry(_class_dict(kind), "__dict__")
        if descriptor is UNKNOWN:
            continue
        # A property of that name would be the user's; these two are C, and say themselves what they are for.
        if type(descriptor) in _C_DESCRIPTORS and descriptor.__name__ == "__dict__":
            names = descriptor.__get__(value)
            return names if type(names) is dict else {}
        return {}
    return {}


_C_DESCRIPTORS = (types.GetSetDescriptorType, types.MemberDescriptorType)


def members(value: Any) -> Iterator[Tuple[str, Any]]:
    """Every attribute that can be seen without asking, nearest first; names come more than once."""
    if is_class(value):
        for kind in _mro(value):
            yield from items_of(_class_dict(kind))
        return
    yield from items_of(own_names(value))
    if not is_module(value):
        for kind in _mro(type(value)):
            yield from items_of(_class_dict(kind))


def attribute(value: Any, name: str) -> Any:
    """The value of `value.name`, or UNKNOWN where only running code could tell."""
    if is_module(value):
        return entry(own_names(value), name)
    if is_class(value):
        # What its metaclass makes of it is what running it would tell.
        return _plain(_in_classes(_mro(value), name), value, is_instance=False)
    found = _in_classes(_mro(type(value)), name)
    if _in_classes(_mro(type(value)), "__getattribute__") is not object.__getattribute__:
        if _mro(type(value))[-2:-1] == ():
            return UNKNOWN
    own = UNKNOWN if _is_binding(found) and type(found) is not types.FunctionType else entry(own_names(value), name)
    return own if own is not UNKNOWN else _plain(found, value, is_instance=True)


def _in_classes(kinds: Tuple[type, ...], name: str) -> Any:
    for kind in kinds:
        found = entry(_class_dict(kind), name)
        if found is not UNKNOWN:
            return found
    return UNKNOWN
