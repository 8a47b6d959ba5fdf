"""Small spectra in many layouts with known truth: each is read right, or refused with the question that is open.

Each spectrum is 1 + 5 times a Gaussian at 6564.61 Angstrom (vacuum, rest frame) with noise of 0.05, S/N 20 where errors
stand in the file.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit

from specvae_core.data.readers import read_file
from specvae_core.data.spectra import Observation
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Reason, Refused
from specvae_core.lines import air_to_vacuum

pytestmark = pytest.mark.real_data

H_ALPHA = 6564.61


@dataclass(frozen=True)
class Right:
    """What a right reading gives.

    Parameters
    ----------
    ids
        Of the objects.
    redshifts
        NaN for one that has to be refused, ``None`` where the file has none.
    errors
        Whether the file has errors.
    sn
        S/N per pixel of the continuum, where the file has errors.
    n_bad
        Pixels that the file calls bad.
    line
        Observed wavelength in vacuum of the line of each object, Angstrom; by default H alpha at its redshift.
    sky
        Ids of sky fibres.
    position
        Whether the file says where the object is.
    """

    ids: tuple[str, ...]
    redshifts: tuple[float | None, ...] = (None,)
    errors: bool = True
    sn: float = 20.0
    n_bad: int = 0
    line: tuple[float, ...] = ()
    sky: tuple[str, ...] = ()
    position: bool = False


Z = (0.1, 0.2, 0.05, 0.0)
Z_WITH_A_GAP = (0.1, 0.2, 0.05, np.nan)
NAMED = ("a", "b", "c", "d")
BIG = ("39627866878511337", "39627866878511338", "39627866878511339", "39627866878514741")

RIGHT = {
    "z_dashes.csv": Right(NAMED, Z_WITH_A_GAP, errors=False),
    "z_strings.npz": Right(NAMED, Z_WITH_A_GAP, errors=False),
    "zspec_name.npz": Right(NAMED, Z, errors=False),
    "bigids.npz": Right(BIG, Z, errors=False),
    "ids_big_missing.csv": Right((*BIG[:2], "ids_big_missing-00002", BIG[3]), Z, errors=False),
    "ids_zeros.csv": Right(("007", "0012", "0100", "0001"), Z, errors=False),
    "ids_repeat.csv": Right(("J0001", "J0002", "J0001", "J0003"), Z, errors=False),
    "nested.h5": Right(("1", "2", "3", "4"), Z),
    "fluxerr_col.csv": Right(("fluxerr_col",)),
    "units_in_names.csv": Right(("units_in_names",)),
    "nm_jy.ecsv": Right(("nm_jy",)),
    "nm_jy.vot": Right(("nm_jy",)),
    "comment_names.txt": Right(("comment_names",)),
    "tns.flm": Right(("tns",)),
    "plain.ascii": Right(("plain",)),
    "plain.dat.gz": Right(("plain.dat",)),
    "semicolon.csv": Right(("semicolon",)),
    "bom.csv": Right(("bom",)),
    "coadd-main-dark-1.fits": Right(
        ("39627866878511337", "39627866878514741", "39627866878514742", "616088619186127404"),
        (None,) * 4,
        line=(H_ALPHA * 1.05, H_ALPHA * 1.2, H_ALPHA * 1.4, np.nan),
        sky=("616088619186127404",),
        position=True,
    ),
    "img_wave_ext.fits": Right(("img_wave_ext",)),
    "jwst_x1d.fits": Right(("jwst_x1d-1001", "jwst_x1d-1002"), (None, None), n_bad=40),
    "apVisit-r13-5095-55844-128.fits": Right(("apVisit-r13-5095-55844-128",), sn=50.0, n_bad=30, line=(np.nan,)),
    "sky_column_first.fits": Right(("sky_column_first",)),
    "wave_flux_ivar_table.fits": Right(("wave_flux_ivar_table",), n_bad=330),
    "vacuum_false.fits": Right(("vacuum_false",), errors=False),
    "awav_1d.fits": Right(("awav_1d",), errors=False),
    "iraf_loglinear.fits": Right(("iraf_loglinear",), errors=False),
    "iraf_apall_4bands.fits": Right(("iraf_apall_4bands",)),
    "iraf_lambda.fit": Right(("iraf_lambda",), errors=False),
    "leftover_axis.fits": Right(("leftover_axis",), errors=False),
    "nm_wcs.fits": Right(("nm_wcs",), errors=False),
    "hz_jy_tabular.fits": Right(("hz_jy_tabular",)),
    "loglam_table.fits": Right(("loglam_table",)),
    "lowercase_tform.fits": Right(("lowercase_tform",)),
    "calspec_flam.fits": Right(("calspec_flam",)),
    # The header says air (TUCD1 is em.wl;obs.atmos) of a line that it puts at 6564.61.
    "eso_phase3.fits": Right(("eso_phase3",), line=(float(air_to_vacuum(np.array(H_ALPHA))),)),
    "stis_x1d.fits": Right(("stis_x1d",)),
    "deimos_spec1d.fits": Right(("deimos_spec1d",)),
    "pypeit_spec1d.fits": Right(("pypeit_spec1d",)),
    "lamost_mrs.fits": Right(("58625-PLAN_sp12-076",)),
    "aaomega_2dfdr.fits": Right(
        ("aaomega_2dfdr-G1", "aaomega_2dfdr-G2"),
        (None, None),
        line=(H_ALPHA * 1.1, H_ALPHA * 1.2),
        sky=("aaomega_2dfdr-G2",),
        position=True,
    ),
    "gaia_xp.csv": Right(("5853498713190525696", "5762406957886626816"), (None, None)),
    "spec-112359-60086-27021598054114233.fits": Right(("112359-60086-27021598054114233",), (0.1,), position=True),
}
ASKED = {"wave_um.npz": "um", "nm_plain.csv": "nm"}


@pytest.mark.parametrize("name", RIGHT)
def test_a_layout_is_read_right(real_data, name):
    right, observations = RIGHT[name], list(read_file(real_data / "layouts" / name))
    assert tuple(o.id for o in observations) == right.ids
    assert [o.redshift for o in observations] == pytest.approx(right.redshifts, nan_ok=True)
    assert tuple(o.id for o in observations if o.is_sky) == right.sky
    for number, observation in enumerate(observations):
        redshift = observation.redshift or 0.0
        expected = right.line[number] if right.line else H_ALPHA * (1 + redshift)
        if np.isfinite(expected) and not (observation.is_sky and number):
            assert line_of(observation) == pytest.approx(expected, abs=2.0 if name == "gaia_xp.csv" else 0.3)
        check_errors(observation, right)
        assert ({"ra", "dec"} <= set(observation.columns)) == right.position
        assert observation.understood is not None


def check_errors(observation: Observation, right: Right) -> None:
    assert (observation.ivar is not None) == right.errors
    assert bool(observation.understood.error) == right.errors
    if observation.ivar is None or observation.is_sky:
        return
    assert (observation.ivar == 0).sum() == right.n_bad
    good = observation.ivar > 0
    relative = observation.flux[good] / np.median(observation.flux[good])
    assert relative.max() < 7  # what is masked is fifty times the continuum
    assert np.median(observation.flux[good] * np.sqrt(observation.ivar[good])) == pytest.approx(right.sn, rel=0.03)


def line_of(observation: Observation) -> float:
    """Centre of a Gaussian fit to the strongest feature, Angstrom in vacuum."""
    wavelength = air_to_vacuum(observation.wavelength) if observation.in_air else observation.wavelength
    good = np.isfinite(observation.flux) if observation.ivar is None else observation.ivar > 0
    wavelength, flux = wavelength[good], observation.flux[good].astype(float)
    flux = flux / np.median(flux)
    peak = wavelength[flux.argmax()]
    near = np.abs(wavelength - peak) < max(60.0, 5 * np.median(np.diff(wavelength)))
    start = (1.0, 5.0, peak, max(4.5, np.median(np.diff(wavelength))))
    (_, _, centre, _), _ = curve_fit(_gaussian, wavelength[near], flux[near], start)
    return float(centre)


def _gaussian(x: np.ndarray, level: float, height: float, centre: float, sigma: float) -> np.ndarray:
    return level + height * np.exp(-0.5 * ((x - centre) / sigma) ** 2)


@pytest.mark.parametrize(("name", "unit"), ASKED.items())
def test_a_unit_that_is_said_nowhere_is_asked_for_and_answered(real_data, name, unit):
    path = real_data / "layouts" / name
    with pytest.raises(Refused, match=f"--wavelength-unit {unit}") as caught:
        list(read_file(path))
    assert (caught.value.reason, caught.value.answer) == (Reason.UNIT, "wavelength_unit")
    for observation in read_file(path, FileHints(wavelength_unit=unit)):
        assert line_of(observation) == pytest.approx(H_ALPHA * (1 + (observation.redshift or 0.0)), abs=0.3)


def test_every_file_has_its_row(real_data):
    names = {path.name for path in Path(real_data / "layouts").iterdir() if path.suffix != ".md"}
    assert names == {*RIGHT, *ASKED}
