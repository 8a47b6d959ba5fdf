"""Errors of labels: known distributions are found again, and heavy tails, bad fits and foreign spectra are seen."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from quadratic_stars import GRID, NAMES, quadratic_stars

from specvae_core.models import Cannon, load_model, save_model
from specvae_core.models.cannon import CannonConfig
from specvae_core.models.label_errors import LabelErrors
from specvae_core.models.label_prediction import LabelFlag


def learnt(off: np.ndarray, variance: np.ndarray, chi2: np.ndarray, stated: float = 0.0) -> LabelErrors:
    errors = LabelErrors(1, 2)
    n = len(off)
    parts = (torch.from_numpy(part) for part in (off[:, None], variance[:, None], np.full((n, 1), stated**2)))
    errors.learn(*parts, torch.from_numpy(chi2), torch.ones(n))
    return errors


def test_intervals_of_heavy_tailed_errors_hold_their_share() -> None:
    random = np.random.default_rng(0)
    off, variance = 0.1 * random.standard_t(2.5, 800), np.full(800, 0.02)
    errors = learnt(off[:400], variance[:400], np.ones(400))
    scale = errors.scale(torch.full((400, 1), 0.02, dtype=torch.double), torch.ones(400))[:, 0].numpy()
    one, two = (np.mean(np.abs(off[400:]) < float(factor) * scale) for factor in (errors.factor_68, errors.factor_95))
    assert 0.63 < one < 0.73
    assert 0.92 < two < 0.98
    assert float(errors.factor_95) > 2.3 * float(errors.factor_68)


def test_a_noise_that_is_overrated_and_one_that_is_underrated_are_scaled() -> None:
    random = np.random.default_rng(1)
    variance = random.uniform(0.5, 2.0, 600) * 0.04
    for factor in (0.3, 3.0):
        errors = learnt(factor * np.sqrt(variance) * random.standard_normal(600), variance, np.ones(600))
        scale = float(errors.factor_68) * errors.scale(torch.from_numpy(variance[:, None]), torch.ones(600))[:, 0]
        assert float((scale / torch.from_numpy(variance).sqrt()).median()) == pytest.approx(factor, rel=0.12)


def test_errors_grow_with_the_misfit_where_they_do() -> None:
    random = np.random.default_rng(2)
    chi2 = random.choice([1.0, 9.0], 600, p=[0.7, 0.3])
    errors = learnt(0.1 * np.sqrt(chi2) * random.standard_normal(600), np.full(600, 0.01), chi2)
    good, bad = (float(errors.scale(torch.full((1, 1), 0.01), torch.tensor([x]))) for x in (1.0, 9.0))
    assert 2.3 < bad / good < 3.7
    farther = float(errors.scale(torch.full((1, 1), 0.01), torch.tensor([900.0])))
    assert farther == pytest.approx(bad, rel=1e-3)  # nothing is known of worse fits than those of training


def test_errors_that_the_catalogue_states_are_taken_out() -> None:
    random = np.random.default_rng(3)
    off = np.hypot(0.05, 0.2) * random.standard_normal(1000)
    errors = learnt(off, np.full(1000, 1e-4), np.ones(1000), stated=0.2)
    assert bool(errors.states_errors)
    quoted = float(errors.factor_68 * errors.scale(torch.full((1, 1), 1e-4), torch.ones(1)))
    assert quoted < 0.1
    without = learnt(off, np.full(1000, 1e-4), np.ones(1000))
    assert not bool(without.states_errors)
    assert float(without.factor_68 * without.scale(torch.full((1, 1), 1e-4), torch.ones(1))) > 0.18


@pytest.fixture(scope="module")
def cannon() -> Cannon:
    return Cannon(GRID, CannonConfig(labels="teff,feh")).fit(quadratic_stars(400, 0))


def test_spectra_like_those_of_training_have_no_flags(cannon: Cannon) -> None:
    found = cannon.label_prediction(quadratic_stars(400, 5))
    odd = (found.flags & (LabelFlag.POOR_FIT | LabelFlag.OUTSIDE)) > 0
    assert odd.mean() < 0.06
    assert np.median(found.chi2) == pytest.approx(1, abs=0.1)


def test_a_foreign_line_an_extrapolation_and_a_missing_spectrum_are_flagged(cannon: Cannon) -> None:
    stars = quadratic_stars(50, 6)
    flux, ivar = stars.flux.copy(), stars.ivar.copy()
    flux[0, 10:14] -= 0.2
    ivar[2] = 0
    hot = quadratic_stars(1, 0).table.assign(teff=7500.0, feh=0.0)
    flux[1] = cannon.spectra_from_labels(hot[list(NAMES)].to_numpy())[0][0]
    found = cannon.label_prediction(replace(stars, flux=flux, ivar=ivar))
    assert found.flags[0] & LabelFlag.POOR_FIT
    assert found.flags[1] & LabelFlag.BEYOND_LABELS
    assert found.flags[1] & LabelFlag.OUTSIDE
    assert found.flags[2] & LabelFlag.NO_SPECTRUM


def test_the_covariance_is_that_of_the_differences(cannon: Cannon) -> None:
    stars = quadratic_stars(3000, 7)
    found = cannon.label_prediction(stars)
    off = found.values - stars.table[list(NAMES)].to_numpy()
    assert found.correlation[0, 1] == pytest.approx(np.corrcoef(off.T)[0, 1], abs=0.12)
    assert found.covariance.shape == (3000, 2, 2)
    np.testing.assert_allclose(np.sqrt(found.covariance[:, 0, 0]), found.errors[:, 0])


def test_a_model_says_whether_errors_of_the_catalogue_are_in_its_errors(cannon: Cannon) -> None:
    assert cannon.errors_with_catalogue == (True, True)
    stars = quadratic_stars(100, 1)
    stated = replace(stars, table=stars.table.assign(teff_err=20.0))
    model = Cannon(GRID, CannonConfig(labels="teff,feh")).fit(stated)
    assert model.errors_with_catalogue == (False, True)


def test_what_was_learnt_of_errors_is_kept(cannon: Cannon, tmp_path) -> None:
    save_model(cannon, tmp_path / "m", survey_id="stars", seconds=1.0, epochs=1)
    stars = quadratic_stars(20, 8)
    one, other = (model.label_prediction(stars) for model in (cannon, load_model(tmp_path / "m")))
    for name, values in vars(one).items():
        np.testing.assert_array_equal(values, getattr(other, name), err_msg=name)


def test_the_errors_never_come_from_the_test_part() -> None:
    stars = quadratic_stars(200, 9)
    model = Cannon(GRID, CannonConfig(labels="teff,feh", test_fraction=0.3)).fit(stars)
    test = np.isin(stars.ids, model.part_ids["test"])
    spoilt = stars.table.assign(teff=np.where(test, 9000.0, stars.table["teff"]))
    other = Cannon(GRID, CannonConfig(labels="teff,feh", test_fraction=0.3)).fit(replace(stars, table=spoilt))
    for name, tensor in model.label_errors.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), other.label_errors.state_dict()[name].numpy(), err_msg=name)
