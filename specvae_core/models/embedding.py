"""Embeddings: vectors of objects that another program has made, standing beside the models.

An embedding knows the objects of its file and no others: it *encodes* an object by looking it up by id. Vectors of more
than 64 components are shown by their first 64 principal components; their own distances serve the search for similar
objects. It *decodes* by ridge regression (Hoerl & Kennard 1970) from these components to spectra of the survey,
so that tracks and reconstructions have something to show; how well is in its history, on objects that were kept out.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn, Self

import numpy as np
import torch
from torch import Tensor

from ..data.catalogue import ObjectIndex
from ..data.spectra import SpectraSet
from ..errors import BadConfig, UserError
from ..grid import Grid
from ..progress import Report, ignore
from .abilities import Ability
from .base import LatentModel
from .config import ModelConfig, option

MOST_LATENTS = 64
"""Principal components at most; vectors of as many components or fewer are latents as they are."""

LEARNT_FROM = 50_000
"""Vectors, evenly taken, from which principal components are found."""

RIDGES = (1e-4, 1e-2, 1.0, 1e2)
"""Penalties that are tried, in units of the mean variance of a latent."""

VECTORS, VECTOR_IDS = "vectors.npy", "vector_ids.txt"


@dataclass(frozen=True)
class EmbeddingConfig(ModelConfig):
    """Settings of an embedding."""

    dimensions: int = option(2, "components of a vector", 2, 4096)
    source: str = option("", "the file that the vectors came from, and their column")


class Embedding(LatentModel):
    """Vectors of an embedding, with a linear decoder."""

    name = "embedding"
    title = "embedding"
    Config = EmbeddingConfig
    abilities = frozenset({Ability.DECODES_GRADIENT, Ability.LOOKS_UP})
    config: EmbeddingConfig

    def __init__(self, grid: Grid, config: EmbeddingConfig) -> None:
        super().__init__(grid, config)
        self.register_buffer("centre", torch.zeros(config.dimensions))
        self.register_buffer("axes", torch.eye(config.n_latent, config.dimensions))
        self.register_buffer("mean", torch.zeros(grid.n_pixel))
        self.register_buffer("components", torch.zeros(config.n_latent, grid.n_pixel))
        self.vectors = np.zeros((0, config.dimensions), np.float32)
        self.vector_ids = np.zeros(0, dtype=object)

    @classmethod
    def of(cls, grid: Grid, ids: np.ndarray, vectors: np.ndarray, source: str) -> "Embedding":
        """The embedding of objects (n,) by their vectors (n, d)."""
        d = vectors.shape[1]
        made = cls(grid, EmbeddingConfig(n_latent=min(d, MOST_LATENTS), dimensions=d, source=source))
        made.vectors, made.vector_ids = vectors, np.asarray(ids, dtype=object)
        if d > MOST_LATENTS:
            made._find_axes()
        return made

    def _find_axes(self) -> None:
        some = np.asarray(self.vectors[:: -(-len(self.vectors) // LEARNT_FROM)], dtype=np.float32)
        some = torch.tensor(some[np.isfinite(some).all(axis=1)])
        if not len(some):
            raise BadConfig("No vector is finite: there is nothing to show.")
        self.centre.copy_(some.mean(dim=0))
        offset = some - self.centre
        vectors = torch.linalg.eigh((offset.T @ offset).double()).eigenvectors.flip(dims=[1])
        self.axes.copy_(vectors[:, : self.n_latent].T.float())

    @cached_property
    def index(self) -> ObjectIndex:
        """Rows of the vectors by object id."""
        return ObjectIndex(self.vector_ids)

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """(n,) rows of the vectors of objects, -1 where there is none."""
        return self.index.rows_of(np.asarray(ids, dtype=object))

    def encode(self, spectra: SpectraSet) -> np.ndarray:
        """Latents (n, n_latent) float32 by object id; NaN for objects without a vector."""
        rows = self.rows_of(spectra.ids)
        latents = np.full((len(rows), self.n_latent), np.nan, np.float32)
        vectors = np.asarray(self.vectors[rows[rows >= 0]], dtype=np.float32)
        latents[rows >= 0] = (vectors - self.centre.numpy()) @ self.axes.numpy().T
        return latents

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> NoReturn:
        """Raise `BadConfig`: spectra alone have no vector."""
        raise BadConfig(
            f"An embedding ({self.config.source}) encodes no spectra, it only knows the vectors of objects in its "
            "file: choose a trained model."
        )

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent)."""
        return self.mean + latents @ self.components

    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn to decode from the spectra of a survey; the penalty is chosen on its validation part."""
        self.flux_scale = spectra.scale
        split = self.divide(spectra)
        latents = self.encode(spectra).astype(float)
        usable = np.isfinite(latents).all(axis=1) & spectra.seen.any(axis=1)
        if not usable[split.training].any():
            return self.eval()
        parts = {name: rows[usable[rows]] for name, rows in vars(split).items()}
        tried = [_ridge(latents, spectra, parts["training"], ridge) for ridge in RIDGES]
        chosen_on = parts["validation"] if len(parts["validation"]) else parts["training"]
        errors = [_error(latents, spectra, chosen_on, *one) for one in tried]
        best = tried[int(np.argmin(errors))]
        self.mean.copy_(torch.tensor(best[0]))
        self.components.copy_(torch.tensor(best[1]))
        losses = {f"{name}/loss": _error(latents, spectra, rows, *best) for name, rows in parts.items() if len(rows)}
        named = {"train/loss": losses.pop("training/loss"), **losses}
        self.history = [{"epoch": 1, "validation/loss": named["train/loss"], **named}]
        return self.eval()

    def write_files(self, folder: Path) -> None:
        """Vectors and ids, which are no weights."""
        np.save(folder / VECTORS, np.asarray(self.vectors, dtype=np.float32))
        (folder / VECTOR_IDS).write_text("".join(f"{name}\n" for name in self.vector_ids), encoding="utf-8")

    def read_files(self, folder: Path) -> None:
        """Open what `write_files` wrote; the vectors stay on disk until they are asked for."""
        try:
            self.vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
            names = (folder / VECTOR_IDS).read_text(encoding="utf-8").split("\n")[:-1]
        except ValueError as error:
            raise UserError(f"{VECTORS} of the embedding {folder.name} is damaged ({error}): embed it again.") from None
        if self.vectors.shape != (len(names), self.config.dimensions):
            raise UserError(f"{VECTORS} of the embedding {folder.name} does not fit its ids: embed it again.")
        self.vector_ids = np.array(names, dtype=object)


def _ridge(latents: np.ndarray, spectra: SpectraSet, rows: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean (n_pixel,) and components (n_latent, n_pixel), float32, by penalised least squares."""
    centre, flux = latents[rows].mean(axis=0), spectra.complete[rows].astype(float)
    offset, mean = latents[rows] - centre, flux.mean(axis=0)
    matrix = offset.T @ offset
    penalty = ridge * np.trace(matrix) / len(matrix) * np.eye(len(matrix)) / max(len(rows), 1) + 1e-12 * np.eye(
        len(matrix)
    )
    components = np.linalg.solve(matrix + penalty, offset.T @ (flux - mean))
    return (mean - centre @ components).astype(np.float32), components.astype(np.float32)


def _error(
    latents: np.ndarray, spectra: SpectraSet, rows: np.ndarray, mean: np.ndarray, components: np.ndarray
) -> float:
    """Mean squared residual over seen pixels."""
    residual = spectra.flux[rows] - mean - latents[rows] @ components
    return float(np.square(residual)[spectra.seen[rows]].mean())
