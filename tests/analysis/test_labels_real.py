"""Labels of real stars, their errors, and spectra from labels: Lux beside the methods that one would use instead."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from specvae_core.analysis.label_quality import label_quality
from specvae_core.data.label_columns import read_labels
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import MODELS, LatentModel
from specvae_core.models.label_prediction import LabelFlag

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


class Fold(NamedTuple):
    """Rows that a model of each kind did not learn from, and those models."""

    new: np.ndarray
    training: SpectraSet
    models: dict[str, LatentModel]


@pytest.fixture(scope="module")
def stars(real_data: Path) -> SpectraSet:
    return _cool_stars(real_data, "3600:7300:600")


@pytest.fixture(scope="module")
def folds(stars: SpectraSet) -> list[Fold]:
    found, fold = [], np.random.default_rng(0).permutation(len(stars)) % 3
    for k in range(3):
        training = stars.take(np.flatnonzero(fold != k))
        models = {
            name: MODELS[name](stars.grid, MODELS[name].Config(labels=",".join(NAMES), **WHOLE)).fit(training)
            for name in ("lux", "cannon", "pls")
        }
        found.append(Fold(np.flatnonzero(fold == k), training, models))
    return found


@pytest.mark.real_data
def test_spectra_of_held_out_stars_follow_from_their_labels(stars: SpectraSet, folds: list[Fold]) -> None:
    """Better than The Cannon and than the mean of the five nearest stars; and the labels come back."""
    labels = read_labels(stars.table, NAMES).values
    found = {name: np.empty_like(stars.flux) for name in ("lux", "cannon", "nearest")}
    again = np.empty_like(labels)
    for new, training, models in folds:
        for name in ("lux", "cannon"):
            found[name][new] = models[name].spectra_from_labels(labels[new])[0]
        units = np.array([600.0, 1.0, 0.5])
        known = read_labels(training.table, NAMES).values
        order = (((labels[new][:, None] - known[None]) / units) ** 2).sum(axis=2).argsort(axis=1)
        found["nearest"][new] = training.flux[order[:, :5]].mean(axis=1)
        again[new] = models["lux"].predict_labels(replace(stars.take(new), flux=found["lux"][new]))[0]
    errors = {name: _spread(np.mean((flux - stars.flux) ** 2, axis=1)) for name, flux in found.items()}
    for other in ("cannon", "nearest"):
        assert errors["lux"][0] < errors[other][0]
        assert errors["lux"][1] < 0.8 * errors[other][1]
    off = np.sqrt(np.mean((again - labels) ** 2, axis=0))
    assert (off < [60, 0.12, 0.08]).all(), off


@pytest.mark.real_data
def test_held_out_stars_get_better_labels_than_by_partial_least_squares(stars: SpectraSet, folds: list[Fold]) -> None:
    predicted = {"lux": np.empty((len(stars), 3)), "pls": np.empty((len(stars), 3))}
    for new, _, models in folds:
        for name, values in predicted.items():
            values[new] = models[name].predict_labels(stars.take(new))[0]
    quality = {name: label_quality(values, read_labels(stars.table, NAMES)) for name, values in predicted.items()}
    for name in NAMES:
        assert quality["lux"][name].rmse < quality["pls"][name].rmse
        assert quality["lux"][name].robust < quality["pls"][name].robust
    assert quality["lux"]["teff"].rmse < 180


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["lux", "cannon", "pls"])
def test_errors_of_labels_of_held_out_stars_are_those_that_occur(
    stars: SpectraSet, folds: list[Fold], name: str
) -> None:
    labels = read_labels(stars.table, NAMES).values
    one, two, five = (np.empty(labels.shape, dtype=bool) for _ in range(3))
    flags = np.empty(len(stars), dtype=int)
    for new, _, models in folds:
        found = models[name].label_prediction(stars.take(new))
        off = np.abs(found.values - labels[new])
        one[new], two[new], five[new] = off < found.errors, off < found.errors_95, off > 5 * found.errors
        flags[new] = found.flags
    assert ((one.mean(axis=0) > 0.63) & (one.mean(axis=0) < 0.74)).all(), one.mean(axis=0)
    assert ((two.mean(axis=0) > 0.92) & (two.mean(axis=0) < 0.98)).all(), two.mean(axis=0)
    assert (five.mean(axis=0) < 0.015).all(), five.mean(axis=0)
    assert np.mean((flags & (LabelFlag.POOR_FIT | LabelFlag.OUTSIDE)) > 0) < 0.06
