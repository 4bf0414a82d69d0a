"""One branch of a session: its worker, the order at work in it, and the checkpoints it can go back to.

It never waits for the worker: what the worker would not take is queued, and everything has a deadline. A session has
one branch until it is forked.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Optional

from .channel import ProtocolError
from .copies import Sleeper
from .deadlines import Deadlines
from .examiner import Examiner, Finding
from .hand import WorkerHand
from .launching import introduce, launch
from .recovery import Recovery
from .reports import Reports
from .report import OVER, Error, ending_error, finished, interrupted_error, order_error, where_it_was
from .shelf import Shelf
from .task import Task

# Orders that the worker carries out, and those after which the namespace is another one.
_WORKERS = frozenset(("run", "assign", "fetch", "inspect", "complete", "tools"))
_CHANGING = frozenset(("run", "assign", "tools"))
_WARM_UP = {"type": "run", "id": 0, "code": "None", "filename": "<warm-up>", "wallMs": 500}
# Answers that the worker has not taken yet; above it a call comes to an error instead of a value.
_MOST_QUEUED_BYTES = 64 << 20
_UNREAD: Error = {"name": "RuntimeError", "message": "too many answers wait to be read by the cell"}


class Branch:
    def __init__(self, session: Any, number: int, shelf: Optional[Shelf] = None) -> None:
        self.number = number
        self._session = session
        self._spec = session.spec
        self._loop = session.loop
        self.worker: Optional[WorkerHand] = None
        self.task: Optional[Task] = None
        # Tasks that came while the branch was busy with something of its own.
        self._queue: List[Task] = []
        self._examiner = Examiner(self._spec, session.imports, self._loop, self._examined)
        self.reports = Reports(session, self)
        self.deadlines = Deadlines(session, self)
        self.recovery = Recovery(session, self, shelf)
        self._burying = False
        # The host tools that the namespace has, for a worker that starts anew.
        self.tools: Optional[Dict[str, Any]] = None
        self._idle: List[Callable[[], None]] = []

    # The worker.

    def start(self, worker: WorkerHand) -> None:
        self.worker = worker
        worker.register(self._loop, self)

    def reconsider(self) -> None:
        """Begins anew with what the session was started with, before its first order."""
        self.recovery.begin_anew()
        self._examiner = Examiner(self._spec, self._session.imports, self._loop, self._examined)
        if self.worker:
            introduce(self._session, self.worker)

    def warm_up(self) -> None:
        """Runs a cell of its own where nobody waits: the pages that the next one touches are copied now, and not then."""
        if not self.busy and not self._queue:
            self.begin(Task(dict(_WARM_UP), time.monotonic(), self._spec.limits))
        else:
            self.next()

    # Orders.

    def begin(self, task: Task) -> None:
        if self.busy:
            self._queue.append(task)
            return
        self.task = task
        if task.stopping:
            self._conclude(task, {"error": interrupted_error("kept")}, "kept")
        elif task.kind == "run":
            if not self.worker:
                launch(self._session, self)
            order = task.order
            name = order.get("filename") or f"<cell {task.id}>"
            order["filename"] = name
            self._decide(task, self._examiner.begin(order["code"], name))
        elif task.kind in _WORKERS:
            if task.kind == "tools":
                self.tools = task.order
            self._dispatch(task)
        else:
            self._session.carry_out(self, task)

    @property
    def busy(self) -> bool:
        return self.task is not None or self.recovery.busy or self._burying

    def interrupt(self, identity: int) -> None:
        task = self.task
        if task and task.id == identity:
            if not task.stopping:
                self.deadlines.interrupt(task, "interrupt")
        else:
            for queued in self._queue:
                if queued.id == identity:
                    queued.stopping = "interrupt"

    def answer(self, command: Dict[str, Any], line: bytes) -> None:
        """Passes the host's answer on; one that nobody waits for any more is dropped."""
        task, worker = self.task, self.worker
        if not task or not worker or task.id != command["id"]:
            return
        if not task.returned(command["call"], time.monotonic(), worker.meter.cpu_seconds()):
            return
        if worker.queued_bytes > _MOST_QUEUED_BYTES:
            worker.send({"type": "answer", "call": command["call"], "error": _UNREAD})
        else:
            worker.send_line(line + b"\n")

    @property
    def examining(self) -> bool:
        """Whether the cell's source is still being looked at, and nothing of it runs."""
        return self._examiner.busy

    def give_up_examining(self, error: Optional[Error]) -> None:
        """Ends a cell of which nothing has run."""
        self._examiner.cancel()
        if self.task:
            self._conclude(self.task, {"error": error}, "kept", unrun=True)

    def _examined(self) -> None:
        if self.task:
            self._decide(self.task, self._examiner.hear())

    def _decide(self, task: Task, finding: Optional[Finding]) -> None:
        """Runs the cell, or ends it unrun; or waits, while there is no finding."""
        if finding is None:
            return
        if finding.error is not None:
            for denial in finding.denials:
                self.reports.deny(task, denial)
            self._conclude(task, {"error": finding.error}, "kept", unrun=True)
            return
        task.denials = finding.denials
        self._dispatch(task)

    def _dispatch(self, task: Task) -> None:
        # It may have died while the source was looked at.
        worker = self.worker or launch(self._session, self)
        task.cpu_started = worker.meter.cpu_seconds()
        worker.begin()
        worker.watchdog.cell_begins(time.monotonic())
        if task.line:
            worker.send_line(task.line + b"\n")
            task.line = b""
        else:
            worker.send(task.order)

    # Ends.

    def finish(self, worker: WorkerHand, task: Task, report: Dict[str, Any]) -> None:
        cut = worker.end_output(self.reports.print)
        if task.stopping and report["interrupted"]:
            error = self.deadlines.stop_error(task, "kept")
            if error and report.get("error"):
                error = where_it_was(error, report["error"])
            report = {**{key: report[key] for key in ("added", "removed") if key in report}, "error": error}
        worker.watchdog.cell_ends(time.monotonic())
        for number in task.calls:
            worker.send({"type": "answer", "call": number, "error": OVER})
        self.recovery.learn(report)
        # What is no Python was compiled, and nothing of it ran.
        unrun = (report.get("error") or {}).get("kind") == "syntax"
        self._conclude(task, report, "kept", cut, worker.usage(task), unrun=unrun)

    def worker_ended(self) -> None:
        """The worker is gone: everything it started goes too, and the cell says why."""
        worker = self.worker
        assert worker is not None
        usage = worker.usage(self.task) if self.task else None
        status = self._bury(worker)
        task, state = self.task, self.recovery.verdict
        if task is None or self._examiner.busy:
            worker.close()
            self.recovery.owe(state)
            if task:
                # What parsed its source was killed as well: the cell begins again.
                self._examiner.cancel()
                self.task = None
                self._queue.insert(0, task)
            self.recovery.go_back(state)
            return
        for stream in worker.streams.values():
            self.reports.drain(stream)
        cut = worker.end_output(self.reports.print)
        worker.close()
        error = ending_error(task, status, self._spec.limits, state)
        lost = list(self.recovery.names) if state == "lost" else None
        self.recovery.go_back(state, lambda: self._conclude(task, {"error": error}, state, cut, usage, lost))

    def _conclude(
        self,
        task: Task,
        report: Dict[str, Any],
        state: str,
        cut: Optional[Dict[str, int]] = None,
        usage: Any = None,
        lost: Optional[List[str]] = None,
        unrun: bool = False,
    ) -> None:
        """Sends the result; in the idle moment that follows, a copy is made."""
        result = finished(task, report, state, cut, usage)
        changed = state == "kept" and not unrun and task.kind in _CHANGING and task.id > 0
        unprotected = self.recovery.unprotected(self.worker) if changed else None
        if task.id:
            self.recovery.settle(result, lost)
        if unprotected:
            result["unprotected"] = unprotected
        # What the worker made of the value may have no JSON: then it broke the protocol while its cell still ran.
        line = self._session.line_of(self, result)
        if len(line) > self._spec.line_bytes:
            raise ProtocolError(f"a result of {len(line)} bytes")
        self.task = None
        if task.id:
            self.recovery.settled()
            self._session.send_line(line)
        if changed:
            self.recovery.changed(self.worker, unprotected is None, task.kind == "tools")
        if state == "kept":
            self.next()

    def next(self) -> None:
        """Goes on with what waits, unless there is something to wait for."""
        if self.busy:
            return
        if self._queue:
            self.begin(self._queue.pop(0))
        else:
            self._rest()

    def _rest(self) -> None:
        waiting, self._idle = self._idle, []
        for act in waiting:
            act()

    def conclude(self, task: Task, error: Optional[str] = None) -> None:
        """Ends an order of the session's own, with an error in words if it failed."""
        self._conclude(task, {"error": order_error(error) if error else None}, "kept", unrun=True)

    # What the session's own orders need.

    def when_idle(self, act: Callable[[], None]) -> None:
        if self.busy:
            self._idle.append(act)
        else:
            act()

    def copy(self, *takers: Callable[[Optional[Sleeper]], None]) -> None:
        """A copy of the present state for each taker, a branch or a name; none when it cannot be made."""
        self.recovery.copier.ask(self.worker or launch(self._session, self), *takers)

    def wake(self, sleeper: Sleeper) -> WorkerHand:
        """Makes a copy the worker."""
        hand = WorkerHand.woken(self._spec, sleeper.pid, sleeper.wake, sleeper.listener, sleeper.base_bytes)
        sleeper.leave()
        self.start(hand)
        return hand

    def end_worker(self) -> None:
        """Ends the worker and all it started, at once."""
        worker = self.worker
        if worker:
            worker.kill()
            self._bury(worker)
            worker.close()

    def _bury(self, worker: WorkerHand) -> int:
        """Takes leave of a worker and of everything it started; returns how it ended."""
        self.worker = None
        self.reports.ignored = 0
        # A copy that was being made is no checkpoint; those of before are.
        self._burying = True
        self.recovery.copier.give_up()
        # Whatever kept this one from making copies, the next one may be free of it.
        self.recovery.copier.broken = None
        self._burying = False
        status = worker.bury()
        self._session.household.sweep(self, worker)
        return status

    def close(self) -> None:
        if self._examiner.busy:
            self._examiner.cancel()
        self._queue.clear()
        self.task = None
        self.end_worker()
        self.recovery.shelf.close()
        # Whoever waits finds that it is gone.
        self._rest()
