"""The zygote: trusted, single-threaded, PID 1 of the outer namespaces.

Standard input brings one `start` line and then requests; standard output carries answers. It preloads modules, forks
sessions, and never runs, parses or unpickles anything that a session sent. When its input ends it exits, and the
kernel ends every session with it.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import sys
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from .channel import Lines, ProtocolError, decode, encode
from .jail import landlock, namespaces, root
from .jail.syscalls import MACHINE, prctl
from .keeper import run_keeper
from .spec import Spec
from . import worker

_LINE_BYTES = 4 << 20
_CONNECT_PATH = "/proc/self/fd/{}/s"


def main(own_folder: str) -> NoReturn:
    # Everything of ours is imported by now; what cells import must not come from here.
    sys.path.remove(own_folder)
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
    config["execute"] = root.program_paths(config["programs"])
    for path in root.interpreter_paths() + config["execute"] + root.host_paths(config["read"]):
        jail.add(path)
    for path in root.host_paths(config["write"]):
        jail.add(path, writable=True)
    for path in config["hidden"]:
        jail.hide(path)
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
        self._starting: Dict[int, Tuple[str, int, bytes]] = {}
        self._poll = select.epoll()
        os.environ.clear()
        os.environ.update(config["env"])
        self._spec = Spec(config, uids)
        _sethostname()
        failed = _preload(config["preload"])
        worker.warm_up()
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
                elif descriptor == wake_read:
                    os.read(wake_read, 4096)
                else:
                    self._hear(descriptor)
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
        read, write = os.pipe()
        self._forked += 1
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            os.close(read)
            _start_session(self._spec, request, self._sockets, 1 + self._forked % (self._uids - 1 or 1), write)
        os.close(write)
        self._starting[read] = (request["session"], child, b"")
        self._poll.register(read, select.EPOLLIN)

    def _hear(self, descriptor: int) -> None:
        """The short-lived parent of a session says its keeper's pid, or why there is none."""
        session, child, text = self._starting[descriptor]
        chunk = os.read(descriptor, 65536)
        if chunk:
            self._starting[descriptor] = (session, child, text + chunk)
            return
        del self._starting[descriptor]
        self._poll.unregister(descriptor)
        os.close(descriptor)
        if text.isdigit() and os.path.exists(f"/proc/{int(text)}"):
            self._sessions[int(text)] = session
        elif text.isdigit():
            _say({"type": "ended", "session": session, "status": -1})
        else:
            reason = text.decode("utf-8", "replace") or "the process that starts a session died"
            _say({"type": "failed", "session": session, "reason": reason})

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


def _start_session(spec: Spec, request: Dict[str, Any], sockets: int, uid: int, report: int) -> NoReturn:
    """Runs in a fork: connects to the supervisor, enters the inner namespaces, and leaves a keeper behind."""
    try:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(_CONNECT_PATH.format(sockets))
        connection.sendall(encode({"type": "hello", "session": request["session"], "token": request["token"]}))
        if spec.many_uids:
            namespaces.become(uid)
        namespaces.enter_inner()
        keeper = os.fork()
    except BaseException as error:
        os.write(report, (_reason(error) if isinstance(error, Exception) else repr(error)).encode())
        os._exit(1)
    if keeper == 0:
        run_keeper(spec, connection, request)
    os.write(report, str(keeper).encode())
    os._exit(0)


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
