"""The spectrum of an inverse problem: the picked object, or an uploaded file."""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.widgets.layout import WIDE
from dashboard.widgets.stepper import Stepper
from dashboard.widgets.titles import survey_title
from dashboard.widgets.unit_question import UnitQuestion
from dashboard.widgets.upload import UploadField
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig, NotFound
from specvae_core.inverse import InverseProblem, parse_problem
from specvae_core.models.base import LatentModel

from .spectrum_plot import Smoothing, posed
from .upload_reader import UploadReader

OWN, UPLOAD = "Survey", "Upload"
NO_OBJECT = ("No spectrum yet", "pick an object in Explore, type an id, or upload a file")
READING = ("Reading the file…", "at most 15 seconds")


@dataclass(frozen=True, eq=False)
class Target:
    """One spectrum on a model's grid.

    Parameters
    ----------
    spectra
        With a single row.
    survey
        Id of its survey; empty for an upload.
    upload
        Its file; ``None`` for an object of a survey.
    hints
        What the user says of an uploaded file: unit and medium of its wavelengths.
    redshifts
        Lowest and highest redshift, where an uploaded spectrum's own is not to be taken.
    """

    spectra: SpectraSet
    survey: str = ""
    upload: Path | None = None
    hints: Mapping[str, str] = field(default_factory=dict)
    redshifts: tuple[float, ...] | None = None

    @property
    def object_id(self) -> str:
        """Its id."""
        return str(self.spectra.ids[0])

    @property
    def arguments(self) -> dict[str, object]:
        """Arguments of the task that name the spectrum."""
        if self.upload is None:
            return {"survey": self.survey, "ids": [self.object_id]}
        return {"upload": str(self.upload), "hints": dict(self.hints), "redshift_range": self.redshifts}

    def pose(self, problem: str, seed: int) -> "PosedProblem":
        """Degrade it as a problem says, ``hide:5000-5200+denoise:0.1``, with noise from a seed."""
        question = parse_problem(problem, self.spectra.grid)
        posed_problem, compared = question.pose(self.spectra, seed)
        return PosedProblem(self, posed_problem, compared[0], question.wavelength)


@dataclass(frozen=True, eq=False)
class PosedProblem:
    """A problem that can be drawn before it is solved."""

    target: Target
    problem: InverseProblem
    compared: np.ndarray
    wavelength: np.ndarray

    def curves(self, smooth: Smoothing) -> dict[str, np.ndarray]:
        """Observed pixels, and the truth of the hidden ones, smoothed."""
        flux, ivar = self.target.spectra.flux[0], self.target.spectra.ivar[0]
        flux, _, _ = smooth(flux, ivar, flux)
        return posed(flux, self.compared, self.problem.observed[0], self.problem.ivar[0], smooth)

    @property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Wavelengths (Angstrom) and values (m,) of data that are not pixels, as bands."""
        observed, seen = self.problem.observed[0], self.problem.ivar[0] > 0
        if len(observed) == self.target.spectra.grid.n_pixel:
            return np.empty(0), np.empty(0)
        return self.wavelength[seen], observed[seen]


class TargetPicker(Viewer):
    """The picked object of the survey in the header, another one by its id, or a file.

    Parameters
    ----------
    on_change
        Called without arguments when another spectrum was chosen.
    """

    def __init__(self, session: Session, on_change: Callable[[], object]) -> None:
        super().__init__()
        self.session = session
        self.reader = UploadReader(session, on_change)
        guard = session.guard
        self.source = pn.widgets.RadioButtonGroup(options=[OWN, UPLOAD], value=OWN, css_classes=["switch"])
        self.stepper = Stepper(session)
        self.stepper.search.param.update(width=None, sizing_mode="stretch_width")
        self.back = pn.widgets.Button(label="Pick in Explore", css_classes=["pill", "small"])
        self.upload = UploadField(
            session.workspace.folder / "uploads",
            on_change,
            guard,
            invitation="Drop one spectrum here, or click to choose: FITS, CSV or any format that Data reads.",
            css_classes=["upload"],
            **WIDE,
        )
        self._own = pn.Column(self.stepper.search, self.back, **WIDE)
        self.redshift = pn.widgets.TextInput(
            label="Find the redshift between", placeholder="as in the file", css_classes=["field"],
            description="Two numbers, for example 0-0.5; the spectrum is then taken as observed.", **WIDE,
        )  # fmt: skip
        self.redshift.param.watch(guard(lambda _: on_change()), "value")
        self.question = UnitQuestion(on_change, guard)
        self._file = pn.Column(self.upload, self.question, self.redshift, visible=False, **WIDE)
        self.back.on_click(guard(lambda _: session.state.param.update(page="explore")))
        self.source.param.watch(guard(lambda event: self._switch(event.new, on_change)), "value")
        self._layout = pn.Column(self.source, self._own, self._file, css_classes=["source"], **WIDE)

    def target(self, model: LatentModel) -> Target | None:
        """The spectrum on the grid of a model; ``None`` while none is chosen or a file is being read."""
        if self.source.value == UPLOAD:
            return self._uploaded(model)
        self.reader.forget()
        state = self.session.state
        if not (state.survey_id and state.picked):
            return None
        survey = self.session.workspace.survey(state.survey_id)
        row = survey.row_of(state.picked)
        if row is None:
            title = survey_title(self.session.workspace, state.survey_id)
            raise NotFound(f"There is no object {state.picked!r} in {title}: pick another one in Explore.")
        return Target(survey.row(row), survey=state.survey_id)

    def title(self, target: Target | None) -> tuple[str, str]:
        """Title and note (HTML) of a card that shows a target, or what is waited for."""
        if target is not None:
            return target.object_id, html.escape(target.survey or "uploaded")
        return READING if self.reader.busy else NO_OBJECT

    def _uploaded(self, model: LatentModel) -> Target | None:
        if not self.upload.ready:
            self.reader.forget()
            return None
        path, hints = next(iter(sorted(self.upload.folder.iterdir()))), self.question.hints()
        spectra, limits = self.reader.spectra(path, model, hints), _limits(self.redshift.value)
        if spectra is None:
            return None
        return Target(spectra, upload=path, hints=hints, redshifts=limits)

    def _switch(self, source: str, on_change: Callable[[], object]) -> None:
        self._own.visible, self._file.visible = source == OWN, source == UPLOAD
        on_change()

    def __panel__(self) -> Viewable:
        return self._layout


def _limits(text: str) -> tuple[float, ...] | None:
    """Two redshifts from ``0-0.5``; ``None`` from nothing."""
    if not text.strip():
        return None
    try:
        low, high = (float(part) for part in text.split("-"))
    except ValueError:
        raise BadConfig(f"{text!r} is not a range of redshifts: give two numbers, as in 0-0.5.") from None
    return low, high
