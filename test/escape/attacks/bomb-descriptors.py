# layer: RLIMIT_NOFILE
# policy: strict
# expect: refused after 2[0-5]\d EMFILE
"""Opens descriptors until it is refused; the control stops at 300."""

import errno
import os

opened = []
try:
    while len(opened) < 300:
        opened.append(os.dup(1))
    print("ATTACK-SUCCEEDED")
except OSError as error:
    print("refused after", len(opened), errno.errorcode[error.errno])
for descriptor in opened:
    os.close(descriptor)
