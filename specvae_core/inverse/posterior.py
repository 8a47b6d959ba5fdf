"""Posterior of the whole spectrum given a measurement, around the best code.

Around the best code the posterior is taken as Gaussian (Laplace): decoder linearised, with the Gauss-Newton matrix and
the prior as its precision. The coefficients of the residual model, and its pixel-by-pixel part, then follow from
the measurement as conditional Gaussians; all three add to the error of each pixel. A spectrum that the model explains
worse than it does training spectra has larger errors in the same proportion, as under a multivariate t distribution.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .codes import CodePrior
from .likelihood import Likelihood
from .search import derivatives

ALL = slice(None)

PRIOR_DATA = 20.0
"""Weight, in data, of the size of residuals on training spectra against that of the spectrum at hand."""


@dataclass(frozen=True)
class Calibration:
    """Factors on the errors with which the bands hold their nominal share, measured on validation spectra.

    Parameters
    ----------
    hidden68, hidden95
        Half the width of the 68 and 95% bands, in units of the error that the posterior gives, where no datum shows
        anything of a pixel.
    seen68, seen95
        The same of pixels that some datum shows.
    """

    hidden68: float = 1.0
    hidden95: float = 2.0
    seen68: float = 1.0
    seen95: float = 2.0


def bands(posterior: "Posterior", calibration: Calibration) -> dict[str, np.ndarray]:
    """``spectra, sigma, band68, band95, response`` of a `Solution` from the posterior."""
    spectra, sigma = posterior.spectra.cpu().numpy(), posterior.sigma.cpu().numpy()
    seen = posterior.seen.cpu().numpy()
    half68 = np.where(seen, calibration.seen68, calibration.hidden68) * sigma
    half95 = np.where(seen, calibration.seen95, calibration.hidden95) * sigma
    return {
        "spectra": spectra,
        "sigma": half68,
        "band68": np.stack([spectra - half68, spectra + half68], axis=1),
        "band95": np.stack([spectra - half95, spectra + half95], axis=1),
        "response": posterior.response.cpu().numpy(),
    }


def completed(likelihood: Likelihood, decoded: Tensor) -> Tensor:
    """Most likely whole spectra (n, n_pixel), given decoded ones (n, n_pixel) and the measurements.

    The residual of the decoder takes its most likely value: coefficients first, then the pixels' own part, so that an
    estimate equals the datum where that is exact.
    """
    scaled = likelihood.scaled_residuals(decoded[:, None], ALL)
    coefficients = _back(likelihood.factor, likelihood.explained(scaled, ALL).mT).mT
    left = _own(likelihood, scaled - coefficients @ likelihood.weighted)
    residual = likelihood.residual
    return decoded + residual.mean + (coefficients @ residual.components + left)[:, 0]


@dataclass(frozen=True, eq=False)
class Posterior:
    """The Gaussian posterior of n whole spectra.

    Parameters
    ----------
    spectra
        (n, n_pixel) posterior mean.
    by_code, code_factor
        (n, k, n_pixel) how spectra move with the code, and (n, k, k) the Cholesky factor of the code's precision.
    by_coefficient, factor
        (n, q, n_pixel) and (n, q, q), the same for the coefficients of the residual model.
    own
        (n, n_pixel) variance of each pixel by itself.
    inflation
        (n,) factor on all variances.
    seen
        (n, n_pixel) bool, pixels of which some datum shows something.
    response
        (n, n_pixel) derivative of each pixel of the estimate in the noise of that same pixel: 0 where it is hidden, 1
        where the estimate repeats the datum.
    """

    spectra: Tensor
    by_code: Tensor
    code_factor: Tensor
    by_coefficient: Tensor
    factor: Tensor
    own: Tensor
    inflation: Tensor
    seen: Tensor
    response: Tensor

    @classmethod
    def at(
        cls, likelihood: Likelihood, prior: CodePrior, decode: Callable[[Tensor], Tensor], codes: Tensor
    ) -> "Posterior":
        """The posterior around the best code (k,) of each of n measurements, given as (n, k)."""
        residual, operator, factor = likelihood.residual, likelihood.operator, likelihood.factor
        decoded, jacobian = derivatives(decode, codes)
        matrix = likelihood.normal_equations(decoded[:, None], jacobian[:, None], ALL)[0][:, 0]

        # How the estimate moves with the coefficients, and with the code, which the coefficients follow.
        by_coefficient = residual.components - _own(likelihood, likelihood.weighted)
        slopes = likelihood.weight[:, None] * operator.forward(jacobian)
        follow = -_back(factor, likelihood.explained(slopes, ALL).mT).mT
        by_code = jacobian - _own(likelihood, slopes) + follow @ by_coefficient

        code_factor = torch.linalg.cholesky(matrix + prior.curvature)
        known = likelihood.weight.square() @ operator.matrix.square().T
        own = residual.variance * (1 - residual.variance * known).clamp(min=0)
        chi2 = likelihood.chi2(decoded[:, None], ALL)[:, 0]
        inflation = (PRIOR_DATA + chi2) / (PRIOR_DATA + likelihood.n_seen)
        spectra = completed(likelihood, decoded)
        response = residual.variance * known
        response += _followed(likelihood, by_code, torch.cholesky_solve(_whitened(likelihood, slopes), code_factor))
        response += _followed(likelihood, by_coefficient, _back(factor, likelihood.whitened))
        return cls(spectra, by_code, code_factor, by_coefficient, factor, own, inflation, known > 0, response)

    @property
    def sigma(self) -> Tensor:
        """(n, n_pixel) 1-sigma error of each pixel."""
        variance = torch.linalg.solve_triangular(self.code_factor, self.by_code, upper=False).square().sum(dim=1)
        variance += torch.linalg.solve_triangular(self.factor, self.by_coefficient, upper=False).square().sum(dim=1)
        return ((variance + self.own) * self.inflation[:, None]).sqrt()

    def draw(self, n_draws: int, calibration: Calibration, generator: torch.Generator) -> Tensor:
        """Whole spectra (n, n_draws, n_pixel), the errors of neighbouring pixels moving together.

        Parameters
        ----------
        n_draws
            Draws of each spectrum.
        calibration
            Factors on the errors.
        generator
            Source of the random numbers.
        """

        def normal(size: int) -> Tensor:
            drawn = torch.randn(len(self.spectra), n_draws, size, dtype=torch.double, generator=generator)
            return drawn.to(self.spectra.device)

        codes = _back(self.code_factor, normal(self.by_code.shape[1]).mT).mT
        coefficients = _back(self.factor, normal(self.by_coefficient.shape[1]).mT).mT
        pixels = self.own.sqrt()[:, None] * normal(self.own.shape[1])
        error = codes @ self.by_code + coefficients @ self.by_coefficient + pixels
        scale = torch.where(self.seen, calibration.seen68, calibration.hidden68) * self.inflation.sqrt()[:, None]
        return self.spectra[:, None] + scale[:, None] * error


def _own(likelihood: Likelihood, scaled: Tensor) -> Tensor:
    """Part of scaled residuals (n, s, n_out) that the pixels' own variances take, (n, s, n_pixel)."""
    return likelihood.residual.variance * likelihood.operator.adjoint(likelihood.weight[:, None] * scaled)


def _whitened(likelihood: Likelihood, slopes: Tensor) -> Tensor:
    """Vectors (n, k, n_out), in units of D^{1/2}, without what the residual model explains of them."""
    return slopes - likelihood.explained(slopes, ALL) @ likelihood.whitened


def _followed(likelihood: Likelihood, change: Tensor, gain: Tensor) -> Tensor:
    """How much pixels follow their own noise (n, n_pixel) through numbers (codes, coefficients) fitted to the data.

    Parameters
    ----------
    change
        (n, k, n_pixel) derivative of the estimate in those numbers.
    gain
        (n, k, n_out) derivative of the numbers in the data, in units of D^{1/2}.
    """
    return (change * likelihood.operator.adjoint(likelihood.weight[:, None] * gain)).sum(dim=1)


def _back(factor: Tensor, right: Tensor) -> Tensor:
    """L^{-T} times (n, q, …)."""
    return torch.linalg.solve_triangular(factor.mT, right, upper=True)
