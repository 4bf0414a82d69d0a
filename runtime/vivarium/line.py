"""The worker's end of its channel, shared by all threads and event loops, without a thread of its own.

Whoever waits and finds nobody reading reads, for all: answers go to those who wait for them, orders to the main thread.
Whoever gets what it waited for wakes the next to read.

An exception can come between any two steps here: an interrupt, or what a cell's own signal handler raises. So a read
and the note of what was read are one call into C, a write and the note of how much was written are another, and every
step after them may be done twice. Nothing is lost, and no line is ever cut.
"""

from __future__ import annotations

import _socket as socket
import sys
from _thread import allocate_lock, get_ident
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Tuple

from .channel import READ_BYTES, Channel, Message, decode

_THE_READER = "reader"
_THE_WRITER = "writer"
_MAIN = 0
_BLOCKING = (0,)
_AT_ONCE = (socket.MSG_DONTWAIT,)
_READ_SIZE = (READ_BYTES,)
_NESTED = "a tool cannot be called from a finalizer or a signal handler that came in the middle of another call"


class Ended(OSError):
    """The keeper has closed the channel: there is nobody to ask any more."""


class Nested(RuntimeError):
    """This thread is in the middle of another call, and cannot wait for two."""


class _Waiter:
    """A thread that waits, asleep unless it is the one that reads."""

    __slots__ = ("thread", "asleep", "reply")

    def __init__(self) -> None:
        self.thread = get_ident()
        self.asleep = allocate_lock()
        self.asleep.acquire()
        self.reply: Optional[Message] = None

    def wake(self) -> None:
        try:
            self.asleep.release()
        except RuntimeError:
            # Woken already: it will look once, whatever it was woken for.
            pass


class Line:
    """Sends reports from any thread, makes calls, and gives orders to the main thread."""

    def __init__(self, channel: Channel) -> None:
        self.replace(channel)

    def replace(self, channel: Channel) -> None:
        """Goes on with another channel in a copy of the process, where only this thread is left and nobody waits."""
        self._channel = channel
        self._receive = channel.socket.recv
        self._transmit = channel.socket.send
        # What was read: whole lines, and pieces of one of which the first `_searched` are known to have no end.
        self._lines: Deque[bytes] = deque()
        self._pieces: List[bytes] = []
        self._searched = 0
        # Lines to be sent, each with the sizes of what has been taken of it.
        self._outgoing: Deque[Tuple[bytes, List[int]]] = deque()
        # Who reads and who writes: `setdefault` tells it in one step who was first.
        self._reader: Dict[str, _Waiter] = {}
        self._writer: Dict[str, Tuple[int, object]] = {}
        # Who waits, by the number of the call; the main thread waits for orders as number 0.
        self._waiting: Dict[int, _Waiter] = {}
        self._orders: Deque[Message] = deque()
        # Calls that event loops wait for, and how many each loop has.
        self._futures: Dict[int, Tuple[Any, Any]] = {}
        self._loops: Dict[Any, int] = {}
        self._ended = False

    def fileno(self) -> int:
        return self._channel.fileno()

    def send(self, line: bytes) -> None:
        """Sends a line from any thread; one at a time, and one that was cut short is completed first."""
        self._outgoing.append((line, []))
        self.flush()

    def flush(self) -> None:
        """Sends what is left of lines whose senders were interrupted, unless somebody is at it."""
        me = (get_ident(), object())
        while self._outgoing and self._writer.setdefault(_THE_WRITER, me) is me:
            try:
                self._write()
            finally:
                if self._writer.get(_THE_WRITER) is me:
                    del self._writer[_THE_WRITER]

    def next_order(self) -> Optional[Message]:
        """The next order, for the main thread; none at the end of the stream."""
        self._forget_interrupted()
        self.flush()
        waiter = _Waiter()
        try:
            self._waiting[_MAIN] = waiter
            while not self._orders:
                if self._ended:
                    return None
                self._read_or_sleep(waiter)
            return self._orders.popleft()
        finally:
            self._leave(_MAIN)

    def _forget_interrupted(self) -> None:
        """This thread reads and writes nothing just now: what says so was left by an interrupt between two steps."""
        reader, writer = self._reader.get(_THE_READER), self._writer.get(_THE_WRITER)
        if reader is not None and reader.thread == get_ident():
            del self._reader[_THE_READER]
        if writer is not None and writer[0] == get_ident():
            del self._writer[_THE_WRITER]

    def call(self, number: int, line: bytes) -> Message:
        """Sends the call of that number and waits for its answer, on any thread."""
        waiter = _Waiter()
        reader = self._reader.get(_THE_READER)
        if reader is not None and reader.thread == waiter.thread:
            # The frame that reads is below this one and cannot go on before this one returns.
            raise Nested(_NESTED)
        try:
            self._waiting[number] = waiter
            self.send(line)
            while waiter.reply is None:
                if self._ended:
                    raise Ended("the session is over")
                self._read_or_sleep(waiter)
            return waiter.reply
        finally:
            self._leave(number)

    def start(self, number: int, line: bytes, loop: Any, future: Any) -> None:
        """Sends such a call for a future of the running loop, whose `settle` is given the answer there."""
        self._futures[number] = (loop, future)
        if loop not in self._loops:
            loop.add_reader(self.fileno(), self._readable)
        self._loops[loop] = self._loops.get(loop, 0) + 1
        self.send(line)

    def _write(self) -> None:
        while self._outgoing:
            line, taken = self._outgoing[0]
            done = sum(taken)
            while done < len(line):
                taken.extend(map(self._transmit, (memoryview(line)[done:],)))
                done = sum(taken)
            self._outgoing.popleft()

    def _read_or_sleep(self, waiter: _Waiter) -> None:
        try:
            if self._reader.setdefault(_THE_READER, waiter) is waiter:
                self._read(_BLOCKING)
            else:
                waiter.asleep.acquire()
        finally:
            if self._reader.get(_THE_READER) is waiter:
                del self._reader[_THE_READER]

    def _leave(self, number: int) -> None:
        """Waits no more; somebody else has to read what comes next."""
        self._waiting.pop(number, None)
        if _THE_READER in self._reader:
            return
        for waiter in list(self._waiting.values()):
            # One that has its answer already leaves in turn, and wakes the next.
            waiter.wake()
            return
        if self._lines or self._searched < len(self._pieces):
            # Left by a reader that was interrupted: no loop is told of what has been read already.
            for loop in list(self._loops):
                _tell(loop, self._readable)

    def _readable(self) -> None:
        """An event loop sees something to read, which is for it to do unless a thread is at it."""
        waiter = _Waiter()
        if self._reader.setdefault(_THE_READER, waiter) is not waiter:
            return
        try:
            self._read(_AT_ONCE)
        except BlockingIOError:
            pass
        finally:
            if self._reader.get(_THE_READER) is waiter:
                del self._reader[_THE_READER]
            self._leave(-1)

    def _read(self, flags: Tuple[int]) -> None:
        """Reads once, if no line is left from before, and hands out the lines that are whole."""
        if not self._lines and self._searched == len(self._pieces):
            self._pieces.extend(map(self._receive, _READ_SIZE, flags))
            if not self._pieces[-1]:
                self._end()
                return
        if not self._lines:
            if not any(b"\n" in piece for piece in self._pieces[self._searched :]):
                self._searched = len(self._pieces)
                return
            lines = b"".join(self._pieces).split(b"\n")
            rest = lines.pop()
            self._lines.extend(lines)
            self._pieces[:] = [rest] if rest else []
            self._searched = len(self._pieces)
        while self._lines:
            self._hand_out(decode(self._lines[0]))
            self._lines.popleft()

    def _hand_out(self, message: Message) -> None:
        if message["type"] != "answer":
            self._orders.append(message)
            waiter = self._waiting.get(_MAIN)
            if waiter is not None:
                waiter.wake()
            return
        number = message["call"]
        waiter = self._waiting.get(number)
        if waiter is not None:
            waiter.reply = message
            waiter.wake()
        elif number in self._futures:
            loop, future = self._futures[number]
            if not _tell(loop, self._settle, number, loop, future, message):
                self._futures.pop(number, None)
                self._loops.pop(loop, None)

    def _settle(self, number: int, loop: Any, future: Any, message: Message) -> None:
        """Runs in the loop's own thread: gives the answer, and stops listening with the last one."""
        if self._futures.pop(number, None) is None:
            return
        left = self._loops.get(loop, 1) - 1
        if left:
            self._loops[loop] = left
        else:
            self._loops.pop(loop, None)
            loop.remove_reader(self.fileno())
        if not future.done():
            future.settle(message)

    def _end(self) -> None:
        self._ended = True
        for waiter in list(self._waiting.values()):
            waiter.wake()
        for loop, future in list(self._futures.values()):
            _tell(loop, future.cancel)


def _tell(loop: Any, callback: Any, *arguments: Any) -> bool:
    """Has a loop call something in its own thread; false for a loop that is closed."""
    try:
        loop.call_soon_threadsafe(callback, *arguments)
        return True
    except RuntimeError:
        return False


def running_loop() -> Any:
    """The event loop that runs in this thread, if one does; asks nothing of a process that never imported asyncio."""
    events = sys.modules.get("asyncio.events")
    return None if events is None else events._get_running_loop()
