# layer: closed descriptors
# policy: open
# control: descriptor
# expect: refused walking out of .* ENOENT|no descriptor leads anywhere
"""Walks to a secret from every descriptor that was left open: a folder's descriptor sees past a change of root."""

import errno
import os
import sys

walked = False
for descriptor in range(256):
    try:
        os.fstat(descriptor)
        os.close(os.open(".", os.O_PATH, dir_fd=descriptor))
    except OSError:
        continue
    walked = True
    try:
        file = os.open("../" * 40 + sys.argv[1].lstrip("/"), os.O_RDONLY, dir_fd=descriptor)
        print("ATTACK-SUCCEEDED", os.read(file, 10))
    except OSError as error:
        print("refused walking out of", descriptor, errno.errorcode[error.errno])
if not walked:
    print("no descriptor leads anywhere")
