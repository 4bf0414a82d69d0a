# layer: size of the private tmpfs, RLIMIT_FSIZE
# policy: strict
# expect: refused /tmp after (5\d|6[0-4]) MiB
# expect: refused /dev/shm after [0-4] MiB
# expect: one file (6[0-4]|[0-5]?\d) MiB (EFBIG|ENOSPC)
"""Fills /tmp and /dev/shm with files, together more than the policy gives; the control stops at 70 MiB."""

import errno
import os
import sys

control = sys.argv[6] == "control"
block = b"x" * (1 << 20)


def fill(folder: str) -> None:
    written = 0
    paths = []
    try:
        while written < 70:
            path = f"{folder}/vivarium-bomb-{os.getpid()}-{len(paths)}"
            paths.append(path)
            with open(path, "wb", 0) as file:
                for _ in range(10):
                    if file.write(block) < len(block):
                        raise OSError(errno.ENOSPC, "short write")
                    written += 1
        print("ATTACK-SUCCEEDED", folder)
    except OSError:
        print("refused", folder, "after", written, "MiB")
    return paths


paths = fill("/tmp") + fill("/dev/shm")
for path in paths:
    if os.path.exists(path):
        os.unlink(path)
path = f"/tmp/vivarium-bomb-{os.getpid()}"
with open(path, "wb", 0) as file:
    for count in range(70):
        try:
            if file.write(block) < len(block):
                raise OSError(errno.ENOSPC, "short write")
        except OSError as error:
            print("one file", count, "MiB", errno.errorcode[error.errno])
            break
os.unlink(path)
