# layer: the keeper's watchdog
# policy: data
# error: memory
"""Twelve children take 256 MiB each, none of them too much alone; the control's take 8."""

import os
import sys

size = (8 if sys.argv[6] == "control" else 256) << 20
children = []
ready, tell = os.pipe()
hold, release = os.pipe()
for _ in range(12):
    pid = os.fork()
    if pid == 0:
        os.close(release)
        kept = bytearray(b"x") * size
        os.write(tell, b"1")
        os.read(hold, 1)
        os._exit(0)
    children.append(pid)
for _ in children:
    os.read(ready, 1)
os.close(release)
print("ATTACK-SUCCEEDED")
