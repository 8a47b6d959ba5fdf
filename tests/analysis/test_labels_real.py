"""Labels of real stars: Lux beside the method that one would use instead."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from specvae_core.analysis.label_quality import label_quality
from specvae_core.data.label_columns import read_labels
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import PLS, Cannon, Lux
from specvae_core.models.cannon import CannonConfig
from specvae_core.models.lux.settings import LuxConfig
from specvae_core.models.pls import PLSConfig

NAMES = ("teff", "logg", "feh")
WHOLE = {"validation_fraction": 0.0, "test_fraction": 0.0}
"""Nothing is kept out: folds are made here."""


def _cool_stars(real_data: Path, grid: str) -> SpectraSet:
    """MILES stars of 3500 to 7000 K with all labels."""
    options = PreprocessOptions(grid=SpectralGrid.parse(grid), air=True)
    stars = collect([preprocess(star, options) for star in read_file(real_data / "miles.npz")], options.grid)
    labels = read_labels(stars.table, NAMES)
    cool = (labels.values[:, 0] > 3500) & (labels.values[:, 0] < 7000)
    return stars.take(np.flatnonzero(labels.known.all(axis=1) & cool))


def _spread(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(np.median(values))


@pytest.mark.real_data
def test_spectra_of_held_out_stars_follow_from_their_labels(real_data: Path) -> None:
    """Better than The Cannon and than the mean of the five nearest stars; and the labels come back."""
    stars = _cool_stars(real_data, "3600:7300:600")
    labels = read_labels(stars.table, NAMES).values
    fold = np.random.default_rng(0).permutation(len(stars)) % 3
    found = {name: np.empty_like(stars.flux) for name in ("lux", "cannon", "nearest")}
    again = np.empty_like(labels)
    for k in range(3):
        training, new = stars.take(np.flatnonzero(fold != k)), np.flatnonzero(fold == k)
        lux = Lux(stars.grid, LuxConfig(labels=",".join(NAMES), **WHOLE)).fit(training)
        cannon = Cannon(stars.grid, CannonConfig(labels=",".join(NAMES), **WHOLE)).fit(training)
        for name, model in (("lux", lux), ("cannon", cannon)):
            found[name][new] = model.spectra_from_labels(labels[new])[0]
        units = np.array([600.0, 1.0, 0.5])
        known = read_labels(training.table, NAMES).values
        order = (((labels[new][:, None] - known[None]) / units) ** 2).sum(axis=2).argsort(axis=1)
        found["nearest"][new] = training.flux[order[:, :5]].mean(axis=1)
        again[new] = lux.predict_labels(replace(stars.take(new), flux=found["lux"][new]))[0]
    errors = {name: _spread(np.mean((flux - stars.flux) ** 2, axis=1)) for name, flux in found.items()}
    for other in ("cannon", "nearest"):
        assert errors["lux"][0] < errors[other][0]
        assert errors["lux"][1] < 0.8 * errors[other][1]
    off = np.sqrt(np.mean((again - labels) ** 2, axis=0))
    assert (off < [60, 0.12, 0.08]).all(), off


@pytest.mark.real_data
def test_held_out_stars_get_better_labels_than_by_partial_least_squares(real_data: Path) -> None:
    stars = _cool_stars(real_data, "3600:7300:600")
    fold = np.random.default_rng(0).permutation(len(stars)) % 3
    predicted = {"lux": np.empty((len(stars), 3)), "pls": np.empty((len(stars), 3))}
    for k in range(3):
        training, new = stars.take(np.flatnonzero(fold != k)), stars.take(np.flatnonzero(fold == k))
        lux = Lux(stars.grid, LuxConfig(labels=",".join(NAMES), **WHOLE)).fit(training)
        predicted["lux"][fold == k] = lux.predict_labels(new)[0]
        pls = PLS(stars.grid, PLSConfig(labels=",".join(NAMES), **WHOLE)).fit(training)
        predicted["pls"][fold == k] = pls.predict_labels(new)[0]
    quality = {name: label_quality(values, read_labels(stars.table, NAMES)) for name, values in predicted.items()}
    for name in NAMES:
        assert quality["lux"][name].rmse < quality["pls"][name].rmse
        assert quality["lux"][name].robust < quality["pls"][name].robust
    assert quality["lux"]["teff"].rmse < 180
