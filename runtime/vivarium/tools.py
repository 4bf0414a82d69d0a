"""Host tools as real Python functions in the builtins: a cell's own names shadow them, its modules see them."""

from __future__ import annotations

import builtins
import keyword
import types
from typing import Any, Callable, Dict, List, Tuple

from .awaiting import AS_COROUTINE, START
from .host import Arguments, Host
from .started import as_coroutine, start
from .values import Encoder, NoTwin, TooLarge, decode

WireTool = Dict[str, Any]

_MOST_ARGUMENTS = 1000
_NAME_CHARS = 100


class _Omitted:
    """Stands for a parameter that need not be given and has no default."""

    def __repr__(self) -> str:
        return "..."


_OMITTED: Any = _Omitted()
_MISSING = object()


class Tools:
    """The tools that a session has now; `budget` bounds the bytes of an argument."""

    def __init__(self, host: Host, budget: int) -> None:
        self._host = host
        self._budget = budget
        self._known: Dict[str, Tuple[WireTool, Any]] = {}
        # What the builtins had under a tool's name.
        self._covered: Dict[str, Any] = {}
        # The awaitable twin of each tool's function.
        self._starts: Dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self._known)

    def define(self, wires: List[WireTool]) -> None:
        """Puts these in the place of all tools so far; one that did not change stays the same function."""
        # Made before anything is changed: a description that cannot be right changes nothing.
        tools = {wire["name"]: self._made(wire) for wire in wires}
        for name in self._known:
            if name not in tools:
                self._uncover(name)
        for name, (_, function) in tools.items():
            if name not in self._known:
                self._covered[name] = builtins.__dict__.get(name, _MISSING)
            setattr(builtins, name, function)
        self._known = tools
        self._starts = {function: function.start for _, function in tools.values()}
        setattr(builtins, START, self._way_of_starting)
        setattr(builtins, AS_COROUTINE, as_coroutine)

    def function(self, name: str) -> Any:
        """The function of a tool, None if there is no such tool."""
        known = self._known.get(name)
        return known and known[1]

    def _made(self, wire: WireTool) -> Tuple[WireTool, Any]:
        known = self._known.get(wire["name"])
        if known is not None and known[0] == wire:
            return known
        tool = _Tool(self._host, wire, self._budget)
        function = tool.function(tool.call)
        function.start = tool.function(tool.start)
        return wire, function

    def _uncover(self, name: str) -> None:
        covered = self._covered.pop(name)
        if covered is not _MISSING:
            setattr(builtins, name, covered)
        elif name in builtins.__dict__:
            delattr(builtins, name)

    def _way_of_starting(self, function: Any) -> Any:
        """How to call a function whose value is awaited."""
        if type(function) is types.FunctionType:
            return self._starts.get(function, function)
        # Only ever this type, so nothing of the user's is called.
        partial = type(function).__name__ == "partial" and getattr(function, "func", None)
        if partial and type(partial) is types.FunctionType and partial in self._starts:
            return type(function)(self._starts[partial], *function.args, **function.keywords)
        return function


class _Tool:
    """One tool's description, and what its functions do."""

    def __init__(self, host: Host, wire: WireTool, budget: int) -> None:
        self._host = host
        self._wire = wire
        self._budget = budget
        self.name: str = wire["name"]
        # Python's rule; the sort is stable.
        self._parameters = sorted(wire["parameters"], key=lambda parameter: not parameter["required"])

    def call(self, values: Tuple[Any, ...], rest: Dict[str, Any]) -> Any:
        return self._host.call(self.name, self._arguments(values, rest))

    def start(self, values: Tuple[Any, ...], rest: Dict[str, Any]) -> Any:
        """The call as something to await: under way at once if a loop runs, else when it is awaited."""
        return start(self._host, self.name, self._arguments(values, rest))

    def function(self, body: Callable[..., Any]) -> Any:
        """A function with the tool's own signature and documentation that hands its arguments to `body`."""
        names = [_identifier(parameter["name"]) for parameter in self._parameters]
        rest = _unlike("kwargs", names) if self._wire["rest"] else ""
        hidden = _unlike("_call", [*names, rest])
        given = ", ".join(names + (["**" + rest] if rest else []))
        values = "".join(name + ", " for name in names)
        source = f"def {_identifier(self.name)}({given}):\n return {hidden}(({values}), {rest or '{}'})"
        space: Dict[str, Any] = {hidden: body, "__name__": "builtins"}
        exec(compile(source, f"<tool {self.name}>", "exec"), space)
        function = space[self.name]
        optional = [parameter for parameter in self._parameters if not parameter["required"]]
        function.__defaults__ = tuple(_default(parameter) for parameter in optional)
        annotations = {parameter["name"]: parameter["annotation"] for parameter in self._parameters}
        annotations["return"] = self._wire["returns"]
        function.__annotations__ = {name: text for name, text in annotations.items() if text}
        function.__doc__ = self._wire["doc"] or None
        return function

    def _arguments(self, values: Tuple[Any, ...], rest: Dict[str, Any]) -> Arguments:
        pairs = [
            (parameter["key"], parameter["name"], value)
            for parameter, value in zip(self._parameters, values)
            if value is not _OMITTED
        ]
        taken = {parameter["key"] for parameter in self._parameters}
        for name, value in rest.items():
            if name in taken:
                raise TypeError(f"{self.name}() got multiple values for argument {name!r}")
            if not 0 < len(name) <= _NAME_CHARS:
                raise TypeError(f"{self.name}() got an argument whose name is empty or too long")
            pairs.append((name, name, value))
        if len(pairs) > _MOST_ARGUMENTS:
            raise TypeError(f"{self.name}() takes at most {_MOST_ARGUMENTS} arguments")
        return [{"name": key, "value": self._encoded(name, value)} for key, name, value in pairs]

    def _encoded(self, name: str, value: Any) -> Any:
        try:
            return Encoder(self._budget, name).encode(value)
        except NoTwin as error:
            raise TypeError(f"{self.name}(): {error}") from None
        except TooLarge:
            raise ValueError(f"{self.name}(): {name} takes more than {self._budget} bytes") from None


def _default(parameter: Dict[str, Any]) -> Any:
    return decode(parameter["default"]) if "default" in parameter else _OMITTED


def _identifier(name: str) -> str:
    """The source of a function is made of nothing else."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is no Python identifier")
    return name


def _unlike(name: str, others: List[str]) -> str:
    while name in others:
        name += "_"
    return name
