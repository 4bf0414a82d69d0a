"""Parsing a source that might be too much for a parser, in a process that is thrown away afterwards."""

from __future__ import annotations

import ast
import json
import os
import signal
import sys
import warnings
from typing import NoReturn, Optional, Tuple

from .jail import limits, seccomp
from .precheck import Error, Found, examine, syntax_error, too_complex
from .spec import Spec

_REPLY_BYTES = 1 << 20
_PARSER_SECONDS = 20


class ParserChild:
    """A process that parses and compiles one source and is thrown away; its answer is not trusted either."""

    def __init__(self, source: str, filename: str, spec: Spec) -> None:
        self.descriptor, write = os.pipe()
        self._filename = filename
        self._answer = b""
        self.pid = os.fork()
        if self.pid == 0:
            _parse_and_exit(source, filename, spec, write)
        os.close(write)

    def feed(self) -> bool:
        """Reads what is there; true when the child has said all."""
        chunk = os.read(self.descriptor, 65536)
        self._answer += chunk
        return not chunk or len(self._answer) > _REPLY_BYTES

    def close(self, kill: bool = False) -> int:
        """Ends the child; returns how it ended, as `waitstatus_to_exitcode`."""
        os.close(self.descriptor)
        if kill or len(self._answer) > _REPLY_BYTES:
            os.kill(self.pid, signal.SIGKILL)
        try:
            return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            return 0

    def result(self, status: int) -> Tuple[Found, Optional[Error]]:
        """What the child found, or an error that says how it failed."""
        if status == 0:
            try:
                answer = json.loads(self._answer)
                found = [(str(module), name, int(line)) for module, name, line in answer["found"]]
                return found, answer["error"]
            except (ValueError, TypeError, KeyError, RecursionError):
                pass
        if status == -signal.SIGXCPU:
            return [], too_complex(self._filename, f"parsing took more than {_PARSER_SECONDS} s")
        return [], too_complex(self._filename, f"Python's parser failed on it (status {status})")


def _parse_and_exit(source: str, filename: str, spec: Spec, write: int) -> NoReturn:
    status = 1
    try:
        limits.close_all_but([write])
        limits.apply_parser(spec.limits["memoryBytes"], _PARSER_SECONDS)
        # Without a listener every call that the keeper would be asked about fails at once.
        seccomp.load(spec.seccomp, listen=False)
        found, error = examine(source, filename)
        if error is None:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    compile(source, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as failure:
                error = syntax_error(failure, filename, source)
        data = json.dumps({"found": found, "error": error}).encode()
        while data:
            data = data[os.write(write, data) :]
        status = 0
    finally:
        # Not through sys.exit: this is a copy of the keeper, whose frames must not unwind here.
        sys.stderr = None
        os._exit(status)
