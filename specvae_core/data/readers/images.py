"""Spectra in FITS images: one row of pixels with a WCS or a WAVELENGTH extension, IRAF's bands and apertures.

===========================  ========================================================================================
flux                         extension DATA, FLUX or SCI, else the first image
error, variance or ivar      extension ERROR (ERRS, SIGMA…), STAT (VARIANCE…), IVAR; IRAF's band ``sigma``; the file of
                             errors beside it (`companion`)
mask                         extension MASK, DQ or QUAL: not 0 is bad
wavelength                   extension WAVELENGTH, else the header of the flux (`dispersion`)
rows                         IRAF's apertures: orders of one object are joined, apertures of equal range are objects
===========================  ========================================================================================

Pixel numbers are never wavelengths: an image with neither is refused.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import Pixels, assemble
from .axis import Axis, header_medium, resolve_axis
from .columns import is_log_wavelength
from .companion import flux_file
from .dispersion import Dispersion, dispersions
from .finish import FILE_NAME, finish
from .fits_header import Header
from .fits_unit import Unit
from .header import cells, whole_header
from .image_planes import Planes, find_planes, flux_image, title, with_role
from .join import join
from .objects import Objects, take_objects
from .source import Source


class ImageReader:
    """Reads spectra in images of any FITS file that no other reader claims."""

    def claims(self, source: Source) -> bool:
        """Whether some unit of the file holds an image."""
        return source.is_fits and any(unit.image_shape and 0 not in unit.image_shape for unit in source.units())

    def read(self, source: Source) -> Iterator[Observation]:
        """One object, or one for each aperture that is not an order of the others."""
        owner = flux_file(source.path)
        if owner is not None:
            raise Refused(Reason.FOREIGN, f"{source.name} holds the errors of {owner.name}, which is read with them.")
        images = {title(unit): unit for unit in source.units() if unit.image_shape and 0 not in unit.image_shape}
        unit = flux_image(images, source)
        header = whole_header(source, unit)
        planes = find_planes(unit, images, header, source)
        axes = _axes(unit, images, header, planes.flux.shape, source)
        rows = [
            assemble(
                axis.axis,
                planes.flux[i],
                file=source.name,
                flux_unit=source.hints.flux_unit or unit.text("BUNIT"),
                error=None if planes.error is None else planes.error[i],
                error_unit=planes.error_unit,
                kind=planes.kind,
                bad=None if planes.mask is None else planes.mask[i],
            )
            for i, axis in enumerate(axes)
        ]
        if len(rows) > 1 and _are_orders(axes):
            joined = join(rows)
            phrases = (*joined.converted, f"{len(rows)} orders joined")
            axes, rows = [_Row(axes[0].axis)], [replace(joined, converted=phrases)]
        objects = _objects(source, len(rows))
        for i, (row, pixels) in enumerate(zip(axes, rows, strict=True)):
            name = source.stem if len(rows) == 1 else f"{source.stem}-{row.aperture or i + 1}"
            understood = _understanding(row.axis, pixels, planes, unit, source)
            if objects is None:
                yield finish(source, pixels, understood, header, id=name)
                continue
            known = {role: text for role, text in objects.understood.items() if role != "assumed" and text}
            yield finish(
                source,
                pixels,
                replace(understood, **known),
                header,
                id=objects.ids[i] if "id" in known else name,
                redshift=None if objects.redshift is None else float(objects.redshift[i]),
                columns={key: values[i].item() for key, values in objects.columns.items()},
            )


def _objects(source: Source, n: int) -> Objects | None:
    """What the one table with a row for each of n spectra says of them; ``None`` where there is no such table."""
    tables = [unit for unit in source.units() if unit.column_names and unit.n_rows == n and not unit.image_shape]
    return take_objects(cells(tables[0]), source, n) if n > 1 and len(tables) == 1 else None


@dataclass(frozen=True, eq=False)
class _Row:
    """The axis of a row and IRAF's number of its aperture."""

    axis: Axis
    aperture: str = ""


def _axes(unit: Unit, images: dict[str, Unit], header: Header, shape: tuple[int, int], source: Source) -> list[_Row]:
    """The wavelength axis of each row: from an extension, else from the header."""
    n_rows, n_pixels = shape
    in_air = _medium(header)
    listed = with_role(images, "wavelength", source)
    if listed is not None:
        name, other = listed
        where = f"extension {name}"
        stated = other.text("BUNIT") or str(_json(header, "UNITS").get("wave", ""))
        values = np.broadcast_to(other.image().reshape(-1, n_pixels), shape)
        found = [Dispersion(row, stated, is_log_wavelength(name)) for row in values]
        in_air = header_medium(other.header) if in_air is None else in_air
    else:
        where = f"WCS of {title(unit)}"
        found = dispersions(header, n_rows, n_pixels, source.name)
    if not found and source.hints.no_wavelengths:
        found = [Dispersion(np.arange(n_pixels), "")] * n_rows
    if not found:
        raise Refused(
            Reason.UNIT,
            f"{source.name} says nowhere which wavelengths its {n_pixels} pixels have: a WCS (CRVAL1, CDELT1) or an "
            "extension WAVELENGTH was expected, and pixel numbers are not wavelengths.",
        )
    return [_row(row, where, in_air, source) for row in found[:n_rows]]


def _row(row: Dispersion, where: str, in_air: bool | None, source: Source) -> _Row:
    axis = resolve_axis(
        row.values,
        source=where,
        file=source.name,
        unit=row.unit,
        named=True,
        log10=row.log10,
        in_air=in_air,
        hints=source.hints,
    )
    return _Row(axis, row.aperture)


def _medium(header: Header) -> bool | None:
    """Whether wavelengths are in air; linetools says it in a header of JSON."""
    stated = _json(header, "METADATA").get("airvac")
    return header_medium(header) if stated is None else stated == "air"


def _json(header: Header, keyword: str) -> dict[str, object]:
    """A header value that linetools wrote as JSON; empty where it is none."""
    try:
        found = json.loads(str(header.get(keyword, "")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _are_orders(rows: Sequence[_Row]) -> bool:
    """Whether rows are orders of one object: their middles move one way, and together they reach much further."""
    ends = np.array([row.axis.wavelength[[0, -1]] for row in rows])
    steps = np.diff(ends.mean(axis=1))
    reach = ends.max() - ends.min()
    return bool(((steps > 0).all() or (steps < 0).all()) and reach > 1.5 * np.diff(ends, axis=1).max())


def _understanding(axis: Axis, pixels: Pixels, planes: Planes, unit: Unit, source: Source) -> Understanding:
    return Understanding(
        reader="FITS image",
        wavelength=axis.source,
        wavelength_unit=axis.unit,
        medium=axis.medium,
        flux=planes.flux_source,
        flux_unit=source.hints.flux_unit or unit.text("BUNIT"),
        error=planes.error_source,
        mask=planes.mask_source,
        id=FILE_NAME,
        converted=pixels.converted,
        assumed=(*axis.assumed, *planes.assumed),
    )
