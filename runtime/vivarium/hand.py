"""The keeper's hand on one worker: its process, its channel, its pipes, its notifications."""

from __future__ import annotations

import _socket as socket
import os
import select
import signal
from typing import Any, Callable, Dict, Tuple

from . import calls
from .channel import Channel, encode, receive_descriptor
from .meter import Meter
from .output import Stream
from .spec import Spec
from .watch import Watchdog
from .worker import GO, run_worker

_START_SECONDS = 10
# JSON escapes and the parts of a result beside its value.
_LINE_SLACK_BYTES = 1 << 20

Emit = Callable[[str, str], None]


class WorkerHand:
    """Starts a worker and holds everything that ends with it."""

    def __init__(self, spec: Spec, confined: bool) -> None:
        """Forks the worker, which waits for `let_confine`; `confined` says whether this process is already."""
        self._spec = spec
        self._socket, theirs = socket.socketpair()
        self._out_read, out_write = os.pipe()
        self._error_read, error_write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._socket.close()
            run_worker(spec, theirs, (out_write, error_write), confined)
        calls.wait_for(self.pid)
        theirs.close()
        os.close(out_write)
        os.close(error_write)

    def descriptors(self) -> Tuple[int, ...]:
        """Those of this end, for the process that goes on as the keeper."""
        return (self._socket.fileno(), self._out_read, self._error_read)

    def let_confine(self) -> None:
        """Lets the worker confine itself, now that the session is furnished."""
        self._socket.settimeout(_START_SECONDS)
        self._socket.send(GO)

    def confined(self) -> None:
        """Waits until the worker is confined, and takes its listener."""
        spec, ours = self._spec, self._socket
        listener = receive_descriptor(ours)
        if listener is None:
            # The worker failed before it was confined: its reason is on the pipe.
            reason = os.read(self._error_read, 4096).decode("utf-8", "replace").strip()
            raise RuntimeError(f"the worker could not start: {reason or 'it died'}")
        self.listener = listener
        ours.setblocking(False)
        self.channel = Channel(ours, 2 * spec.limits["resultBytes"] + _LINE_SLACK_BYTES)
        self.pidfd = os.pidfd_open(self.pid)
        self.meter = Meter(self.pid)
        self.watchdog = Watchdog(spec.limits, self.meter.private_bytes())
        limit = spec.limits["outputBytes"]
        pairs = (("stdout", self._out_read), ("stderr", self._error_read))
        self.streams = {descriptor: Stream(name, descriptor, limit) for name, descriptor in pairs}
        self._outgoing = b""
        # Whether its channel is listened to, and whether it is full.
        self._heard = True
        self._full = False

    def register(self, poll: select.epoll) -> None:
        for descriptor in (self.channel.fileno(), self.listener, self.pidfd):
            poll.register(descriptor, select.EPOLLIN)

    def begin(self, poll: select.epoll) -> None:
        for stream in self.streams.values():
            stream.output.begin()
            if not stream.polled and not stream.ended:
                stream.polled = True
                poll.register(stream.descriptor, select.EPOLLIN)

    def pause(self, stream: Stream, poll: select.epoll) -> None:
        """Polls a stream no more: it has ended, or what threads print between cells has to wait for the next one."""
        if stream.polled:
            stream.polled = False
            poll.unregister(stream.descriptor)

    def send(self, message: Dict[str, Any], poll: select.epoll) -> None:
        """Queues what the worker does not take at once, so that it cannot make the keeper wait."""
        self._outgoing += encode(message)
        self.flush(poll)

    def flush(self, poll: select.epoll) -> None:
        if not self._outgoing:
            return
        try:
            sent = self.channel.socket.send(self._outgoing)
            self._outgoing = self._outgoing[sent:]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            self._outgoing = b""
        full = bool(self._outgoing)
        if self._heard and full != self._full:
            self._full = full
            poll.modify(self.channel.fileno(), select.EPOLLIN | (select.EPOLLOUT if full else 0))

    def deafen(self, poll: select.epoll) -> None:
        """Listens no more to a channel that is closed or not to be believed; the cell's deadline goes on."""
        if self._heard:
            self._heard = False
            poll.unregister(self.channel.fileno())

    def signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def kill(self) -> None:
        """Kills the worker and everything else in the session: PID 1 may signal all, and is not in it."""
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def end_output(self, emit: Emit) -> Dict[str, int]:
        """Ends the cell's output, all of which has been read; returns how many bytes were cut of each stream."""
        for stream in self.streams.values():
            text = stream.output.finish()
            if text:
                emit(stream.name, text)
        return {stream.name: stream.output.cut for stream in self.streams.values()}

    def usage(self, cell: Any) -> Tuple[float, int]:
        """CPU seconds of the cell and its peak of resident memory, in bytes."""
        seconds = self.meter.cpu_seconds() - cell.cpu_started
        return seconds, self.meter.peak_bytes(seconds, self.watchdog.peak_bytes)

    def bury(self, poll: select.epoll) -> int:
        """After the worker's end: kills and reaps whatever else is left; returns the worker's status."""
        self.kill()
        calls.waited(self.pid)
        _, status = os.waitpid(self.pid, 0)
        calls.reap()
        self.deafen(poll)
        for descriptor in (self.listener, self.pidfd):
            poll.unregister(descriptor)
        for stream in self.streams.values():
            self.pause(stream, poll)
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        self.meter.close()
        self.channel.socket.close()
        for descriptor in (self.listener, self.pidfd, *self.streams):
            os.close(descriptor)
