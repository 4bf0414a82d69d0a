# layer: output limits, the deadline
# policy: strict
# timeoutMs: 1500
# error: timeout
# cut: stderr
"""Writes to stderr without end, with the interrupt ignored."""

import os
import signal
import sys

if sys.argv[6] == "control":
    print("ATTACK-SUCCEEDED", os.write(2, b"x" * 60000))
    sys.exit()
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    os.write(2, b"flood\n" * 1000)
