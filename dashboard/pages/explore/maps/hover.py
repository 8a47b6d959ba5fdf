"""What the focus map says of the object under the pointer."""

import math

import numpy as np

from dashboard.colouring import UNCLASSIFIED
from dashboard.widgets.scatter_map import ScatterMap

from ..strip import small_curves
from ..view import MapView

REACH = 14.0
"""Pixels of the screen within which the pointer finds an object."""


def object_near(view: MapView, scatter: ScatterMap, x: float, y: float) -> dict[str, object] | None:
    """The object near a point of the map, for a `HoverCard`: id, class, redshift and a small spectrum."""
    row = None if view.map is None else scatter.row_near(x, y, REACH)
    if row is None:
        return None
    places = scatter.places(np.array([row]))
    return {
        "x": float(places[0][0]), "y": float(places[1][0]), "id": view.map.id_of(row), "lines": _lines(view, row),
        "points": _curve(view, row),
    }  # fmt: skip


def _lines(view: MapView, row: int) -> list[dict[str, str]]:
    """The class, the value that colours the map, and the redshift, where they are known."""
    colouring, lines = view.colouring, []
    record = view.map.table.take([row]).iloc[0].dropna()
    if not colouring.numeric and colouring.column:
        own = str(record.get(colouring.column, "")) or UNCLASSIFIED
        lines.append({"text": own, "colour": colouring.colours[colouring.names[colouring.codes[row]]]})
    elif record.get("class"):
        lines.append({"text": str(record["class"])})
    if colouring.numeric and math.isfinite(colouring.values[row]) and colouring.column != "z":
        lines.append({"text": f"{colouring.column} = {colouring.values[row]:.4g}".replace("-", "−")})
    if isinstance(record.get("z"), (float, np.floating)):
        lines.append({"text": f"z = {record['z']:.5f}".replace("-", "−")})
    return lines


def _curve(view: MapView, row: int) -> str:
    survey = view.session.workspace.survey(view.map.survey_id)
    return small_curves(survey.row(row))[0]
