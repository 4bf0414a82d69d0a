"""Asks for files while another process swaps a folder with a link that leads out, as fast as it can.

Prints what was seen of each kind. `naive` opens by path instead, which shows that the swapping works at all.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from typing import Any, Callable, Dict

_RENAMEAT2 = {"x86_64": 316, "aarch64": 276}
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_SECONDS = 20
_ENOUGH = 50


def main(runtime: str) -> None:
    sys.path.insert(0, runtime)
    with tempfile.TemporaryDirectory(prefix="vivarium-race-") as folder:
        root, outside = folder + "/workspace", folder + "/outside"
        os.makedirs(root + "/turning/deep")
        os.makedirs(outside + "/deep")
        for place, text in ((root + "/turning", "inside"), (outside, "secret")):
            for name in (f"{text}-name", "file", "deep/file"):
                _put(f"{place}/{name}", text)
        os.symlink("../outside", root + "/twin")
        child = os.fork()
        if child == 0:
            _swap(root + "/turning", root + "/twin")
        try:
            print(json.dumps({name: attempt(root, outside) for name, attempt in _ATTEMPTS.items()}))
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _put(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _swap(one: str, other: str) -> None:
    call = ctypes.CDLL(None).syscall
    number = _RENAMEAT2[os.uname().machine]
    while True:
        call(number, _AT_FDCWD, one.encode(), _AT_FDCWD, other.encode(), _RENAME_EXCHANGE)


def _until_both(look: Callable[[], str]) -> Dict[str, int]:
    """Looks until two different things were seen often, or time is over."""
    seen: Counter[str] = Counter()
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and (len(seen) < 2 or min(seen.values()) < _ENOUGH):
        seen[look()] += 1
    return dict(seen)


def _ask(root: str, **command: Any) -> Dict[str, Any]:
    from vivarium.files import handle

    return handle({"type": "file", "request": 1, **command}, root)


def _naive(root: str, _: str) -> Dict[str, int]:
    def look() -> str:
        with open(root + "/turning/file", encoding="ascii") as file:
            return file.read()

    return _until_both(look)


def _read(root: str, _: str) -> Dict[str, int]:
    def look() -> str:
        reply = _ask(root, op="read", path="turning/deep/../file")
        return reply.get("error") or base64.b64decode(reply["data"]).decode()

    return _until_both(look)


def _list(root: str, _: str) -> Dict[str, int]:
    def look() -> str:
        reply = _ask(root, op="list", path="turning", recursive=True)
        names = [entry["path"] for entry in reply.get("entries", ())]
        # A folder that turns away while it is listed is left out from there on.
        return reply.get("error") or ("secret" if any("secret" in name for name in names) else "inside")

    return _until_both(look)


def _write(root: str, outside: str) -> Dict[str, int]:
    def look() -> str:
        reply = _ask(root, op="write", path="turning/new/file", part=".part", end=True, data="bmV3")
        return reply.get("error") or "written"

    return _with_outside(_until_both(look), outside)


def _remove(root: str, outside: str) -> Dict[str, int]:
    def look() -> str:
        _ask(root, op="write", path="turning/deep/file", data="bmV3")
        return _ask(root, op="remove", path="turning/deep", recursive=True).get("error") or "removed"

    return _with_outside(_until_both(look), outside)


def _with_outside(seen: Dict[str, int], outside: str) -> Dict[str, int]:
    names = sorted(os.path.join(place, name)[len(outside) :] for place, _, files in os.walk(outside) for name in files)
    if names != ["/deep/file", "/file", "/secret-name"]:
        seen["outside was changed"] = len(names)
    return seen


_ATTEMPTS = {"naive": _naive, "read": _read, "list": _list, "write": _write, "remove": _remove}

if __name__ == "__main__":
    main(sys.argv[1])
