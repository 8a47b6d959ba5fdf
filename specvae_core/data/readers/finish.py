"""The last step of readers of FITS files: pixels, header and table row become an observation."""

from collections.abc import Mapping
from dataclasses import replace

from ..spectra import Observation
from ..understanding import Understanding
from .assemble import Pixels
from .fits_header import Header
from .header import facts, header_redshift
from .source import Source

FILE_NAME = "file name"
"""Where ids come from that the file does not give."""


def finish(
    source: Source,
    pixels: Pixels,
    understood: Understanding,
    header: Header,
    *,
    id: str = "",
    redshift: float | None = None,
    columns: Mapping[str, object] | None = None,
    is_sky: bool = False,
    rest_frame: bool = False,
) -> Observation:
    """An observation of these pixels.

    Parameters
    ----------
    source
        The file.
    pixels
        Wavelength, flux and errors, in the medium of ``understood``.
    understood
        Interpretation of the file; redshift, id and position are filled in from the header where it leaves them empty.
    header
        Header of the unit, with the primary one's; it gives object, position and redshift.
    id
        The object's id; the file's name where empty.
    redshift
        Redshift that does not come from the header; its source is then in ``understood.redshift``.
    columns
        The object's row in a table; it outranks the header.
    is_sky
        Whether no object was in the fibre.
    rest_frame
        Whether wavelengths are at rest already.
    """
    columns = facts(header) | dict(columns or {})
    if not understood.redshift:
        redshift, keyword = header_redshift(header)
        understood = replace(understood, redshift=keyword)
    where = understood.position or ("header" if "ra" in columns else "")
    return Observation(
        id=id or source.stem,
        wavelength=pixels.wavelength,
        flux=pixels.flux,
        ivar=pixels.ivar,
        redshift=redshift,
        columns=columns,
        flux_unit=pixels.flux_unit,
        in_air=understood.medium == "air",
        is_sky=is_sky,
        rest_frame=rest_frame,
        source=str(source.path),
        understood=replace(understood, position=where, id=understood.id or FILE_NAME),
    )
