"""The worker: the process that runs cells, and hostile from the first cell on.

Nothing here is trusted by anybody afterwards. What it must do well is be a good Python: keep the namespace, stop when
it is interrupted, and tell the truth about errors as long as the cell lets it.
"""

from __future__ import annotations

import _signal
import _socket as socket
import _thread
import builtins
import gc
import io
import os
import sys
import types
from typing import Any, Callable, Dict, List, NoReturn, Optional, Tuple

from . import guard
from .cell import Outcome, compile_cell, describe, name_cell, remember_source, run_code
from .channel import Channel, send_descriptor
from .checkpoint import checkpoint
from .confine import confine_worker, let_go, prepare_worker, seal_worker
from .precheck import syntax_error
from .spec import Spec
from .text import cut, type_name
from .values import Encoder, NoTwin, TooLarge

_ORDER_BYTES = 64 << 20
_TEXT_CHARS = 100_000
# What the keeper says when the session is furnished and the worker may put its own walls up.
GO = b"g"
_NO_INPUT = "input() has nothing to read: this session has no standard input"


def run_worker(
    spec: Spec, connection: socket.socket, handover: socket.socket, pipes: Tuple[int, int], confined: bool
) -> NoReturn:
    """Turns this process into a worker; it never returns."""
    try:
        let_go([connection.fileno(), handover.fileno(), *pipes])
        os.dup2(pipes[0], 1)
        os.dup2(pipes[1], 2)
        os.close(pipes[0])
        os.close(pipes[1])
        os.setsid()
        worker = _prepared[0]
        worker.handover = handover
        worker.begin(Channel(connection, _ORDER_BYTES))
        if connection.recv(1) != GO:
            os._exit(0)
        prepare_worker(spec, confined)
        listener = confine_worker(spec, confined)
        send_descriptor(connection, listener)
        os.close(listener)
        seal_worker(spec)
        # While the keeper gets ready: what a first cell touches becomes this process's own now.
        worker.execute(0, "None", "<warm-up>")
    except BaseException as failure:
        os.write(2, f"{type(failure).__name__}: {failure}".encode())
        os._exit(71)
    worker.serve()


def prepare(spec: Spec) -> None:
    """Makes, in the zygote, the worker that every session will be a copy of, and walks the path of a cell once.

    What is made and warm here costs a session neither time nor memory of its own.
    """
    worker = Worker(spec)
    for source in _WARM_UP:
        worker.execute(0, source, "<warm-up>")
    worker.namespace.clear()
    worker.name_namespace()
    _prepared[:] = [worker]


_prepared: List[Worker] = []

# Often enough for the interpreter to have specialised its code, which it would else do in every session's own pages.
_WARM_UP = ("1+1", "x = [1]", "def f():\n  return {}['a']\nf()", "1 +") * 8


class Worker:
    """One namespace and the loop that runs cells in it."""

    def __init__(self, spec: Spec) -> None:
        self._channel: Optional[Channel] = None
        # Where the keeper hands over descriptors.
        self.handover: Any = None
        self._sending = _thread.allocate_lock()
        self._loop: Any = None
        self._active = False
        self._interrupted = False
        self._result_bytes = spec.limits["resultBytes"]
        self._cell_id = 0
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.namespace: Dict[str, Any] = main.__dict__
        self.name_namespace()
        sys.argv = [""]
        sys.path.append("/workspace")
        sys.stdin = NoInput()
        sys.stdout = _writer(1)
        sys.stderr = _writer(2)
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
        rules = guard.ImportRules(spec.imports_allowed, spec.imports_denied)
        guard.install(rules, spec.policy, self._record)

    def name_namespace(self) -> None:
        self.namespace.update(__name__="__main__", __builtins__=builtins, __doc__=None, __spec__=None)

    def begin(self, channel: Channel) -> None:
        """Takes up work in a process of its own."""
        self._channel = channel
        _signal.signal(_signal.SIGINT, self._on_interrupt)
        _reseed()
        gc.enable()

    def channel_descriptor(self) -> int:
        assert self._channel is not None
        return self._channel.fileno()

    def take_over(self, connection: socket.socket) -> None:
        """Goes on as the worker in a copy of one."""
        self._sending = _thread.allocate_lock()
        self._loop = None
        self.begin(Channel(connection, _ORDER_BYTES))

    def serve(self) -> NoReturn:
        assert self._channel is not None
        while True:
            order = self._channel.receive()
            if order is None:
                os._exit(0)
            if order["type"] == "start":
                sys.argv[:] = order["argv"]
                continue
            if order["type"] == "checkpoint":
                checkpoint(self)
                continue
            try:
                report = self.execute(order["id"], order["code"], order["filename"])
            except KeyboardInterrupt:
                # It came between two steps of ours; the cell is over either way.
                self._active = False
                report = {"type": "result", "id": order["id"], "interrupted": True}
            self._send(report)

    def execute(self, identity: int, source: str, filename: str) -> Dict[str, Any]:
        """Runs one cell and returns its report; whatever the cell raises is in it."""
        self._cell_id = identity
        self._interrupted = False
        name_cell(filename)
        remember_source(filename, source)
        if identity:
            # An earlier cell may have put its own in place. The plain function spares the enum of the public one.
            _signal.signal(_signal.SIGINT, self._on_interrupt)
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (_signal.SIGINT,))
        report: Dict[str, Any] = {"type": "result", "id": identity}
        code, error = self._attempt(compile_cell, source, filename)
        if error is not None:
            report["error"] = syntax_error(error, filename, source)
        else:
            outcome, error = self._attempt(run_code, code, self.namespace, self._run_coroutine)
            if error is None and outcome.has_value and outcome.value is not None:
                shown, error = self._attempt(self._show, outcome)
                report.update(shown or {})
            elif error is None:
                report["output"] = None
            if error is not None:
                described, failure = self._attempt(describe, error, filename)
                report["error"] = described or _bare(error, failure)
        self._attempt(_flush)
        report["interrupted"] = self._interrupted
        return report

    def _attempt(self, function: Callable[..., Any], *arguments: Any) -> Tuple[Any, Optional[BaseException]]:
        """Calls what may run the cell's code: it can be interrupted there, and nowhere else."""
        try:
            self._active = True
            result = function(*arguments)
            self._active = False
            return result, None
        except BaseException as error:
            self._active = False
            return None, error

    def _show(self, outcome: Outcome) -> Dict[str, Any]:
        """The value for JavaScript, where it has a twin there, and as Python would show it."""
        shown: Dict[str, Any] = {}
        try:
            shown["output"] = Encoder(self._result_bytes).encode(outcome.value)
        except NoTwin:
            pass
        except TooLarge:
            shown["truncated"] = True
        text = repr(outcome.value)
        shown["text"] = cut(text, max(200, min(self._result_bytes // 8, _TEXT_CHARS)))
        if len(shown["text"]) != str.__len__(text):
            shown["truncated"] = True
        return shown

    def _run_coroutine(self, coroutine: Any) -> None:
        """Runs a top-level await on the session's own event loop, which later cells go on with."""
        import asyncio

        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            self._loop.run_until_complete(task)
        except KeyboardInterrupt:
            # The task gets a chance to clean up, as asyncio.run gives it.
            task.cancel()
            try:
                self._loop.run_until_complete(task)
            except asyncio.CancelledError:
                pass
            raise

    def _on_interrupt(self, number: int, frame: Any) -> None:
        if self._active:
            self._interrupted = True
            raise KeyboardInterrupt

    def _record(self, denial: Dict[str, Any]) -> None:
        self._send({"type": "denial", "id": self._cell_id, "denial": denial})

    def _send(self, report: Dict[str, Any]) -> None:
        if self._channel is not None:
            with self._sending:
                self._channel.send(report)


class NoInput(io.TextIOBase):
    """Standard input of a session without one: a clear error instead of a wait."""

    def readable(self) -> bool:
        return True

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        raise EOFError(_NO_INPUT)

    def read(self, size: Optional[int] = -1) -> str:
        raise EOFError(_NO_INPUT)


def _writer(descriptor: int) -> Any:
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def _flush() -> None:
    for stream in (sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__):
        try:
            if stream is not None:
                stream.flush()
        except BaseException:
            pass


def _bare(error: BaseException, failure: Optional[BaseException]) -> Dict[str, Any]:
    """For an exception whose own methods break even the telling of it."""
    name = type_name(error)
    message = f"(its message could not be made: {type_name(failure)})"
    return {"kind": "exception", "name": name, "message": message, "traceback": f"{name}: {message}", "line": None}


def _reseed() -> None:
    """Forks share the state of random generators; the standard library's own reseeds itself."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
