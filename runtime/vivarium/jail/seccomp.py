"""Loading the compiled seccomp filter, and the notifications it sends to the keeper."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import struct
from typing import NamedTuple, Optional, Tuple

from .syscalls import prctl, syscall

PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_FLAG_NEW_LISTENER = 1 << 3

_NOTIFICATION = struct.Struct("=QII iIQ 6Q")
_RESPONSE = struct.Struct("=QqiI")
_RECV = 0xC0502100
_SEND = 0xC0182101
_ID_VALID = 0x40082102
_CONTINUE = 1


class Notification(NamedTuple):
    """A system call that waits for the keeper's word; `pid` is the calling thread's, in the keeper's own numbers."""

    id: int
    pid: int
    number: int
    arguments: Tuple[int, ...]


def set_no_new_privs() -> None:
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def load(program: bytes, listen: bool) -> int:
    """Loads a filter for this process and its children; with `listen`, returns the descriptor of its notifications."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    return syscall("seccomp", _SET_MODE_FILTER, _FLAG_NEW_LISTENER if listen else 0, header)


def receive(listener: int) -> Optional[Notification]:
    """The next waiting call, or none when its thread has gone meanwhile."""
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECV, buffer, True)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
            return None
        raise
    identity, pid, _, number, _, _, *arguments = _NOTIFICATION.unpack(buffer)
    return Notification(identity, pid, number, tuple(arguments))


def answer(listener: int, notification: Notification, error: int) -> None:
    """Lets the call go on (error 0) or makes it fail with the error."""
    response = _RESPONSE.pack(notification.id, 0, -error, 0 if error else _CONTINUE)
    try:
        fcntl.ioctl(listener, _SEND, response)
    except OSError as failure:
        if failure.errno != errno.ENOENT:
            raise
