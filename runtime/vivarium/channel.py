"""JSON lines over a socket, bounded before they are parsed."""

from __future__ import annotations

import _socket as socket
import json
import re
import struct
from json import encoder
from typing import Any, Dict, List, Optional, Union

Message = Dict[str, Any]


class Ascii:
    """A long text that needs no escapes, as base64 is: it goes into a line as it is, which JSON would look through."""

    def __init__(self, text: bytes) -> None:
        self.parts = (b'"', text, b'"')


class Json:
    """A long value that is JSON already."""

    def __init__(self, text: bytes) -> None:
        self.parts = (text,)


# Those that the JSON being made has only marks for, by their marks.
_marked: Dict[str, Union[Ascii, Json]] = {}


def _mark(value: Any) -> str:
    if type(value) is not Ascii and type(value) is not Json:
        raise ValueError(f"{type(value)} is no JSON")
    mark = f"<{id(value)}>"
    _marked[mark] = value
    return mark


def _with_marked(text: str) -> bytes:
    """The line with the long ones in the place of their marks; what other threads marked is not in it."""
    pieces: List[bytes] = []
    for index, part in enumerate(re.split(f'"({"|".join(list(_marked))})"', text)):
        pieces += _marked.pop(part).parts if index % 2 else (part.encode("ascii"),)
    pieces.append(b"\n")
    return b"".join(pieces)


# The C parts of json, without the Python around them: every session walks this path, and what it walks through becomes
# memory of its own. The sockets are `_socket`'s for the same reason.
_chunks = encoder.c_make_encoder(
    None, _mark, encoder.c_encode_basestring_ascii, None, ":", ",", False, False, False
)
# Below the size for which the allocator would ask the kernel every time.
READ_BYTES = 1 << 16


class ProtocolError(Exception):
    """The other end sent what it must not send."""


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


_scan = json.JSONDecoder(parse_constant=_refuse_constant).scan_once


def encode(message: Message) -> bytes:
    """A message as a line; a value in it that JSON cannot say is a ProtocolError."""
    try:
        text = "".join(_chunks(message, 0))
        return _with_marked(text) if _marked else text.encode("ascii") + b"\n"
    except (ValueError, RecursionError, KeyError) as error:
        _marked.clear()
        raise ProtocolError(f"no JSON: {error}") from None


def decode(line: bytes) -> Message:
    """One line as a message; whatever is wrong with it is a ProtocolError."""
    try:
        text = line.decode("utf-8").strip(" \t\r\n")
        message, end = _scan(text, 0)
    except (ValueError, RecursionError, StopIteration) as error:
        raise ProtocolError(f"not a JSON line: {error}") from None
    if end != len(text):
        raise ProtocolError("not a JSON line: something follows the value")
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ProtocolError("a message is an object with a type")
    return message


def decode_report(line: bytes) -> Message:
    """As `decode`; but a long `output` at the end, where a worker puts it, stays the JSON that it is once it was checked."""
    place = line.find(_OUTPUT) if len(line) > _LONG else -1
    if place < 0 or not line.endswith(b"}"):
        return decode(line)
    message = decode(line[:place] + b"}")
    value = line[place + len(_OUTPUT) : -1]
    try:
        text = value.decode("utf-8")
        _, end = _scan(text, 0)
    except (ValueError, RecursionError, StopIteration) as error:
        raise ProtocolError(f"not a JSON line: {error}") from None
    if end != len(text):
        raise ProtocolError("not a JSON line: something follows the output")
    message["output"] = Json(value)
    return message


_OUTPUT = b',"output":'
_LONG = 1 << 16


class Lines:
    """Cuts a stream of bytes into lines; half lines wait for their rest, too long ones are an error."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: List[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> List[bytes]:
        """The lines that this chunk completes, without their ends."""
        end = chunk.find(b"\n")
        if 0 <= end == len(chunk) - 1 and not self._size and end <= self._limit:
            # Mostly it is one line and nothing else.
            return [chunk[:-1]]
        if end < 0:
            self._parts.append(chunk)
            self._size += len(chunk)
            if self._size > self._limit:
                raise ProtocolError(f"a line is longer than {self._limit} bytes")
            return []
        lines = chunk.split(b"\n")
        self._parts.append(lines[0])
        lines[0] = b"".join(self._parts)
        rest = lines.pop()
        self._parts = [rest]
        self._size = len(rest)
        if self._size > self._limit or any(len(line) > self._limit for line in lines):
            raise ProtocolError(f"a line is longer than {self._limit} bytes")
        return lines


class Channel:
    """A connected stream socket with messages on it."""

    def __init__(self, connection: socket.socket, limit: int) -> None:
        self.socket = connection
        self._lines = Lines(limit)
        self._ready: List[bytes] = []

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, message: Message) -> None:
        self.send_line(encode(message))

    def send_line(self, line: bytes) -> None:
        self.socket.sendall(line)

    def receive(self) -> Optional[Message]:
        """The next message, waiting for it; none at the end of the stream."""
        while not self._ready:
            if not self._fill():
                return None
        return decode(self._ready.pop(0))

    def poll(self) -> Optional[List[bytes]]:
        """All complete lines after one read of what is there; none at the end of the stream."""
        if not self._fill():
            return None
        ready, self._ready = self._ready, []
        return ready

    def _fill(self) -> bool:
        try:
            chunk = self.socket.recv(READ_BYTES)
        except (ConnectionResetError, BrokenPipeError):
            return False
        if not chunk:
            return False
        self._ready += self._lines.feed(chunk)
        return True


def send_descriptor(connection: socket.socket, descriptor: int) -> None:
    connection.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, _DESCRIPTOR.pack(descriptor))])


def receive_descriptor(connection: socket.socket) -> Optional[int]:
    """One descriptor that the other end sent; none when it closed instead."""
    space = socket.CMSG_SPACE(_DESCRIPTOR.size)
    data, ancillary, _, _ = connection.recvmsg(1, space, socket.MSG_CMSG_CLOEXEC)
    for level, kind, rights in ancillary if data else ():
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS and len(rights) >= _DESCRIPTOR.size:
            descriptor: int = _DESCRIPTOR.unpack_from(rights)[0]
            return descriptor
    return None


_DESCRIPTOR = struct.Struct("@i")
