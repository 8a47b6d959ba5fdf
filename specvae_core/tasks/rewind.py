"""Rewind: the latents of some objects at some epochs of a training, so that a map shows how it came to be."""

import copy

import numpy as np

from ..data.survey import Survey
from ..models import Ability
from ..models.autoencoder import Autoencoder
from ..progress import Progress, Report
from ..results import Kind
from ..workspace import Workspace

MOST_OBJECTS = 2048
"""Objects whose latents are kept."""

EPOCHS = (1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 114, 152, 203, 271, 361, 481, 641, 855, 1140, 1520)
"""Epochs whose latents are kept: close together at first, where most moves."""


class Rewind:
    """Progress callback of a training that also keeps the latents on the way.

    Latents are those of the encoder network alone, in evaluation mode and without random numbers, so that the training
    is the same with and without.

    Parameters
    ----------
    network
        Is in training while this is called.
    source
        The survey that it learns from.
    report
        Callback that gets every report.
    """

    def __init__(self, network: Autoencoder, source: Survey, report: Report) -> None:
        self._network, self._report = network, report
        self.rows = source.spread_rows(MOST_OBJECTS)
        self._spectra = source.read(self.rows)
        self.latents: dict[int, np.ndarray] = {}

    def __call__(self, progress: Progress) -> None:
        """Keep the latents of an epoch that has ended, if it is one of `EPOCHS`; then report."""
        if progress.step in EPOCHS:
            self.latents[progress.step] = self._encode()
        self._report(progress)

    def _encode(self) -> np.ndarray:
        network = self._network
        if Ability.CHOOSES_POSTERIOR in network.abilities:
            network = network.with_posterior("encoder")
        if next(network.parameters()).device.type != "cpu":
            network = copy.deepcopy(network).to("cpu")
        return network.encode(self._spectra)

    def keep(self, workspace: Workspace, model: str) -> None:
        """Keep them in the workspace, as a result of kind ``epochs``.

        Header ``model, survey, epochs``; arrays ``rows`` (m,) of the survey and ``latents`` (n_epoch, m, n_latent).
        """
        if not self.latents:
            return
        asked = {"model": model, "survey": workspace.trained_on(model)}
        name = workspace.results.reserve(Kind.EPOCHS, f"epochs-{model}", asked)
        epochs = sorted(self.latents)
        arrays = {"rows": self.rows.astype(np.int32), "latents": np.stack([self.latents[epoch] for epoch in epochs])}
        workspace.results.save(Kind.EPOCHS, name, {**asked, "epochs": epochs}, arrays)
