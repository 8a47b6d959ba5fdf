"""Spectra before and after they lie on a common grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..errors import BadConfig, Reason, Refused
from ..grid import Grid
from .understanding import Understanding


@dataclass(frozen=True)
class LineFit:
    """One emission line as fitted by the survey's own pipeline, in its own flux unit.

    Parameters
    ----------
    name
        As SDSS spells it, ``H_alpha`` or ``[N_II] 6583``.
    wavelength
        Rest wavelength in vacuum, Angstrom.
    area, area_error
        Flux of the line (negative in absorption) and its 1-sigma error.
    sigma
        Gaussian width, km/s.
    equivalent_width
        Angstrom, positive in emission.
    """

    name: str
    wavelength: float
    area: float
    area_error: float
    sigma: float
    equivalent_width: float


@dataclass(frozen=True, eq=False)
class Observation:
    """One spectrum as it came from a file: its own pixels, in the observed frame unless ``rest_frame``.

    Parameters
    ----------
    id
        Unique name within the survey.
    wavelength
        (m,) Angstrom, rising. In air where ``in_air``.
    flux
        (m,) any linear unit of flux density per Angstrom; NaN where there is none.
    ivar
        (m,) inverse variance of the flux, 0 for bad pixels; ``None`` where the file has no errors.
    flux_unit
        Unit of the flux, empty where it is unknown.
    redshift
        ``None`` where the format has no redshift at all (then the spectrum is taken as at rest); NaN where it should
        have one and has not.
    columns
        Other properties of the object in the file: numbers and strings for the catalogue.
    line_fits
        The pipeline's own line fits, where the file has them.
    rest_frame
        Whether ``wavelength`` is at rest already; ``redshift`` is then kept for the catalogue only.
    in_air
        Whether the file itself says that wavelengths are in air.
    is_sky
        Whether the file itself says that no object was in the fibre.
    on_pixels
        Whether ``wavelength`` only counts pixels, 1 to m, because they carry no wavelength.
    source
        Path or address that it came from.
    understood
        What the reader took for what; ``None`` where the spectrum comes from no file.
    """

    id: str
    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray | None
    redshift: float | None = None
    columns: Mapping[str, object] = field(default_factory=dict)
    line_fits: tuple[LineFit, ...] = ()
    rest_frame: bool = False
    in_air: bool = False
    is_sky: bool = False
    on_pixels: bool = False
    source: str = ""
    understood: Understanding | None = None
    flux_unit: str = ""

    def __post_init__(self) -> None:
        shapes = {np.shape(self.wavelength), np.shape(self.flux)}
        if self.ivar is not None:
            shapes.add(np.shape(self.ivar))
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise Refused(
                Reason.SHAPE,
                f"{self.id}: wavelength, flux and ivar have shapes {sorted(shapes)}; one length was expected.",
            )


SCALES = ("mean", "seen", "none")
"""What each spectrum is divided by: its mean over the whole grid, holes filled; its mean over seen pixels, as version
0.1 did; or one number for the whole survey, so that brightness is kept."""


@dataclass(frozen=True, eq=False)
class SpectraSet:
    """Spectra on one grid with their catalogue; or photometry, magnitudes in the place of flux.

    Parameters
    ----------
    grid
        Where the pixels lie: rest frame, vacuum; or the bands of photometry.
    flux
        (n, n_pixel) float32, each row divided by what `scale` says (photometry: magnitudes). Finite, 0 where unseen.
    ivar
        (n, n_pixel) float32, inverse variance of ``flux``; 0 marks an unseen (bad or uncovered) pixel. A row of zeros
        is an object with labels and no spectrum.
    table
        n rows; column ``id`` holds unique strings. NaN in a label column means unlabelled.
    infilled
        (n, n_pixel) float32, ``flux`` with unseen pixels estimated; ``None`` before the infill.
    scale
        One of `SCALES`.
    """

    grid: Grid
    flux: np.ndarray
    ivar: np.ndarray
    table: pd.DataFrame
    infilled: np.ndarray | None = None
    scale: str = "mean"

    def __post_init__(self) -> None:
        expected = (len(self.table), self.grid.n_pixel)
        for name in ("flux", "ivar", "infilled"):
            array = getattr(self, name)
            if array is not None and array.shape != expected:
                raise Refused(Reason.SHAPE, f"{name} has shape {array.shape}, but table and grid call for {expected}.")

    def __len__(self) -> int:
        return len(self.table)

    @property
    def seen(self) -> np.ndarray:
        """(n, n_pixel) bool, pixels with a measurement."""
        return self.ivar > 0

    @property
    def complete(self) -> np.ndarray:
        """(n, n_pixel) flux without holes: infilled where that was done, else 1 (the mean) where unseen."""
        if self.infilled is not None:
            return self.infilled
        return np.where(self.seen, self.flux, np.float32(1.0))

    @property
    def physical_scale(self) -> np.ndarray:
        """Flux (n,) for which 1 stands in each row of ``flux``, in the unit of the column ``flux_unit``.

        Surveys of version 0.1 keep it in the column ``mean_flux``; NaN where it is unknown.
        """
        column = "scale" if "scale" in self.table and self.scale != "seen" else "mean_flux"
        return self.table[column].to_numpy(float) if column in self.table else np.full(len(self), np.nan)

    @property
    def ids(self) -> np.ndarray:
        """(n,) unique strings."""
        return self.table["id"].to_numpy(dtype=str)

    def physical(self) -> "SpectraSet":
        """The same spectra in the unit of the column ``flux_unit``, float64.

        Raises
        ------
        BadConfig
            Nobody knows their scale.
        """
        scale = self.physical_scale[:, None]
        if not np.isfinite(scale).all():
            raise BadConfig("The physical flux of these spectra is not known: ingest their files again to have it.")
        infilled = None if self.infilled is None else self.infilled * scale
        table = self.table.assign(scale=1.0)
        return replace(
            self, flux=self.flux * scale, ivar=self.ivar / scale**2, table=table, infilled=infilled, scale="none"
        )

    def on_scale(self, scale: str) -> "SpectraSet":
        """The same spectra divided by what another scale of `SCALES` says.

        Raises
        ------
        BadConfig
            Brightness is asked for that was divided out.
        """
        if scale == self.scale:
            return self
        divisor = self.divisor(scale)[:, None]
        infilled = None if self.infilled is None else self.infilled / divisor
        column = "mean_flux" if scale == "seen" else "scale"
        table = self.table.assign(**{column: self.physical_scale * divisor[:, 0]})
        return replace(
            self, flux=self.flux / divisor, ivar=self.ivar * divisor**2, table=table, infilled=infilled, scale=scale
        )

    def divisor(self, scale: str) -> np.ndarray:
        """What each row is divided by to be on another scale, (n,) float32; see `on_scale`."""
        if scale == self.scale:
            return np.ones(len(self), np.float32)
        if scale == "none":
            raise BadConfig(
                "These spectra were divided by their mean flux, but the model learnt brightness as well: ingest them "
                "with --scale none, or choose a model of normalised spectra."
            )
        if scale == "mean":
            mean = self.complete.mean(axis=1)
        else:
            mean = self.flux.sum(axis=1) / np.maximum(self.seen.sum(axis=1), 1)
        return np.where(mean > 0, mean, 1).astype(np.float32)

    def take(self, rows: np.ndarray | slice) -> "SpectraSet":
        """The given rows, in the given order."""
        return replace(
            self,
            flux=self.flux[rows],
            ivar=self.ivar[rows],
            table=self.table.iloc[rows].reset_index(drop=True),
            infilled=None if self.infilled is None else self.infilled[rows],
        )
