"""Many spectra at once are prepared as each alone."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.block import Block
from specvae_core.data.file_lists import find_files
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess, preprocess_all
from specvae_core.data.preprocess_block import preprocess_block
from specvae_core.data.readers import read_blocks, read_file
from specvae_core.data.spectra import Observation
from specvae_core.errors import Refused


def test_many_spectra_at_once_are_prepared_as_each_alone(real_data):
    files = [*find_files([real_data / "sdss"])[:6], *(real_data / name for name in ("miles.npz", "lamost.npz"))]
    layouts = ("bigids.npz", "coadd-main-dark-1.fits", "nested.h5", "nm_wcs.fits", "jwst_x1d.fits", "awav_1d.fits")
    files += [real_data / "layouts" / name for name in layouts]
    items = [item for path in files for item in islice(read_file(path), 40)]
    mixed = [item for item in items if isinstance(item, Observation)]
    mixed += [replace(item, redshift=25.0) for item in mixed[::7]]
    mixed += [replace(item, wavelength=item.wavelength[::-1]) for item in mixed[::11]]
    mixed += [replace(item, flux=-np.abs(item.flux)) for item in mixed[::5]]
    mixed += [replace(item, flux=np.full(len(item.flux), np.nan)) for item in mixed[::9]]
    n_refused = 0
    for options in (PreprocessOptions(), PreprocessOptions(scale="none", min_coverage=0.0)):
        for alone, together in zip(mixed, preprocess_all(mixed, options), strict=True):
            if isinstance(together, Refused):
                n_refused += 1
                with pytest.raises(Refused) as raised:
                    preprocess(alone, options)
                assert (raised.value.reason, str(raised.value)) == (together.reason, str(together))
                continue
            single = preprocess(alone, options)
            for name in ("flux", "ivar", "measured_ivar"):
                np.testing.assert_array_equal(getattr(single, name), getattr(together, name))
            pd.testing.assert_frame_equal(pd.DataFrame([single.columns]), pd.DataFrame([together.columns]))
    assert 50 < n_refused < len(mixed)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_block_is_prepared_as_its_spectra_one_by_one(tmp_path, compiled):
    rng, n = np.random.default_rng(0), 90
    wave = np.geomspace(3700, 9300, 700)
    z = rng.uniform(-0.005, 0.2, n)
    z[[3, 40]], z[7], z[8] = np.nan, 25.0, 1.5
    flux = 1 + rng.normal(0, 0.1, (n, 700))
    flux[11], flux[12], flux[13, 100:300] = np.nan, -1.0, np.inf
    ivar = rng.uniform(50, 150, (n, 700)).astype(np.float32)
    ivar[14], ivar[15, :690] = 0, -1
    words = np.array(["GALAXY ", "", "star"])[np.arange(n) % 3]
    more = {"class": words, "ZWARNING": np.arange(n) % 5 // 4 * 2, "uid": np.arange(n) + 2**60, "flag": z > 0.1}
    np.savez(tmp_path / "a.npz", wave=wave[::-1], flux=flux[:, ::-1], ivar=ivar[:, ::-1], z=z, id=np.arange(n), **more)
    (block,) = read_blocks(tmp_path / "a.npz")
    assert isinstance(block, Block)
    for options in (PreprocessOptions(), PreprocessOptions(scale="none", min_coverage=0.0, any_zwarning=True)):
        made, singles = preprocess_block(block, options), preprocess_all(list(read_file(tmp_path / "a.npz")), options)
        kept = [each for each in singles if not isinstance(each, Refused)]
        refused = {row: str(each) for row, each in enumerate(singles) if isinstance(each, Refused)}
        assert {row: str(each) for row, each in sorted(made.refused.items())} == refused
        assert len(refused) > 5
        expected = collect(kept, options.grid)
        np.testing.assert_array_equal(made.spectra.flux, expected.flux)
        np.testing.assert_array_equal(made.spectra.ivar, expected.ivar)
        np.testing.assert_array_equal(made.measured_ivar, [each.measured_ivar for each in kept])
        pd.testing.assert_frame_equal(made.spectra.table, expected.table)
