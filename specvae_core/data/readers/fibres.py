"""Fibre spectra of the Anglo-Australian and the UK Schmidt telescope: 2dF and AAOmega (2dfdr), and 6dFGS.

2dfdr writes one image whose rows are fibres, an extension VARIANCE and a table FIBRES (FIBRES_IFU in some versions)
with name, position in radians and type of each fibre: P is a target, S sky, N, U and others are not used.
6dFGS writes one object a file, an image of the rows spectrum, variance, sky and, in later versions, wavelength;
combined files hold such images for the two gratings, V and R, and for both (VR), behind others. Wavelengths are those
of the image's header, in air unless it says otherwise, for both calibrate with arc lines in air.
http://www.6dfgs.net, https://www.aao.gov.au/science/software/2dfdr
"""

from collections.abc import Iterator

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import assemble
from .axis import Axis, header_medium, resolve_axis
from .dispersion import dispersions
from .finish import finish
from .fits_header import Header
from .fits_unit import Unit
from .header import cells, whole_header
from .source import Source

TABLES = ("FIBRES", "FIBRES_IFU")
TARGET, SKY = "P", "S"


class FibresReader:
    """Reads what 2dfdr writes: an image of fibres with VARIANCE and FIBRES."""

    def claims(self, source: Source) -> bool:
        """Whether the primary unit is an image of fibres and a table FIBRES says what they are."""
        unit = source.unit(0)
        return unit is not None and len(unit.image_shape) == 2 and _named(source, *TABLES) is not None

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """One object for each fibre on a target; sky fibres are marked, idle ones refused."""
        unit, table, other = source.unit(0), _named(source, *TABLES), _named(source, "VARIANCE")
        flux, fibres = unit.image(), cells(table)
        if len(flux) != table.n_rows or (other is not None and other.image_shape != unit.image_shape):
            raise Refused(
                Reason.SHAPE,
                f"{source.name} has {len(flux)} rows of flux, {table.n_rows} fibres and a variance of "
                f"{other and other.image_shape}: one number of fibres was expected.",
            )
        variance = None if other is None else other.image()
        axis = _axis(source, unit, flux.shape[1])
        names = [str(name) for name in fibres.get("NAME", ())]
        for row in range(len(flux)):
            fibre = {name.lower(): values[row].item() for name, values in fibres.items()}
            kind = str(fibre.pop("type", TARGET))
            if kind not in (TARGET, SKY):
                yield Refused(
                    Reason.SKY, f"{source.name}: fibre {row + 1} is of type {kind!r}, on no target (P) and no sky (S)."
                )
                continue
            pixels = assemble(
                axis,
                flux[row],
                file=source.name,
                flux_unit=source.hints.flux_unit or unit.text("BUNIT"),
                error=None if variance is None else variance[row],
                kind="variance",
            )
            fibre |= {name: float(np.degrees(fibre[name])) for name in ("ra", "dec") if name in fibre}
            name = str(fibre.pop("name", ""))
            yield finish(
                source,
                pixels,
                _understanding("2dfdr", axis, "row of the image", pixels.converted),
                unit.header,
                id=f"{source.stem}-{name if name and names.count(name) == 1 else row + 1}",
                columns=fibre | {"object": name, "fibre": row + 1},
                is_sky=kind == SKY,
            )


class SixDfReader:
    """Reads spectra of 6dFGS."""

    def claims(self, source: Source) -> bool:
        """Whether some image of three or four rows has the header of a 6dFGS spectrum."""
        return source.is_fits and any(_is_6df(unit) for unit in (source.unit(0), *source.units()[5:]))

    def read(self, source: Source) -> Iterator[Observation]:
        """The one object of the file: the last of its spectra, which is the one of both gratings."""
        unit = [unit for unit in source.units() if _is_6df(unit)][-1]
        image = unit.image()
        axis = _axis(source, unit, image.shape[1], image[3] if len(image) > 3 else None)
        pixels = assemble(
            axis,
            image[0],
            file=source.name,
            flux_unit=source.hints.flux_unit or unit.text("BUNIT"),
            error=image[1],
            kind="variance",
        )
        header = whole_header(source, unit)
        columns = {"quality": header["QUALITY"]} if "QUALITY" in header else {}
        yield finish(source, pixels, _understanding("6dFGS", axis, "row 1", pixels.converted), header, columns=columns)


def _named(source: Source, *names: str) -> Unit | None:
    return next((unit for unit in source.units() if unit.name in names), None)


def _is_6df(unit: Unit) -> bool:
    return len(unit.image_shape) == 2 and unit.image_shape[0] in (3, 4) and {"Z_HELIO", "QUALITY"} <= unit.header.keys()


def _axis(source: Source, unit: Unit, n_pixels: int, wavelength: np.ndarray | None = None) -> Axis:
    """The wavelengths of all rows: an array where the file has one, else by the header."""
    header: Header = whole_header(source, unit)
    found = dispersions(header, 1, n_pixels, source.name)
    if not found and wavelength is None:
        raise Refused(
            Reason.UNIT,
            f"{source.name} says nowhere which wavelengths its {n_pixels} pixels have: CRVAL1 was expected.",
        )
    return resolve_axis(
        found[0].values if wavelength is None else wavelength,
        source=f"WCS of HDU {unit.index}" if wavelength is None else f"row 4 of HDU {unit.index}",
        file=source.name,
        unit=found[0].unit if found else "",
        named=True,
        log10=wavelength is None and found[0].log10,
        in_air=header_medium(header) is not False,
        hints=source.hints,
    )


def _understanding(reader: str, axis: Axis, flux: str, converted: tuple[str, ...]) -> Understanding:
    return Understanding(
        reader=reader,
        wavelength=axis.source,
        wavelength_unit=axis.unit,
        medium=axis.medium,
        flux=flux,
        error="extension VARIANCE (variance)" if reader == "2dfdr" else "row 2 (variance)",
        id="file name and column NAME" if reader == "2dfdr" else "",
        position="columns RA, DEC (radians)" if reader == "2dfdr" else "",
        converted=converted,
        assumed=axis.assumed,
    )
