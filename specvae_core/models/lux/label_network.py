"""A small network from latents to labels: one hidden layer of radial basis functions beside a linear path.

.. math:: g_m(u) = \\sum_p a_{mp} u_p + \\sum_h v_{mh} \\exp(-|u - c_h|^2 / 2 r^2)

Its centres are training objects, so that only the output weights are learnt, and these are a weighted least-squares
problem: the posterior mean of a Gaussian process with a linear and a squared-exponential kernel, for the subset of
regressors that the centres make (Rasmussen & Williams 2006, section 8.3.1). Radius and penalty are those with the
largest evidence.
"""

import torch
from torch import Tensor, nn

RADII = (0.5, 1.0, 2.0, 4.0)
"""Trial radii, in units of the root-mean-square distance of the inputs from their centre."""

PENALTIES = tuple(10.0**power for power in (-4.0, -3.5, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0))
CHOSEN_ON = 2000
"""Training objects at most on which radius and penalties are chosen."""

FREEDOM = 4.0
"""Degrees of freedom of Student's t distribution of the labels' errors."""

REWEIGHTINGS = 2

LINEAR_SHARE = 0.1
"""Prior variance of the linear path beside that of the hidden layer."""


class LabelNetwork(nn.Module):
    """Labels (n, M) of inputs (n, P); everything learnt is a buffer, so that it is saved with its model.

    Parameters
    ----------
    n_input, n_label
        Numbers of inputs P and of labels M.
    n_hidden
        Number of centres; with fewer training objects the rest stay unused.
    """

    def __init__(self, n_input: int, n_label: int, n_hidden: int) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(n_hidden, n_input))
        self.register_buffer("radius", torch.ones(()))
        self.register_buffer("mixing", torch.zeros(n_hidden, n_hidden))
        self.register_buffer("weights", torch.zeros(n_input + n_hidden, n_label))

    def features(self, inputs: Tensor) -> Tensor:
        """Linear path and hidden layer, (n, P + n_hidden)."""
        return torch.cat([LINEAR_SHARE**0.5 * inputs, self._bumps(inputs) @ self.mixing], dim=1)

    def _bumps(self, inputs: Tensor) -> Tensor:
        """The radial basis functions, (n, n_hidden)."""
        product = inputs @ self.centres.T
        squared = inputs.square().sum(dim=1)[:, None] + self.centres.square().sum(dim=1) - 2 * product
        return torch.exp(-0.5 * squared.clamp(min=0) / self.radius**2)

    def forward(self, inputs: Tensor) -> Tensor:
        """Labels (n, M)."""
        return self.features(inputs) @ self.weights

    def gradient(self, inputs: Tensor) -> Tensor:
        """Derivatives of the labels with respect to the inputs, (n, M, P)."""
        n_input = inputs.shape[1]
        linear, outer = LINEAR_SHARE**0.5 * self.weights[:n_input].T, self.mixing @ self.weights[n_input:]
        bumps = self._bumps(inputs)
        pull = torch.einsum("nh,hm,hp->nmp", bumps, outer, self.centres)
        return linear + (pull - (bumps @ outer)[:, :, None] * inputs[:, None]) / self.radius**2

    def fit(self, inputs: Tensor, labels: Tensor, weight: Tensor, generator: torch.Generator) -> Tensor:
        """Learn the output weights; returns the leave-one-out residuals (n, M).

        Parameters
        ----------
        inputs
            (n, P), of unit root-mean-square length.
        labels, weight
            (n, M); inverse variances, 0 where unlabelled.
        generator
            Draws the centres where there are more objects than centres.
        """
        chosen = torch.randperm(len(inputs), generator=generator)[: len(self.centres)].sort().values
        self.centres[: len(chosen)] = inputs[chosen]
        best = (torch.inf, 0.0, None)
        labels = torch.where(weight > 0, labels, 0.0).double()
        for radius in RADII:
            self._set_radius(radius, len(chosen))
            scores = _minus_log_evidence(
                self.features(inputs[:CHOSEN_ON]).double(), labels[:CHOSEN_ON], weight[:CHOSEN_ON]
            )
            score, penalties = scores.min(dim=0)
            if score.sum() < best[0]:
                best = (float(score.sum()), radius, penalties)
        self._set_radius(best[1], len(chosen))
        features = self.features(inputs).double()
        used = (features != 0).any(dim=0)  # a wide radius leaves few directions of the hidden layer
        features = features[:, used]
        residual = torch.empty_like(labels)
        self.weights.zero_()
        for m, index in enumerate(best[2].tolist()):
            solution, residual[:, m] = _robust(features, labels[:, m], weight[:, m].double(), PENALTIES[index])
            self.weights[used, m] = solution.float()
        return residual

    def _set_radius(self, radius: float, n_centres: int) -> None:
        """Set the radius, and mix the hidden units so that their prior is that of the Gaussian process."""
        self.radius.fill_(radius)
        centres = self.centres[:n_centres].double()
        kernel = torch.exp(-0.5 * torch.cdist(centres, centres).square() / radius**2)
        values, vectors = torch.linalg.eigh(kernel)
        kept = values > 1e-6 * values[-1]
        root = torch.where(kept, values.clamp(min=1e-12).rsqrt(), 0.0)
        self.mixing.zero_()
        self.mixing[:n_centres, :n_centres] = (vectors * root).float()


def _minus_log_evidence(features: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
    """Minus the log evidence of every penalty and label, (n_penalty, M), all from one eigendecomposition.

    Rasmussen & Williams (2006, Eq. 2.30) with the amplitude at its best value. Errors are taken as equal here,
    which suffices for the choice.
    """
    squares, vectors = torch.linalg.eigh(features.T @ features)
    squares = squares.clamp(min=0)
    projected = (vectors.T @ (features.T @ labels)).square()
    total, known = labels.square().sum(dim=0), (weight > 0).sum(dim=0)
    scores = torch.empty(len(PENALTIES), labels.shape[1], dtype=torch.double)
    for i, penalty in enumerate(PENALTIES):
        explained = (projected / (squares + penalty)[:, None]).sum(dim=0)
        rest = (total - explained).clamp(min=1e-12 * total + 1e-30)
        scores[i] = 0.5 * known * rest.log() + 0.5 * torch.log1p(squares / penalty).sum()
    return scores


def _robust(features: Tensor, label: Tensor, weight: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """`_ridge` with Student's t in the place of the Gaussian, by reweighting: catalogues hold some wrong labels."""
    solution, residual = _ridge(features, label, weight, penalty)
    for _ in range(REWEIGHTINGS):
        typical = (1.4826 * residual[weight > 0].abs().median()).clamp(min=1e-6)
        doubt = (FREEDOM + 1) / (FREEDOM + (residual / typical).square())
        solution, residual = _ridge(features, label, weight * doubt, penalty)
    return solution, residual


def _ridge(features: Tensor, label: Tensor, weight: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """Weights (k,) of one label, and its leave-one-out residuals (n,); the penalty is in units of the mean weight."""
    weight = weight / weight[weight > 0].mean()
    matrix = features.T @ (weight[:, None] * features)
    matrix.diagonal().add_(penalty)
    factor = torch.linalg.cholesky(matrix)
    solution = torch.cholesky_solve((features.T @ (weight * label))[:, None], factor)[:, 0]
    leverage = weight * torch.linalg.solve_triangular(factor, features.T, upper=False).square().sum(dim=0)
    return solution, (label - features @ solution) / (1 - leverage).clamp(min=1e-6)
