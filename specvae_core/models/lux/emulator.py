"""Latents from labels: a quadratic function and a Gaussian process on what it leaves, robust against odd objects.

.. math:: z(\\ell) = C v(\\ell) + \\sum_c k(\\ell, \\ell_c) \\alpha_c, \\qquad
          k = a (1 + \\sqrt 3 r) e^{-\\sqrt 3 r}, \\quad r^2 = \\sum_m (\\ell_m - \\ell_{cm})^2 / \\lambda_m^2

v holds the constant, all labels and their products, as in The Cannon (Ness et al. 2015); the kernel is the Matern one
of index 3/2 (Rasmussen & Williams 2006, Eq. 4.17), whose length for each label, and its noise, have the largest
evidence.
Both parts weigh an object by how well the others predict its spectrum, as Student's t distribution does: a library
holds some stars with wrong labels, reddened or peculiar ones, which would draw all their neighbours along.
"""

import torch
from torch import Tensor, nn

from ..cannon import quadratic_terms

LEADING = 6
"""Latents, those that explain most flux, on which lengths and noise of the kernel are chosen."""

CHOSEN_ON = 300
"""Training objects at most on which they are chosen."""

MOST_CENTRES = 1024
"""Objects that are remembered at most."""

REWEIGHTINGS = 6
SEARCH_STEPS = 40
TOLERANCE = 3.0
"""Squared misfit, in units of the median one, at which an object counts half."""

LEAST_OBJECTS = 3
"""Objects for each coefficient of the quadratic function, below which there is no emulator."""

RIDGE = 1e-3
"""Inverse prior variance of the coefficients, beside one for each object."""


class LabelEmulator(nn.Module):
    """Latents (n, P) of scaled labels (n, M); everything learnt is a buffer, so that it is saved with its model.

    Parameters
    ----------
    n_label, n_latent
        Numbers of labels M and of latents P.
    n_centre
        Number of objects that the Gaussian process remembers; with fewer training objects the rest stay unused.
    """

    def __init__(self, n_label: int, n_latent: int, n_centre: int) -> None:
        super().__init__()
        n_terms = 1 + n_label + n_label * (n_label + 1) // 2
        self.register_buffer("n_used", torch.zeros((), dtype=torch.long))
        self.register_buffer("correlation", torch.eye(n_label, dtype=torch.double))
        self.register_buffer("coefficients", torch.zeros(n_terms, n_latent))
        n_centre = min(n_centre, MOST_CENTRES)
        self.register_buffer("centres", torch.zeros(n_centre, n_label))
        self.register_buffer("lengths", torch.ones(n_label))
        self.register_buffer("amplitude", torch.ones(()))
        self.register_buffer("dual", torch.zeros(n_centre, n_latent))
        self.register_buffer("inverse", torch.zeros(n_centre, n_centre))
        self.register_buffer("residual", torch.zeros(n_latent, n_latent))

    @property
    def fitted(self) -> bool:
        """Whether there is anything to answer with; models of version 0.2 and before have nothing."""
        return bool(self.n_used)

    def forward(self, labels: Tensor) -> Tensor:
        """Latents (n, P) of complete scaled labels (n, M)."""
        return quadratic_terms(labels) @ self.coefficients + self._kernel(labels) @ self.dual

    def moments(self, labels: Tensor, covariance: Tensor) -> tuple[Tensor, Tensor]:
        """Latents (n, P) of labels, and their covariances (n, P, P) about those of the emulator.

        Parameters
        ----------
        labels
            (n, M) scaled and complete.
        covariance
            (n, M, M) of their errors.
        """
        kernel = self._kernel(labels)
        explained = ((kernel @ self.inverse) * kernel).sum(dim=1)
        variance = 1 + (self.amplitude - explained).clamp(min=0)  # of noise, and more where objects are sparse
        slope = torch.stack([self._across(labels, way) for way in torch.eye(labels.shape[1])], dim=2)
        return self(labels), variance[:, None, None] * self.residual + slope @ covariance @ slope.transpose(1, 2)

    def _across(self, labels: Tensor, way: Tensor) -> Tensor:
        """Change (n, P) of latents for a unit of one label, from the difference over a tenth to either side."""
        return (self(labels + 0.1 * way) - self(labels - 0.1 * way)) / 0.2

    def _kernel(self, labels: Tensor) -> Tensor:
        n = int(self.n_used)
        kernel = labels.new_zeros(len(labels), len(self.centres))
        kernel[:, :n] = self.amplitude * _matern(labels, self.centres[:n], self.lengths)
        return kernel

    def fit(self, labels: Tensor, latents: Tensor, to_flux: Tensor, generator: torch.Generator) -> None:
        """Learn from complete labels; nothing where there are hardly more objects than coefficients.

        Parameters
        ----------
        labels
            (n, M) scaled.
        latents
            (n, P) of their spectra.
        to_flux
            (n_pixel, P) flux that a unit of each latent makes: misfits are those of flux.
        generator
            Draws the centres where there are more objects than centres.
        """
        if len(labels) < LEAST_OBJECTS * len(self.coefficients):
            return
        labels, latents = labels.double(), latents.double()
        size = to_flux.double().square().sum(dim=0).sqrt()
        self.correlation.copy_(_correlation(labels))
        terms = quadratic_terms(labels.float()).double()
        coefficients, weight = _robust_ridge(terms, latents, size)
        left = latents - terms @ coefficients
        chosen = torch.randperm(len(labels), generator=generator)[: len(self.centres)].sort().values
        some = chosen[: min(len(chosen), CHOSEN_ON)]
        lengths, signal = _search(labels[some], left[some, :LEADING] / left[some, :LEADING].std(dim=0), weight[some])
        self.lengths.copy_(lengths)
        self.amplitude.copy_(signal)
        n = len(chosen)
        self.n_used.fill_(n)
        self.coefficients.copy_(coefficients)
        for part in (self.centres, self.dual, self.inverse):
            part.zero_()
        self.centres[:n] = labels[chosen]
        dual, inverse, alone = _robust_process(
            signal * _matern(labels[chosen], labels[chosen], lengths), left[chosen], weight[chosen], size
        )
        self.dual[:n], self.inverse[:n, :n] = dual.float(), inverse.float()
        self.residual.copy_(_typical_covariance(alone, to_flux.double()))


def _matern(one: Tensor, other: Tensor, lengths: Tensor) -> Tensor:
    """Correlations (n, m) of labels (n, M) and (m, M)."""
    difference = one[:, None] / lengths - other[None] / lengths
    distance = (3 * difference.square().sum(dim=2) + 1e-12).sqrt()
    return (1 + distance) * torch.exp(-distance)


def _correlation(labels: Tensor) -> Tensor:
    """Second moments (M, M) of scaled labels about 0."""
    return labels.T @ labels / len(labels)


def _doubt(misfit: Tensor) -> Tensor:
    """Weights (n,) of squared misfits (n,), of median 1."""
    weight = 1 / (1 + misfit / (TOLERANCE * misfit.median().clamp(min=1e-30)))
    return weight / weight.median()


def _robust_ridge(terms: Tensor, latents: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
    """Coefficients (K, P) by reweighted least squares, and the weights (n,) of the objects."""
    weight = torch.ones(len(terms), dtype=torch.double)
    for _ in range(REWEIGHTINGS):
        matrix = terms.T @ (weight[:, None] * terms)
        matrix.diagonal().add_(RIDGE)
        coefficients = torch.linalg.solve(matrix, terms.T @ (weight[:, None] * latents))
        weight = _doubt((size * (latents - terms @ coefficients)).square().sum(dim=1))
    return coefficients, weight


def _search(labels: Tensor, left: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Lengths (M,) of the kernel, and its variance in units of the noise, of the largest evidence (R&W Eq. 2.30).

    The scale of each column of ``left`` (n, k) is free, and so need not be known.
    """
    with torch.inference_mode(False), torch.enable_grad():
        labels, left, noise = labels.clone(), left.clone(), torch.diag(1 / weight.clone())
        found = torch.zeros(labels.shape[1] + 1, dtype=torch.double, requires_grad=True)
        optimiser = torch.optim.Adam([found], lr=0.1)
        for _ in range(SEARCH_STEPS):
            optimiser.zero_grad()
            matrix = (1 + found[-1]).exp() * _matern(labels, labels, found[:-1].exp()) + noise
            factor = torch.linalg.cholesky(matrix)
            fit = (left * torch.cholesky_solve(left, factor)).sum(dim=0)
            evidence = factor.diagonal().log().sum() * left.shape[1] + 0.5 * len(left) * fit.log().sum()
            evidence = evidence + 0.05 * left.shape[1] * found.square().sum()
            evidence.backward()
            optimiser.step()
    return found[:-1].detach().exp(), (1 + found[-1].detach()).exp()


def _robust_process(kernel: Tensor, left: Tensor, weight: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Dual coefficients (n, P), inverse of kernel and noise (n, n), residuals (n, P) in units of their variance.

    The residuals are leave-one-out ones (R&W Eq. 5.12), and the weights follow them.
    """
    for _ in range(REWEIGHTINGS):
        inverse = torch.linalg.inv(kernel + torch.diag(1 / weight))
        dual = inverse @ left
        alone = dual / inverse.diagonal()[:, None]
        weight = _doubt((size * alone).square().sum(dim=1))
    variance = 1 + (1 / inverse.diagonal() - 1 / weight).clamp(min=0)
    return dual, inverse, alone / variance.sqrt()[:, None]


def _typical_covariance(residual: Tensor, to_flux: Tensor) -> Tensor:
    """Covariance (P, P) of residual latents (n, P) under which 68% of all pixels lie within one standard deviation."""
    weight = _doubt((residual @ to_flux.T).square().sum(dim=1))
    covariance = residual.T @ (weight[:, None] * residual) / len(residual)
    flux = to_flux[:: max(1, len(to_flux) // 500)]
    spread = ((flux @ covariance) * flux).sum(dim=1).sqrt()
    pulls = ((residual @ flux.T).abs() / spread.clamp(min=1e-12))[:, spread > 1e-12]
    return covariance * pulls.flatten().kthvalue(max(1, int(0.6827 * pulls.numel()))).values.square()
