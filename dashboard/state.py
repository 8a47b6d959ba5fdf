"""What one browser tab is looking at: ids and numbers only, and all of it in the address of the page."""

from urllib.parse import parse_qs, urlencode

import numpy as np
import param

URL_VERSION = "1"
_LONGEST_SELECTION = 600  # characters in the address; a larger selection is not kept there


class SessionState(param.Parameterized):
    """The state of one session. Widgets and pages watch it; it holds no survey, model or figure."""

    page = param.String("explore", doc="Name of the page that is shown.")
    survey_id = param.String("", doc="Survey looked at; empty where there is none.")
    model_id = param.String("", doc="Model looked at; empty where there is none.")
    shown = param.List([], item_type=int, doc="Latents drawn in the corner plot, up to six, counted from 0.")
    axes = param.Selector(default="components", objects=["components", "latents"], doc="What the maps show.")
    focus = param.NumericTuple((0, 1), doc="Latents on the x and y axis of the focus map, counted from 0.")
    colour_by = param.String("class", doc="Catalogue column that colours the points.")
    hidden = param.List([], item_type=str, doc="Classes switched off in the legend.")
    picked = param.String("", doc="Id of the object whose spectrum is shown.")
    selection = param.Array(np.empty(0, np.int32), doc="Selected rows of the survey, rising, int32.")
    tab = param.String("spectrum", doc="Tab of the Explore page that is shown.")
    compare = param.String("errors", doc="View of the Compare page that is shown.")
    compared = param.List([], item_type=str, doc="Models that the Compare page shows on one object.")
    zoom = param.String("", doc="Stretch of the spectrum that the Compare page looks at; empty for all of it.")
    problem = param.String("", doc="What is done to the spectrum on the Reconstruct page, in words.")
    reconstruction = param.String("", doc="Reconstruction that is shown; empty for none.")
    label = param.String("", doc="Label that the Labels page looks at.")
    larger = param.Boolean(False, doc="Whether the tracks take the place of the map as well.")
    track = param.String("", doc="Track that is shown; empty for none.")
    overlay = param.String("", doc="Survey laid over the map, as a result of kind overlays; empty for none.")
    theme = param.Selector(default="light", objects=["light", "dark"])


def to_query(state: SessionState) -> str:
    """The whole state as the query of an address, beginning with ``?``."""
    selection = rows_to_text(state.selection)
    items = {
        "v": URL_VERSION,
        "page": state.page,
        "survey": state.survey_id,
        "model": state.model_id,
        "shown": ",".join(map(str, state.shown)),
        "focus": ",".join(map(str, state.focus)),
        "axes": state.axes,
        "track": state.track,
        "larger": "1" if state.larger else "",
        "overlay": state.overlay,
        "colour": state.colour_by,
        "hidden": list(state.hidden) or "",
        "object": state.picked,
        "selection": selection if len(selection) <= _LONGEST_SELECTION else "",
        "tab": state.tab,
        "compare": state.compare,
        "compared": list(state.compared) or "",
        "zoom": state.zoom,
        "label": state.label,
        "problem": state.problem,
        "reconstruction": state.reconstruction,
    }
    return "?" + urlencode(items, doseq=True)


def from_query(query: str) -> dict[str, object]:
    """Values for `SessionState` out of an address; what is missing, malformed or of another version is left out."""
    items = parse_qs(query.lstrip("?"), keep_blank_values=False)
    if items.get("v", [URL_VERSION])[0] != URL_VERSION:
        return {}
    text = {"page": "page", "survey": "survey_id", "model": "model_id", "colour": "colour_by", "object": "picked"}
    values: dict[str, object] = {name: items[key][0] for key, name in (text | {"tab": "tab"}).items() if key in items}
    plain = ("track", "overlay", "compare", "zoom", "label", "problem", "reconstruction")
    values |= {name: items[name][0] for name in plain if name in items}
    if "compared" in items:
        values["compared"] = items["compared"]
    if "hidden" in items:
        values["hidden"] = items["hidden"]
    for key in ("shown", "focus"):
        numbers = _integers(items.get(key, [""])[0])
        if numbers and (key == "shown" or len(numbers) == 2):
            values[key] = numbers if key == "shown" else tuple(numbers)
    if items.get("axes", [""])[0] in ("components", "latents"):
        values["axes"] = items["axes"][0]
    if items.get("larger") == ["1"]:
        values["larger"] = True
    rows = text_to_rows(items.get("selection", [""])[0])
    if len(rows):
        values["selection"] = rows
    return values


def rows_to_text(rows: np.ndarray) -> str:
    """Rising rows as runs: ``[3, 4, 5, 9]`` becomes ``3-5,9``."""
    if len(rows) == 0:
        return ""
    breaks = np.flatnonzero(np.diff(rows) != 1)
    starts, stops = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
    return ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in zip(starts, stops, strict=True))


def text_to_rows(text: str) -> np.ndarray:
    """(n,) int32, what `rows_to_text` wrote; nothing at all where the text is malformed."""
    rows: list[np.ndarray] = []
    for run in filter(None, text.split(",")):
        ends = _integers(run.replace("-", ","))
        if not ends or len(ends) > 2 or ends[-1] < ends[0] or ends[-1] - ends[0] > 10_000_000:
            return np.empty(0, np.int32)
        rows.append(np.arange(ends[0], ends[-1] + 1, dtype=np.int32))
    return np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int32)


def _integers(text: str) -> list[int]:
    parts = text.split(",")
    return [int(part) for part in parts] if all(part.isascii() and part.isdigit() for part in parts) else []
