# layer: seccomp
# policy: open
# control: root, victim
# expect: refused ptrace-init EPERM
# expect: refused ptrace-child EPERM
# expect: refused ptrace-me EPERM
# expect: refused vm-read-init EPERM
# expect: refused vm-read-child EPERM
# expect: refused vm-write-child EPERM
# expect: refused pidfd_open EPERM
# expect: refused kcmp EPERM
# expect: refused prlimit-init EPERM
"""Reaches into another process: PID 1 (for the control a victim) and a child of its own."""

import ctypes
import errno
import os
import resource
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
target = int(sys.argv[4]) or 1
child = os.fork()
if child == 0:
    signal.pause()
SEIZE, DETACH = 0x4206, 17
here = ctypes.create_string_buffer(b"before", 16)
local = (ctypes.c_void_p * 2)(ctypes.addressof(here), 6)


def check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "call")


def seize(pid: int) -> None:
    check(libc.ptrace(SEIZE, pid, 0, 0))


def be_traced() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(ctypes.get_errno() if libc.ptrace(0, 0, 0, 0) < 0 else 0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise OSError(status, "PTRACE_TRACEME")


def read_init() -> None:
    """Of PID 1 even an address that is not mapped tells: EFAULT comes after the permission."""
    if libc.process_vm_readv(target, local, 1, local, 1, 0) < 0 and ctypes.get_errno() != errno.EFAULT:
        raise OSError(ctypes.get_errno(), "process_vm_readv")


for way, attempt in {
    "vm-read-init": read_init,
    "vm-read-child": lambda: check(libc.process_vm_readv(child, local, 1, local, 1, 0)),
    "vm-write-child": lambda: check(libc.process_vm_writev(child, local, 1, local, 1, 0)),
    "pidfd_open": lambda: check(libc.syscall(434, target, 0)),
    "kcmp": lambda: check(libc.syscall(312 if x86 else 272, os.getpid(), child, 1, 0, 0)),
    "prlimit-init": lambda: resource.prlimit(target, resource.RLIMIT_NOFILE),
    "ptrace-me": be_traced,
    "ptrace-child": lambda: seize(child),
    "ptrace-init": lambda: seize(target),
}.items():
    try:
        attempt()
        print("ATTACK-SUCCEEDED", way)
    except OSError as error:
        print("refused", way, errno.errorcode[error.errno])
os.kill(child, signal.SIGKILL)
