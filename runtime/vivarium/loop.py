"""The keeper's one loop: descriptors and what to call when they can be read."""

from __future__ import annotations

import select
from typing import Callable, Dict, List, Tuple

Handler = Callable[[], None]


class Loop:
    """epoll with a handler for each descriptor; those that were added as `first` go before the others of a turn."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._handlers: Dict[int, Handler] = {}
        self._first: Dict[int, bool] = {}

    def add(self, descriptor: int, handler: Handler, first: bool = False) -> None:
        self._handlers[descriptor] = handler
        self._first[descriptor] = first
        self._poll.register(descriptor, select.EPOLLIN)

    def remove(self, descriptor: int) -> None:
        if self._handlers.pop(descriptor, None) is not None:
            del self._first[descriptor]
            self._poll.unregister(descriptor)

    def also_writable(self, descriptor: int, wanted: bool) -> None:
        """Whether the handler is called, too, when the descriptor can be written to."""
        if descriptor in self._handlers:
            self._poll.modify(descriptor, select.EPOLLIN | (select.EPOLLOUT if wanted else 0))

    def quiet(self, seconds: float) -> bool:
        """Waits; whether nothing happened. What did happen is still there for the next turn."""
        return not self._poll.poll(seconds)

    def turn(self, seconds: float) -> None:
        """Waits at most so long (for ever, if negative) and calls the handlers of what is ready."""
        ready = self._poll.poll(seconds)
        if len(ready) == 1:
            self._handlers[ready[0][0]]()
            return
        called: List[Tuple[int, Handler]] = [(descriptor, self._handlers[descriptor]) for descriptor, _ in ready]
        called.sort(key=lambda one: not self._first[one[0]])
        for descriptor, handler in called:
            # An earlier handler may have closed it, and the number may be another descriptor's by now.
            if self._handlers.get(descriptor) is handler:
                handler()
