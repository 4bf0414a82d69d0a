# layer: seccomp, asked of the keeper
# policy: strict
# denial: run
# expect: refused EPERM
"""Starts one process where the policy grants none."""

import errno
import os

try:
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    print("ATTACK-SUCCEEDED")
except OSError as error:
    print("refused", errno.errorcode[error.errno])
