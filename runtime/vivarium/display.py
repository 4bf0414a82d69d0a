"""Rich results: the forms of objects as bounded bundles, sent when a cell displays them or ends with them.

A form that an object could not give, or that is too large, is left out, and the end of the plain text says so.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import figures
from .asked import MOST_FORMS, Asked, told
from .lookup import is_exactly
from .mime import bounded_text
from .text import type_name

Bundle = List[Dict[str, Any]]

_TEXT_CHARS = 100_000

# Exactly these show themselves as text alone, which most cells' values are.
_PLAIN = (
    *(type(None), int, str, float, list, dict, tuple, bool, set, bytes, complex, frozenset, bytearray, range),
    *(type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType),
)


class Display:
    """Makes bundles of objects and sends them; a bundle takes `budget` bytes at most, one form half of them."""

    def __init__(self, send_bundle: Callable[[Bundle], None], budget: int) -> None:
        self._send_bundle = send_bundle
        self._budget = max(4096, budget)
        self.pictures = figures.Pictures()

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
                self.pictures.add(value, bundle)
        return None if display_id is None else Handle(self)

    def bundle_of(self, value: Any) -> Bundle:
        """The forms of a value, the plain text first; none for an object that has displayed itself."""
        return self._bundle(value, None, None, None)[0]

    def rich(self, value: Any, text: Optional[str] = None) -> Optional[Bundle]:
        """The forms of a cell's last value, if there is more to it than its plain text, or something to say about it.

        `text` is its repr, where somebody has made it already.
        """
        if is_exactly(value, _PLAIN):
            return None
        bundle, is_rich = self._bundle(value, text, None, None)
        return bundle if bundle and is_rich and not self.pictures.has(value, bundle) else None

    def send(self, bundle: Bundle) -> None:
        """Sends a bundle after what was printed before it."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        self._send_bundle(bundle)

    def _bundle(self, value: Any, text: Optional[str], include: Any, exclude: Any) -> Tuple[Bundle, bool]:
        asked = Asked(value, include, exclude, self._budget // 2)
        if asked.displays_itself():
            return [], False
        asked.ask()
        given = asked.forms.pop("text/plain", None)
        if given is None:
            given = _repr(value) if text is None else text
        return self._fitted(given, asked), bool(asked.forms or asked.notes)

    def _raw(self, forms: Any) -> Bundle:
        asked = Asked(None, None, None, self._budget // 2)
        asked.keep("raw", forms)
        text = asked.forms.pop("text/plain", None)
        if text is None and asked.forms and not asked.notes:
            return self._fitted(None, asked)
        return self._fitted(text or "", asked)

    def _fitted(self, text: Optional[str], asked: Asked) -> Bundle:
        bundle: Bundle = []
        left = self._budget - self._budget // 4
        for mime, (data, size) in asked.forms.items():
            if size > left or len(bundle) == MOST_FORMS - 1:
                asked.note(mime, f"{size} bytes, and the others have taken the space")
                continue
            left -= size
            bundle.append({"mime": mime, "data": data})
        if text is None and not asked.notes:
            return bundle
        # Head and tail are what a cut leaves: the notes are at the end.
        shown = bounded_text(text or "", min(self._budget // 8, _TEXT_CHARS), self._budget // 8)
        said = bounded_text("\n".join([shown, *asked.notes]).lstrip("\n"), self._budget // 4, self._budget // 4)
        return [{"mime": "text/plain", "data": said}, *bundle]


class Handle:
    """What `display(..., display_id=...)` returns. Nothing here changes what was shown: an update is shown anew."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def display(self, value: Any, **options: Any) -> None:
        self._display.display(value, **options)

    update = display


def _repr(value: Any) -> str:
    try:
        # A subclass of str may not even know that it is not empty.
        return str.__getitem__(repr(value), slice(None))
    except Exception as error:
        return f"<{type_name(value)} object: its repr raised {told(error)}>"
