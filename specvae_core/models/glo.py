"""Generative latent optimisation of spectra: Rissaki et al. (2020), section 2.1, Eq. 2.

A generator G without an encoder. Each training spectrum has a code of its own on the unit sphere, and weights and codes
go down the same loss together,

.. math:: \\min_G \\frac 1 N \\sum_i \\min_{z_i} L(G(z_i), x_i),

in which unseen pixels have weight 0: incomplete and corrupted spectra can be learnt from as they are.

As in the paper: seven hidden layers with leaky ReLU and batch normalisation, 50 latents, codes drawn from a normal,
Adam with learning rates of their own for weights and codes, weight decay. Other than in the paper, and why:

- Learning rates are 0.01 for the weights and 0.05 for the codes, in batches of 128 spectra. Small batches make the
  noise of batch normalisation as large as what is learnt. On the MILES stars some 4000 steps suffice in place of the
  half a million that 10,000 epochs take. Codes that start from principal components came out no better than those from
  the normal.
- Weight decay is decoupled from the gradient, so that it means the same whatever the scale of the loss.
- Codes are projected where they are used, and gradients run through the projection: no step leaves
  the sphere.
- Layers have 256 units each: the paper leaves the number open.

The code of a new spectrum has to be searched for: `encode` starts from the training code that fits its seen pixels
best and minimises the loss from there.
"""

import copy
import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..grid import SpectralGrid
from ..settings import option
from .abilities import Ability
from .config import GradientConfig
from .networks import initialise
from .spectra_tensors import seen_mean, seen_scatter
from .training import GradientModel
from .training_data import Batch

HIDDEN_LAYERS = 7
SLOPE = 0.2
"""Slope of leaky ReLU below zero."""

N_CANDIDATES = 2048
"""Training codes at most, evenly chosen, that are tried as start of a search."""

SEARCH_STEPS, QUICK_STEPS = 100, 25
"""Steps of a search for a code, after the training and for held-out spectra during it."""

SEARCH_RATE = 0.05
"""First learning rate of a search; it falls to 0 along a cosine."""


@dataclass(frozen=True)
class GLOConfig(GradientConfig):
    """Settings of `GLO`."""

    n_latent: int = option(50, "number of latent components", minimum=2, maximum=64)
    learning_rate: float = option(1e-2, "first learning rate of the weights", minimum=1e-7, maximum=1.0)
    code_learning_rate: float = option(
        0.05, "first learning rate of the codes", minimum=1e-7, maximum=1.0, title="Learning rate of codes"
    )
    weight_decay: float = option(0.01, "how fast idle weights shrink, in learning rates", minimum=0.0, maximum=10.0)
    batch_size: int = option(
        128,
        "spectra per step (0: chosen by the size of the survey)",
        minimum=0,
        maximum=65536,
        title="Spectra per step",
    )
    hidden: int = option(256, "width of the hidden layers", minimum=8, maximum=8192, title="Hidden units")
    weighting: str = option(
        "ivar",
        "weight of a seen pixel: its inverse variance, or the same for all",
        choices=("ivar", "equal"),
        title="Pixels weighed by",
    )


class GLO(GradientModel):
    """A generator whose codes are optimised along with its weights.

    Attributes
    ----------
    free_codes
        Parameter (n_training, n_latent): the training codes before they are projected. Their number is known
        from `fit` or the file.
    """

    name = "glo"
    title = "GLO"
    Config = GLOConfig
    abilities = frozenset(
        {Ability.DECODES_GRADIENT, Ability.PROJECTS_CODES, Ability.TAKES_HOLES, Ability.COMPUTES_ON_GPU}
    )

    config: GLOConfig

    def __init__(self, grid: SpectralGrid, config: GLOConfig) -> None:
        super().__init__(grid, config)
        layers: list[nn.Module] = []
        for n_in, n_out in itertools.pairwise((config.n_latent, *[config.hidden] * HIDDEN_LAYERS)):
            layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.LeakyReLU(SLOPE)]
        self.network = nn.Sequential(*layers, nn.Linear(config.hidden, grid.n_pixel))
        self.free_codes = nn.Parameter(torch.zeros(0, config.n_latent))
        self.register_buffer("mean", torch.ones(grid.n_pixel))
        self.register_buffer("scatter", torch.ones(()))

    @property
    def codes(self) -> Tensor:
        """Codes (n_training, n_latent) of the training spectra, on the unit sphere."""
        return self.project_codes(self.free_codes.detach())

    def project_codes(self, codes: Tensor) -> Tensor:
        """The nearest codes (n, n_latent) on the unit sphere; differentiable."""
        return functional.normalize(codes, dim=-1)

    def parameter_groups(self) -> list[dict]:
        """Weights and codes, each at its own learning rate; only weights decay."""
        config = self.config
        return [
            {"params": list(self.network.parameters()), "weight_decay": config.weight_decay},
            {"params": [self.free_codes], "lr": config.code_learning_rate},
        ]

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """Mean spectrum and scatter of the training spectra, new weights, and a random code for each spectrum."""
        flux, ivar = data["flux"], data["ivar"]
        self.mean.copy_(seen_mean(flux, ivar))
        self.scatter.copy_(seen_scatter(flux, ivar, self.mean))
        initialise(self, generator)
        for layer in self.network:
            if isinstance(layer, nn.BatchNorm1d):
                layer.reset_parameters()
        shape = (len(flux), self.n_latent)
        normal = torch.randn(shape, generator=generator, device=flux.device)
        self.free_codes = nn.Parameter(self.project_codes(normal))

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent), on the sphere or off it."""
        return self.mean + self.scatter * self.network(latents)

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Half of chi-squared over seen pixels, as ``loss``; codes of held-out spectra are searched for."""
        target, weight = self._target(batch["flux"], batch["ivar"])
        if self.training:
            # the batch statistics of a single spectrum (the last one of an epoch) are meaningless
            self.network.train(len(target) > 1)
            codes = self.project_codes(self.free_codes[batch["row"]])
        else:
            codes = self._search(target, weight, QUICK_STEPS)
        return {"loss": half_chi2(target, weight, self.network(codes)).mean()}

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Codes (n, n_latent) on the unit sphere; each spectrum's search is its own.

        In double precision, in which the order of additions does not matter to what comes out.
        """
        target, weight = self._target(flux.double(), ivar.double())
        return self._search(target, weight, SEARCH_STEPS).float()

    def _target(self, flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised flux, 0 where unseen, and the weight of each pixel, both (n, n_pixel)."""
        seen = ivar > 0
        target = torch.where(seen, (flux - self.mean) / self.scatter, 0.0)
        weight = ivar * self.scatter.square() if self.config.weighting == "ivar" else seen.to(ivar.dtype)
        return target, weight

    def _search(self, target: Tensor, weight: Tensor, steps: int) -> Tensor:
        """Minimise half of chi-squared from the best training codes, in the precision of the target."""
        with torch.inference_mode(False), torch.enable_grad():
            target, weight = target.clone(), weight.clone()  # made in inference mode, they could not be used here
            network = copy.deepcopy(self.network).to(target.dtype).requires_grad_(False)
            codes = self._best_codes(network, target, weight).requires_grad_(True)
            optimiser = torch.optim.Adam([codes], lr=SEARCH_RATE, betas=(0.9, 0.99))
            for number in range(steps):
                optimiser.param_groups[0]["lr"] = SEARCH_RATE * 0.5 * (1 + math.cos(math.pi * number / steps))
                optimiser.zero_grad(set_to_none=True)
                half_chi2(target, weight, network(self.project_codes(codes))).sum().backward()
                optimiser.step()
            return self.project_codes(codes.detach())

    def _best_codes(self, network: nn.Module, target: Tensor, weight: Tensor) -> Tensor:
        """For each spectrum the training code that explains its seen pixels best, (n, n_latent)."""
        every = max(1, -(-len(self.free_codes) // N_CANDIDATES))
        candidates = self.codes[::every].to(target.dtype)
        decoded = network(candidates)
        distance = weight @ decoded.square().T - 2 * (weight * target) @ decoded.T
        return candidates[distance.argmin(dim=1)].clone()

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *arguments: object) -> None:
        """Make room for as many codes as the file has before it is read, strictly."""
        codes = state_dict.get(f"{prefix}free_codes")
        if codes is not None and codes.ndim == 2 and len(codes) != len(self.free_codes):
            self.free_codes = nn.Parameter(self.free_codes.new_zeros(len(codes), self.n_latent))
        super()._load_from_state_dict(state_dict, prefix, *arguments)


def half_chi2(target: Tensor, weight: Tensor, predicted: Tensor) -> Tensor:
    """Half of the weighted sum of squared residuals of each row, (n,)."""
    return 0.5 * (weight * (target - predicted).square()).sum(dim=1)
