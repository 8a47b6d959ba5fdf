"""Neighbouring spectra of a file that share their pixels, as arrays: on their way into a survey none is an object."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .spectra import Observation
from .understanding import Understanding


@dataclass(frozen=True, eq=False)
class Block:
    """n spectra on the same m pixels, observed, from one file; a sequence of `Observation`.

    Parameters
    ----------
    ids
        n unique names within the file.
    wavelength
        (m,) Angstrom, rising. In air where ``in_air``.
    flux
        (n, m) any linear unit of flux density per Angstrom; NaN where there is none.
    ivar
        (n, m) inverse variance of the flux, 0 for bad pixels; ``None`` where the file has no errors.
    redshift
        (n,), NaN where it is missing; ``None`` where the file has none at all.
    columns
        Name -> (n,) numbers or words: other properties of the objects.
    understood
        What the reader took for what.
    in_air, on_pixels, rest_frame, source, flux_unit
        As in `Observation`.
    is_sky
        (n,) bool, whether there was no object in the fibre; ``None`` where there was one in each.
    """

    ids: tuple[str, ...]
    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray | None
    redshift: np.ndarray | None
    columns: Mapping[str, np.ndarray]
    understood: Understanding
    in_air: bool = False
    on_pixels: bool = False
    rest_frame: bool = False
    source: str = ""
    flux_unit: str = ""
    is_sky: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Observation:
        """One of the spectra."""
        return Observation(
            id=self.ids[row],
            wavelength=self.wavelength,
            flux=self.flux[row],
            ivar=None if self.ivar is None else self.ivar[row],
            redshift=None if self.redshift is None else float(self.redshift[row]),
            columns={name: values[row].item() for name, values in self.columns.items()},
            flux_unit=self.flux_unit,
            in_air=self.in_air,
            is_sky=self.is_sky is not None and bool(self.is_sky[row]),
            rest_frame=self.rest_frame,
            on_pixels=self.on_pixels,
            source=self.source,
            understood=self.understood,
        )

    def __iter__(self) -> Iterator[Observation]:
        return map(self.__getitem__, range(len(self)))

    def take(self, rows: Sequence[int] | slice) -> "Block":
        """Some of the spectra, in the given order."""
        numbers = np.arange(len(self))[rows]
        return replace(
            self,
            ids=tuple(self.ids[row] for row in numbers.tolist()),
            flux=self.flux[rows],
            ivar=None if self.ivar is None else self.ivar[rows],
            redshift=None if self.redshift is None else self.redshift[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
            is_sky=None if self.is_sky is None else self.is_sky[rows],
        )
