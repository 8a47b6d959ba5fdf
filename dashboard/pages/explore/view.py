"""The map that the parts of the Explore page draw, its colours, and the objects in colour."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dashboard.colouring import Colouring
from dashboard.latent_map import LatentMap, robust_limits
from dashboard.page import Session
from dashboard.plots.shade import Ink, make_ink
from dashboard.state import MOST_SHOWN
from dashboard.widgets.titles import survey_title
from specvae_core.data.filters import Filter
from specvae_core.data.stored_table import StoredTable
from specvae_core.errors import NotFound, UserError
from specvae_core.results import Kind, Result
from specvae_core.tasks.colour_columns import SELECTIONS
from specvae_core.tasks.object_columns import object_columns
from specvae_core.tasks.selections import selections_of

from .added_columns import added_columns, stamp
from .changes import Changes
from .tracks.track_book import TrackBook

COLOURS = frozenset({"colour_by", "first_class", "hidden", "selection", "theme"})
"""Parameters of the state that change how points are drawn."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Values (n,) float32 on two axes, NaN for objects without; the ends of the axes, and their names."""

    x: np.ndarray
    y: np.ndarray
    limits: tuple[tuple[float, float], tuple[float, float]]
    names: tuple[str, str]


class MapView:
    """One per Explore page. `load` follows the ids in the state, `recolour` its colours and selection."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.map: LatentMap | None = None
        self._survey_id = ""  # of the last map, which `map` forgets where a survey has none
        self._n_latent = 0
        self.loading = False
        self.opening = False  # whether the map is on its way into memory
        self.colouring: Colouring | None = None
        self.visible = np.empty(0, dtype=bool)
        self.changes = Changes(session)
        self.tracks = TrackBook(session, self.changes)
        self.drawing = False  # whether clicks and drags make a track
        self.start_drawing: Callable[[], None] = lambda: None  # the part that holds the pen puts itself in here
        self.ink: Ink | None = None

    def load(self) -> None:
        """Take the map that the state names; ``self.map`` is ``None`` where there is none, or not yet."""
        self.loading = True
        try:
            self._load()
        finally:
            self.loading = False

    def _load(self) -> None:
        state = self.session.state
        self.map, self.opening = None, False
        if not (state.survey_id and state.model_id):
            return
        ids = state.survey_id, state.model_id, state.axes
        self.opening = self.session.shared.is_opening(*ids)
        if self.opening:
            return
        self.map = self.session.shared.latent_map(*ids)
        if self.map is None:
            return
        self._catalogue = self.map
        self._add_columns()
        if self._survey_id not in ("", state.survey_id):
            picked = "" if self.map.index.row_of(state.picked) is None else state.picked
            nothing = np.empty(0, np.int32)
            state.param.update(
                picked=picked,
                selection=nothing,
                where="",
                hidden=[],
                colour_by="class",
                first_class=0,
                plane=[],
                pins=[],
                epoch=0,
            )
        if self._survey_id != state.survey_id:
            self.changes.forget()
        self._survey_id = state.survey_id
        if self._n_latent not in (0, self.map.n_latent):
            state.shown = []  # what was chosen, or all, of fewer or more latents
        self._n_latent = self.map.n_latent
        self._fit_state()
        self.recolour()

    def _add_columns(self) -> None:
        """Put marks, outliers and clusters beside the columns of the catalogue."""
        workspace, here = self.session.workspace, self._catalogue
        self._stamp = stamp(workspace)
        self.map = here.with_columns(added_columns(workspace, here.survey_id, here.model_id, here.index))

    def look(self) -> set[str]:
        """Follow annotations and results; names of what has changed, for the parts of the page."""
        if self.map is None or stamp(self.session.workspace) == self._stamp:
            return set()
        self._add_columns()
        state = self.session.state
        if state.colour_by not in self.map.columns:
            state.colour_by = next(iter(self.map.columns), "")
        self.recolour()
        return {"columns", "colour_by"} if state.colour_by not in self._catalogue.columns else {"columns"}

    def _fit_state(self) -> None:
        """Remove from the state what this map does not have."""
        state, here = self.session.state, self.map
        shown = [i for i in dict.fromkeys(state.shown) if i < here.n_latent][:MOST_SHOWN]
        shown = shown if len(shown) > 1 else list(range(min(MOST_SHOWN, here.n_latent)))
        focus = state.focus if set(state.focus) <= set(shown) and len(set(state.focus)) == 2 else (shown[0], shown[1])
        colour = state.colour_by if state.colour_by in here.columns else next(iter(here.columns), "")
        selection = (
            state.selection if not len(state.selection) or state.selection[-1] < here.n else np.empty(0, np.int32)
        )
        if state.picked and here.index.row_of(state.picked) is None:
            self.session.notify(
                f"There is no object {state.picked!r} in {survey_title(self.session.workspace, here.survey_id)}.",
                kind="bad",
            )
            state.picked = ""
        if not state.picked and here.n:
            state.picked = here.id_of(_clearest(here))
        state.param.update(shown=shown, focus=focus, colour_by=colour, selection=selection)
        names = here.colouring(colour, state.first_class).names
        state.hidden = [name for name in state.hidden if name in names]

    def recolour(self) -> None:
        """Make the colours for another column, theme or selection, or other hidden classes."""
        state = self.session.state
        self.colouring = self.map.colouring(state.colour_by, state.first_class)
        if state.colour_by == SELECTIONS:
            kept = {one.title: one.header["colour"] for one in selections_of(self.session.workspace, state.survey_id)}
            colours = {name: kept.get(name, colour) for name, colour in self.colouring.colours.items()}
            self.colouring = replace(self.colouring, colours=colours)
        self.visible = self.colouring.visible(state.hidden, state.selection)
        self.ink = make_ink(self.colouring, self.visible, state.theme)

    def plane(self) -> Plane | None:
        """Axes of the focus map where these are not latents of the trained model: columns, or latents of an epoch.

        An expression that cannot be evaluated is said, and the latents come back.
        """
        state, workspace = self.session.state, self.session.workspace
        if state.epoch:
            return self._plane_of_epoch(state.epoch)
        if not state.plane:
            return None
        try:
            columns = object_columns(workspace, state.survey_id, state.model_id)
            x, y = (Filter.of(text).numbers(columns).astype(np.float32) for text in state.plane)
        except UserError as error:
            self.session.notify(str(error), kind="bad")
            state.plane = []
            return None
        return Plane(x, y, (robust_limits(x), robust_limits(y)), (state.plane[0], state.plane[1]))

    def epochs(self) -> Result | None:
        """Latents of epochs of the training, where they were kept."""
        state = self.session.state
        return self.session.workspace.results.find(Kind.EPOCHS, model=state.model_id, survey=state.survey_id)

    def _plane_of_epoch(self, epoch: int) -> Plane | None:
        kept, here, focus = self.epochs(), self.map, list(self.session.state.focus)
        if kept is None or epoch not in kept.header["epochs"] or max(focus) >= here.n_components:
            self.session.state.epoch = 0
            return None
        latents, rows = kept.arrays["latents"], kept.arrays["rows"]
        places = here.coordinates(latents.reshape(-1, latents.shape[2]))[:, focus].reshape(*latents.shape[:2], 2)
        values = np.full((2, here.n), np.nan, np.float32)
        values[:, rows] = places[kept.header["epochs"].index(epoch)].T
        ends = [robust_limits(np.append(places[:, :, i].ravel(), here.limits[axis])) for i, axis in enumerate(focus)]
        names = here.names[focus[0]], f"{here.names[focus[1]]}, epoch {epoch}"  # as a title, once is enough
        return Plane(values[0], values[1], (ends[0], ends[1]), names)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes switched on in the legend; empty for all."""
        state = self.session.state
        if state.colour_by != "class" or not state.hidden:
            return ()
        return tuple(name for name in self.colouring.names if name not in state.hidden and name)

    @property
    def followed(self) -> tuple[str, ...]:
        """The objects that tracks follow: a kept selection as ``@NAME``, or `classes`."""
        return (self.tracks.follows,) if self.tracks.follows else self.classes

    def overlay(self) -> Result | None:
        """The overlay that the state names, where it belongs to the map that is shown."""
        state = self.session.state
        if not state.overlay:
            return None
        try:
            result = self.session.workspace.results.load(Kind.OVERLAYS, state.overlay)
        except NotFound:
            return None
        fits = (result.header["survey"], result.header["model"]) == (state.survey_id, state.model_id)
        return result if fits else None

    @property
    def row(self) -> int | None:
        """Row of the picked object."""
        return self.map.index.row_of(self.session.state.picked) if self.map and self.session.state.picked else None

    def pick(self, row: int) -> None:
        """Make a row the picked object."""
        self.session.state.picked = self.map.id_of(row)


def _clearest(here: LatentMap) -> int:
    """Row of the highest S/N, the object shown before anybody has picked one."""
    if "sn" not in here.table:
        return 0
    if isinstance(here.table, StoredTable):
        return here.table.row_of_largest("sn") or 0
    noise = here.table["sn"].to_numpy(dtype=float)
    return int(np.nanargmax(noise)) if np.isfinite(noise).any() else 0
