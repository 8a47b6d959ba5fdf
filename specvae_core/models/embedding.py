"""Embeddings: vectors of objects that another program has made, standing beside the models.

An embedding knows the objects of its file and no others: it *encodes* an object by looking it up by id. Vectors of more
than 64 components are shown by their first 64 principal components; their own distances serve the search for similar
objects. It *decodes*, so that tracks and reconstructions have something to show: by ridge regression (Hoerl & Kennard
1970) from these components to spectra of the survey, or, where it is given the decoder of another model, by a small
network to the latents of that model. How well is in its history, on objects that were kept out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, Self

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ..data.catalogue import ObjectIndex
from ..data.spectra import SpectraSet
from ..errors import BadConfig, UserError
from ..grid import Grid, check_grid
from ..progress import Report, ignore
from ..settings import option
from .abilities import Ability
from .base import LatentModel
from .config import ModelConfig
from .regressed import Regressed
from .row_sums import row_sums

MOST_LATENTS = 64
"""Principal components at most; vectors of as many components or fewer are latents as they are."""

LEARNT_FROM = 50_000
"""Vectors, evenly taken, from which principal components are found."""

RIDGES = (1e-4, 1e-2, 1.0, 1e2)
"""Penalties that are tried, in units of the mean variance of a latent."""

VECTORS, VECTOR_IDS, VECTOR_SUMS = "vectors.npy", "vector_ids.txt", "vector_sums.npy"


@dataclass(frozen=True)
class EmbeddingConfig(ModelConfig):
    """Settings of an embedding."""

    dimensions: int = option(2, "components of a vector", 2, 4096)
    source: str = option("", "the file that the vectors came from, and their column")
    matched_by: str = option("", "what vectors were matched with objects by: id or order (empty: not recorded)")
    decoder: str = option("", "model whose decoder it uses (empty: a linear one of its own)")


class Embedding(LatentModel):
    """Vectors of an embedding, with a linear decoder or that of another model."""

    name = "embedding"
    title = "embedding"
    Config = EmbeddingConfig
    CHECKED_AS_READ = MappingProxyType({VECTORS: VECTOR_SUMS})
    abilities = frozenset({Ability.DECODES_GRADIENT, Ability.LOOKS_UP})
    config: EmbeddingConfig

    def __init__(self, grid: Grid, config: EmbeddingConfig) -> None:
        super().__init__(grid, config)
        self.register_buffer("centre", torch.zeros(config.dimensions))
        self.register_buffer("axes", torch.eye(config.n_latent, config.dimensions))
        self.register_buffer("mean", torch.zeros(grid.n_pixel))
        self.register_buffer("components", torch.zeros(config.n_latent, grid.n_pixel))
        self.vectors = np.zeros((0, config.dimensions), np.float32)
        self.vector_ids = _texts(())
        self._sums: np.ndarray | None = None
        self.regressed: Regressed | None = None

    @classmethod
    def of(cls, grid: Grid, ids: np.ndarray, vectors: np.ndarray, source: str, **settings: str) -> "Embedding":
        """The embedding of objects (n,) by their vectors (n, d); ``settings`` are others of its `Config`."""
        d = vectors.shape[1]
        config = EmbeddingConfig(n_latent=min(d, MOST_LATENTS), dimensions=d, source=source, **settings)
        made = cls(grid, config)
        made.vectors, made.vector_ids = vectors, _texts(ids)
        if d > MOST_LATENTS:
            made._find_axes()
        return made

    def borrow(self, decoder: LatentModel) -> None:
        """Decode by the decoder of another model; `fit` learns which of its latents belong to the vectors.

        Parameters
        ----------
        decoder
            A model of the same grid that encodes spectra. The survey is divided as it was for this model, so that
            figures come from objects that are new to both.

        Raises
        ------
        BadConfig
            It is an embedding itself.
        """
        if Ability.LOOKS_UP in decoder.abilities:
            raise BadConfig("An embedding has no decoder to lend: name a trained model, such as an InfoVAE.")
        check_grid(decoder.grid, self.grid)
        parts = ("validation_fraction", "test_fraction", "fold", "group")
        self.config = replace(self.config, **{name: getattr(decoder.config, name) for name in parts})
        self.borrowed, self.regressed = decoder, Regressed(self, decoder)

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

    def vectors_of(self, ids: Sequence[str], likely: np.ndarray | None = None) -> np.ndarray:
        """Whole vectors (n, d) float32 of objects that have one, read from disk and checked.

        Parameters
        ----------
        ids
            The objects.
        likely
            (n,) rows at which their vectors may be, as those of the survey; which spares a look at all ids.

        Raises
        ------
        UserError
            One is not as it was written.
        """
        known = likely is not None and likely.max(initial=-1) < len(self.index)
        as_likely = known and self.index.ids_of(likely) == list(ids)
        return self._read(likely if as_likely else self.rows_of(ids))

    def _read(self, rows: np.ndarray) -> np.ndarray:
        some = np.asarray(self.vectors[rows], dtype=np.float32)
        if self._sums is not None and (row_sums(some) != self._sums[rows]).any():
            raise self._damaged("it is not as it was written")
        return some

    def encode(self, spectra: SpectraSet) -> np.ndarray:
        """Latents (n, n_latent) float32 by object id; NaN for objects without a vector."""
        rows = self.rows_of(spectra.ids)
        latents = np.full((len(rows), self.n_latent), np.nan, np.float32)
        vectors = self._read(rows[rows >= 0])
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
        if self.regressed is not None:
            return self.regressed.decode_gradient(latents)
        return self.mean + latents @ self.components

    def amplitude(self, spectra: SpectraSet, decoded: np.ndarray) -> np.ndarray:
        """See `LatentModel.amplitude`; that of the borrowed decoder where there is one."""
        lender = super() if self.borrowed is None else self.borrowed
        return lender.amplitude(spectra, decoded)

    @property
    def pixel_variance(self) -> Tensor | float:
        """See `LatentModel.pixel_variance`; that of the borrowed decoder where there is one."""
        return super().pixel_variance if self.borrowed is None else self.borrowed.pixel_variance

    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn to decode from the spectra of a survey.

        The penalty of the linear decoder is chosen on the validation part, and so is the best epoch of the network to
        the latents of a borrowed one. The ``loss`` in the history is the mean squared residual of flux over seen
        pixels. With a borrowed decoder ``linear`` is that of the linear one and ``own`` that of the other model's
        reconstructions; ``latents`` is the share of the variance of its latents that is not predicted.
        """
        self.flux_scale = spectra.scale if self.borrowed is None else self.borrowed.flux_scale
        split = self.divide(spectra)
        latents = self.encode(spectra).astype(float)
        usable = np.isfinite(latents).all(axis=1) & spectra.seen.any(axis=1)
        if not usable[split.training].any():
            return self.eval()
        parts = {part: rows[usable[rows]] for part, rows in vars(split).items()}
        parts = {part: rows for part, rows in parts.items() if len(rows)}
        found = {"loss": self._fit_linear(latents, spectra, parts)}
        if self.borrowed is not None:
            self.regressed.fit(spectra.take(np.flatnonzero(usable)), report, seed=seed)
            found = {"linear": found["loss"]} | self._borrowed_errors(latents, spectra, parts)
        named = {
            f"{'train' if part == 'training' else part}/{name}": errors[part]
            for name, errors in found.items()
            for part in parts
        }
        self.history = [{"epoch": 1, "validation/loss": named["train/loss"], **named}]
        return self.eval()

    def _fit_linear(self, latents: np.ndarray, spectra: SpectraSet, parts: dict[str, np.ndarray]) -> dict[str, float]:
        """Fill the linear decoder; its error by part."""
        tried = [_ridge(latents, spectra, parts["training"], ridge) for ridge in RIDGES]
        chosen_on = parts.get("validation", parts["training"])
        best = min(tried, key=lambda one: _error(latents, spectra, chosen_on, *one))
        self.mean.copy_(torch.tensor(best[0]))
        self.components.copy_(torch.tensor(best[1]))
        return {part: _error(latents, spectra, rows, *best) for part, rows in parts.items()}

    def _borrowed_errors(
        self, latents: np.ndarray, spectra: SpectraSet, parts: dict[str, np.ndarray]
    ) -> dict[str, dict[str, float]]:
        """``loss``, ``own`` and ``latents`` by part, see `fit`."""
        found: dict[str, dict[str, float]] = {"loss": {}, "own": {}, "latents": {}}
        for part, rows in parts.items():
            some = spectra.take(rows)
            truth = torch.from_numpy(self.borrowed.encode(some))
            with torch.inference_mode():
                predicted = self.regressed.predict(torch.tensor(latents[rows], dtype=torch.float32))
            share = (predicted - truth).square().mean(dim=0) / self.regressed.output_spread.square()
            found["latents"][part] = float(share.mean())
            found["loss"][part] = _squared(some, self.decode_like(some, latents[rows]))
            found["own"][part] = _squared(some, self.borrowed.decode_like(some, truth.numpy()))
        return found

    def write_files(self, folder: Path) -> None:
        """Vectors and ids, which are not weights."""
        vectors = np.asarray(self.vectors, dtype=np.float32)
        np.save(folder / VECTORS, vectors)
        np.save(folder / VECTOR_SUMS, row_sums(vectors))
        (folder / VECTOR_IDS).write_text("".join(f"{name}\n" for name in self.vector_ids.to_pylist()), encoding="utf-8")

    def read_files(self, folder: Path) -> None:
        """Open what `write_files` wrote; the vectors stay on disk until they are asked for."""
        try:
            self.vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
            self.vector_ids = _read_lines(folder / VECTOR_IDS)
            if (folder / VECTOR_SUMS).exists():  # earlier versions wrote none
                self._sums = np.load(folder / VECTOR_SUMS, allow_pickle=False)
        except (ValueError, EOFError, OverflowError) as error:
            raise self._damaged(str(error)) from None
        n = len(self.vector_ids)
        if self.vectors.shape != (n, self.config.dimensions):
            raise self._damaged("it does not fit its ids")
        if self._sums is not None and self._sums.shape != (n,):
            raise self._damaged(f"it does not fit {VECTOR_SUMS}")

    def _damaged(self, evidence: str) -> UserError:
        return UserError(f"{VECTORS} of an embedding ({self.config.source}) is damaged ({evidence}): embed it again.")


def _texts(ids: Sequence[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(np.asarray(ids, dtype=str), pa.string())])


def _read_lines(path: Path) -> pa.ChunkedArray:
    """Lines of a text, of a million of them without an object for each; raises `ValueError` where it is not UTF-8."""
    content = path.read_bytes()
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
    offsets = np.concatenate([[0], ends - np.arange(len(ends))]).astype(np.int32)
    letters = content.replace(b"\n", b"")
    lines = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(letters))
    lines.validate(full=True)
    return pa.chunked_array([lines])


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
    return _squared(spectra.take(rows), mean + latents[rows] @ components)


def _squared(spectra: SpectraSet, decoded: np.ndarray) -> float:
    """Mean squared residual over seen pixels."""
    return float(np.square(spectra.flux - decoded)[spectra.seen].mean())
