"""What a worker has used: its processor time, its memory, and that of the processes it started."""

from __future__ import annotations

import os
import time
from typing import List

# Within it a process can fill a few MiB at most.
_UNMEASURED_SECONDS = 0.001


class Meter:
    """Reads one worker's figures through descriptors that stay open, because every cell asks for them."""

    def __init__(self, pid: int) -> None:
        # The kernel's CPUCLOCK_SCHED of another process, as clock_getcpuclockid would give it.
        self._clock = (~pid << 3) | 2
        self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
        self._resident = 0
        self._clear = os.open(f"/proc/{pid}/clear_refs", os.O_WRONLY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._status)
        os.close(self._clear)

    def cpu_seconds(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0

    def private_bytes(self) -> int:
        """Anonymous memory that the worker maps now; after a fork, what it shares with its parent."""
        return _kib(os.pread(self._status, 4096, 0), b"RssAnon:") * 1024

    def peak_bytes(self, seconds: float) -> int:
        """The highest resident size since the last call, after a cell of so many CPU seconds.

        A cell that took next to no time cannot have touched much memory: the last figure still holds, and the kernel
        is spared writing down the whole status of a process.
        """
        if seconds < _UNMEASURED_SECONDS and self._resident:
            return self._resident
        try:
            text = os.pread(self._status, 4096, 0)
            peak, self._resident = _kib(text, b"VmHWM:") * 1024, _kib(text, b"VmRSS:") * 1024
            if peak > self._resident + (1 << 18):
                os.write(self._clear, b"5")
            return peak
        except OSError:
            return 0


def session_processes() -> List[int]:
    """Every process of this PID namespace but the keeper, oldest first."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1")


def private_bytes(pids: List[int], files: str) -> int:
    """Memory that a session alone holds: anonymous pages of its processes, shared memory, and its tmpfs."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status", "rb") as status:
                total += _kib(status.read(), b"RssAnon:") * 1024
        except OSError:
            continue
    space = os.statvfs(files)
    return total + (space.f_blocks - space.f_bfree) * space.f_frsize


def _kib(text: bytes, label: bytes) -> int:
    start = text.find(label)
    return int(text[start + len(label) :].split(None, 1)[0]) if start >= 0 else 0
