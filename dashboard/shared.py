"""Shared by all sessions of one server: workspace, job runner, readable files, and a few arrays kept in memory."""

import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np

from specvae_core.encodings import Encoding
from specvae_core.errors import UserError
from specvae_core.jobs import JobRunner
from specvae_core.workspace import Workspace

from .aside import Aside
from .latent_map import CHI2, LatentMap, limits_of
from .places import MOST_IN_MEMORY, kept_places, places_in_memory
from .server_files import ServerFiles

_KEPT = 4  # maps in memory


class Shared:
    """One per server. It keeps arrays, never a plot or a widget: those belong to one session."""

    def __init__(self, workspace: Workspace, runner: JobRunner, files: ServerFiles, author: str = "") -> None:
        """``author`` is who annotates until a page is given another name."""
        self.author = author
        self.workspace = workspace
        self.runner = runner
        self.files = files
        self._maps: OrderedDict[tuple[str, str, str], tuple[Encoding, LatentMap]] = OrderedDict()
        self._lock = threading.Lock()
        self._openings: dict[tuple[str, str, str, str], Aside[None] | None] = {}  # None once it has come to its end

    def is_opening(self, survey_id: str, model_id: str, axes: str = "latents") -> bool:
        """Whether a map of millions is on its way into memory, on a thread of its own; asked first, it sets out.

        Meanwhile nobody should ask for the map itself, who would wait for it, and with him all pages of the server.
        """
        try:
            if self.workspace.survey_summary(survey_id).n <= MOST_IN_MEMORY:
                return False
            key = survey_id, model_id, axes, self.workspace.encoding_stamp(model_id, survey_id)
        except (FileNotFoundError, UserError):  # `latent_map` says what is wrong
            return False
        if key not in self._openings:
            opening = self._openings[key] = Aside(self.runner.aside)
            opening.ask(lambda: self._prepare(survey_id, model_id, axes))
        opening = self._openings[key]
        if opening is not None and opening.take() is not None:  # mistakes too: `latent_map` meets them again
            self._openings[key] = None
        return self._openings[key] is not None

    def _prepare(self, survey_id: str, model_id: str, axes: str) -> None:
        """Everything of a map that the first page shows."""
        here = self.latent_map(survey_id, model_id, axes)
        if here is not None:
            here.colouring(next(iter(here.columns), ""))
            _ = here.limits

    def latent_map(self, survey_id: str, model_id: str, axes: str = "latents") -> LatentMap | None:
        """The survey under the model, ``None`` where it was not encoded yet.

        Parameters
        ----------
        axes
            One of `AXES` of the state.
        """
        encoding = self.workspace.encoding(model_id, survey_id)
        if encoding is None:
            return None
        key = (survey_id, model_id, axes)
        kept = self._maps.get(key)
        if kept is None or kept[0] is not encoding:
            kept = encoding, make_map(self.workspace, survey_id, model_id, encoding, axes)
        with self._lock:
            self._maps[key] = kept
            self._maps.move_to_end(key)
            while len(self._maps) > _KEPT:
                dropped = self._maps.popitem(last=False)[0]
                for one in [one for one in self._openings if one[:3] == dropped]:
                    del self._openings[one]
        return kept[1]


def make_map(
    workspace: Workspace, survey_id: str, model_id: str, encoding: Encoding, axes: str = "latents"
) -> LatentMap:
    """Put catalogue and encoding together, along the axes asked for.

    A single latent gets the logarithm of the reconstruction's χ² beside it, so that there is a plane to look at.
    """
    survey = workspace.survey(survey_id)
    table = survey.catalogue.assign(chi2_per_pixel=encoding.chi2_per_pixel)
    basis = encoding.basis if axes == "components" else None
    latents, limits, folder = _places(workspace, survey_id, model_id, encoding, axes)
    names = [f"latent {i + 1}" for i in range(len(latents))]
    if basis is not None:
        names = list(encoding.component_names(workspace.model_summary(model_id).name))
    if len(latents) == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            latents = np.vstack([latents, np.log10(encoding.chi2_per_pixel)[None]]).astype(np.float32)
        names.append(CHI2 + survey.grid.sample)
    unused = encoding.basis.unused_latents if basis is None else basis.unused_components
    here = LatentMap(
        survey_id, model_id, table, latents, encoding.errors, tuple(names), unused, basis, survey.index, folder
    )
    if limits is not None:
        vars(here)["limits"] = limits  # as they were kept
    return here


def _places(
    workspace: Workspace, survey_id: str, model_id: str, encoding: Encoding, axes: str
) -> tuple[np.ndarray, np.ndarray | None, Path | None]:
    """Coordinates (d, n) along the axes; the ends of these and a folder, where they are kept on the disk."""
    basis = encoding.basis if axes == "components" else None
    if len(encoding.latents) > MOST_IN_MEMORY and encoding.latents.shape[1] > 1:
        stamp = workspace.encoding_stamp(model_id, survey_id)
        folder = workspace.folder / "maps" / model_id / survey_id / f"{axes}-{stamp}"
        kept = kept_places(folder, encoding.latents, basis, limits_of)
        if kept is not None:
            return *kept, folder
    return places_in_memory(encoding.latents, basis), None, None
