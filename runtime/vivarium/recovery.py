"""What a branch can go back to, and its way back: copies made in idle moments, and woken when the worker is gone."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from .copier import Copier
from .copies import Checkpoint, Fresh, Sleeper
from .hand import WorkerHand
from .shelf import Shelf

# Above it a copy takes longer than an idle moment has: a millisecond for every 50 MB or so.
_AUTO_BYTES = 256 << 20
_MOST_NAMES = 1000

Then = Callable[[bool], None]


class Recovery:
    """The checkpoints of one branch, and what has to be said of its state."""

    def __init__(self, session: Any, branch: Any, shelf: Optional[Shelf] = None) -> None:
        self._session = session
        self._branch = branch
        self.copier = Copier(session.loop)
        self.shelf = shelf or self._first_shelf()
        # Names that cells gave to something, for those who lose them.
        self.names: Dict[str, None] = {}
        # Whether the namespace is no longer what the current checkpoint has.
        self._stale = False
        self._waking = False
        # What became of the namespace between two cells: the next result has to say it.
        self._owed: Optional[str] = None
        self._owed_names: List[str] = []
        # What the namespace took when that was last looked at, in bytes.
        self._size = 0

    def _first_shelf(self) -> Shelf:
        return Shelf(Fresh() if self._session.checkpoints else None, *self._session.history)

    @property
    def busy(self) -> bool:
        return self.copier.busy or self._waking

    def begin_anew(self) -> None:
        """The session's options are another's now; nothing has run yet."""
        self.shelf = self._first_shelf()

    def learn(self, report: Dict[str, Any]) -> None:
        """Takes note of the names that came and went."""
        for name in report.get("removed", ()):
            self.names.pop(name, None)
        for name in report.get("added", ()):
            if len(self.names) < _MOST_NAMES:
                self.names[name] = None

    # Before it is needed.

    def unprotected(self, worker: Optional[WorkerHand]) -> Optional[str]:
        """Why no copy can be made of the state that there is now."""
        mode = self._session.checkpoints
        if not mode:
            return "checkpoints are switched off"
        if not worker or self.copier.broken:
            return self.copier.broken or "the worker has ended"
        held, threads = worker.meter.memory()
        self._size = max(0, held - worker.base_bytes)
        if mode == "always":
            return None
        if threads > 1:
            running = "a native thread was" if threads == 2 else f"{threads - 1} native threads were"
            return f"{running} running, which no copy would have"
        if self._size > _AUTO_BYTES:
            most = _AUTO_BYTES >> 20
            return f"the namespace takes {self._size >> 20} MiB, more than the {most} MiB that are copied unasked"
        if self._session.household.runs_children_of(self._branch) and worker.holds_pipes():
            return "a pipe to a child process was open, and a copy would keep it from ever being closed"
        return None

    def changed(self, worker: Optional[WorkerHand], protect: bool, only_tools: bool) -> None:
        """The state is another one: a copy of it is made, if it is to be protected."""
        # Tools are set anew after every way back, which must not lead there again.
        put = self.shelf.replace if only_tools else self.shelf.advance
        if not protect or worker is None:
            put(None)
            return
        self._stale = True
        made = Checkpoint(dict(self.names), self._size)

        def keep(copy: Optional[Sleeper]) -> None:
            if copy is None and self._branch.worker is not None and self.shelf.drop_oldest():
                # For want of memory or of processes, perhaps: the present is worth more than the past.
                self.copier.ask(worker, keep)
                return
            made.hold()
            made.put(copy)
            if self._branch.worker is not None:
                self._stale = False
                put(made if copy else None)
            # Else it died over it: what there is to go back to is still the state before.
            made.release()
            if copy:
                self._branch.warm_up()
            else:
                # Whatever kept it from making a copy may keep it from anything else, and others may be waiting.
                self._branch.next()

        self.copier.ask(worker, keep)

    # When it is needed.

    @property
    def verdict(self) -> str:
        """What becomes of the state, now that the worker is gone."""
        current = self.shelf.current
        return "rolledBack" if current and current.available else "lost"

    def owe(self, state: str) -> None:
        """It happened between two cells: the next one's result says so, unless nothing is gone by it."""
        if state == "lost" or self._stale:
            self._owed = state
            self._owed_names = list(self.names) if state == "lost" else []

    def settle(self, result: Dict[str, Any], lost: Optional[List[str]]) -> None:
        """Puts into a result what is owed to it; the worse of two states is what the caller has to know."""
        if self._owed and result["state"] != "lost":
            if self._owed == "lost" or result["state"] == "kept":
                result["state"] = self._owed
            lost = lost or self._owed_names
        if lost:
            result["lost"] = lost

    def settled(self) -> None:
        """The result is on its way."""
        self._owed, self._owed_names = None, []

    def go_back(self, state: str, before: Optional[Callable[[], None]] = None) -> None:
        """Makes the current checkpoint the worker, or lets the next cell start a new one."""
        current = self.shelf.current if state == "rolledBack" else None
        if current is None:
            self.names = {}
            self._stale = False
            if self._session.checkpoints:
                self.shelf.advance(Fresh())
        if before:
            before()
        if current is None:
            self._branch.next()
        else:
            self.take(current, lambda taken: self._taken(current, taken))

    def _taken(self, checkpoint: Checkpoint, taken: bool) -> None:
        if taken:
            self._branch.next()
        else:
            # It died in its sleep after it was promised.
            self._owed, self._owed_names = "lost", list(checkpoint.names)
            self.go_back("lost")

    def take(self, checkpoint: Checkpoint, then: Then) -> None:
        """Puts a checkpoint's copy in the place of the worker, which is gone, and says whether there was one."""
        self._stale = False
        self.names = dict(checkpoint.names)
        if isinstance(checkpoint, Fresh):
            then(True)
            return
        self._waking = True

        def wake(sleeper: Optional[Sleeper]) -> None:
            self._waking = False
            if sleeper is None:
                then(False)
                return
            # Its own place is taken again before anything runs.
            self.copier.ask(self._branch.wake(sleeper), put)

        def put(copy: Optional[Sleeper]) -> None:
            checkpoint.put(copy)
            if self._branch.worker is None:
                # It died over it, and whoever buries it goes on from there.
                return
            if copy is None and self.shelf.current is checkpoint:
                self.shelf.replace(None)
            then(True)

        checkpoint.take(wake)

    def forget_state(self) -> None:
        """The state is an empty one, by order."""
        self.names = {}
        self.shelf.advance(Fresh() if self._session.checkpoints else None)

    def become(self, other: Recovery) -> None:
        """Goes on with the state of another branch, which is no more."""
        self.names, self.copier, self._size = other.names, other.copier, other._size
        self._owed, self._owed_names = other._owed, other._owed_names
        self.shelf.advance(other.shelf.current)
        self.shelf.name_all(other.shelf)
