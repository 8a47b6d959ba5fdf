import numpy as np
import pytest

from specvae_core.data.infill import fit_infill
from specvae_core.progress import Cancelled, Progress

N_PIXEL = 200
X = np.linspace(0, 1, N_PIXEL)
SHAPES = 1.3 * np.array([0.5 * X, 0.3 * np.cos(7 * X), 0.2 * np.sin(11 * X)])
SHAPES -= SHAPES.mean(axis=1, keepdims=True)


def survey(n=400, noise=0.02, seed=0):
    """Spectra of three shapes around 1, their noise-free truth and ivar; about a tenth of the pixels are holes."""
    rng = np.random.default_rng(seed)
    truth = 1 + rng.normal(size=(n, 3)) @ SHAPES
    ivar = np.full((n, N_PIXEL), noise**-2, np.float32)
    for row, start in enumerate(rng.integers(0, N_PIXEL - 30, n)):
        ivar[row, start : start + rng.integers(5, 30)] = 0
    flux = (truth + noise * rng.normal(size=truth.shape)).astype(np.float32)
    return np.where(ivar > 0, flux, 0).astype(np.float32), ivar, truth


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def test_holes_come_back_to_better_than_the_noise():
    flux, ivar, truth = survey()
    result = fit_infill(flux, ivar, n_components=3)
    holes = ivar == 0
    assert result.converged
    assert rms((result.infilled - truth)[holes]) < 0.02
    assert rms((1 - truth)[holes]) > 0.3
    assert len(result.changes) == result.n_iterations
    assert result.changes[-1] < result.changes[0]


def test_seen_pixels_are_untouched_and_all_is_finite():
    flux, ivar, _ = survey()
    flux = np.where(ivar > 0, flux, np.float32(1e9))  # whatever unseen pixels hold does not matter
    result = fit_infill(flux, ivar)
    assert result.infilled.dtype == np.float32
    assert np.isfinite(result.infilled).all()
    assert np.abs(result.infilled).max() < 10
    np.testing.assert_array_equal(result.infilled[ivar > 0], flux[ivar > 0])


def test_the_basis_fills_other_spectra_and_these_alike():
    flux, ivar, _ = survey()
    result = fit_infill(flux, ivar, n_components=3)
    np.testing.assert_array_equal(result.basis.apply(flux, ivar), result.infilled)
    other, other_ivar, truth = survey(n=50, seed=1)
    filled = result.basis.apply(other, other_ivar)
    assert rms((filled - truth)[other_ivar == 0]) < 0.02
    basis = result.basis.components
    np.testing.assert_allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-5)


def test_a_long_gap_falls_back_to_the_mean():
    flux, ivar, _ = survey()
    result = fit_infill(flux, ivar, n_components=10)
    lone = np.zeros((1, N_PIXEL), np.float32)
    lone[0, :2] = 1e4  # two pixels of no weight must not send the other 198 anywhere
    filled = result.basis.apply(lone, np.where(lone > 0, np.float32(1e-8), np.float32(0)))
    assert np.abs(filled[0, 2:] - result.basis.mean[2:]).max() < 0.1


def test_few_wild_spectra_do_not_turn_the_components():
    flux, ivar, truth = survey()
    rng = np.random.default_rng(2)
    flux[:12] = rng.normal(1, 30, (12, N_PIXEL))
    result = fit_infill(flux, ivar, n_components=3)
    holes = ivar == 0
    holes[:12] = False
    assert result.converged
    assert rms((result.infilled - truth)[holes]) < 0.03


def test_a_survey_without_holes_returns_at_once():
    flux, _, _ = survey()
    result = fit_infill(flux, np.ones_like(flux), n_components=3)
    assert (result.n_iterations, result.converged, result.changes) == (0, True, ())
    np.testing.assert_array_equal(result.infilled, flux)
    gap = np.ones_like(flux[:5])
    gap[:, 50:60] = 0
    _, _, truth = survey()
    assert rms((result.basis.apply(flux[:5], gap) - truth[:5])[:, 50:60]) < 0.3


def test_pixels_that_nobody_saw_are_interpolated():
    flux, ivar, _ = survey()
    ivar[:, 100:104] = 0
    ivar[:, :3] = 0
    result = fit_infill(flux, ivar, n_components=3)
    mean = result.basis.mean
    np.testing.assert_allclose(np.diff(mean[99:105]), (mean[104] - mean[99]) / 5, atol=1e-2)
    assert np.isfinite(result.infilled).all()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_spectra_use_as_many_components_as_they_support(n):
    flux, ivar, _ = survey(n)
    result = fit_infill(flux, ivar, n_components=10)
    assert result.to_json()["n_components"] <= n - 1
    assert np.isfinite(result.infilled).all()
    np.testing.assert_array_equal(result.infilled[ivar > 0], flux[ivar > 0])


def test_objects_without_spectrum_become_the_mean_and_take_no_part():
    flux, ivar, _ = survey()
    with_empty = fit_infill(np.vstack([flux, np.zeros((50, N_PIXEL))]), np.vstack([ivar, np.zeros((50, N_PIXEL))]), 3)
    np.testing.assert_allclose(with_empty.infilled[400:], np.tile(with_empty.basis.mean, (50, 1)), atol=1e-6)
    alone = fit_infill(flux, ivar, 3)
    np.testing.assert_allclose(with_empty.basis.mean, alone.basis.mean, atol=1e-3)


def test_every_iteration_is_reported_and_can_be_stopped():
    flux, ivar, _ = survey()
    heard: list[Progress] = []
    result = fit_infill(flux, ivar, report=heard.append)
    assert [progress.step for progress in heard] == list(range(1, result.n_iterations + 1))
    assert tuple(progress.values["infill/change"] for progress in heard) == result.changes

    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        fit_infill(flux, ivar, report=stop)


def test_not_converging_is_said():
    flux, ivar, _ = survey()
    result = fit_infill(flux, ivar, max_iterations=1, tolerance=1e-12)
    assert not result.converged
    assert result.n_iterations == 1
