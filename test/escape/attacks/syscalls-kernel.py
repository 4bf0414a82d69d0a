# layer: seccomp
# policy: open
# control: root
# control-lacks: next-unknown
# expect: refused bpf EPERM
# expect: refused perf_event_open EPERM
# expect: refused userfaultfd EPERM
# expect: refused io_uring_setup EPERM
# expect: refused keyctl EPERM
# expect: refused add_key EPERM
# expect: refused personality EPERM
# expect: refused seccomp EPERM
# expect: refused landlock EPERM
# expect: refused syslog EPERM
# expect: refused inotify EPERM
# expect: refused fanotify EPERM
# expect: refused io_setup EPERM
# expect: refused shmget EPERM
# expect: refused msgget EPERM
# expect: refused mq_open EPERM
# expect: refused sethostname EPERM
# expect: refused next-unknown ENOSYS
"""Knocks at the kernel's large and rarely needed doors."""

import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
zeros = ctypes.create_string_buffer(128)
event = ctypes.create_string_buffer(128)
ctypes.memmove(event, (1).to_bytes(4, "little") + (128).to_bytes(4, "little"), 8)
program = (ctypes.c_uint32 * 16)(2, 4, 4, 1)
calls = {
    "bpf": (321 if x86 else 280, 0, program, 64),
    "perf_event_open": (298 if x86 else 241, event, 0, -1, -1, 0),
    "userfaultfd": (323 if x86 else 282, 0),
    "io_uring_setup": (425, 1, zeros),
    "keyctl": (250 if x86 else 219, 0, -4, 0),
    "add_key": (248 if x86 else 217, b"user", b"vivarium", b"x", 1, -1),
    "personality": (135 if x86 else 92, 0x0040000),
    "seccomp": (317 if x86 else 277, 2, 0, (ctypes.c_uint32 * 1)(0)),
    "landlock": (444, None, 0, 1),
    "syslog": (103 if x86 else 116, 10, None, 0),
    "inotify": (294 if x86 else 26, 0),
    "fanotify": (300 if x86 else 262, 0, 0),
    "io_setup": (206 if x86 else 0, 1, (ctypes.c_uint64 * 1)(0)),
    "shmget": (29 if x86 else 194, 0, 4096, 0o1600),
    "msgget": (68 if x86 else 186, 0, 0o1600),
    "mq_open": (240 if x86 else 180, b"vivarium", os.O_CREAT | os.O_RDWR, 0o600, None),
    "sethostname": (170 if x86 else 161, os.uname().nodename.encode(), len(os.uname().nodename)),
    "next-unknown": (1000,),
}
for name, (number, *arguments) in calls.items():
    if libc.syscall(number, *arguments) < 0:
        print("refused", name, errno.errorcode[ctypes.get_errno()])
    else:
        print("ATTACK-SUCCEEDED", name)
if libc.personality(0xFFFFFFFF) != 0:
    libc.personality(0)
