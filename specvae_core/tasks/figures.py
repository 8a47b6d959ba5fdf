"""Figures as tables of what they draw, and recipes that draw them again; `figure_kinds.FIGURES` lists all.

The tables of maps and of one spectrum are here, those of strips of small spectra in `strip_tables`, those of the other
pages in `page_tables` and `redshift_tables`.
Tracks and explanations have recipes of their own in `recipes`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..data.filters import Filter
from ..errors import BadConfig
from ..results import Result
from ..workspace import Workspace
from .colour_columns import colour_columns
from .figure_kinds import FIGURES
from .object_columns import object_columns
from .recipes import hashes_of_table, model_hash, recipe_header, rows_in_python, selection_recipe
from .select import choose

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
    return _coloured_points(workspace, survey_id, model_id, {"x": x, "y": y}, colour)


def corner_table(
    workspace: Workspace, survey_id: str, model_id: str, axes: Sequence[str], colour: str = ""
) -> pd.DataFrame:
    """What a corner plot of a survey draws, a row for each object.

    Parameters
    ----------
    workspace, survey_id, model_id, colour
        As `map_table` takes them.
    axes
        Columns or expressions, one for each axis.

    Returns
    -------
    table
        ``id``, the axes by their texts, and ``colour`` where there is one.
    """
    return _coloured_points(workspace, survey_id, model_id, {text: text for text in axes}, colour)


def _coloured_points(
    workspace: Workspace, survey_id: str, model_id: str, axes: Mapping[str, str], colour: str
) -> pd.DataFrame:
    """``id``, expressions by names, and ``colour``."""
    columns = object_columns(workspace, survey_id, model_id)
    values = {name: Filter.of(text).numbers(columns).astype(np.float32) for name, text in axes.items()}
    table = pd.DataFrame({"id": workspace.survey(survey_id).ids, **values})
    if colour in columns:
        table["colour"] = np.asarray(columns[colour])
    elif colour:
        others = colour_columns(workspace, survey_id, model_id)
        if colour not in others:
            raise BadConfig(f"{survey_id} has no column {colour} to colour by: take another one, such as class.")
        table["colour"] = others[colour]()
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


def figure_recipe(
    workspace: Workspace,
    figure: str,
    survey_id: str,
    model_id: str | None,
    table: pd.DataFrame | None = None,
    *,
    rows: np.ndarray | None = None,
    where: str = "",
    **arguments: object,
) -> dict[str, object]:
    """Recipe of a figure.

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
    rows, where
        The selected objects, as `selection_recipe` takes them, of a figure that shows them apart or no others.
    **arguments
        The `Figure.keys` of the figure, JSON.
    """
    if table is None:
        table = figure_table(workspace, figure, survey_id, model_id, rows, **arguments)
    if rows is None:
        recipe = recipe_header(workspace, "figure", survey_id, model_id) | {"n": len(table)}
    else:
        recipe = selection_recipe(workspace, survey_id, rows, where, model_id) | {"kind": "figure"}
    recipe |= {"figure": figure, **arguments, "points": len(table)}
    recipe["columns"] = hashes_of_table(figure_values(table))
    others = [name for name in arguments.get("models", ()) if name != model_id]
    recipe["others"] = {name: model_hash(workspace, name) for name in others}
    return recipe | {"python": _snippet(recipe, arguments)}


def _snippet(recipe: Mapping, arguments: Mapping[str, object]) -> str:
    """Lines of Python that make the table of a figure, and draw it."""
    name, survey, model = recipe["figure"], recipe["survey"]["name"], recipe["model"] and recipe["model"]["id"]
    made, apart = FIGURES[name], "ids_sha256" in recipe and recipe["n"] > 0
    used = apart and (made.of_rows or made.selected != "")
    imported, rows = rows_in_python(recipe) if used else ("", "")
    given = ", rows" if made.of_rows and used else ""
    selected = f"selected = table[table['id'].isin(workspace.survey({survey!r}).ids[rows])]\n" + made.selected
    return (
        f"{imported}from bokeh.plotting import figure, output_file, save\n\n"
        "from specvae_core.tasks.figures import figure_table\nfrom specvae_core.workspace import Workspace\n\n"
        f"workspace = Workspace.open('W')  # the folder of the workspace\n{rows}asked = {dict(arguments)!r}\n"
        f"table = figure_table(workspace, {name!r}, {survey!r}, {model!r}{given}, **asked)\ndrawn = figure()\n"
        f"{made.drawing}{selected if used and not made.of_rows else ''}"
        "output_file('figure.html')\nsave(drawn)\n"
    )


def rows_recipe(
    workspace: Workspace, result: Result, shown: Sequence[str], models: Sequence[str] = ()
) -> dict[str, object]:
    """Recipe of a figure of the rows of a result, see `page_tables.rows_table`, which come from these models.

    Where the result is about a selection, the recipe has this, too.
    """
    asked = {"of": str(result.kind), "result": result.id, "shown": list(shown)}
    survey_id, where = result.header["survey"], result.header.get("where", "")
    model_id, chosen = None, {}
    if where:
        model_id = models[0] if models else None
        chosen = {"rows": choose(workspace, survey_id, where, model_id, files=False).rows, "where": where}
    recipe = figure_recipe(workspace, "rows", survey_id, model_id, **chosen, **asked)
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
    workspace: Workspace,
    figure: str,
    survey_id: str,
    model_id: str | None,
    rows: np.ndarray | None = None,
    **arguments: object,
) -> pd.DataFrame:
    """What a figure draws; arguments as `figure_recipe` takes them.

    Raises
    ------
    BadConfig
        There is no figure of that name, or an argument is missing.
    """
    if figure not in FIGURES or not set(FIGURES[figure].keys) <= set(arguments):
        raise BadConfig(f"There is no figure {figure!r} of {', '.join(arguments) or 'nothing'}: make its recipe again.")
    made = FIGURES[figure]
    chosen = (rows,) if made.of_rows else ()
    return made.function()(workspace, survey_id, model_id, *chosen, *(arguments[key] for key in made.keys))
