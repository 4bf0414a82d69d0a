"""Rich results: every form in which an object shows itself, after IPython's rules, bounded.

Everything asked here is the cell's own code. What it raises costs one form, which is left out and said so in the plain
text; only what ends a cell (an interrupt, an exit) passes through.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from . import figures, tables
from .mime import Unfit, bounded_text, form_of, is_mime
from .text import cut, type_name

Bundle = List[Dict[str, Any]]

# As many as the protocol lets through, the plain text included.
_MOST_FORMS = 20
_TEXT_CHARS = 100_000
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

# Exactly these show themselves as text alone, which most cells' values are.
_PLAIN = frozenset(
    (type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, slice)
    + (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.GeneratorType)
)


class Display:
    """Makes bundles of objects and sends them; a bundle takes `budget` bytes at most, one form half of them."""

    def __init__(self, send_bundle: Callable[[Bundle], None], budget: int) -> None:
        self._send_bundle = send_bundle
        self._budget = max(4096, budget)
        self.figures = figures.Figures(self)

    def display(
        self,
        *objects: Any,
        include: Any = None,
        exclude: Any = None,
        raw: bool = False,
        display_id: Any = None,
        **ignored: Any,
    ) -> Optional["Handle"]:
        """Shows objects in all their forms, as IPython's `display` does; `raw` takes dicts of forms as they are."""
        for value in objects:
            bundle = self._raw(value) if raw else self._bundle(value, None, include, exclude)[0]
            if bundle:
                self.send(bundle)
                self.figures.displayed(value, bundle)
        return None if display_id is None else Handle(self)

    def bundle_of(self, value: Any) -> Bundle:
        """The forms of a value, the plain text first; none for an object that has displayed itself."""
        return self._bundle(value, None, None, None)[0]

    def rich(self, value: Any, text: Optional[str] = None) -> Optional[Bundle]:
        """The forms of a cell's last value, if there is more to it than its plain text, or something to say about it.

        `text` is its repr, where somebody has made it already.
        """
        if type(value) in _PLAIN:
            return None
        bundle, is_rich = self._bundle(value, text, None, None)
        self.figures.displayed(value, bundle)
        return bundle if bundle and is_rich else None

    def send(self, bundle: Bundle) -> None:
        """Sends a bundle after what was printed before it."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        self._send_bundle(bundle)

    def _bundle(self, value: Any, text: Optional[str], include: Any, exclude: Any) -> Tuple[Bundle, bool]:
        asked = _Asked(value, include, exclude, self._budget // 2)
        if asked.displays_itself():
            return [], False
        asked.ask()
        given = asked.forms.pop("text/plain", None)
        if given is None:
            given = _repr(value) if text is None else text
        return self._fitted(given, asked), bool(asked.forms or asked.notes)

    def _raw(self, forms: Any) -> Bundle:
        asked = _Asked(None, None, None, self._budget // 2)
        asked.keep("raw", forms)
        text = asked.forms.pop("text/plain", None)
        if text is None and asked.forms and not asked.notes:
            return self._fitted(None, asked)
        return self._fitted(text or "", asked)

    def _fitted(self, text: Optional[str], asked: "_Asked") -> Bundle:
        bundle: Bundle = []
        left = self._budget - self._budget // 4
        for mime, (data, size) in asked.forms.items():
            if size > left or len(bundle) == _MOST_FORMS - 1:
                asked.note(mime, f"{size} bytes, and the others have taken the space")
                continue
            left -= size
            bundle.append({"mime": mime, "data": data})
        if text is None and not asked.notes:
            return bundle
        # The notes are the last thing to be cut.
        said = "\n".join([bounded_text(text or "", min(self._budget // 8, _TEXT_CHARS), self._budget // 8), *asked.notes])
        said = bounded_text(said.lstrip("\n"), self._budget // 4, self._budget // 4)
        return [{"mime": "text/plain", "data": said}, *bundle]


class _Form(NamedTuple):
    """A form as the wire has it, and the bytes that it takes there."""

    data: Any
    size: int


class _Asked:
    """What one object said when it was asked for its forms, and what is to be said about those it could not give."""

    def __init__(self, value: Any, include: Any, exclude: Any, limit: int) -> None:
        self.forms: Dict[str, Any] = {}
        self.notes: List[str] = []
        self._value = value
        self._include, self._exclude = include, exclude
        self._limit = limit
        # Classes are not asked, nor is what answers to every name.
        self._is_mute = issubclass(type(value), type) or _attribute(value, _CANARY) is not None

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
            self.notes.append(f"[_ipython_display_ raised {_told(error)}]")
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
        for mime, data in list(dict.items(forms))[: 2 * _MOST_FORMS]:
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
            self.forms[mime] = data
            return
        try:
            self.forms[mime] = _Form(*form_of(mime, data, self._limit))
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
            self.notes.append(f"[{name} raised {_told(error)}]")
            return None


class Handle:
    """What `display(..., display_id=...)` returns. Nothing here changes what was shown: an update is shown anew."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def display(self, value: Any, **options: Any) -> None:
        self._display.display(value, **options)

    update = display


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:
        return None


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<{type_name(value)} object: its repr raised {_told(error)}>"


def _told(error: Exception) -> str:
    try:
        message = cut(str(error), _NOTE_CHARS)
    except Exception:
        message = ""
    name = type_name(error)
    return f"{name}: {message}" if message else name
