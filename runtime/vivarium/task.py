"""One order of the supervisor's at work: what it may use, what has happened to it, and its clocks."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set

# How long a cell may go on after `final_answer`: what `finally` blocks need; less where its exception ends no cell.
_ANSWERED_SECONDS = 0.25
_ASIDE_SECONDS = 0.05
# Most calls are answered sooner, and cost no look at the worker's threads.
_DOUBT_SECONDS = 0.01
_MOST_DENIALS = 100
_MOST_CALLS = 1024
_MOST_INPUTS = 10_000
# The keeper's own orders take no time to speak of, and others wait for them.
_OWN_GRACE_MS = 500


class Task:
    """`id` 0 is the keeper's own. Moments are in seconds of the monotonic clock."""

    def __init__(self, order: Dict[str, Any], now: float, limits: Dict[str, int]) -> None:
        self.order = order
        # The order as it came, if it is passed on like that: writing a large one anew takes time.
        self.line = b""
        self.kind: str = order["type"]
        self.id: int = order["id"]
        self.started = now
        self.wall_ms: int = order.get("wallMs") or limits["wallMs"]
        self.total_ms: int = limits["totalMs"]
        self._wall_end = now + self.wall_ms / 1000
        self._total_end = now + self.total_ms / 1000
        self._grace = (limits["graceMs"] if self.id else min(limits["graceMs"], _OWN_GRACE_MS)) / 1000
        # When the wall clock stopped, and what the worker had used of the processor by then.
        self._paused: Optional[float] = None
        self._paused_cpu = 0.0
        # When somebody has to look whether other threads go on meanwhile, for which the clock must not stop.
        self.doubt: Optional[float] = None
        # Why it was told to stop, once it was: "timeout", "total", "cpu", "interrupt" or "answered"; why it was killed.
        self.stopping: Optional[str] = None
        self._stop_end = 0.0
        self.reminded = False
        self.killed: Optional[str] = None
        self.denials: List[Dict[str, Any]] = []
        # Calls of host tools that are under way.
        self.calls: Set[int] = set()
        self.answered = False
        self._answer_end: Optional[float] = None
        self._inputs = self._input_bytes = 0
        self.display_bytes = 0
        self.displays_dropped = 0
        self.cpu_started = 0.0

    @property
    def due(self) -> float:
        """When it has to be looked at next."""
        if self.stopping:
            return self._stop_end
        due = self._total_end
        if self._paused is None and self._wall_end < due:
            due = self._wall_end
        if self._answer_end is not None and self._answer_end < due:
            due = self._answer_end
        if self.doubt is not None and self.doubt < due:
            due = self.doubt
        return due

    def why_due(self) -> str:
        """What ran out, of a task that is due and was not told to stop yet."""
        if self._answer_end is not None and self._answer_end <= min(self._total_end, self._wall_end):
            return "answered"
        return "total" if self._total_end < self._wall_end or self._paused is not None else "timeout"

    def stop(self, why: str, now: float) -> None:
        """It is interrupted now; half of its grace later again, and with all of it over it is killed."""
        self.stopping = self.stopping or why
        self._stop_end = now + self._grace / 2

    def remind(self, now: float) -> None:
        self.reminded = True
        self._stop_end = now + self._grace / 2

    def kill(self, why: str, now: float) -> None:
        self.killed = self.killed or why
        # Not again at every turn of the loop while the kernel takes the process down.
        self.stopping = self.stopping or why
        self.reminded = True
        self._stop_end = now + 1

    def answer(self, aside: bool, now: float) -> None:
        """It gave its final answer, and should end by itself."""
        self.answered = True
        self._answer_end = now + (_ASIDE_SECONDS if aside else _ANSWERED_SECONDS)

    def deny(self, denial: Dict[str, Any]) -> bool:
        """Notes a denial; whether there was room for it."""
        if len(self.denials) >= _MOST_DENIALS:
            return False
        self.denials.append(denial)
        return True

    # Waiting for the host.

    def call(self, number: int) -> bool:
        """Notes a call that goes out; false when it is one too many, or one that is under way already."""
        if number in self.calls or len(self.calls) >= _MOST_CALLS:
            return False
        self.calls.add(number)
        return True

    def ask(self, size: int, most: int) -> bool:
        """Whether the cell may ask for one more line of input, with so many bytes; the supervisor keeps all prompts."""
        self._inputs += 1
        self._input_bytes += size
        return self._inputs <= _MOST_INPUTS and self._input_bytes <= most

    def pause(self, now: float, cpu: float) -> None:
        """Stops the wall clock: the cell waits for the host. Whether it has other threads is looked at later."""
        if self._paused is None:
            self._paused, self._paused_cpu = now, cpu
            self.doubt = now + _DOUBT_SECONDS

    def resume(self, now: float, cpu: float) -> None:
        """Lets the wall clock go on. What the worker computed meanwhile, whatever it said, is not given back."""
        if self._paused is not None:
            self._wall_end += max(0.0, now - self._paused - (cpu - self._paused_cpu))
            self._paused = self.doubt = None

    def returned(self, number: int, now: float, cpu: float) -> bool:
        """Notes an answer; whether anybody asked."""
        if number not in self.calls:
            return False
        self.calls.remove(number)
        if not self.calls:
            self.resume(now, cpu)
        return True

    def room_for(self, size: int, most: int) -> bool:
        """Whether one more display of so many bytes may go out; a dropped one is counted."""
        if self.display_bytes + size > most:
            self.displays_dropped += 1
            return False
        self.display_bytes += size
        return True
