"""Files as the surveys write them, made with astropy from known numbers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

LINES = [
    # name, rest wavelength, area, its error, sigma (km/s), equivalent width
    ("H_beta", 4862.68, 40.0, 4.0, 120.0, 5.0),
    ("[O_III] 5007", 5008.24, 90.0, 5.0, 110.0, 11.0),
    ("H_alpha", 6564.61, 150.0, 6.0, 120.0, 21.0),
    ("Ly_alpha", 1215.67, 0.0, -1.0, 0.0, 0.0),  # outside the spectrum: not fitted
]


class SdssFile:
    """An SDSS file of release 8 or later with known pixels; attributes may be changed before `write`."""

    def __init__(self) -> None:
        n = 50
        self.loglam = (3.6 + 1e-4 * np.arange(n)).astype(np.float32)
        self.flux = np.linspace(1.0, 2.0, n).astype(np.float32)
        self.ivar = np.full(n, 4.0, dtype=np.float32)
        self.and_mask = np.zeros(n, dtype=np.int32)
        self.catalogue: dict[str, tuple[str, object]] = {
            "SURVEY": ("6A", "sdss"),
            "FILLER": ("10J", np.arange(10)),
            "PLATE": ("J", 266),
            "MJD": ("J", 51602),
            "FIBERID": ("J", 13),
            "PLUG_RA": ("D", 146.25),
            "PLUG_DEC": ("D", -0.5),
            "RA": ("D", 999.0),
            "CLASS": ("6A", "GALAXY"),
            "SUBCLASS": ("12A", "STARFORMING"),
            "Z": ("E", 0.125),
            "Z_ERR": ("E", 0.001),
            "ZWARNING": ("J", 4),
            "SN_MEDIAN_ALL": ("E", 16.5),
            "SOURCETYPE": ("8A", "GALAXY"),
        }
        self.lower_case = False
        self.with_lines = True
        self.n_exposures = 0

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        pixels = {"flux": self.flux, "loglam": self.loglam, "ivar": self.ivar, "and_mask": self.and_mask}
        pixels["wdisp"] = np.ones(len(self.flux), dtype=np.float32)
        forms = {name: "J" if name == "and_mask" else "E" for name in pixels}
        units: list[fits.PrimaryHDU | fits.BinTableHDU] = [fits.PrimaryHDU()]
        units[0].header["PLATEID"] = 266
        units.append(_table({self._case(name): (forms[name], pixels[name]) for name in pixels}, "COADD"))
        row = {self._case(name): (form, [value]) for name, (form, value) in self.catalogue.items()}
        units.append(_table(row, "SPECOBJ"))
        if self.with_lines:
            names = ("LINENAME", "LINEWAVE", "LINEAREA", "LINEAREA_ERR", "LINESIGMA", "LINEEW")
            columns = zip(names, ("13A", "D", "E", "E", "E", "E"), zip(*LINES, strict=True), strict=True)
            units.append(_table({self._case(name): (form, list(values)) for name, form, values in columns}, "SPZLINE"))
        for number in range(self.n_exposures):
            units.append(_table({"flux": ("E", np.zeros(4000))}, f"B1-{number:08d}"))
        fits.HDUList(units).writeto(path)
        return path

    def _case(self, name: str) -> str:
        return name.lower() if self.lower_case else name.upper()


def _table(columns: dict[str, tuple[str, object]], name: str) -> fits.BinTableHDU:
    return fits.BinTableHDU.from_columns(
        [fits.Column(name=key, format=form, array=values) for key, (form, values) in columns.items()], name=name
    )


@pytest.fixture
def sdss_file() -> SdssFile:
    """A well-formed SDSS file, not written yet."""
    return SdssFile()


@pytest.fixture
def make_fits(tmp_path: Path) -> Callable[..., Path]:
    """Write an image with header values (and further units) as the named FITS file."""

    def make(name: str, image: np.ndarray | None, header: dict[str, object], *units: fits.BinTableHDU) -> Path:
        primary = fits.PrimaryHDU(image)
        for key, value in header.items():
            primary.header[key] = value
        path = tmp_path / name
        fits.HDUList([primary, *units]).writeto(path)
        return path

    return make
