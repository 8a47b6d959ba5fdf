"""Surveys of mixtures, as `untapped` learns from them."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))


def survey(
    flux: np.ndarray, fractions: np.ndarray, names: list[str], start: float = 4500, stop: float = 24500, scale="mean"
) -> SpectraSet:
    table = pd.DataFrame(fractions, columns=names)
    table.insert(0, "id", [f"object-{i}" for i in range(len(flux))])
    grid = SpectralGrid.from_range(start, stop, flux.shape[1])
    return SpectraSet(grid, flux.astype(np.float32), np.full(flux.shape, 400.0, np.float32), table, scale=scale)


def with_corners(spectra: SpectraSet, names: list[str]) -> SpectraSet:
    """The survey and ten labels of each pure endmember, of which there is no spectrum."""
    corners = pd.DataFrame(np.repeat(np.eye(len(names)), 10, axis=0), columns=names)
    corners.insert(0, "id", [f"corner-{i}" for i in range(len(corners))])
    empty = np.zeros((len(corners), spectra.grid.n_pixel), np.float32)
    flux, ivar = np.concatenate([spectra.flux, np.nan * empty]), np.concatenate([spectra.ivar, empty])
    return SpectraSet(spectra.grid, flux, ivar, pd.concat([spectra.table, corners], ignore_index=True))


def reflectance(file: str) -> tuple[np.ndarray, dict]:
    """Spectra on 200 pixels from 450 to 2450 nm, each divided by its mean."""
    arrays = dict(np.load(DATA / file))
    grid = SpectralGrid.from_range(4500, 24500, 200)
    flux = np.array([np.interp(grid.wavelength, 10.0 * arrays["wave_nm"], row) for row in arrays["reflectance"]])
    return flux / flux.mean(axis=1, keepdims=True), arrays
