"""What a keeper does for a few cells, gone through in the zygote.

Code that runs for the first times writes to itself, and to the interpreter's caches: done here, that is shared by all
sessions, and each is spared pages of its own. Nothing of it is seen by any session.
"""

from __future__ import annotations

import _socket as socket
import os
from typing import Any, Dict

from .channel import Channel, encode
from .hand import Ends, Listener, WorkerHand
from .keeper import Keeper
from .spec import Spec

# Often enough for the interpreter to have specialised its code.
_CELLS = 40
_LINE_BYTES = 1 << 20
_MOST_BYTES = 1 << 16
_WALL_MS = 1 << 30


def rehearse(spec: Spec) -> None:
    """Has a keeper serve cells to a worker that is only played."""
    supervisor, theirs = socket.socketpair()
    ends = Ends()
    read_end, write_end = os.pipe()
    hand = WorkerHand.on_itself(spec, ends, Listener(read_end))
    keeper = Keeper(spec, Channel(theirs, _LINE_BYTES))
    keeper.start(hand)
    supervisor.setblocking(False)
    ends.theirs.setblocking(False)

    def say(speaker: socket.socket, message: Dict[str, Any]) -> None:
        speaker.send(encode(message))
        keeper.turn()
        # There are no processes to look at.
        hand.watchdog.due = None

    say(supervisor, {"type": "start", "checkpoint": "never", "history": {"count": 0, "bytes": 0}})
    for number in range(1, _CELLS):
        run = {"type": "run", "id": number, "code": "1+1", "wallMs": _WALL_MS, "filename": f"<cell {number}>"}
        call = {"type": "call", "id": number, "call": number, "tool": "tool", "arguments": []}
        result = {"type": "result", "id": number, "interrupted": False, "text": "2", "output": 2}
        say(supervisor, run)
        if not _heard(ends.theirs):
            # The policy lets no cell through, be it ever so small.
            break
        os.write(ends.out_write, b"2\n")
        keeper.turn()
        say(ends.theirs, call)
        say(supervisor, {"type": "answer", "id": number, "call": number, "value": number})
        say(ends.theirs, {**result, "added": [f"name{number}"]})
        _heard(ends.theirs)
        _heard(supervisor)
    hand.unregister()
    hand.close()
    ends.close_theirs()
    os.close(write_end)
    for end in (supervisor, theirs):
        end.close()


def _heard(end: socket.socket) -> bytes:
    try:
        return end.recv(_MOST_BYTES)
    except BlockingIOError:
        return b""
