"""Reference methods for labels: a quadratic Cannon and partial least squares, both without errors of labels.

The Cannon (Ness et al. 2015, ApJ 808, 16) writes the flux of every pixel as a quadratic function of the labels, with a
scatter of its own; labels of a spectrum are those whose flux fits best. Objects with a missing label are left out, as
both methods must.
"""

import numpy as np
import torch

from ..data.label_columns import Labels
from ..data.spectra import SpectraSet
from ..models.least_squares import pixel_scatter, weighted_least_squares

STEPS = 20
"""Gauss-Newton steps of the Cannon's label inference."""


class QuadraticCannon:
    """Pixels as quadratic functions of labels (Ness et al. 2015, Eqs. 2 to 4)."""

    def fit(self, spectra: SpectraSet, labels: Labels) -> "QuadraticCannon":
        """Learn each pixel's coefficients and scatter from objects with all labels and a spectrum."""
        used = labels.known.all(axis=1) & spectra.seen.any(axis=1)
        values = labels.values[used]
        self.centre, self.scale = values.mean(axis=0), values.std(axis=0)
        basis = self._terms((values - self.centre) / self.scale)
        flux, ivar = torch.from_numpy(spectra.flux[used]), torch.from_numpy(spectra.ivar[used])
        coefficients, _ = weighted_least_squares(ivar.T, flux.T, torch.from_numpy(basis.T).float())
        residual = flux - torch.from_numpy(basis).float() @ coefficients.T
        self.variance = pixel_scatter(residual, ivar).numpy()
        self.coefficients = coefficients.double().numpy()
        return self

    def predict(self, spectra: SpectraSet) -> np.ndarray:
        """Labels (n, M) of spectra, by damped Gauss-Newton from the centre of the training labels."""
        weight = spectra.ivar / (1 + spectra.ivar * self.variance)
        return np.array(
            [self._labels(flux, some) for flux, some in zip(spectra.flux.astype(float), weight, strict=True)]
        ).reshape(-1, len(self.centre))

    def _labels(self, flux: np.ndarray, weight: np.ndarray) -> np.ndarray:
        labels, damping = np.zeros(len(self.centre)), 1e-3
        chi2 = self._chi2(flux, weight, labels)
        for _ in range(STEPS):
            slope = self.coefficients @ self._slopes(labels)
            residual = flux - self.coefficients @ self._terms(labels[None])[0]
            curvature = slope.T @ (weight[:, None] * slope)
            curvature += damping * np.diag(np.diag(curvature)) + 1e-9 * np.eye(len(labels))
            trial = np.clip(labels + np.linalg.solve(curvature, slope.T @ (weight * residual)), -6, 6)
            found = self._chi2(flux, weight, trial)
            if found < chi2:
                labels, chi2, damping = trial, found, damping / 5
            else:
                damping *= 10
        return self.centre + self.scale * labels

    def _chi2(self, flux: np.ndarray, weight: np.ndarray, labels: np.ndarray) -> float:
        return float(weight @ (flux - self.coefficients @ self._terms(labels[None])[0]) ** 2)

    @staticmethod
    def _terms(labels: np.ndarray) -> np.ndarray:
        """1, all labels, and all their products, (n, k)."""
        first, second = np.triu_indices(labels.shape[1])
        return np.column_stack([np.ones(len(labels)), labels, labels[:, first] * labels[:, second]])

    @staticmethod
    def _slopes(labels: np.ndarray) -> np.ndarray:
        """Derivatives (k, M) of the terms with respect to the labels (M,) of one object."""
        m = len(labels)
        first, second = np.triu_indices(m)
        unit = np.eye(m)
        products = unit[first] * labels[second, None] + unit[second] * labels[first, None]
        return np.vstack([np.zeros(m), unit, products])


class PLS:
    """Partial least squares from complete spectra to standardised labels.

    Parameters
    ----------
    n_components
        Number of components.
    """

    def __init__(self, n_components: int = 20) -> None:
        self.n_components = n_components

    def fit(self, spectra: SpectraSet, labels: Labels) -> "PLS":
        """Learn from objects with all labels and a spectrum."""
        from sklearn.cross_decomposition import PLSRegression

        used = labels.known.all(axis=1) & spectra.seen.any(axis=1)
        values = labels.values[used]
        self.centre, self.scale = values.mean(axis=0), values.std(axis=0)
        self.regression = PLSRegression(self.n_components, scale=False)
        self.regression.fit(spectra.complete[used], (values - self.centre) / self.scale)
        return self

    def predict(self, spectra: SpectraSet) -> np.ndarray:
        """Labels (n, M) of spectra."""
        return self.regression.predict(spectra.complete) * self.scale + self.centre
