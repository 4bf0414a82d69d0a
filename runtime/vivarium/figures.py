"""Figures of matplotlib as PNG: shown when a cell ends or asks for it, in the order of their numbers, then closed.

matplotlib is never imported here, only met: nothing of this runs in a session that does not use it.
"""

from __future__ import annotations

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
# What is drawn outside of a figure's own frame (a legend beside it) belongs to the picture, up to this many times its size.
_MOST_GROWTH = 3
_PAD_INCHES = 0.1


def forms(value: Any, limit: int) -> Iterator[Tuple[str, Callable[[], bytes]]]:
    """The forms that a figure has besides its plain text; none for anything else."""
    if _is_figure(value):
        yield "image/png", lambda: _png(value, limit)


class Figures:
    """The open figures of a session's pyplot; `display` is the session's own."""

    def __init__(self, display: Any) -> None:
        self._display = display
        # The pictures that figures had when they were displayed by name, so that none is shown twice.
        self._shown: Dict[int, str] = {}

    def watch(self) -> None:
        """Has pyplot work without a screen as soon as it is imported."""
        after_import("matplotlib", _choose_backend)
        after_import("matplotlib.pyplot", self._adopt)

    def displayed(self, value: Any, bundle: Any) -> None:
        """Remembers a figure that was displayed by name, as it was then."""
        for form in bundle if _is_figure(value) else ():
            if form["mime"] == "image/png":
                self._shown[id(value)] = form["data"]

    def flush(self) -> None:
        """Shows every open figure that has not been shown as it is, and closes them all."""
        try:
            for figure in _open_figures():
                self._show(figure)
        finally:
            # Also when somebody interrupts: they would be the next cell's figures.
            self.discard()

    def discard(self) -> None:
        """Closes every open figure without drawing it."""
        self._shown.clear()
        if _open_figures():
            sys.modules["matplotlib._pylab_helpers"].Gcf.destroy_all()

    def _show(self, figure: Any) -> None:
        if _is_empty(figure):
            return
        bundle = self._display.bundle_of(figure)
        known = self._shown.get(id(figure))
        if known is None or not any(form["data"] == known for form in bundle):
            self._display.send(bundle)

    def _adopt(self, pyplot: Any) -> None:
        def show(*args: Any, **options: Any) -> None:
            """Shows all open figures now. With `block=False` they stay open, and are shown when the cell ends."""
            if options.get("block", args[0] if args else None) is not False:
                self.flush()

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
    from matplotlib.backends.backend_agg import RendererAgg

    whole = figure.bbox_inches
    if hasattr(figure, "draw_without_rendering"):
        # Layouts are only worked out when a figure is drawn.
        figure.draw_without_rendering()
    dpi = figure.dpi
    renderer = RendererAgg(max(1, int(whole.width * dpi)), max(1, int(whole.height * dpi)), dpi)
    box = figure.get_tightbbox(renderer).padded(_PAD_INCHES)
    sane = 0 < box.width <= whole.width * _MOST_GROWTH and 0 < box.height <= whole.height * _MOST_GROWTH
    return box if sane else whole
