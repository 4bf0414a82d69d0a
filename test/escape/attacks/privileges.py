# layer: no capabilities, no_new_privs, seccomp
# policy: open
# control: root
# control-lacks: raise-rlimit
# expect: refused setuid EPERM
# expect: refused setgroups EPERM
# expect: refused capset EPERM
# expect: refused raise-rlimit (EPERM|ValueError)
# expect: refused set-id-mode EPERM
# expect: refused device EPERM
# expect: refused nice (EPERM|EACCES)
# expect: uids 1000 1000 1000
# expect: capabilities 0 0 0 \d+ 0
# expect: core 0 0, no_new_privs 1
"""Becomes somebody else, raises a limit, or gains a capability."""

import ctypes
import errno
import os
import resource

libc = ctypes.CDLL(None, use_errno=True)
with open("/proc/self/status", encoding="ascii") as file:
    status = dict(line.split(":", 1) for line in file)
print("uids", *os.getresuid())
print("capabilities", *(int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")))
print("core", *resource.getrlimit(resource.RLIMIT_CORE), end=", ")
print("no_new_privs", status["NoNewPrivs"].strip())
path = f"/tmp/vivarium-privileges-{os.getpid()}"
open(path, "wb").close()


def raise_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (soft + 1, hard + 1 if hard > 0 else hard))


def capset() -> None:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)(0, 0, 0, 0, 0, 0)) < 0:
        raise OSError(ctypes.get_errno(), "capset")


for way, attempt in {
    "setgroups": lambda: os.setgroups([0]),
    "set-id-mode": lambda: os.chmod(path, 0o4755),
    "device": lambda: (os.mknod(path + "-device", 0o020600, os.makedev(1, 1)), os.unlink(path + "-device")),
    "nice": lambda: os.setpriority(os.PRIO_PROCESS, 0, -5),
    "raise-rlimit": raise_limit,
    "setuid": lambda: os.setresuid(0, 0, 0),
    "capset": capset,
}.items():
    try:
        attempt()
        print("ATTACK-SUCCEEDED", way)
    except OSError as error:
        print("refused", way, errno.errorcode[error.errno])
    except ValueError:
        print("refused", way, "ValueError")
os.unlink(path)
