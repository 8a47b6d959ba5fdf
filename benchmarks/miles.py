"""The MILES library of stars, and the quarter of it that benchmarks hold out.

The spectra are prepared as by ``specvae ingest miles.npz --grid 3600:7300:1000 --air``.
"""

import os
from pathlib import Path

import numpy as np

from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import object_names, split_objects
from specvae_core.grid import SpectralGrid
from specvae_core.models import LatentModel

DEFAULT_FILE = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data")) / "miles.npz"
TEST_FRACTION = 0.25
"""Share of the stars, by the hashes of their ids, that is held out: it contains the tenth that a survey holds out."""


def miles(path: Path) -> SpectraSet:
    """The library on the grid."""
    options = PreprocessOptions(grid=SpectralGrid.parse("3600:7300:1000"), air=True)
    return collect([preprocess(star, options) for star in read_file(path)], options.grid)


def split(spectra: SpectraSet) -> tuple[SpectraSet, SpectraSet]:
    """Three quarters to learn from, and the test part, that of a model whose ``test_fraction`` is `TEST_FRACTION`."""
    parts = split_objects(object_names(spectra.table), 0.0, TEST_FRACTION)
    return spectra.take(parts.training), spectra.take(parts.test)


def squared_error(model: LatentModel, spectra: SpectraSet) -> float:
    """Mean over seen pixels of all spectra."""
    residual = model.reconstruct(spectra) - spectra.flux
    return float(np.mean(residual[spectra.seen] ** 2))
