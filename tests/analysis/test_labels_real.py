"""Labels of real stars: Lux beside the method that one would use instead."""

from pathlib import Path

import numpy as np
import pytest

from specvae_core.analysis.label_quality import label_quality
from specvae_core.data.label_columns import read_labels
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.grid import SpectralGrid
from specvae_core.models import PLS, Lux
from specvae_core.models.lux.settings import LuxConfig
from specvae_core.models.pls import PLSConfig

NAMES = ("teff", "logg", "feh")


@pytest.mark.real_data
def test_held_out_stars_get_better_labels_than_by_partial_least_squares(real_data: Path) -> None:
    options = PreprocessOptions(grid=SpectralGrid.parse("3600:7300:600"), air=True)
    stars = collect([preprocess(star, options) for star in read_file(real_data / "miles.npz")], options.grid)
    labels = read_labels(stars.table, NAMES)
    cool = (labels.values[:, 0] > 3500) & (labels.values[:, 0] < 7000)
    stars = stars.take(np.flatnonzero(labels.known.all(axis=1) & cool))
    fold = np.random.default_rng(0).permutation(len(stars)) % 3
    predicted = {"lux": np.empty((len(stars), 3)), "pls": np.empty((len(stars), 3))}
    for k in range(3):
        training, new = stars.take(np.flatnonzero(fold != k)), stars.take(np.flatnonzero(fold == k))
        lux = Lux(stars.grid, LuxConfig(labels=",".join(NAMES), validation_fraction=0.0)).fit(training)
        predicted["lux"][fold == k] = lux.predict_labels(new)[0]
        pls = PLS(stars.grid, PLSConfig(labels=",".join(NAMES), validation_fraction=0.0)).fit(training)
        predicted["pls"][fold == k] = pls.predict_labels(new)[0]
    quality = {name: label_quality(values, read_labels(stars.table, NAMES)) for name, values in predicted.items()}
    for name in NAMES:
        assert quality["lux"][name].rmse < quality["pls"][name].rmse
        assert quality["lux"][name].robust < quality["pls"][name].robust
    assert quality["lux"]["teff"].rmse < 180
