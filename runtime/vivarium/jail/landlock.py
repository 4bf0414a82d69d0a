"""Landlock: a second wall around the same files, and from ABI 6 around signals and abstract sockets."""

from __future__ import annotations

import os
import stat
import struct
from typing import Iterable, Tuple

from .syscalls import syscall

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
# Making devices is never needed, and ioctl on a device only where the device is granted.
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
WRITE = (1 << 15) - 1 & ~(_MAKE_CHAR | _MAKE_BLOCK | EXECUTE | READ)
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
_SCOPES = 3
_NET = 3
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

Rule = Tuple[str, int]


def abi() -> int:
    """The kernel's Landlock ABI; 0 where there is none."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def restrict(rules: Iterable[Rule], version: int, scoped: bool = False, reads: bool = True) -> None:
    """Confines this process to the rules for good; no_new_privs must be set. Paths that do not exist are left out.

    With `scoped`, signals and abstract sockets end at this process and its children, where the kernel can do that.
    Without `reads`, reading and executing stay as they are.
    """
    handled = _ALL_BY_ABI.get(version, (1 << 16) - 1)
    if not reads:
        handled &= WRITE
    attr = struct.pack("=QQQ", handled, _NET if version >= 4 else 0, _SCOPES if scoped and version >= 6 else 0)
    ruleset = syscall("landlock_create_ruleset", attr, 24 if version >= 6 else 16 if version >= 4 else 8, 0)
    try:
        for path, access in rules:
            _add(ruleset, path, access & handled)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _add(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        # A right that makes no sense for the kind of file is refused as a whole.
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= _ON_FILES
        rule = struct.pack("=Qi", access, descriptor)
        syscall("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
