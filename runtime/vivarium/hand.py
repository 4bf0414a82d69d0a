"""The keeper's hand on one worker: its process, its channel, its pipes, its notifications."""

from __future__ import annotations

import _socket as socket
import os
import signal
from collections import deque
from typing import Any, Callable, Deque, Dict, FrozenSet, Optional, Tuple

from . import calls
from .channel import Channel, ProtocolError, encode, receive_descriptor, send_descriptor
from .loop import Loop
from .meter import Meter
from .output import Stream
from .spec import Spec
from .watch import Watchdog
from .worker import GO, run_worker

_START_SECONDS = 10
# JSON escapes and the parts of a result beside its value.
_LINE_SLACK_BYTES = 1 << 20
# Calls that were refused while the worker took no answers.
_MOST_REFUSALS = 10_000

Emit = Callable[[str, str], None]


class Listener:
    """Where the system calls of a worker and of all its copies are asked about; closed with the last of them."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._users = 0

    def hold(self) -> None:
        self._users += 1

    def release(self, loop: Loop) -> None:
        self._users -= 1
        if self._users == 0:
            loop.remove(self.descriptor)
            os.close(self.descriptor)


class Ends:
    """A worker's ends of what it is reached by: its channel, where it gets descriptors, and its two pipes."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.handover, self.their_handover = socket.socketpair()
        self.out_read, self.out_write = os.pipe()
        self.error_read, self.error_write = os.pipe()

    def numbers(self) -> FrozenSet[str]:
        """What the worker's ends are called below /proc; of a pipe both ends are one file."""
        sockets = (self.theirs.fileno(), self.their_handover.fileno())
        pipes = (self.out_read, self.error_read)
        return frozenset(
            [*(f"socket:[{os.fstat(one).st_ino}]" for one in sockets), *(f"pipe:[{os.fstat(one).st_ino}]" for one in pipes)]
        )

    def close_theirs(self) -> None:
        self.theirs.close()
        self.their_handover.close()
        os.close(self.out_write)
        os.close(self.error_write)


class WorkerHand:
    """Holds everything that ends with one worker."""

    def __init__(self, spec: Spec, confined: bool) -> None:
        """Forks a worker, which waits for `let_confine`; `confined` says whether this process is already."""
        self._spec = spec
        self._ends = ends = Ends()
        self.pid = os.fork()
        if self.pid == 0:
            ends.ours.close()
            run_worker(spec, ends.theirs, ends.their_handover, (ends.out_write, ends.error_write), confined)
        calls.wait_for(self.pid)
        self._own = ends.numbers()
        ends.close_theirs()

    @classmethod
    def woken(cls, spec: Spec, pid: int, wake: socket.socket, listener: Listener, base_bytes: int) -> WorkerHand:
        """The hand on a sleeping copy, which is told to take over. A copy that is dead is a worker that ends at once."""
        hand = cls.__new__(cls)
        hand._spec = spec
        hand._ends = ends = Ends()
        hand.pid = pid
        calls.wait_for(pid)
        try:
            wake.settimeout(_START_SECONDS)
            for descriptor in (ends.theirs.fileno(), ends.out_write, ends.error_write, ends.their_handover.fileno()):
                send_descriptor(wake, descriptor)
        except OSError:
            hand.kill()
        wake.close()
        hand._own = ends.numbers()
        ends.close_theirs()
        hand._hold(listener, base_bytes)
        return hand

    @classmethod
    def on_itself(cls, spec: Spec, ends: Ends, listener: Listener) -> WorkerHand:
        """A hand on this very process, to rehearse with: it signals nobody."""
        hand = cls.__new__(cls)
        hand._spec = spec
        hand._ends = ends
        hand.pid = os.getpid()
        hand.signal = lambda number: None  # type: ignore[method-assign]
        hand._hold(listener, None)
        return hand

    def descriptors(self) -> Tuple[int, ...]:
        """Those of this end, for the process that goes on as the keeper."""
        ends = self._ends
        return (ends.ours.fileno(), ends.handover.fileno(), ends.out_read, ends.error_read)

    def let_confine(self) -> None:
        """Lets the worker confine itself, now that the session is furnished."""
        self._ends.ours.settimeout(_START_SECONDS)
        self._ends.ours.send(GO)

    def confined(self) -> None:
        """Waits until the worker is confined, and takes its listener."""
        listener = receive_descriptor(self._ends.ours)
        if listener is None:
            # The worker failed before it was confined: its reason is on the pipe.
            reason = os.read(self._ends.error_read, 4096).decode("utf-8", "replace").strip()
            raise RuntimeError(f"the worker could not start: {reason or 'it died'}")
        self._hold(Listener(listener), None)

    def _hold(self, listener: Listener, base_bytes: Optional[int]) -> None:
        spec, ends = self._spec, self._ends
        self.listener = listener
        listener.hold()
        ends.ours.setblocking(False)
        self.channel = Channel(ends.ours, 2 * spec.limits["resultBytes"] + _LINE_SLACK_BYTES)
        self.handover = ends.handover
        self.pidfd = os.pidfd_open(self.pid)
        self.meter = Meter(self.pid)
        # What it shares with the zygote is nobody's in particular. What a copy shares with its original is the session's.
        self.base_bytes = self.meter.memory()[0] if base_bytes is None else base_bytes
        # Of what the session's branches have together, this much is another one's.
        self.shared_bytes = self.base_bytes
        self.watchdog = Watchdog(spec.limits, self.base_bytes)
        limit = spec.limits["outputBytes"]
        pairs = (("stdout", ends.out_read), ("stderr", ends.error_read))
        self.streams = {descriptor: Stream(name, descriptor, limit) for name, descriptor in pairs}
        # Lines that the worker has not taken yet, how much of the first one it has, and the bytes of all.
        self._outgoing: Deque[bytes] = deque()
        self._sent = 0
        self.queued_bytes = 0
        self._refusals = 0
        # Whether its channel is listened to, and whether it is full.
        self._heard = False
        self._full = False

    def register(self, loop: Loop, owner: Any) -> None:
        """Lets the owner hear of reports, output, notifications and the end."""
        self._loop = loop
        self._owner = owner
        self._heard = True
        loop.add(self.channel.fileno(), owner.reports.hear)
        loop.add(self.pidfd, owner.worker_ended)

    def unregister(self) -> None:
        self.deafen()
        self._loop.remove(self.pidfd)
        for stream in self.streams.values():
            self.pause(stream)

    def begin(self) -> None:
        for stream in self.streams.values():
            stream.output.begin()
            if not stream.polled and not stream.ended:
                stream.polled = True
                # What was printed before a result was sent is ready no later than it, and has to be read first.
                self._loop.add(stream.descriptor, lambda stream=stream: self._owner.reports.forward(stream), first=True)  # type: ignore[misc]

    def pause(self, stream: Stream) -> None:
        """Polls a stream no more: it has ended, or what threads print between cells has to wait for the next one."""
        if stream.polled:
            stream.polled = False
            self._loop.remove(stream.descriptor)

    def send(self, message: Dict[str, Any]) -> None:
        """Queues what the worker does not take at once, so that it cannot make the keeper wait."""
        self.send_line(encode(message))

    def send_line(self, line: bytes) -> None:
        self._outgoing.append(line)
        self.queued_bytes += len(line)
        self.flush()

    def refuse(self, call: int, error: Dict[str, Any]) -> None:
        """Answers a call that goes no further; a worker that makes them and takes no answers fills no memory here."""
        self._refusals += 1
        if self._refusals > _MOST_REFUSALS:
            raise ProtocolError("it takes no answers to the calls that it makes")
        self.send({"type": "answer", "call": call, "error": error})

    def flush(self) -> None:
        if not self._outgoing:
            return
        try:
            while self._outgoing:
                self._sent += self.channel.socket.send(memoryview(self._outgoing[0])[self._sent :])
                if self._sent < len(self._outgoing[0]):
                    break
                self.queued_bytes -= len(self._outgoing.popleft())
                self._sent = 0
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            self._outgoing.clear()
            self._sent = self.queued_bytes = 0
        if not self._outgoing:
            self._refusals = 0
        full = bool(self._outgoing)
        if self._heard and full != self._full:
            self._full = full
            self._loop.also_writable(self.channel.fileno(), full)

    def deafen(self) -> None:
        """Listens no more to a channel that is closed or not to be believed; the cell's deadline goes on."""
        if self._heard:
            self._heard = False
            self._loop.remove(self.channel.fileno())

    def size(self) -> int:
        """Bytes of memory that the namespace takes, about."""
        return max(0, self.meter.memory()[0] - self.base_bytes)

    def holds_pipes(self) -> bool:
        """Whether the worker has pipes or sockets open besides its own."""
        folder = f"/proc/{self.pid}/fd"
        try:
            for name in os.listdir(folder):
                target = os.readlink(f"{folder}/{name}")
                if target.startswith(("pipe:", "socket:")) and target not in self._own:
                    return True
        except OSError:
            # It has gone, or closes just that one.
            pass
        return False

    def signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def kill(self) -> None:
        """Kills the worker; its end takes along whatever it started."""
        self.signal(signal.SIGKILL)

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

    def bury(self) -> int:
        """After the worker's end: returns its status."""
        calls.waited(self.pid)
        _, status = os.waitpid(self.pid, 0)
        self.unregister()
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        self.meter.close()
        self.channel.socket.close()
        self.handover.close()
        self.listener.release(self._loop)
        for descriptor in (self.pidfd, *self.streams):
            os.close(descriptor)
