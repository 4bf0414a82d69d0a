# layer: the grace period's kill
# policy: strict
# timeoutMs: 500
# error: timeout
# state: rolledBack
"""Ignores the interrupt and loops; the control survives its SIGINT."""

import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_IGN)
if sys.argv[6] == "control":
    os.kill(os.getpid(), signal.SIGINT)
    print("ATTACK-SUCCEEDED")
    sys.exit()
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
while True:
    pass
