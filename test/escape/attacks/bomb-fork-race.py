# layer: seccomp, asked of the keeper; RLIMIT_NPROC
# policy: open
# expect: at most \d+ at once
"""Forks from many threads at the same moment, so that all are counted before any is there."""

import os
import signal
import sys
import threading
import time

control = sys.argv[6] == "control"
most, workers = (50, 10) if control else (400, 40)
children = []
start = threading.Barrier(workers)


def fork() -> None:
    start.wait()
    for _ in range(most // workers):
        try:
            pid = os.fork()
        except OSError:
            return
        if pid == 0:
            time.sleep(30)
            os._exit(0)
        children.append(pid)


threads = [threading.Thread(target=fork) for _ in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("at most", len(children), "at once")
if control and len(children) == most or len(children) > 64:
    print("ATTACK-SUCCEEDED", len(children))
for pid in children:
    os.kill(pid, signal.SIGKILL)
