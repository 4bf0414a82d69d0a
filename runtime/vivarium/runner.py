"""Runs cells in one namespace, and bears whatever they do: every step that may be theirs can be interrupted or fail."""

from __future__ import annotations

import _signal
import sys
from typing import Any, Callable, Dict, Optional, Tuple

from .answer import Answer, FinalAnswer, ended_by_answer
from .cell import HIDDEN, Compiled, Outcome, compile_cell, describe, name_cell, remember_source, run_code
from .display import Display
from .figures import Figures
from .host import Host
from .names import Names
from .precheck import syntax_error
from .shown import shown, shown_anyhow
from .standard import Standard
from .text import type_name
from .tools import Tools

Report = Dict[str, Any]


class Runner:
    """The namespace and what belongs to it: streams, tools, displays, the event loop, the answer."""

    def __init__(self, namespace: Dict[str, Any], host: Host, standard: Standard, budget: int) -> None:
        self._namespace = namespace
        self._host = host
        self._standard = standard
        self._budget = budget
        self.tools = Tools(host, budget)
        self.answer = Answer(host, lambda value: shown_anyhow(value, budget))
        self.display = Display(lambda bundle: host.report("display", bundle=bundle), budget)
        self.figures = Figures(self.display)
        self.names = Names(namespace, HIDDEN)
        self._loop: Any = None
        self._active = False
        self._interrupted = False

    def execute(self, identity: int, source: str, filename: str, gives_input: bool = False) -> Report:
        """Runs one cell and returns its report; whatever the cell raises is in it."""
        self.begin(identity)
        self._host.gives_input = gives_input
        self.answer.begin()
        name_cell(filename)
        self.attempt(remember_source, filename, source)
        report: Report = {"type": "result", "id": identity}
        compiled, error = self.attempt(compile_cell, source, filename, bool(self.tools))
        if error is not None:
            report["error"] = syntax_error(error, filename, source)
            return self.finish(report)
        outcome, error = self.attempt(run_code, compiled, self._namespace, self._run_coroutine)
        if error is None:
            parts, error = self.attempt(self._shown, compiled, outcome)
            report.update(parts or {})
        # Its end is not the answer's business, unless it is the answer that ended it.
        if error is not None and not (self.answer.given and ended_by_answer(error)):
            self.tell(report, error, filename)
        elif error is not None:
            report["output"] = None
        self.attempt(self.figures.discard if self._interrupted else self.figures.flush)
        return self.finish(report)

    def begin(self, identity: int) -> None:
        """Makes the session whole again for an order; an earlier cell may have put its own in place."""
        self._host.cell = identity
        self._interrupted = False
        if identity:
            self.arm()
            self._standard.heal()

    def finish(self, report: Report) -> Report:
        """Ends an order: what is printed or called from here on is no longer its."""
        self.attempt(self._standard.flush)
        changes, _ = self.attempt(self.names.changes)
        report.update(changes or {})
        self._host.cell = 0
        report["interrupted"] = self._interrupted
        return report

    def arm(self) -> None:
        """Takes interrupts. The plain functions spare the enums of the public ones."""
        _signal.signal(_signal.SIGINT, self._on_interrupt)
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGINT,))

    def broken_off(self, identity: int, error: BaseException) -> Report:
        """The report of an order that an exception ended between two of our steps."""
        self._active = False
        self._host.cell = 0
        report: Report = {"type": "result", "id": identity, "interrupted": isinstance(error, KeyboardInterrupt)}
        self.tell(report, error, "")
        return report

    def attempt(self, function: Callable[..., Any], *arguments: Any) -> Tuple[Any, Optional[BaseException]]:
        """Calls what may run the cell's code: it can be interrupted there, and nowhere else."""
        try:
            self._active = True
            result = function(*arguments)
            self._active = False
            return result, None
        except BaseException as error:
            self._active = False
            return None, error

    def tell(self, report: Report, error: BaseException, filename: str) -> None:
        """Puts an error into a report."""
        described, failure = self.attempt(describe, error, filename)
        report["error"] = described or _bare(error, failure)

    def forget_loop(self) -> None:
        """In a copy of the process: the loop's descriptors are the original's, which goes on with them."""
        loop, self._loop = self._loop, None
        tasks, events = sys.modules.get("asyncio.tasks"), sys.modules.get("asyncio.events")
        if loop is None or tasks is None or events is None:
            return
        try:
            for task in tasks.all_tasks(loop):
                # They cannot go on, and are not to be complained of.
                task._log_destroy_pending = False
            # Closed by its own `close`, it would take its descriptors out of what the original still waits for.
            loop._selector.close()
            loop._closed = True
            events.set_event_loop(None)
        except Exception:
            # The cell made the loop another one than it was.
            pass

    def _shown(self, compiled: Compiled, outcome: Outcome) -> Report:
        value = outcome.value
        if not outcome.has_value or value is None:
            return {"output": None}
        parts = shown(value, self._budget)
        bundle = self.display.rich(value, parts["text"]) if compiled.shows else None
        if bundle:
            self.display.send(bundle)
            self.figures.displayed(value, bundle)
        return parts

    def _run_coroutine(self, coroutine: Any) -> None:
        """Runs a top-level await on the session's own event loop, which later cells go on with."""
        import asyncio

        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        task = self.answer.task = self._loop.create_task(coroutine)
        try:
            self._loop.run_until_complete(task)
        except (KeyboardInterrupt, FinalAnswer):
            if not task.done():
                # It gets a chance to clean up, as asyncio.run gives it.
                task.cancel()
                try:
                    self._loop.run_until_complete(task)
                except asyncio.CancelledError:
                    pass
            raise

    def _on_interrupt(self, number: int, frame: Any) -> None:
        if self._active:
            self._interrupted = True
            raise self.answer.interrupt()


def _bare(error: BaseException, failure: Optional[BaseException]) -> Dict[str, Any]:
    """For an exception whose own methods break even the telling of it."""
    name = type_name(error)
    message = f"(its message could not be made: {type_name(failure)})"
    return {"kind": "exception", "name": name, "message": message, "traceback": f"{name}: {message}", "line": None}
