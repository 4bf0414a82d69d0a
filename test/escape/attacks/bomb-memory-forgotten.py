# layer: the keeper's watchdog
# policy: strict
# error: (exception|memory) (MemoryError|OSError)
"""Fills shared memory and unmaps its pages but not the object: no process has them, and the kernel still does."""

import mmap

kept = []
for _ in range(9):
    memory = mmap.mmap(-1, 100 << 20)
    memory[:] = b"x" * (100 << 20)
    memory.madvise(mmap.MADV_DONTNEED)
    kept.append(memory)
print("ATTACK-SUCCEEDED")
