"""Leaves a line as an interrupt between two steps leaves it, and asks it for the next order and to send a report."""

import _socket as socket
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "runtime"))

from vivarium import line as lines  # noqa: E402
from vivarium.channel import Channel, encode  # noqa: E402

signal.alarm(10)
ours, theirs = socket.socketpair()
line = lines.Line(Channel(ours, 1 << 20))
if "reader" in sys.argv:
    line._reader[lines._THE_READER] = lines._Waiter()
if "writer" in sys.argv:
    line._writer[lines._THE_WRITER] = (lines.get_ident(), object())
    line.send(b"report\n")
theirs.send(encode({"type": "run", "id": 1}))
print(line.next_order()["id"])
theirs.setblocking(False)
try:
    print(theirs.recv(100).decode().strip())
except BlockingIOError:
    print("nothing")
