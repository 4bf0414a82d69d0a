"""The few system calls that Python has no function for, each raising OSError with the call's own name."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from typing import Union

MACHINE = platform.machine()

# Calls since Linux 5.1 have one number on every architecture; older ones do not.
_OLD = {
    "x86_64": {"clone": 56, "pivot_root": 155, "seccomp": 317, "capset": 126},
    "aarch64": {"clone": 220, "pivot_root": 41, "seccomp": 277, "capset": 91},
}
_NUMBERS = {
    "open_tree": 428,
    "move_mount": 429,
    "openat2": 437,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    **_OLD.get(MACHINE, {}),
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
# The same, for a call during which no other Python may run. Made once: each is a class of its own, which is garbage in
# cycles, and the zygote collects none.
_held = ctypes.PyDLL(None, use_errno=True)
_held.syscall.restype = ctypes.c_long

_CLONE_PARENT = 0x8000
# Not the enum's member: combining two of those makes a new one, and garbage in every copy.
_SIGCHLD = int(signal.SIGCHLD)

Argument = Union[int, bytes, None, "ctypes.Array[ctypes.c_char]"]


def syscall(name: str, *arguments: Argument) -> int:
    """Calls by name; integers go as 64 bits, bytes and buffers as pointers."""
    if name not in _NUMBERS:
        raise OSError(38, f"{name} is not known for {MACHINE}")
    converted = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _check(name, _libc.syscall(ctypes.c_long(_NUMBERS[name]), *converted))


def unshare(flags: int) -> None:
    _check("unshare", _libc.unshare(ctypes.c_int(flags)))


def fork_into(flags: int) -> int:
    """`os.fork` whose child is already inside new namespaces: one fork where unshare would take two."""
    return _fork(flags | _SIGCHLD)


def fork_sibling() -> int:
    """`os.fork` whose child is one of this process's parent."""
    return _fork(_CLONE_PARENT | _SIGCHLD)


def _fork(flags: int) -> int:
    """Python's own steps around a fork are taken as `os.fork` takes them; the process must have one thread."""
    zero = ctypes.c_long(0)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = _held.syscall(ctypes.c_long(_NUMBERS["clone"]), ctypes.c_long(flags), zero, zero, zero, zero)
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    return _check("clone", pid)


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    _check(
        f"mount {kind or source} on {target}",
        _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()),
    )


def umount(target: str, flags: int) -> None:
    _check(f"umount {target}", _libc.umount2(target.encode(), ctypes.c_int(flags)))


def prctl(option: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> int:
    longs = [ctypes.c_ulong(value) for value in (a, b, c, d)]
    return _check(f"prctl({option})", _libc.prctl(ctypes.c_int(option), *longs))


def _check(name: str, result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
