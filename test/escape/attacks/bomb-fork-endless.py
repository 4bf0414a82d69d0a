# layer: seccomp, asked of the keeper; the deadline
# policy: open
# timeoutMs: 2000
# error: timeout
"""Every process forks for ever and ignores the interrupt; the control has one generation of 50."""

import os
import signal
import sys

if sys.argv[6] == "control":
    for _ in range(50):
        if os.fork() == 0:
            os._exit(0)
        os.wait()
    print("ATTACK-SUCCEEDED")
    sys.exit()
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        os.fork()
    except OSError:
        pass
