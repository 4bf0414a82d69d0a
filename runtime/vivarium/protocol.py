"""Checks messages against protocol.json, which the TypeScript side emits: one source of truth for both."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, List

from .channel import ProtocolError

Check = Callable[[Any, str], None]

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


def checker(name: str) -> Callable[[Any], None]:
    """A function that raises ProtocolError for whatever is not a message of that name."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "protocol.json")
    with open(path, encoding="utf-8") as file:
        check = _compile(json.load(file)[name])

    def check_message(value: Any) -> None:
        check(value, name)

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

    def check(value: Any, where: str) -> None:
        for part in parts:
            part(value, where)

    return check


def _any_of(schemas: List[Dict[str, Any]]) -> Check:
    # Messages are told apart by their type; the other unions are short.
    by_type = {s["properties"]["type"]["const"]: _compile(s) for s in schemas if "type" in s.get("properties", ())}
    others = [_compile(s) for s in schemas if "type" not in s.get("properties", ())]

    def check(value: Any, where: str) -> None:
        if by_type:
            kind = value.get("type") if isinstance(value, dict) else None
            found = by_type.get(kind) if isinstance(kind, str) else None
            if not found:
                raise ProtocolError(f"{where}: no such message")
            found(value, where)
            return
        for other in others:
            try:
                return other(value, where)
            except ProtocolError:
                continue
        raise ProtocolError(f"{where}: is none of what it may be")

    return check


def _type(name: str) -> Check:
    test = _TYPES[name]

    def check(value: Any, where: str) -> None:
        if not test(value):
            raise ProtocolError(f"{where}: is not of type {name}")

    return check


def _const(wanted: Any) -> Check:
    def check(value: Any, where: str) -> None:
        if value != wanted or type(value) is not type(wanted):
            raise ProtocolError(f"{where}: is not {wanted!r}")

    return check


def _most(limit: int, words: str) -> Check:
    def check(value: Any, where: str) -> None:
        if len(value) > limit:
            raise ProtocolError(f"{where}: is {words} {limit}")

    return check


def _least(limit: int) -> Check:
    def check(value: Any, where: str) -> None:
        if len(value) < limit:
            raise ProtocolError(f"{where}: is shorter than {limit}")

    return check


def _between(low: Any, high: Any) -> Check:
    def check(value: Any, where: str) -> None:
        # Written so that NaN is outside.
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise ProtocolError(f"{where}: is not between {low} and {high}")

    return check


def _items(item: Check) -> Check:
    def check(value: Any, where: str) -> None:
        for index, element in enumerate(value):
            item(element, f"{where}[{index}]")

    return check


def _object(schema: Dict[str, Any]) -> Check:
    properties = {name: _compile(part) for name, part in schema["properties"].items()}
    required = frozenset(schema.get("required", ()))
    closed = schema.get("additionalProperties") is False

    def check(value: Any, where: str) -> None:
        if not required <= value.keys():
            raise ProtocolError(f"{where}: lacks {', '.join(sorted(required - value.keys()))}")
        for name, element in value.items():
            part = properties.get(name)
            if part:
                part(element, f"{where}.{name}")
            elif closed:
                raise ProtocolError(f"{where}: has an unknown key")

    return check
