import numpy as np
import pandas as pd
import pytest
import torch

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import InfoVAE
from specvae_core.models.networks import mlp
from specvae_core.models.precision import LEAST_INPUTS, takes_half

GRID = SpectralGrid.from_range(4000.0, 7000.0, LEAST_INPUTS)


def spectra(n: int = 600) -> SpectraSet:
    random = np.random.default_rng(0)
    position = np.linspace(-1, 1, GRID.n_pixel)
    line = np.exp(-0.5 * ((position - 0.2) / 0.05) ** 2)
    flux = 1 + random.uniform(-0.3, 0.3, (n, 1)) * position + random.uniform(0, 1, (n, 1)) * line
    flux = (flux + random.normal(0, 0.02, flux.shape)).astype(np.float32)
    return SpectraSet(GRID, flux, np.full_like(flux, 2500), pd.DataFrame({"id": [str(i) for i in range(n)]}))


@pytest.fixture(scope="module")
def losses() -> dict[str, list[float]]:
    """The lowest validation losses of two seeds, by precision."""
    found: dict[str, list[float]] = {}
    for precision in ("auto", "float32"):
        for seed in (0, 1):
            config = InfoVAE.Config(n_latent=2, max_epochs=5, epoch_steps=100, precision=precision)
            history = InfoVAE(GRID, config).fit(spectra(), seed=seed).history
            found.setdefault(precision, []).append(min(record["validation/loss"] for record in history))
    return found


def test_half_precision_learns_as_much(losses):
    half, single = np.mean(losses["auto"]), np.mean(losses["float32"])
    assert half < single * 1.03


def test_half_precision_is_taken_where_the_processor_has_it_and_only_there(losses):
    differ = losses["auto"] != losses["float32"]
    assert differ == takes_half(torch.device("cpu"), GRID.n_pixel)
    assert not takes_half(torch.device("cpu"), LEAST_INPUTS - 1)


def test_a_network_in_half_precision_still_gives_float32_to_the_loss():
    network, values = mlp(40, 20, 40), torch.randn(5, 40, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        half = network(values)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, network(values), rtol=0.05, atol=0.02)
