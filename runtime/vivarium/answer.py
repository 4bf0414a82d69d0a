"""`final_answer`: the first call's value goes to the host at once, and then an exception ends the cell.

That exception may be swallowed, or hit a thread or task that is not the one that must end; then the keeper interrupts
the cell, and the interrupt is this exception once more.
"""

from __future__ import annotations

import ast
import builtins
import sys
from _thread import get_ident
from typing import Any, Callable, Dict

from .awaiting import wrapped
from .host import OVER, Host
from .line import running_loop

# Deeper groups are no work of asyncio's.
_DEEPEST = 50


class FinalAnswer(BaseException):
    """Ends a cell that has given its final answer."""


class _Stop(FinalAnswer, KeyboardInterrupt):
    """The same as an interrupt, which event loops let through from wherever it hits them."""


for _kind in (FinalAnswer, _Stop):
    _kind.__module__, _kind.__name__, _kind.__qualname__ = "builtins", "FinalAnswer", "FinalAnswer"


# No identifier: what calls of the name go through, see `let_answer`.
_ANSWERING = "<answering>"


def let_answer(tree: ast.Module) -> None:
    """Lets `final_answer(...)` answer although a cell gave its name to a value: models like to write `final_answer = x`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "final_answer":
            node.func = wrapped(_ANSWERING, node.func)


def offer(function: Any) -> None:
    """Makes the function the `final_answer` of every cell."""
    setattr(builtins, "final_answer", function)
    setattr(builtins, _ANSWERING, lambda found: found if callable(found) else function)


class Answer:
    """The final answer of the cell at work, if there is one yet; `show` makes a value's `output` and `text`."""

    def __init__(self, host: Host, show: Callable[[Any], Dict[str, Any]]) -> None:
        self._host = host
        self._show = show
        self.given = False
        # The task of the cell itself, whose end is the cell's end.
        self.task: Any = None

    def function(self, tool: Any = None) -> Any:
        """What cells call; with a host tool of that name, the tool's value is the answer."""

        def final_answer(answer: Any = None) -> None:
            """Ends this cell with its final answer."""
            self.give(answer)

        def final_answer_of_tool(*values: Any, **named: Any) -> None:
            self.give(tool(*values, **named))

        if tool is None:
            _pose(final_answer, "final_answer")
            return final_answer
        _pose(final_answer_of_tool, "final_answer")
        final_answer_of_tool.__doc__ = tool.__doc__
        # Where `help` and `inspect.signature` look.
        final_answer_of_tool.__wrapped__ = tool  # type: ignore[attr-defined]
        return final_answer_of_tool

    def begin(self) -> None:
        self.given = False
        self.task = None

    def give(self, value: Any) -> None:
        """Sends the value, unless there is an answer already, and raises FinalAnswer."""
        if not self._host.cell:
            raise RuntimeError(f"final_answer(): {OVER}")
        aside = self._is_aside()
        if not self.given:
            parts = self._show(value)
            # Before it is sent: an interrupt because of it may come at once.
            self.given = True
            self._host.report("final", aside=aside, **parts)
        raise FinalAnswer

    def interrupt(self) -> BaseException:
        """What an interrupt raises in the main thread."""
        return _Stop() if self.given else KeyboardInterrupt()

    def _is_aside(self) -> bool:
        """Whether the exception may end something else than the cell; that is then to say nothing of it."""
        if get_ident() != self._host.main_thread:
            _hush_threads()
        loop = running_loop()
        if loop is None:
            return get_ident() != self._host.main_thread
        tasks = sys.modules.get("asyncio.tasks")
        task = tasks and tasks.current_task(loop)
        if task is not None and task is self.task:
            return False
        if task is not None:
            task.add_done_callback(_look_at)
        return True


def ended_by_answer(error: BaseException, depth: int = 0) -> bool:
    """Whether an exception is FinalAnswer, or a group of nothing else."""
    if isinstance(error, FinalAnswer):
        return True
    group = getattr(builtins, "BaseExceptionGroup", None)
    if group is None or not isinstance(error, group) or depth > _DEEPEST:
        return False
    return all(ended_by_answer(part, depth + 1) for part in error.exceptions)  # type: ignore[attr-defined]


def _pose(function: Any, name: str) -> None:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "builtins"


def _look_at(task: Any) -> None:
    """Takes note of a task's exception, so that asyncio does not complain that nobody did."""
    if not task.cancelled():
        task.exception()


def _hush_threads() -> None:
    """A thread that gives the answer ends without a traceback on stderr."""
    threading = sys.modules.get("threading")
    hook = getattr(threading, "excepthook", None)
    if hook is None or getattr(hook, "vivarium", False):
        return

    def excepthook(told: Any) -> None:
        if not issubclass(told.exc_type, FinalAnswer):
            hook(told)

    excepthook.vivarium = True  # type: ignore[attr-defined]
    threading.excepthook = excepthook  # type: ignore[union-attr]
