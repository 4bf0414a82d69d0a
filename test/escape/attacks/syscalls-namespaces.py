# layer: seccomp
# policy: open
# control: root
# expect: refused unshare-user EPERM
# expect: refused unshare-mount EPERM
# expect: refused setns EPERM
# expect: refused mount EPERM
# expect: refused umount EPERM
# expect: refused chroot EPERM
# expect: refused pivot_root EPERM
# expect: refused fsopen EPERM
# expect: refused open_tree EPERM
# expect: refused move_mount EPERM
# expect: refused mount_setattr EPERM
# expect: refused clone-user EPERM
# expect: refused clone3 ENOSYS
"""Makes or enters namespaces and mounts; each try runs in a fork, because what works changes the process."""

import ctypes
import errno
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
NEWNS, NEWUSER = 0x20000, 0x10000000


def check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "call")


def own_mounts() -> None:
    """Outside, what follows must not reach the machine that runs the test."""
    if libc.unshare(NEWNS) == 0:
        libc.mount(b"none", b"/", None, 0x44000, None)


ways = {
    "unshare-user": lambda: check(libc.unshare(NEWUSER)),
    "unshare-mount": lambda: check(libc.unshare(NEWNS)),
    "setns": lambda: check(libc.setns(os.open("/proc/self/ns/uts", os.O_RDONLY), 0)),
    "mount": lambda: (own_mounts(), check(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))),
    "umount": lambda: (own_mounts(), check(libc.umount2(b"/proc", 2))),
    "chroot": lambda: check(libc.chroot(b"/tmp")),
    "pivot_root": lambda: (
        own_mounts(),
        libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
        os.chdir("/tmp"),
        check(libc.syscall(155 if x86 else 41, b".", b".")),
    ),
    "fsopen": lambda: check(libc.syscall(430, b"tmpfs", 0)),
    "open_tree": lambda: check(libc.syscall(428, -100, b"/", 1)),
    "move_mount": lambda: (own_mounts(), check(libc.syscall(429, libc.syscall(428, -100, b"/tmp", 1), b"", -100, b"/tmp", 4))),
    "mount_setattr": lambda: (own_mounts(), check(libc.syscall(442, -100, b"/", 0, ctypes.create_string_buffer(32), 32))),
    "clone-user": lambda: check(_clone()),
    "clone3": lambda: check(_clone3()),
}


def _clone() -> int:
    pid = libc.syscall(56 if x86 else 220, NEWUSER | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return pid


def _clone3() -> int:
    arguments = (ctypes.c_uint64 * 8)(NEWUSER, 0, 0, 0, 17, 0, 0, 0)
    pid = libc.syscall(435, arguments, 64)
    if pid == 0:
        os._exit(0)
    return pid


for way, attempt in ways.items():
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            attempt()
            print("ATTACK-SUCCEEDED", way)
        except OSError as error:
            print("refused", way, errno.errorcode[error.errno])
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)
