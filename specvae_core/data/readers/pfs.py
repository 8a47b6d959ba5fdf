"""Spectra of Subaru/PFS: ``pfsObject-*.fits`` and ``pfsSingle-*.fits``, one object a file.

FLUX in nJy and MASK on the scale of its header or of the extension WAVELENGTH, in nm in vacuum; the first row of COVAR
is the variance; TARGET says which object. Header keywords MP_NAME give the bit of each flag.
https://github.com/Subaru-PFS/datamodel/blob/master/datamodel.txt
"""

from collections.abc import Iterator

from ...errors import Reason, Refused
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import Pixels, assemble
from .axis import Axis, resolve_axis
from .dispersion import dispersions
from .finish import finish
from .fits_header import Header
from .fits_unit import Unit
from .pixels import mask_bits
from .source import Source

BAD_FLAGS = ("BAD", "SAT", "CR", "NO_DATA", "UNMASKEDNAN", "BAD_FLAT", "BAD_SKY", "BAD_FLUXCAL", "BAD_FIBERNORMS")
SKY = 2
"""TARGETTYPE of a fibre on the sky."""


class PfsReader:
    """Reads objects of PFS."""

    def claims(self, source: Source) -> bool:
        """Whether the file has FLUX, COVAR and TARGET."""
        return source.is_fits and {"FLUX", "COVAR", "TARGET"} <= {unit.name for unit in source.units()}

    def read(self, source: Source) -> Iterator[Observation]:
        """The one object of the file."""
        units = {unit.name: unit for unit in source.units()}
        header = {**units["TARGET"].header, **source.unit(0).header}
        flux, target = units["FLUX"], units["TARGET"].header
        axis = _axis(source, units)
        bits = _bad_bits({**header, **(units["MASK"].header if "MASK" in units else {})})
        pixels = assemble(
            axis,
            flux.image().ravel(),
            file=source.name,
            flux_unit=source.hints.flux_unit or flux.text("BUNIT") or "nJy",
            error=units["COVAR"].image()[0],
            kind="variance",
            bad=(mask_bits(units["MASK"].image().ravel()) & bits) != 0 if "MASK" in units else None,
        )
        known = "OBJID" in target
        columns = {key.lower(): target[key] for key in ("CATID", "TRACT", "PATCH", "TARGETTYPE") if key in target}
        yield finish(
            source,
            pixels,
            _understood(units, axis, bits, pixels),
            header,
            id=str(target["OBJID"]) if known else "",
            columns=columns,
            is_sky=target.get("TARGETTYPE") == SKY,
        )


def _understood(units: dict[str, Unit], axis: Axis, bits: int, pixels: Pixels) -> Understanding:
    return Understanding(
        reader="PFS object",
        wavelength=axis.source,
        wavelength_unit=axis.unit,
        medium=axis.medium,
        flux="HDU FLUX",
        flux_unit=units["FLUX"].text("BUNIT") or "nJy",
        error="HDU COVAR, first row (variance)",
        mask=f"HDU MASK, bits {bits:#x}" if "MASK" in units else "",
        id="header OBJID" if "OBJID" in units["TARGET"].header else "",
        converted=pixels.converted,
    )


def _axis(source: Source, units: dict[str, Unit]) -> Axis:
    header, n = units["FLUX"].header, units["FLUX"].image_shape[-1]
    listed = units.get("WAVELENGTH")
    scale = dispersions(header, 1, n, source.name) if listed is None else []
    if listed is None and not scale:
        raise Refused(
            Reason.UNIT, f"{source.name} says nowhere which wavelengths its {n} pixels have: CRVAL1 was expected."
        )
    return resolve_axis(
        listed.image().ravel() if listed else scale[0].values,
        source="HDU WAVELENGTH" if listed else "WCS of HDU FLUX",
        file=source.name,
        unit=(listed.text("BUNIT") if listed else scale[0].unit) or "nm",
        log10=not listed and scale[0].log10,
        in_air=False,
        hints=source.hints,
    )


def _bad_bits(header: Header) -> int:
    """Bits of the flags that make a pixel bad; all bits where the header names none."""
    named = [header[f"MP_{flag}"] for flag in BAD_FLAGS if isinstance(header.get(f"MP_{flag}"), int)]
    return sum(1 << bit for bit in set(named)) if named else 2**31 - 1
