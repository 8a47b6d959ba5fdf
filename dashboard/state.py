"""The state of one browser tab: ids and numbers only, and all of it in the address of the page.

A new parameter is one line in `SessionState` and one in the table of what is in the address, `address.ENTRIES`.
"""

import numpy as np
import param

MOST_SHOWN = 6
"""Latents of the corner plot."""

SMOOTHINGS = (0, 1, 2, 3, 5, 8)
"""Widths of the smoothing of a spectrum, pixels; 0 shows it as it is."""

FRAMES = ("rest", "observed")
"""Frames of the wavelength axis of a spectrum."""

LONGEST_WAVELENGTH = 1e8
"""Wavelength that can be marked at most, Angstrom: a centimetre."""

LOWEST_TRIAL, HIGHEST_TRIAL = -0.01, 7.0
"""Redshifts that can be tried."""

AXES = ("components", "latents")
"""Axes of a map: the principal components of the latents, or the latents as the model has them."""


class SessionState(param.Parameterized):
    """The state of one session. Widgets and pages watch it; it holds no survey, model or figure."""

    workspace = param.String("", doc="Workspace, as `Workspaces` names it; empty for that of the server.")
    page = param.String("explore", doc="Name of the page that is shown.")
    survey_id = param.String("", doc="Id of the survey; empty for none.")
    model_id = param.String("", doc="Id of the model; empty for none.")
    shown = param.List([], item_type=int, doc="Latents drawn in the corner plot, up to six, counted from 0.")
    axes = param.Selector(default="components", objects=list(AXES), doc="Axes of the maps, one of `AXES`.")
    focus = param.NumericTuple((0, 1), doc="Latents on the x and y axis of the focus map, counted from 0.")
    plane = param.List([], item_type=str, doc="Columns or expressions on the focus map's axes; empty for latents.")
    epoch = param.Integer(0, bounds=(0, None), doc="Epoch of the training that the focus map shows; 0 for its end.")
    view = param.List([], item_type=float, doc="Ends of the focus map's axes: x, x, y, y; empty for the whole map.")
    colour_by = param.String("class", doc="Catalogue column that colours the points.")
    first_class = param.Integer(
        0, bounds=(0, None), doc="First class with a colour of its own, by frequency, where there are too many for all."
    )
    hidden = param.List([], item_type=str, doc="Classes switched off in the legend.")
    picked = param.String("", doc="Id of the object whose spectrum is shown.")
    selection = param.Array(np.empty(0, np.int32), doc="Selected rows of the survey, rising, int32.")
    where = param.String("", doc="Filter whose objects are selected; empty where they were selected by hand.")
    frame = param.Selector(default="rest", objects=list(FRAMES), doc="Frame of the wavelengths, one of `FRAMES`.")
    smoothing = param.Selector(default=0, objects=list(SMOOTHINGS), doc="Width in pixels, one of `SMOOTHINGS`.")
    physical = param.Boolean(False, doc="Whether flux has the unit of its file, where that is known.")
    trial = param.Number(
        None, bounds=(LOWEST_TRIAL, HIGHEST_TRIAL), doc="Redshift tried on the picked object; None for what is known."
    )
    place = param.Number(
        None, bounds=(0, LONGEST_WAVELENGTH), doc="Marked wavelength at rest, as the survey has it, Angstrom; or None."
    )
    enlarged = param.Boolean(False, doc="Whether the spectrum around the marked place is drawn once more, larger.")
    line_list = param.String("", doc="List of lines of one's own that is drawn; empty for the usual lines.")
    pins = param.List([], item_type=str, doc="Ids of objects whose spectra stay behind that of the picked one.")
    tab = param.String("spectrum", doc="Tab of the Explore page that is shown.")
    compare = param.String("errors", doc="View of the Compare page that is shown.")
    within = param.String("", doc="Filter to whose objects views of the Compare page keep; empty for all.")
    compared = param.List([], item_type=str, doc="Models that the Compare page shows on one object.")
    zoom = param.String("", doc="Wavelength range that the Compare page shows; empty for the whole spectrum.")
    problem = param.String("", doc="Degradation of the spectrum on the Reconstruct page, in words.")
    reconstruction = param.String("", doc="Reconstruction that is shown; empty for none.")
    label = param.String("", doc="Label that the Labels page shows.")
    larger = param.Boolean(False, doc="Whether the tab of tracks, or of explanations, covers the map as well.")
    track = param.String("", doc="Track that is shown; empty for none.")
    overlay = param.String("", doc="Overlay of a second survey, as a result of kind overlays; empty for none.")
    theme = param.Selector(default="light", objects=["light", "dark"])
    author = param.String("", doc="Who annotates.")

    def __init__(self, **params: object) -> None:
        super().__init__(**params)
        self.param.watch(self._leave_object, ["survey_id", "picked", "trial", "place"])

    def _leave_object(self, *events: object) -> None:
        """Drop trial redshift and marked place of the former object, unless those of the new one come with it."""
        changed = {event.name: event.old for event in events}
        if changed.get("survey_id") or changed.get("picked"):
            self.param.update({name: None for name in ("trial", "place") if name not in changed})

    def look_at(self, survey_id: str, model_id: str) -> None:
        """Take survey and model in one step, so that no page sees one without the other.

        Where the survey is another one, nothing of the former one stays picked, selected or hidden.
        """
        other = survey_id != self.survey_id
        nothing = {"picked": "", "selection": np.empty(0, np.int32), "where": "", "hidden": [], "first_class": 0}
        nothing |= {"pins": []}
        former = nothing if other else {}
        self.param.update(survey_id=survey_id, model_id=model_id, **former)
