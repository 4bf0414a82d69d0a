"""The zygote: trusted, single-threaded, PID 1 of the outer namespaces.

Standard input brings one `start` line and then requests; standard output carries answers. It preloads modules, forks
sessions, and never runs, parses or unpickles anything that a session sent. When its input ends it exits, and the
kernel ends every session with it.
"""

from __future__ import annotations

import _socket as socket
import gc
import importlib
import os
import select
import signal
import sys
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from .channel import Lines, ProtocolError, decode, encode
from .jail import landlock, limits, namespaces, root
from .jail.syscalls import MACHINE, fork_into, prctl
from .confine import enforcement
from .hand import WorkerHand
from .keeper import run_keeper
from .rehearsal import rehearse
from .spec import Spec
from . import worker

_LINE_BYTES = 4 << 20
_CONNECT_PATH = "/proc/self/fd/{}/s"


def main(own_folder: str) -> NoReturn:
    # Everything of ours is imported by now; what cells import must not come from here.
    sys.path.remove(own_folder)
    # A Ctrl-C at the terminal is for the supervisor, which interrupts one cell; it must not reach all of this.
    os.setsid()
    lines = Lines(_LINE_BYTES)
    waiting: List[bytes] = []
    while not waiting:
        chunk = os.read(0, 65536)
        if not chunk:
            os._exit(0)
        waiting += lines.feed(chunk)
    config = decode(waiting.pop(0))
    try:
        sockets = os.open(config["socketFolder"], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        uids, config["private"] = _build(config)
    except (OSError, ProtocolError) as error:
        _say({"type": "unavailable", "reason": _reason(error), "facts": _host_facts()})
        os._exit(1)
    child = os.fork()
    if child == 0:
        try:
            prctl(namespaces.PR_SET_PDEATHSIG, signal.SIGKILL)
            root.enter()
        except OSError as error:
            _say({"type": "unavailable", "reason": _reason(error), "facts": _host_facts()})
            os._exit(1)
        Zygote(config, sockets, uids).run(lines, waiting)
    # This process only waits: namespaces for PIDs begin with a child, and the supervisor watches this one.
    os.close(0)
    os.close(1)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _build(config: Dict[str, Any]) -> Tuple[int, Dict[str, str]]:
    """Namespaces and root file system; returns how many uids there are for sessions, and what each must bind."""
    if landlock.abi() == 0:
        raise ProtocolError("Landlock is missing")
    is_root = os.geteuid() == 0
    jail = root.Root()
    if is_root:
        # Host paths are opened as root, who can see what an ordinary uid could not (a Python under /root, say).
        namespaces.unshare(namespaces.NEWNS)
    else:
        namespaces.enter_outer_as_user()
    root.make_private()
    for path in config["hidden"]:
        jail.deny(path)
    config["execute"] = root.program_paths(config["programs"])
    for path in root.interpreter_paths() + config["execute"] + root.host_paths(config["read"]):
        jail.add(path)
    for path in root.host_paths(config["write"]):
        jail.add(path, writable=True)
    jail.build()
    return namespaces.enter_outer_as_root() if is_root else 1, jail.private


def _host_facts() -> Dict[str, Any]:
    """What the supervisor needs to explain a refusal."""
    facts: Dict[str, Any] = {"landlock": landlock.abi(), "machine": MACHINE, "uid": os.getuid()}
    for name, path in (
        ("apparmorRestrictsUserns", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        ("usernsClone", "/proc/sys/kernel/unprivileged_userns_clone"),
        ("maxUserNamespaces", "/proc/sys/user/max_user_namespaces"),
    ):
        try:
            with open(path, encoding="ascii") as file:
                facts[name] = int(file.read())
        except (OSError, ValueError):
            pass
    return facts


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    path = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return (text or str(error)) + path


def _say(message: Dict[str, Any]) -> None:
    data = encode(message)
    while data:
        data = data[os.write(1, data) :]


class Zygote:
    """The loop: requests in, sessions out, ended children reaped."""

    def __init__(self, config: Dict[str, Any], sockets: int, uids: int) -> None:
        self._sockets = sockets
        self._uids = uids
        self._forked = 0
        self._sessions: Dict[int, str] = {}
        self._poll = select.epoll()
        os.environ.clear()
        os.environ.update(config["env"])
        config["enforcement"] = enforcement(landlock.abi())
        self._spec = Spec(config, uids)
        _sethostname()
        limits.apply_everywhere()
        namespaces.note_own()
        failed = _preload(config["preload"])
        worker.prepare(self._spec)
        rehearse(self._spec)
        gc.collect()
        gc.freeze()
        gc.disable()
        _say(
            {
                "type": "started",
                "python": ".".join(map(str, sys.version_info[:3])),
                "implementation": sys.implementation.name,
                "landlock": landlock.abi(),
                "uids": uids,
                "notPreloaded": failed,
            }
        )

    def run(self, lines: Lines, waiting: List[bytes]) -> NoReturn:
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for descriptor in (0, wake_read):
            self._poll.register(descriptor, select.EPOLLIN)
        for line in waiting:
            self._request(line)
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == 0:
                    chunk = os.read(0, 65536)
                    if not chunk:
                        os._exit(0)
                    for line in lines.feed(chunk):
                        self._request(line)
                else:
                    os.read(wake_read, 4096)
            self._reap()

    def _request(self, line: bytes) -> None:
        request = decode(line)
        if request["type"] == "fork":
            self._fork(request)
        elif request["type"] == "kill":
            for pid, session in list(self._sessions.items()):
                if session == request["session"]:
                    os.kill(pid, signal.SIGKILL)

    def _fork(self, request: Dict[str, Any]) -> None:
        """Forks a keeper straight into its namespaces; it waits until it has a uid there."""
        self._forked += 1
        mapped_read, mapped_write = os.pipe()
        try:
            pid = fork_into(namespaces.INNER)
        except OSError as error:
            os.close(mapped_read)
            os.close(mapped_write)
            _say({"type": "failed", "session": request["session"], "reason": _reason(error)})
            return
        if pid == 0:
            os.close(mapped_write)
            _start_session(self._spec, request, self._sockets, mapped_read)
        self._sessions[pid] = request["session"]
        try:
            if self._spec.many_uids:
                namespaces.map_inner(pid, 1 + self._forked % (self._uids - 1))
            os.write(mapped_write, b"1")
        except OSError:
            # Then it has died already, and reaping it says so.
            pass
        os.close(mapped_read)
        os.close(mapped_write)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            session: Optional[str] = self._sessions.pop(pid, None)
            if session is not None:
                code = os.waitstatus_to_exitcode(status)
                _say({"type": "ended", "session": session, "status": code})


def _start_session(spec: Spec, request: Dict[str, Any], sockets: int, mapped: int) -> NoReturn:
    """Runs in the fork: calls the supervisor, becomes the session's own uid, and goes on as its keeper."""
    try:
        signal.set_wakeup_fd(-1)
        # Forked before this process has touched much, and so while there is little to copy for both.
        worker = WorkerHand(spec, confined=False)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(_CONNECT_PATH.format(sockets))
        connection.sendall(encode({"type": "hello", "session": request["session"]}))
        if not os.read(mapped, 1):
            raise OSError(1, "the uid map of the session's user namespace could not be written")
        if spec.many_uids:
            namespaces.become(namespaces.SESSION_UID)
        else:
            namespaces.map_own()
    except BaseException as error:
        os.write(2, f"{_reason(error) if isinstance(error, Exception) else error!r}\n".encode())
        os._exit(1)
    run_keeper(spec, connection, worker)


def _preload(modules: List[str]) -> List[str]:
    """Imports what sessions will need; returns what could not be imported, which is no error yet."""
    failed = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:
            failed.append(name)
    return failed


def _sethostname() -> None:
    try:
        socket.sethostname("vivarium")
    except OSError:
        pass
