"""Which names a namespace has gained and lost since somebody last asked."""

from __future__ import annotations

from _operator import is_
from typing import Any, Collection, Dict, List, Set

# What one report may have; the rest comes with the next.
_MOST_NAMES = 1000
_MOST_CHARS = 100_000
_LONGEST = 300


class Names:
    """Watches one namespace; names with two underscores at both ends, and those `hidden`, are not the user's."""

    def __init__(self, namespace: Dict[str, Any], hidden: Collection[str]) -> None:
        self._namespace = namespace
        self._hidden = frozenset(hidden)
        # All keys as they were last seen: the same list again means that there is nothing to tell.
        self._seen: List[Any] = []
        self._told: Set[str] = set()

    def changes(self) -> Dict[str, List[str]]:
        """`added` and `removed`, each only when there is something in it."""
        keys = list(self._namespace)
        if len(keys) == len(self._seen) and all(map(is_, keys, self._seen)):
            return {}
        names = {key for key in keys if type(key) is str and self._is_users(key)}
        added = _bounded(name for name in keys if type(name) is str and name in names and name not in self._told)
        removed = _bounded(self._told - names)
        complete = len(added) + len(self._told) - len(removed) == len(names)
        self._told.update(added)
        self._told.difference_update(removed)
        self._seen = keys if complete else []
        changes = {"added": added, "removed": removed}
        return {kind: found for kind, found in changes.items() if found}

    def _is_users(self, name: str) -> bool:
        if len(name) > _LONGEST or name in self._hidden:
            return False
        return not (name.startswith("__") and name.endswith("__"))


def _bounded(names: Any) -> List[str]:
    kept: List[str] = []
    size = 0
    for name in names:
        size += len(name) if name.isascii() else 12 * len(name)
        if len(kept) == _MOST_NAMES or size > _MOST_CHARS:
            break
        kept.append(name)
    return kept
