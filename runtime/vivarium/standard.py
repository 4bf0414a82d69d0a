"""The standard streams of a session, which every cell finds whole, whatever the one before did to them."""

from __future__ import annotations

import builtins
import io
import os
import sys
from typing import Any, Dict, List, Optional, Tuple

from .host import Host

_NO_INPUT = (
    "input() has nothing to read: this session has no standard input; "
    "to answer it, the host gives runCode an onInput function"
)
_NAMES = {1: "stdout", 2: "stderr"}


class Standard:
    """stdin, stdout and stderr; `files` is how many descriptors the session may have."""

    def __init__(self, host: Host, files: int) -> None:
        self._stdin = Input(host)
        self._streams = {number: _writer(number) for number in _NAMES}
        # As far away as can be, so that nobody comes across them.
        self._spares = {number: files - number for number in _NAMES}
        self._identities: Dict[int, Tuple[int, int]] = {}
        self._take_places()
        builtins.input = self._stdin.ask

    def begin(self) -> None:
        """Keeps copies of the two pipes, which are in place now."""
        for number, spare in self._spares.items():
            self._identities[number] = _identity(number)
            try:
                os.dup2(number, spare, inheritable=False)
            except OSError:
                # Then a cell that closes its output has none from there on.
                pass

    def end(self) -> None:
        """Lets go of the copies."""
        for spare in self._spares.values():
            os.close(spare)

    def renew(self) -> None:
        """In a copy of the process that got pipes of its own: what was buffered is the original's."""
        self._streams = {number: _writer(number) for number in _NAMES}
        self._take_places()
        self.begin()

    def spares(self) -> List[int]:
        return list(self._spares.values())

    def heal(self) -> None:
        """Undoes what a cell did to its descriptors and to the names in `sys`."""
        for number, spare in self._spares.items():
            try:
                whole = _identity(number) == self._identities[number]
            except OSError:
                whole = False
            if not whole:
                self._restore(number, spare)
            if not _is_whole(self._streams[number]):
                self._streams[number] = _writer(number)
        self._take_places()
        self._stdin.forget()

    def flush(self) -> None:
        for number, name in _NAMES.items():
            own, other = self._streams[number], getattr(sys, name, None)
            # A cell's own comes first: it may write to ours.
            for stream in (own,) if other is own else (other, own):
                try:
                    stream.flush()  # type: ignore[union-attr]
                except BaseException:
                    pass

    def _restore(self, number: int, spare: int) -> None:
        try:
            if _identity(spare) == self._identities[number]:
                os.dup2(spare, number)
        except OSError:
            pass

    def _take_places(self) -> None:
        sys.stdin, sys.stdout, sys.stderr = self._stdin, self._streams[1], self._streams[2]
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


class Input(io.TextIOBase):
    """Standard input: the host's lines, or a clear error where nobody gives any."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._rest = ""

    def ask(self, prompt: object = "", /) -> str:
        """Asks the host for one line of input and returns it without its end."""
        text = str(prompt)
        _flush_output()
        line = self._next(text)
        if not line:
            raise EOFError("EOF when reading a line")
        return line[:-1] if line.endswith("\n") else line

    def readable(self) -> bool:
        return True

    def readline(self, size: Optional[int] = -1) -> str:  # type: ignore[override]
        line = self._next("")
        if size is None or size < 0 or size >= len(line):
            return line
        self._rest = line[size:]
        return line[:size]

    def read(self, size: Optional[int] = -1) -> str:
        if size is not None and size >= 0:
            return self.readline(size)
        lines = []
        while True:
            line = self._next("")
            if not line:
                return "".join(lines)
            lines.append(line)

    def forget(self) -> None:
        self._rest = ""

    def _next(self, prompt: str) -> str:
        """A line with its end; empty at the end of input."""
        if not self._host.gives_input:
            raise EOFError(_NO_INPUT)
        if self._rest:
            line, self._rest = self._rest, ""
            return line
        given = self._host.read_line(prompt)
        return "" if given is None else given if given.endswith("\n") else given + "\n"


Input.ask.__name__, Input.ask.__qualname__ = "input", "input"


def _writer(descriptor: int) -> Any:
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def _is_whole(stream: Any) -> bool:
    """Whether it is open, and nothing was put into it: `open` itself notes the mode there."""
    try:
        return not stream.closed and len(stream.__dict__) == 1
    except ValueError:
        return False


def _identity(descriptor: int) -> Tuple[int, int]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _flush_output() -> None:
    # What was printed comes before the question.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
