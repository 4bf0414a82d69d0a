"""What stands before the cursor in Python source, which need be neither complete nor right: one look at its tokens."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional

_TOKEN = re.compile(
    r"""(?P<space>[ \t\f]+|\\\r?\n)
    |(?P<comment>\#[^\r\n]*)
    |(?P<newline>\r?\n|\r)
    |(?P<string>[rRbBuUfFtT]{0,2}(?:'''|\"\"\"|'|"))
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<mark>.)""",
    re.VERBOSE,
)

# What a string has between its quotes.
_INSIDE = {
    "'": re.compile(r"(?:[^'\\\r\n]|\\.)*", re.DOTALL),
    '"': re.compile(r'(?:[^"\\\r\n]|\\.)*', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*", re.DOTALL),
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*', re.DOTALL),
}

_OPENING, _CLOSING = "([{", ")]}"

# A line that begins with one of these begins a statement, also when a bracket before it was never closed.
_STATEMENTS = frozenset(
    "assert break class continue def del global import nonlocal pass raise return try while with".split()
)
_BINDING = {"def": "function", "class": "class", "for": "name", "as": "name", "import": "name"}


class Token(NamedTuple):
    """`kind` is name, number, string or mark; a string's text is what is between its quotes."""

    kind: str
    text: str
    start: int
    end: int
    prefix: str = ""


class Place(NamedTuple):
    """Where the cursor is: the tokens of its statement before the word that it is in, and that word."""

    tokens: List[Token]
    start: int
    end: int
    # The quote, when the word is inside a string.
    quote: str
    # What the source binds above, by name: what kind of thing it is.
    bound: Dict[str, str]


def scan(source: str, cursor: int) -> Optional[Place]:
    """The place of the cursor; none in a comment, a number, or anywhere else where no name can stand."""
    tokens: List[Token] = []
    bound: Dict[str, str] = {}
    depth, at, begins = 0, 0, True
    while at < cursor:
        found = _TOKEN.match(source, at)
        assert found is not None
        kind, text = str(found.lastgroup), found.group()
        end = found.end()
        if kind == "string":
            quote = text.lstrip("rRbBuUfFtT")
            inside = _INSIDE[quote].match(source, end)
            assert inside is not None
            is_closed = source.startswith(quote, inside.end())
            if cursor < end:
                return None
            if cursor <= inside.end():
                tokens.append(Token("string", "", at, end, text[: -len(quote)]))
                return Place(tokens, end, inside.end() if is_closed else cursor, quote, bound)
            tokens.append(Token("string", inside.group(), at, end, text[: -len(quote)]))
            end = inside.end() + (len(quote) if is_closed else 0)
            if cursor < end:
                return None
        elif kind == "comment" or kind == "number":
            if cursor <= end:
                return None
            if kind == "number":
                tokens.append(Token(kind, text, at, end))
        elif kind == "newline":
            begins = True
            if depth == 0:
                tokens = []
        elif kind == "name":
            if begins and text in _STATEMENTS:
                tokens, depth = [], 0
            elif text in ("import", "from") and tokens and tokens[-1].text == ":":
                tokens = []
            if cursor <= end:
                return Place(tokens, at, end, "", bound)
            if tokens and tokens[-1].text in _BINDING:
                bound[text] = _BINDING[tokens[-1].text]
            tokens.append(Token(kind, text, at, end))
        elif kind == "mark":
            if text in _OPENING:
                depth += 1
            elif text in _CLOSING:
                depth = max(0, depth - 1)
            elif text == "=" and len(tokens) == 1 and tokens[0].kind == "name" and source[end : end + 1] != "=":
                bound[tokens[0].text] = "name"
            if text == ";" and depth == 0:
                tokens = []
            else:
                tokens.append(Token(kind, text, at, end))
        if kind not in ("space", "newline", "comment"):
            begins = False
        at = end
    return Place(tokens, cursor, cursor, "", bound)
