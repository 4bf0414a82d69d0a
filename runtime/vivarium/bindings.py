"""Which names of a source mean the same, and what comes to them: one walk over its tree, without recursion."""

from __future__ import annotations

import ast
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple, Union

# What takes awaitables; of those named like other things only asyncio's own.
_COMBINATORS = frozenset(
    ("gather", "wait_for", "shield", "as_completed", "create_task", "ensure_future")
    + ("run_until_complete", "run_coroutine_threadsafe")
)
_ASYNCIO_ONLY = frozenset(("run", "wait"))
# These take coroutines and no other awaitables.
_COROUTINES_ONLY = frozenset(("create_task", "run", "run_coroutine_threadsafe"))
_AWAITABLE_WORDS = frozenset(("coro", "fut", "fs", "aw", "coro_or_future", "coros_or_futures"))
_ADDERS = frozenset(("append", "appendleft", "add", "extend", "insert", "setdefault", "update"))

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scope:
    """Names that belong together, as Python's own rules have it."""

    def __init__(self, parent: Optional["Scope"], kind: str) -> None:
        self.parent = parent
        self.kind = kind
        self.bound: Set[str] = set()
        self.elsewhere: Set[str] = set()

    def home(self, name: str) -> "Scope":
        """The scope that the name means here; the module's, for what is bound nowhere."""
        scope = self
        while scope.parent is not None:
            own = scope.kind != "class" or scope is self
            if own and name in scope.bound and name not in scope.elsewhere:
                return scope
            scope = scope.parent
        return scope


class Variable(NamedTuple):
    """A name in its scope; an attribute, whosesoever, has none."""

    scope: Optional[Scope]
    name: str


class Index:
    """Who is bound to what, in one walk."""

    def __init__(self, tree: ast.Module) -> None:
        self.scopes: Dict[ast.AST, Scope] = {}
        self.roots: List[ast.expr] = []
        # Arguments that must be coroutines, as the call and the place there.
        self.coroutines: List[ast.Call] = []
        self.calls: List[ast.Call] = []
        # Variables with what comes to them, not resolved before all bindings are known.
        self.bindings: List[Tuple[ast.expr, ast.expr]] = []
        self.functions: List[Tuple[ast.expr, Function]] = []
        self.results: Dict[Function, List[ast.expr]] = {}
        self._asyncio = {"asyncio", "aio"}
        self._from_asyncio: Set[str] = set()
        self._todo: List[Tuple[ast.AST, Scope, Optional[Function]]] = [(tree, Scope(None, "module"), None)]
        while self._todo:
            self._visit(*self._todo.pop())

    def _visit(self, node: ast.AST, scope: Scope, function: Optional[Function]) -> None:
        if isinstance(node, _FUNCTIONS):
            self._function(node, scope, function)
            return
        if isinstance(node, ast.ClassDef):
            scope.bound.add(node.name)
            inner = Scope(scope, "class")
            self._push([*node.bases, *node.keywords, *node.decorator_list], scope, function)
            self._push(node.body, inner, None)
            return
        if isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, scope, function)
            return
        if isinstance(node, ast.Name):
            self.scopes[node] = scope
            if isinstance(node.ctx, ast.Store):
                scope.bound.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            scope.elsewhere.update(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, scope)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            self._bind(node.target, node.value)
        elif isinstance(node, ast.NamedExpr):
            self._walrus(node, scope)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._bind_each(node.target, node.iter)
        elif isinstance(node, ast.Await):
            self.roots.append(node.value)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node.value is not None and function:
            self.results[function].append(node.value)
        self._push(ast.iter_child_nodes(node), scope, function)

    def _push(self, nodes: Any, scope: Scope, function: Optional[Function]) -> None:
        self._todo.extend((node, scope, function) for node in nodes if node is not None)

    def _function(self, node: Function, scope: Scope, function: Optional[Function]) -> None:
        inner = Scope(scope, "function")
        given = node.args
        self._push([*given.defaults, *given.kw_defaults], scope, function)
        for argument in parameters(node):
            inner.bound.add(argument.arg)
            self.scopes[argument] = inner
        for extra in (given.vararg, given.kwarg):
            if extra is not None:
                inner.bound.add(extra.arg)
        if isinstance(node, ast.Lambda):
            self.results[node] = [node.body]
            self._push([node.body], inner, node)
            return
        self.results[node] = []
        scope.bound.add(node.name)
        name = ast.Name(node.name, ast.Load())
        self.scopes[name] = scope
        self.functions.append((name, node))
        self._push(node.decorator_list, scope, function)
        self._push(node.body, inner, node)

    def _comprehension(self, node: Any, scope: Scope, function: Optional[Function]) -> None:
        inner = Scope(scope, "comprehension")
        for place, generator in enumerate(node.generators):
            self._bind_each(generator.target, generator.iter)
            self._push([generator.iter], inner if place else scope, function)
            self._push([generator.target, *generator.ifs], inner, function)
        values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._push(values, inner, function)

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> None:
        self._bind(node.target, node.value)
        while scope.kind == "comprehension" and scope.parent is not None:
            # It binds outside, but is looked up from here.
            scope.elsewhere.add(node.target.id)
            scope = scope.parent
        scope.bound.add(node.target.id)

    def _import(self, node: Union[ast.Import, ast.ImportFrom], scope: Scope) -> None:
        for alias in node.names:
            scope.bound.add((alias.asname or alias.name).partition(".")[0])
            if isinstance(node, ast.ImportFrom) and node.module == "asyncio":
                self._from_asyncio.add(alias.asname or alias.name)
            elif alias.name == "asyncio" and alias.asname:
                self._asyncio.add(alias.asname)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        while isinstance(target, (ast.Subscript, ast.Starred)):
            target = target.value
        if isinstance(target, (ast.Tuple, ast.List)):
            for place, part in enumerate(target.elts):
                self._bind(part, _part(value, place, target.elts))
        elif isinstance(value, ast.Lambda) and isinstance(target, ast.Name):
            self.functions.append((target, value))
        elif isinstance(target, (ast.Name, ast.Attribute)):
            self.bindings.append((target, value))

    def _bind_each(self, target: ast.expr, items: ast.expr) -> None:
        """Binds a loop's variable: to all of the collection, but not to what it is only paired with."""
        if isinstance(items, ast.Call) and isinstance(target, (ast.Tuple, ast.List)):
            name = last_name(items.func)
            if name == "enumerate" and len(target.elts) == 2 and items.args:
                self._bind(target.elts[1], items.args[0])
                return
            if name == "zip" and len(target.elts) == len(items.args):
                for part, each in zip(target.elts, items.args):
                    self._bind(part, each)
                return
            if name == "items" and len(target.elts) == 2 and isinstance(items.func, ast.Attribute):
                self._bind(target.elts[1], items.func.value)
                return
        self._bind(target, items)

    def _call(self, node: ast.Call) -> None:
        self.calls.append(node)
        name = last_name(node.func)
        if name in _ADDERS and isinstance(node.func, ast.Attribute) and node.args:
            self._bind(node.func.value, node.args[-1])
        elif name in _COMBINATORS or name in _ASYNCIO_ONLY and self._is_asyncios(node.func):
            named = [word.value for word in node.keywords if word.arg in _AWAITABLE_WORDS]
            self.roots += (node.args if name == "gather" else node.args[:1]) + named
            if name in _COROUTINES_ONLY:
                self.coroutines.append(node)

    def _is_asyncios(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Name):
            return function.id in self._from_asyncio
        return isinstance(function, ast.Attribute) and getattr(function.value, "id", None) in self._asyncio


def parameters(function: Function) -> List[ast.arg]:
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def _part(value: ast.expr, place: int, targets: List[ast.expr]) -> ast.expr:
    """What one of several targets gets: its own part where that can be seen."""
    plain = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(targets)
    parts: List[ast.expr] = value.elts if plain else []  # type: ignore[attr-defined]
    if parts and not any(isinstance(part, ast.Starred) for part in (*parts, *targets)):
        return parts[place]
    return value


def last_name(function: ast.expr) -> str:
    """The last part of a dotted name."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
