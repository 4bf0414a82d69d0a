"""A tool's call under way in an event loop."""

from __future__ import annotations

from typing import Any, List

from .host import Arguments, Host
from .line import running_loop


def start(host: Host, tool: str, arguments: Arguments) -> Any:
    """Starts a call; without a running loop, gives a coroutine that will."""
    loop = running_loop()
    if loop is None:
        return _named(tool, _start_when_awaited(host, tool, arguments))
    call = _call_class()(host, tool, loop)
    host.start(tool, arguments, loop, call)
    return call


def as_coroutine(value: Any) -> Any:
    """A started call as a coroutine, which some functions insist on; anything else as it is."""
    if _made and type(value) is _made[0]:
        return _named(value.tool, _awaiting(value))
    return value


_made: List[Any] = []


def _call_class() -> Any:
    """The class of started calls, made when the first is: it needs asyncio, and few sessions do."""
    if _made:
        return _made[0]
    import asyncio

    class StartedCall(asyncio.Future):  # type: ignore[type-arg]
        """A call that runs while others do; awaiting it gives the tool's value."""

        def __init__(self, host: Host, tool: str, loop: Any) -> None:
            super().__init__(loop=loop)
            self._host = host
            self.tool = tool

        def settle(self, reply: Any) -> None:
            """Takes the host's answer."""
            try:
                self.set_result(self._host.value_of(self.tool, reply))
            except Exception as error:
                self.set_exception(error)
                if getattr(error, "name", None) == "CellOver":
                    # Nobody waits for it any more: no word of it in a later cell's output.
                    self._log_traceback = False

        def __repr__(self) -> str:
            state = "cancelled" if self.cancelled() else "done" if self.done() else "under way"
            return f"<call of {self.tool}(), {state}: await it for its value>"

        def __getitem__(self, key: Any) -> Any:
            raise TypeError(f"this is a call of {self.tool}() and not yet its value: await it first")

    _made.append(StartedCall)
    return StartedCall


async def _start_when_awaited(host: Host, tool: str, arguments: Arguments) -> Any:
    return await start(host, tool, arguments)


async def _awaiting(call: Any) -> Any:
    return await call


def _named(tool: str, coroutine: Any) -> Any:
    # "coroutine 'search' was never awaited" is what Python says then.
    coroutine.__name__ = coroutine.__qualname__ = tool
    return coroutine
