"""One cell: compiled so that its last statement leaves a value, run in the session's namespace, its error told."""

from __future__ import annotations

import ast
import linecache
import os
import re
import traceback
from types import CodeType
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set

from .answer import let_answer
from .awaiting import let_await
from .text import MESSAGE_CHARS, TRACEBACK_CHARS, cut, type_name

# No identifier, so no cell can name it: where the last statement leaves its value.
VALUE = "<value>"
_OBJECT, _INDEX, _KEY = "<object>", "<index>", "<key>"
HIDDEN = (VALUE, _OBJECT, _INDEX, _KEY)

# inspect.CO_COROUTINE, without inspect, which is a large module.
_CO_COROUTINE = 0x80

_MOST_FRAMES = 2000
_MOST_LINES = 1 << 31

Namespace = Dict[str, Any]


class Outcome(NamedTuple):
    """What running came to; `has_value` tells None as a value from no value."""

    has_value: bool
    value: Any


class Compiled(NamedTuple):
    """A cell's code; `shows` says that its value is a last expression's, which is shown, and not what was assigned.

    An `evaluated` cell is one expression, whose value the code gives by itself.
    """

    code: CodeType
    shows: bool
    evaluated: bool = False


def compile_cell(source: str, filename: str, has_tools: bool = False) -> Compiled:
    """Compiles source whose value is its last top-level statement's: an expression, or what was assigned."""
    code = _expression(source, filename)
    if code is not None:
        return Compiled(code, shows=True, evaluated=True)
    tree: Any = compile(source, filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    shows = False
    if has_tools and ("await" in source or "async" in source):
        let_await(tree)
    if "final_answer" in source:
        let_answer(tree)
    if tree.body:
        shows = isinstance(tree.body[-1], ast.Expr)
        tree.body[-1:] = _leaving_value(tree.body[-1])
    return Compiled(compile(tree, filename, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True), shows)


# Lines and statements, what await and final_answer need a tree for, and escapes, which may be warned of: once is enough.
_NEEDS_TREE = re.compile(r"[\n;=\\]|await|async|final_answer").search


def _expression(source: str, filename: str) -> Optional[CodeType]:
    """The code of a cell that is one plain expression: taking it apart would be most of what such a cell costs."""
    if _NEEDS_TREE(source):
        return None
    try:
        code: CodeType = compile(source, filename, "eval", dont_inherit=True)
        return code
    except SyntaxError:
        # A statement; or it is wrong, which is told in the words for a cell.
        return None


def run_code(compiled: Compiled, namespace: Namespace, run_coroutine: Any) -> Outcome:
    """Runs compiled code; a coroutine (top-level await) is handed to `run_coroutine`."""
    code = compiled.code
    if compiled.evaluated:
        return Outcome(True, eval(code, namespace))
    try:
        if _KEY in code.co_names:
            namespace[_KEY] = _key
        if code.co_flags & _CO_COROUTINE:
            run_coroutine(eval(code, namespace))
        else:
            exec(code, namespace)
        found = namespace.get(VALUE, HIDDEN)
        return Outcome(found is not HIDDEN, None if found is HIDDEN else found)
    finally:
        for name in HIDDEN:
            namespace.pop(name, None)


class _Key:
    """Returns the index it is asked for."""

    def __getitem__(self, index: Any) -> Any:
        return index


_key = _Key()


def remember_source(filename: str, source: str) -> None:
    """Lets tracebacks show the cell's own lines, also from functions that later cells call."""
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)


def describe(error: BaseException, filename: str) -> Dict[str, Any]:
    """The error as data: the user's own frames only, whatever the exception's own methods do."""
    name = type_name(error)
    kind = "memory" if isinstance(error, MemoryError) else "exception"
    message = _message(error)
    described: Dict[str, Any] = {"kind": kind, "name": name, "message": message, "line": None}
    if isinstance(error, SystemExit):
        described["kind"] = "exit"
        described["exitCode"] = _exit_code(error)
        if error.code is None or isinstance(error.code, int):
            # A status is no message; anything else is printed by Python, and is the message here.
            described["message"] = ""
    if getattr(error, "vivarium_import", False):
        described["kind"] = "import"
    try:
        formatted = traceback.TracebackException(type(error), error, error.__traceback__, lookup_lines=False)
        described["line"] = _last_line(formatted, filename)
        _trim(formatted, set())
        text = "".join(formatted.format()).rstrip("\n")
    except Exception:
        text = f"{name}: {message}"
    described["traceback"] = cut(text, TRACEBACK_CHARS)
    return described


def _leaving_value(last: ast.stmt) -> List[ast.stmt]:
    if isinstance(last, ast.Expr):
        return [_located(ast.Assign(targets=[_value_at(last)], value=last.value), last)]
    if isinstance(last, ast.Assign):
        # Targets are assigned from left to right, so the value is kept also when unpacking it fails.
        last.targets.insert(0, _value_at(last))
        return [last]
    if isinstance(last, ast.AnnAssign) and last.value is not None:
        last.value = _located(ast.NamedExpr(target=_value_at(last), value=last.value), last.value)
        return [last]
    if isinstance(last, ast.AugAssign):
        # Few nodes are new here, but they are nested: only these are walked, not the whole cell.
        return [ast.fix_missing_locations(_located(statement, last)) for statement in _augmented(last)]
    return [last]


def _value_at(statement: ast.stmt) -> ast.Name:
    return _located(_name(VALUE, ast.Store()), statement)


def _located(node: Any, like: ast.AST) -> Any:
    """Gives a new node the place of an old one, as ast.copy_location does, at a tenth of its cost."""
    node.lineno, node.col_offset = like.lineno, like.col_offset  # type: ignore[attr-defined]
    node.end_lineno, node.end_col_offset = like.end_lineno, like.end_col_offset  # type: ignore[attr-defined]
    return node


def _augmented(last: ast.AugAssign) -> Iterator[ast.stmt]:
    """The three steps that Python itself takes (load, operate, store), with the middle one's result kept."""
    target = last.target
    if isinstance(target, ast.Name):
        load: ast.expr = ast.Name(target.id, ast.Load())
        store: ast.expr = ast.Name(target.id, ast.Store())
    else:
        yield ast.Assign(targets=[_name(_OBJECT, ast.Store())], value=target.value)
        whole = _name(_OBJECT, ast.Load())
        if isinstance(target, ast.Attribute):
            load = ast.Attribute(whole, target.attr, ast.Load())
            store = ast.Attribute(whole, target.attr, ast.Store())
        else:
            # Only a subscript can evaluate a slice, so the index is taken from an object that returns it.
            index = ast.Subscript(_name(_KEY, ast.Load()), target.slice, ast.Load())
            yield ast.Assign(targets=[_name(_INDEX, ast.Store())], value=index)
            load = ast.Subscript(whole, _name(_INDEX, ast.Load()), ast.Load())
            store = ast.Subscript(whole, _name(_INDEX, ast.Load()), ast.Store())
    yield ast.Assign(targets=[_name(VALUE, ast.Store())], value=_located(load, target))
    yield ast.AugAssign(_name(VALUE, ast.Store()), last.op, last.value)
    yield ast.Assign(targets=[_located(store, target)], value=_name(VALUE, ast.Load()))


def _name(identifier: str, context: ast.expr_context) -> ast.Name:
    return ast.Name(identifier, context)


def _message(error: BaseException) -> str:
    try:
        return cut(str(error), MESSAGE_CHARS)
    except Exception:
        return "(its message could not be made)"


def _exit_code(error: SystemExit) -> int:
    code = error.code
    if code is None:
        return 0
    # As the interpreter does: an object that is no integer is printed, and the status is 1.
    return int(code) & 0xFF if isinstance(code, int) else 1


def _trim(formatted: Any, seen: Set[int]) -> None:
    """Keeps the frames of the user's own code, through causes, contexts and groups."""
    if formatted is None or id(formatted) in seen:
        return
    seen.add(id(formatted))
    frames = [frame for frame in formatted.stack if _is_users(frame.filename)]
    if len(frames) > _MOST_FRAMES:
        frames = frames[: _MOST_FRAMES // 2] + frames[-_MOST_FRAMES // 2 :]
    formatted.stack = traceback.StackSummary.from_list(frames)
    for other in (formatted.__cause__, formatted.__context__, *(getattr(formatted, "exceptions", None) or ())):
        _trim(other, seen)


_cells: Set[str] = set()


# Where this code lies, which may be below a folder of those names.
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep


def _is_users(filename: str) -> bool:
    """Cells, and modules that cells wrote for themselves."""
    return filename in _cells or filename.startswith(("/workspace/", "/tmp/")) and not filename.startswith(_OWN)


def name_cell(filename: str) -> None:
    _cells.add(filename)


def _last_line(formatted: Any, filename: str) -> Optional[int]:
    lines = [frame.lineno for frame in formatted.stack if frame.filename == filename]
    line = lines[-1] if lines else None
    # Python itself takes any number for a line when code is compiled from a tree.
    return line if type(line) is int and 0 <= line < _MOST_LINES else None
