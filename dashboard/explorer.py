"""The explorer of a notebook: a map of two latents and the spectrum of one object, as HoloViews elements."""

from functools import cached_property
from html import escape

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import param
from holoviews import streams

from specvae_core.data.store import Survey
from specvae_core.workspace import Workspace

from .latent_map import LatentMap
from .plots.picking import inside_box, inside_polygon, nearest
from .plots.shade import draw, make_ink
from .plots.spectrum import flux_limits, spectrum_data
from .theme import PALETTES

THEME = "light"
"""Notebooks have a theme of their own; figures keep the light one, on which they are drawn opaque."""

REACH = 40.0
"""Pixels within which a tap finds an object."""

SIZE = (460, 400)
"""Width and height of the map in pixels, until the browser has reported them."""


class Explorer(pn.viewable.Viewer):
    """What `explore` displays: a map of two latents, its colours, and the spectrum of one object.

    Parameters
    ----------
    here
        The survey under the model.
    workspace
        Holds both.

    Attributes
    ----------
    tap, lasso, box
        HoloViews streams of the gestures on the map of the present axes.
    spectrum
        The spectrum as a HoloViews element, which follows ``picked``.
    """

    x = param.Selector(objects=[""], doc="axis to the right, a latent")
    y = param.Selector(objects=[""], doc="axis upwards, a latent")
    colour_by = param.Selector(objects=[""], doc="column of the catalogue that colours the map")
    rows = param.Array(np.empty(0, np.int32), doc="rows of the selected objects, rising")
    picked = param.Integer(0, doc="row of the object whose spectrum is shown")

    def __init__(self, here: LatentMap, workspace: Workspace, **params: object) -> None:
        self._here, self._workspace = here, workspace
        super().__init__(**params)
        for axis, name in zip("xy", here.names, strict=False):
            self.param[axis].objects = list(here.names)
            setattr(self, axis, name)
        self.param.colour_by.objects = here.columns or [""]
        self.colour_by = self.param.colour_by.objects[0]
        self._pane = pn.pane.HoloViews(self._make_map(), linked_axes=False)
        self.param.watch(lambda _: setattr(self._pane, "object", self._make_map()), ["x", "y"])
        self.spectrum = hv.DynamicMap(self._spectrum, streams=[streams.Params(self, ["picked"])])

    @cached_property
    def table(self) -> pd.DataFrame:
        """All objects, as in `latent_table`."""
        return object_table(self._here)

    @property
    def selection(self) -> pd.DataFrame:
        """Catalogue and latents of the objects inside the lasso or box; no row before one was drawn."""
        return self.table.iloc[self.rows]

    def __panel__(self) -> pn.viewable.Viewable:
        """See `Viewer`."""
        choices = pn.Row(
            *(pn.widgets.Select.from_param(self.param[name], width=150) for name in ("x", "y", "colour_by"))
        )
        right = pn.Column(pn.pane.HTML(self._words), pn.pane.HoloViews(self.spectrum, linked_axes=False))
        return pn.Column(choices, pn.pane.HTML(self._legend), pn.Row(self._pane, right))

    def _make_map(self) -> hv.Overlay:
        """The shaded map of the present axes, which listens to taps, lassos and boxes, with the picked object on it."""
        self._plane = tuple(self._here.latents[self._here.names.index(name)] for name in (self.x, self.y))
        self._limits = tuple(tuple(self._here.limits[self._here.names.index(name)]) for name in (self.x, self.y))
        self._ranges, self._size = streams.RangeXY(), streams.PlotSize(width=SIZE[0], height=SIZE[1])
        follows = [self._ranges, self._size, streams.Params(self, ["colour_by", "rows"])]
        shaded = hv.DynamicMap(self._image, streams=follows)
        self.tap, self.lasso, self.box = (
            kind(source=shaded) for kind in (streams.Tap, streams.Lasso, streams.BoundsXY)
        )
        self.tap.add_subscriber(self._tapped)
        self.lasso.add_subscriber(self._lassoed)
        self.box.add_subscriber(self._boxed)
        marked = hv.DynamicMap(self._mark, streams=[streams.Params(self, ["picked"])])
        return shaded * marked

    def _image(self, x_range: tuple, y_range: tuple, width: int, height: int, **changed: object) -> hv.RGB:
        here = self._here
        colouring = here.colouring(self.colour_by)
        ink = make_ink(colouring, colouring.visible([], self.rows), THEME)
        (x0, x1), (y0, y1) = x_range or self._limits[0], y_range or self._limits[1]
        pixels = draw(*self._plane, ink, (x0, x1), (y0, y1), (width or SIZE[0], height or SIZE[1]))
        rgba = pixels.view(np.uint8).reshape(*pixels.shape, 4)[::-1]
        image = hv.RGB(rgba, bounds=(x0, y0, x1, y1), kdims=[self.x, self.y])
        return image.opts(
            width=SIZE[0], height=SIZE[1], tools=["lasso_select", "box_select"], active_tools=["wheel_zoom"]
        )

    def _mark(self, picked: int) -> hv.Points:
        place = [(float(self._plane[0][picked]), float(self._plane[1][picked]))] if self._here.n else []
        ring = hv.Points(place, kdims=[self.x, self.y])
        return ring.opts(fill_color=None, line_color=PALETTES[THEME].highlight, size=14, line_width=2.5)

    def _tapped(self, x: float | None, y: float | None) -> None:
        if x is None or y is None:
            return
        ranges = self._ranges.x_range or self._limits[0], self._ranges.y_range or self._limits[1]
        size = self._size.width or SIZE[0], self._size.height or SIZE[1]
        scale = tuple(pixels / (high - low) for pixels, (low, high) in zip(size, ranges, strict=True))
        row = nearest(*self._plane, (x, y), scale, REACH)
        if row is not None:
            self.picked = row

    def _lassoed(self, geometry: np.ndarray | None) -> None:
        if geometry is not None and len(geometry):
            self.rows = inside_polygon(*self._plane, geometry[:, 0], geometry[:, 1])

    def _boxed(self, bounds: tuple[float, float, float, float] | None) -> None:
        if bounds:
            self.rows = inside_box(*self._plane, (bounds[0], bounds[2]), (bounds[1], bounds[3]))

    @param.depends("rows")
    def _words(self) -> str:
        if not len(self.rows):
            return "Tap an object for its spectrum; draw a lasso or a box to select."
        return f"<b>{len(self.rows):,}</b> of {self._here.n:,} objects selected: <code>.selection</code>"

    @param.depends("colour_by")
    def _legend(self) -> str:
        colouring = self._here.colouring(self.colour_by)
        if colouring.numeric:
            low, high = colouring.limits
            return f"{escape(colouring.column)}: {low:.3g} (dark) to {high:.3g} (bright)"
        named = ((colouring.colours[name], escape(name)) for name in colouring.names)
        return " ".join(f'<span style="color:{colour}">●</span> {name}' for colour, name in named)

    def _spectrum(self, picked: int) -> hv.Overlay:
        survey, colours = self._survey, PALETTES[THEME]
        order = np.argsort(survey.grid.wavelength, kind="stable")
        data = self._curves(picked, order) if self._here.n else {}
        curve = {name: data.get(name, np.full(len(order), np.nan)) for name in _DRAWN}
        wavelength = survey.grid.wavelength[order]
        x, y = hv.Dimension("wavelength", label="rest wavelength (Å)"), hv.Dimension("flux", label="flux")
        area = hv.Area((wavelength, curve["low"], curve["high"]), x, [y, "high"], label="±1σ")
        observed = hv.Curve((wavelength, curve["observed"]), x, y, label="observed")
        model = hv.Curve((wavelength, curve["reconstruction"]), x, y, label="reconstruction")
        both = area.opts(color=colours.band, alpha=0.32, line_alpha=0) * observed.opts(color=colours.text, line_width=1)
        title = self._here.id_of(picked) if self._here.n else "no object"
        limits = flux_limits(curve)
        return (both * model.opts(color=colours.accent)).opts(
            width=520, height=330, title=title, ylim=limits, framewise=True, legend_position="top_right"
        )

    def _curves(self, row: int, order: np.ndarray) -> dict[str, np.ndarray]:
        """Curves of one object by name, in rising wavelength."""
        one, model = self._survey.row(row), self._workspace.model(self._here.model_id)
        encoding = self._workspace.encoding(self._here.model_id, self._here.survey_id)
        decoded = model.decode_like(one, encoding.latents[row : row + 1])[0][order]
        return spectrum_data(self._survey.grid.wavelength[order], one.flux[0][order], one.ivar[0][order], None, decoded)

    @cached_property
    def _survey(self) -> Survey:
        return self._workspace.survey(self._here.survey_id)


_DRAWN = ("low", "high", "observed", "reconstruction")


def latent_names(here: LatentMap) -> list[str]:
    """Names of the columns of latents: ``latent_1``, ``latent_2``, …"""
    return [f"latent_{number + 1}" for number in range(here.n_components)]


def object_table(here: LatentMap) -> pd.DataFrame:
    """All objects, as in `notebook.latent_table`."""
    return here.table.take(np.arange(here.n)).assign(**dict(zip(latent_names(here), here.latents, strict=False)))
