"""Runs a worker as it is, without its walls and without a keeper: whoever holds the other end of descriptor 3 is that.

The first argument is the folder of the runtime, the second the bytes that a result may have.
"""

import _socket
import os
import sys
import types

sys.path.insert(0, sys.argv[1])

from vivarium.worker import Worker  # noqa: E402

spec = types.SimpleNamespace(
    limits={"resultBytes": int(sys.argv[2]), "openFiles": 256},
    imports_allowed=["*"],
    imports_denied=["antigravity"],
    policy="test",
)
os.set_blocking(3, True)
sys.path.pop(0)
handover, _ = _socket.socketpair()
worker = Worker(spec)
worker.begin(_socket.socket(fileno=3), handover)
worker.serve()
