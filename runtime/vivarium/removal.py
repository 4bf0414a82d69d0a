"""Taking files and whole folders away, a bounded step at a time, by descriptors of folders and names in them.

No link is ever followed, and no mount is entered: what is granted from the host goes only by its own entries' names.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from binascii import hexlify
from typing import List, Tuple

from .beneath import NO_XDEV, Opened, Refused, open_beneath, open_parent, reason, shown

# What one step takes away; a few milliseconds of the keeper's time.
_STEP = 1000
# Descriptors held on the way down. What lies deeper is first moved up, so that no tree is too deep.
_DEEPEST = 16


def remove(root: int, path: str, recursive: bool, goes_on: bool) -> bool:
    """Takes away a file, a link or a folder; whether it is done. A step that goes on finds nothing left in order."""
    try:
        parent, name = open_parent(root, path)
    except FileNotFoundError:
        if goes_on:
            return True
        raise
    with parent as folder:
        try:
            if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=folder)
                return True
            if not recursive:
                os.rmdir(name, dir_fd=folder)
                return True
            with _open_folder(folder, name, path) as top:
                if not _Emptying(top, path).step():
                    return False
            return _remove_empty(folder, name)
        except FileNotFoundError:
            if not goes_on:
                raise
    return True


def _open_folder(folder: int, name: str, path: str) -> Opened:
    try:
        return open_beneath(folder, name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, resolve=NO_XDEV)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        words = "is mounted from the host, and not taken away with what is around it"
        raise Refused(f"{words}: {shown(path)}") from None


def _remove_empty(folder: int, name: str) -> bool:
    try:
        os.rmdir(name, dir_fd=folder)
    except OSError as error:
        # Filled again meanwhile: the next look finds it.
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


class _Level:
    """A folder that is being emptied: names still to look at, of which there are as many as one look gave."""

    def __init__(self, folder: Opened, name: str) -> None:
        self.folder = folder
        self.name = name
        self.names: List[Tuple[str, bool]] = []


class _Emptying:
    def __init__(self, top: int, path: str) -> None:
        self._top = top
        self._path = path
        self._left = _STEP
        self._levels: List[_Level] = []

    def step(self) -> bool:
        """Empties the top folder as far as one step goes; whether it is empty."""
        try:
            return self._empty()
        finally:
            for level in self._levels:
                os.close(level.folder.descriptor)

    def _empty(self) -> bool:
        names: List[Tuple[str, bool]] = []
        while self._left > 0:
            self._left -= 1
            level = self._levels[-1] if self._levels else None
            folder = level.folder.descriptor if level else self._top
            names = level.names if level else names
            if not names:
                names += self._look(folder)
            if names:
                self._take(folder, *names.pop())
            elif level is None:
                return True
            else:
                self._leave(level)
        return False

    def _look(self, folder: int) -> List[Tuple[str, bool]]:
        with os.scandir(folder) as entries:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in itertools.islice(entries, _STEP)]

    def _take(self, folder: int, name: str, is_folder: bool) -> None:
        try:
            if not is_folder:
                os.unlink(name, dir_fd=folder)
                return
            if len(self._levels) < _DEEPEST:
                self._levels.append(_Level(_open_folder(folder, name, self._inner(name)), name))
            else:
                os.rename(name, f".vivarium-{hexlify(os.urandom(8)).decode()}", src_dir_fd=folder, dst_dir_fd=self._top)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            # A cell was quicker; the next look shows what is there now.
            pass
        except OSError as error:
            raise Refused(reason(error, self._inner(name))) from None

    def _leave(self, level: _Level) -> None:
        self._levels.pop()
        os.close(level.folder.descriptor)
        folder = self._levels[-1].folder.descriptor if self._levels else self._top
        try:
            _remove_empty(folder, level.name)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            raise Refused(reason(error, self._inner(level.name))) from None

    def _inner(self, name: str) -> str:
        return "/".join([self._path, *(level.name for level in self._levels), name])
