# layer: the grace period's kill
# policy: open
# timeoutMs: 500
# error: timeout
# state: rolledBack
"""Stops itself, and cannot run any handler; the control's child does so and is seen stopped."""

import os
import signal
import sys

if sys.argv[6] == "control":
    pid = os.fork()
    if pid == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
    if os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1]):
        print("ATTACK-SUCCEEDED")
    os.kill(pid, signal.SIGKILL)
    sys.exit()
os.kill(os.getpid(), signal.SIGSTOP)
