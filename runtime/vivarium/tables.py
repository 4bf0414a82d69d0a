"""Tables of pandas: their own HTML, kept short, and the first rows as data."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Iterator, List, Tuple

from .lookup import is_a

# What the data has at most; the rest is counted in it.
_MOST_ROWS = 500
_MOST_COLUMNS = 100
_MOST_CELLS = 10_000
_CELL_CHARS = 1000
# Rows and columns of the HTML, whatever the display options of pandas say.
_SHOWN = 200
_SHOWN_WHEN_LARGE = 20

_DATA = "application/vnd.dataresource+json"


def forms(value: Any, limit: int) -> Iterator[Tuple[str, Callable[[], Any]]]:
    """The forms that a table has besides its plain text; none for anything else."""
    if is_a(value, "pandas", "DataFrame"):
        yield "text/html", lambda: _html(sys.modules["pandas"], value, limit)
        yield _DATA, lambda: _data(value)


def _html(pandas: Any, frame: Any, limit: int) -> Any:
    text = _html_of(pandas, frame, _SHOWN)
    return _html_of(pandas, frame, _SHOWN_WHEN_LARGE) if isinstance(text, str) and len(text) > limit else text


def _html_of(pandas: Any, frame: Any, most: int) -> Any:
    """Its own HTML; `display.max_rows` of None, which programs like to set, would make it as long as the table."""
    options: List[Any] = []
    for option in ("display.max_rows", "display.max_columns"):
        allowed = pandas.get_option(option)
        if allowed is None or allowed > most:
            options += [option, most]
    if most == _SHOWN_WHEN_LARGE:
        options += ["display.max_colwidth", 50]
    if not options:
        return frame._repr_html_()
    with pandas.option_context(*options):
        return frame._repr_html_()


def _data(frame: Any) -> Dict[str, Any]:
    """A tabular data resource: https://specs.frictionlessdata.io/tabular-data-resource/"""
    rows, columns = frame.shape
    shown_columns = min(columns, _MOST_COLUMNS)
    shown = frame.iloc[: min(rows, _MOST_ROWS, max(1, _MOST_CELLS // max(1, shown_columns))), :shown_columns]
    index = [shown.index.get_level_values(level) for level in range(shown.index.nlevels)]
    names = _Names()
    key = [names.take(level.name, "index" if len(index) == 1 else f"level_{at}") for at, level in enumerate(index)]
    labels = [names.take(shown.columns[at], str(at)) for at in range(shown_columns)]
    series = [*index, *(shown.iloc[:, at] for at in range(shown_columns))]
    cells = [[_cell(value) for value in one.tolist()] for one in series]
    return {
        "schema": {
            "fields": [{"name": name, "type": _kind(one)} for name, one in zip(key + labels, series)],
            "primaryKey": key,
        },
        "data": [dict(zip(key + labels, row)) for row in zip(*cells)],
        "rows": rows,
        "omittedRows": rows - len(shown),
        "omittedColumns": columns - shown_columns,
    }


class _Names:
    """Names of fields: text, and each only once, as `read_csv` makes them."""

    def __init__(self) -> None:
        self._taken: Dict[str, int] = {}

    def take(self, label: Any, otherwise: str) -> str:
        if type(label) is tuple:
            label = ", ".join(str(part) for part in label)
        name = first = str(otherwise if label is None else label)[:_CELL_CHARS]
        while name in self._taken:
            self._taken[first] += 1
            name = f"{first}.{self._taken[first]}"
        self._taken[name] = 0
        return name


# By the letter that numpy has for a kind of type, which pandas' own types have too.
_KINDS = {"b": "boolean", "i": "integer", "u": "integer", "f": "number", "M": "datetime", "m": "duration"}


def _kind(series: Any) -> str:
    return _KINDS.get(getattr(series.dtype, "kind", "O"), "string")


def _cell(value: Any) -> Any:
    """A cell as JSON has it: missing is null, and what is no number, truth or text is text."""
    kind = type(value)
    if value is None or kind in (bool, int, float):
        return value
    if kind is str:
        return value if len(value) <= _CELL_CHARS else value[:_CELL_CHARS] + "..."
    if kind.__module__.startswith("pandas.") and kind.__name__ in ("NAType", "NaTType"):
        return None
    if kind.__name__ in ("Timestamp", "datetime", "date", "time", "Timedelta"):
        return value.isoformat()
    text = str(value)
    return text if len(text) <= _CELL_CHARS else text[:_CELL_CHARS] + "..."
