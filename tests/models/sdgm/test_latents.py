"""Errors of the latents of the photo-z model, on simulated galaxies that it has not met."""

import copy

import numpy as np
import pytest
import torch
from galaxies_of_three_bands import galaxies, small

from specvae_core.analysis.calibration.answers import Answers, count
from specvae_core.analysis.calibration.case import Case
from specvae_core.analysis.calibration.latents import latents
from specvae_core.models.sdgm.model import SDGM


@pytest.fixture(scope="module")
def trained() -> SDGM:
    settings = {"n_latent": 5, "hidden": 32, "max_epochs": 9, "batch_size": 96, "learning_rate": 5e-3}
    return small(**settings, resample=0.0, hide=0.05).fit(galaxies(1500), seed=1)


def answers(model: SDGM) -> list[Answers]:
    """Latents and components of galaxies of another seed."""
    case = Case(model, galaxies(1000, seed=9), galaxies(1500))
    return [one for one in latents(case, None) if one.sigma is not None]


def test_errors_of_latents_and_components_hold_the_truth(trained: SDGM) -> None:
    found = [count(one) for one in answers(trained)]
    assert len(found) > 4  # the widths of q alone have pulls that scatter by 0.02 to 0.16 for all latents but log z
    assert all(0.6 < row.coverage_68 < 0.85 and 0.7 < row.pull_std < 1.35 for row in found), found


def test_widths_that_are_wrong_are_put_right_on_the_validation_part(trained: SDGM) -> None:
    model = copy.deepcopy(trained)
    model.q_b.network[-1].bias.data[-1] += 2.0  # too wide by a factor of e
    model.q_a.network[-1].bias.data[-1] -= 2.0
    assert not any(
        0.6 < count(one).coverage_68 < 0.8 for one in answers(model) if one.quantity in ("latent 2", "latent 5")
    )
    model.calibrate_latents(galaxies(1500))
    np.testing.assert_allclose(
        [one.sigma for one in answers(model)], [one.sigma for one in answers(trained)], rtol=1e-3
    )


def test_widths_and_covariances_agree(trained: SDGM) -> None:
    spectra = galaxies(20, seed=3)
    mean, log_variance = trained.encode_uncertainty(spectra)
    same, covariance = trained.encode_covariance(spectra)
    np.testing.assert_array_equal(mean, same)
    np.testing.assert_allclose(np.einsum("nkk->nk", covariance), np.exp(log_variance), rtol=1e-5)
    assert (np.linalg.eigvalsh(covariance.astype(float)) > 0).all()


def test_too_few_validation_objects_leave_the_widths_as_they_are(trained: SDGM) -> None:
    model = copy.deepcopy(trained)
    model.pull_covariance.copy_(torch.eye(5))
    model.calibrate_latents(galaxies(200))
    assert torch.equal(model.pull_covariance, torch.eye(5))
