"""Copies of a worker, asleep, and the states that they stand for."""

from __future__ import annotations

import _socket as socket
import os
import signal
from typing import Any, Callable, Dict, List, Optional, Set

from . import calls
from .loop import Loop

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
        self._taken = False
        sleeping.add(pid)
        calls.when_taken[pid] = self._forget
        # That it sleeps is only its own word.
        _signal(pid, signal.SIGSTOP)

    def is_alive(self) -> bool:
        # Not by its end of the socket, which a cell may have kept open when it made the copy.
        return not self._taken and calls.is_own_child(self.pid)

    def leave(self) -> None:
        """It is a copy no more: it wakes."""
        if not self._taken:
            self._forget()
            del calls.when_taken[self.pid]
            _signal(self.pid, signal.SIGCONT)
        self.listener.release(self._loop)

    def end(self) -> None:
        # Those that were ended before have had the time to go; until somebody takes note they count as processes.
        calls.reap()
        if not self._taken:
            _signal(self.pid, signal.SIGKILL)
        self.wake.close()
        self.leave()

    def _forget(self) -> None:
        """Its number is no copy's from now on."""
        self._taken = True
        sleeping.discard(self.pid)


def stop_all() -> None:
    """Nothing wakes a stopped process but the end of others in its group, for which the kernel has a rule of its own."""
    for pid in sleeping:
        _signal(pid, signal.SIGSTOP)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


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
