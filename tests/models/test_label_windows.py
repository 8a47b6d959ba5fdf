"""Labels that are read from windows do not follow what lies outside of them."""

from dataclasses import replace

import numpy as np
import pytest
from quadratic_stars import GRID, NAMES, quadratic_stars

from specvae_core.errors import BadConfig
from specvae_core.models import Cannon, LatentModel, Lux
from specvae_core.models.cannon import CannonConfig
from specvae_core.models.label_windows import label_windows
from specvae_core.models.lux.settings import LuxConfig

WINDOWS = "feh=5700:6200"
"""Where the line of these stars lies."""


@pytest.fixture(scope="module", params=["cannon", "lux"])
def model(request: pytest.FixtureRequest) -> LatentModel:
    if request.param == "cannon":
        return Cannon(GRID, CannonConfig(labels="teff,feh", windows=WINDOWS)).fit(quadratic_stars(300, 0))
    settings = {"n_latent": 6, "labels": "teff,feh", "windows": WINDOWS, "n_hidden": 0, "calibration": 0.0}
    return Lux(GRID, LuxConfig(**settings)).fit(quadratic_stars(300, 0))


def test_the_label_is_still_found(model: LatentModel) -> None:
    new = quadratic_stars(100, 1)
    off = model.predict_labels(new)[0] - new.table[list(NAMES)].to_numpy()
    assert np.std(off[:, 1]) < 0.1


def test_pixels_outside_of_the_windows_do_not_move_it() -> None:
    settings = {"n_latent": 6, "labels": "teff,feh", "n_hidden": 0, "calibration": 0.0}
    whole, part = (
        Lux(GRID, LuxConfig(**settings, windows=windows)).fit(quadratic_stars(300, 0)) for windows in ("", WINDOWS)
    )
    stars = quadratic_stars(50, 2)
    spoilt = replace(stars, flux=np.where(GRID.wavelength < 4500, stars.flux + 0.1, stars.flux).astype(np.float32))
    moved = [np.abs(one.predict_labels(spoilt)[0] - one.predict_labels(stars)[0]) for one in (whole, part)]
    assert moved[0][:, 1].mean() > 0.02
    assert moved[1][:, 1].max() < 1e-4


def test_outside_of_its_windows_a_label_leaves_the_cannon_s_flux_alone() -> None:
    cannon = Cannon(GRID, CannonConfig(labels="teff,feh", windows=WINDOWS)).fit(quadratic_stars(300, 0))
    flux = cannon.spectra_from_labels([[5200.0, -0.8], [5200.0, 0.4]])[0]
    outside = ~label_windows(WINDOWS, NAMES, GRID.wavelength)[:, 1]
    np.testing.assert_allclose(flux[0, outside], flux[1, outside], atol=1e-6)
    assert np.abs(flux[0] - flux[1]).max() > 0.1


@pytest.mark.parametrize(
    ("text", "says"), [("mgfe=5000:5100", "'mgfe'"), ("feh=5000", "cannot be read"), ("feh=9000:9100", "No pixel")]
)
def test_windows_that_make_no_sense_are_refused(text: str, says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        label_windows(text, NAMES, GRID.wavelength)
