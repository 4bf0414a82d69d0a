"""The keeper: PID 1 of a session's PID namespace, and the only holder of the supervisor's socket.

Everything from the worker passes through it and is checked here, so that a worker that dies, hangs, floods or lies
costs its own cell and never the control channel. It runs one loop and never waits for a worker.
"""

from __future__ import annotations

import _socket as socket
import os
import re
import signal
import time
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from . import calls, copies, files
from .branch import Branch
from .calls import Court
from .channel import Channel, decode, encode
from .confine import confine_keeper, let_go
from .deadlines import NEVER
from .hand import Listener, WorkerHand
from .jail import root, seccomp
from .loop import Loop
from .meter import is_running, parent_of, session_processes
from .orders import carry_out
from .spec import Spec
from .task import Task

_COMMAND_BYTES = 64 << 20
_WARM_UP_AFTER_SECONDS = 0.003
_SWEEP_SECONDS = 0.0005
_MOST_SWEEPS = 2000


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
        self._court = Court(spec.limits["processes"], self._count_processes, self._may_copy, self._is_copy)
        # Whether a worker has asked for anything that can leave a process behind.
        self._has_children = False

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
        self._has_children = True
        verdict = calls.decide(call, notification, self._court)
        # The record goes first: the refused call may be the last thing that the cell does.
        if verdict.denial:
            self._branch_of(notification.pid).reports.denied(verdict.denial)
        seccomp.answer(listener.descriptor, notification, verdict.error)

    def _may_copy(self, pid: int, sibling: bool) -> bool:
        if not sibling:
            return any(branch.may_copy(False) for branch in self.branches.values())
        # Only a worker's main thread is ever asked, and its number is the worker's.
        owner = [one for one in self.branches.values() if one.worker and one.worker.pid == pid]
        return bool(owner) and owner[0].may_copy(True)

    def _is_copy(self, pid: int) -> bool:
        return pid in copies.sleeping

    def _branch_of(self, pid: int) -> Branch:
        """Whose process it is. Every worker leads a process session of its own, and what it starts belongs to it."""
        if len(self.branches) > 1:
            try:
                leader = os.getsid(pid)
            except OSError:
                leader = 0
            for branch in self.branches.values():
                if branch.worker and branch.worker.pid == leader:
                    return branch
        return next(iter(self.branches.values()))

    # Processes and memory.

    def _started(self) -> List[int]:
        """Workers and whatever they started: all but the keeper and sleeping copies."""
        return [pid for pid in session_processes() if pid not in copies.sleeping]

    def _count_processes(self) -> int:
        workers = sum(1 for branch in self.branches.values() if branch.worker)
        return len(self._started()) - workers

    def has_children_of(self, branch: Branch) -> bool:
        """Whether anything runs that a branch's worker started."""
        if not self._has_children:
            return False
        calls.reap()
        own = branch.worker.pid if branch.worker else 0
        return any(pid != own and is_running(pid) for pid in self.processes_of(branch))

    def tidy(self) -> None:
        """Ends what was forked under cover of a copy, beyond what cells may have."""
        if any(branch.recovery.copier.busy for branch in self.branches.values()):
            return
        workers = [branch.worker.pid for branch in self.branches.values() if branch.worker]
        started = [pid for pid in self._started() if pid not in workers]
        for pid in started[self.spec.limits["processes"] :]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def processes_of(self, branch: Branch) -> List[int]:
        if len(self.branches) == 1:
            return self._started()
        return [pid for pid in self._started() if self._branch_of(pid) is branch]

    def sweep(self, branch: Branch, worker: WorkerHand) -> None:
        """Ends what a worker that is gone has started."""
        if self._has_children:
            for _ in range(_MOST_SWEEPS):
                calls.reap()
                left = [pid for pid in self._started() if self._is_left(pid, branch, worker)]
                if not left:
                    break
                for pid in left:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                time.sleep(_SWEEP_SECONDS)
        calls.reap()

    def _is_left(self, pid: int, branch: Branch, worker: WorkerHand) -> bool:
        others = [one for one in self.branches.values() if one.worker and one is not branch]
        if not others:
            return True
        workers = [one.worker.pid for one in others if one.worker]
        try:
            leader = 0 if pid in workers else os.getsid(pid)
        except OSError:
            return False
        if leader != pid:
            return leader == worker.pid
        # One that leads a session of its own may be another branch's, and just now a copy that is being made there.
        return not any(one.recovery.busy for one in others) and not _is_below(pid, workers)

    def is_too_large(self, branch: Branch) -> bool:
        """Whether all branches together passed the session's memory, and this one has the most of it."""
        if len(self.branches) < 2:
            return False
        own = [(one.worker.watchdog.bytes - one.worker.shared_bytes, one) for one in self.branches.values() if one.worker]
        if sum(size for size, _ in own) <= self.spec.limits["memoryBytes"]:
            return False
        return max(own, key=lambda pair: pair[0])[1] is branch


def _is_below(pid: int, workers: List[int]) -> bool:
    """Whether a worker started it, or something that a worker started and that is still there."""
    while pid > calls.KEEPER_PID:
        pid = parent_of(pid)
        if pid in workers:
            return True
    return False
