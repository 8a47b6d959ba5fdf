"""Prior of the codes of a model (Rissaki et al. 2020, Eq. 4), and the set that codes are projected onto (Eq. 3).

The Gaussian of the paper has its mean at the centre of the codes. Codes of real surveys are not Gaussian: they have
tails, groups and gaps. A normalising flow fitted to them, :math:`R(z) = -2 \\ln p(z)`, knows these.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..errors import BadConfig
from ..models import Ability, LatentModel
from ..models.density import LatentDensity
from .likelihood import Likelihood


@dataclass(frozen=True, eq=False)
class CodePrior:
    """A Gaussian over codes, and the set that codes are kept on.

    Parameters
    ----------
    model
        The model that decodes the codes.
    mean
        (k,) float64, mean of the Gaussian.
    precision
        (k, k) float64, the matrix λ of :math:`R(z) = (z - \\mu)^T \\lambda (z - \\mu)`.
    radius
        Radius of the ellipsoid around the mean, in standard deviations, that holds all training codes.
    weight
        Factor on R(z): the λ of Eq. 4 in units of the precision of the codes. 1 is the prior as it is learnt.
    density
        The flow that takes the place of the Gaussian.
    """

    model: LatentModel
    mean: Tensor
    precision: Tensor
    radius: float
    weight: float = 1.0
    density: LatentDensity | None = None

    @classmethod
    def of(
        cls,
        model: LatentModel,
        candidates: np.ndarray | None,
        weight: float = 1.0,
        density: LatentDensity | None = None,
    ) -> "CodePrior":
        """The standard normal for models that are trained to follow it, else a Gaussian around the training codes."""
        k = model.n_latent
        mean, precision = torch.zeros(k, dtype=torch.double), torch.eye(k, dtype=torch.double)
        if candidates is None:
            return cls(model, mean, precision, 3 + k**0.5, weight, density)
        codes = torch.as_tensor(np.asarray(candidates)).double()
        if codes.ndim != 2 or codes.shape[1] != k or not torch.isfinite(codes).all():
            raise BadConfig(f"Candidate codes of shape {tuple(codes.shape)} do not fit a model of {k} latents.")
        if Ability.ENCODES_UNCERTAINTY not in model.abilities and len(codes) > k:
            mean = codes.mean(dim=0)
            covariance = torch.cov(codes.T).reshape(k, k)
            floor = 1e-6 * covariance.diagonal().mean().clamp(min=1e-12)
            precision = torch.linalg.inv(covariance + floor * torch.eye(k, dtype=torch.double))
        prior = cls(model, mean, precision, 0.0)
        radius = float(prior.distance(codes).max().clamp(min=1.0).sqrt())
        return cls(model, mean, precision, radius, weight, density)

    def to(self, device: torch.device) -> "CodePrior":
        """The same prior, for codes on another device; the model stays where it lies."""
        density = self.density and self.density.to(device)
        return replace(self, mean=self.mean.to(device), precision=self.precision.to(device), density=density)

    @property
    def curvature(self) -> Tensor:
        """(k, k) half the second derivative of R(z); of a flow that of the Gaussian with the codes' covariance."""
        return self.weight * (self.precision if self.density is None else self.density.precision)

    def distance(self, codes: Tensor) -> Tensor:
        """Squared distance (…,) of codes (…, k) from the mean, in standard deviations of the Gaussian."""
        away = codes - self.mean
        return torch.einsum("...k,kl,...l->...", away, self.precision, away)

    def penalty(self, codes: Tensor) -> Tensor:
        """R(z) of codes (…, k), twice the negative logarithm of the prior up to a constant."""
        if self.density is None:
            return self.weight * self.distance(codes)
        with torch.no_grad():
            return self._by_density(codes)

    def slope(self, codes: Tensor) -> Tensor:
        """Half the derivative of R(z) in codes (…, k)."""
        if self.density is None:
            return self.weight * (codes - self.mean) @ self.precision
        with torch.enable_grad():
            places = codes.detach().requires_grad_()
            return torch.autograd.grad(self._by_density(places).sum(), places)[0] / 2

    def _by_density(self, codes: Tensor) -> Tensor:
        logarithm = self.density.log_prob(codes.flatten(0, -2).float()).double()
        return -2 * self.weight * logarithm.unflatten(0, codes.shape[:-1])

    def decode(self, codes: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of float64 codes (n, k), in the model's own precision."""
        return self.model.decode_gradient(codes.to(self._kind))

    @property
    def _kind(self) -> torch.dtype:
        return next((tensor.dtype for tensor in self.model.state_dict().values() if tensor.is_floating_point()), None)

    def project(self, codes: Tensor) -> Tensor:
        """Codes (n, k) on the model's own set (the unit sphere of GLO), else inside of the ellipsoid."""
        if Ability.PROJECTS_CODES in self.model.abilities:
            return self.model.project_codes(codes)
        shrink = (self.radius / self.distance(codes).clamp(min=1e-12).sqrt()).clamp(max=1.0)
        return self.mean + (codes - self.mean) * shrink[:, None]

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """Random codes (n, k)."""
        normal = torch.randn(n, len(self.mean), dtype=torch.double, generator=generator).to(self.mean.device)
        spread = torch.linalg.cholesky(torch.linalg.inv(self.precision))
        return self.mean + normal @ spread.T


def first_codes(
    likelihood: Likelihood, prior: CodePrior, candidates: np.ndarray | None, starts: int, generator: torch.Generator
) -> Tensor:
    """First codes of the searches, (n, starts, k): the candidates that fit best, and a random code if there is room.

    Candidates are compared with the measurements pixel by pixel, with the total variance of the residual model.
    """
    n = len(likelihood.observed)
    random = prior.draw(n * starts, generator).reshape(n, starts, -1)
    if candidates is None:
        random[:, 0] = prior.mean
        return random
    codes = torch.as_tensor(np.asarray(candidates)).double().to(random.device)
    n_best = min(max(starts - 1, 1), len(codes))
    with torch.no_grad():
        expected = likelihood.operator.forward(prior.decode(codes).double() + likelihood.residual.mean)
    weight = likelihood.marginal_weight().square()
    distance = weight @ expected.square().T - 2 * (weight * likelihood.observed) @ expected.T
    random[:, :n_best] = codes[distance.topk(n_best, largest=False).indices]
    return random
