"""What the keeper answers to system calls that wait for it, judged by register values alone."""

from __future__ import annotations

import errno
import os
from typing import Any, Callable, Dict, NamedTuple, Optional, Set

from .jail.seccomp import Notification

KEEPER_PID = 1

_AF_UNIX = 1
_FAMILIES = {2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK", 17: "AF_PACKET", 38: "AF_ALG", 40: "AF_VSOCK"}


_CLONE_PARENT = 0x8000
_SIGCHLD = 17


class Verdict(NamedTuple):
    """`error` 0 lets the call go on; a denial record explains a refusal worth explaining."""

    error: int
    denial: Optional[Dict[str, Any]] = None


class Court(NamedTuple):
    """What a verdict needs to know: how many processes cells may have, how many they have, and about copies."""

    most_processes: int
    count_processes: Callable[[], int]
    # Whether the calling process was asked for a copy of itself; asking uses up one.
    may_copy: Callable[[int, bool], bool]
    # Sleeping copies, which nobody may signal.
    is_copy: Callable[[int], bool]


def decide(call: str, notification: Notification, court: Court) -> Verdict:
    """The keeper's word on one call; what it does not know it refuses."""
    rule = _RULES.get(call)
    return rule(notification, court) if rule else Verdict(errno.EPERM)


def _new_process(notification: Notification, court: Court) -> Verdict:
    flags = notification.arguments[0]
    sibling = bool(flags & _CLONE_PARENT)
    # With other flags it would share what a copy must have for itself, or end without a word to its parent.
    if sibling and flags != _CLONE_PARENT | _SIGCHLD:
        return Verdict(errno.EPERM)
    if court.may_copy(notification.pid, sibling):
        return Verdict(0)
    if sibling:
        return Verdict(errno.EPERM)
    if court.most_processes == 0:
        return Verdict(errno.EPERM, _denial("run", "a new process", 'a policy whose limits.processes is above 0'))
    reap()
    return Verdict(0 if court.count_processes() < court.most_processes else errno.EAGAIN)


def _new_vfork(notification: Notification, court: Court) -> Verdict:
    # These have no flags: what is in their registers means nothing.
    return _new_process(notification._replace(arguments=(0,)), court)


def _signal(notification: Notification, court: Court) -> Verdict:
    """Anything in the session may be signalled but the keeper and copies, and nothing by broadcast."""
    target = _signed(notification.arguments[0])
    refused = target in (KEEPER_PID, -KEEPER_PID, -1) or court.is_copy(abs(target))
    return Verdict(errno.EPERM if refused else 0)


def _thread_signal(notification: Notification, court: Court) -> Verdict:
    targets = (_signed(notification.arguments[0]), _signed(notification.arguments[1]))
    return Verdict(errno.EPERM if any(target == KEEPER_PID or court.is_copy(target) for target in targets) else 0)


def _socket(notification: Notification, _: Court) -> Verdict:
    family = notification.arguments[0] & 0xFFFFFFFF
    if family == _AF_UNIX:
        # libc itself tries one when it looks for a daemon (uuid, user names): no word of that.
        return Verdict(errno.EPERM)
    name = _FAMILIES.get(family, f"family {family}")
    return Verdict(errno.EPERM, _denial("net", f"a socket ({name})", "--allow-net"))


def _program(_: Notification, __: Court) -> Verdict:
    return Verdict(errno.EPERM, _denial("run", "a program", "--allow-run"))


def _denial(permission: str, target: str, flag: str) -> Dict[str, Any]:
    message = f"PermissionDenied: {permission} access to {target}; to allow it: {flag}"
    return {"permission": permission, "target": target, "message": message, "flag": flag, "line": None}


def _signed(register: int) -> int:
    low = register & 0xFFFFFFFF
    return low - (1 << 32) if low & 0x80000000 else low


def reap() -> None:
    """Takes the ended orphans that PID 1 inherits; the worker's own end is waited for by its keeper."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None:
            return
        if ended.si_pid in _waited_for:
            # It hides those behind it, and may stay until many others have been seen to.
            break
        _take(ended.si_pid)
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in _waited_for:
            _take(int(name))


def _take(pid: int) -> None:
    try:
        taken, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
    told = when_taken.pop(taken, None)
    if told:
        told()


# Children that somebody waits for by pid.
_waited_for: Set[int] = set()

# Who has to hear that a process was taken, because its number may be another's from then on.
when_taken: Dict[int, Callable[[], None]] = {}


def wait_for(pid: int) -> None:
    _waited_for.add(pid)


def waited(pid: int) -> None:
    _waited_for.discard(pid)


def is_own_child(pid: int) -> bool:
    """Whether it is a child of this process that lives, and that nobody waits for: no worker."""
    if pid in _waited_for:
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


_RULES: Dict[str, Callable[[Notification, Court], Verdict]] = {
    "clone": _new_process,
    "fork": _new_vfork,
    "vfork": _new_vfork,
    "kill": _signal,
    "tkill": _signal,
    "rt_sigqueueinfo": _signal,
    "tgkill": _thread_signal,
    "rt_tgsigqueueinfo": _thread_signal,
    "socket": _socket,
    "execve": _program,
    "execveat": _program,
}
