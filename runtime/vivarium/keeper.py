"""The keeper: PID 1 of a session's PID namespace, and the only holder of the supervisor's socket.

Everything from the worker passes through it and is checked here, so that a worker that dies, hangs, floods or lies
costs its own cell and never the control channel. It runs one loop and never waits for a worker.
"""

from __future__ import annotations

import _socket as socket
import os
import re
import time
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from . import calls, copies, files
from .branch import Branch
from .calls import Court
from .channel import Channel, decode, encode
from .confine import confine_keeper, let_go
from .deadlines import NEVER
from .hand import Listener, WorkerHand
from .household import Household
from .jail import root, seccomp
from .loop import Loop
from .orders import carry_out
from .spec import Spec
from .task import Task

_COMMAND_BYTES = 64 << 20
_WARM_UP_AFTER_SECONDS = 0.003


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


def _peek(line: bytes) -> Optional[Dict[str, Any]]:
    """What the keeper needs of a long line that it only passes on."""
    found = _PASSED_ON.match(line) if len(line) > _LONG else None
    if not found:
        return None
    kind, identity, branch = found.groups()
    return {"type": kind.decode(), "id": int(identity), "branch": int(branch or 0)}


# As the supervisor, which is trusted, writes it.
_PASSED_ON = re.compile(rb'\{"type":"(assign)","id":(\d+),(?:"branch":(\d+),)?"variables":')
_LONG = 1 << 16


class Keeper:
    """The session as a whole: its socket, its branches, the processes and the memory that they have together."""

    def __init__(self, spec: Spec, supervisor: Channel) -> None:
        self.spec = spec
        self.loop = Loop()
        self._supervisor = supervisor
        self._open = True
        # What the session was started with: `sys.argv`, and import patterns of its own.
        self.argv: Optional[List[str]] = None
        self.imports: List[str] = []
        # When copies are made unasked: "auto", "always", or not at all.
        self.checkpoints: Optional[str] = "auto"
        # How many earlier states are kept, and the bytes that all checkpoints may take.
        self.history: Tuple[int, int] = (0, spec.limits["memoryBytes"])
        self.branches: Dict[int, Branch] = {0: Branch(self, 0)}
        self.household = Household(self.branches, spec.limits)
        self._court = Court(spec.limits["processes"], self.household.count, self._may_copy, self._is_copy)

    def start(self, worker: WorkerHand) -> None:
        self.branches[0].start(worker)
        self.listen(worker)
        self.loop.add(self._supervisor.fileno(), self._hear)
        self._supervisor.send_line(self.spec.ready)

    def run(self) -> None:
        if self.loop.quiet(_WARM_UP_AFTER_SECONDS):
            # Nobody is waiting: the pages that a first cell touches are made this session's own beforehand.
            self.branches[0].warm_up()
        while self._open:
            self.turn()

    def turn(self) -> None:
        """Waits for whatever comes next, and sees to it."""
        due = self._due()
        self.loop.turn(max(0.0, due - time.monotonic()) if due < NEVER else -1)
        now = time.monotonic()
        # What a handler made due in this very turn comes with the next one, which waits for nothing.
        if now >= due:
            for branch in tuple(self.branches.values()):
                branch.deadlines.watch(now)

    def _due(self) -> float:
        due = NEVER
        for branch in self.branches.values():
            due = min(due, branch.deadlines.due)
        return due

    # From the supervisor.

    def _hear(self) -> None:
        lines = self._supervisor.poll()
        if lines is None:
            self._open = False
            return
        for line in lines:
            self._command(line)

    def _command(self, line: bytes) -> None:
        # The supervisor is trusted: its types hold it to the schema, and the tests hold those types to Python.
        command = _peek(line) or decode(line)
        kind, branch = command["type"], self.branches.get(command.get("branch", 0))
        if kind == "start":
            self._start(command)
        elif kind == "file":
            self._supervisor.send(files.handle(command))
        elif branch is None:
            # It ended while the command was on its way.
            pass
        elif kind == "close":
            self._close(branch)
        elif kind == "interrupt":
            branch.interrupt(command["id"])
        elif kind == "answer":
            branch.answer(command, line)
        else:
            task = Task(command, time.monotonic(), self.spec.limits)
            if kind != "run" or "filename" in command:
                task.line = line
            branch.begin(task)

    def _start(self, command: Dict[str, Any]) -> None:
        mode = command.get("checkpoint", "auto")
        self.checkpoints = None if mode == "never" else mode
        if "history" in command:
            self.history = (command["history"]["count"], command["history"]["bytes"])
        self.argv = command.get("argv")
        self.imports = command.get("imports", [])
        self.branches[0].reconsider()

    def _close(self, branch: Branch) -> None:
        del self.branches[branch.number]
        if self.branches:
            branch.close()
        else:
            self._open = False

    def carry_out(self, branch: Branch, task: Task) -> None:
        """An order of the session's own: checkpoints and branches."""
        carry_out(self, branch, task)

    def line_of(self, branch: Branch, message: Dict[str, Any]) -> bytes:
        if branch.number:
            message["branch"] = branch.number
        return encode(message)

    def send_line(self, line: bytes) -> None:
        self._supervisor.send_line(line)

    # System calls that wait for a word.

    def listen(self, worker: WorkerHand) -> None:
        listener = worker.listener
        self.loop.add(listener.descriptor, lambda: self._judge(listener))

    def _judge(self, listener: Listener) -> None:
        notification = seccomp.receive(listener.descriptor)
        if notification is None:
            return
        call = self.spec.notified.get(notification.number, "")
        self.household.has_children = True
        verdict = calls.decide(call, notification, self._court)
        # The record goes first: the refused call may be the last thing that the cell does.
        if verdict.denial:
            self.household.branch_of(notification.pid).reports.denied(verdict.denial)
        seccomp.answer(listener.descriptor, notification, verdict.error)

    def _may_copy(self, pid: int, sibling: bool) -> bool:
        # Only a worker's main thread is ever asked, and its number is the worker's; who forks twice may be another's.
        return any(
            branch.recovery.copier.may_fork(sibling, 1 if sibling else branch.worker.meter.memory()[1])
            for branch in self.branches.values()
            if branch.worker and (not sibling or branch.worker.pid == pid)
        )

    def _is_copy(self, pid: int) -> bool:
        return pid in copies.sleeping
