"""Small files in many layouts, each with a line at a known wavelength: read right, or refused for the right reason."""

from dataclasses import dataclass

import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.data.spectra import Observation
from specvae_core.errors import Refused
from specvae_core.lines import air_to_vacuum

from .fits_files import LINE, line_centre


@dataclass(frozen=True)
class Right:
    """What a right reading of a file gives.

    Parameters
    ----------
    n
        Number of objects, sky fibres not counted.
    lines
        Observed wavelength of the line of each object, vacuum Angstrom; NaN where it lies outside.
    sn
        S/N per pixel of the continuum; 0 where the file has no errors.
    seen
        Share of the pixels that is good.
    assumed
        A phrase that has to be among what was assumed.
    """

    lines: tuple[float, ...] = (LINE,)
    sn: float = 20.0
    seen: float = 1.0
    assumed: str = ""
    n_sky: int = 0
    ids: tuple[str, ...] = ()


NO_ERRORS = 0.0
NO_LINE = float("nan")

FITS_FILES = {
    "coadd-main-dark-1.fits": Right(
        lines=(1.05 * LINE, 1.2 * LINE, 1.4 * LINE),
        n_sky=1,
        ids=("39627866878511337", "39627866878514741", "39627866878514742"),
    ),
    "img_wave_ext.fits": Right(assumed="wavelengths in Angstrom"),
    "jwst_x1d.fits": Right(lines=(LINE, LINE), seen=0.99),
    "apVisit-r13-5095-55844-128.fits": Right(lines=(NO_LINE,), sn=50.0, seen=0.99),
    "sky_column_first.fits": Right(),
    "wave_flux_ivar_table.fits": Right(seen=0.9),
    "vacuum_false.fits": Right(sn=NO_ERRORS),
    "awav_1d.fits": Right(sn=NO_ERRORS),
    "iraf_loglinear.fits": Right(sn=NO_ERRORS),
    "iraf_apall_4bands.fits": Right(),
    "iraf_lambda.fit": Right(sn=NO_ERRORS),
    "leftover_axis.fits": Right(sn=NO_ERRORS),
    "nm_wcs.fits": Right(sn=NO_ERRORS),
    "hz_jy_tabular.fits": Right(),
    "loglam_table.fits": Right(),
    "lowercase_tform.fits": Right(),
    "calspec_flam.fits": Right(),
    "stis_x1d.fits": Right(),
    "deimos_spec1d.fits": Right(),
    "pypeit_spec1d.fits": Right(),
    "lamost_mrs.fits": Right(),
    "aaomega_2dfdr.fits": Right(lines=(1.1 * LINE,), n_sky=1, ids=("aaomega_2dfdr-G1",)),
    "spec-112359-60086-27021598054114233.fits": Right(lines=(1.1 * LINE,)),
    # The file calls its wavelengths air (TUCD1 em.wl;obs.atmos), so they are converted: 6564.61 in air.
    "eso_phase3.fits": Right(lines=(float(air_to_vacuum(np.array([LINE]))[0]),)),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", FITS_FILES)
def test_fits_files_are_read_as_they_are(real_data, name):
    right = FITS_FILES[name]
    found = list(read_file(real_data / "layouts" / name))
    assert not [item for item in found if isinstance(item, Refused)]
    objects = [observation for observation in found if not observation.is_sky]
    assert len(found) - len(objects) == right.n_sky
    assert len(objects) == len(right.lines)
    assert len({observation.id for observation in objects}) == len(objects)
    if right.ids:
        assert tuple(observation.id for observation in objects) == right.ids
    for observation, line in zip(objects, right.lines, strict=True):
        _check(observation, line, right)


def _check(observation: Observation, line: float, right: Right) -> None:
    wavelength = air_to_vacuum(observation.wavelength) if observation.in_air else observation.wavelength
    assert (np.diff(wavelength) > 0).all()
    good = np.isfinite(observation.flux) if observation.ivar is None else observation.ivar > 0
    if np.isfinite(line):
        assert line_centre(wavelength[good], observation.flux[good], line) == pytest.approx(line, abs=0.25)
    assert good.mean() == pytest.approx(right.seen, abs=0.001)
    assert (observation.ivar is None) == (right.sn == NO_ERRORS)
    if observation.ivar is not None:
        ratio = observation.flux[good] * np.sqrt(observation.ivar[good])
        assert np.median(ratio) == pytest.approx(right.sn, rel=0.03)
    assert observation.understood is not None
    assert right.assumed in " ".join(observation.understood.assumed)
