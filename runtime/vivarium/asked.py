"""Asking one object for all its forms, after IPython's rules.

Everything asked here is the cell's own code. What it raises costs one form, which is noted; only what ends a cell (an
interrupt, an exit) passes through.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple

from . import figures, tables
from .lookup import is_class
from .mime import Unfit, form_of, is_mime
from .text import cut, type_name

# As many as the protocol lets through, the plain text included.
MOST_FORMS = 20
_NOTE_CHARS = 300

# IPython's table: what an object is asked for, in the order in which the forms are kept when space runs out.
_METHODS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("text/latex", "_repr_latex_"),
    ("application/json", "_repr_json_"),
)

# An object that has this has everything, like a mock, and so has nothing to say.
_CANARY = "_ipython_canary_method_should_not_exist_"


class Form(NamedTuple):
    """A form as the wire has it, and the bytes that it takes there."""

    data: Any
    size: int


class Asked:
    """What one object said when it was asked for its forms, and what is to be said about those it could not give."""

    def __init__(self, value: Any, include: Any, exclude: Any, limit: int) -> None:
        self.forms: Dict[str, Any] = {}
        self.notes: List[str] = []
        self._value = value
        self._include, self._exclude = include, exclude
        self._limit = limit
        # Classes are not asked, nor is what answers to every name.
        self._is_mute = is_class(value) or _attribute(value, _CANARY) is not None

    def displays_itself(self) -> bool:
        """Whether the object took the matter into its own hands."""
        method = self._method("_ipython_display_")
        if method is None:
            return False
        try:
            method()
            return True
        except NotImplementedError:
            return False
        except Exception as error:
            self.notes.append(f"[_ipython_display_ raised {told(error)}]")
            return False

    def ask(self) -> None:
        bundle = self._method("_repr_mimebundle_")
        if bundle is not None:
            forms = self._called("_repr_mimebundle_", bundle, include=self._include, exclude=self._exclude)
            if forms is not None:
                self.keep("_repr_mimebundle_", forms)
        for mime, make in (*figures.forms(self._value, self._limit), *tables.forms(self._value, self._limit)):
            if self._wants(mime):
                self._offer(mime, self._called(mime, make))
        for mime, name in _METHODS:
            method = self._method(name) if self._wants(mime) else None
            if method is not None:
                self._offer(mime, self._called(name, method))

    def keep(self, name: str, forms: Any) -> None:
        """Takes over a dict of forms, or one with a second dict of metadata, which nobody here shows."""
        if isinstance(forms, tuple) and tuple.__len__(forms) == 2:
            forms = tuple.__getitem__(forms, 0)
        if not isinstance(forms, dict):
            self.notes.append(f"[{name} gave no dict but {type_name(forms)}]")
            return
        for mime, data in list(dict.items(forms))[: 2 * MOST_FORMS]:
            mime = str.__getitem__(mime, slice(None)) if isinstance(mime, str) else mime
            if not is_mime(mime):
                self.notes.append(f"[{name} gave a form without a proper name]")
            elif self._wants(mime):
                self._offer(mime, data)

    def note(self, mime: str, why: str) -> None:
        self.notes.append(f"[{mime} left out: {cut(why, _NOTE_CHARS)}]")

    def _wants(self, mime: str) -> bool:
        if mime in self.forms:
            return False
        try:
            return (not self._include or mime in self._include) and not (self._exclude and mime in self._exclude)
        except TypeError:
            return True

    def _offer(self, mime: str, data: Any) -> None:
        if isinstance(data, tuple) and tuple.__len__(data) == 2 and isinstance(tuple.__getitem__(data, 1), dict):
            data = tuple.__getitem__(data, 0)
        if data is None:
            return
        if mime == "text/plain" and isinstance(data, str):
            # Text is cut where other forms are left out.
            self.forms[mime] = str.__getitem__(data, slice(None))
            return
        try:
            form = Form(*form_of(mime, data, self._limit))
            self.forms[mime] = form.data if mime == "text/plain" else form
        except Unfit as error:
            self.note(mime, str(error))

    def _method(self, name: str) -> Any:
        method = None if self._is_mute else _attribute(self._value, name)
        return method if callable(method) else None

    def _called(self, name: str, method: Callable[..., Any], **options: Any) -> Any:
        try:
            return method(**options)
        except NotImplementedError:
            return None
        except Exception as error:
            self.notes.append(f"[{name} raised {told(error)}]")
            return None


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:
        return None


def told(error: Exception) -> str:
    """An exception as one line, whatever its own methods do."""
    try:
        message = cut(str(error), _NOTE_CHARS)
    except Exception:
        message = ""
    name = type_name(error)
    return f"{name}: {message}" if message else name
