"""The fit of the picked object to the pixels of its own file: the button that starts it, and the result."""

import html
from collections.abc import Callable

import numpy as np
import panel as pn

from dashboard.page import Session
from dashboard.widgets.job_progress import JobProgress
from dashboard.widgets.layout import WIDE
from dashboard.widgets.table import plain_table
from specvae_core.errors import NotFound
from specvae_core.grid import SPEED_OF_LIGHT, SpectralGrid
from specvae_core.job import Job
from specvae_core.models import Ability
from specvae_core.results import Kind, Result
from specvae_core.tasks import submit
from specvae_core.tasks.raw_files import raw_path

MOST = 8
"""Latents that are written at most."""


class RawFit:
    """Parts of the spectrum tab.

    Parameters
    ----------
    changed
        Called when a fit has arrived.
    """

    def __init__(self, session: Session, changed: Callable[[], object]) -> None:
        self._session, self._changed = session, changed
        self._shown: tuple[str, str, str] = ("", "", "")
        self.result: Result | None = None
        self.button = pn.widgets.Button(label="Fit raw", css_classes=["pill", "small"], visible=False)
        self.button.on_click(session.guard(lambda _: self._start()))
        self.progress = JobProgress(session, self._ended)
        self.words = pn.pane.HTML("", css_classes=["raw-fit"], visible=False, **WIDE)

    def show(self, survey_id: str, row: int) -> None:
        """Follow the picked object."""
        state, workspace = self._session.state, self._session.workspace
        survey, model = workspace.survey(survey_id), workspace.model(state.model_id)
        self.button.visible = isinstance(survey.grid, SpectralGrid) and Ability.DECODES_GRADIENT in model.abilities
        self._shown = survey_id, state.model_id, survey.index.ids_of([row])[0]
        self.result = self._find() if self.button.visible else None
        self._write(survey_id, row)

    @property
    def latents(self) -> np.ndarray | None:
        """Latents (1, k) of the fit that is shown."""
        found = self.result.arrays["latents"] if self.result is not None else np.full((1, 1), np.nan)
        return found.astype(np.float32) if np.isfinite(found).all() else None

    def _find(self) -> Result | None:
        survey, model, name = self._shown
        return self._session.workspace.results.find(Kind.RAW_FITS, survey=survey, model=model, object=name)

    def _start(self) -> None:
        survey_id, model_id, name = self._shown
        survey = self._session.workspace.survey(survey_id)
        try:
            raw_path(survey, int(survey.row_of(name)))
        except NotFound as missing:
            self._session.notify(str(missing), kind="bad")
            return
        if not self.progress.busy:
            runner, workspace = self._session.runner, self._session.workspace
            self.progress.follow(submit(runner, workspace, "fit_raw", model=model_id, survey=survey_id, ids=[name]))

    def _ended(self, job: Job) -> None:
        asked = job.arguments.get("survey"), job.arguments.get("model"), *job.arguments.get("ids", ())
        if job.state != "finished" or asked != self._shown:
            return
        self.result = self._find()
        survey = self._session.workspace.survey(self._shown[0])
        self._write(self._shown[0], int(survey.row_of(self._shown[2])))
        self._changed()

    def _write(self, survey_id: str, row: int) -> None:
        self.words.visible = self.result is not None
        if self.result is None:
            return
        if error := str(self.result.arrays["error"][0]):
            self.words.object = f'<span class="trouble">{html.escape(error)}</span>'
            return
        encoding = self._session.workspace.encoding(self._session.state.model_id, survey_id)
        on_grid = None
        if encoding is not None:
            sigma = None if encoding.log_variance is None else np.exp(0.5 * encoding.log_variance[row])
            on_grid = encoding.latents[row], sigma
        self.words.object = _sentence(self.result.arrays["values"][0]) + _table(self.result, on_grid)


def _sentence(values: np.ndarray) -> str:
    z, z_error, z_file, _, chi2, n_pixel, inflation = (float(value) for value in values)
    parts = [f"fit to the file’s own pixels: <b>z = {z:.6f} ± {z_error:.6f}</b>".replace("-", "−")]
    if np.isfinite(z_file):
        shift = SPEED_OF_LIGHT * (z - z_file) / (1 + z_file)
        parts.append(f"{shift:+,.0f} ± {SPEED_OF_LIGHT * z_error / (1 + z):,.0f} km/s from the survey’s")
    parts.append(f"χ² per pixel {chi2:.2f} ({n_pixel:,.0f} pixels)")
    if inflation > 1.005:
        parts.append(f"errors multiplied by {inflation:.2f}")
    return " · ".join(parts)


def _table(result: Result, on_grid: tuple[np.ndarray, np.ndarray | None] | None) -> str:
    """Latents of the fit above those of the survey's grid, with their errors."""
    values, errors = result.arrays["latents"][0], result.arrays["latent_errors"][0]
    shown = range(min(MOST, len(values)))
    rows = [["raw pixels", *(_with_error(values[i], errors[i]) for i in shown)]]
    if on_grid is not None:
        sigma = on_grid[1] if on_grid[1] is not None else np.full(len(values), np.nan)
        rows.append(["survey’s grid", *(_with_error(on_grid[0][i], sigma[i]) for i in shown)])
    return plain_table(["latent", *(str(i + 1) for i in shown)], rows)


def _with_error(value: float, sigma: float) -> str:
    error = f' <span class="muted">± {sigma:.2f}</span>' if np.isfinite(sigma) else ""
    return f"{value:.2f}".replace("-", "−") + error
