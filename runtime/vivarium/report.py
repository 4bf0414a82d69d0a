"""The words of what a cell came to: result messages, and the errors that the keeper itself finds."""

from __future__ import annotations

import signal
import time
from typing import Any, Dict, Optional, Tuple

Error = Dict[str, Any]

# What a call of a host tool comes to that is not answered before its cell ends.
OVER: Error = {"name": "CellOver", "message": "the cell is over"}


def finished(
    task: Any,
    report: Dict[str, Any],
    state: str,
    cut: Optional[Dict[str, int]] = None,
    usage: Optional[Tuple[float, int]] = None,
) -> Dict[str, Any]:
    """The `result` message of a task, from what the worker reported and the keeper knows."""
    cpu, peak = usage or (0.0, 0)
    error = report.get("error")
    # The kernel refused something and the cell died of just that: the refusal is the explanation.
    if error and error["kind"] == "exception" and error["name"] == "PermissionError" and task.denials:
        error = {**error, "kind": "permission", "message": f"{error['message']}\n{task.denials[-1]['message']}"}
    result: Dict[str, Any] = {
        "type": "result",
        "id": task.id,
        "text": report.get("text"),
        "error": error,
        "state": state,
        "truncated": {
            "stdout": cut["stdout"] if cut else 0,
            "stderr": cut["stderr"] if cut else 0,
            "output": bool(report.get("truncated")),
            "displays": task.displays_dropped,
        },
        "usage": {
            "wallMs": round((time.monotonic() - task.started) * 1000, 3),
            "cpuMs": round(max(0.0, cpu) * 1000, 3),
            "peakMemoryBytes": peak,
        },
    }
    if "output" in report:
        result["output"] = report["output"]
    return result


def timeout_error(task: Any, limits: Dict[str, int], state: str) -> Error:
    limit = {
        "cpu": f"{limits['cpuMs']} ms of processor time",
        "total": f"{task.total_ms} ms, the waiting for tools included",
    }.get(task.stopping, f"{task.wall_ms} ms")
    if state == "kept":
        message = f"the cell ran longer than {limit} and was interrupted; {_AFTER[state]}"
    else:
        message = f"the cell ran longer than {limit}, {_end(task, limits)}; {_AFTER[state]}"
    return _error("timeout", "TimeoutError", message)


def interrupted_error(state: str) -> Error:
    message = "the cell was interrupted"
    if state != "kept":
        message += " and its process ended, by itself or by force"
    return _error("interrupted", "KeyboardInterrupt", f"{message}; {_AFTER[state]}")


def ending_error(task: Any, status: int, limits: Dict[str, int], state: str) -> Error:
    """Why a worker is gone that was at work."""
    if task.killed == "memory":
        limit = limits["memoryBytes"]
        message = f"the session used more than {limit} bytes of memory and was killed; {_AFTER[state]}"
        return _error("memory", "MemoryError", message)
    if task.stopping == "interrupt":
        return interrupted_error(state)
    if task.stopping == "answered":
        message = f"the cell went on after final_answer, {_end(task, limits)}; {_AFTER[state]}"
        return _error("timeout", "TimeoutError", message)
    if task.stopping:
        return timeout_error(task, limits, state)
    return _crash_error(status, task.killed, _AFTER[state])


def _end(task: Any, limits: Dict[str, int]) -> str:
    if not task.killed:
        return "ended its process when it was interrupted"
    return f"did not stop within {limits['graceMs']} ms of being interrupted, and was killed"


# What became of the namespace, in words.
_AFTER = {
    "kept": "its state is kept",
    "rolledBack": "the session is as it was before the cell",
    "lost": "the session's state is lost",
}


def _crash_error(status: int, killed: Optional[str], after: str) -> Error:
    """What became of a worker that ended without being asked to."""
    if killed and killed.startswith("protocol: "):
        message = f"the worker broke the protocol ({killed[10:1700]}) and was killed; {after}"
        return _error("crash", "ProtocolError", message)
    if status >= 0:
        message = f"the cell ended its process with status {status} (os._exit); {after}"
        return {**_error("exit", "os._exit", message), "exitCode": status}
    name = signal.Signals(-status).name if -status in signal.Signals.__members__.values() else f"signal {-status}"
    hint = {
        "SIGKILL": " (by the cell itself, or by the kernel for want of memory)",
        "SIGSEGV": " (a segmentation fault in native code, or too deep a recursion)",
        "SIGSYS": " (a system call of a foreign architecture)",
    }.get(name, "")
    return _error("crash", name, f"the worker died of {name}{hint}; {after}")


def order_error(message: str) -> Error:
    """Why an order of the session's own, about checkpoints or branches, came to nothing."""
    return _error("exception", "CheckpointError", message)


def where_it_was(error: Error, reported: Error) -> Error:
    """The error with the trace of the interrupt, which says where the time went."""
    frames = reported["traceback"].rpartition("\n")[0]
    return {**error, "traceback": f"{frames}\n{error['traceback']}".lstrip("\n")[:131072], "line": reported["line"]}


def _error(kind: str, name: str, message: str) -> Error:
    return {"kind": kind, "name": name, "message": message, "traceback": f"{name}: {message}", "line": None}
