"""Which modules a cell may import: the rules, and a guard for the imports that only running code makes.

The kernel is the boundary, not this: it refuses early and explains well. What an allowed module imports for itself is
its own business, so the guard asks who is importing, and lets every real module through.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import unicodedata
from typing import Any, Callable, Dict, FrozenSet, List, Optional

from .text import cut

Denial = Dict[str, Any]

# What a policy without `ffi` denies: the ways to call a native library.
_FOREIGN = ("ctypes", "_ctypes", "cffi", "_cffi_backend")

# Modules that the interpreter's own C code imports for itself. It has no frame, so that it seems to be the cell that
# asks: `datetime.strptime`, big integers, text files, copying objects, named characters, warnings.
_FROM_C = frozenset(
    ("_strptime", "_pylong", "_pydatetime", "_bootlocale", "copyreg", "encodings", "unicodedata", "warnings")
)


class ImportRules:
    """Import patterns, deny wins; the table is beside `importAllowed` in src/policy/match.ts."""

    def __init__(self, allow: List[str], deny: List[str]) -> None:
        self._allow = allow
        self._deny = deny
        self._anything = "*" in allow and not deny

    def extended(self, allow: List[str]) -> ImportRules:
        """Rules that let more through; what is denied stays denied."""
        return ImportRules([*self._allow, *allow], self._deny) if allow else self

    def extend(self, allow: List[str]) -> None:
        """Lets more through; what is denied stays denied."""
        self._allow = [*self._allow, *allow]
        self._anything = "*" in self._allow and not self._deny

    def allows(self, module: str) -> bool:
        """Whether `import module` is let through."""
        name = _normalise(module)
        if name is None:
            return False
        if self._anything:
            return True
        if _is_denied(self._deny, name):
            return False
        return any(_covers(pattern, name) or _is_within(_without_star(pattern), name) for pattern in self._allow)

    def allows_from(self, module: str, name: str) -> bool:
        """Whether `from module import name` is let through; the name may be a module too."""
        outer = _normalise(module)
        if outer is None:
            return False
        if self._anything:
            return True
        if _is_denied(self._deny, outer):
            return False
        covered = any(_covers(pattern, outer) for pattern in self._allow)
        if name == "*":
            return covered
        deny = [pattern for pattern in self._deny if pattern != f"{outer}.*"]
        inner = f"{outer}.{unicodedata.normalize('NFKC', name)}"
        if covered:
            return not _is_denied(deny, inner)
        return ImportRules(self._allow, deny).allows(inner)


def denial_of_import(module: str, where: str, line: Optional[int]) -> Denial:
    top = module.partition(".")[0]
    flag = "--allow-ffi" if top in _FOREIGN else f"--allow-import={cut(top, 200)}"
    module = cut(module, 200)
    place = f"{where}, line {line}" if line else where
    message = f'PermissionDenied: import of "{module}" ({place}); to allow it: {flag}'
    permission = "ffi" if top in _FOREIGN else "import"
    return {"permission": permission, "target": module, "message": cut(message, 2000), "flag": flag, "line": line}


class ImportDenied(ModuleNotFoundError):
    """An import that the policy does not allow; a ModuleNotFoundError, so that optional imports fall back."""

    vivarium_import = True


ImportDenied.__name__ = ImportDenied.__qualname__ = "PermissionDenied"
ImportDenied.__module__ = "builtins"


def install(rules: ImportRules, policy: str, record: Callable[[Denial], None]) -> None:
    """Puts the guard in the way of `import`, `__import__` and `importlib.import_module` of this process."""
    plain_import = builtins.__import__
    plain_import_module = importlib.import_module

    def refuse(module: str, frame: Any) -> None:
        denial = denial_of_import(module, frame.f_code.co_filename, frame.f_lineno)
        record(denial)
        message = f'import of "{module}" is not allowed by policy "{policy}"; to allow it: {denial["flag"]}'
        raise ImportDenied(message, name=module)

    def guarded_import(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        frame = sys._getframe(1)
        if level == 0 and type(name) is str and name not in _FROM_C and not _is_module(frame):
            if not fromlist and not rules.allows(name):
                refuse(name, frame)
            for part in fromlist or ():
                if type(part) is str and not rules.allows_from(name, part):
                    refuse(name if part == "*" else f"{name}.{part}", frame)
        return plain_import(name, globals, locals, fromlist, level)

    def guarded_import_module(name: str, package: Optional[str] = None) -> Any:
        frame = sys._getframe(1)
        if type(name) is str and not name.startswith(".") and not _is_module(frame) and not rules.allows(name):
            refuse(name, frame)
        return plain_import_module(name, package)

    builtins.__import__ = guarded_import
    importlib.import_module = guarded_import_module
    importlib.__import__ = guarded_import  # type: ignore[attr-defined]


def _is_module(frame: Any) -> bool:
    """Whether the frame runs in a module that was really imported, and so not in a cell."""
    names = frame.f_globals
    spec = names.get("__spec__")
    module = sys.modules.get(getattr(spec, "name", None) or "")
    if spec is None or module is None:
        return False
    # Some put another object in their own place, and go on running their own code.
    return module.__dict__ is names or frame.f_code.co_filename == getattr(spec, "origin", None)


def _normalise(module: str) -> Optional[str]:
    name = module if module.isascii() else unicodedata.normalize("NFKC", module)
    return None if "" in name.split(".") else name


def _covers(pattern: str, name: str) -> bool:
    if pattern == "*":
        return True
    if pattern == "@stdlib":
        return name.partition(".")[0] in stdlib_names()
    return _is_within(name, _without_star(pattern))


def _is_denied(deny: List[str], name: str) -> bool:
    return any(_covers(pattern, name) and pattern != f"{name}.*" for pattern in deny)


def _without_star(pattern: str) -> str:
    return pattern[:-2] if pattern.endswith(".*") else pattern


def _is_within(name: str, base: str) -> bool:
    return name == base or name.startswith(base + ".")


_stdlib: Optional[FrozenSet[str]] = None


def stdlib_names() -> FrozenSet[str]:
    """Top-level names of the standard library; Python 3.9 has no list of them, so its folder is read."""
    global _stdlib
    if _stdlib is None:
        known = getattr(sys, "stdlib_module_names", None)
        _stdlib = frozenset(known or _names_in_folders())
    return _stdlib


def _names_in_folders() -> List[str]:
    folder = os.path.dirname(os.__file__)
    names = list(sys.builtin_module_names)
    for place in (folder, os.path.join(folder, "lib-dynload")):
        for entry in os.listdir(place) if os.path.isdir(place) else ():
            if entry not in ("site-packages", "dist-packages", "__pycache__"):
                names.append(entry.partition(".")[0])
    return names
