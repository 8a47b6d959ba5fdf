"""Saves the spectra of the selected objects in one file."""

import tempfile
from pathlib import Path

import numpy as np

from dashboard.aside import Aside
from specvae_core.errors import BadConfig
from specvae_core.tasks.spectra_files import write_spectra

from .view import MapView

MOST = 2000
"""Spectra in a file that goes through the browser; `specvae export` writes any number."""


class SpectraFile:
    """Spectra as models see them, as FITS: as tables and as specutils reads them, written on another thread."""

    def __init__(self, view: MapView) -> None:
        self._view = view
        self._written: Aside[tuple[str, bytes]] = Aside(view.session.runner.aside)
        view.session.live.watch(view.session.guard(self.look))

    def write(self) -> None:
        """Write the spectra of the selected objects on another thread."""
        state, workspace = self._view.session.state, self._view.session.workspace
        survey, rows = state.survey_id, np.asarray(state.selection)
        if len(rows) > MOST:
            raise BadConfig(
                f"{len(rows):,} spectra are too many for the browser, which takes {MOST:,}: keep them under a name, "
                f"and write them by `specvae export --survey {survey} --where @NAME --out spectra.fits`."
            )

        def written() -> tuple[str, bytes]:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{survey}-{len(rows)}-spectra.fits"
                write_spectra(workspace.survey(survey).read(rows), path)
                return path.name, path.read_bytes()

        self._written.ask(written)

    def look(self) -> None:
        """Save the file once it is written."""
        answer = self._written.take()
        if answer is None:
            return
        if answer.value is None:
            self._view.session.notify(answer.trouble, "bad")
            return
        name, content = answer.value
        self._view.session.bridge.save(name, "application/fits", content)
        self._view.session.notify(f"The spectra are saved as {name}.", "good")
