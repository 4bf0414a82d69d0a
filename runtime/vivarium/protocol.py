"""Checks messages against protocol.json, which the TypeScript side emits: one source of truth for both."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, List, Optional

from .channel import ProtocolError

# What is wrong with a value, beginning with the place inside it, or nothing. Places are put together only when there is
# something to say: every message goes through here.
Check = Callable[[Any], Optional[str]]

_TYPES: Dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    # As JSON Schema and JavaScript have it, 1.0 is an integer too.
    "integer": lambda value: (
        isinstance(value, int) and not isinstance(value, bool) or isinstance(value, float) and value.is_integer()
    ),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
# What a parser makes of them, which needs no closer look.
_USUAL = {"string": str, "boolean": bool, "integer": int, "number": float, "array": list, "object": dict}


def checker(name: str) -> Callable[[Any], None]:
    """A function that raises ProtocolError for whatever is not a message of that name."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "protocol.json")
    with open(path, encoding="utf-8") as file:
        check = _compile(json.load(file)[name])

    def check_message(value: Any) -> None:
        wrong = check(value)
        if wrong is not None:
            raise ProtocolError(name + wrong)

    return check_message


def _compile(schema: Dict[str, Any]) -> Check:
    """The part of JSON Schema that the messages use; an unknown keyword is a programming error."""
    parts: List[Check] = []
    known = {"type", "const", "anyOf", "properties", "required", "additionalProperties", "items"}
    bounds = {"minLength", "maxLength", "minimum", "maximum", "maxItems", "description", "$schema"}
    unknown = set(schema) - known - bounds
    if unknown:
        raise ValueError(f"protocol.json uses keywords that this checker does not know: {sorted(unknown)}")
    if "anyOf" in schema:
        parts.append(_any_of(schema["anyOf"]))
    if "const" in schema:
        parts.append(_const(schema["const"]))
    elif "type" in schema:
        parts.append(_type(schema["type"]))
    if "minLength" in schema:
        parts.append(_least(schema["minLength"]))
    if "maxLength" in schema:
        parts.append(_most(schema["maxLength"], "longer than"))
    if "maxItems" in schema:
        parts.append(_most(schema["maxItems"], "longer than"))
    if "minimum" in schema or "maximum" in schema:
        parts.append(_between(schema.get("minimum"), schema.get("maximum")))
    if "items" in schema:
        parts.append(_items(_compile(schema["items"])))
    if "properties" in schema:
        parts.append(_object(schema))
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        return _both(*parts)

    def check(value: Any) -> Optional[str]:
        for part in parts:
            wrong = part(value)
            if wrong is not None:
                return wrong
        return None

    return check


def _both(first: Check, second: Check) -> Check:
    def check(value: Any) -> Optional[str]:
        wrong = first(value)
        return second(value) if wrong is None else wrong

    return check


def _any_of(schemas: List[Dict[str, Any]]) -> Check:
    # Messages are told apart by their type; the other unions are short.
    by_type = {s["properties"]["type"]["const"]: _compile(s) for s in schemas if "type" in s.get("properties", ())}
    if by_type:
        return _message_of(by_type)
    checks = [_compile(s) for s in schemas]

    def check(value: Any) -> Optional[str]:
        for part in checks:
            if part(value) is None:
                return None
        return ": is none of what it may be"

    return check


def _message_of(by_type: Dict[str, Check]) -> Check:
    def check(value: Any) -> Optional[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        found = by_type.get(kind) if isinstance(kind, str) else None
        return found(value) if found else ": no such message"

    return check


def _type(name: str) -> Check:
    test, usual = _TYPES[name], _USUAL.get(name)
    wrong = f": is not of type {name}"

    def check(value: Any) -> Optional[str]:
        return None if type(value) is usual or test(value) else wrong

    return check


def _const(wanted: Any) -> Check:
    wrong = f": is not {wanted!r}"

    def check(value: Any) -> Optional[str]:
        return None if value == wanted and type(value) is type(wanted) else wrong

    return check


def _most(limit: int, words: str) -> Check:
    def check(value: Any) -> Optional[str]:
        return f": is {words} {limit}" if len(value) > limit else None

    return check


def _least(limit: int) -> Check:
    def check(value: Any) -> Optional[str]:
        return f": is shorter than {limit}" if len(value) < limit else None

    return check


def _between(low: Any, high: Any) -> Check:
    least = float("-inf") if low is None else low
    most = float("inf") if high is None else high

    def check(value: Any) -> Optional[str]:
        # Written so that NaN is outside.
        return None if least <= value <= most else f": is not between {low} and {high}"

    return check


def _items(item: Check) -> Check:
    def check(value: Any) -> Optional[str]:
        for index, element in enumerate(value):
            wrong = item(element)
            if wrong is not None:
                return f"[{index}]{wrong}"
        return None

    return check


def _object(schema: Dict[str, Any]) -> Check:
    properties = {name: _compile(part) for name, part in schema["properties"].items()}
    required = frozenset(schema.get("required", ()))
    closed = schema.get("additionalProperties") is False

    def check(value: Any) -> Optional[str]:
        if not required <= value.keys():
            return f": lacks {', '.join(sorted(required - value.keys()))}"
        for name, element in value.items():
            part = properties.get(name)
            if part:
                wrong = part(element)
                if wrong is not None:
                    return f".{name}{wrong}"
            elif closed:
                return ": has an unknown key"
        return None

    return check
