"""Which images of a FITS file are a spectrum's flux, errors and mask, by the names of extensions and bands."""

from dataclasses import dataclass

import numpy as np

from ...errors import Reason, Refused
from .columns import bad_pixels, error_kind, find_column, mask_phrase
from .companion import error_file
from .fits_header import Header
from .fits_unit import Unit
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
    error_unit: str = ""
    kind: str = "error"
    mask: np.ndarray | None = None
    mask_source: str = ""
    assumed: tuple[str, ...] = ()


def title(unit: Unit) -> str:
    """What a unit is called: its EXTNAME, else its number."""
    return unit.text("EXTNAME") or f"HDU {unit.index}"


def with_role(images: dict[str, Unit], role: str, source: Source) -> tuple[str, Unit] | None:
    """The extension that plays a role of `columns.NAMES`."""
    meanings = {_ROLES.get(name.upper(), name): name for name in reversed(images)}
    name = find_column(images, role, source.hints, source.name) if role in source.hints.columns else None
    if name is None:
        meaning = find_column(meanings, role)
        name = None if meaning is None else meanings[meaning]
    return None if name is None else (name, images[name])


def flux_image(images: dict[str, Unit], source: Source) -> Unit:
    """The unit with the flux: by name, else the first image that is named as nothing else."""
    found = with_role(images, "flux", source)
    if found is not None:
        return found[1]
    others = {found[1].index for role in ("wavelength", "error", "mask") if (found := with_role(images, role, source))}
    unit = next((unit for unit in images.values() if unit.index not in others), None)
    if unit is None:
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} has the images {', '.join(images)} and none with fluxes: name it by --column flux=NAME.",
        )
    return unit


def find_planes(unit: Unit, images: dict[str, Unit], header: Header, source: Source) -> Planes:
    """The flux of n spectra with its errors and mask."""
    image = unit.image()
    bands = _bands(image, unit, header, source)
    if bands is not None:
        return bands
    flux = image.reshape(-1, image.shape[-1])
    error, mask = with_role(images, "error", source), with_role(images, "mask", source)
    found = {}
    if error is not None:
        name, other = error
        kind = error_kind(_ROLES.get(name.upper(), name))
        found |= {"error": _like(flux, other, source), "error_source": f"extension {name} ({kind})", "kind": kind}
        found["error_unit"] = other.text("BUNIT")
    elif (beside := error_file(source.path)) is not None:
        with Source(beside) as companion:
            found |= {"error": _like(flux, companion.unit(0), source), "error_source": f"file {beside.name}"}
    if mask is not None:
        name, other = mask
        bad = bad_pixels(name, _like(flux, other, source))
        found |= {"mask": bad, "mask_source": f"extension {name}, {mask_phrase(name)}"}
    nameless = [other for title, other in images.items() if title.startswith("HDU ") and other.index != unit.index]
    if error is None and any(other.image_shape == unit.image_shape for other in nameless):
        found["assumed"] = ("images without a name are left aside",)
    return Planes(flux, title(unit), **found)


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
            f"{source.name} holds an image of {shape} pixels ({title(unit)}) and no table of spectra: extract its "
            "spectra first.",
        )
    if sigma is None:
        return Planes(image[spectrum], f"{title(unit)}, band {spectrum + 1}")
    return Planes(
        image[spectrum], f"{title(unit)}, band {spectrum + 1}", image[sigma], f"band {sigma + 1} (error)", "error"
    )


def _is_list(unit: Unit, header: Header, source: Source) -> bool:
    """Whether the rows of an image are spectra: IRAF numbers them, or an extension gives wavelengths for the pixels."""
    if header.keys() & {"APNUM1", "WAT0_001"}:
        return True
    images = {title(other): other for other in source.units() if other.image_shape}
    found = with_role(images, "wavelength", source)
    return found is not None and found[1].image_shape[-1:] == unit.image_shape[-1:]


def _like(flux: np.ndarray, unit: Unit, source: Source) -> np.ndarray:
    """The image of a unit in the shape of the flux."""
    image = unit.image()
    if image.size != flux.size:
        raise Refused(
            Reason.SHAPE,
            f"{source.name}: the flux has {flux.shape} pixels, but {title(unit)} of {unit.path.name} has "
            f"{image.shape}: one shape was expected.",
        )
    return image.reshape(flux.shape)
