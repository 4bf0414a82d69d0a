# layer: RLIMIT_NPROC
# policy: open
# expect: refused after (3[5-9]\d|4[0-4]\d)
"""Starts threads that stay until it is refused; the control stops at 600."""

import sys
import threading

most = 600 if sys.argv[6] == "control" else 5000
stop = threading.Event()
threads = []
try:
    while len(threads) < most:
        thread = threading.Thread(target=stop.wait)
        thread.start()
        threads.append(thread)
    print("ATTACK-SUCCEEDED", len(threads))
except RuntimeError:
    print("refused after", len(threads))
stop.set()
for thread in threads:
    thread.join()
