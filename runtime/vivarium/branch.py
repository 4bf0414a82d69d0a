"""One branch of a session: its worker, the order at work in it, and the checkpoints it can go back to.

It never waits for the worker: what the worker would not take is queued, and everything has a deadline. A session has
one branch until it is forked.
"""

from __future__ import annotations

import signal
import time
from typing import Any, Callable, Dict, List, Optional

from . import copies
from .channel import ProtocolError, decode
from .copies import Checkpoint, Copier, Fresh, Shelf, Sleeper
from .examiner import Examiner, Finding
from .hand import WorkerHand
from .output import MOST_READS, READ_BYTES, Stream
from .protocol import checker
from .report import Error, ending_error, finished, interrupted_error, timeout_error, where_it_was
from .task import Task

# Above it a copy takes longer than an idle moment has: a millisecond for every 50 MB or so.
_AUTO_BYTES = 256 << 20
_MOST_NAMES = 1000
_OVER: Error = {"name": "CellOver", "message": "the cell is over"}
# Orders that the worker carries out, and those after which the namespace is another one.
_WORKERS = frozenset(("run", "assign", "fetch", "inspect", "complete", "tools"))
_CHANGING = frozenset(("run", "assign", "tools"))

_check_report = checker("WorkerReport")


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
        self._copier = Copier(self._loop)
        self.shelf = shelf or Shelf(Fresh() if session.checkpoints else None, *session.history)
        # Whether the namespace is no longer what the current checkpoint has.
        self._stale = False
        self._waking = False
        self._burying = False
        # What became of the namespace between two cells: the next result has to say it.
        self._owed: Optional[str] = None
        self._owed_names: List[str] = []
        self.names: Dict[str, None] = {}
        # The host tools that the namespace has, for a worker that starts anew; and how many answers to that to ignore.
        self.tools: Optional[Dict[str, Any]] = None
        self._ignored = 0
        self._idle: List[Callable[[], None]] = []
        # What the namespace took when that was last looked at, in bytes.
        self._size = 0

    # The worker.

    def start(self, worker: WorkerHand) -> None:
        self.worker = worker
        worker.register(self._loop, self)

    def _launch(self) -> WorkerHand:
        """Starts a worker anew, in the state that a session begins with."""
        worker = WorkerHand(self._spec, confined=True)
        worker.let_confine()
        worker.confined()
        self.start(worker)
        self._session.listen(worker)
        self.introduce(worker)
        if self.tools:
            self._ignored += 1
            worker.send({**self.tools, "id": 0})
        return worker

    def introduce(self, worker: WorkerHand) -> None:
        """Tells a worker what the session was started with."""
        session = self._session
        argv = {} if session.argv is None else {"argv": session.argv}
        imports = {"imports": session.imports} if session.imports else {}
        if argv or imports:
            worker.send({"type": "start", **argv, **imports})

    def reconsider(self) -> None:
        """Begins anew with what the session was started with, before its first order."""
        self.shelf = Shelf(Fresh() if self._session.checkpoints else None, *self._session.history)
        self._examiner = Examiner(self._spec, self._session.imports, self._loop, self._examined)
        if self.worker:
            self.introduce(self.worker)

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
                self._launch()
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
        return self.task is not None or self._copier.busy or self._waking or self._burying

    def interrupt(self, identity: int) -> None:
        task = self.task
        if task and task.id == identity:
            if not task.stopping:
                self._interrupt(task, "interrupt")
        else:
            for queued in self._queue:
                if queued.id == identity:
                    queued.stopping = "interrupt"

    def answer(self, command: Dict[str, Any]) -> None:
        """Passes the host's answer on; one that nobody waits for any more is dropped."""
        task, worker = self.task, self.worker
        if not task or not worker or task.id != command["id"]:
            return
        if task.returned(command["call"], time.monotonic(), worker.meter.cpu_seconds()):
            answer = {key: value for key, value in command.items() if key not in ("id", "branch")}
            worker.send(answer)

    def _examined(self) -> None:
        if self.task:
            self._decide(self.task, self._examiner.hear())

    def _decide(self, task: Task, finding: Optional[Finding]) -> None:
        """Runs the cell, or ends it unrun; or waits, while there is no finding."""
        if finding is None:
            return
        if finding.error is not None:
            for denial in finding.denials:
                self._deny(task, denial)
            self._conclude(task, {"error": finding.error}, "kept", unrun=True)
            return
        task.denials = finding.denials
        self._dispatch(task)

    def _dispatch(self, task: Task) -> None:
        # It may have died while the source was looked at.
        worker = self.worker or self._launch()
        task.cpu_started = worker.meter.cpu_seconds()
        worker.begin()
        worker.watchdog.cell_begins(time.monotonic())
        worker.send({key: value for key, value in task.order.items() if key not in ("branch", "wallMs")})

    # From the worker.

    def hear(self) -> None:
        """Its channel has something to read, or room to write."""
        worker = self.worker
        assert worker is not None
        try:
            worker.flush()
            lines = worker.channel.poll()
            for line in lines or []:
                self._report(worker, line)
            if lines is None:
                worker.deafen()
        except BlockingIOError:
            pass
        except ProtocolError as error:
            self._broken(worker, str(error))

    def _report(self, worker: WorkerHand, line: bytes) -> None:
        report = decode(line)
        _check_report(report)
        kind, task = report["type"], self.task
        if kind == "call" or kind == "input":
            self._call(worker, task, report)
            return
        if kind == "result" and report["id"] == 0 and self._ignored:
            self._ignored -= 1
            return
        if task is None or report["id"] != task.id or self._examiner.busy:
            if kind == "result" or (task and report["id"] > task.id):
                raise ProtocolError(f"a {kind} for no running cell")
            # A thread of an earlier cell said it a moment too late.
            return
        if kind == "result":
            self._finish(worker, task, report)
        elif kind == "denial":
            self._deny(task, report["denial"])
        elif kind == "display":
            if task.room_for(len(line), self._spec.limits["resultBytes"]):
                self.emit(report)
        elif kind == "final" and not task.answered:
            task.answer(report.pop("aside"), time.monotonic())
            self.emit(report)

    def _call(self, worker: WorkerHand, task: Optional[Task], report: Dict[str, Any]) -> None:
        number, blocking = report["call"], report.pop("blocking")
        if task is None or report["id"] != task.id or task.kind != "run" or not task.id:
            worker.send({"type": "answer", "call": number, "error": _OVER})
        elif not task.call(number, blocking):
            error = {"name": "RuntimeError", "message": "too many calls are under way, or this one is already"}
            worker.send({"type": "answer", "call": number, "error": error})
        else:
            if blocking and worker.meter.memory()[1] < 2:
                task.pause(time.monotonic(), worker.meter.cpu_seconds())
            self.emit(report)

    def _deny(self, task: Task, denial: Dict[str, Any]) -> None:
        if task.deny(denial):
            self.emit({"type": "denial", "id": task.id, "denial": denial})

    def denied(self, denial: Dict[str, Any]) -> None:
        """A system call of this branch was refused."""
        if self.task:
            self._deny(self.task, denial)

    def forward(self, stream: Stream) -> None:
        worker = self.worker
        assert worker is not None
        if not self.task or self._examiner.busy:
            worker.pause(stream)
            return
        self._drain(stream)
        if stream.ended:
            worker.pause(stream)

    def _drain(self, stream: Stream) -> None:
        # As often as the largest pipe takes, so that nothing of this cell is left for the next one.
        for _ in range(MOST_READS):
            data = stream.read()
            text = stream.output.feed(data) if data else ""
            if text:
                self._print(stream.name, text)
            if len(data) < READ_BYTES:
                break

    def _print(self, name: str, text: str) -> None:
        assert self.task is not None
        self.emit({"type": name, "id": self.task.id, "text": text})

    def emit(self, message: Dict[str, Any]) -> None:
        if message["id"]:
            self._session.send_line(self._session.line_of(self, message))

    def _broken(self, worker: WorkerHand, why: str) -> None:
        """The worker sent what it must not send: it is not to be believed any more."""
        if self.task and not self.task.killed:
            self.task.killed = f"protocol: {why}"
        worker.deafen()
        worker.kill()

    def may_copy(self, sibling: bool) -> bool:
        worker = self.worker
        return worker is not None and self._copier.may_fork(sibling, 1 if sibling else worker.meter.memory()[1])

    # Time and memory.

    @property
    def due(self) -> Optional[float]:
        """When something has to be looked at next."""
        moments = [self.task.due] if self.task else []
        if self.worker and self.worker.watchdog.due:
            moments.append(self.worker.watchdog.due)
        if self._copier.due:
            moments.append(self._copier.due)
        return min(moments) if moments else None

    def watch(self, now: float) -> None:
        task, worker = self.task, self.worker
        if self._copier.due and now >= self._copier.due:
            self._copier.expire()
        elif task and now >= task.due:
            if task.reminded:
                self.kill(task.stopping or "timeout")
            elif task.stopping:
                # Half its grace is over, and the first interrupt may have ended in somebody's bare `except`.
                task.remind(now)
                self._signal_stop()
            else:
                self._interrupt(task, task.why_due())
        elif worker and not self._examiner.busy and worker.watchdog.due and now >= worker.watchdog.due:
            used = worker.meter.cpu_seconds() - task.cpu_started if task else 0.0
            mine = self._session.processes_of(self)
            passed = worker.watchdog.look(now, task is not None, used, mine, copies.sleeping)
            if passed == "cpu" and task:
                if not task.stopping:
                    self._interrupt(task, "cpu")
            elif passed or self._session.is_too_large(self):
                self.kill(passed or "memory")

    def kill(self, why: str) -> None:
        if self.task:
            self.task.kill(why, time.monotonic())
        if self.worker:
            self.worker.kill()

    def _interrupt(self, task: Task, why: str) -> None:
        task.stop(why, time.monotonic())
        if self._examiner.busy:
            self._examiner.cancel()
            self._conclude(task, {"error": self._stop_error(task, "kept")}, "kept", unrun=True)
        else:
            self._signal_stop()

    def _signal_stop(self) -> None:
        if self.worker:
            self.worker.signal(signal.SIGINT)

    def _stop_error(self, task: Task, state: str) -> Optional[Error]:
        if task.stopping == "answered":
            return None
        if task.stopping == "interrupt":
            return interrupted_error(state)
        return timeout_error(task, self._spec.limits, state)

    # Ends.

    def _finish(self, worker: WorkerHand, task: Task, report: Dict[str, Any]) -> None:
        cut = worker.end_output(self._print)
        if task.stopping and report["interrupted"]:
            error = self._stop_error(task, "kept")
            if error and report.get("error"):
                error = where_it_was(error, report["error"])
            report = {**{key: report[key] for key in ("added", "removed") if key in report}, "error": error}
        worker.watchdog.cell_ends(time.monotonic())
        for number in task.calls:
            worker.send({"type": "answer", "call": number, "error": _OVER})
        for name in report.get("removed", ()):
            self.names.pop(name, None)
        for name in report.get("added", ()):
            if len(self.names) < _MOST_NAMES:
                self.names[name] = None
        self._conclude(task, report, "kept", cut, worker.usage(task))

    def worker_ended(self) -> None:
        """The worker is gone: everything it started goes too, and the cell says why."""
        worker = self.worker
        assert worker is not None
        usage = worker.usage(self.task) if self.task else None
        status = self._bury(worker)
        task, examining = self.task, self._examiner.busy
        state = "rolledBack" if self.shelf.current and self.shelf.current.available else "lost"
        lost = list(self.names) if state == "lost" else []
        if task is None or examining:
            worker.close()
            # Nothing is gone where the checkpoint is of this very moment.
            if state == "lost" or self._stale:
                self._owed, self._owed_names = state, lost
            if task:
                # What parsed its source was killed as well: the cell begins again.
                self._examiner.cancel()
                self.task = None
                self._queue.insert(0, task)
            self._go_back(state)
            return
        for stream in worker.streams.values():
            self._drain(stream)
        cut = worker.end_output(self._print)
        worker.close()
        error = ending_error(task, status, self._spec.limits, state)
        self._go_back(state, before=lambda: self._conclude(task, {"error": error}, state, cut, usage, lost))

    def _go_back(self, state: str, before: Optional[Callable[[], None]] = None) -> None:
        """Makes the current checkpoint the worker, or lets the next cell start a new one."""
        current = self.shelf.current
        if state == "lost" or current is None:
            self.names = {}
            if self._session.checkpoints:
                self.shelf.advance(Fresh())
            self._stale = False
            current = None
        if before:
            before()
        if current is None:
            self._next()
        else:
            self.take(current, lambda taken: self._taken(current, taken))

    def _taken(self, checkpoint: Checkpoint, taken: bool) -> None:
        if taken:
            self._next()
        else:
            # It died in its sleep after it was promised.
            self._owed, self._owed_names = "lost", list(checkpoint.names)
            self._go_back("lost")

    def take(self, checkpoint: Checkpoint, then: Callable[[bool], None]) -> None:
        """Puts a checkpoint's copy in the place of the worker, which is gone, and says whether there was one."""
        self._stale = False
        self.names = dict(checkpoint.names)
        if isinstance(checkpoint, Fresh):
            then(True)
            return
        self._waking = True

        def wake(sleeper: Optional[Sleeper]) -> None:
            self._waking = False
            if sleeper is None:
                then(False)
                return
            hand = self.wake(sleeper)
            # Its own place is taken again before anything runs.
            self._copier.ask(hand, put)

        def put(copy: Optional[Sleeper]) -> None:
            checkpoint.put(copy)
            if self.worker is None:
                # It died over it, and whoever buries it goes on from there.
                return
            if copy is None and self.shelf.current is checkpoint:
                self.shelf.advance(None)
            then(True)

        checkpoint.take(wake)

    def wake(self, sleeper: Sleeper) -> WorkerHand:
        hand = WorkerHand.woken(self._spec, sleeper.pid, sleeper.wake, sleeper.listener, sleeper.base_bytes)
        sleeper.leave()
        self.start(hand)
        return hand

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
        """Sends the result; then, in the idle moment that follows, a checkpoint is made."""
        result = finished(task, report, state, cut, usage)
        if self._owed and task.id:
            result["state"] = self._owed if state == "kept" else state
            lost = lost or self._owed_names
            self._owed, self._owed_names = None, []
        if lost:
            result["lost"] = lost
        changed = state == "kept" and not unrun and task.kind in _CHANGING and task.id > 0
        unprotected = self._unprotected() if changed else None
        if unprotected:
            result["unprotected"] = unprotected
        # What the worker made of the value may have no JSON: then it broke the protocol while its cell still ran.
        line = self._session.line_of(self, result)
        if len(line) > self._spec.line_bytes:
            raise ProtocolError(f"a result of {len(line)} bytes")
        self.task = None
        if task.id:
            self._session.send_line(line)
        if changed and not unprotected:
            self._checkpoint()
        elif changed:
            self.shelf.advance(None)
        if state == "kept":
            self._next()

    def _unprotected(self) -> Optional[str]:
        """Why no copy can be made of the state that there is now."""
        mode, worker = self._session.checkpoints, self.worker
        if not mode:
            return "checkpoints are switched off"
        if not worker or self._copier.broken:
            return self._copier.broken or "the worker has ended"
        if mode == "always":
            self._size = self.size()
            return None
        held, threads = worker.meter.memory()
        if threads > 1:
            return f"{threads - 1} native threads were running, which no copy would have"
        self._size = held - worker.base_bytes
        if self._size > _AUTO_BYTES:
            most = _AUTO_BYTES >> 20
            return f"the namespace takes {self._size >> 20} MiB, more than the {most} MiB that are copied unasked"
        return None

    def _checkpoint(self) -> None:
        worker = self.worker
        assert worker is not None
        self._stale = True
        made = Checkpoint(dict(self.names), self._size)

        def keep(copy: Optional[Sleeper]) -> None:
            made.hold()
            made.put(copy)
            if self.worker is None:
                # It died over it: what there is to go back to is still the state before.
                made.release()
                return
            self._stale = False
            self.shelf.advance(made if copy else None)
            made.release()
            self._next()

        self._copier.ask(worker, keep)

    def size(self) -> int:
        """Bytes of memory that the namespace takes, about."""
        return max(0, self.worker.meter.memory()[0] - self.worker.base_bytes) if self.worker else 0

    def _next(self) -> None:
        if self.busy:
            return
        if self._queue:
            self.begin(self._queue.pop(0))
            return
        waiting, self._idle = self._idle, []
        for act in waiting:
            act()

    # What the session's own orders need.

    def when_idle(self, act: Callable[[], None]) -> None:
        if self.busy:
            self._idle.append(act)
        else:
            act()

    def copy(self, taker: Callable[[Optional[Sleeper]], None]) -> None:
        """A copy of the present state, for a branch or a name; none when it cannot be made."""
        self._copier.ask(self.worker or self._launch(), taker)

    def go_to(self, checkpoint: Checkpoint, then: Callable[[bool], None]) -> None:
        """Leaves the present state for that of a checkpoint."""
        self.end_worker()
        self.take(checkpoint, then)

    def begin_anew(self) -> None:
        """Leaves the present state for an empty one."""
        self.end_worker()
        self.names = {}
        self.shelf.advance(Fresh() if self._session.checkpoints else None)

    def sprout(self, number: int, sleeper: Sleeper) -> Branch:
        """A new branch of the present state, whose worker is a copy of this one's."""
        branch = Branch(self._session, number, self.shelf.branch())
        branch.names, branch.tools = dict(self.names), self.tools
        hand = branch.wake(sleeper)
        # What both have in common is counted once, here.
        hand.shared_bytes = hand.base_bytes + self.size()
        return branch

    def become(self, other: Branch) -> None:
        """Takes the worker and the state of another branch, which is no more."""
        self.end_worker()
        worker, other.worker = other.worker, None
        self.names, self.tools, self._copier = other.names, other.tools, other._copier
        self._ignored, self._owed, self._owed_names = other._ignored, other._owed, other._owed_names
        self.shelf.advance(other.shelf.current)
        self.shelf.name_all(other.shelf)
        if worker:
            worker.unregister()
            self.start(worker)
        other.close()

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
        self._ignored = 0
        # A copy that was being made is no checkpoint; those of before are.
        self._burying = True
        self._copier.give_up()
        self._burying = False
        status = worker.bury()
        self._session.sweep(self, worker)
        return status

    def close(self) -> None:
        if self._examiner.busy:
            self._examiner.cancel()
        self._queue.clear()
        self.task = None
        self.end_worker()
        self.shelf.close()

    def conclude(self, task: Task, error: Optional[str] = None) -> None:
        """Ends an order of the session's own, with an error in words if it failed."""
        told = {"kind": "exception", "name": "CheckpointError", "message": error or "", "traceback": "", "line": None}
        self._conclude(task, {"error": told if error else None}, "kept", unrun=True)
