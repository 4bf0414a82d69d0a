# layer: the keeper's watchdog
# policy: strict
# error: (exception|memory) (MemoryError|OSError)
"""Takes shared memory through /dev/zero, which makes it as MAP_ANONYMOUS does, without the flag."""

import mmap
import os

SIZE = 900 << 20
descriptor = os.open("/dev/zero", os.O_RDWR)
memory = mmap.mmap(descriptor, SIZE)
for start in range(0, SIZE, 64 << 20):
    memory[start : start + (64 << 20)] = bytes(b"x" * min(64 << 20, SIZE - start))
print("ATTACK-SUCCEEDED")
