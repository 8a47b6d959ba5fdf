"""Partial least squares against scikit-learn's, and with holes."""

from dataclasses import replace

import numpy as np
import pytest
from quadratic_stars import GRID, NAMES, quadratic_stars

from specvae_core.errors import BadConfig
from specvae_core.models import PLS
from specvae_core.models.pls import PLSConfig


def _pls(**settings: object) -> PLS:
    usual = {"n_latent": 6, "labels": "teff,feh", "validation_fraction": 0.0, "test_fraction": 0.0}
    return PLS(GRID, PLSConfig(**{**usual, **settings}))


def test_labels_are_those_of_the_common_implementation() -> None:
    """SIMPLS and NIPALS are the same for one label (de Jong 1993)."""
    from sklearn.cross_decomposition import PLSRegression

    training, new = quadratic_stars(300, 0), quadratic_stars(100, 1)
    expected = PLSRegression(6, scale=False).fit(training.flux, training.table["teff"]).predict(new.flux)
    labels, _ = _pls(labels="teff").fit(training).predict_labels(new)
    np.testing.assert_allclose(labels[:, 0], expected.ravel(), atol=1.0)


def test_labels_of_new_stars_are_found() -> None:
    new = quadratic_stars(100, 1)
    off = _pls().fit(quadratic_stars(300, 0)).predict_labels(new)[0] - new.table[list(NAMES)].to_numpy()
    assert np.std(off[:, 0]) < 60
    assert np.std(off[:, 1]) < 0.12


def test_labels_hardly_move_where_a_tenth_of_the_pixels_is_missing() -> None:
    model, new = _pls().fit(quadratic_stars(300, 0)), quadratic_stars(100, 1)
    seen = np.random.default_rng(0).random(new.flux.shape) > 0.1
    holes = replace(new, flux=np.where(seen, new.flux, 0), ivar=np.where(seen, new.ivar, 0))
    whole, part = model.predict_labels(new)[0], model.predict_labels(holes)[0]
    assert np.std((whole - part)[:, 0]) < 30
    assert np.std((whole - part)[:, 1]) < 0.06


def test_a_survey_without_complete_labels_is_refused() -> None:
    stars = quadratic_stars(20, 0)
    half = np.arange(20) % 2 == 0
    table = stars.table.assign(teff=stars.table["teff"].where(half), feh=stars.table["feh"].where(~half))
    with pytest.raises(BadConfig, match="0 spectra for training have all of the labels teff, feh"):
        _pls().fit(replace(stars, table=table))
