"""Paths below one folder that hostile code changes at the same time.

The kernel resolves them, all at once and never out of the folder: nothing is looked at here before it is opened, so
there is nothing to swap in between. A link that stays inside is followed; one that leads out, an absolute one and
those of procfs are refused.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import Any, Tuple

from .jail.syscalls import syscall

NO_XDEV, NO_SYMLINKS = 1, 4
_NO_MAGICLINKS, _BENEATH = 2, 8
# The longest path that a call takes, without its final NUL.
PATH_BYTES = 4095
# Renames elsewhere in the tree make the kernel give up on `..`; it cannot be kept from it for long.
_TRIES = 64
_SHOWN_CHARS = 300

FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


class Refused(Exception):
    """Why something is not done, as a sentence for the caller."""


class Opened:
    """A descriptor that is closed at the end of a `with`."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __enter__(self) -> int:
        return self.descriptor

    def __exit__(self, *_: Any) -> None:
        os.close(self.descriptor)


def open_beneath(folder: int, path: str, flags: int, mode: int = 0, resolve: int = 0) -> Opened:
    """Opens a path that starts in this folder and stays in it; an empty one is the folder itself."""
    how = struct.pack("=QQQ", flags | os.O_CLOEXEC, mode, resolve | _BENEATH | _NO_MAGICLINKS)
    name = os.fsencode(path or ".")
    for _ in range(_TRIES - 1):
        try:
            return Opened(syscall("openat2", folder, name, how, len(how)))
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
    return Opened(syscall("openat2", folder, name, how, len(how)))


def open_parent(folder: int, path: str, make: bool = False) -> Tuple[Opened, str]:
    """The folder that a path's last name is in, made with all above it if `make` says so, and that name."""
    above, _, name = path.rpartition("/")
    if name in ("", ".."):
        raise Refused(f"not a name of a file or folder: {shown(path) or '.'}")
    try:
        return open_beneath(folder, above, FOLDER), name
    except FileNotFoundError:
        if not make:
            raise
    parts = above.split("/")
    for count in range(len(parts)):
        with open_beneath(folder, "/".join(parts[:count]), FOLDER) as parent:
            try:
                os.mkdir(parts[count], 0o755, dir_fd=parent)
            except FileExistsError:
                pass
    return open_beneath(folder, above, FOLDER), name


def inner_path(path: str, root: str) -> str:
    """A path as it is seen from the root, which it may name in front; `..` is left for the kernel to judge."""
    if "\0" in path:
        raise Refused(f"not a path: {shown(path)}")
    if path.startswith("/"):
        if path != root and not path.startswith(root + "/"):
            raise Refused(f"not inside the workspace: {shown(path)}")
        path = path[len(root) :]
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def shown(path: str) -> str:
    """A path as text for people: one line, and not too long."""
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path[:_SHOWN_CHARS])
    return plain + ("..." if len(path) > _SHOWN_CHARS else "")


_REASONS = {
    errno.ENOENT: "file not found",
    errno.ENOTDIR: "not a folder",
    errno.EISDIR: "is a folder",
    errno.EXDEV: "not inside the workspace",
    errno.ELOOP: "is a link that is not followed, or has too many on the way",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "read-only",
    errno.ENXIO: "not a regular file",
    errno.ENODEV: "not a regular file",
    errno.EAGAIN: "in use just now",
    errno.EBUSY: "in use: something is mounted there",
    errno.ENOTEMPTY: "folder not empty",
    errno.EEXIST: "is there already",
    errno.ENAMETOOLONG: "name too long",
    errno.EFBIG: "file too large",
    errno.ENOSYS: "files are not available: the kernel has no openat2, or a container's rules refuse it",
}
FULL = (errno.ENOSPC, errno.EDQUOT)


def reason(error: OSError, path: str) -> str:
    """An error of the kernel's about a path, as a sentence."""
    words = _REASONS.get(error.errno or 0) or os.strerror(error.errno or 0)
    return f"{words}: {shown(path) or '.'}"
