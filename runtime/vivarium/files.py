"""The supervisor's requests for files of the workspace, which cells change at the same time.

Each request stands for itself: no descriptor and no position is kept between two of them, and each takes a bounded
part of the work, so that the keeper's loop goes on. Files are opened without waiting, and only regular ones are read
or written. A file is written beside the one that it replaces, and takes its name with the last piece: so cells see the
old file or the new one, and never half of it.
"""

from __future__ import annotations

import os
import stat
from binascii import a2b_base64, b2a_base64
from typing import Any, Dict, Optional

from .beneath import FULL, Opened, Refused, inner_path, open_beneath, open_parent, reason, shown
from .listing import describe, list_page
from .removal import remove

PIECE_BYTES = 1 << 20
_BASE64_CHARS = (PIECE_BYTES + 2) // 3 * 4
_PROMPT = os.O_NONBLOCK | os.O_NOCTTY

Command = Dict[str, Any]
Reply = Dict[str, Any]


def handle(command: Command, root: str = "/workspace") -> Reply:
    """The `file` event that answers a command; whatever goes wrong is its `error`, a sentence."""
    reply: Reply = {"type": "file", "request": command["request"]}
    path: str = command["path"]
    try:
        inner = inner_path(path, root)
        with Opened(os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)) as folder:
            reply.update(_answer(folder, inner, command))
    except Refused as refusal:
        reply["error"] = str(refusal)
    except UnicodeError:
        reply["error"] = f"not a path: {shown(path)}"
    except OSError as error:
        reply["error"] = _full(root, path) if error.errno in FULL else reason(error, path)
    except Exception as error:
        reply["error"] = f"{type(error).__name__}: {shown(path)}"
    return reply


def _answer(root: int, path: str, command: Command) -> Reply:
    operation = command["op"]
    offset: int = command.get("offset", 0)
    if operation == "read":
        return _read(root, path, offset, command.get("length", PIECE_BYTES))
    if operation == "list":
        after: Optional[str] = command.get("after")
        page = list_page(root, path, command.get("recursive", False), after)
        return {"entries": page.entries, "end": page.end, **({"cut": True} if page.cut else {})}
    if operation == "remove":
        return {"end": remove(root, path, command.get("recursive", False), offset > 0)}
    return _write(root, path, offset, command)


def _full(root: str, path: str) -> str:
    """What there is no more of: bytes or files of the session's own, or space on a granted folder's disk."""
    found = os.statvfs(root)
    size = found.f_blocks * found.f_frsize
    words = f"no space left: {shown(path)}"
    if not found.f_bavail:
        most = f"{size} bytes" if size % (1 << 20) else f"{size >> 20} MiB"
        return f"{words}: a session's private files take at most {most} together (fileBytes)"
    return words if found.f_favail else f"{words}: a session's private folders hold at most {found.f_files} files"


def _read(root: int, path: str, offset: int, length: int) -> Reply:
    with open_beneath(root, path, os.O_RDONLY | _PROMPT) as file:
        _check_regular(os.fstat(file), path)
        data = os.pread(file, min(length, PIECE_BYTES), offset)
        found = os.fstat(file)
        return {
            "data": b2a_base64(data, newline=False).decode("ascii"),
            "end": offset + len(data) >= found.st_size or (not data and length > 0),
            "entries": [describe(path, found)],
            # Tells a caller who reads piece by piece that another file has taken the name.
            "version": f"{found.st_dev}:{found.st_ino}",
        }


def _write(root: int, path: str, offset: int, command: Command) -> Reply:
    data = _decoded(command.get("data", ""))
    part: Optional[str] = command.get("part")
    parent, name = open_parent(root, path, make=offset == 0)
    begin = os.O_CREAT | os.O_TRUNC if offset == 0 else 0
    with parent as folder:
        if part is not None and "/" in part:
            raise Refused(f"not a name of a file: {shown(part)}")
        flags = os.O_WRONLY | os.O_NOFOLLOW | _PROMPT | begin
        with open_beneath(folder, name if part is None else part, flags, 0o644 if begin else 0) as file:
            found = os.fstat(file)
            _check_regular(found, path)
            if found.st_size != offset:
                raise Refused(f"changed by a cell while it was written: {shown(path)}")
            _write_all(file, data, offset)
            if part is not None and command.get("end"):
                _take_place(file, folder, part, name)
    return {}


def _take_place(file: int, folder: int, part: str, name: str) -> None:
    """Gives a written file its name and the mode of the file that had it; a link is replaced, and not followed."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            os.fchmod(file, found.st_mode & 0o777 | 0o600)
    except FileNotFoundError:
        pass
    os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)


def _check_regular(found: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise Refused(f"is a folder: {shown(path) or '.'}")
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"not a regular file: {shown(path)}")


def _decoded(data: str) -> bytes:
    if len(data) > _BASE64_CHARS:
        raise Refused(f"a piece is larger than {PIECE_BYTES} bytes")
    return a2b_base64(data)


def _write_all(file: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, offset)
        view = view[written:]
        offset += written
