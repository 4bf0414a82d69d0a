"""Figures of matplotlib as PNG: shown when a cell ends or asks for it, in the order of their numbers, then closed.

matplotlib is never imported here, only met: nothing of this runs in a session that does not use it.
"""

from __future__ import annotations

import _weakref
import io
import os
import sys
from typing import Any, Callable, Dict, Iterator, List, Tuple

from .after_import import after_import
from .lookup import is_a

# Sides and area of a picture, whatever its figure asks for; 4 million pixels are a full screen twice over.
_MOST_PIXELS = 4_000_000
_LONGEST_SIDE = 8000
_MOST_DPI = 300
_LEAST_DPI = 30
# Below that there are no letters at all, which the font library takes for an error.
_COARSEST_DPI = 10
# What is drawn beside a figure's own frame, such as a legend, belongs to the picture, up to this many times its size.
_MOST_GROWTH = 3
_PAD_INCHES = 0.1


def forms(value: Any, limit: int) -> Iterator[Tuple[str, Callable[[], bytes]]]:
    """The forms that a figure has besides its plain text; none for anything else."""
    if _is_figure(value):
        yield "image/png", lambda: _png(value, limit)


class Pictures:
    """What figures looked like when this cell showed them, so that none is shown twice as it was."""

    def __init__(self) -> None:
        # By identity, with what tells whether that is still the same figure.
        self._shown: Dict[int, Tuple[Any, int]] = {}

    def add(self, value: Any, bundle: Any) -> None:
        """Remembers a bundle that was sent; what is no figure may be shown as often as one likes."""
        picture = _picture(value, bundle)
        if picture is not None:
            self._shown[id(value)] = (_weakref.ref(value), hash(picture))

    def has(self, value: Any, bundle: Any) -> bool:
        """Whether a figure was shown with just this picture."""
        picture, known = _picture(value, bundle), self._shown.get(id(value))
        return picture is not None and known is not None and known[0]() is value and known[1] == hash(picture)

    def clear(self) -> None:
        self._shown.clear()


class Figures:
    """The open figures of a session's pyplot; `display` is the session's own."""

    def __init__(self, display: Any) -> None:
        self._display = display

    def watch(self) -> None:
        """Has pyplot work without a screen as soon as it is imported."""
        after_import("matplotlib", _choose_backend)
        after_import("matplotlib.pyplot", self._adopt)

    def displayed(self, value: Any, bundle: Any) -> None:
        """Says that a cell's last value was sent, so that a figure is not shown twice."""
        self._display.pictures.add(value, bundle)

    def flush(self) -> None:
        """Ends a cell: shows every open figure that has not been shown as it is, and closes them all."""
        try:
            self._show_all()
        finally:
            self._display.pictures.clear()

    def discard(self) -> None:
        """Ends a cell that was interrupted: closes every open figure without drawing it."""
        self._display.pictures.clear()
        _close_all()

    def _show_all(self) -> None:
        try:
            for figure in _open_figures():
                if not _is_empty(figure):
                    self._show(figure)
        finally:
            # Also when somebody interrupts: they would be the next cell's figures.
            _close_all()

    def _show(self, figure: Any) -> None:
        bundle = self._display.bundle_of(figure)
        if not self._display.pictures.has(figure, bundle):
            self._display.send(bundle)
            self._display.pictures.add(figure, bundle)

    def _adopt(self, pyplot: Any) -> None:
        def show(*args: Any, **options: Any) -> None:
            """Shows all open figures now. With `block=False` they stay open, and are shown when the cell ends."""
            if options.get("block", args[0] if args else None) is not False:
                self._show_all()

        pyplot.show = show


def _choose_backend(matplotlib: Any) -> None:
    # Otherwise it tries every toolkit that it knows, one import after the other.
    if "MPLBACKEND" not in os.environ:
        matplotlib.rcParams["backend"] = "agg"


def _open_figures() -> List[Any]:
    """The figures that pyplot has open, by their numbers."""
    managers = getattr(sys.modules.get("matplotlib._pylab_helpers"), "Gcf", None)
    try:
        return [manager.canvas.figure for _, manager in sorted(managers.figs.items())] if managers else []
    except Exception:
        # The cell has put something else in its place.
        return []


def _close_all() -> None:
    if _open_figures():
        sys.modules["matplotlib._pylab_helpers"].Gcf.destroy_all()


def _picture(value: Any, bundle: Any) -> Any:
    """The picture in the bundle of a figure; None for anything else."""
    forms = [form["data"] for form in bundle if form["mime"] == "image/png"] if _is_figure(value) else []
    return forms[0] if forms else None


def _is_figure(value: Any) -> bool:
    return is_a(value, "matplotlib.figure", "Figure")


def _is_empty(figure: Any) -> bool:
    """Whether nothing was drawn on it: `plt.figure()` before a library that makes a figure of its own leaves one."""
    try:
        return all(child is figure.patch for child in figure.get_children())
    except Exception:
        return False


def _png(figure: Any, limit: int) -> bytes:
    """Draws a figure with what stands out of it, in as many pixels as are allowed, and fewer if it takes too much."""
    dpi, size = figure.dpi, figure.get_size_inches()
    allowed = _dpi(*size, dpi)
    try:
        if allowed < _LEAST_DPI:
            # Somebody gave pixels where inches are asked for: a smaller figure, whose letters can be read.
            figure.set_size_inches(size * (allowed / _LEAST_DPI))
        # What is measured is measured as it will be drawn.
        figure.dpi = max(allowed, _LEAST_DPI)
        box = _box(figure)
        sharpness = _dpi(box.width, box.height, figure.dpi)
        while True:
            file = io.BytesIO()
            figure.savefig(file, format="png", dpi=sharpness, bbox_inches=box)
            sharpness /= 2
            # As base64 it takes a third more.
            if file.tell() * 4 // 3 + 6 <= limit or sharpness < _COARSEST_DPI:
                return file.getvalue()
    finally:
        figure.set_size_inches(size)
        figure.dpi = dpi


def _dpi(width: float, height: float, wanted: float) -> float:
    area = max(width * height, 1e-6)
    return min(wanted, _MOST_DPI, (_MOST_PIXELS / area) ** 0.5, _LONGEST_SIDE / max(width, height))


def _box(figure: Any) -> Any:
    """The part of the drawing that is shown, in inches: all that is drawn, unless something lies far away."""
    whole = figure.bbox_inches
    if hasattr(figure, "draw_without_rendering"):
        # Layouts are only worked out when a figure is drawn.
        figure.draw_without_rendering()
    agg = sys.modules.get("matplotlib.backends.backend_agg")
    if agg is None:
        return whole
    dpi = figure.dpi
    renderer = agg.RendererAgg(max(1, int(whole.width * dpi)), max(1, int(whole.height * dpi)), dpi)
    box = figure.get_tightbbox(renderer).padded(_PAD_INCHES)
    sane = 0 < box.width <= whole.width * _MOST_GROWTH and 0 < box.height <= whole.height * _MOST_GROWTH
    return box if sane else whole
