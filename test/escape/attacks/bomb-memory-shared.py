# layer: the keeper's watchdog
# policy: strict
# error: (exception|memory) (MemoryError|OSError)
"""Takes 900 MiB of shared anonymous memory, which RLIMIT_DATA does not count."""

import mmap

SIZE = 900 << 20
memory = mmap.mmap(-1, SIZE)
for start in range(0, SIZE, 64 << 20):
    memory[start : start + (64 << 20)] = bytes(b"x" * min(64 << 20, SIZE - start))
print("ATTACK-SUCCEEDED")
