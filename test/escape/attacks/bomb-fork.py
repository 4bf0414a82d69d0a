# layer: seccomp, asked of the keeper
# policy: open
# expect: refused after 6[0-4] EAGAIN
"""Starts processes that stay until it is refused; the control stops at 50."""

import errno
import os
import signal
import sys

most = 50 if sys.argv[6] == "control" else 5000
children = []
try:
    while len(children) < most:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        children.append(pid)
    print("ATTACK-SUCCEEDED", len(children))
except OSError as error:
    print("refused after", len(children), errno.errorcode[error.errno])
for pid in children:
    os.kill(pid, signal.SIGKILL)
