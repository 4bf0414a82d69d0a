"""Calls somebody back when a module has been imported, whoever imports it and however; costs nothing until then."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict

Callback = Callable[[Any], None]

_waiting: Dict[str, Callback] = {}


def after_import(name: str, callback: Callback) -> None:
    """Calls back with the module as soon as it has run, and at once if it has already."""
    module = sys.modules.get(name)
    if module is not None:
        callback(module)
        return
    _waiting[name] = callback
    if not any(type(finder) is _Finder for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds the modules that somebody waits for as Python itself would, with a loader that calls back."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _waiting:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader:
    """Stands in for a module's loader until the module has run."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        callback = _waiting.pop(module.__name__, None)
        if callback is not None:
            try:
                callback(module)
            except Exception:
                # A version of the module that is not what we thought it was: it works as it came.
                pass
