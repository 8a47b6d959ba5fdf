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
from dataclasses import dataclass

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import Pixels, assemble
from .axis import Axis, header_medium, resolve_axis
from .columns import error_kind, find_column, is_log_wavelength
from .companion import error_file, flux_file
from .dispersion import Dispersion, dispersions
from .finish import FILE_NAME, finish
from .fits_unit import Header, Unit
from .header import whole_header
from .join import join
from .source import Source

_ROLES = {"DATA": "flux", "SCI": "flux", "STAT": "variance", "ERRS": "error", "ERRORS": "error"}
"""Names of extensions beside those that columns have -> what a column of that meaning is called."""


@dataclass(frozen=True, eq=False)
class Planes:
    """What belongs to the flux of a file, each of the shape (n, m) of n spectra, with a phrase on where it stands."""

    flux: np.ndarray
    flux_source: str
    error: np.ndarray | None = None
    error_source: str = ""
    kind: str = "error"
    mask: np.ndarray | None = None
    mask_source: str = ""
    assumed: tuple[str, ...] = ()


class ImageReader:
    """Reads spectra in images of any FITS file that no other reader claims."""

    def claims(self, source: Source) -> bool:
        """Whether some unit of the file holds an image."""
        return source.is_fits and any(unit.image_shape and 0 not in unit.image_shape for unit in source.units())

    def read(self, source: Source) -> Iterator[Observation]:
        """One object, or one for each aperture that is no order of the others."""
        owner = flux_file(source.path)
        if owner is not None:
            raise Refused(Reason.FOREIGN, f"{source.name} holds the errors of {owner.name}, which is read with them.")
        images = {_title(unit): unit for unit in source.units() if unit.image_shape and 0 not in unit.image_shape}
        unit = _flux_unit(images, source)
        header = whole_header(source, unit)
        planes = _planes(unit, images, header, source)
        axes = _axes(unit, images, header, planes.flux.shape, source)
        rows = [
            assemble(
                axis.axis,
                planes.flux[i],
                file=source.name,
                flux_unit=source.hints.flux_unit or unit.text("BUNIT"),
                error=None if planes.error is None else planes.error[i],
                kind=planes.kind,
                bad=None if planes.mask is None else planes.mask[i],
            )
            for i, axis in enumerate(axes)
        ]
        if len(rows) > 1 and _are_orders(axes):
            axes, rows = [_Row(axes[0].axis)], [join(rows)]
        for i, (row, pixels) in enumerate(zip(axes, rows, strict=True)):
            name = source.stem if len(rows) == 1 else f"{source.stem}-{row.aperture or i + 1}"
            yield finish(source, pixels, _understanding(row.axis, pixels, planes, unit, source), header, id=name)


@dataclass(frozen=True, eq=False)
class _Row:
    """The axis of a row and IRAF's numbers of it."""

    axis: Axis
    aperture: str = ""
    beam: int = 0


def _title(unit: Unit) -> str:
    """What a unit is called: its EXTNAME, else its number."""
    return unit.text("EXTNAME") or f"HDU {unit.index}"


def _named(images: dict[str, Unit], role: str, source: Source) -> tuple[str, Unit] | None:
    """The extension that plays a role of `columns.NAMES`."""
    meanings = {_ROLES.get(name.upper(), name): name for name in reversed(images)}
    name = find_column(images, role, source.hints, source.name) if role in source.hints.columns else None
    if name is None:
        meaning = find_column(meanings, role)
        name = None if meaning is None else meanings[meaning]
    return None if name is None else (name, images[name])


def _flux_unit(images: dict[str, Unit], source: Source) -> Unit:
    """The unit with the flux: by name, else the first image that is named as nothing else."""
    named = _named(images, "flux", source)
    if named is not None:
        return named[1]
    others = {found[1].index for role in ("wavelength", "error", "mask") if (found := _named(images, role, source))}
    unit = next((unit for unit in images.values() if unit.index not in others), None)
    if unit is None:
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} has the images {', '.join(images)} and none with fluxes: name it by --column flux=NAME.",
        )
    return unit


def _planes(unit: Unit, images: dict[str, Unit], header: Header, source: Source) -> Planes:
    """The flux of n spectra with its errors and mask."""
    image = unit.image()
    bands = _bands(image, unit, header, source)
    if bands is not None:
        return bands
    flux = image.reshape(-1, image.shape[-1])
    error, mask = _named(images, "error", source), _named(images, "mask", source)
    found = {}
    if error is not None:
        name, other = error
        kind = error_kind(_ROLES.get(name.upper(), name))
        found |= {"error": _like(flux, other, source), "error_source": f"extension {name} ({kind})", "kind": kind}
    elif (beside := error_file(source.path)) is not None:
        with Source(beside) as companion:
            found |= {"error": _like(flux, companion.unit(0), source), "error_source": f"file {beside.name}"}
    if mask is not None:
        found |= {"mask": _like(flux, mask[1], source) != 0, "mask_source": f"extension {mask[0]}, not 0 is bad"}
    nameless = [other for title, other in images.items() if title.startswith("HDU ") and other.index != unit.index]
    if error is None and any(other.image_shape == unit.image_shape for other in nameless):
        found["assumed"] = ("images without a name are left aside",)
    return Planes(flux, _title(unit), **found)


def _bands(image: np.ndarray, unit: Unit, header: Header, source: Source) -> Planes | None:
    """Rows or bands that the header describes: IRAF's BANDIDn, UVES_popler's ARRAYn; ``None`` where it has none."""
    if image.ndim == 2 and "ARRAY1" in header:
        described = [str(header.get(f"ARRAY{row}", "")).lower() for row in range(1, len(image) + 1)]
        image = image[:, None, :]
        spectrum = next((i for i, text in enumerate(described) if "flux" in text), 0)
        sigma = next((i for i, text in enumerate(described) if text.endswith("error")), None)
    elif image.ndim == 3 and ("BANDID1" in header or "WAT0_001" in header):
        described = [str(header.get(f"BANDID{band}", "")).lower() for band in range(1, len(image) + 1)]
        spectrum = 0
        sigma = next((i for i, text in enumerate(described) if text.startswith("sigma")), None)
    elif image.size == image.shape[-1] or (image.ndim == 2 and _is_list(unit, header, source)):
        return None
    else:
        shape = " x ".join(map(str, image.shape[::-1]))
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} holds an image of {shape} pixels ({_title(unit)}) and no table of spectra: extract its "
            "spectra first.",
        )
    if sigma is None:
        return Planes(image[spectrum], f"{_title(unit)}, band {spectrum + 1}")
    return Planes(
        image[spectrum], f"{_title(unit)}, band {spectrum + 1}", image[sigma], f"band {sigma + 1} (error)", "error"
    )


def _is_list(unit: Unit, header: Header, source: Source) -> bool:
    """Whether the rows of an image are spectra: IRAF numbers them, or an extension gives wavelengths for the pixels."""
    if header.keys() & {"APNUM1", "WAT0_001"}:
        return True
    images = {_title(other): other for other in source.units() if other.image_shape}
    named = _named(images, "wavelength", source)
    return named is not None and named[1].image_shape[-1:] == unit.image_shape[-1:]


def _like(flux: np.ndarray, unit: Unit, source: Source) -> np.ndarray:
    """The image of a unit in the shape of the flux."""
    image = unit.image()
    if image.size != flux.size:
        raise Refused(
            Reason.SHAPE,
            f"{source.name}: the flux has {flux.shape} pixels, but {_title(unit)} of {unit.path.name} has "
            f"{image.shape}: one shape was expected.",
        )
    return image.reshape(flux.shape)


def _axes(
    unit: Unit, images: dict[str, Unit], header: Header, shape: tuple[int, int], source: Source
) -> Sequence[_Row]:
    """The wavelength axis of each row."""
    n_rows, n_pixels = shape
    medium = _medium(header)
    named = _named(images, "wavelength", source)
    if named is not None:
        name, other = named
        values = np.broadcast_to(other.image().reshape(-1, n_pixels), shape)
        source_of = f"extension {name}"
        log10 = is_log_wavelength(name)
        found = [Dispersion(row, other.text("BUNIT") or _unit_in_json(header), log10) for row in values]
        in_air = header_medium(other.header) if medium is None else medium
    else:
        found, in_air, source_of = dispersions(header, n_rows, n_pixels, source.name), medium, f"WCS of {_title(unit)}"
    if not found and source.hints.no_wavelengths:
        found = [Dispersion(np.arange(n_pixels), "")] * n_rows
    if not found:
        raise Refused(
            Reason.UNIT,
            f"{source.name} says nowhere which wavelengths its {n_pixels} pixels have: a WCS (CRVAL1, CDELT1) or an "
            "extension WAVELENGTH was expected, and pixel numbers are no wavelengths.",
        )
    return [
        _Row(
            resolve_axis(
                row.values,
                source=source_of,
                file=source.name,
                unit=row.unit,
                named=True,
                log10=row.log10,
                in_air=in_air,
                hints=source.hints,
            ),
            row.aperture,
            row.beam,
        )
        for row in found[:n_rows]
    ]


def _medium(header: Header) -> bool | None:
    """Whether wavelengths are in air; linetools says it in a header of JSON."""
    return (
        _json(header, "METADATA").get("airvac") == "air"
        if "airvac" in _json(header, "METADATA")
        else header_medium(header)
    )


def _unit_in_json(header: Header) -> str:
    return str(_json(header, "UNITS").get("wave", ""))


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
