"""Runs a program under a seccomp filter that answers some system calls with an error, as a stricter host would.

without_syscalls.py ERRNO SYSCALL[,SYSCALL...] PROGRAM [ARGUMENT ...]; `unshare` takes the flags of `clone` along.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000
NUMBER, FIRST_ARGUMENT = 0, 16
NEW_NAMESPACES = 0x7E020080

NUMBERS = {
    "x86_64": {
        "unshare": 272,
        "clone": 56,
        "clone3": 435,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
    "aarch64": {
        "unshare": 97,
        "clone": 220,
        "clone3": 435,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
}


def build(names, error):
    """A filter that refuses the named calls; `clone` only where it asks for new namespaces, `clone3` as unknown."""
    numbers = NUMBERS[platform.machine()]
    program = [(LOAD, 0, 0, NUMBER)]
    for name in names:
        if name == "clone":
            program += [
                (JUMP_EQUAL, 0, 4, numbers[name]),
                (LOAD, 0, 0, FIRST_ARGUMENT),
                (JUMP_ANY_BIT, 0, 1, NEW_NAMESPACES),
                (RETURN, 0, 0, ERROR | error),
                (RETURN, 0, 0, ALLOW),
            ]
        else:
            code = errno.ENOSYS if name == "clone3" else error
            program += [(JUMP_EQUAL, 0, 1, numbers[name]), (RETURN, 0, 0, ERROR | code)]
    program.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def main():
    error = getattr(errno, sys.argv[1])
    data = build(sys.argv[2].split(","), error)
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(data, len(data))
    header = struct.pack("=H6xQ", len(data) // 8, ctypes.addressof(buffer))
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)),
        (PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.c_char_p(header)),
    ):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    os.execvp(sys.argv[3], sys.argv[3:])


main()
