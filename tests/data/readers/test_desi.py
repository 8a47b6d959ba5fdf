from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.preprocess_options import PreprocessOptions
from specvae_core.data.readers import read_blocks, read_file
from specvae_core.data.readers.axis import AT_REST
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Reason, Refused
from specvae_core.grid import SpectralGrid
from specvae_core.tasks.prepare import prepare

from .fits_files import LINE, image, line_centre, spectrum, table, write

ARMS = {"B": (5000.0, 6600.0), "R": (6400.0, 8000.0)}
OPTIONS = PreprocessOptions(grid=SpectralGrid.from_range(5100, 6500, 200))
TARGETS = [39627866878511337, 39627866878514741, 616088619186127404, -2713437]


def coadd(path: Path, *, targets: list[int] = TARGETS, status: list[int] | None = None, kinds: list[str] | None = None):
    """A file of these targets whose line lies in the overlap of two arms; row i has the level i + 1."""
    n = len(targets)
    fibres = {
        "TARGETID": ("K", targets),
        "COADD_FIBERSTATUS": ("J", status or [0] * n),
        "TARGET_RA": ("D", [10.0 + i for i in range(n)]),
        "TARGET_DEC": ("D", [1.0] * n),
        "OBJTYPE": ("3A", kinds or ["TGT"] * n),
        "FLUX_R": ("E", [float(i) for i in range(n)]),
    }
    units = [table("FIBERMAP", fibres)]
    for arm, (low, high) in ARMS.items():
        wavelength = np.arange(low, high, 0.8)
        flux = np.array([(i + 1) * spectrum(wavelength, seed=10 * i + (arm == "R")) for i in range(n)])
        ivar = np.array([np.full(len(wavelength), (0.05 * (i + 1)) ** -2) for i in range(n)])
        mask = np.zeros(flux.shape, dtype=np.uint32)
        mask[:, 100], flux[:, 100] = 1 << 9, 1e6
        units += [
            image(f"{arm}_WAVELENGTH", wavelength, BUNIT="Angstrom"),
            image(f"{arm}_FLUX", flux.astype(np.float32), BUNIT="10**-17 erg/(s cm2 Angstrom)"),
            image(f"{arm}_IVAR", ivar.astype(np.float32)),
            image(f"{arm}_MASK", mask),
            image(f"{arm}_RESOLUTION", np.zeros((n, 11, len(wavelength)), dtype=np.float32)),
        ]
    return write(path, *units)


def redrock(path: Path, targets: list[int], z: list[float]) -> None:
    columns = {
        "TARGETID": ("K", targets),
        "Z": ("D", z),
        "ZERR": ("D", [1e-5] * len(z)),
        "ZWARN": ("K", [0, 4] + [0] * (len(z) - 2)),
        "SPECTYPE": ("6A", ["GALAXY"] * len(z)),
        "SUBTYPE": ("20A", [""] * len(z)),
    }
    write(path, table("REDSHIFTS", columns))


def test_arms_are_joined_and_ids_kept_to_the_last_digit(tmp_path):
    path = coadd(tmp_path / "coadd-main-dark-1.fits", kinds=["TGT", "TGT", "SKY", ""], status=[0, 8, 0, 1])
    *objects, refused = read_file(path)
    assert [observation.id for observation in objects] == [str(target) for target in TARGETS[:3]]
    assert [observation.is_sky for observation in objects] == [False, False, True]
    assert isinstance(refused, Refused)
    assert refused.reason == Reason.ZWARNING
    assert "fibre status 1" in str(refused)
    for i, observation in enumerate(objects[:2]):
        assert np.ptp(np.diff(observation.wavelength)) < 1e-6
        assert line_centre(observation.wavelength, observation.flux) == pytest.approx(LINE, abs=0.1)
        shared = (observation.wavelength > 6450) & (observation.wavelength < 6500) & (observation.ivar > 0)
        assert np.median(observation.ivar[shared]) == pytest.approx(2 * (0.05 * (i + 1)) ** -2, rel=1e-4)
        assert (observation.ivar == 0).sum() == 1, "the masked pixel of the red arm lies in the overlap, the blue not"
    assert objects[1].columns["ra"] == 11.0
    assert objects[1].columns["flux_r"] == 1.0
    assert objects[0].redshift is None
    assert AT_REST in objects[0].understood.assumed, "what counts as at rest for want of a redshift is said"
    assert objects[0].understood.reader == "DESI coadd"


def test_redshift_class_and_warning_come_from_the_redrock_file_beside_it(tmp_path):
    path = coadd(tmp_path / "coadd-main-dark-1.fits")
    redrock(tmp_path / "redrock-main-dark-1.fits", [TARGETS[1], TARGETS[0], 7], [0.4, 0.2, 0.9])
    first, second, third, _ = read_file(path)
    assert (first.redshift, second.redshift) == (0.2, 0.4)
    assert first.columns["class"] == "GALAXY"
    assert first.columns["zwarning"] == 4
    assert np.isnan(third.redshift), "a target that redrock lacks has no redshift, and is not taken as at rest"
    assert "redrock-main-dark-1.fits" in first.understood.redshift
    assert AT_REST not in first.understood.assumed


def test_arms_are_kept_where_the_user_says_so(tmp_path):
    path = coadd(tmp_path / "coadd-1.fits")
    found = list(read_file(path, FileHints(arms="keep")))
    assert [observation.id for observation in found[:2]] == [f"{TARGETS[0]}-B", f"{TARGETS[0]}-R"]
    assert found[0].wavelength[-1] < 6600
    assert found[1].understood.flux == "HDU R_FLUX"


def test_exposures_of_one_target_are_averaged_by_inverse_variance(tmp_path):
    path = coadd(tmp_path / "spectra-1.fits", targets=[5, 6, 5, 5], status=[0, 0, 0, 2])
    averaged, single = read_file(path)
    assert (averaged.id, single.id) == ("5", "6")
    weights = np.array([0.05, 0.15]) ** -2
    plain = np.median(averaged.flux[:500])
    assert plain == pytest.approx((weights * [1, 3]).sum() / weights.sum(), rel=0.01)
    assert np.median(averaged.ivar[:500]) == pytest.approx(weights.sum(), rel=1e-4)


def test_a_compressed_mask_counts_too(tmp_path):
    path = coadd(tmp_path / "coadd-1.fits", targets=TARGETS[:1])
    plain = next(read_file(path))
    with fits.open(path) as units:
        for arm in ARMS:
            units[f"{arm}_MASK"] = fits.CompImageHDU(units[f"{arm}_MASK"].data.astype(np.int32), name=f"{arm}_MASK")
        units.writeto(tmp_path / "coadd-2.fits")
    np.testing.assert_array_equal(next(read_file(tmp_path / "coadd-2.fits")).ivar, plain.ivar)


def test_targets_come_as_a_block_whose_sky_is_refused_and_whose_rows_are_as_each_alone(tmp_path):
    n, redshift = 40, np.linspace(0.01, 0.2, 40)
    path = coadd(tmp_path / "coadd-1.fits", targets=list(range(1, n + 1)), kinds=["SKY", *["TGT"] * (n - 1)])
    redrock(tmp_path / "redrock-1.fits", list(range(1, n + 1)), redshift.tolist())
    (block,) = read_blocks(path)
    np.testing.assert_array_equal(block.redshift, redshift)
    made = prepare(block, OPTIONS)
    assert {row: refusal.reason for row, refusal in made.refused.items()} == {0: Reason.SKY}
    alone = prepare([("", observation) for observation in block], OPTIONS)
    assert made.spectra.ids.tolist() == alone.spectra.ids.tolist()
    np.testing.assert_array_equal(made.spectra.flux, alone.spectra.flux)
    np.testing.assert_array_equal(made.spectra.ivar, alone.spectra.ivar)
    assert not prepare(block, replace(OPTIONS, keep_sky=True)).refused
    assert prepare(block, replace(OPTIONS, any_zwarning=True)).refused[1].reason == Reason.ZWARNING


@pytest.mark.real_data
def test_real_files(real_data):
    found = list(read_file(real_data / "formats/desi/coadd-sv3-dark-26065.fits"))
    objects = [item for item in found if not isinstance(item, Refused)]
    assert [observation.id for observation in objects] == ["39627866878511337", "39627866878514741"]
    assert sorted(item.reason for item in found if isinstance(item, Refused)) == ["sky", "zwarning", "zwarning"]
    observation = objects[0]
    with fits.open(real_data / "formats/desi/coadd-sv3-dark-26065.fits") as units:
        blue = units["B_FLUX"].data[2][:2000]
        np.testing.assert_allclose(observation.flux[:2000], blue, rtol=1e-6)
    assert observation.wavelength[[0, -1]] == pytest.approx([3600.0, 9824.0])
    (spectra,) = [
        item
        for item in read_file(real_data / "formats/desi/spectra-5-169-thru20210419.fits")
        if not isinstance(item, Refused)
    ]
    assert spectra.id == "39633300968442591"
    assert (spectra.ivar > 0).mean() > 0.99
