"""Host tools block where they are called, and run beside one another where they are awaited.

Which it is, is seen in the source: a call is awaited when it stands after `await`, when it is given to `gather` and its
like, or when its value comes to such a place through variables, collections, loops and the cell's own functions. The
function of such a call is wrapped, `f(x)` becomes `start(f)(x)`, and `start` gives a tool's way of being awaited for a
tool and anything else as it is. All other calls stay what they are. Nothing here recurses: a source may be deep.
"""

from __future__ import annotations

import ast
from typing import Any, Dict, Iterator, List, Set

from .bindings import Function, Index, Variable, last_name, parameters

# No identifiers, so no cell can name them: builtins that exist as long as tools do.
START = "<start>"
AS_COROUTINE = "<coroutine>"

_COLLECTIONS = frozenset(("list", "tuple", "set", "frozenset", "reversed", "iter", "next", "dict", "chain"))
_GETTERS = frozenset(("values", "items", "get", "pop", "popleft", "popitem", "copy"))
_MAPS = frozenset(("map", "starmap"))
# What these return depends on the frame that calls them.
_UNTOUCHED = frozenset(("super", "locals", "globals", "vars", "dir", "eval", "exec"))


def let_await(tree: ast.Module) -> None:
    """Wraps, in place, the functions of all calls whose values are awaited."""
    _Flow(Index(tree)).rewrite()


class _Flow:
    """Goes back from what is awaited to the calls that it comes from."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._sources: Dict[Variable, List[ast.expr]] = {}
        self._functions: Dict[Variable, List[Function]] = {}
        for target, value in index.bindings:
            self._sources.setdefault(self._variable(target), []).append(value)
        for target, function in index.functions:
            self._functions.setdefault(self._variable(target), []).append(function)
        self._arguments()
        self._seen: Set[Any] = set()
        self._todo = list(index.roots)
        self._calls: List[ast.Call] = []
        self._mapped: List[ast.Call] = []
        while self._todo:
            expression = self._todo.pop()
            if expression not in self._seen:
                self._seen.add(expression)
                self._todo.extend(self._behind(expression))

    def rewrite(self) -> None:
        for call in self._calls:
            call.func = wrapped(START, call.func)
        for call in self._mapped:
            call.args[0] = wrapped(START, call.args[0])
        for call in self._index.coroutines:
            if call.args and not isinstance(call.args[0], ast.Starred):
                call.args[0] = wrapped(AS_COROUTINE, call.args[0])

    def _variable(self, node: Any) -> Variable:
        if isinstance(node, ast.Attribute):
            return Variable(None, node.attr)
        name: str = node.arg if isinstance(node, ast.arg) else node.id
        return Variable(self._index.scopes[node].home(name), name)

    def _arguments(self) -> None:
        """Binds the parameters of the cell's own functions to what they are called with."""
        for call in self._index.calls:
            mapped = last_name(call.func) in _MAPS and bool(call.args)
            callee, given = (call.args[0], call.args[1:]) if mapped else (call.func, call.args)
            for function in self._called(callee):
                names = parameters(function)
                pairs = list(zip(names, given))
                words = {argument.arg: argument for argument in names}
                pairs += [(words[word.arg], word.value) for word in call.keywords if word.arg in words]
                for argument, value in pairs:
                    self._sources.setdefault(self._variable(argument), []).append(value)

    def _called(self, callee: ast.expr) -> List[Function]:
        if isinstance(callee, ast.Lambda):
            return [callee]
        return self._functions.get(self._variable(callee), []) if isinstance(callee, ast.Name) else []

    def _behind(self, node: ast.expr) -> Iterator[ast.expr]:
        """What the value of an awaited expression, or of one that holds awaited ones, comes from."""
        if isinstance(node, ast.Call):
            yield from self._behind_call(node)
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            yield from node.elts
        elif isinstance(node, ast.Dict):
            yield from node.values
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            yield node.elt
        elif isinstance(node, (ast.DictComp, ast.Starred, ast.NamedExpr, ast.Subscript)):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from (node.body, node.orelse)
        elif isinstance(node, ast.BoolOp):
            yield from node.values
        elif isinstance(node, ast.BinOp):
            yield from (node.left, node.right)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            yield from self._sources.get(self._variable(node), ())

    def _behind_call(self, call: ast.Call) -> Iterator[ast.expr]:
        name = last_name(call.func)
        if not (isinstance(call.func, ast.Name) and name in _UNTOUCHED):
            self._calls.append(call)
        if name in _MAPS and call.args:
            self._mapped.append(call)
            yield from self._returned(call.args[0])
        elif name in _COLLECTIONS:
            yield from call.args
        elif name in _GETTERS and isinstance(call.func, ast.Attribute):
            yield call.func.value
        yield from self._returned(call.func)

    def _returned(self, callee: ast.expr) -> Iterator[ast.expr]:
        """What a plain function of the cell's returns; an async one returns nothing before it is awaited."""
        for function in self._called(callee):
            if not isinstance(function, ast.AsyncFunctionDef):
                yield from self._index.results[function]


def wrapped(name: str, node: ast.expr) -> ast.Call:
    """Located where the node is, so that no line of a traceback changes."""
    called = ast.copy_location(ast.Name(name, ast.Load()), node)
    return ast.copy_location(ast.Call(called, [node], []), node)
