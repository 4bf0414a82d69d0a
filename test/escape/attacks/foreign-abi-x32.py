# layer: seccomp
# policy: open
# machine: x86_64
# control: ENOSYS
# error: crash SIGSYS
"""Calls getpid by its x32 number; a kernel without x32 answers ENOSYS, which is all that a control can show."""

import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
answer = libc.syscall(0x40000000 + 39)
print("ATTACK-SUCCEEDED" if answer > 0 else "answered " + errno.errorcode[ctypes.get_errno()])
