"""The worker's part of a checkpoint: a copy of itself, which sleeps until the keeper lets it take over."""

from __future__ import annotations

import _socket as socket
import os
import time
from typing import Any

from .channel import receive_descriptor
from .jail.syscalls import fork_sibling

# What the copy says once it sleeps; the kernel adds whose word it is.
ASLEEP = b"z"
_GOING_SECONDS = 0.0002


def checkpoint(worker: Any, count: int) -> None:
    """Leaves so many copies of this process asleep. In a copy it returns as well: when it has taken over."""
    own = os.getpid()
    descriptors = [receive_descriptor(worker.handover) for _ in range(count)]
    left = [descriptor for descriptor in descriptors if descriptor is not None]
    for index, descriptor in enumerate(left):
        try:
            if _copy() == 0:
                for other in left[index + 1 :]:
                    os.close(other)
                _sleep(worker, socket.socket(fileno=descriptor))
                return
        except BaseException as error:
            if os.getpid() != own:
                # Nothing that went wrong in a copy may make it a second worker.
                os._exit(72)
            if not isinstance(error, OSError):
                raise
            # No memory, or no process more: the keeper sees the descriptor close.
        os.close(descriptor)


def _copy() -> int:
    """Forks a child of the keeper's, which no `wait` of a cell's ever sees; 0 in the child."""
    if len(os.listdir("/proc/self/task")) == 1:
        return fork_sibling()
    # libc must see to the locks that other threads may hold just now. It can make a child of this process only, so
    # that one makes the copy and goes.
    keeper = os.getppid()
    middle = os.fork()
    if middle == 0:
        if os.fork() == 0:
            while os.getppid() != keeper:
                # The keeper takes no copy that is not its own child.
                time.sleep(_GOING_SECONDS)
            return 0
        os._exit(0)
    try:
        os.waitpid(middle, 0)
    except ChildProcessError:
        # A cell chose to ignore the ends of its children.
        pass
    return middle


def _sleep(worker: Any, connection: socket.socket) -> None:
    # Out of reach of signals to the worker's group.
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    # The ends of its pipes and of its channel are seen only when nobody holds them any more.
    for held in worker.held_descriptors():
        os.dup2(null, held)
    os.close(null)
    connection.send(ASLEEP)
    channel = receive_descriptor(connection)
    if channel is None:
        os._exit(0)
    for target in (1, 2, worker.handover.fileno()):
        descriptor = receive_descriptor(connection)
        if descriptor is None:
            os._exit(0)
        os.dup2(descriptor, target)
        os.close(descriptor)
    connection.close()
    worker.take_over(socket.socket(fileno=channel))
