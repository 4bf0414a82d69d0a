"""Decides about a cell's source before anything of it runs: at once where that is safe, else through a child."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional

from . import calls, precheck
from .loop import Loop
from .parser_child import ParserChild
from .spec import Spec

_MOST_DENIALS = 100


class Finding(NamedTuple):
    """No error means that the cell may run."""

    error: Optional[precheck.Error]
    denials: List[Dict[str, Any]]


class Examiner:
    """Looks at one source at a time; `heard` is called when a child has something to say."""

    def __init__(self, spec: Spec, imports: List[str], loop: Loop, heard: Callable[[], None]) -> None:
        self._spec = spec
        self._loop = loop
        self._heard = heard
        self._rules = spec.rules.extended(imports)
        self._child: Optional[ParserChild] = None
        self._filename = ""

    @property
    def busy(self) -> bool:
        """Whether a child is at work; no cell runs meanwhile."""
        return self._child is not None

    def begin(self, source: str, filename: str) -> Optional[Finding]:
        """The finding; or none yet, when a child was started to make it."""
        self._filename = filename
        limit = self._spec.limits["sourceBytes"]
        if len(source) > limit:
            return Finding(precheck.too_long(len(source), limit, filename), [])
        if not precheck.fits_inline(source):
            self._child = ParserChild(source, filename, self._spec)
            calls.wait_for(self._child.pid)
            self._loop.add(self._child.descriptor, self._heard)
            return None
        # The worker compiles before it runs anything, so errors of syntax come out the same either way.
        if precheck.plainly_allowed(source, self._rules):
            return Finding(None, [])
        return self._judge(*precheck.examine(source, filename))

    def hear(self) -> Optional[Finding]:
        """Reads what the child says; the finding, once it has said all."""
        child = self._child
        if child is None or not child.feed():
            return None
        return self._judge(*child.result(self.cancel(kill=False)))

    def cancel(self, kill: bool = True) -> int:
        """Ends the child; returns how it ended."""
        child, self._child = self._child, None
        assert child is not None
        self._loop.remove(child.descriptor)
        calls.waited(child.pid)
        return child.close(kill)

    def _judge(self, found: precheck.Found, error: Optional[precheck.Error]) -> Finding:
        if error is not None:
            return Finding(error, [])
        refusal, denials = precheck.refuse(found, self._rules, self._filename, self._spec.policy)
        return Finding(refusal, denials[:_MOST_DENIALS])
