"""SDSS, BOSS, eBOSS and SDSS-V spectra of data release 8 and later: ``spec-PLATE-MJD-FIBER.fits``, lite and full;
``spec-FIELD-MJD-CATALOGID.fits`` in SDSS-V.

HDU 1 is the coadded spectrum, HDU 2 one row of the catalogue, HDU 3 the pipeline's line fits where present; what
follows in full files (single exposures) is not read. Data model:
https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/spectra/PLATE4/spec.html
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...errors import Reason, Refused
from ..spectra import LineFit, Observation
from ..understanding import Understanding
from .fits_unit import Unit
from .pixels import usable_ivar, wavelength_from_log10
from .source import Source
from .units import FLUX_UNIT

# SPPIXMASK. The pipeline gives the worst pixels ivar 0 itself, and its errors hold for most of the others: measured on
# 236 spectra of SDSS, BOSS and eBOSS, pixels marked for a bad trace, low flat field, bad columns, a bad pixel near by
# or a partly rejected profile scatter about the pipeline's best model by 0.98 to 1.11 of their errors, clean ones by
# 1.03. So do those marked BRIGHTSKY, 6% of all (1.09; averaged by four in the red 1.19, clean ones 1.10): their weight
# is small where the sky is bright, but right. NODATA later releases ask to ignore. Bad, then, is what has no flux or
# no wavelength, was rejected in every exposure, or lies where the sky is known to have been subtracted badly.
BAD_BITS = sum(
    1 << bit
    for bit in (
        0,  # NOPLUG: fibre not listed
        3,  # BADARC: no good wavelength solution
        17,  # LOWFLAT: flat field below 0.5
        18,  # FULLREJECT: rejected in extraction
        22,  # NOSKY: sky level unknown
        25,  # COMBINEREJ: rejected when exposures were combined
        26,  # BADFLUXFACTOR: low flux calibration
        27,  # BADSKYCHI: sky residuals above 3 in reduced chi squared
        28,  # REDMONSTER: a contiguous region of such residuals
    )
)
"""Bits of ``and_mask`` (set in all exposures) that make a pixel bad; the same in data release 7."""

SPECTRUM = ("FLUX", "LOGLAM", "IVAR", "AND_MASK")
REQUIRED = ("CLASS", "Z", "ZWARNING")
CATALOGUE = (
    *REQUIRED,
    *("PLATE", "MJD", "FIBERID", "PLUG_RA", "PLUG_DEC", "RA", "DEC", "SUBCLASS", "Z_ERR", "SN_MEDIAN_ALL"),
    *("VDISP", "VDISP_ERR", "RCHI2", "OBJTYPE", "SOURCETYPE", "TARGETTYPE", "SURVEY", "INSTRUMENT", "RUN2D"),
    *("FIELD", "SDSS_ID", "CATALOGID", "FIBER_RA", "FIBER_DEC", "RACAT", "DECCAT"),
)
POSITIONS = ("plug_", "fiber_", "", "cat")
"""How names of positions differ from RA and DEC, the first counts: the spectrum is of where the fibre was."""
UNDERSTOOD = Understanding(
    reader="SDSS spec",
    wavelength="column LOGLAM",
    wavelength_unit="log10 Angstrom",
    medium="vacuum",
    flux="column FLUX",
    flux_unit="1e-17 erg/s/cm2/Angstrom",
    error="column IVAR (inverse variance)",
    mask=f"column AND_MASK, bits {BAD_BITS:#x}",
    redshift="column Z",
    id="columns PLATE, MJD, FIBERID",
    position="position of the fibre",
)
LINES = ("LINENAME", "LINEWAVE", "LINEAREA", "LINEAREA_ERR", "LINESIGMA", "LINEEW")
UNDERSTOOD_V = replace(UNDERSTOOD, reader="SDSS-V spec", id="file name")


class SdssReader:
    """Reads SDSS files of data release 8 and later."""

    def claims(self, source: Source) -> bool:
        """Whether the first table is a coadded SDSS spectrum: by its name, or by the catalogue behind it."""
        if not source.is_fits:
            return False
        spectrum = source.unit(1)
        if spectrum is None or not spectrum.column_names.issuperset(SPECTRUM[:3]):
            return False
        return spectrum.name == "COADD" or _names(source.unit(2)).issuperset(REQUIRED)

    def read(self, source: Source) -> Iterator[Observation]:
        """The one spectrum of the file."""
        spectrum, catalogue = source.unit(1), source.unit(2)
        if catalogue is None:
            raise Refused(
                Reason.UNREADABLE,
                f"{source.name} ends behind its first table, without the catalogue (HDU 2) that has its redshift: "
                "fetch the whole file.",
            )
        if not catalogue.column_names.issuperset(REQUIRED) or "AND_MASK" not in _names(spectrum):
            raise Refused(
                Reason.FOREIGN,
                f"{source.name} begins like an SDSS spectrum, but has no AND_MASK of its pixels or no catalogue "
                f"(HDU 2) with {', '.join(REQUIRED)}.",
            )
        pixels = spectrum.table(SPECTRUM)
        flux = pixels["FLUX"].astype(np.float32)
        bad = (pixels["AND_MASK"] & BAD_BITS) != 0
        columns = _catalogue_row(catalogue)
        yield Observation(
            id=_identify(columns, source),
            wavelength=wavelength_from_log10(pixels["LOGLAM"]),
            flux=flux,
            ivar=usable_ivar(flux, pixels["IVAR"], bad).astype(np.float32),
            redshift=float(columns.pop("z")),
            columns=columns,
            line_fits=_line_fits(source.unit(3)),
            is_sky=bool(int(columns["zwarning"]) & 1)
            or "SKY" in (columns.get("objtype"), columns.get("sourcetype"), columns.get("targettype")),
            source=str(source.path),
            flux_unit=FLUX_UNIT,
            understood=UNDERSTOOD if "plate" in columns else UNDERSTOOD_V,
        )


def sdss_id(plate: int, mjd: int, fibre: int) -> str:
    """The survey's own name of a spectrum, as in its file names."""
    return f"{plate:04d}-{mjd:05d}-{fibre:04d}"


def _names(unit: Unit | None) -> frozenset[str]:
    return frozenset() if unit is None else unit.column_names


def _catalogue_row(unit: Unit) -> dict[str, object]:
    """The first row of the catalogue table: lower-case name -> number or string; position as ``ra`` and ``dec``."""
    table = unit.table(CATALOGUE)
    if not len(table):
        raise Refused(Reason.FOREIGN, f"{unit.path.name} has an empty catalogue table: fetch the file again.")
    row: dict[str, object] = {}
    for name, value in zip(table.dtype.names, table[0].item(), strict=True):
        row[name.lower()] = value.decode("ascii", "replace").strip() if isinstance(value, bytes) else value
    for name in ("ra", "dec"):
        found = [row.pop(key) for word in POSITIONS if (key := f"{name}cat" if word == "cat" else word + name) in row]
        if found:
            row[name] = found[0]
    return row


def _identify(columns: dict[str, object], source: Source) -> str:
    """PLATE-MJD-FIBER; later surveys without plates are known by their file's name."""
    numbers = [columns.get(key) for key in ("plate", "mjd", "fiberid")]
    if all(isinstance(number, int) for number in numbers):
        return sdss_id(*numbers)
    return source.stem.removeprefix("spec-")


def _line_fits(unit: Unit | None) -> tuple[LineFit, ...]:
    """The lines that were fitted; those outside the spectrum carry a negative error."""
    if not _names(unit).issuperset(LINES):
        return ()
    table = unit.table(LINES)
    fields = [table[name].tolist() for name in LINES]
    return tuple(
        LineFit(name.decode("ascii", "replace").strip(), wave, area, error, sigma, width)
        for name, wave, area, error, sigma, width in zip(*fields, strict=True)
        if error > 0
    )
