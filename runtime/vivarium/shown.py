"""A value as the host gets it: what it is in JavaScript, where it has a twin there, and as Python would show it."""

from __future__ import annotations

from typing import Any, Dict

from .text import cut, type_name
from .values import Encoder, NoTwin, TooLarge

_TEXT_CHARS = 100_000


def shown(value: Any, budget: int) -> Dict[str, Any]:
    """`output`, `text` and `truncated` of a cell's value, within so many bytes; a repr that raises costs only itself."""
    parts: Dict[str, Any] = {}
    try:
        parts["output"] = Encoder(budget).encode(value)
    except NoTwin:
        pass
    except TooLarge:
        parts["truncated"] = True
    text = _text(value)
    parts["text"] = cut(text, max(200, min(budget // 8, _TEXT_CHARS)))
    if len(parts["text"]) != str.__len__(text):
        parts["truncated"] = True
    return parts


def shown_anyhow(value: Any, budget: int) -> Dict[str, Any]:
    """`output` and `text` of an answer, which is whole or has a text alone."""
    parts = shown(value, budget)
    parts.pop("truncated", None)
    return parts


def _text(value: Any) -> str:
    try:
        return repr(value)
    except (Exception, SystemExit, GeneratorExit) as error:
        return f"<{type_name(value)} object: its repr raised {type_name(error)}>"
