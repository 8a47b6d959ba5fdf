import numpy as np
import pytest

from specvae_core.analysis.basis import principal_basis


@pytest.fixture
def cloud():
    """Latents that spread by 3, 1 and 0.1 along known axes, with a long tail along the first."""
    rng = np.random.default_rng(0)
    along = np.column_stack([3 * (rng.exponential(size=2000) - 1), rng.normal(size=2000), 0.1 * rng.normal(size=2000)])
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return (along @ turn.T + [1.0, -2.0, 0.5]).astype(np.float32), turn


def test_components_are_uncorrelated_and_fall_in_variance(cloud):
    latents, _ = cloud
    basis = principal_basis(latents, None)
    covariance = np.cov(basis.components(latents).T)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-4
    assert (np.diff(basis.explained) < 0).all()
    assert basis.explained.sum() == pytest.approx(1)


def test_the_first_axis_is_the_true_one_with_its_tail_positive(cloud):
    latents, turn = cloud
    assert principal_basis(latents, None).axes[0] @ turn[:, 0] > 0.99
    assert principal_basis(-latents, None).axes[0] @ turn[:, 0] < -0.99


def test_there_and_back_again_is_the_same_and_keeps_distances(cloud):
    latents, _ = cloud
    basis = principal_basis(latents, None)
    components = basis.components(latents)
    np.testing.assert_allclose(basis.latents(components), latents, atol=1e-5)
    many = np.tile(latents, (5, 1))
    np.testing.assert_allclose(basis.component(many, 1), np.tile(components[:, 1], 5), atol=1e-5)
    np.testing.assert_allclose(
        np.linalg.norm(components[0] - components[1]), np.linalg.norm(latents[0] - latents[1]), rtol=1e-5
    )


def test_variance_is_propagated_as_a_draw_from_the_posterior_spreads(cloud):
    latents, _ = cloud
    basis = principal_basis(latents, None)
    variance = np.array([[0.04, 0.25, 1.0]])
    draws = np.random.default_rng(1).normal(latents[0], np.sqrt(variance[0]), size=(40_000, 3))
    np.testing.assert_allclose(basis.variance(variance)[0], basis.components(draws).var(axis=0), rtol=0.05)


def test_a_latent_as_wide_as_the_prior_is_named_as_unused():
    rng = np.random.default_rng(2)
    latents = rng.normal(size=(500, 3)) * [2.0, 1.0, 0.02]
    log_variance = np.log(np.tile([0.01, 0.05, 0.97], (500, 1)))
    basis = principal_basis(latents[:, [0, 2, 1]], log_variance[:, [0, 2, 1]])
    assert basis.unused_latents == (1,)
    assert basis.unused_components == (2,)
    assert principal_basis(latents, None).unused_latents == ()


def test_rows_without_latents_do_not_matter():
    latents = np.random.default_rng(3).normal(size=(50, 2))
    with_holes = np.vstack([latents, [[np.nan, 1.0]]])
    np.testing.assert_allclose(principal_basis(with_holes, None).axes, principal_basis(latents, None).axes)
