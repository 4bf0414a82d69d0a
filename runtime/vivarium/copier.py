"""Asking a worker for copies of itself."""

from __future__ import annotations

import _socket as socket
import os
import struct
import time
from typing import Any, Callable, Dict, Optional

from . import calls
from .channel import send_descriptor
from .checkpoint import ASLEEP
from .copies import Sleeper, Taker, sleeping
from .loop import Loop

_CREDENTIALS = struct.Struct("@3i")
_MAKING_SECONDS = 5.0
# A worker that dies closes its descriptors a moment before it is seen to have ended.
_DYING_SECONDS = 0.02


class Copier:
    """Asks one worker for copies of itself."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._pending: Dict[int, Callable[[], None]] = {}
        # Forks that the worker may make now: of the one kind, and of the other, which takes two.
        self._siblings = 0
        self._plain = 0
        self._has_forked = False
        self._failed = 0
        self.due: Optional[float] = None
        # Said once: a worker that did not make a copy in time is not asked again.
        self.broken: Optional[str] = None

    @property
    def busy(self) -> bool:
        return bool(self._pending)

    def ask(self, hand: Any, *takers: Taker) -> None:
        """Asks for a copy for each taker, who gets it, or none."""
        hand.handover.setblocking(False)
        asked = sum(self._hand_over(hand, taker) for taker in takers)
        if asked:
            self.due = time.monotonic() + _MAKING_SECONDS
            hand.send({"type": "checkpoint", "count": asked})

    def _hand_over(self, hand: Any, taker: Taker) -> bool:
        """Gives the worker what its copy will sleep on; false when it takes nothing, and the taker has been told."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.setblocking(False)
        try:
            send_descriptor(hand.handover, theirs.fileno())
        except OSError:
            ours.close()
            taker(None)
            return False
        finally:
            theirs.close()
        self._siblings += 1
        self._plain += 2

        def give(sleeper: Optional[Sleeper]) -> None:
            self._loop.remove(ours.fileno())
            del self._pending[ours.fileno()]
            if not self._pending:
                if sleeper is None or self._has_forked:
                    # It may have made something else than the copies that it was asked for.
                    hand.watchdog.look_soon(time.monotonic())
                self._siblings = self._plain = self._failed = 0
                self._has_forked = False
                self.due = None
            if sleeper is None:
                ours.close()
            taker(sleeper)

        def hear() -> None:
            pid = _who_sleeps(ours)
            if pid is None or pid in sleeping or not _can_sleep(pid):
                self._failed += 1
                self._loop.remove(ours.fileno())
                self.due = time.monotonic() + _DYING_SECONDS
            else:
                give(Sleeper(pid, ours, hand, self._loop))

        self._pending[ours.fileno()] = lambda: give(None)
        self._loop.add(ours.fileno(), hear)
        return True

    def may_fork(self, sibling: bool, threads: int) -> bool:
        """Whether the worker may fork now; that uses up one of what it may."""
        if sibling:
            self._siblings -= 1
            return self._siblings >= 0
        if threads < 2 or self._plain <= 0:
            return False
        self._plain -= 1
        self._has_forked = True
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


def _can_sleep(pid: int) -> bool:
    """Whether it is what a copy is: a child of the keeper's and no worker, which leads a session of its own."""
    try:
        return calls.is_own_child(pid) and os.getsid(pid) == pid
    except ProcessLookupError:
        return False


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
