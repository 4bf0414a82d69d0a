"""The keeper: PID 1 of a session's PID namespace, and the only holder of the supervisor's socket.

Everything from the worker passes through it and is checked here, so that a worker that dies, hangs, floods or lies
costs its own cell and never the control channel. It runs one loop and never waits for the worker: what the worker
would not take is queued, and every cell has a deadline.
"""

from __future__ import annotations

import _socket as socket
import os
import select
import signal
import time
from typing import Any, Dict, List, NoReturn, Optional

from . import calls
from .channel import Channel, ProtocolError, decode, encode
from .confine import confine_keeper, let_go
from .examiner import Examiner, Finding
from .hand import WorkerHand
from .jail import root, seccomp
from .output import MOST_READS, READ_BYTES, Stream
from .protocol import checker
from .report import Error, crash_error, finished, interrupted_error, memory_error, timeout_error, where_it_was
from .spec import Spec

_COMMAND_BYTES = 64 << 20
_MOST_DENIALS = 100
_WARM_UP_AFTER_SECONDS = 0.003
_WARM_UP = b'{"type":"run","id":0,"code":"None","filename":"<warm-up>","wallMs":30000}'

_check_report = checker("WorkerReport")


def run_keeper(spec: Spec, connection: socket.socket, worker: WorkerHand) -> NoReturn:
    """Turns this process into the keeper of a worker that waits; it never returns."""
    try:
        let_go([connection.fileno(), *worker.descriptors()])
        root.furnish(spec.limits["fileBytes"], spec.private)
        # Both put their walls up at the same time.
        worker.let_confine()
        confine_keeper(spec)
        worker.confined()
        keeper = Keeper(spec, Channel(connection, _COMMAND_BYTES))
        keeper.start(worker)
        keeper.run()
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}"
        try:
            Channel(connection, 0).send({"type": "fatal", "reason": reason[:2000]})
        except BaseException:
            pass
        os._exit(70)
    os._exit(0)


class Cell:
    """The cell at work: what it may use and what has happened to it."""

    def __init__(self, command: Dict[str, Any], now: float, limits: Dict[str, int]) -> None:
        self.id: int = command["id"]
        self.code: str = command["code"]
        self.filename: str = command.get("filename") or f"<cell {command['id']}>"
        self.started = now
        self.wall_ms: int = command.get("wallMs") or limits["wallMs"]
        self.deadline = now + self.wall_ms / 1000
        # Why it was told to stop, once it was: "timeout", "cpu" or "interrupt"; and why it was killed.
        self.stopping: Optional[str] = None
        self.reminded = False
        self.killed: Optional[str] = None
        self.denials: List[Dict[str, Any]] = []
        self.cpu_started = 0.0


class Keeper:
    def __init__(self, spec: Spec, supervisor: Channel) -> None:
        self._spec = spec
        self._supervisor = supervisor
        self._argv: Optional[List[str]] = None
        self._poll = select.epoll()
        self._poll.register(supervisor.fileno(), select.EPOLLIN)
        self._worker: Optional[WorkerHand] = None
        self._cell: Optional[Cell] = None
        # A cell that came while the warm-up, cell 0, was still at work.
        self._next: Optional[Cell] = None
        self._examiner = Examiner(spec, self._poll)
        # A worker that ended between two cells: the next result has to say that the namespace is gone.
        self._lost_while_idle = False
        # Whether the worker has asked for anything that can leave a process behind.
        self._has_children = False

    def start(self, worker: WorkerHand) -> None:
        self._worker = worker
        worker.register(self._poll)
        self._supervisor.send_line(self._spec.ready)

    def run(self) -> None:
        if not self._poll.poll(_WARM_UP_AFTER_SECONDS):
            # Nobody is waiting: the pages that a first cell touches are made this session's own beforehand.
            self._command(_WARM_UP)
        while True:
            ready = self._poll.poll(self._wait_seconds())
            worker = self._worker
            # What was printed before a result was sent is ready no later than it, and has to be read first.
            if len(ready) > 1 and worker:
                streams = worker.streams
                ready.sort(key=lambda event: event[0] not in streams)
            for descriptor, _ in ready:
                if descriptor == self._supervisor.fileno():
                    lines = self._supervisor.poll()
                    if lines is None:
                        return
                    for line in lines:
                        if not self._command(line):
                            return
                elif self._cell and self._examiner.owns(descriptor):
                    self._decide(self._cell, self._examiner.hear())
                elif worker:
                    self._from_worker(worker, descriptor)
                if self._worker is not worker:
                    # The rest was about descriptors that are gone, or are somebody else's by now.
                    break
            self._watch()

    def _wait_seconds(self) -> float:
        moments = [self._cell.deadline] if self._cell else []
        if self._worker and self._worker.watchdog.due:
            moments.append(self._worker.watchdog.due)
        return max(0.0, min(moments) - time.monotonic()) if moments else -1

    # From the supervisor.

    def _command(self, line: bytes) -> bool:
        # The supervisor is trusted: its types hold it to the schema, and the tests hold those types to Python.
        command = decode(line)
        if command["type"] == "close":
            return False
        if command["type"] == "start":
            self._argv = command["argv"]
            if self._worker:
                self._worker.send({"type": "start", "argv": self._argv}, self._poll)
        elif command["type"] == "interrupt":
            if self._cell and self._cell.id == command["id"] and not self._cell.stopping:
                self._interrupt(self._cell, "interrupt")
            elif self._next and self._next.id == command["id"]:
                self._next.stopping = "interrupt"
        elif command["type"] == "run":
            self._begin(Cell(command, time.monotonic(), self._spec.limits))
        return True

    def _begin(self, cell: Cell) -> None:
        if self._cell:
            if self._cell.id or self._next:
                raise ProtocolError("a cell was sent while another one runs")
            self._next = cell
            return
        if not self._worker:
            self._launch_worker()
        self._cell = cell
        if cell.stopping:
            self._finish_unrun(interrupted_error(), [])
            return
        self._decide(cell, self._examiner.begin(cell.code, cell.filename))

    def _decide(self, cell: Cell, finding: Optional[Finding]) -> None:
        """Runs the cell, or ends it unrun; or waits, while there is no finding."""
        if finding is None:
            return
        cell.denials = finding.denials
        if finding.error is not None:
            self._finish_unrun(finding.error, cell.denials)
            return
        # It may have died while the source was looked at.
        worker = self._worker or self._launch_worker()
        cell.cpu_started = worker.meter.cpu_seconds()
        worker.begin(self._poll)
        worker.watchdog.cell_begins(time.monotonic())
        worker.send({"type": "run", "id": cell.id, "code": cell.code, "filename": cell.filename}, self._poll)

    # From the worker.

    def _from_worker(self, worker: WorkerHand, descriptor: int) -> None:
        if descriptor in worker.streams:
            self._forward(worker, worker.streams[descriptor])
        elif descriptor == worker.listener:
            self._judge(worker)
        elif descriptor == worker.pidfd:
            self._worker_ended(worker)
        elif descriptor == worker.channel.fileno():
            try:
                worker.flush(self._poll)
                lines = worker.channel.poll()
                for line in lines or []:
                    self._report(worker, line)
                if lines is None:
                    worker.deafen(self._poll)
            except BlockingIOError:
                pass
            except ProtocolError as error:
                self._broken(worker, str(error))

    def _report(self, worker: WorkerHand, line: bytes) -> None:
        report = decode(line)
        _check_report(report)
        cell = self._cell
        if cell is None or report["id"] != cell.id or self._examiner.busy:
            raise ProtocolError("a result for no running cell")
        if report["type"] == "denial":
            self._deny(cell, report["denial"])
        else:
            self._finish(worker, cell, report)

    def _deny(self, cell: Cell, denial: Dict[str, Any]) -> None:
        if len(cell.denials) < _MOST_DENIALS:
            cell.denials.append(denial)
            self._supervisor.send({"type": "denial", "id": cell.id, "denial": denial})

    def _forward(self, worker: WorkerHand, stream: Stream) -> None:
        if not self._cell or self._examiner.busy:
            worker.pause(stream, self._poll)
            return
        # As often as the largest pipe takes, so that nothing of this cell is left for the next one.
        for _ in range(MOST_READS):
            data = stream.read()
            text = stream.output.feed(data) if data else ""
            if text:
                self._emit(stream.name, text)
            if len(data) < READ_BYTES:
                break
        if stream.ended:
            worker.pause(stream, self._poll)

    def _emit(self, name: str, text: str) -> None:
        assert self._cell is not None
        if self._cell.id:
            self._supervisor.send({"type": name, "id": self._cell.id, "text": text})

    def _judge(self, worker: WorkerHand) -> None:
        notification = seccomp.receive(worker.listener)
        if notification is None:
            return
        call = self._spec.notified.get(notification.number, "")
        self._has_children = True
        verdict = calls.decide(call, notification, self._spec.limits["processes"])
        # The record goes first: the refused call may be the last thing that the cell does.
        if verdict.denial and self._cell:
            self._deny(self._cell, verdict.denial)
        seccomp.answer(worker.listener, notification, verdict.error)

    def _broken(self, worker: WorkerHand, why: str) -> None:
        """The worker sent what it must not send: it is not to be believed any more."""
        if self._cell and not self._cell.killed:
            self._cell.killed = f"protocol: {why}"
        worker.deafen(self._poll)
        worker.kill()

    # Time and memory.

    def _watch(self) -> None:
        now, cell, worker = time.monotonic(), self._cell, self._worker
        if cell and now >= cell.deadline:
            if cell.reminded:
                self._kill(cell, cell.stopping or "timeout")
            elif cell.stopping:
                # Half its grace is over, and the first interrupt may have ended in somebody's bare `except`.
                cell.reminded = True
                self._signal_stop(cell)
            else:
                self._interrupt(cell, "timeout")
        elif worker and not self._examiner.busy and worker.watchdog.due and now >= worker.watchdog.due:
            used = worker.meter.cpu_seconds() - cell.cpu_started if cell else 0.0
            passed = worker.watchdog.look(now, cell is not None, used)
            if passed == "cpu" and cell:
                if not cell.stopping:
                    self._interrupt(cell, "cpu")
            elif passed and cell:
                self._kill(cell, passed)
            elif passed:
                worker.kill()

    def _interrupt(self, cell: Cell, why: str) -> None:
        cell.stopping = why
        if self._examiner.busy:
            self._examiner.cancel()
            error = interrupted_error() if why == "interrupt" else timeout_error(cell, self._spec.limits, "kept")
            self._finish_unrun(error, [])
            return
        self._signal_stop(cell)

    def _signal_stop(self, cell: Cell) -> None:
        cell.deadline = time.monotonic() + self._spec.limits["graceMs"] / 2000
        if self._worker:
            self._worker.signal(signal.SIGINT)

    def _kill(self, cell: Cell, why: str) -> None:
        cell.killed = cell.killed or why
        # Not again at every turn of the loop while the kernel takes the process down.
        cell.deadline = time.monotonic() + 1
        if self._worker:
            self._worker.kill()

    # Ends.

    def _finish_unrun(self, error: Error, denials: List[Dict[str, Any]]) -> None:
        cell = self._cell
        assert cell is not None
        for denial in denials:
            self._supervisor.send({"type": "denial", "id": cell.id, "denial": denial})
        self._conclude(cell, finished(cell, {"error": error}, None, "kept"))

    def _finish(self, worker: WorkerHand, cell: Cell, report: Dict[str, Any]) -> None:
        cut = worker.end_output(self._emit)
        if cell.stopping and report["interrupted"]:
            by_user = cell.stopping == "interrupt"
            error = interrupted_error() if by_user else timeout_error(cell, self._spec.limits, "kept")
            if report.get("error"):
                error = where_it_was(error, report["error"])
            report = {"error": error}
        worker.watchdog.cell_ends(time.monotonic())
        if self._has_children:
            calls.reap()
        self._conclude(cell, finished(cell, report, worker, "kept", cut))

    def _worker_ended(self, worker: WorkerHand) -> None:
        """The worker is gone: everything it started goes too, and the cell says why."""
        cell, usage = self._cell, worker.usage(self._cell) if self._cell else None
        status = worker.bury(self._poll)
        self._worker = None
        if cell is None or self._examiner.busy:
            self._lost_while_idle = True
            worker.close()
            if cell:
                # Everything in the session was killed, and so was the parser of a cell that has not begun.
                self._examiner.cancel()
                self._cell = None
                self._begin(cell)
            return
        for stream in worker.streams.values():
            self._forward(worker, stream)
        cut = worker.end_output(self._emit)
        worker.close()
        if cell.killed == "memory":
            error = memory_error(self._spec.limits)
        elif cell.stopping in ("timeout", "cpu"):
            error = timeout_error(cell, self._spec.limits, "lost")
        elif cell.stopping == "interrupt":
            error = interrupted_error(lost=True)
        else:
            error = crash_error(status, cell.killed)
        self._conclude(cell, finished(cell, {"error": error}, None, "lost", cut, usage))

    def _conclude(self, cell: Cell, result: Dict[str, Any]) -> None:
        if self._lost_while_idle:
            self._lost_while_idle = False
            result["state"] = "lost"
        # What the worker made of the value may have no JSON: then it broke the protocol while its cell still ran.
        line = encode(result)
        if len(line) > self._spec.line_bytes:
            raise ProtocolError(f"a result of {len(line)} bytes")
        self._cell = None
        if cell.id:
            self._supervisor.send_line(line)
        if self._next:
            following, self._next = self._next, None
            self._begin(following)

    def _launch_worker(self) -> WorkerHand:
        worker = WorkerHand(self._spec, confined=True)
        worker.let_confine()
        worker.confined()
        worker.register(self._poll)
        self._worker = worker
        if self._argv:
            worker.send({"type": "start", "argv": self._argv}, self._poll)
        return worker
