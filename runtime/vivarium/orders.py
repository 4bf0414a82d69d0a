"""The session's own orders: naming states, going back to them, branching off and joining again."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from .branch import Branch
from .copies import Checkpoint, Sleeper
from .task import Task

# Each is a worker and a copy of it.
_MOST_BRANCHES = 32

_NO_BRANCH = "there is no such branch"
_FAILED = "no copy of the session's process could be made"


def carry_out(session: Any, branch: Branch, task: Task) -> None:
    _ORDERS[task.kind](session, branch, task)


def _checkpoint(_: Any, branch: Branch, task: Task) -> None:
    name = task.order["name"]
    current = branch.recovery.shelf.current
    if not branch.recovery.shelf.room_for(name, _size(branch)):
        kept = ", ".join(branch.recovery.shelf.names()[:5])
        branch.conclude(task, f"no room for one more checkpoint; forget one first ({kept}), or give history more bytes")
        return
    if current and current.available:
        branch.recovery.shelf.name(name, current)
        branch.conclude(task)
        return
    made = Checkpoint(dict(branch.recovery.names), _size(branch)).hold()

    def keep(copy: Optional[Sleeper]) -> None:
        made.put(copy)
        if copy:
            branch.recovery.shelf.name(name, made)
        made.release()
        branch.conclude(task, None if copy else _FAILED)

    branch.copy(keep)


def _restore(_: Any, branch: Branch, task: Task) -> None:
    name = task.order["name"]
    checkpoint = branch.recovery.shelf.named(name)
    if checkpoint is None:
        known = ", ".join(branch.recovery.shelf.names()[:20]) or "none"
        branch.conclude(task, f'there is no checkpoint "{name}"; there are: {known}')
    elif not checkpoint.available:
        branch.conclude(task, f'the checkpoint "{name}" is gone: its process has died')
    else:
        _go_to(branch, task, checkpoint, lambda: branch.recovery.shelf.advance(checkpoint))


def _forget(_: Any, branch: Branch, task: Task) -> None:
    name = task.order["name"]
    branch.conclude(task, None if branch.recovery.shelf.forget(name) else f'there is no checkpoint "{name}"')


def _undo(_: Any, branch: Branch, task: Task) -> None:
    count, depth = task.order["count"], branch.recovery.shelf.depth
    if count > depth:
        kept = "no earlier state is" if depth == 0 else f"only {depth} earlier states are" if depth > 1 else "one earlier state is"
        branch.conclude(task, f"{kept} kept; how many are, the session's history option says")
        return
    checkpoint = branch.recovery.shelf.back(count)
    if checkpoint is None or not checkpoint.available:
        branch.conclude(task, "there is no checkpoint of that state")
    else:
        _go_to(branch, task, checkpoint, lambda: branch.recovery.shelf.set_back(checkpoint))


def _go_to(branch: Branch, task: Task, checkpoint: Checkpoint, note: Callable[[], None]) -> None:
    def arrived(taken: bool) -> None:
        branch.conclude(task, None if taken else "the checkpoint is gone: its process has died")

    checkpoint.hold()
    note()
    branch.end_worker()
    branch.recovery.take(checkpoint, arrived)
    checkpoint.release()


def _reset(_: Any, branch: Branch, task: Task) -> None:
    branch.end_worker()
    branch.recovery.forget_state()
    branch.conclude(task)


def _fork(session: Any, branch: Branch, task: Task) -> None:
    into: List[int] = task.order["into"]
    if len(session.branches) + len(into) > _MOST_BRANCHES:
        branch.conclude(task, f"a session has at most {_MOST_BRANCHES} branches; {len(session.branches)} are there")
        return
    made: Dict[int, Optional[Sleeper]] = {}

    def collect(number: int, copy: Optional[Sleeper]) -> None:
        made[number] = copy
        if len(made) < len(into):
            return
        copies = [one for one in made.values() if one]
        if len(copies) < len(into):
            for one in copies:
                one.end()
            branch.conclude(task, _FAILED)
            return
        for new, copy in made.items():
            assert copy is not None
            session.branches[new] = _sprout(session, branch, new, copy)
        branch.conclude(task)

    if not into:
        branch.conclude(task)
        return
    branch.copy(*[lambda copy, number=number: collect(number, copy) for number in into])  # type: ignore[misc]


def _sprout(session: Any, branch: Branch, number: int, copy: Sleeper) -> Branch:
    """A new branch of the present state."""
    sprout = Branch(session, number, branch.recovery.shelf.branch())
    sprout.recovery.names, sprout.tools = dict(branch.recovery.names), branch.tools
    hand = sprout.wake(copy)
    # What both have in common is counted once, for the older one.
    hand.shared_bytes = hand.base_bytes + _size(branch)
    return sprout


def _adopt(session: Any, branch: Branch, task: Task) -> None:
    other = session.branches.get(task.order["from"])
    if other is None or other is branch:
        branch.conclude(task, _NO_BRANCH)
        return

    def join() -> None:
        if session.branches.get(other.number) is not other:
            # It was closed before it came to rest.
            branch.conclude(task, _NO_BRANCH)
            return
        # While both are the session's: what the one ends must leave the other's processes alone.
        _become(branch, other)
        del session.branches[other.number]
        other.close()
        branch.conclude(task)

    other.when_idle(join)


def _become(branch: Branch, other: Branch) -> None:
    """Gives a branch the worker and the state of another one, which is no more."""
    branch.end_worker()
    worker, other.worker = other.worker, None
    branch.tools, branch.reports.ignored = other.tools, other.reports.ignored
    branch.recovery.become(other.recovery)
    if worker:
        worker.unregister()
        branch.start(worker)


def _size(branch: Branch) -> int:
    return branch.worker.size() if branch.worker else 0


_ORDERS: Dict[str, Callable[[Any, Branch, Task], None]] = {
    "checkpoint": _checkpoint,
    "restore": _restore,
    "forget": _forget,
    "undo": _undo,
    "reset": _reset,
    "fork": _fork,
    "adopt": _adopt,
}
