"""Why a value cannot cross, and where inside it that is."""

from __future__ import annotations

from typing import Any, List

_KEY_CHARS = 40
_MOST_PARTS = 12


class TooLarge(Exception):
    """The value would take more bytes than a result may have."""


class NoTwin(Exception):
    """The value has nothing on JavaScript's side that it could become; the message names the place inside it."""

    def __init__(self, reason: str, root: str = "value") -> None:
        super().__init__(reason)
        self.reason = reason
        self._root = root
        self._parts: List[str] = []

    def within(self, part: str) -> "NoTwin":
        """Notes, from the inside out, where it was."""
        self._parts.append(part)
        return self

    def member(self) -> "NoTwin":
        """What was an item of a list is a member of a set, which has no place in it."""
        self._parts[-1:] = ["{member}"]
        return self

    def key(self) -> "NoTwin":
        return self.within("{key}")

    @property
    def path(self) -> str:
        """Such as `value["rows"][3].callback`; the middle of a long one is left out."""
        parts = self._parts[::-1]
        if len(parts) > _MOST_PARTS:
            parts = [*parts[: _MOST_PARTS // 2], "...", *parts[-_MOST_PARTS // 2 :]]
        return self._root + "".join(parts)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def key_part(key: Any) -> str:
    """A key of a dict in a path; only plain ones are shown."""
    kind = type(key)
    if kind is str:
        text = key if len(key) <= _KEY_CHARS else key[:_KEY_CHARS] + "..."
        return '["' + text.replace("\\", "\\\\").replace('"', '\\"') + '"]'
    if key is None or kind is bool or kind is float or kind is int and key.bit_length() < 64:
        return f"[{key!r}]"
    return "[...]"
