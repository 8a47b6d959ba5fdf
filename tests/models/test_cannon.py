"""The Cannon against stars that obey its own law, and its errors against those that occur."""

from dataclasses import replace

import numpy as np
import pytest
from quadratic_stars import GRID, NAMES, quadratic_flux, quadratic_stars

from specvae_core.errors import BadConfig
from specvae_core.models import Cannon
from specvae_core.models.cannon import CannonConfig


@pytest.fixture(scope="module")
def cannon() -> Cannon:
    return Cannon(GRID, CannonConfig(labels="teff,feh")).fit(quadratic_stars(300, 0))


def test_labels_of_new_stars_are_found_with_their_errors(cannon: Cannon) -> None:
    new = quadratic_stars(400, 1)
    labels, errors = cannon.predict_labels(new)
    off = labels - new.table[list(NAMES)].to_numpy()
    assert np.std(off[:, 0]) < 15
    assert np.std(off[:, 1]) < 0.03
    assert 0.85 < np.std(off / errors) < 1.15


def test_the_spectrum_of_labels_is_the_true_one(cannon: Cannon) -> None:
    labels = np.array([[4400.0, 0.3], [5800.0, -0.7]])
    flux, error = cannon.spectra_from_labels(labels)
    np.testing.assert_allclose(flux, quadratic_flux(*labels.T), atol=0.003)
    assert (error < 0.004).all()


def test_an_unknown_label_widens_the_error_of_the_spectrum(cannon: Cannon) -> None:
    both = cannon.spectra_from_labels([[5000.0, 0.2]])[1]
    one, error = cannon.spectra_from_labels([[5000.0, np.nan]])
    assert error.max() > 5 * both.max()
    assert (np.abs(one - quadratic_flux(np.array([5000.0]), np.array([0.2]))) < 3 * error + 0.002).all()


def test_derivatives_recover_a_small_change_of_a_label(cannon: Cannon) -> None:
    centre = cannon.centre.numpy()
    change = np.array([20.0, 0.02])
    difference = quadratic_flux(*(centre + change)[:, None]) - quadratic_flux(*centre[:, None])
    np.testing.assert_allclose(cannon.label_derivatives() @ difference[0], change, rtol=0.05)


def test_stars_with_a_missing_label_teach_nothing() -> None:
    stars = quadratic_stars(120, 2)
    gaps = stars.table.assign(feh=stars.table["feh"].where(np.arange(120) % 2 == 0))
    part = stars.take(np.flatnonzero(gaps["feh"].notna()))
    with_gaps, without = (
        Cannon(GRID, CannonConfig(labels="teff,feh", validation_fraction=0.0, test_fraction=0.0)).fit(survey)
        for survey in (replace(stars, table=gaps), part)
    )
    np.testing.assert_array_equal(with_gaps.coefficients.numpy(), without.coefficients.numpy())


def test_too_few_labelled_stars_are_refused_with_how_many_it_takes() -> None:
    with pytest.raises(BadConfig, match="needs at least 6"):
        Cannon(GRID, CannonConfig(labels="teff,feh", validation_fraction=0.0, test_fraction=0.0)).fit(
            quadratic_stars(5, 0)
        )
