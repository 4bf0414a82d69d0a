# layer: RLIMIT_DATA, the keeper's watchdog
# policy: strict
# error: (exception|memory) MemoryError
"""Takes a gigabyte of the heap, twice what the policy gives."""

kept = []
for _ in range(64):
    kept.append(bytearray(b"x") * (16 << 20))
print("ATTACK-SUCCEEDED")
