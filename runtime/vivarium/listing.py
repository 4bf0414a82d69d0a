"""What a folder holds, a page at a time.

Nothing is kept between two pages: the next one is found from the last path of the one before, since names are sorted
and a folder comes right before what it holds. What a cell changes meanwhile is seen or not; nothing is seen twice.
"""

from __future__ import annotations

import bisect
import itertools
import os
import stat
from typing import Any, Dict, List, Optional

from .beneath import FOLDER, NO_SYMLINKS, PATH_BYTES, open_beneath

_PAGE_ENTRIES = 1000
# The line that a page becomes: a character may take six, and the rest of an entry takes a hundred or so.
_PAGE_CHARS = 1 << 19
_ENTRY_CHARS = 120
# Names that are held at one time. A private workspace has room for fewer files; a granted folder may have more.
_MOST_NAMES = 100_000
_DEEPEST = 256

_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}

Entry = Dict[str, Any]


class Page:
    def __init__(self) -> None:
        self.entries: List[Entry] = []
        # Whether nothing follows, and whether something was left out that no further page will have.
        self.end = False
        self.cut = False
        self._chars = 0

    def is_full(self) -> bool:
        return len(self.entries) >= _PAGE_ENTRIES or self._chars >= _PAGE_CHARS

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._chars += _ENTRY_CHARS + 6 * len(entry["path"])


class _Level:
    """A folder on the way down: its names, and which of them is next."""

    def __init__(self, path: str, names: List[str], start: int) -> None:
        self.path = path
        self.names = names
        self.next = start


def list_page(root: int, path: str, recursive: bool, after: Optional[str]) -> Page:
    """The entries of a folder that come after a path that an earlier page ended with."""
    page = Page()
    with open_beneath(root, path, os.O_RDONLY | os.O_DIRECTORY) as base:
        _Walk(page, base, path, recursive).run([] if after is None else _parts(after, path))
    return page


def describe(path: str, found: os.stat_result) -> Entry:
    kind = _KINDS.get(stat.S_IFMT(found.st_mode), "other")
    # A sparse file may claim more bytes than JavaScript can count.
    size = min(found.st_size, (1 << 53) - 1)
    return {"path": path, "kind": kind, "bytes": size, "modifiedMs": found.st_mtime_ns // 1000 / 1000}


class _Walk:
    def __init__(self, page: Page, base: int, path: str, recursive: bool) -> None:
        self._page = page
        self._base = base
        self._path = path
        self._recursive = recursive
        self._levels: List[_Level] = []
        self._room = _MOST_NAMES

    def run(self, after: List[str]) -> None:
        self._enter("", after[0] if after else None)
        self._return_to(after)
        while self._levels and not self._page.is_full():
            level = self._levels[-1]
            down = self._take(level)
            if down is not None:
                self._try_to_enter(down, None)
            elif level.next >= len(level.names):
                self._leave()
        self._page.end = not self._levels

    def _return_to(self, after: List[str]) -> None:
        """Opens the folders in which the page before ended, each behind the name that was taken last."""
        path = ""
        for depth, name in enumerate(after if self._recursive else ()):
            path = _join(path, name)
            if not self._try_to_enter(path, after[depth + 1] if depth + 1 < len(after) else None):
                return

    def _take(self, level: _Level) -> Optional[str]:
        """Takes entries of one folder until the page is full; stops at a folder that is to be entered."""
        page = self._page
        try:
            folder = open_beneath(self._base, level.path, FOLDER, resolve=NO_SYMLINKS)
        except OSError:
            # It has been taken away, or shut; its names with it.
            level.next = len(level.names)
            return None
        with folder as descriptor:
            while level.next < len(level.names) and not page.is_full():
                name = level.names[level.next]
                level.next += 1
                inner = _join(level.path, name)
                path = _join(self._path, inner)
                if len(os.fsencode(path)) > PATH_BYTES:
                    page.cut = True
                    continue
                try:
                    found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                except OSError:
                    continue
                page.add(describe(path, found))
                if self._recursive and stat.S_ISDIR(found.st_mode):
                    return inner
        return None

    def _try_to_enter(self, path: str, after: Optional[str]) -> bool:
        if len(self._levels) >= _DEEPEST:
            self._page.cut = True
            return False
        try:
            self._enter(path, after)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            self._page.cut = True
            return False
        return True

    def _enter(self, path: str, after: Optional[str]) -> None:
        with open_beneath(self._base, path, os.O_RDONLY | os.O_DIRECTORY, resolve=NO_SYMLINKS) as descriptor:
            with os.scandir(descriptor) as entries:
                names = [entry.name for entry in itertools.islice(entries, self._room + 1)]
        if len(names) > self._room:
            names.pop()
            self._page.cut = True
        names.sort()
        self._room -= len(names)
        self._levels.append(_Level(path, names, bisect.bisect_right(names, after) if after is not None else 0))

    def _leave(self) -> None:
        self._room += len(self._levels.pop().names)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _parts(after: str, path: str) -> List[str]:
    """The names from the listed folder on."""
    start = path + "/" if path else ""
    return after[len(start) :].split("/") if after.startswith(start) else []
