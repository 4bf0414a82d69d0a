"""Starting a worker anew, in the state that a session begins with."""

from __future__ import annotations

from typing import Any

from .hand import WorkerHand


def launch(session: Any, branch: Any) -> WorkerHand:
    """Gives a branch a new worker, which is told what the session was started with, and its tools."""
    worker = WorkerHand(session.spec, confined=True)
    worker.let_confine()
    worker.confined()
    branch.start(worker)
    session.listen(worker)
    introduce(session, worker)
    if branch.tools:
        branch.reports.ignored += 1
        worker.send({**branch.tools, "id": 0})
    return worker


def introduce(session: Any, worker: WorkerHand) -> None:
    """Tells a worker what the session was started with."""
    argv = {} if session.argv is None else {"argv": session.argv}
    imports = {"imports": session.imports} if session.imports else {}
    if argv or imports:
        worker.send({"type": "start", **argv, **imports})
