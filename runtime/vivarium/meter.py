"""What a session uses: processor time and memory, of its worker and of everything the worker started."""

from __future__ import annotations

import os
import time
from typing import Collection, List, NamedTuple, Tuple

# Within it a process can fill a few MiB at most.
_UNMEASURED_SECONDS = 0.001
_TICKS = os.sysconf("SC_CLK_TCK")


class Meter:
    """Reads one worker's figures through a descriptor that stays open, because every cell asks for them."""

    def __init__(self, pid: int) -> None:
        # The kernel's CPUCLOCK_SCHED of another process, as clock_getcpuclockid would give it.
        self._clock = (~pid << 3) | 2
        self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
        self._resident = self._peak = 0

    def close(self) -> None:
        os.close(self._status)

    def cpu_seconds(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0

    def memory(self) -> Tuple[int, int]:
        """Bytes of memory that is no file's and that the worker maps now, shared or not, and how many threads it has."""
        try:
            text = os.pread(self._status, 4096, 0)
        except OSError:
            return 0, 0
        # A copy keeps what its original maps with others, too, when that has long let go of it.
        return (_kib(text, b"RssAnon:") + _kib(text, b"RssShmem:")) * 1024, _kib(text, b"Threads:")

    def peak_bytes(self, seconds: float, sampled: int) -> int:
        """The highest resident size of a cell that took so many CPU seconds; `sampled` is what was seen on the way.

        The kernel keeps one peak for the life of a process: it is the cell's when the cell raised it. A cell that took
        next to no time cannot have touched much memory, and the kernel is spared writing down a whole status.
        """
        if seconds < _UNMEASURED_SECONDS and self._resident:
            return max(self._resident, sampled)
        try:
            text = os.pread(self._status, 4096, 0)
        except OSError:
            return sampled
        before, self._peak = self._peak, _kib(text, b"VmHWM:") * 1024
        self._resident = _kib(text, b"VmRSS:") * 1024
        return max(sampled, self._peak if self._peak > before else self._resident)


class Usage(NamedTuple):
    """Of some processes of a session; `bytes` counts shared pages once for each who maps them."""

    bytes: int
    cpu_seconds: float
    processes: int
    threads: int


def session_processes() -> List[int]:
    """Every process of this PID namespace but the keeper, oldest first."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1")


def is_running(pid: int) -> bool:
    """Whether a process is there that has not ended yet."""
    state = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[:1]
    return bool(state) and state[0] not in (b"Z", b"X")


def parent_of(pid: int) -> int:
    """0 for a process that has gone."""
    after_name = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return int(after_name[1]) if after_name else 0


def usage_of(pids: Collection[int]) -> Usage:
    """One look at them; quick, and for memory never too low: `precise_bytes` says more at a price."""
    used = threads = 0
    # What has ended already and was waited for is in the keeper's own books.
    ended = os.times()
    seconds = ended.children_user + ended.children_system
    for pid in pids:
        status = _read(f"/proc/{pid}/status")
        used += (_kib(status, b"RssAnon:") + _kib(status, b"RssShmem:") + _kib(status, b"VmSwap:")) * 1024
        threads += _kib(status, b"Threads:")
        # The name in brackets may hold anything; user, system and children's times come 12th to 15th after it.
        times = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[11:15]
        seconds += sum(map(int, times)) / _TICKS
    return Usage(used + _file_bytes(), seconds, len(pids), threads)


def precise_bytes(pids: Collection[int], copies: Collection[int]) -> int:
    """The same memory with pages that several processes share counted once. The kernel walks every page.

    A page that a process shares with a sleeping copy is the process's; what only copies have left is not counted.
    """
    used = 0
    for pid in pids:
        text = _read(f"/proc/{pid}/smaps_rollup")
        used += (_kib(text, b"Pss_Anon:") + _kib(text, b"Pss_Shmem:") + _kib(text, b"SwapPss:")) * 1024
    for pid in copies:
        text = _read(f"/proc/{pid}/smaps_rollup")
        used += max(0, _kib(text, b"Pss_Anon:") - _kib(text, b"Private_Dirty:")) * 1024
    return used + _file_bytes()


def _file_bytes() -> int:
    space = os.statvfs("/workspace")
    return (space.f_blocks - space.f_bfree) * space.f_frsize


def _read(path: str) -> bytes:
    """A small file of procfs; nothing for a process that has gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 8192)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _kib(text: bytes, label: bytes) -> int:
    # At the beginning of a line: the first one holds the name of the process, which a cell may choose. The kernel
    # writes no bare newline there.
    start = text.find(b"\n" + label)
    return int(text[start + 1 + len(label) :].split(None, 1)[0]) if start >= 0 else 0
