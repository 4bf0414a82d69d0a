"""When a branch has to be looked at, and what happens to a cell that goes on too long or takes too much."""

from __future__ import annotations

import signal
import time
from typing import Any, Optional

from . import copies
from .report import Error, interrupted_error, timeout_error
from .task import Task

NEVER = float("inf")


class Deadlines:
    """The clock of a branch. It holds no timer: the keeper asks what is due next."""

    def __init__(self, session: Any, branch: Any) -> None:
        self._session = session
        self._branch = branch
        self._limits = session.spec.limits

    @property
    def due(self) -> float:
        """When something has to be looked at next. Asked at every turn of the loop, and so without a list to make."""
        branch = self._branch
        task, worker, copier = branch.task, branch.worker, branch.recovery.copier
        due: float = task.due if task else NEVER
        if worker and worker.watchdog.due and worker.watchdog.due < due and not branch.examining:
            due = worker.watchdog.due
        if copier.due and copier.due < due:
            due = copier.due
        return due

    def watch(self, now: float) -> None:
        task, worker, copier = self._branch.task, self._branch.worker, self._branch.recovery.copier
        if copier.due and now >= copier.due:
            copier.expire()
        elif task and task.doubt is not None and now >= task.doubt:
            task.doubt = None
            if worker and worker.meter.memory()[1] > 1:
                task.resume(now, worker.meter.cpu_seconds())
        elif task and now >= task.due:
            if task.reminded:
                self.kill(task.stopping or "timeout")
            elif task.stopping:
                # Half its grace is over, and the first interrupt may have ended in somebody's bare `except`.
                task.remind(now)
                self._signal_stop()
            else:
                self.interrupt(task, task.why_due())
        elif worker and not self._branch.examining and worker.watchdog.due and now >= worker.watchdog.due:
            used = worker.meter.cpu_seconds() - task.cpu_started if task else 0.0
            mine = self._session.household.processes_of(self._branch)
            passed = worker.watchdog.look(now, task is not None, used, mine, copies.sleeping)
            copies.stop_all()
            if len(mine) > 1 + self._limits["processes"]:
                self._session.household.tidy()
            if passed == "cpu" and task:
                if not task.stopping:
                    self.interrupt(task, "cpu")
            elif passed or self._session.household.is_too_large(self._branch):
                self.kill(passed or "memory")

    def kill(self, why: str) -> None:
        if self._branch.task:
            self._branch.task.kill(why, time.monotonic())
        if self._branch.worker:
            self._branch.worker.kill()

    def interrupt(self, task: Task, why: str) -> None:
        task.stop(why, time.monotonic())
        if self._branch.examining:
            self._branch.give_up_examining(self.stop_error(task, "kept"))
        else:
            self._signal_stop()

    def _signal_stop(self) -> None:
        if self._branch.worker:
            self._branch.worker.signal(signal.SIGINT)

    def stop_error(self, task: Task, state: str) -> Optional[Error]:
        if task.stopping == "answered":
            return None
        if task.stopping == "interrupt":
            return interrupted_error(state)
        return timeout_error(task, self._limits, state)
