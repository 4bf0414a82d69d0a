"""The watchdog: memory and processor time of the whole session, during cells and, as long as anything runs, between."""

from __future__ import annotations

from typing import Collection, Dict, Optional

from .meter import Usage, precise_bytes, usage_of

_CELL_SECONDS = 0.05
_IDLE_SECONDS = 0.25
_SLACK_BYTES = 4 << 20


class Watchdog:
    """Looks now and then, and says what limit is passed. It holds no timer: the keeper asks when a look is due."""

    def __init__(self, limits: Dict[str, int], base_bytes: int) -> None:
        # What a worker shares with the zygote it was forked from is not the session's. A little more than the rlimit of
        # one process is let pass, so that Python can raise its MemoryError, which keeps the state.
        memory = limits["memoryBytes"]
        self._memory = memory + base_bytes + max(_SLACK_BYTES, memory // 64)
        self._cpu = limits["cpuMs"] / 1000
        self._started: Optional[float] = None
        # When the next look is due; none while nothing but a sleeping worker is there.
        self.due: Optional[float] = None
        self.peak_bytes = 0
        # What the last look found, shared pages counted once for each who maps them.
        self.bytes = 0

    def cell_begins(self, now: float) -> None:
        self._started = None
        self.peak_bytes = 0
        self.due = now + _CELL_SECONDS

    def cell_ends(self, now: float) -> None:
        """Threads and processes may go on: one more look, and further ones as long as there are any."""
        self._started = None
        self.due = now + _IDLE_SECONDS

    def look_soon(self, now: float) -> None:
        """Something may have been started that nobody knows of."""
        soon = now + _CELL_SECONDS
        self.due = min(self.due or soon, soon)

    def look(
        self, now: float, in_cell: bool, cell_cpu: float, pids: Collection[int], copies: Collection[int]
    ) -> Optional[str]:
        """`memory` or `cpu` when that limit is passed by these processes; `copies` share pages with them.

        `cell_cpu` is what the worker alone used since the cell began.
        """
        usage = usage_of(pids)
        self.bytes = usage.bytes
        self.due = self._next(now, in_cell, usage)
        if self._started is None:
            # The first look comes late: what the worker has used by then is known, the rest is not the cell's yet.
            self._started = usage.cpu_seconds - cell_cpu
        self.peak_bytes = max(self.peak_bytes, usage.bytes)
        if usage.bytes > self._memory and self._is_over(usage, pids, copies):
            return "memory"
        return "cpu" if usage.cpu_seconds - self._started > self._cpu else None

    def _is_over(self, usage: Usage, pids: Collection[int], copies: Collection[int]) -> bool:
        # Only with several processes are pages counted more than once.
        return usage.processes < 2 or precise_bytes(pids, copies) > self._memory

    def _next(self, now: float, in_cell: bool, usage: Usage) -> Optional[float]:
        if in_cell:
            return now + _CELL_SECONDS
        return now + _IDLE_SECONDS if usage.processes > 1 or usage.threads > 1 else None
