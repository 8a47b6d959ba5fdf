import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from sklearn.decomposition import PCA as OrdinaryPCA
from survey_of_curves import GRID, curves, new_model

from specvae_core.models.linear import normal_equations


def test_pca_with_equal_weights_is_ordinary_pca() -> None:
    spectra, _ = curves(n=200, holes=0.0)
    model = new_model("pca", n_latent=4, validation_fraction=0.0, test_fraction=0.0).fit(spectra)
    ordinary = OrdinaryPCA(4).fit(spectra.flux)
    overlap = np.abs(model.components.numpy() @ ordinary.components_.T)
    np.testing.assert_allclose(overlap, np.eye(4), atol=2e-3)
    np.testing.assert_allclose(model.mean.numpy(), ordinary.mean_, atol=1e-5)
    np.testing.assert_allclose(
        model.reconstruct(spectra), ordinary.inverse_transform(ordinary.transform(spectra.flux)), atol=1e-3
    )


def test_pca_components_are_orthonormal_and_latents_uncorrelated_in_falling_order() -> None:
    spectra, _ = curves(n=300, holes=0.2)
    model = new_model("pca", n_latent=3, validation_fraction=0.0, test_fraction=0.0).fit(spectra)
    components = model.components.numpy()
    np.testing.assert_allclose(components @ components.T, np.eye(3), atol=1e-5)
    covariance = np.cov(model.encode(spectra).T)
    assert np.all(np.diff(np.diag(covariance)) < 0)
    assert np.abs(np.corrcoef(model.encode(spectra).T) - np.eye(3)).max() < 0.02


def test_pca_finds_planted_components_through_holes() -> None:
    random = np.random.default_rng(0)
    planted = np.linalg.qr(random.normal(size=(GRID.n_pixel, 2)))[0].T
    spectra, _ = curves(n=300, holes=0.3)
    flux = 1 + random.normal(size=(300, 2)) * [3, 1] @ planted
    spectra.flux[:] = np.where(spectra.seen, flux, 0)
    model = new_model("pca", n_latent=2, tolerance=1e-8).fit(spectra)
    overlap = np.linalg.svd(model.components.numpy() @ planted.T, compute_uv=False)
    np.testing.assert_allclose(overlap, 1, atol=1e-4)


def test_more_components_than_spectra_or_pixels_do_no_harm() -> None:
    spectra, _ = curves(n=5)
    model = new_model("pca", n_latent=64).fit(spectra)
    assert np.isfinite(model.reconstruct(spectra)).all()


def test_nmf_recovers_a_mixture_and_its_abundances() -> None:
    position = np.linspace(0, 1, GRID.n_pixel)
    endmembers = np.stack([np.exp(-0.5 * ((position - centre) / 0.12) ** 2) for centre in (0.2, 0.5, 0.8)])
    endmembers /= endmembers.mean(axis=1, keepdims=True)
    shares = np.random.default_rng(2).dirichlet([0.5] * 3, size=300)
    spectra, _ = curves(n=300, holes=0.1)
    spectra.flux[:] = np.where(spectra.seen, shares @ endmembers, 0)
    model = new_model("nmf", tolerance=1e-7, max_iterations=2000).fit(spectra)
    similarity = np.corrcoef(model.endmembers, endmembers)[:3, 3:]
    order = similarity.argmax(axis=0)
    assert sorted(order) == [0, 1, 2]
    assert similarity.max(axis=0).min() > 0.99
    assert np.abs(model.abundances(spectra)[:, order] - shares).mean() < 0.03


def test_nmf_is_non_negative_and_not_biased_by_negative_noise() -> None:
    random = np.random.default_rng(1)
    spectra, clean = curves(n=200, holes=0.1)
    noisy = clean + random.normal(0, 2.0, clean.shape)
    spectra.flux[:] = np.where(spectra.seen, noisy, 0)
    spectra.ivar[:] = np.where(spectra.seen, 0.25, 0)
    model = new_model("nmf", n_latent=1).fit(spectra)
    assert (model.endmembers >= 0).all()
    assert (model.encode(spectra) >= 0).all()
    assert model.reconstruct(spectra).mean() == pytest.approx(1.0, abs=0.1)  # clipping the noise at 0 would give 1.4


def test_non_negative_least_squares_agrees_with_scipy() -> None:
    random = np.random.default_rng(3)
    basis, target = random.random((4, 30)), random.normal(size=(20, 30))
    weight = random.random((20, 30))
    model = new_model("nmf", n_latent=4)
    equations = normal_equations(*(torch.tensor(array) for array in (weight, target, basis)))
    solution = model.solve(*equations).numpy()
    root = np.sqrt(weight)
    expected = [nnls((basis * root[i]).T, target[i] * root[i])[0] for i in range(20)]
    np.testing.assert_allclose(solution, expected, atol=1e-4)
