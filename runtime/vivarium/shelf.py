"""The checkpoints of one branch: of its present state, of earlier ones in order, and those with names."""

from __future__ import annotations

from typing import Dict, List, Optional

from .copies import Checkpoint

# Each is a process.
_MOST_NAMED = 32


class Shelf:
    """Holds each as long as something refers to it."""

    def __init__(self, current: Optional[Checkpoint], most: int, most_bytes: int) -> None:
        self.current = current.hold() if current else None
        self._most = most
        self._most_bytes = most_bytes
        # A state of which there is no checkpoint keeps its place.
        self._history: List[Optional[Checkpoint]] = []
        self._named: Dict[str, Checkpoint] = {}

    def advance(self, current: Optional[Checkpoint]) -> None:
        """The state is another one now; the one before it becomes history."""
        self._history.append(self.current)
        self.current = current.hold() if current else None
        self._trim()

    def replace(self, current: Optional[Checkpoint]) -> None:
        """The state is the same but for its tools; what there was of it is no history."""
        if self.current:
            self.current.release()
        self.current = current.hold() if current else None
        self._trim()

    def set_back(self, checkpoint: Checkpoint) -> None:
        """The state is that of a checkpoint again; what came after that one in history is no more."""
        if checkpoint in self._history:
            while self._history:
                dropped = self._history.pop()
                if dropped is checkpoint:
                    break
                if dropped:
                    dropped.release()
        else:
            checkpoint.hold()
        if self.current:
            self.current.release()
        self.current = checkpoint

    def back(self, count: int) -> Optional[Checkpoint]:
        """The state before so many changes, if it is still there."""
        return self._history[-count] if count <= len(self._history) else None

    @property
    def depth(self) -> int:
        return len(self._history)

    def named(self, name: str) -> Optional[Checkpoint]:
        return self._named.get(name)

    def names(self) -> List[str]:
        return list(self._named)

    def name(self, name: str, checkpoint: Checkpoint) -> None:
        self.forget(name)
        self._named[name] = checkpoint.hold()
        self._trim()

    def forget(self, name: str) -> bool:
        found = self._named.pop(name, None)
        if found:
            found.release()
        return found is not None

    def room_for(self, name: str, size: int) -> bool:
        """Whether the present state, of so many bytes, may be kept under a name; what has the name goes."""
        others = [one for other, one in self._named.items() if other != name]
        held = {id(one): one.bytes for one in others}
        added = 0 if self.current and id(self.current) in held else size
        return len(others) < _MOST_NAMED and sum(held.values()) + added <= self._most_bytes

    def branch(self) -> Shelf:
        """That of a new branch: the same present state, the same names, no history."""
        shelf = Shelf(self.current, self._most, self._most_bytes)
        shelf.name_all(self)
        return shelf

    def name_all(self, other: Shelf) -> None:
        """Takes over the names of another one."""
        for name, checkpoint in other._named.items():
            self.name(name, checkpoint)

    def close(self) -> None:
        for checkpoint in (*self._history, *self._named.values(), self.current):
            if checkpoint:
                checkpoint.release()
        self._history.clear()
        self._named.clear()
        self.current = None

    def drop_oldest(self) -> bool:
        """Gives up the oldest state of history; false when there is none."""
        while self._history:
            if self._drop():
                return True
        return False

    def _drop(self) -> bool:
        """Gives up the oldest place of history; whether there was a checkpoint in it."""
        dropped = self._history.pop(0)
        if dropped:
            dropped.release()
        return dropped is not None

    def _trim(self) -> None:
        # A place without a checkpoint takes no memory, but goes with those around it.
        while len(self._history) > self._most or (self._history and self._bytes() > self._most_bytes):
            self._drop()

    def _bytes(self) -> int:
        held = {id(one): one.bytes for one in (*self._history, *self._named.values()) if one}
        return sum(held.values())
