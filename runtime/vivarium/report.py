"""The words of what a cell came to: result messages, and the errors that the keeper itself finds."""

from __future__ import annotations

import signal
import time
from typing import Any, Dict, Optional, Tuple

Error = Dict[str, Any]


def finished(
    cell: Any,
    report: Dict[str, Any],
    worker: Any,
    state: str,
    cut: Optional[Dict[str, int]] = None,
    usage: Optional[Tuple[float, int]] = None,
) -> Dict[str, Any]:
    """The `result` message of a cell, from what the worker reported and the keeper knows."""
    cpu, peak = usage or (worker.usage(cell) if worker else (0.0, 0))
    error = report.get("error")
    # The kernel refused something and the cell died of just that: the refusal is the explanation.
    if error and error["kind"] == "exception" and error["name"] == "PermissionError" and cell.denials:
        error = {**error, "kind": "permission", "message": f"{error['message']}\n{cell.denials[-1]['message']}"}
    result: Dict[str, Any] = {
        "type": "result",
        "id": cell.id,
        "text": report.get("text"),
        "error": error,
        "state": state,
        "truncated": {
            "stdout": cut["stdout"] if cut else 0,
            "stderr": cut["stderr"] if cut else 0,
            "output": bool(report.get("truncated")),
            "displays": 0,
        },
        "usage": {
            "wallMs": round((time.monotonic() - cell.started) * 1000, 3),
            "cpuMs": round(max(0.0, cpu) * 1000, 3),
            "peakMemoryBytes": peak,
        },
    }
    if "output" in report:
        result["output"] = report["output"]
    return result


def timeout_error(cell: Any, limits: Dict[str, int], state: str) -> Error:
    limit = f"{limits['cpuMs']} ms of processor time" if cell.stopping == "cpu" else f"{cell.wall_ms} ms"
    if state == "kept":
        message = f"the cell ran longer than {limit} and was interrupted; its state is kept"
    else:
        end = f"did not stop within {limits['graceMs']} ms of being interrupted, and was killed"
        if not cell.killed:
            end = "ended its process when it was interrupted"
        message = f"the cell ran longer than {limit}, {end}; the session's state is lost"
    return _error("timeout", "TimeoutError", message)


def interrupted_error(lost: bool = False) -> Error:
    message = "the cell was interrupted; its state is kept"
    if lost:
        message = "the cell was interrupted and its process ended, by itself or by force; the session's state is lost"
    return _error("interrupted", "KeyboardInterrupt", message)


def memory_error(limits: Dict[str, int]) -> Error:
    message = f"the session used more than {limits['memoryBytes']} bytes of memory and was killed; its state is lost"
    return _error("memory", "MemoryError", message)


def crash_error(status: int, killed: Optional[str]) -> Error:
    """What became of a worker that ended without being asked to."""
    if killed and killed.startswith("protocol: "):
        message = f"the worker broke the protocol ({killed[10:]}) and was killed; the session's state is lost"
        return _error("crash", "ProtocolError", message[:2000])
    if status >= 0:
        message = f"the cell ended its process with status {status} (os._exit); the session's state is lost"
        return {**_error("exit", "os._exit", message), "exitCode": status}
    name = signal.Signals(-status).name if -status in signal.Signals.__members__.values() else f"signal {-status}"
    hint = {
        "SIGKILL": " (by the cell itself, or by the kernel for want of memory)",
        "SIGSEGV": " (a segmentation fault in native code, or too deep a recursion)",
        "SIGSYS": " (a system call of a foreign architecture)",
    }.get(name, "")
    return _error("crash", name, f"the worker died of {name}{hint}; the session's state is lost")


def where_it_was(error: Error, reported: Error) -> Error:
    """The error with the trace of the interrupt, which says where the time went."""
    frames = reported["traceback"].rpartition("\n")[0]
    return {**error, "traceback": f"{frames}\n{error['traceback']}".lstrip("\n")[:131072], "line": reported["line"]}


def _error(kind: str, name: str, message: str) -> Error:
    return {"kind": kind, "name": name, "message": message, "traceback": f"{name}: {message}", "line": None}
