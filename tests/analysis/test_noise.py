"""The noise test, on an encoder whose scatter under noise is known."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.analysis.noise import brightest, noise_test
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig
from specvae_core.grid import SpectralGrid
from specvae_core.models import PCA, Ability

GRID = SpectralGrid.from_range(4000.0, 7000.0, 50)


class Averages:
    """Latents are the means of both halves of a spectrum; the widths are ``factor`` times what noise does to those."""

    title, n_latent = "Averages", 2
    abilities = frozenset({Ability.ENCODES_UNCERTAINTY})

    def __init__(self, factor: float, offset: float = 0.0) -> None:
        self.factor, self.offset = factor, offset

    def encode_uncertainty(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        halves = spectra.flux.reshape(len(spectra), 2, 25)
        variance = (1 / spectra.ivar).reshape(len(spectra), 2, 25).mean(axis=2) / 25
        return halves.mean(axis=2) + self.offset * np.sqrt(variance), np.log(self.factor * variance)


def survey(n: int = 3) -> SpectraSet:
    flux = np.full((n, 50), 1.0, dtype=np.float32)
    table = pd.DataFrame({"id": [f"n{i}" for i in range(n)], "sn": np.arange(n, dtype=float)})
    return SpectraSet(GRID, flux, np.full_like(flux, 1e6), table)


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_the_ratio_is_that_of_reported_to_true_variance(factor: float) -> None:
    result = noise_test(Averages(factor), survey(), [5.0, 50.0], 1000, np.random.default_rng(0))
    assert result.variance_ratio.shape == (3, 2, 2)
    np.testing.assert_allclose(result.variance_ratio, factor, rtol=0.2)
    np.testing.assert_allclose(
        result.scattered, np.array([1 / 25, 1 / 2500])[None, :, None] / 25 * np.ones((3, 2, 2)), rtol=0.2
    )


def test_the_bias_is_in_units_of_the_reported_width() -> None:
    result = noise_test(Averages(1.0, offset=2.0), survey(), [10.0], 500, np.random.default_rng(0))
    # the spectrum without added noise has an offset as well, of 2 of its own hundred times smaller widths
    np.testing.assert_allclose(result.bias, 2.0 * (1 - 10 / 1000), atol=0.2)
    np.testing.assert_allclose(result.bias_of_original, 2.0 * (1000 / 10 - 1), rtol=0.1)
    rows = result.rows()
    assert all(row["bias_of_original"] == pytest.approx(198, rel=0.1) for row in rows)
    assert [(row["snr"], row["latent"]) for row in rows] == [(10.0, 1), (10.0, 2)]
    assert all(row["bias"] == pytest.approx(1.98, abs=0.15) and row["used"] for row in rows)


def test_a_latent_as_wide_as_the_prior_is_named_as_unused() -> None:
    result = noise_test(Averages(1e9), survey(), [10.0], 5, np.random.default_rng(0))
    assert not result.used.any()


def test_the_same_seed_gives_the_same_result() -> None:
    first, second = (noise_test(Averages(1.0), survey(), [10.0], 5, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first.scattered, second.scattered)


def test_the_spectra_of_highest_sn_are_taken_and_any_where_it_is_unknown() -> None:
    table = pd.DataFrame({"sn": [3.0, np.nan, 9.0, 5.0]})
    assert brightest(table, 2).tolist() == [2, 3]
    assert brightest(table.assign(sn=np.nan), 2).tolist() == [0, 3]
    assert brightest(pd.DataFrame({"id": ["a"]}), 8).tolist() == [0]


@pytest.mark.parametrize(
    ("snr", "n", "sentence"), [([], 5, "at least one"), ([0.0], 5, "above 0"), ([5.0], 1, "at least 2")]
)
def test_what_cannot_be_tested_is_told_in_a_sentence(snr, n, sentence) -> None:
    with pytest.raises(BadConfig, match=sentence):
        noise_test(Averages(1.0), survey(), snr, n, np.random.default_rng(0))


def test_models_without_widths_and_spectra_without_flux_are_refused() -> None:
    spectra = survey()
    with pytest.raises(BadConfig, match="one that reports widths of its latents is needed"):
        noise_test(PCA(GRID, PCA.Config()), spectra, [5.0], 5, np.random.default_rng(0))
    spectra.flux[1] = -1
    with pytest.raises(BadConfig, match="n1 is not positive"):
        noise_test(Averages(1.0), spectra, [5.0], 5, np.random.default_rng(0))
    with pytest.raises(BadConfig, match="at least one object"):
        noise_test(Averages(1.0), spectra.take(slice(0, 0)), [5.0], 5, np.random.default_rng(0))
