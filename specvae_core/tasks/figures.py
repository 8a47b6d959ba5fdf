"""Figures as tables of what they draw, and recipes that draw them again; `FIGURES` lists all.

The tables of the map and of one spectrum are here, those of the other pages in `page_tables`. Tracks and explanations
have recipes of their own in `recipes`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import pandas as pd

from ..data.filters import Filter
from ..errors import BadConfig
from ..results import Result
from ..workspace import Workspace
from .object_columns import object_columns
from .recipes import hashes_of_table, model_hash, recipe_header, selection_recipe

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
    drawing, labels = _MAP_COLOURED if colour else _MAP, f"x_axis_label={x!r}, y_axis_label={y!r}"
    return recipe | {"python": _START.format(name="map_table", arguments=arguments, labels=labels) + drawing + _END}


def figure_recipe(
    workspace: Workspace,
    figure: str,
    survey_id: str,
    model_id: str | None,
    table: pd.DataFrame | None = None,
    **arguments: object,
) -> dict[str, object]:
    """Recipe of a figure without a selection.

    Parameters
    ----------
    workspace
        Holds survey and model.
    figure
        Its name in `FIGURES`.
    survey_id, model_id
        Ids.
    table
        What it draws, where that is at hand.
    **arguments
        The `Figure.keys` of the figure, JSON.
    """
    table = figure_table(workspace, figure, survey_id, model_id, **arguments) if table is None else table
    recipe = recipe_header(workspace, "figure", survey_id, model_id)
    recipe |= {"figure": figure, **arguments, "n": len(table)}
    recipe["columns"] = hashes_of_table(figure_values(table))
    others = [name for name in arguments.get("models", ()) if name != model_id]
    recipe["others"] = {name: model_hash(workspace, name) for name in others}
    given = f"workspace, {figure!r}, {survey_id!r}, {model_id!r}"
    given += "".join(f", {key}={value!r}" for key, value in arguments.items())
    start = _START.format(name="figure_table", arguments=given, labels="")
    return recipe | {"python": start + FIGURES[figure].drawing + _END}


def rows_recipe(
    workspace: Workspace, result: Result, shown: Sequence[str], models: Sequence[str] = ()
) -> dict[str, object]:
    """Recipe of a figure of the rows of a result, see `page_tables.rows_table`, which come from these models."""
    asked = {"of": str(result.kind), "result": result.id, "shown": list(shown)}
    recipe = figure_recipe(workspace, "rows", result.header["survey"], None, **asked)
    return recipe | {"others": {name: model_hash(workspace, name) for name in models}}


def solution_recipe(workspace: Workspace, result: Result) -> dict[str, object]:
    """Recipe of the figure of a kept solution of an inverse problem; a replay solves the problem once more.

    Raises
    ------
    BadConfig
        The spectrum was uploaded, so that no survey keeps it, or the search was stopped.
    """
    header = result.header
    if not header.get("survey"):
        raise BadConfig("A recipe needs the spectrum in a survey, and this one was uploaded: add it under Data.")
    if header.get("state", "finished") != "finished":
        raise BadConfig("The search was stopped, which no recipe can repeat: run it to its end.")
    asked = {name: header[name] for name in ("problem", "method", "starts", "seed", "weight")}
    from .page_tables import curves_of_solution  # PyTorch, which the search has needed already

    table, names = curves_of_solution(workspace, result), (header["survey"], header["model"])
    return figure_recipe(workspace, "solution", *names, table, object=str(header["ids"][0]), **asked)


def figure_table(
    workspace: Workspace, figure: str, survey_id: str, model_id: str | None, **arguments: object
) -> pd.DataFrame:
    """What a figure draws; arguments as `figure_recipe` takes them.

    Raises
    ------
    BadConfig
        There is no figure of that name, or an argument is missing.
    """
    if figure not in FIGURES or not set(FIGURES[figure].keys) <= set(arguments):
        raise BadConfig(f"There is no figure {figure!r} of {', '.join(arguments) or 'nothing'}: make its recipe again.")
    chosen = FIGURES[figure]
    return chosen.function()(workspace, survey_id, model_id, *(arguments[key] for key in chosen.keys))


@dataclass(frozen=True)
class Figure:
    """How a figure is made from a recipe.

    Parameters
    ----------
    table
        Function that is called with workspace, ids of survey and model, and the values of the keys, as ``module:name``
        in this package. It is imported when it is first called, since some need PyTorch.
    keys
        Entries of the recipe.
    drawing
        Lines of Python that draw ``table`` on ``drawn``.
    """

    table: str
    keys: tuple[str, ...]
    drawing: str

    def function(self) -> Callable[..., pd.DataFrame]:
        """The function itself."""
        module, name = self.table.split(":")
        return getattr(import_module(f".{module}", __package__), name)


_START = """\
from bokeh.plotting import figure, output_file, save

from specvae_core.tasks.figures import {name}
from specvae_core.workspace import Workspace

workspace = Workspace.open('W')  # the folder of the workspace
table = {name}({arguments})
drawn = figure({labels})
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

_LINES = """\
x = table.columns[0]
curves = [name for name in table.columns[1:] if name not in ('error', 'sigma', 'hidden', 'derivative')]
colours = ['grey', 'firebrick', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#d55e00'] * len(curves)
for name, colour in zip(curves, colours):
    drawn.line(table[x], table[name].astype(float), color=colour, legend_label=name)
drawn.xaxis.axis_label = x
"""

_ROWS = """\
x, y = table.columns[:2]
words = table[x].dtype.kind not in 'fiu'
drawn = figure(x_range=list(table[x].unique()), x_axis_label=x, y_axis_label=y) if words else drawn
drawn.scatter(table[x], table[y], size=8)
"""

_END = "output_file('figure.html')\nsave(drawn)\n"


def _points(x: str, y: str) -> str:
    """Lines that draw a column against another one."""
    return (
        f"drawn.scatter({x!r}, {y!r}, source=dict(table.items()), size=4)\n"
        f"drawn.xaxis.axis_label, drawn.yaxis.axis_label = {x!r}, {y!r}\n"
    )


FIGURES = {
    "map": Figure("figures:map_table", ("x", "y", "colour"), _MAP),
    "spectrum": Figure("figures:spectrum_table", ("object",), _LINES),
    "labels": Figure("page_tables:label_table", ("label",), _points("catalogue", "predicted")),
    "diagram": Figure("page_tables:diagram_table", ("x", "y", "colour", "source"), _points("x", "y")),
    "spectrum from labels": Figure("page_tables:emulator_table", ("labels", "label"), _LINES),
    "redshifts": Figure("page_tables:redshift_table", (), _points("z_spec", "z_phot_marginal")),
    "p(z)": Figure("page_tables:density_table", ("object",), _LINES),
    "n(z)": Figure("page_tables:tomography_table", ("bins",), _LINES),
    "endmembers": Figure("page_tables:endmember_table", ("fractions", "object"), _LINES),
    "abundances": Figure("page_tables:abundance_table", (), "table = table.iloc[:, 1:]\n" + _ROWS),
    "models": Figure("page_tables:models_table", ("object", "models"), _LINES),
    "rows": Figure("page_tables:rows_table", ("of", "result", "shown"), _ROWS),
    "solution": Figure(
        "page_tables:solution_table", ("object", "problem", "method", "starts", "seed", "weight"), _LINES
    ),
}
"""All figures by the names that recipes have for them."""
