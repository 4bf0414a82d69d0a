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


def rehearse(spec: Spec) -> None:
    """Has a keeper serve cells of a worker that is only played."""
    supervisor, theirs = socket.socketpair()
    hand = _stand_in(spec)
    worker = hand.ends.theirs
    keeper = Keeper(spec, Channel(theirs, _LINE_BYTES))
    keeper.start(hand)

    def say(speaker: socket.socket, message: Dict[str, Any]) -> None:
        speaker.send(encode(message))
        keeper.turn()

    for number in range(1, _CELLS):
        mode = "never" if number % 2 else "auto"
        say(supervisor, {"type": "start", "checkpoint": mode, "history": {"count": 0, "bytes": _LINE_BYTES}})
        keeper.checkpoints = None
        source = "import math\nmath.pi" if number % 2 else "1+1"
        filename = f"<cell {number}>"
        say(supervisor, {"type": "run", "id": number, "code": source, "wallMs": 1000, "filename": filename})
        worker.recv(_MOST_BYTES)
        if number % 4 == 0:
            os.write(hand.ends.out_write, b"text\n")
            keeper.turn()
        call = {"type": "call", "id": number, "call": number, "blocking": True, "tool": "tool", "arguments": []}
        if number % 2:
            say(worker, call)
            say(supervisor, {"type": "answer", "id": number, "call": number, "value": number})
            worker.recv(_MOST_BYTES)
        result = {"type": "result", "id": number, "interrupted": False, "text": "2", "output": 2}
        say(worker, {**result, "added": ["x"]} if number % 2 else result)
        supervisor.recv(_MOST_BYTES)
    hand.unregister()
    hand.close()
    hand.ends.close_theirs()
    supervisor.close()
    theirs.close()


def _stand_in(spec: Spec) -> WorkerHand:
    """A hand on this very process, with nobody else at the other end."""
    hand = WorkerHand.__new__(WorkerHand)
    read_end, write_end = os.pipe()
    os.close(write_end)
    hand.play(spec, Ends(), os.getpid(), Listener(read_end))
    return hand
