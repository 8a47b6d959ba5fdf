"""What all sessions of one server read together: the workspace, the job runner and a few arrays kept in memory."""

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from specvae_core.tasks import TASKS

from .colouring import colouring_of
from .latent_map import CHI2, LatentMap
from .plots.corner import PanelBins, cut_panels, panel_images
from .plots.shade import Ink, draw, make_ink

if TYPE_CHECKING:
    from specvae_core.jobs import JobRunner
    from specvae_core.workspace import Encoding, Workspace

_KEPT = 4  # maps in memory

AXES = ("components", "latents")
"""What a map can show: the principal components of the latents, or the latents as the model has them."""


class Shared:
    """One per server. It caches arrays, never a plot or a widget: those belong to one session."""

    def __init__(self, workspace: "Workspace", runner: "JobRunner") -> None:
        self.workspace = workspace
        self.runner = runner
        self._warm = False
        self._maps: OrderedDict[tuple[str, str, str], tuple[Encoding, LatentMap]] = OrderedDict()

    def warm_up(self) -> None:
        """Have what the first corner needs compiled before the first visitor comes."""
        _, panels, inks = _sample(np.ones(8, dtype=bool))
        for ink in inks:
            panel_images(panels, ink)

    def warm_up_rest(self) -> None:
        """Load what the first page does without, on a worker's thread, once the first visitor has that page.

        It takes some seconds: models and other pages, and Datashader, which is needed only for more points than can be
        drawn one by one.
        """
        if not self._warm:
            self._warm = True
            for load in (_load_tasks, _load_pages, _draw_sample):
                self.runner.aside(load)

    def latent_map(self, survey_id: str, model_id: str, axes: str = "latents") -> LatentMap | None:
        """The survey under the model, ``None`` where it was not encoded yet.

        Parameters
        ----------
        survey_id, model_id
            Their ids.
        axes
            One of `AXES`.
        """
        encoding = self.workspace.encoding(model_id, survey_id)
        if encoding is None:
            return None
        key = (survey_id, model_id, axes)
        kept = self._maps.get(key)
        if kept is None or kept[0] is not encoding:
            kept = encoding, make_map(self.workspace, survey_id, model_id, encoding, axes)
            self._maps[key] = kept
        self._maps.move_to_end(key)
        while len(self._maps) > _KEPT:
            self._maps.popitem(last=False)
        return kept[1]


def _sample(visible: np.ndarray) -> tuple[np.ndarray, PanelBins, list[Ink]]:
    """Eight points, binned, in the colours of classes and in those of numbers."""
    x = np.linspace(0, 1, 8, dtype=np.float32)
    table = pd.DataFrame({"class": ["a", "b"] * 4, "number": x})
    panels = cut_panels([x, x], np.array([[0.0, 1.0]] * 2), (64, 64))
    return x, panels, [make_ink(colouring_of(table, column), visible, "light") for column in table]


def _load_tasks() -> None:
    for task in TASKS.values():
        task.function()


def _load_pages() -> None:
    from .explore.lower_card import TABS, tab_class
    from .pages import PAGES, page_class

    for name in PAGES:
        page_class(name)
    for name in TABS:
        tab_class(name)


def _draw_sample() -> None:
    x, _, inks = _sample(np.arange(8) > 3)  # some are context, which is laid beneath the others
    for ink in inks:
        draw(x, x, ink, (0.0, 1.0), (0.0, 1.0), (16, 16))


def make_map(
    workspace: "Workspace", survey_id: str, model_id: str, encoding: "Encoding", axes: str = "latents"
) -> LatentMap:
    """Put catalogue and encoding together, along the axes asked for.

    A single latent gets the logarithm of the reconstruction's χ² beside it, so that there is a plane to look at.
    """
    table = workspace.survey(survey_id).table.assign(chi2_per_pixel=encoding.chi2_per_pixel)
    basis = encoding.basis if axes == "components" else None
    values = encoding.latents if basis is None else basis.components(encoding.latents)
    latents = np.ascontiguousarray(values.T, dtype=np.float32)
    names = [f"latent {i + 1}" for i in range(len(latents))]
    if basis is not None:
        names = list(encoding.component_names(workspace.model_name(model_id)))
    if len(latents) == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            latents = np.vstack([latents, np.log10(encoding.chi2_per_pixel)[None]]).astype(np.float32)
        names.append(CHI2)
    unused = encoding.basis.unused_latents if basis is None else basis.unused_components
    return LatentMap(survey_id, model_id, table, latents, _sigma(encoding, axes), tuple(names), unused, basis)


def _sigma(encoding: "Encoding", axes: str) -> np.ndarray | None:
    """(n_latent, n) float32 posterior standard deviation along the axes, ``None`` where the model has none."""
    if encoding.log_variance is None:
        return None
    variance = np.exp(encoding.log_variance)
    return np.sqrt(variance if axes == "latents" else encoding.basis.variance(variance)).T
