"""The worker: the process that runs cells, and hostile from the first cell on.

Nothing here is trusted by anybody afterwards. What it must do well is be a good Python: keep the namespace, stop when
it is interrupted, and tell the truth about errors as long as the cell lets it.
"""

from __future__ import annotations

import _signal
import _socket as socket
import builtins
import errno
import gc
import os
import sys
import time
import types
from typing import Any, Callable, Dict, List, NoReturn, Tuple

from . import guard, variables
from .answer import offer
from .cell import HIDDEN
from .channel import Channel, encode, send_descriptor
from .checkpoint import checkpoint
from .completer import complete
from .confine import confine_worker, let_go, prepare_worker, seal_worker
from .host import Host, ToolError
from .line import Line
from .notebook import offer_notebook
from .runner import Report, Runner
from .spec import Spec
from .standard import Standard

_ORDER_BYTES = 64 << 20
# What the keeper says when the session is furnished and the worker may put its own walls up.
GO = b"g"
_FINAL_ANSWER = "final_answer"
_MANY_FAILURES = 100
# The parts of a message beside its values.
_SLACK_BYTES = 1 << 19
# The channel is gone, and with it everybody whom this process is for.
_GONE = (errno.EBADF, errno.ENOTCONN, errno.ENOTSOCK, errno.ECONNRESET, errno.EPIPE)


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
        worker.begin(connection, handover)
        if connection.recv(1) != GO:
            os._exit(0)
        prepare_worker(spec, confined)
        listener = confine_worker(spec, confined)
        send_descriptor(connection, listener)
        os.close(listener)
        seal_worker(spec)
        # While the keeper gets ready: what a first cell touches becomes this process's own now.
        worker.runner.execute(0, "None", "<warm-up>")
    except BaseException as failure:
        os.write(2, f"{type(failure).__name__}: {failure}".encode())
        os._exit(71)
    worker.serve()


def prepare(spec: Spec) -> None:
    """Makes, in the zygote, the worker that every session will be a copy of, and walks the path of a cell.

    What is made and warm here costs a session neither time nor memory of its own.
    """
    worker = Worker(spec)
    interrupts = _signal.getsignal(_signal.SIGINT)
    ours, theirs = socket.socketpair()
    worker.begin(theirs, theirs)
    for number, source in enumerate(_WARM_UP, 1):
        ours.send(encode({"type": "run", "id": number, "code": source, "filename": "<warm-up>"}))
        worker.serve_one()
        ours.recv(1 << 16)
    worker.end()
    _signal.signal(_signal.SIGINT, interrupts)
    ours.close()
    theirs.close()
    worker.namespace.clear()
    worker.name_namespace()
    worker.runner.names.changes()
    _prepared[:] = [worker]


_prepared: List[Worker] = []

# Often enough for the interpreter to have specialised its code, which it would else do in every session's own pages.
_WARM_UP = ("1+1", "x = [1]", "def f():\n  return {}['a']\nf()", "1 +") * 8


class Worker:
    """One namespace, and the loop that carries out orders about it."""

    # The socket over which descriptors come.
    handover: socket.socket

    def __init__(self, spec: Spec) -> None:
        self._line: Any = None
        self._budget = spec.limits["resultBytes"]
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.namespace: Dict[str, Any] = main.__dict__
        self.name_namespace()
        sys.argv = [""]
        sys.path.append("/workspace")
        self._host = Host(self._budget + _SLACK_BYTES)
        self._standard = Standard(self._host, spec.limits["openFiles"])
        self.runner = Runner(self.namespace, self._host, self._standard, self._budget)
        self.runner.figures.watch()
        rules = guard.ImportRules(spec.imports_allowed, spec.imports_denied)
        guard.install(rules, spec.policy, lambda denial: self._host.report("denial", denial=denial))
        self._rules = rules
        self._allows = rules.allows
        builtins.ToolError = ToolError  # type: ignore[attr-defined]
        builtins.display = self.runner.display.display  # type: ignore[attr-defined]
        offer_notebook(builtins.display)  # type: ignore[attr-defined]
        self._offer_answer()
        self._orders: Dict[str, Callable[[Dict[str, Any]], Any]] = {
            "assign": self._assign,
            "fetch": self._fetch,
            "inspect": self._inspect,
            "complete": self._complete,
            "tools": self._define_tools,
        }

    def name_namespace(self) -> None:
        self.namespace.update(__name__="__main__", __builtins__=builtins, __doc__=None, __spec__=None)

    def begin(self, connection: socket.socket, handover: socket.socket) -> None:
        """Takes up work in a process of its own."""
        self.handover = handover
        self._line = Line(Channel(connection, _ORDER_BYTES))
        self._host.connect(self._line)
        self._standard.begin()
        self.runner.arm()
        _reseed()
        gc.enable()

    def end(self) -> None:
        """Leaves nothing behind of what `begin` opened."""
        self._standard.end()

    def channel_descriptor(self) -> int:
        return self._line.fileno()  # type: ignore[no-any-return]

    def held_descriptors(self) -> List[int]:
        """What a sleeping copy must hold no longer, so that others see the ends of it."""
        return [1, 2, self.channel_descriptor(), self.handover.fileno(), *self._standard.spares()]

    def take_over(self, connection: socket.socket) -> None:
        """Goes on in the place of a worker of which this is a copy, with pipes of its own in place."""
        self._line.replace(Channel(connection, _ORDER_BYTES))
        self._host.connect(self._line)
        self._host.cell = 0
        self._standard.renew()
        self.runner.forget_loop()
        self.runner.arm()
        _reseed()

    def serve(self) -> NoReturn:
        failures = 0
        while True:
            try:
                self.serve_one()
                failures = 0
            except BaseException as error:
                if isinstance(error, OSError) and error.errno in _GONE:
                    os._exit(0)
                # A signal handler that a cell left behind raised it in the middle of nothing, or a cell broke what this
                # is made of: then it is for the keeper to end.
                failures += 1
                if failures > _MANY_FAILURES:
                    time.sleep(0.01)

    def serve_one(self) -> None:
        """Waits for an order and carries it out; ends the process when there are no more."""
        order = self._line.next_order()
        if order is None:
            os._exit(0)
        kind = order["type"]
        if kind == "start":
            sys.argv[:] = order.get("argv") or [""]
            self._rules.extend(order.get("imports") or [])
        elif kind == "checkpoint":
            checkpoint(self, order["count"])
        else:
            report = self._report(order)
            if "output" in report:
                # At the end the keeper finds it without looking through it.
                report["output"] = report.pop("output")
            self._line.send(encode(report))

    def _report(self, order: Dict[str, Any]) -> Report:
        try:
            if order["type"] == "run":
                gives_input = order.get("input") is True
                return self.runner.execute(order["id"], order["code"], order["filename"], gives_input)
            return self._carry_out(order)
        except BaseException as error:
            # It came between two steps of ours; the cell is over either way.
            return self.runner.broken_off(order["id"], error)

    def _carry_out(self, order: Dict[str, Any]) -> Report:
        """Does what is asked about the namespace; nothing of it is a cell, but it may take as long."""
        runner = self.runner
        runner.begin(0)
        report: Report = {"type": "result", "id": order["id"]}
        output, error = runner.attempt(self._orders[order["type"]], order)
        if error is None:
            report["output"] = output
        else:
            runner.tell(report, error, "")
        return runner.finish(report)

    def _assign(self, order: Dict[str, Any]) -> None:
        variables.assign(self.namespace, order["variables"])

    def _fetch(self, order: Dict[str, Any]) -> Any:
        return variables.fetch(self.namespace, order["name"], self._budget)

    def _inspect(self, order: Dict[str, Any]) -> Any:
        return variables.listing(self.namespace, HIDDEN)

    def _complete(self, order: Dict[str, Any]) -> Any:
        return complete(order["source"], order["cursor"], self.namespace, self._allows)

    def _define_tools(self, order: Dict[str, Any]) -> None:
        self.runner.tools.define(order["tools"])
        self._offer_answer()

    def _offer_answer(self) -> None:
        tool = self.runner.tools.function(_FINAL_ANSWER)
        offer(self.runner.answer.function(tool))


def _reseed() -> None:
    """Copies of a process share the state of random generators."""
    random, numpy_random, ssl = (sys.modules.get(name) for name in ("random", "numpy.random", "_ssl"))
    try:
        if random is not None:
            random._inst.seed()
        if numpy_random is not None:
            numpy_random.seed()
        if ssl is not None:
            ssl.RAND_add(os.urandom(32), 32.0)
    except Exception:
        # A cell put something else in its place.
        pass
