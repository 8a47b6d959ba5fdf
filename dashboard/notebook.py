"""SpecVAE in Jupyter: an explorer to display in a cell, and HoloViews elements to compose with one's own.

::

    from dashboard.notebook import explore, latent_map

    explorer = explore("my-spectra", "demo", "infovae-6")
    explorer            # displays; draw a lasso, then, in another cell:
    explorer.selection  # the catalogue rows inside it, a DataFrame
"""

from pathlib import Path

import holoviews as hv
import pandas as pd
import panel as pn

from specvae_core.errors import NotFound
from specvae_core.tasks.encode import encode_survey
from specvae_core.workspace import Workspace

from .explorer import SIZE, THEME, Explorer, latent_names, object_table
from .latent_map import LatentMap
from .plots.shade import colour_scale, hex_colour
from .shared import make_map


def explore(workspace: Workspace | Path | str, survey: str, model: str) -> Explorer:
    """Map of a survey under a model, with the spectrum of the object that is tapped, for a cell of a notebook.

    Parameters
    ----------
    workspace
        An open workspace, or its folder.
    survey, model
        Ids. A survey that the model has not encoded yet is encoded first.

    Returns
    -------
    explorer
        A Panel object; its ``selection`` follows the lasso.

    Raises
    ------
    NotFound
        There is no such workspace, survey or model.
    """
    _load_extensions()
    opened = _opened(workspace)
    return Explorer(_encoded(opened, survey, model), opened, name="")


def latent_table(workspace: Workspace | Path | str, survey: str, model: str) -> pd.DataFrame:
    """Catalogue of a survey with the latents of its objects, in columns ``latent_1``, ``latent_2``, …

    Parameters are those of `explore`.

    Returns
    -------
    table
        n rows, those of the survey. ``chi2_per_pixel`` is the reconstruction's χ² per seen pixel.
    """
    return object_table(_encoded(_opened(workspace), survey, model))


def latent_map(
    workspace: Workspace | Path | str,
    survey: str,
    model: str,
    axes: tuple[str, str] = ("latent_1", "latent_2"),
    colour_by: str = "class",
    link: "hv.selection.link_selections | None" = None,
) -> hv.DynamicMap:
    """Datashaded map of a survey under a model, to lay out or overlay with other HoloViews elements.

    Parameters
    ----------
    workspace, survey, model
        As in `explore`.
    axes
        Two columns of `latent_table`: latents, or numbers of the catalogue.
    colour_by
        A column of `latent_table`: classes have the dashboard's colours, numbers a scale of their means.
    link
        ``holoviews.selection.link_selections.instance()``: maps that share one share what is selected, and
        ``link.filter(hv.Dataset(latent_table(…)))`` gives the selected rows.

    Raises
    ------
    NotFound
        There is no such workspace, survey, model or column.
    """
    import datashader as ds
    from holoviews.operation.datashader import datashade, dynspread

    _load_extensions()
    here = _encoded(_opened(workspace), survey, model)
    table = object_table(here)
    for column in (*axes, colour_by):
        if column not in table:
            raise NotFound(f"There is no column {column!r}: the table has {', '.join(map(str, table.columns))}.")
    points = hv.Points(hv.Dataset(table), kdims=list(axes), vdims=[colour_by])
    colouring = here.with_columns({name: table[name].to_numpy() for name in latent_names(here)}).colouring(colour_by)
    if colouring.numeric:
        scale = [hex_colour(colour) for colour in colour_scale(THEME)]
        shaded = datashade(points, aggregator=ds.mean(colour_by), cmap=scale)
    else:
        table[colour_by] = pd.Categorical.from_codes(colouring.codes, categories=list(colouring.names))
        points = hv.Points(hv.Dataset(table), kdims=list(axes), vdims=[colour_by])
        shaded = datashade(points, aggregator=ds.by(colour_by, ds.count()), color_key=colouring.colours)
    shaded = dynspread(shaded, max_px=3, threshold=0.5).opts(hv.opts.RGB(width=SIZE[0], height=SIZE[1]))
    return shaded if link is None else link(shaded, selection_mode="overwrite")


def _load_extensions() -> None:
    """Load the scripts of Panel and HoloViews with the cell: another one may have run before the page was loaded again.

    They are part of the cell's output, 3 MB: many observatories and clusters cannot reach the network that has them.
    """
    pn.extension(inline=True)
    hv.extension("bokeh", logo=False, inline=True)


def _opened(workspace: Workspace | Path | str) -> Workspace:
    return workspace if isinstance(workspace, Workspace) else Workspace.open(workspace, create=False)


def _encoded(workspace: Workspace, survey: str, model: str) -> LatentMap:
    """The survey under the model, which encodes it where that has not been done."""
    workspace.survey(survey)
    encoding = workspace.encoding(model, survey) or encode_survey(workspace, model, survey)
    return make_map(workspace, survey, model, encoding)
