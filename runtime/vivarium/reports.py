"""What a worker says, and what comes out of its pipes: bounded, checked, and legal only in its place."""

from __future__ import annotations

import time
from typing import Any, Dict, Optional

from .channel import ProtocolError, decode_report
from .hand import WorkerHand
from .output import MOST_READS, READ_BYTES, Stream
from .protocol import checker
from .report import OVER
from .task import Task

_check_report = checker("WorkerReport")


class Reports:
    """The ear of a branch."""

    def __init__(self, session: Any, branch: Any) -> None:
        self._session = session
        self._branch = branch
        self._display_bytes: int = session.spec.limits["resultBytes"]
        self._most_bytes: int = session.spec.line_bytes
        # How many answers to what a new worker was told to ignore.
        self.ignored = 0

    def hear(self) -> None:
        """Its channel has something to read, or room to write."""
        worker: Optional[WorkerHand] = self._branch.worker
        assert worker is not None
        try:
            worker.flush()
            lines = worker.channel.poll()
            for line in lines or []:
                if self._branch.worker is not worker:
                    # What it said led to an order that ended it: the rest are a dead one's lines.
                    return
                self._report(worker, line)
            if lines is None:
                worker.deafen()
        except BlockingIOError:
            pass
        except ProtocolError as error:
            if self._branch.worker is worker:
                self._broken(worker, str(error))

    def _report(self, worker: WorkerHand, line: bytes) -> None:
        report = decode_report(line)
        _check_report(report)
        kind, task = report["type"], self._branch.task
        if kind == "call" or kind == "input":
            self._call(worker, task, report, line)
            return
        if kind == "result" and report["id"] == 0 and self.ignored:
            self.ignored -= 1
            return
        if task is None or report["id"] != task.id or self._branch.examining:
            if kind == "result" or (task and report["id"] > task.id):
                raise ProtocolError(f"a {kind} for no running cell")
            # A thread of an earlier cell said it a moment too late.
            return
        if kind == "result":
            self._branch.finish(worker, task, report)
        elif kind == "denial":
            self.deny(task, report["denial"])
        elif task.kind != "run":
            # Only cells show and answer.
            return
        elif kind == "display":
            if task.room_for(len(line), self._display_bytes):
                self._pass_on(report, line)
        elif kind == "final" and not task.answered:
            task.answer(report["aside"], time.monotonic())
            self._pass_on(report, line)

    def _pass_on(self, report: Dict[str, Any], line: bytes) -> None:
        """As it came, where nothing has to be added: writing it anew is most of what a large one costs."""
        if len(line) > self._most_bytes:
            raise ProtocolError(f"a {report['type']} of {len(line)} bytes")
        if self._branch.number or not report["id"]:
            self.emit(report)
        else:
            self._session.send_line(line + b"\n")

    def _call(self, worker: WorkerHand, task: Optional[Task], report: Dict[str, Any], line: bytes) -> None:
        number: int = report["call"]
        if task is None or report["id"] != task.id or task.kind != "run" or not task.id:
            worker.refuse(number, OVER)
        elif report["type"] == "input" and not task.ask(len(line), self._display_bytes):
            worker.refuse(number, {"name": "RuntimeError", "message": "the cell has asked for input too often"})
        elif not task.call(number):
            error = {"name": "RuntimeError", "message": "too many calls are under way, or this one is already"}
            worker.refuse(number, error)
        else:
            task.pause(time.monotonic(), worker.meter.cpu_seconds())
            self._pass_on(report, line)

    def deny(self, task: Task, denial: Dict[str, Any]) -> None:
        if task.deny(denial):
            self.emit({"type": "denial", "id": task.id, "denial": denial})

    def denied(self, denial: Dict[str, Any]) -> None:
        """A system call of this branch was refused."""
        if self._branch.task:
            self.deny(self._branch.task, denial)

    def forward(self, stream: Stream) -> None:
        worker: Optional[WorkerHand] = self._branch.worker
        assert worker is not None
        if not self._branch.task or self._branch.examining:
            worker.pause(stream)
            return
        self.drain(stream)
        if stream.ended:
            worker.pause(stream)

    def drain(self, stream: Stream) -> None:
        # As often as the largest pipe takes, so that nothing of this cell is left for the next one.
        for _ in range(MOST_READS):
            data = stream.read()
            text = stream.output.feed(data) if data else ""
            if text:
                self.print(stream.name, text)
            if len(data) < READ_BYTES:
                break

    def print(self, name: str, text: str) -> None:
        self.emit({"type": name, "id": self._branch.task.id, "text": text})

    def emit(self, message: Dict[str, Any]) -> None:
        if message["id"]:
            self._session.send_line(self._session.line_of(self._branch, message))

    def _broken(self, worker: WorkerHand, why: str) -> None:
        """The worker sent what it must not send: it is not to be believed any more."""
        task = self._branch.task
        if task and not task.killed:
            task.killed = f"protocol: {why}"
        worker.deafen()
        worker.kill()
