"""Looks at a cell's source before anything of it runs, outside the worker, where earlier cells cannot tamper with it.

Source is hostile too: parsing can take minutes and gigabytes, and long chains crash the parsers of Python 3.9 and
3.10. Small and flat source is parsed in the keeper; the rest in a disposable child with limits.
"""

from __future__ import annotations

import ast
import re
import traceback
import warnings
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from .guard import ImportRules, denial_of_import
from .text import MESSAGE_CHARS, TRACEBACK_CHARS, cut, type_name

# Measured on CPython 3.9 to 3.13: below these a parse takes less than 60 ms and a depth that no parser minds.
_INLINE_BYTES = 16384
_TINY_CHARS = 256
_INLINE_OPERATORS = 2000
_INLINE_DEPTH = 60
_OPERATORS = ("+", "-", "*", "/", "%", "&", "|", "^", "~", "<", ">", "@", ".", "(", "[", "{", ":")
_WORDS = ("not", "lambda", "await", "else", "and", "or", "yield")

_MOST_NAMED = 20
_LINE_CHARS = 200
_COMPLEX = "source is nested too deeply or too complex to compile"

# A module, the name taken from it (or none), and the line.
Found = List[Tuple[str, Optional[str], int]]
Error = Dict[str, Any]


def fits_inline(source: str) -> bool:
    """Whether a linear scan finds the source too small and flat to be a danger to a parser."""
    if len(source) > _INLINE_BYTES or not source.isascii() and len(source) > _INLINE_BYTES // 4:
        return False
    if len(source) <= _TINY_CHARS:
        return True
    if sum(map(source.count, _OPERATORS)) + sum(map(source.count, _WORDS)) > _INLINE_OPERATORS:
        return False
    depth = deepest = 0
    for bracket in re.findall(r"[][(){}]", source):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest <= _INLINE_DEPTH


def plainly_allowed(source: str, rules: ImportRules) -> bool:
    """Whether nothing in the source can be refused, told without parsing it.

    Every import has the word `import` in it, so it is enough that each place where the word stands is a line of its
    own that would be allowed as code (it may be text in a string, for all we know). Whatever is less plain is parsed.
    """
    words = source.count("import")
    if words == 0:
        # Letters outside ASCII may spell `__import__` too, which Python normalises.
        return source.isascii()
    if not source.isascii() or _UNUSUAL.search(source):
        return False
    lines = _PLAIN_IMPORT.findall(source)
    return len(lines) == words and all(_allows_line(line, rules) for line in lines)


# A continued line, or a line end or blank that `$` and `[ \t]` do not know.
_UNUSUAL = re.compile(r"\\[\r\n]|[\r\f\v\x00\x1c-\x1f]")
_PLAIN_IMPORT = re.compile(
    r"^[ \t]*(import[ \t]+[\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*"
    r"|from[ \t]+\w[\w.]*[ \t]+import[ \t]+(?:\*|\w+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*\w+(?:[ \t]+as[ \t]+\w+)?)*))"
    r"[ \t]*$",
    re.MULTILINE,
)


def _allows_line(line: str, rules: ImportRules) -> bool:
    words = line.split(None, 2)
    if words[0] == "import":
        return all(rules.allows(part.split()[0]) for part in line[6:].split(","))
    names = words[2].partition("import")[2]
    return all(rules.allows_from(words[1], part.split()[0]) for part in names.split(","))


def examine(source: str, filename: str) -> Tuple[Found, Optional[Error]]:
    """The modules that the source names, with their lines; or the error that keeps it from being Python."""
    try:
        with warnings.catch_warnings():
            # Python warns again when the worker compiles, where the cell can see it.
            warnings.simplefilter("ignore")
            tree = ast.parse(source, filename)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return [], syntax_error(error, filename, source)
    return _imports(tree, source), None


def refuse(found: Found, rules: ImportRules, where: str, policy: str) -> Tuple[Optional[Error], List[Dict[str, Any]]]:
    """One error that lists every refused module, and a denial record for each."""
    refused = list(dict.fromkeys(_refused(found, rules)))
    if not refused:
        return None, []
    denials = [denial_of_import(module, where, line) for module, line in refused[:_MOST_NAMED]]
    named = ", ".join(f'"{cut(module, 200)}" (line {line})' for module, line in refused[:_MOST_NAMED])
    if len(refused) > _MOST_NAMED:
        named += f" and {len(refused) - _MOST_NAMED} more"
    flags = list(dict.fromkeys(denial["flag"] for denial in denials))
    modules = ",".join(flag.partition("=")[2] for flag in flags if "=" in flag)
    flag = " ".join([f"--allow-import={modules}"] * bool(modules) + [flag for flag in flags if "=" not in flag])
    message = f'import of {named} is not allowed by policy "{policy}"; to allow it: {flag}'
    line = refused[0][1]
    error = {
        "kind": "import",
        "name": "PermissionDenied",
        "message": message,
        "traceback": f'  File "{where}", line {line}\nPermissionDenied: {message}',
        "line": line,
    }
    return error, denials


def too_long(size: int, limit: int, filename: str) -> Error:
    return too_complex(filename, f"{size} characters; the policy's sourceBytes is {limit}", "source is too long")


def syntax_error(error: BaseException, filename: str, source: str) -> Error:
    """Any failure to parse or compile, told as Python tells it."""
    if isinstance(error, SyntaxError):
        _show_place(error, source)
        text = "".join(traceback.format_exception_only(type(error), error)).rstrip("\n")
        return {
            "kind": "syntax",
            "name": type_name(error),
            "message": cut(str(error.msg), MESSAGE_CHARS),
            "traceback": cut(text, TRACEBACK_CHARS),
            "line": error.lineno,
        }
    reason = _COMPLEX
    if isinstance(error, ValueError):
        reason = str(error) or "source is not text"
        if isinstance(error, UnicodeError):
            reason = "source holds a character that has no encoding (a lone surrogate)"
    message = f"{reason} ({type(error).__name__})" if not isinstance(error, ValueError) else reason
    return _syntax(message, filename)


def _refused(found: Found, rules: ImportRules) -> Iterator[Tuple[str, int]]:
    for module, name, line in found:
        if name is None:
            if not rules.allows(module):
                yield module, line
        elif not rules.allows_from(module, name):
            # Named by the module when that is refused as a whole, else with the name that is too much.
            yield (module if name == "*" or not rules.allows(module) else f"{module}.{name}"), line


def _imports(tree: ast.AST, source: str) -> Found:
    found: Dict[Tuple[str, Optional[str], int], None] = {}
    excused = _prepared_for_refusal(tree) if "try" in source else frozenset()
    # Calls can stand in any expression, and walking those is most of the work: only where the words occur at all.
    calls = not source.isascii() or "__import__" in source or "import_module" in source
    for node in ast.walk(tree) if calls else _statements(tree):
        if node in excused:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[(alias.name, None, node.lineno)] = None
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0 and node.module:
                for alias in node.names:
                    found[(node.module, alias.name, node.lineno)] = None
        elif isinstance(node, ast.Call) and node.args and _is_import_call(node.func):
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value:
                if not name.value.startswith("."):
                    found[(name.value, None, node.lineno)] = None
    return sorted(found, key=lambda entry: entry[2])


def _prepared_for_refusal(tree: ast.AST) -> Set[ast.AST]:
    """Imports inside a `try` that catches their failure: the guard refuses them when they run, and the cell goes on."""
    prepared: Set[ast.AST] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Try) and any(_catches_imports(handler.type) for handler in node.handlers):
            for statement in node.body:
                prepared.update(one for one in _statements(statement) if isinstance(one, (ast.Import, ast.ImportFrom)))
    return prepared


def _catches_imports(kind: Optional[ast.expr]) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_catches_imports(one) for one in kind.elts)
    return kind is None or isinstance(kind, ast.Name) and kind.id in _IMPORT_ERRORS


_IMPORT_ERRORS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement, however deep in others; nothing below them."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field in _BLOCKS:
            waiting += getattr(node, field, ())


# Where statements hold statements: exception handlers and match cases are blocks of their own.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def _is_import_call(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in ("__import__", "import_module")
    if isinstance(function, ast.Attribute) and function.attr in ("import_module", "__import__"):
        return isinstance(function.value, ast.Name) and function.value.id in ("importlib", "builtins")
    return False


def _show_place(error: SyntaxError, source: str) -> None:
    """Gives the error its line, which the compiler leaves out, and no more of a long line than can be read."""
    lines = source.splitlines()
    if error.text is None and error.lineno and error.lineno <= len(lines):
        error.text = lines[error.lineno - 1]
    if error.text and len(error.text) > _LINE_CHARS:
        start = max(0, (error.offset or 1) - 1 - _LINE_CHARS // 2)
        error.text = error.text[start : start + _LINE_CHARS]
        error.offset = (error.offset or 1) - start
        # The end may be on another line or beyond what is shown: then only the beginning is marked.
        if hasattr(error, "end_offset"):
            error.end_offset = error.offset + 1
            error.end_lineno = error.lineno


def too_complex(filename: str, why: str, what: str = _COMPLEX) -> Error:
    return _syntax(f"{what}: {why}", filename)


def _syntax(message: str, filename: str) -> Error:
    return {
        "kind": "syntax",
        "name": "SyntaxError",
        "message": message,
        "traceback": f'  File "{filename}"\nSyntaxError: {message}',
        "line": None,
    }
