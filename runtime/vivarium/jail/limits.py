"""rlimits, capabilities and descriptors: what a process gives up before it touches anything hostile."""

from __future__ import annotations

import os
import _signal
import resource
import struct
from typing import Dict, Iterable, Tuple

from .syscalls import prctl, syscall

PR_SET_SECUREBITS = 28
# NOROOT, NO_SETUID_FIXUP, KEEP_CAPS off and NO_CAP_AMBIENT_RAISE, each with its lock.
_SECUREBITS = 0b11101111
_CAPABILITY_VERSION_3 = 0x20080522

# Processes of ours inside a session that RLIMIT_NPROC counts and the policy does not: keeper, worker, a parser, and
# checkpoints.
OWN_PROCESSES = 80

# What glibc reserves for a thread.
_STACK_BYTES = 8 << 20


def drop_capabilities() -> None:
    """Empties every capability set. With no_new_privs no program brings one back; the bits say so for uid 0 as well."""
    prctl(PR_SET_SECUREBITS, _SECUREBITS)
    syscall("capset", struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), struct.pack("=6I", 0, 0, 0, 0, 0, 0))


def apply_everywhere() -> None:
    """rlimits that are the same for all; set once in the zygote, inherited by everything."""
    for name in ("RLIMIT_CORE", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO"):
        _set(getattr(resource, name), 0)
    _set(resource.RLIMIT_SIGPENDING, 256)


def reset_signals() -> None:
    """Python's own handlers would let a child interrupt PID 1; without handlers it cannot be signalled at all."""
    # The plain functions: those of `signal` make enum members of everything, in pages of every session's own.
    for number in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP, _signal.SIGQUIT, _signal.SIGCHLD):
        _signal.signal(number, _signal.SIG_DFL)
    _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)


def close_all_but(keep: Iterable[int]) -> None:
    """Closes every descriptor but the given ones."""
    low = 0
    for descriptor in sorted(keep):
        # An empty range is not left alone: CPython turns its end into the highest descriptor there is.
        if low < descriptor:
            os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, 1 << 20)


def apply_worker(limits: Dict[str, int]) -> None:
    """The worker's rlimits; both the soft and the hard value, so that a cell cannot raise them."""
    memory = limits["memoryBytes"]
    # What the interpreter has mapped already is not the cell's. Thread stacks reserve more than they use; beyond that
    # address space is tight, because it also bounds what cannot be counted: shared pages that nobody maps just now.
    base, data = _mapped_bytes()
    _set(resource.RLIMIT_AS, base + memory + min(memory, limits["threads"] * _STACK_BYTES))
    _set(resource.RLIMIT_DATA, data + memory)
    _set(resource.RLIMIT_NPROC, limits["processes"] + limits["threads"] + OWN_PROCESSES)
    _set(resource.RLIMIT_NOFILE, limits["openFiles"])
    _set(resource.RLIMIT_FSIZE, limits["fileBytes"])


def apply_parser(memory: int, seconds: int) -> None:
    """A disposable parser's rlimits: it computes, and nothing else."""
    _set(resource.RLIMIT_AS, _mapped_bytes()[0] + memory)
    _set(resource.RLIMIT_CPU, seconds)
    _set(resource.RLIMIT_FSIZE, 0)
    # Less stack than the worker has, so that what compiles here compiles there.
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if soft == resource.RLIM_INFINITY or soft > 7 << 20:
        resource.setrlimit(resource.RLIMIT_STACK, (7 << 20, hard))


def _set(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bounded, bounded))


def _mapped_bytes() -> Tuple[int, int]:
    """All that this process maps, and how much of it is data of its own."""
    statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        pages = os.read(statm, 100).split()
        return int(pages[0]) * resource.getpagesize(), int(pages[5]) * resource.getpagesize()
    finally:
        os.close(statm)
