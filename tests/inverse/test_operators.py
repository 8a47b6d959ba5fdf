"""Each operator and its adjoint, and what each does to a spectrum that is known."""

import numpy as np
import pytest
import torch

from specvae_core.errors import BadConfig
from specvae_core.grid import SpectralGrid
from specvae_core.inverse import Bands, Blur, Compose, Downsample, Identity, Mask, Redshift, Subset
from specvae_core.inverse.filters import filter_curves

GRID = SpectralGrid.from_range(4000.0, 7000.0, 103)
OBSERVED = SpectralGrid(GRID.log10_start + 7.3 * GRID.log10_step, GRID.log10_step, 90)
KEPT = torch.arange(103) % 3 > 0
OPERATORS = {
    "identity": Identity(103),
    "mask": Mask(KEPT),
    "subset": Subset(103, torch.nonzero(KEPT)[:, 0]),
    "blur": Blur(GRID, 60.0),
    "downsample": Downsample(103, 4),
    "bands": Bands(GRID, filter_curves("gV", GRID)),
    "redshift": Redshift(GRID, OBSERVED, 0.02),
    "compose": Compose([Blur(GRID, 60.0), Downsample(103, 4)]),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_adjoint_gives_the_same_dot_product(name):
    operator = OPERATORS[name]
    random = torch.Generator().manual_seed(1)
    x = torch.randn(5, operator.n_in, dtype=torch.double, generator=random)
    y = torch.randn(5, operator.n_out, dtype=torch.double, generator=random)
    forward, adjoint = operator.forward(x), operator.adjoint(y)
    assert forward.shape == y.shape
    assert adjoint.shape == x.shape
    torch.testing.assert_close((forward * y).sum(dim=1), (x * adjoint).sum(dim=1))
    torch.testing.assert_close(x @ operator.matrix, forward)


@pytest.mark.parametrize("name", ["identity", "blur", "downsample", "bands", "compose"])
def test_a_flat_spectrum_stays_flat(name):
    flat = OPERATORS[name].forward(torch.full((103,), 2.0, dtype=torch.double))
    torch.testing.assert_close(flat, torch.full_like(flat, 2.0))


def test_blur_widens_a_line_to_the_resolution():
    grid = SpectralGrid.from_range(4000.0, 7000.0, 1000)
    line = torch.zeros(1000, dtype=torch.double)
    line[500] = 1.0
    seen = Blur(grid, 200.0).forward(line).numpy()
    at_half = np.flatnonzero(seen > 0.5 * seen.max())
    width = grid.wavelength[at_half[-1]] - grid.wavelength[at_half[0]]
    assert grid.wavelength[500] / width == pytest.approx(200, rel=0.15)


def test_redshift_moves_a_line_to_where_it_is_observed():
    line = torch.from_numpy(np.exp(-0.5 * ((GRID.wavelength - 5000) / 60) ** 2))
    seen = Redshift(GRID, OBSERVED, 0.1).forward(line).numpy()
    assert OBSERVED.wavelength[seen.argmax()] == pytest.approx(5500, rel=10**GRID.log10_step - 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Blur(GRID, 1e5), "resolution of 100000"),
        (lambda: Downsample(103, 200), "downsampled by 200"),
        (lambda: Redshift(GRID, OBSERVED, 5.0), "redshift 5"),
        (lambda: Redshift(GRID, SpectralGrid.from_range(4000.0, 7000.0, 50), 0.0), "different steps"),
        (lambda: Compose([Downsample(103, 4), Identity(103)]), "cannot follow"),
        (lambda: filter_curves("gQ", GRID), "'Q'"),
        (lambda: filter_curves("z", GRID), "None of the filters z"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(make, words):
    with pytest.raises(BadConfig, match=words):
        make()
