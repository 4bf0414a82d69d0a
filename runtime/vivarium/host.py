"""What a cell asks of the host: calls of its tools, lines of input. Refused as soon as the cell is over."""

from __future__ import annotations

from _thread import get_ident
from itertools import count
from typing import Any, Dict, List, Optional

from .channel import encode
from .line import Line, Nested
from .text import cut
from .values import decode

Arguments = List[Dict[str, Any]]

OVER = "the cell is over"
_PROMPT_CHARS = 8192
# Names that say no more than that there was an error.
_PLAIN_NAMES = ("", "Error", "ToolError", "CellOver")


class ToolError(Exception):
    """A host tool did not give a value: `tool` is its name, `name` what the host calls the error."""

    def __init__(self, message: str = "", tool: Optional[str] = None, name: Optional[str] = None) -> None:
        super().__init__(message)
        self.tool = tool
        self.name = name


ToolError.__module__ = "builtins"


class Host:
    """The other end, as one cell after the other sees it; `limit` bounds the bytes of a message."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._line: Optional[Line] = None
        # The cell at work, 0 between cells.
        self.cell = 0
        # Whether somebody answers `input()` in this cell.
        self.gives_input = False
        self._numbers = count(1)
        self.main_thread = 0

    def connect(self, line: Line) -> None:
        self._line = line
        self.main_thread = get_ident()

    def report(self, kind: str, **parts: Any) -> bool:
        """Sends what happens in a cell; dropped between cells, and in the zygote's own. Whether it was sent."""
        cell, line = self.cell, self._line
        if not cell or line is None:
            return False
        line.send(encode({"type": kind, "id": cell, **parts}))
        return True

    def call(self, tool: str, arguments: Arguments) -> Any:
        """Calls a tool and waits for its value; raises ToolError."""
        return self.value_of(tool, self._ask("call", tool, {"tool": tool, "arguments": arguments}))

    def start(self, tool: str, arguments: Arguments, loop: Any, future: Any) -> None:
        """Calls a tool for a future of the running loop."""
        line = self._needed(tool)
        number = next(self._numbers)
        message = self._message("call", number, tool, {"tool": tool, "arguments": arguments})
        line.start(number, message, loop, future)

    def read_line(self, prompt: str) -> Optional[str]:
        """A line of input, None at its end."""
        value = self.value_of(None, self._ask("input", None, {"prompt": cut(prompt, _PROMPT_CHARS)}))
        return None if value is None else str(value)

    def value_of(self, tool: Optional[str], reply: Dict[str, Any]) -> Any:
        """The value in an answer, or the error that is there instead."""
        error = reply.get("error")
        if error is None:
            return decode(reply.get("value"))
        name, message = error["name"], error["message"]
        raise ToolError(message if name in _PLAIN_NAMES else f"{name}: {message}", tool, name)

    def _ask(self, kind: str, tool: Optional[str], parts: Dict[str, Any]) -> Dict[str, Any]:
        line = self._needed(tool)
        number = next(self._numbers)
        try:
            return line.call(number, self._message(kind, number, tool, parts))
        except Nested as error:
            raise ToolError(str(error), tool) from None

    def _needed(self, tool: Optional[str]) -> Line:
        if not self.cell or self._line is None:
            raise ToolError(OVER, tool, "CellOver")
        return self._line

    def _message(self, kind: str, number: int, tool: Optional[str], parts: Dict[str, Any]) -> bytes:
        line = encode({"type": kind, "id": self.cell, "call": number, **parts})
        if len(line) > self._limit:
            why = f"the arguments take {len(line)} bytes, more than the {self._limit} allowed"
            raise ToolError(why, tool, "TooLarge")
        return line
