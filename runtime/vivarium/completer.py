"""Completions from the live namespace, without running any of its code: see lookup.py for how it is looked at."""

from __future__ import annotations

import builtins
import keyword
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from .importable import members_of_module, modules
from .lookup import UNKNOWN, attribute, entry, is_class, is_function, is_module, item, items_of, members, parameters
from .scan import Place, Token, scan

_MOST_MATCHES = 200
_LONGEST_NAME = 200
# Nobody waits for the completion of more source than this.
_MOST_SOURCE = 1 << 18
_MOST_LINKS = 50

_SOFT = [word for word in getattr(keyword, "softkwlist", ()) if word != "_"]
_KEYWORDS = frozenset(keyword.kwlist)
_VALUES = ("None", "True", "False")

Allowed = Callable[[str], bool]


class Match(NamedTuple):
    """A completion and what it is; `rank` puts the nearer ones first."""

    text: str
    kind: str
    rank: int = 0


def complete(source: str, cursor: int, namespace: Dict[str, Any], allowed: Optional[Allowed] = None) -> Dict[str, Any]:
    """What may stand at the cursor: `{start, end, matches: [{text, kind}]}`, offsets in code points.

    `start` and `end` are the word to replace. A kind is keyword, name, function, class, module, attribute, key or
    parameter. `allowed` tells which modules a cell may import; the others are not offered. Never raises.
    """
    cursor = max(0, min(cursor, len(source)))
    nothing: Dict[str, Any] = {"start": cursor, "end": cursor, "matches": []}
    try:
        place = scan(source, cursor) if cursor <= _MOST_SOURCE else None
        if place is None:
            return nothing
        word = source[place.start : cursor]
        found = _keys(place, word, namespace) if place.quote else _names(place, word, namespace, allowed)
        matches = _sorted(word, found, place.quote)
    except Exception:
        return nothing
    return {"start": place.start, "end": place.end, "matches": matches} if matches else nothing


def _sorted(word: str, found: Iterable[Match], quote: str) -> List[Dict[str, str]]:
    """The matches that begin with the word, each once; private ones only when the word asks for them."""
    kept: Dict[str, Match] = {}
    for match in found:
        text = match.text
        if not text.startswith(word) or len(text) > _LONGEST_NAME or text in kept:
            continue
        if quote or ((word.startswith("_") or not text.startswith("_")) and text.rstrip("=").isidentifier()):
            kept[text] = match
    order = sorted(kept.values(), key=lambda one: (one.rank, one.text.startswith("_"), one.text.lower(), one.text))
    return [{"text": match.text, "kind": match.kind} for match in order[:_MOST_MATCHES]]


def _keys(place: Place, word: str, namespace: Dict[str, Any]) -> Iterator[Match]:
    """Keys of a plain dict, inside the quotes of its subscript."""
    *before, string = place.tokens
    if len(place.quote) > 1 or string.prefix not in ("", "u", "r") or "\\" in word:
        return
    if not before or before[-1].text != "[" or before[-1].kind != "mark":
        return
    value = _value_of(before[:-1], namespace)
    if type(value) is dict:
        for key, _ in items_of(value):
            if key.isprintable() and "\\" not in key and place.quote not in key:
                yield Match(key, "key")


def _names(place: Place, word: str, namespace: Dict[str, Any], allowed: Optional[Allowed]) -> Iterator[Match]:
    tokens = place.tokens
    if tokens and tokens[0].text in ("import", "from"):
        yield from _imports(tokens, allowed)
        return
    last = tokens[-1] if tokens else None
    if last and last.text == "." and last.kind == "mark":
        value = _value_of(tokens[:-1], namespace)
        if value is not UNKNOWN:
            for name, member in members(value):
                yield Match(name, _kind(member, "attribute"))
        return
    if last and last.kind == "name" and last.text in ("def", "class", "as"):
        return
    if last and _ends_operand(last):
        # After a value only an operator or a keyword can come.
        if word:
            yield from (Match(name, "keyword") for name in keyword.kwlist if name not in _VALUES)
        return
    for name in _keywords_of_call(tokens, namespace):
        yield Match(f"{name}=", "parameter")
    for name, value in items_of(namespace):
        yield Match(name, _kind(value, "name"), 1)
    for name, kind in place.bound.items():
        yield Match(name, kind, 1)
    for name in keyword.kwlist:
        yield Match(name, "keyword", 2)
    if not tokens:
        for name in _SOFT:
            yield Match(name, "keyword", 2)
    for name, value in items_of(builtins.__dict__):
        yield Match(name, _kind(value, "name"), 2)


def _kind(value: Any, otherwise: str) -> str:
    if is_module(value):
        return "module"
    if is_class(value):
        return "class"
    return "function" if is_function(value) else otherwise


def _ends_operand(token: Token) -> bool:
    if token.kind == "name":
        return (token.text not in _KEYWORDS or token.text in _VALUES) and token.text not in _SOFT
    return token.kind in ("number", "string") or token.text in ")]}"


def _value_of(tokens: List[Token], namespace: Dict[str, Any]) -> Any:
    """The value of the chain of names and literal subscripts that the tokens end with, or UNKNOWN."""
    steps: List[Tuple[Callable[[Any, Any], Any], Any]] = []
    at = len(tokens) - 1
    while at >= 0 and len(steps) < _MOST_LINKS:
        token = tokens[at]
        if token.kind == "name" and at > 0 and tokens[at - 1].text == "." and tokens[at - 1].kind == "mark":
            steps.append((attribute, token.text))
            at -= 2
        elif token.kind == "name" or token.kind == "string":
            if token.kind == "name" and token.text in _KEYWORDS and token.text not in _VALUES:
                return UNKNOWN
            value = _first(token, namespace)
            for step, key in reversed(steps):
                value = UNKNOWN if value is UNKNOWN else step(value, key)
            return value
        elif token.text == "]":
            key, width = _subscript(tokens[max(0, at - 3) : at])
            if width == 0:
                return UNKNOWN
            steps.append((item, key))
            at -= width
        else:
            return UNKNOWN
    return UNKNOWN


def _first(token: Token, namespace: Dict[str, Any]) -> Any:
    if token.kind == "string":
        return b"" if "b" in token.prefix.lower() else ""
    value = entry(namespace, token.text)
    return entry(builtins.__dict__, token.text) if value is UNKNOWN else value


def _subscript(tokens: List[Token]) -> Tuple[Any, int]:
    """The literal after an opening bracket, and how many tokens it takes with both brackets; 0 if it is none."""
    opening = next((at for at in range(len(tokens)) if tokens[at].text == "[" and tokens[at].kind == "mark"), None)
    literal = tokens[-1] if tokens else None
    if opening is None or literal is None:
        return None, 0
    inner = tokens[opening + 1 :]
    if len(inner) == 1 and literal.kind == "string" and "\\" not in literal.text and not literal.prefix:
        return literal.text, 3
    sign = -1 if len(inner) == 2 and inner[0].text == "-" else 1
    if literal.kind == "number" and literal.text.isdecimal() and len(literal.text) < 10:
        return (sign * int(literal.text), len(inner) + 2) if len(inner) == 1 or sign < 0 else (None, 0)
    return None, 0


def _keywords_of_call(tokens: List[Token], namespace: Dict[str, Any]) -> List[str]:
    """The keyword arguments that the innermost open call takes and does not have yet."""
    if not tokens or tokens[-1].text not in ("(", ","):
        return []
    depth, used = 0, []
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if token.kind != "mark":
            continue
        if token.text in ")]}":
            depth += 1
        elif token.text in "([{" and depth:
            depth -= 1
        elif token.text in "([{":
            if token.text != "(" or (at > 1 and tokens[at - 2].text in ("def", "class")):
                return []
            value = _value_of(tokens[:at], namespace)
            return [] if value is UNKNOWN else [name for name in parameters(value) if name not in used]
        elif token.text == "=" and depth == 0 and at > 0:
            used.append(tokens[at - 1].text)
    return []


def _imports(tokens: List[Token], allowed: Optional[Allowed]) -> Iterator[Match]:
    words = [token.text for token in tokens]
    if words[0] == "from" and "import" in words:
        at = words.index("import")
        path = "".join(words[1:at])
        if words[-1] in ("import", ",", "(") and path and not path.startswith("."):
            for name, value in members_of_module(path, allowed):
                yield Match(name, "module" if value is UNKNOWN else _kind(value, "name"))
        elif words[-1] not in ("as", ")") and words[-2] != "as":
            yield Match("as", "keyword")
        return
    start = len(words) - words[::-1].index(",") if "," in words else 1
    path = "".join(words[start:])
    if not path or path.endswith("."):
        if not path.startswith("."):
            yield from (Match(name, "module") for name in modules(path[:-1], allowed))
    elif words[0] == "from":
        yield Match("import", "keyword")
    elif "as" not in words[start:]:
        yield Match("as", "keyword")
