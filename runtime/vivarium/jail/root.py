"""The jail's root file system: a read-only tree of what the interpreter needs and what the policy grants.

The zygote builds it once on a tmpfs. Sessions inherit it and add what is theirs alone: one bounded tmpfs behind /tmp,
/workspace and /dev/shm, and a procfs that shows their own processes and nothing of the machine.
"""

from __future__ import annotations

import os
import site
import struct
import sys
import sysconfig
from typing import Dict, Iterable, List, Tuple

from .syscalls import mount, syscall, umount

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2

AT_FDCWD, AT_RECURSIVE, AT_EMPTY_PATH = -100, 0x8000, 0x1000
OPEN_TREE_CLONE = 1
MOVE_MOUNT_F_EMPTY_PATH = 4
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_NOEXEC = 1, 2, 4, 8

# Any directory that exists everywhere serves: it is covered in a private mount namespace and left behind.
STAGE = "/tmp"
DEVICES = ("null", "zero", "full", "random", "urandom")
# A session's tmpfs is mounted here, bound to its three places, and taken away again.
CRADLE = "/run"
PRIVATE = ("/tmp", "/workspace", "/dev/shm")
# Where granted paths wait that lie below a private place, which each session covers with its own.
GRANTS = "/grants"

_FILES = {
    "/etc/passwd": "session:x:1000:1000:session:/workspace:/bin/sh\n",
    "/etc/group": "session:x:1000:\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}

# Data that the standard library and common packages look for outside their own folder.
_SHARED_DATA = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/matplotlibrc",
    "/etc/ssl/openssl.cnf",
    "/usr/share/fonts",
    "/usr/share/matplotlib",
    "/usr/share/zoneinfo",
)

_PROGRAM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
# What programs in general keep outside those folders.
_PROGRAM_DATA = ("/usr/lib", "/usr/libexec", "/usr/share")


def interpreter_paths() -> List[str]:
    """Host paths that this interpreter needs to run and to import its packages."""
    paths = [sys.executable, os.path.realpath(sys.executable)]
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        # Of a system prefix only Python's folders; a prefix of Python's own (pyenv, conda, a venv) as a whole.
        if prefix not in ("/usr", "/usr/local", "/"):
            paths.append(prefix)
    paths += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += site.getsitepackages() if hasattr(site, "getsitepackages") else []
    paths += [entry for entry in sys.path if os.path.isabs(entry)]
    paths += _library_folders()
    paths += _SHARED_DATA
    return [path for path in dict.fromkeys(paths) if os.path.exists(path)]


def program_paths(programs: Iterable[str]) -> List[str]:
    """Host paths of the granted programs and of the loader they start with: what may be executed."""
    programs = list(programs)
    paths: List[str] = _loaders() if programs else []
    for program in programs:
        if program == "*":
            paths += [*_PROGRAM_FOLDERS, *_PROGRAM_DATA, os.path.realpath(sys.executable)]
        elif program == "@python":
            paths += [sys.executable, os.path.realpath(sys.executable)]
        elif "/" in program:
            paths.append(program)
        else:
            paths += [f"{folder}/{program}" for folder in _PROGRAM_FOLDERS]
    return [path for path in dict.fromkeys(paths) if os.path.exists(path)]


def host_paths(paths: Iterable[str]) -> List[str]:
    """The granted paths that exist; `*` is every top-level folder that is not the jail's own."""
    listed: List[str] = []
    for path in paths:
        if path == "*":
            own = {"proc", "sys", "dev", "run"}
            listed += ["/" + name for name in sorted(os.listdir("/")) if name not in own]
        else:
            listed.append(path)
    return [path for path in listed if os.path.exists(path)]


def _loaders() -> List[str]:
    """The dynamic loader, which the kernel executes together with every dynamically linked program."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        paths = {"/" + line.rstrip("\n").partition("/")[2] for line in maps if "/" in line}
    names = ("ld-linux", "ld-musl", "ld-2.")
    return sorted(path for path in paths if os.path.basename(path).startswith(names))


def _library_folders() -> List[str]:
    """Where shared libraries of this interpreter live, as loaded now and as the loader would look for more."""
    folders = ["/lib", "/lib64", "/usr/lib64", "/usr/local/lib64"]
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    found = [f"/usr/lib/{multiarch}", f"/usr/local/lib/{multiarch}"] if multiarch else []
    found = [folder for folder in found if os.path.isdir(folder)]
    folders += found or ["/usr/lib"]
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            path = line.rstrip("\n").partition("/")
            if path[1] and ".so" in path[2]:
                folders.append(os.path.dirname("/" + path[2]))
    return folders


class Root:
    """Collects sources while the host is visible, then lays them out."""

    def __init__(self) -> None:
        self._trees: Dict[str, Tuple[int, bool, bool]] = {}
        self._links: Dict[str, str] = {}
        self._hidden: List[str] = []
        # Place in the jail by host path, for those that a session has to bind again.
        self.private: Dict[str, str] = {}

    def add(self, path: str, writable: bool = False) -> None:
        """Takes a host path with everything mounted below it; symbolic links on the way are taken along.

        A folder with something denied in it is taken entry by entry, without what is denied: covering that would not
        last, because the kernel uncovers a file that somebody outside replaces. Entries that come later stay out too.
        """
        real = self._resolve(os.path.normpath(path))
        if any(real == hidden or _is_below(real, hidden) for hidden in self._hidden):
            return
        if any(_is_below(hidden, real) for hidden in self._hidden):
            for name in os.listdir(real):
                self.add(os.path.join(real, name), writable)
            return
        known = self._trees.get(real)
        if known and (known[2] or not writable):
            return
        descriptor = syscall(
            "open_tree", AT_FDCWD, real.encode(), OPEN_TREE_CLONE | os.O_CLOEXEC | AT_RECURSIVE
        )
        attributes = ATTR_NOSUID | ATTR_NODEV | (0 if writable else ATTR_RDONLY)
        _set_attributes(descriptor, "", attributes, AT_RECURSIVE | AT_EMPTY_PATH)
        if known:
            os.close(known[0])
        self._trees[real] = (descriptor, os.path.isdir(real), writable)

    def deny(self, path: str) -> None:
        """Leaves a path out of whatever is added from now on, whether or not it exists yet."""
        self._hidden += {os.path.normpath(path), os.path.realpath(path)}

    def _resolve(self, path: str) -> str:
        """Follows links one at a time and remembers each, so that the jail has the same names as the host."""
        real = "/"
        rest = [part for part in path.split("/") if part]
        for _ in range(256):
            if not rest:
                return real
            step = os.path.join(real, rest.pop(0))
            if os.path.islink(step):
                target = os.readlink(step)
                self._links[step] = target
                joined = os.path.normpath(os.path.join(real, target))
                real, rest = "/", [part for part in joined.split("/") if part] + rest
            else:
                real = step
        raise OSError(40, f"too many symbolic links: {path}")

    def build(self) -> None:
        """Lays the tree out at STAGE, which it covers."""
        devices = {
            name: syscall("open_tree", AT_FDCWD, f"/dev/{name}".encode(), OPEN_TREE_CLONE | os.O_CLOEXEC)
            for name in DEVICES
        }
        mount("vivarium", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4m,nr_inodes=16384")
        for folder in ("/proc", "/dev", "/etc", CRADLE, *PRIVATE):
            os.makedirs(STAGE + folder, 0o755, exist_ok=True)
        for path, text in _FILES.items():
            with open(STAGE + path, "w", encoding="ascii") as file:
                file.write(text)
        for name, descriptor in devices.items():
            _touch(f"{STAGE}/dev/{name}")
            _attach(descriptor, f"{STAGE}/dev/{name}")
        for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1")):
            os.symlink(target, f"{STAGE}/dev/{name}")
        os.symlink("/proc/self/fd/2", f"{STAGE}/dev/stderr")
        # Parents first, so that a path inside another granted path lands on top of it.
        mounted: List[Tuple[str, bool]] = []
        for path, (descriptor, is_folder, writable) in sorted(self._trees.items()):
            if any(_is_below(path, parent) and owner == writable for parent, owner in mounted):
                os.close(descriptor)
                continue
            target = STAGE + self._place(path)
            _make_point(target, is_folder)
            _attach(descriptor, target)
            mounted.append((path, writable))
        for path, target in self._links.items():
            if not os.path.lexists(STAGE + path) and not _is_private(path):
                os.makedirs(os.path.dirname(STAGE + path), 0o755, exist_ok=True)
                os.symlink(target, STAGE + path)

    def _place(self, path: str) -> str:
        """Where a host path lies in the jail while it is built."""
        for known, place in self.private.items():
            if path == known or _is_below(path, known):
                return place + path[len(known) :]
        if not _is_private(path):
            return path
        self.private[path] = f"{GRANTS}/{len(self.private)}"
        return self.private[path]


def enter() -> None:
    """Makes STAGE the root and lets the host's go; called by PID 1 of the outer PID namespace."""
    # A procfs can only be mounted while another full one is in sight, which ends with the host's root.
    mount("proc", f"{STAGE}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    # Copied into a less privileged namespace the mount is locked to its place; a bind of it is not.
    mount(STAGE, STAGE, "", MS_BIND | MS_REC)
    os.chdir(STAGE)
    syscall("pivot_root", b".", b".")
    umount(".", MNT_DETACH)
    os.chdir("/")
    _set_attributes(AT_FDCWD, "/", ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, 0)


def furnish(file_bytes: int, private: Dict[str, str]) -> None:
    """Gives a session what is its own: called by the keeper, PID 1 of the session's PID namespace."""
    options = f"mode=0700,size={file_bytes},nr_inodes={max(1024, min(file_bytes // 4096, 65536))}"
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    mount("session", CRADLE, "tmpfs", flags, options)
    for place in PRIVATE:
        folder = CRADLE + "/" + place.strip("/").replace("/", "-")
        os.mkdir(folder, 0o700)
        mount(folder, place, "", MS_BIND)
    umount(CRADLE, MNT_DETACH)
    for path, place in private.items():
        _make_point(path, os.path.isdir(place))
        mount(place, path, "", MS_BIND | MS_REC)
    mount("proc", "/proc", "proc", flags, "subset=pid")
    os.chdir("/workspace")


def make_private() -> None:
    """Keeps every later mount of this namespace from reaching the host."""
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def _attach(descriptor: int, target: str) -> None:
    syscall("move_mount", descriptor, b"", AT_FDCWD, target.encode(), MOVE_MOUNT_F_EMPTY_PATH)
    os.close(descriptor)


def _set_attributes(descriptor: int, path: str, attributes: int, flags: int) -> None:
    attr = struct.pack("=QQQQ", attributes, 0, 0, 0)
    syscall("mount_setattr", descriptor, path.encode(), flags, attr, len(attr))


def _make_point(target: str, is_folder: bool) -> None:
    if os.path.lexists(target):
        return
    os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
    if is_folder:
        os.mkdir(target, 0o755)
    else:
        _touch(target)


def _is_private(path: str) -> bool:
    return any(path == place or _is_below(path, place) for place in PRIVATE)


def _is_below(path: str, parent: str) -> bool:
    return path.startswith(parent.rstrip("/") + "/")


def _touch(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
