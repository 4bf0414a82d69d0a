"""Entering namespaces: once for the zygote (the outer set), once for each session (the inner set)."""

from __future__ import annotations

import os

from .syscalls import prctl, unshare

NEWNS = 0x00020000
NEWUTS = 0x04000000
NEWIPC = 0x08000000
NEWUSER = 0x10000000
NEWPID = 0x20000000
NEWNET = 0x40000000

OUTER = NEWUSER | NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET
# Sessions share the zygote's empty network and host name: there is nothing in them to reach or to change.
INNER = NEWUSER | NEWNS | NEWIPC | NEWPID

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4

# One host uid for each session, taken from a block that no distribution hands out: systemd's container range ends
# below 0x70000000, and 0x7fffffff is the last uid that every program can print.
UID_BLOCK = 65536
UID_BLOCK_FIRST = 0x70000000 // UID_BLOCK
UID_BLOCK_LAST = 0x7FFE0000 // UID_BLOCK

# Who a session is, inside.
SESSION_UID = 1000


def enter_outer_as_user() -> None:
    """Makes the outer namespaces for a process that is not root: its own uid, called 0 inside, is all it gets."""
    uid, gid = os.getuid(), os.getgid()
    unshare(OUTER)
    _map_self(0, uid, gid)


def enter_outer_as_root() -> int:
    """The same for root, who leaves host uid 0 for ever; returns how many uids the sessions can have."""
    block = UID_BLOCK_FIRST + int.from_bytes(os.urandom(2), "big") % (UID_BLOCK_LAST - UID_BLOCK_FIRST)
    # The new namespace's map must be written by a process that is still root outside it.
    unshared_read, unshared_write = os.pipe()
    mapped_read, mapped_write = os.pipe()
    child = os.getpid()
    mapper = os.fork()
    if mapper == 0:
        status = 1
        try:
            os.close(unshared_write)
            if os.read(unshared_read, 1):
                for kind in ("uid_map", "gid_map"):
                    _write(f"/proc/{child}/{kind}", f"0 {block * UID_BLOCK} {UID_BLOCK}")
                os.write(mapped_write, b"1")
                status = 0
        finally:
            os._exit(status)
    os.close(mapped_write)
    os.close(unshared_read)
    try:
        unshare(OUTER)
        os.write(unshared_write, b"1")
        if not os.read(mapped_read, 1):
            raise OSError(1, "the uid map of the outer user namespace could not be written")
    finally:
        os.close(unshared_write)
        os.close(mapped_read)
        os.waitpid(mapper, 0)
    become(0)
    return UID_BLOCK


def become(uid: int) -> None:
    """Changes every uid and gid for good; only with capabilities over the current user namespace."""
    if os.getgroups():
        os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    # A change of uid makes a process unreadable to itself under /proc, where its maps must be written.
    prctl(PR_SET_DUMPABLE, 1)


def map_inner(pid: int, uid: int) -> None:
    """Gives a session's new user namespace its one uid, from outside: only one that owns a block of uids may."""
    for kind in ("uid_map", "gid_map"):
        _write(f"/proc/{pid}/{kind}", f"{SESSION_UID} {uid} 1")


def map_own() -> None:
    """The same from inside, for one that has no uid to give but its own."""
    # Inside the namespace nothing is mapped yet; what it is outside was noted before.
    _map_self(SESSION_UID, _outer_uid, _outer_gid)


def note_own() -> None:
    """Notes who the zygote is, for sessions that can be nobody else."""
    global _outer_uid, _outer_gid
    _outer_uid, _outer_gid = os.getuid(), os.getgid()


_outer_uid = _outer_gid = 0


def _map_self(inside: int, uid: int, gid: int) -> None:
    # Without privileges a gid map can only be written once setgroups has been given up.
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{inside} {uid} 1")
    _write("/proc/self/gid_map", f"{inside} {gid} 1")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
