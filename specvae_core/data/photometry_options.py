"""What the columns of a photometric catalogue mean: bands, further measurements, units, limits, extinction."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadConfig
from ..grid import SOFTENED, BandGrid
from ..settings import check_names, check_settings, option
from .magnitudes import EXTINCTION

ERROR = "_err"
"""What the column of errors is called after its measurement unless it is named: ``u`` and ``u_err``."""


@dataclass(frozen=True)
class Measurement:
    """Columns of one measurement.

    Parameters
    ----------
    name
        Of the band, or of another property.
    column, error
        Columns of its value and of its 1-sigma error.
    extinction
        Column of the Galactic extinction in this band, magnitudes, empty where it is none.
    softening
        Magnitude of the softening of asinh magnitudes; ``None`` where magnitudes are the usual ones.
    """

    name: str
    column: str
    error: str
    extinction: str = ""
    softening: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Measurement":
        """Read ``NAME``, ``NAME=COLUMN:ERROR:EXTINCTION``, each with ``~SOFTENING`` after it where there is one.

        >>> Measurement.parse("u=MAG_U:MAGERR_U~25.1")
        Measurement(name='u', column='MAG_U', error='MAGERR_U', extinction='', softening=25.1)
        """
        text, _, softening = text.partition(SOFTENED)
        name, mapped, rest = (part.strip() for part in text.partition("="))
        columns = [part.strip() for part in rest.split(":")] if mapped else [name]
        try:
            level = float(softening) if softening else None
        except ValueError:
            level = np.nan
        if not name or not columns[0] or len(columns) > 3 or (level is not None and not np.isfinite(level)):
            raise BadConfig(
                f"The measurement {text + (SOFTENED + softening if softening else '')!r} is not of the form NAME, "
                "NAME=COLUMN, NAME=COLUMN:ERROR or NAME=COLUMN:ERROR:EXTINCTION, as in u=MAG_U:MAGERR_U."
            )
        columns += ["", ""]
        return cls(name, columns[0], columns[1] or columns[0] + ERROR, columns[2], level)


@dataclass(frozen=True)
class PhotometryOptions:
    """How a catalogue is read; ``bands`` alone has to be given.

    Raises
    ------
    BadConfig
        A value that is none of the choices, or names that cannot be read.
    """

    bands: str = option(
        "",
        "bands with commas between them: u,g,r for columns u, u_err…, or u=MAG_U:MAGERR_U:A_U,… with names of columns",
    )
    extras: str = option("", "further measurements of an object that the redshift may depend on: radius,conc=C:C_ERR,…")
    unit: str = option("magnitude", "what the columns of bands hold", choices=("magnitude", "flux"), title="Bands hold")
    zero_point: float = option(22.5, "magnitude of a flux of 1 (22.5 nanomaggies, 23.9 μJy, 31.4 nJy)", -50.0, 50.0)
    undetected: str = option(
        "limit",
        "what magnitudes of 99 are: a limit (an object that was looked for and not seen; its error is the limit's "
        "magnitude, or the band's own depth is taken) or missing",
        choices=("limit", "missing"),
        title="Magnitudes of 99 are",
    )
    limit_sigma: float = option(1.0, "signal to noise at which the limits are given", 0.1, 100.0, title="S/N of limits")
    ebv: str = option("", "column with E(B-V): bands with usual names are corrected for Galactic extinction")

    def __post_init__(self) -> None:
        check_settings(self)
        if self.ebv and (unknown := [one.name for one in self.in_bands if one.name.lower() not in EXTINCTION]):
            raise BadConfig(
                f"The extinction of band {unknown[0]} for a given E(B-V) is not known: it is for "
                f"{', '.join(EXTINCTION)}. Name a column with it instead, as in {unknown[0]}=COLUMN:ERROR:EXTINCTION."
            )
        _ = self.grid  # names that cannot be

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> "PhotometryOptions":
        """Options by name."""
        check_names(mapping, cls, "catalogue option")
        return cls(**mapping)

    @property
    def in_bands(self) -> tuple[Measurement, ...]:
        """The bands."""
        return tuple(Measurement.parse(text) for text in self.bands.split(","))

    @property
    def further(self) -> tuple[Measurement, ...]:
        """The further measurements."""
        return tuple(Measurement.parse(text) for text in self.extras.split(",") if text.strip())

    @property
    def grid(self) -> BandGrid:
        """The grid of the survey."""
        bands = self.in_bands
        softening = tuple(one.softening for one in bands)
        return BandGrid(
            tuple(one.name for one in bands),
            tuple(one.name for one in self.further),
            softening if any(level is not None for level in softening) else (),
        )

    def softened(self, levels: Sequence[float | None]) -> "PhotometryOptions":
        """The same options with the softening of each band where it is not given already."""
        texts = []
        for one, level in zip(self.in_bands, levels, strict=True):
            given = one.softening if one.softening is not None else level
            columns = f"{one.name}={one.column}:{one.error}:{one.extinction}"
            texts.append(columns if given is None else f"{columns}{SOFTENED}{given:g}")
        return dataclasses.replace(self, bands=",".join(texts))
