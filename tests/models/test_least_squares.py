"""Batched least squares against one problem at a time, and the scatter of pixels against its truth."""

import numpy as np
import torch

from specvae_core.models.least_squares import pixel_scatter, weighted_least_squares


def _problems(n: int = 20, k: int = 4, p: int = 50) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    basis = random.normal(size=(k, p)) * 10.0 ** np.arange(k)[:, None]
    weight = np.where(random.random((n, p)) < 0.3, 0, random.uniform(1, 100, (n, p)))
    return weight, random.normal(size=(n, p)), basis


def _solved(weight, target, basis, **settings):
    tensors = (torch.from_numpy(array).float() for array in (weight, target, basis))
    coefficients, covariance = weighted_least_squares(*tensors, **settings)
    return coefficients.numpy(), None if covariance is None else covariance.numpy()


def test_every_row_is_solved_as_if_alone() -> None:
    weight, target, basis = _problems()
    coefficients, _ = _solved(weight, target, basis)
    for row, (w, t) in enumerate(zip(weight, target, strict=True)):
        expected = np.linalg.solve((basis * w) @ basis.T, (basis * w) @ t)
        np.testing.assert_allclose(coefficients[row], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_the_penalty_and_the_covariance_are_those_of_ridge_regression() -> None:
    weight, target, basis = _problems()
    coefficients, covariance = _solved(weight, target, basis, penalty=500.0, covariance=True)
    matrix = (basis * weight[3]) @ basis.T + 500.0 * np.eye(4)
    expected = np.linalg.solve(matrix, (basis * weight[3]) @ target[3])
    np.testing.assert_allclose(coefficients[3], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_allclose(covariance[3], np.linalg.inv(matrix), rtol=1e-3, atol=1e-7)


def test_every_coefficient_can_have_a_penalty_of_its_own() -> None:
    weight, target, basis = _problems()
    penalty = torch.tensor([0.0, 10.0, 1e4, 1e7], dtype=torch.double)
    coefficients, covariance = _solved(weight, target, basis, penalty=penalty, covariance=True)
    matrix = (basis * weight[3]) @ basis.T + np.diag(penalty.numpy())
    expected = np.linalg.solve(matrix, (basis * weight[3]) @ target[3])
    np.testing.assert_allclose(coefficients[3], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_allclose(covariance[3], np.linalg.inv(matrix), rtol=2e-3, atol=1e-7)


def test_a_row_without_data_is_zero_and_no_rows_are_none() -> None:
    weight, target, basis = _problems()
    weight[5] = 0
    assert np.abs(_solved(weight, target, basis)[0][5]).max() == 0
    assert _solved(weight[:0], target[:0], basis)[0].shape == (0, 4)


def test_single_precision_stands_components_of_very_different_size() -> None:
    random = np.random.default_rng(1)
    basis = random.normal(size=(6, 400)) * 10.0 ** -np.arange(6)[:, None]
    truth = random.normal(size=(30, 6))
    target = truth @ basis
    coefficients, _ = _solved(np.full((30, 400), 1e4), target, basis)
    np.testing.assert_allclose(coefficients @ basis, target, atol=1e-4)
    np.testing.assert_allclose(coefficients[:, :4], truth[:, :4], atol=2e-3)


def test_the_scatter_beyond_the_errors_is_found_and_none_where_there_is_none() -> None:
    random = np.random.default_rng(2)
    errors = random.uniform(0.05, 0.2, (4000, 3))
    intrinsic = np.array([0.0, 0.1, 0.5])
    residual = random.normal(size=errors.shape) * np.sqrt(errors**2 + intrinsic**2)
    ivar = errors**-2
    ivar[:, :] = np.where(random.random(ivar.shape) < 0.1, 0, ivar)
    found = pixel_scatter(torch.from_numpy(residual).float(), torch.from_numpy(ivar).float()).sqrt().numpy()
    np.testing.assert_allclose(found[1:], intrinsic[1:], rtol=0.05)
    assert found[0] < 0.03
    assert pixel_scatter(torch.ones(5, 1), torch.zeros(5, 1)).item() == 0
