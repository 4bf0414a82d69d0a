"""Putting the walls up, in the order that lets each still be built: first for the keeper, then for the worker."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterable, List

from .jail import landlock, limits, namespaces, seccomp
from .jail.syscalls import prctl
from .spec import Spec

PR_SET_DUMPABLE = 4
# /dev holds five devices, links, and the session's own /dev/shm.
_WRITABLE = ("/tmp", "/workspace", "/dev")


def let_go(keep: Iterable[int]) -> None:
    """First of all: of the zygote's descriptors and signal handlers nothing is held on to but what is named."""
    limits.reset_signals()
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    limits.close_all_but([0, 1, 2, *keep])


def confine_keeper(spec: Spec) -> None:
    """Confines PID 1 of a furnished session for good."""
    seccomp.set_no_new_privs()
    limits.drop_capabilities()
    version = landlock.abi()
    # Landlock would keep it from looking at the memory of a worker that is in no domain below its own, which it must
    # where several processes share pages. There the keeper has the other walls only; the worker always has all.
    if spec.limits["processes"] == 0:
        # A worker that takes over from a dead one sets its own score below /proc before its own layer forbids that.
        landlock.restrict([*_rules(spec), ("/proc", landlock.WRITE_FILE)], version)
    # Another process of the same uid could otherwise look into it.
    prctl(PR_SET_DUMPABLE, 0)


def prepare_worker(spec: Spec, confined: bool) -> None:
    """What a worker gives up at once; `confined` says whether the keeper that forked it already was."""
    if not confined and spec.many_uids:
        namespaces.become(namespaces.SESSION_UID)
    # A copy of the keeper is as closed as the keeper was; Python needs its own /proc/self.
    prctl(PR_SET_DUMPABLE, 1)
    _be_first_to_go()
    limits.apply_worker(spec.limits)
    if not confined:
        seccomp.set_no_new_privs()
        limits.drop_capabilities()


def confine_worker(spec: Spec, confined: bool) -> int:
    """Confines a worker for good in a furnished session; returns the listener of its calls, for the keeper."""
    os.chdir("/workspace")
    if confined:
        landlock.restrict(_writable(spec), landlock.abi(), scoped=True, reads=False)
    else:
        landlock.restrict(_rules(spec), landlock.abi(), scoped=True)
    return seccomp.load(spec.seccomp, listen=True)


def seal_worker(spec: Spec) -> None:
    """Takes away what the worker needed to send its listener."""
    if spec.seal:
        seccomp.load(spec.seal, listen=False)


def _be_first_to_go() -> None:
    """Of a machine that runs out of memory the kernel shall take the worker, not the keeper."""
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(score, b"1000")
    finally:
        os.close(score)


def _rules(spec: Spec) -> List[landlock.Rule]:
    rules: List[landlock.Rule] = [("/", landlock.READ)]
    rules += _writable(spec)
    rules += [(path, landlock.READ | landlock.EXECUTE) for path in spec.execute]
    return rules


def _writable(spec: Spec) -> List[landlock.Rule]:
    return [(path, landlock.READ | landlock.WRITE) for path in (*_WRITABLE, *spec.write)]


def enforcement(version: int) -> Dict[str, Any]:
    """What is applied to every session once its keeper says that it is ready: if any of it fails, none is."""
    layers = {
        "user namespace": "no capability, a host uid that owns nothing",
        "mount namespace": "a read-only root of the interpreter and what the policy grants; private /tmp and /workspace",
        "pid namespace": "sees and signals only its own processes",
        "network namespace": "no interface is up",
        "ipc namespace": "shared memory and queues of its own",
        "uts namespace": "a host name that says nothing",
        "landlock": f"ABI {version}: files" + (", signals and abstract sockets" if version >= 6 else ""),
        "seccomp": "an allowlist of system calls; processes and signals are asked of the keeper",
        "rlimits": "memory, processes, open files, file size",
        "no_new_privs": "no program can raise privileges",
    }
    gaps = ["sys: the kernel's release, disk sizes and the sources of mounts can be read whatever the policy says"]
    if version < 6:
        gaps.append(f"Landlock ABI {version} has no scopes for signals and abstract sockets; seccomp refuses both")
    return {
        "tier": "namespaces",
        "level": "partial",
        "layers": [{"name": name, "detail": detail} for name, detail in layers.items()],
        "gaps": gaps,
    }
