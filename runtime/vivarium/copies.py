"""Copies of a worker, asleep, and the states that they stand for."""

from __future__ import annotations

import _socket as socket
import os
import signal
import struct
import time
from typing import Any, Callable, Dict, List, Optional, Set

from . import calls
from .channel import send_descriptor
from .checkpoint import ASLEEP
from .loop import Loop

_CREDENTIALS = struct.Struct("@3i")
_MAKING_SECONDS = 5.0
# A worker that dies closes its descriptors a moment before it is seen to have ended.
_DYING_SECONDS = 0.02

# Every copy that sleeps in this session: nobody may signal one, and they are not processes that cells started.
sleeping: Set[int] = set()


class Sleeper:
    """One copy's process."""

    def __init__(self, pid: int, wake: socket.socket, hand: Any, loop: Loop) -> None:
        self.pid = pid
        self.wake = wake
        self.listener = hand.listener
        self.base_bytes: int = hand.base_bytes
        self._loop = loop
        self.listener.hold()
        sleeping.add(pid)

    def is_alive(self) -> bool:
        try:
            # Its end of the socket is closed with it.
            return not self.wake.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False

    def leave(self) -> None:
        """It is a copy no more: it wakes."""
        sleeping.discard(self.pid)
        self.listener.release(self._loop)

    def end(self) -> None:
        # Those that were ended before have had the time to go; until somebody takes note they count as processes.
        calls.reap()
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.wake.close()
        self.leave()


Taker = Callable[[Optional[Sleeper]], None]


class Checkpoint:
    """A state that can be gone back to, any number of times: whoever takes its copy makes another before anything else."""

    def __init__(self, names: Dict[str, None], size: int) -> None:
        self.names = names
        # Memory in bytes that it takes at most, once nothing is shared any more.
        self.bytes = size
        self._sleeper: Optional[Sleeper] = None
        self._taken = True
        self._waiting: List[Taker] = []
        self._users = 0

    @property
    def available(self) -> bool:
        return self._taken or (self._sleeper is not None and self._sleeper.is_alive())

    def take(self, taker: Taker) -> None:
        """Hands over the copy as soon as there is one; none when there will be none."""
        if self._sleeper is not None:
            sleeper, self._sleeper = self._sleeper, None
            self._taken = True
            taker(sleeper)
        elif self._taken:
            self._waiting.append(taker)
        else:
            taker(None)

    def put(self, sleeper: Optional[Sleeper]) -> None:
        """Gives back a copy of the same state; none says that it could not be made."""
        self._taken = False
        if sleeper is None:
            waiting, self._waiting = self._waiting, []
            for taker in waiting:
                taker(None)
        elif self._users == 0:
            sleeper.end()
        else:
            self._sleeper = sleeper
            if self._waiting:
                self.take(self._waiting.pop(0))

    def hold(self) -> Checkpoint:
        self._users += 1
        return self

    def release(self) -> None:
        self._users -= 1
        if self._users == 0 and self._sleeper is not None:
            self._sleeper.end()
            self._sleeper = None


class Fresh(Checkpoint):
    """The state of a new session, which takes no copy: a worker is started instead."""

    def __init__(self) -> None:
        super().__init__({}, 0)

    @property
    def available(self) -> bool:
        return True


class Shelf:
    """The checkpoints of one branch: of its present state, of earlier ones in order, and those with names."""

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

    def room_for(self, size: int) -> bool:
        """Whether one more checkpoint with a name, of so many bytes, may be kept."""
        held = {id(one): one.bytes for one in self._named.values()}
        return len(self._named) < _MOST_NAMED and sum(held.values()) + size <= self._most_bytes

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

    def _trim(self) -> None:
        while len(self._history) > self._most or (self._history and self._bytes() > self._most_bytes):
            dropped = self._history.pop(0)
            if dropped:
                dropped.release()

    def _bytes(self) -> int:
        held = {id(one): one.bytes for one in (*self._history, *self._named.values()) if one}
        return sum(held.values())


# Each is a process.
_MOST_NAMED = 32


class Copier:
    """Asks one worker for copies of itself."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._pending: Dict[int, Callable[[], None]] = {}
        self._takers: List[Taker] = []
        # Forks that the worker may make now: of the one kind, and of the other, which takes two.
        self._siblings = 0
        self._plain = 0
        self._failed = 0
        self.due: Optional[float] = None
        # Said once: a worker that did not make a copy in time is not asked again.
        self.broken: Optional[str] = None

    @property
    def busy(self) -> bool:
        return bool(self._pending)

    def ask(self, hand: Any, taker: Taker) -> None:
        """Asks for one copy; the taker gets it, or none."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.setblocking(False)
        hand.handover.setblocking(False)
        try:
            send_descriptor(hand.handover, theirs.fileno())
        except OSError:
            ours.close()
            theirs.close()
            taker(None)
            return
        theirs.close()
        self._siblings += 1
        self._plain += 2
        self.due = time.monotonic() + _MAKING_SECONDS

        def give(sleeper: Optional[Sleeper]) -> None:
            self._loop.remove(ours.fileno())
            del self._pending[ours.fileno()]
            if not self._pending:
                self._siblings = self._plain = self._failed = 0
                self.due = None
            if sleeper is None:
                ours.close()
            taker(sleeper)

        def hear() -> None:
            pid = _who_sleeps(ours)
            if pid is None or pid == hand.pid or pid in sleeping:
                self._failed += 1
                self._loop.remove(ours.fileno())
                self.due = time.monotonic() + _DYING_SECONDS
            else:
                give(Sleeper(pid, ours, hand, self._loop))

        self._pending[ours.fileno()] = lambda: give(None)
        self._loop.add(ours.fileno(), hear)
        hand.send({"type": "checkpoint"})

    def may_fork(self, sibling: bool, threads: int) -> bool:
        """Whether the worker may fork now; that uses up one of what it may."""
        if sibling:
            self._siblings -= 1
            return self._siblings >= 0
        if threads < 2 or self._plain <= 0:
            return False
        self._plain -= 1
        return True

    def expire(self) -> None:
        """What was due did not come."""
        if self._failed < len(self._pending):
            self.broken = "the last copy was not made in time"
        self.give_up()

    def give_up(self) -> None:
        """No copy comes any more."""
        for fail in list(self._pending.values()):
            fail()


def _who_sleeps(wake: socket.socket) -> Optional[int]:
    """The process that says it sleeps, by the kernel's word."""
    try:
        data, ancillary, _, _ = wake.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
    except OSError:
        return None
    for level, kind, value in ancillary if data == ASLEEP else ():
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            pid: int = _CREDENTIALS.unpack_from(value)[0]
            return pid if pid > 1 else None
    return None
