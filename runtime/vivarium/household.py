"""The processes of a session: whose each is, what they take together, and their end."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Dict, List

from . import calls, copies
from .hand import WorkerHand
from .meter import is_running, parent_of, session_processes

_SWEEP_SECONDS = 0.0005
_MOST_SWEEPS = 2000


class Household:
    """Every worker leads a process session of its own, and what it starts belongs to it."""

    def __init__(self, branches: Dict[int, Any], limits: Dict[str, int]) -> None:
        self._branches = branches
        self._limits = limits
        # Whether a worker has asked for anything that can leave a process behind.
        self.has_children = False

    def branch_of(self, pid: int) -> Any:
        """Whose process it is; of one that nobody leads to, anybody's."""
        if len(self._branches) > 1:
            try:
                leader = os.getsid(pid)
            except OSError:
                leader = 0
            for branch in self._branches.values():
                if branch.worker and branch.worker.pid == leader:
                    return branch
        return next(iter(self._branches.values()))

    def _started(self) -> List[int]:
        """Workers and whatever they started: all but the keeper and sleeping copies."""
        return [pid for pid in session_processes() if pid not in copies.sleeping]

    def count(self) -> int:
        workers = sum(1 for branch in self._branches.values() if branch.worker)
        return len(self._started()) - workers

    def runs_children_of(self, branch: Any) -> bool:
        """Whether anything runs that a branch's worker started."""
        if not self.has_children:
            return False
        calls.reap()
        own = branch.worker.pid if branch.worker else 0
        return any(pid != own and is_running(pid) for pid in self.processes_of(branch))

    def tidy(self) -> None:
        """Ends what was forked under cover of a copy, beyond what cells may have."""
        if any(branch.recovery.copier.busy for branch in self._branches.values()):
            return
        workers = [branch.worker.pid for branch in self._branches.values() if branch.worker]
        started = [pid for pid in self._started() if pid not in workers]
        for pid in started[self._limits["processes"] :]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def processes_of(self, branch: Any) -> List[int]:
        if len(self._branches) == 1:
            return self._started()
        return [pid for pid in self._started() if self.branch_of(pid) is branch]

    def sweep(self, branch: Any, worker: WorkerHand) -> None:
        """Ends what a worker that is gone has started."""
        if self.has_children:
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

    def _is_left(self, pid: int, branch: Any, worker: WorkerHand) -> bool:
        others = [one for one in self._branches.values() if one.worker and one is not branch]
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

    def is_too_large(self, branch: Any) -> bool:
        """Whether all branches together passed the session's memory, and this one has the most of it."""
        if len(self._branches) < 2:
            return False
        own = [(one.worker.watchdog.bytes - one.worker.shared_bytes, one) for one in self._branches.values() if one.worker]
        if sum(size for size, _ in own) <= self._limits["memoryBytes"]:
            return False
        return max(own, key=lambda pair: pair[0])[1] is branch


def _is_below(pid: int, workers: List[int]) -> bool:
    """Whether a worker started it, or something that a worker started and that is still there."""
    while pid > calls.KEEPER_PID:
        pid = parent_of(pid)
        if pid in workers:
            return True
    return False
