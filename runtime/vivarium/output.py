"""The worker's stdout and stderr: drained always, kept within bounds, decoded whatever the bytes are."""

from __future__ import annotations

import os
from _codecs import utf_8_decode
from typing import List

READ_BYTES = 1 << 18
# /proc/sys/fs/pipe-max-size is a MiB unless an administrator raised it.
MOST_READS = 4
# One for all streams: most reads find little or nothing, and a fresh buffer of this size costs more than they do.
_buffer = bytearray(READ_BYTES)
_view = memoryview(_buffer)


class Output:
    """Keeps the first and the last half of a cell's output; what lies between is counted and dropped.

    The head goes out while the cell runs; the tail, which only the end makes known, with the result.
    """

    def __init__(self, limit: int) -> None:
        self._head_limit = limit - limit // 2
        self._tail_limit = limit // 2
        self._tail: List[bytes] = []
        self.begin()

    def begin(self) -> None:
        """Starts afresh for the next cell."""
        # The beginning of a character whose rest has not come yet.
        self._partial = b""
        self._head = 0
        self._tail.clear()
        self._tail_size = 0
        self._seen = 0
        # How many bytes were dropped; known at the end.
        self.cut = 0

    def feed(self, data: bytes) -> str:
        """Takes bytes as they came; returns the text that can go out at once."""
        room = self._head_limit - self._head
        self._seen += len(data)
        if room >= len(data):
            self._head += len(data)
            return self._decode(data)
        self._head += room
        if self._tail_limit:
            self._keep(data[room:])
        return self._decode(data[:room])

    def _decode(self, data: bytes, final: bool = False) -> str:
        data = self._partial + data
        text, used = utf_8_decode(data, "replace", final)
        self._partial = data[used:]
        return text

    def _keep(self, data: bytes) -> None:
        self._tail.append(data)
        self._tail_size += len(data)
        # Joined only now and then: a flood costs one copy of what is kept for every several kept sizes.
        if self._tail_size > 4 * self._tail_limit + READ_BYTES:
            joined = b"".join(self._tail)[-self._tail_limit :]
            self._tail = [joined]
            self._tail_size = len(joined)

    def finish(self) -> str:
        """The rest of the text, with a mark where something was cut."""
        if not self._seen:
            return ""
        self.cut = max(0, self._seen - self._head_limit - self._tail_limit)
        tail = b"".join(self._tail)[-self._tail_limit :] if self._tail_limit else b""
        if not self.cut:
            return self._decode(tail, final=True)
        # The head may end and the tail begin inside a character: neither half of it is shown, and both are cut.
        start = 0
        while start < min(3, len(tail)) and tail[start] & 0xC0 == 0x80:
            start += 1
        self.cut += len(self._partial) + start
        self._partial = b""
        return f"\n... [{self.cut} bytes cut] ...\n" + tail[start:].decode("utf-8", "replace")


class Stream:
    """The reading end of a pipe that the worker and its children write to."""

    def __init__(self, name: str, descriptor: int, limit: int) -> None:
        self.name = name
        self.descriptor = descriptor
        self.output = Output(limit)
        # Whether the keeper polls it, and whether everybody has closed the other end.
        self.polled = False
        self.ended = False
        os.set_blocking(descriptor, False)

    def read(self) -> bytes:
        """What is there, up to a bound; empty when there is nothing."""
        try:
            size = os.readv(self.descriptor, [_buffer])
        except BlockingIOError:
            return b""
        self.ended = size == 0
        return bytes(_view[:size])
