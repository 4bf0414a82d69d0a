"""Builds filters with libseccomp, for comparison: JSON requests on stdin, JSON programs on stdout.

A request is {"arch", "default", "rules": [{"action", "syscall", "args": [[arg, op, a, b], ...]}]}; numbers that may
exceed 53 bits are decimal strings. The answer is {"program": base64, "unknown": [names this libseccomp lacks]}.
"""

import base64
import ctypes
import json
import os
import sys
import tempfile

ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
KILL_PROCESS = 0x80000000
ATTRIBUTE_BAD_ARCH = 2
NAME_IS_UNKNOWN = -1
NOTIFY_NEEDS_API = 6


class ArgCmp(ctypes.Structure):
    """struct scmp_arg_cmp."""

    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def load_library() -> ctypes.CDLL:
    """Open libseccomp and declare the calls whose types ctypes would guess wrong."""
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_init.argtypes = [ctypes.c_uint32]
    lib.seccomp_release.argtypes = [ctypes.c_void_p]
    lib.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
    lib.seccomp_arch_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.seccomp_arch_remove.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.seccomp_arch_exist.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    lib.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lib.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(ArgCmp),
    ]
    lib.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    lib.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    return lib


def check(status: int, what: str) -> None:
    """Raise on a negative status, which is a negated errno."""
    if status < 0:
        raise OSError(-status, f"{what}: {os.strerror(-status)}")


def build(lib: ctypes.CDLL, request: dict) -> dict:
    """Make one filter and export it."""
    context = lib.seccomp_init(request["default"])
    try:
        check(lib.seccomp_attr_set(context, ATTRIBUTE_BAD_ARCH, KILL_PROCESS), "bad arch")
        for name, token in ARCH.items():
            exists = lib.seccomp_arch_exist(context, token) == 0
            if name == request["arch"] and not exists:
                check(lib.seccomp_arch_add(context, token), f"add {name}")
        for name, token in ARCH.items():
            if name != request["arch"] and lib.seccomp_arch_exist(context, token) == 0:
                check(lib.seccomp_arch_remove(context, token), f"remove {name}")
        unknown = []
        for rule in request["rules"]:
            # Numbers are this machine's own here, and libseccomp translates them by name.
            number = lib.seccomp_syscall_resolve_name(rule["syscall"].encode())
            if number == NAME_IS_UNKNOWN:
                unknown.append(rule["syscall"])
                continue
            args = [ArgCmp(arg, op, int(a), int(b)) for arg, op, a, b in rule["args"]]
            added = lib.seccomp_rule_add_array(context, rule["action"], number, len(args), (ArgCmp * len(args))(*args))
            check(added, json.dumps(rule))
        with tempfile.TemporaryFile() as file:
            check(lib.seccomp_export_bpf(context, file.fileno()), "export")
            file.seek(0)
            return {"program": base64.b64encode(file.read()).decode(), "unknown": unknown}
    finally:
        lib.seccomp_release(context)


def resolve(lib: ctypes.CDLL, request: dict) -> dict:
    """Tell the number of every name on one architecture; negative where it has none."""
    token = ARCH[request["arch"]]
    return {name: lib.seccomp_syscall_resolve_name_arch(token, name.encode()) for name in request["names"]}


def main() -> None:
    """Answer a list of requests with a list of answers."""
    lib = load_library()
    lib.seccomp_api_set(NOTIFY_NEEDS_API)
    requests = json.load(sys.stdin)
    json.dump([resolve(lib, r) if "names" in r else build(lib, r) for r in requests], sys.stdout)


main()
