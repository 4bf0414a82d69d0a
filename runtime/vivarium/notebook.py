"""The part of `IPython.display` that programs written for notebooks use, where IPython itself is not installed.

`from IPython.display import display, HTML` is what they write, and what they mean can be done without IPython. Nothing
else of it is here, and it says so. Where IPython is installed its own classes are used, and its `display` is ours.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any, Callable, Dict, Iterator, Optional

from .after_import import after_import

Display = Callable[..., Any]

_NAMES = ("IPython", "IPython.display")


def offer_notebook(display: Display) -> None:
    """Lets cells import `IPython.display`, whose `display` is this one."""

    def adopt(module: Any) -> None:
        module.display = display

    after_import("IPython.core.display_functions", adopt)
    # Last of all, so that an installed IPython is found first.
    sys.meta_path.append(_Notebook(display))


class _Notebook:
    """Finds and makes the two modules."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _NAMES or (path and name == "IPython.display"):
            return None
        return importlib.util.spec_from_loader(name, self, is_package=name == "IPython")  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        if module.__name__ == "IPython":
            module.__doc__ = "Not IPython: only its `display` module is here."
            # What libraries ask to find out whether they run in a notebook; they do not.
            module.get_ipython = lambda: None
            return
        module.__doc__ = "The part of IPython.display that is offered where IPython is not installed."
        module.display = self._display
        module.clear_output = lambda wait=False: None
        for offered in (DisplayObject, HTML, Markdown, Latex, Math, SVG, JSON, Pretty, Image):
            setattr(module, offered.__name__, offered)


class DisplayObject:
    """Data that shows itself in one form; `filename` is read at once."""

    _mime = "text/plain"
    _mode = "r"

    def __init__(self, data: Any = None, url: Optional[str] = None, filename: Any = None, **ignored: Any) -> None:
        if url is not None:
            raise ValueError("there is no network to load a display from; give its data")
        if filename is not None:
            with open(filename, self._mode, **({} if "b" in self._mode else {"encoding": "utf-8"})) as file:
                data = file.read()
        self.data = data
        self.filename = filename

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Dict[str, Any]:
        return {self._mime: self.data}

    def __repr__(self) -> str:
        return f"<IPython.core.display.{type(self).__name__} object>"


class Pretty(DisplayObject):
    """Plain text."""


class HTML(DisplayObject):
    """HTML, as it is."""

    _mime = "text/html"


class Markdown(DisplayObject):
    """Markdown, as it is."""

    _mime = "text/markdown"


class Latex(DisplayObject):
    """LaTeX, as it is."""

    _mime = "text/latex"


class Math(Latex):
    """A formula in LaTeX, without the dollars around it."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Dict[str, Any]:
        return {self._mime: f"$\\displaystyle {str(self.data).strip('$')}$"}


class SVG(DisplayObject):
    """An SVG picture as text."""

    _mime = "image/svg+xml"


class JSON(DisplayObject):
    """A value, or JSON text."""

    _mime = "application/json"


class Image(DisplayObject):
    """A picture: its bytes, or the name of its file."""

    _mode = "rb"

    def __init__(self, data: Any = None, url: Optional[str] = None, filename: Any = None, **ignored: Any) -> None:
        if data is not None and not isinstance(data, (bytes, bytearray)):
            data, filename = None, data
        super().__init__(data, url, filename)
        self._kind = next(_kinds_of(self.data or b""), None)
        if self._kind is None:
            raise ValueError("neither a PNG nor a JPEG, GIF or WebP picture")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Dict[str, Any]:
        return {f"image/{self._kind}": self.data}


def _kinds_of(data: Any) -> Iterator[str]:
    """What a picture's first bytes say that it is."""
    for mark, kind in ((b"\x89PNG\r\n", "png"), (b"\xff\xd8", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp")):
        if bytes(data[: len(mark)]) == mark:
            yield kind
