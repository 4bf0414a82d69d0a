# layer: seccomp, asked of the keeper; pid namespace
# policy: open
# control: victim
# control-lacks: kill-all
# expect: refused kill-all EPERM
# expect: refused stop-1 EPERM
# expect: refused queue-1 EPERM
# expect: refused thread-1 EPERM
# expect: refused kill-1 EPERM
# expect: refused host-pid ESRCH
"""Stops and kills what it can name: everybody, PID 1, a process of the host. The control has a victim."""

import ctypes
import errno
import os
import signal
import sys

victim = int(sys.argv[4])
target, host = victim or 1, victim or int(sys.argv[5])
libc = ctypes.CDLL(None, use_errno=True)
# A code below zero is what user code may send to others.
information = (ctypes.c_int * 32)(0, 0, -1)
x86 = os.uname().machine == "x86_64"


def raw(number: int, *arguments: object) -> None:
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "syscall")


ways = {
    "stop-1": lambda: os.kill(target, signal.SIGSTOP),
    "queue-1": lambda: raw(129 if x86 else 138, target, signal.SIGCONT, information),
    "thread-1": lambda: raw(234 if x86 else 131, target, target, signal.SIGCONT),
    "host-pid": lambda: os.kill(host, signal.SIGCONT),
    "kill-1": lambda: os.kill(target, signal.SIGKILL),
}
if not victim:
    # Outside, everybody would be everybody on the machine that runs the test.
    ways["kill-all"] = lambda: os.kill(-1, signal.SIGKILL)
for way, attempt in ways.items():
    try:
        attempt()
        print("ATTACK-SUCCEEDED", way)
    except OSError as error:
        print("refused", way, errno.errorcode[error.errno])
