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

# The interpreter's own, whatever a cell makes of the name in `sys`.
MODULES: Dict[str, Any] = sys.modules

_mro = type.__dict__["__mro__"].__get__
_class_dict = type.__dict__["__dict__"].__get__


def is_a(value: Any, module: str, name: str) -> bool:
    """Whether this is an instance of a class that an imported module has; the module is not imported for it."""
    found = MODULES.get(module)
    kind = found.__dict__.get(name) if type(found) is types.ModuleType else None
    return kind is not None and any(base is kind for base in _mro(type(value)))


def is_exactly(value: Any, kinds: Tuple[type, ...]) -> bool:
    """Whether this is of one of the classes itself; a set of them would ask a metaclass for a hash."""
    kind = type(value)
    return any(kind is one for one in kinds)


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
        if is_exactly(descriptor, _C_DESCRIPTORS) and descriptor.__name__ == "__dict__":
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
        return _bound(_in_classes(_mro(value), name), value, value)
    found = _in_classes(_mro(type(value)), name)
    if type(found) is types.MemberDescriptorType:
        # A slot.
        return found.__get__(value)
    if _has(found, "__set__") or _has(found, "__delete__"):
        return UNKNOWN
    own = entry(own_names(value), name)
    return _bound(found, value, type(value)) if own is UNKNOWN else own


def item(value: Any, key: Any) -> Any:
    """What a plain dict, list or tuple has under a text or a number, or UNKNOWN."""
    if is_exactly(value, (list, tuple)):
        return value[key] if type(key) is int and -len(value) <= key < len(value) else UNKNOWN
    if type(value) is dict:
        for found, one in islice(value.items(), _MOST_NAMES):
            if type(found) is type(key) and found == key:
                return one
    return UNKNOWN


def is_function(value: Any) -> bool:
    return is_exactly(value, _FUNCTIONS)


_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodDescriptorType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    staticmethod,
    classmethod,
)


def parameters(value: Any) -> List[str]:
    """The names that a call of this may use as keywords, where plain Python code says so."""
    skipped = 0
    if type(value) is not types.FunctionType and type(value) is not types.MethodType:
        value, skipped = _callee(value), 1
    elif type(value) is types.MethodType:
        value, skipped = value.__func__, 1
    for _ in range(_MOST_WRAPPERS):
        wrapped = entry(own_names(value), "__wrapped__") if type(value) is types.FunctionType else UNKNOWN
        if type(wrapped) is not types.FunctionType:
            break
        value = wrapped
    if type(value) is not types.FunctionType:
        return []
    code = value.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    return [name for name in code.co_varnames[max(skipped, code.co_posonlyargcount) : count] if type(name) is str]


_MOST_WRAPPERS = 10


def _callee(value: Any) -> Any:
    """The function that gets the arguments of a call of a class or an instance, after one of its own."""
    if not is_class(value):
        return _in_classes(_mro(type(value)), "__call__")
    begin = _in_classes(_mro(value), "__init__")
    if type(begin) is types.FunctionType:
        return begin
    make = _in_classes(_mro(value), "__new__")
    return make.__func__ if type(make) is staticmethod else make


def _bound(found: Any, value: Any, owner: type) -> Any:
    """What a class's entry is when it is reached through an instance, or through the class itself."""
    kind = type(found)
    if kind is types.FunctionType:
        return found if value is owner else types.MethodType(found, value)
    if kind is staticmethod:
        return found.__func__
    if kind is classmethod:
        inner = found.__func__
        return types.MethodType(inner, owner) if type(inner) is types.FunctionType else UNKNOWN
    if is_function(found):
        return found
    return UNKNOWN if _has(found, "__get__") else found


def _has(value: Any, name: str) -> bool:
    """Whether objects of this one's class have such a method."""
    return _in_classes(_mro(type(value)), name) is not UNKNOWN


def _in_classes(kinds: Tuple[type, ...], name: str) -> Any:
    for kind in kinds:
        found = entry(_class_dict(kind), name)
        if found is not UNKNOWN:
            return found
    return UNKNOWN
