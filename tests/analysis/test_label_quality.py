"""Quality of labels, and the choice of Lux's settings."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from specvae_core.analysis.label_quality import label_quality
from specvae_core.analysis.label_tuning import cross_validate, label_precision
from specvae_core.data.label_columns import Labels
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import Lux
from specvae_core.models.lux.settings import LuxConfig

GRID = SpectralGrid.from_range(4000.0, 7000.0, 60)


def _stars(n: int, seed: int, noise: float = 0.005) -> SpectraSet:
    """Two labels that shape the flux by a quadratic law."""
    random = np.random.default_rng(seed)
    teff, feh = random.uniform(4000, 6000, n), random.uniform(-1, 0.5, n)
    u, v = ((teff - 5000) / 500)[:, None], feh[:, None]
    position = np.linspace(-1, 1, GRID.n_pixel)
    line = np.exp(-0.5 * ((position - 0.3) / 0.1) ** 2)
    flux = 1 + 0.1 * u * position + 0.03 * u**2 * position**2 - (0.3 + 0.15 * v + 0.03 * u * v) * line
    flux = flux + random.normal(0, noise, flux.shape)
    table = pd.DataFrame({"id": [f"{seed}-{i}" for i in range(n)], "teff": teff, "feh": feh})
    return SpectraSet(GRID, flux.astype(np.float32), np.full(flux.shape, noise**-2, np.float32), table)


def test_bias_scatter_and_number_are_those_of_hand_made_differences() -> None:
    values = np.array([[1.0], [2.0], [3.0], [np.nan], [5.0]])
    errors = np.array([[0.1], [0.3], [np.nan], [np.inf], [0.2]])
    predicted = np.array([[2.0], [3.0], [4.0], [9.0], [16.0]])
    found = label_quality(predicted, Labels(("age",), values, errors))["age"]
    assert (found.bias, found.n, found.robust) == (3.5, 4, 0.0)
    assert found.rmse == pytest.approx(np.sqrt((1 + 1 + 1 + 121) / 4))
    assert found.catalogue_error == pytest.approx(0.2)
    only = label_quality(predicted, Labels(("age",), values, errors), rows=np.arange(5) < 2)["age"]
    assert (only.bias, only.n) == (1.0, 2)
    assert label_quality(predicted, Labels(("age",), values, errors), rows=np.zeros(5, bool))["age"].n == 0


def test_cross_validation_prefers_enough_latents_and_little_penalty() -> None:
    spectra = _stars(150, 2)
    config = LuxConfig(labels="teff,feh", n_hidden=0)
    heard = []
    trials = cross_validate(spectra, config, [2, 6], [0.1, 1e6], n_folds=3, report=heard.append)
    assert len(trials) == 4
    assert (trials[0].n_latent, trials[0].regularisation) == (6, 0.1)
    assert trials[0].label_rmse < 0.7 * trials[-1].label_rmse
    assert all(0 < trial.chi2 < trial.chi2_from_labels for trial in trials if trial.regularisation == 0.1)
    assert all(one.fraction <= other.fraction for one, other in itertools.pairwise(heard))


def test_labels_grow_more_precise_with_signal_to_noise_as_the_noise_falls() -> None:
    spectra = _stars(150, 3, noise=0.001)
    model = Lux(GRID, LuxConfig(labels="teff,feh", n_latent=6, n_hidden=0)).fit(spectra)
    precision = label_precision(model, spectra.take(slice(0, 40)), [50, 100, 200], n_draws=20)
    assert precision.shape == (3, 2)
    ratio = precision[:-1] / precision[1:]
    assert ((ratio > 1.5) & (ratio < 2.5)).all()


def test_spectra_of_one_object_are_in_one_fold() -> None:
    """Twins of the same noise would show a model that knows the answer; in one fold they do not."""
    spectra = _stars(60, 4, noise=0.02)
    twins = spectra.take(np.repeat(np.arange(60), 2))
    star = twins.table["id"].to_numpy()
    table = twins.table.assign(
        id=[f"{one}-{i % 2}" for i, one in enumerate(star)], star=star, teff_err=1.0, feh_err=0.001
    )
    random = np.random.default_rng(0)
    table["feh"] = np.repeat(random.normal(size=60), 2)  # nothing that spectra could say
    table["teff"] = np.repeat(random.normal(5000, 500, 60), 2)
    twins = replace(twins, table=table)
    config = LuxConfig(labels="teff,feh", n_hidden=0, test_fraction=0.0)
    apart, together = (
        cross_validate(twins, replace(config, group=group), [40], [1e-6], n_folds=3)[0].label_rmse
        for group in ("", "star")
    )
    assert apart < 0.7 * together
