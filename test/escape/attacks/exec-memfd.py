# layer: seccomp
# policy: open
# control-lacks: memfd_secret
# expect: refused memfd_create EPERM
# expect: refused memfd_secret (EPERM|ENOSYS)
"""Makes a file that has no path and runs it; as memory it is counted by nobody either."""

import ctypes
import errno
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(447, 0) < 0:
    print("refused memfd_secret", errno.errorcode[ctypes.get_errno()])
try:
    descriptor = os.memfd_create("program")
except OSError as error:
    print("refused memfd_create", errno.errorcode[error.errno])
else:
    with open("/bin/echo", "rb") as program:
        os.write(descriptor, program.read())
    sys.stdout.flush()
    if os.fork() == 0:
        os.execve(descriptor, ["echo", "ATTACK-SUCCEEDED", "memfd_create"], {})
    os.wait()
