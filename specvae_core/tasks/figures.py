"""Figures as tables of what they draw, and recipes that draw them again: the map of a survey, and one spectrum.

Tracks and explanations have recipes of their own in `recipes`.
"""

import numpy as np
import pandas as pd

from ..data.filters import Filter
from ..errors import BadConfig
from ..workspace import Workspace
from .object_columns import object_columns
from .recipes import hashes_of_table, recipe_header, selection_recipe

DIGITS = 5
"""Significant digits of values that are compared: the last ones differ between machines."""


def map_table(workspace: Workspace, survey_id: str, model_id: str, x: str, y: str, colour: str = "") -> pd.DataFrame:
    """What a map of a survey draws, a row for each object.

    Parameters
    ----------
    workspace
        Holds survey and model.
    survey_id, model_id
        Ids.
    x, y
        Columns or expressions, see `object_columns`: ``component_1``, ``log10(oiii_5007 / h_beta)``.
    colour
        A column; empty where all objects have one colour.

    Returns
    -------
    table
        ``id, x, y``, and ``colour`` where there is one.

    Raises
    ------
    BadConfig, NotFound
        An expression cannot be evaluated, or there is no such column.
    """
    columns = object_columns(workspace, survey_id, model_id)
    table = pd.DataFrame({"id": workspace.survey(survey_id).ids})
    table["x"], table["y"] = (Filter.of(text).numbers(columns).astype(np.float32) for text in (x, y))
    if colour:
        if colour not in columns:
            raise BadConfig(f"A recipe cannot colour by {colour}: colour by a column that filters know, such as class.")
        table["colour"] = np.asarray(columns[colour])
    return table


def spectrum_table(workspace: Workspace, survey_id: str, model_id: str, object_id: str) -> pd.DataFrame:
    """What the figure of a spectrum draws, a row for each pixel.

    Parameters
    ----------
    workspace, survey_id, model_id
        As `map_table` takes them.
    object_id
        The object.

    Returns
    -------
    table
        ``wavelength`` in the unit of the grid, Angstrom in the rest frame for spectra; ``flux`` and ``error`` as the
        survey keeps them, NaN where unseen; ``reconstruction`` by the model.
    """
    survey, model = workspace.survey(survey_id), workspace.model(model_id)
    row = int(survey.rows_of([object_id])[0])
    one, encoding = survey.row(row), workspace.encoding(model_id, survey_id)
    latents = model.encode(one) if encoding is None else encoding.latents[row : row + 1]
    seen = one.seen[0]
    return pd.DataFrame(
        {
            "wavelength": survey.grid.wavelength,
            "flux": np.where(seen, one.flux[0], np.nan),
            "error": np.where(seen, 1 / np.sqrt(np.where(seen, one.ivar[0], 1)), np.nan),
            "reconstruction": model.decode_like(one, latents)[0],
        }
    )


def figure_values(table: pd.DataFrame) -> pd.DataFrame:
    """The table of a figure with numbers to `DIGITS` digits of its largest ones, for hashes."""
    return table.apply(lambda column: _rounded(column) if column.dtype.kind == "f" else column)


def _rounded(column: pd.Series) -> pd.Series:
    largest = np.nanmax(np.abs(column.where(np.isfinite(column)))) if np.isfinite(column).any() else 0.0
    decimals = DIGITS - 1 - int(np.floor(np.log10(largest))) if largest else 0
    return column.astype(float).round(decimals) + 0.0  # no minus before a zero


def map_recipe(
    workspace: Workspace,
    survey_id: str,
    model_id: str,
    x: str,
    y: str,
    colour: str = "",
    *,
    rows: np.ndarray,
    where: str = "",
) -> dict[str, object]:
    """Recipe of a map.

    Parameters
    ----------
    workspace, survey_id, model_id, x, y, colour
        As `map_table` takes them.
    rows, where
        The selected objects, as `selection_recipe` takes them; none where nothing is selected.
    """
    table = map_table(workspace, survey_id, model_id, x, y, colour)
    recipe = selection_recipe(workspace, survey_id, rows, where, model_id)
    recipe |= {"kind": "figure", "figure": "map", "x": x, "y": y, "colour": colour, "points": len(table)}
    recipe["columns"] = hashes_of_table(figure_values(table))
    arguments = f"workspace, {survey_id!r}, {model_id!r}, {x!r}, {y!r}, {colour!r}"
    drawing = _MAP_COLOURED if colour else _MAP
    return recipe | {"python": _START.format(name="map_table", arguments=arguments, x=x, y=y) + drawing + _END}


def spectrum_recipe(workspace: Workspace, survey_id: str, model_id: str, object_id: str) -> dict[str, object]:
    """Recipe of the figure of one spectrum; arguments as `spectrum_table` takes them."""
    table = spectrum_table(workspace, survey_id, model_id, object_id)
    recipe = recipe_header(workspace, "figure", survey_id, model_id)
    recipe |= {"figure": "spectrum", "object": object_id, "n": len(table)}
    recipe["columns"] = hashes_of_table(figure_values(table))
    arguments = f"workspace, {survey_id!r}, {model_id!r}, {object_id!r}"
    start = _START.format(name="spectrum_table", arguments=arguments, x="wavelength", y="flux")
    return recipe | {"python": start + _SPECTRUM + _END}


_START = """\
from bokeh.plotting import figure, output_file, save

from specvae_core.tasks.figures import {name}
from specvae_core.workspace import Workspace

workspace = Workspace.open('W')  # the folder of the workspace
table = {name}({arguments})
drawn = figure(x_axis_label={x!r}, y_axis_label={y!r})
"""

_MAP = "drawn.scatter('x', 'y', source=dict(table.items()), size=3)\n"

_MAP_COLOURED = """\
from bokeh.transform import factor_cmap, linear_cmap

numbers = table['colour'].dtype.kind in 'fiu'
words = [] if numbers else sorted(table['colour'].astype(str).unique())
if numbers:
    colour = linear_cmap('colour', 'Viridis256', *table['colour'].quantile([0.01, 0.99]))
else:
    colour = factor_cmap('colour', (['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'] * 40)[: len(words)], words)
drawn.scatter('x', 'y', source=dict(table.items()), size=3, color=colour)
"""

_SPECTRUM = """\
drawn.line('wavelength', 'flux', source=dict(table.items()), color='grey')
drawn.line('wavelength', 'reconstruction', source=dict(table.items()), color='firebrick')
"""

_END = "output_file('figure.html')\nsave(drawn)\n"
