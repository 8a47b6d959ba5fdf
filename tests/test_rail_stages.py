"""The stages of RAIL: from a catalogue with RAIL's own column names to p(z), through files and in memory."""

import numpy as np
import pandas as pd
import qp
from rail.core.data import TableHandle

from specvae_core.rail_stages import SDGMEstimator, SDGMInformer

BANDS = [f"mag_{band}_lsst" for band in "gri"]
ERRORS = [f"mag_err_{band}_lsst" for band in "gri"]
COLUMNS = {"bands": BANDS, "err_bands": ERRORS, "mag_limits": dict.fromkeys(BANDS, 27.0), "hdf5_groupname": ""}
QUICK = {"n_latent": 3, "hidden": 16, "max_epochs": 4, "learning_rate": 5e-3, "batch_size": 64}


def catalogue(n: int, seed: int) -> dict[str, np.ndarray]:
    """A colour is minus log z; some objects are not detected in one band, one in none."""
    random = np.random.default_rng(seed)
    log_z, bright = random.normal(-1.5, 0.4, n), random.normal(22, 1, n)
    clean = [bright, bright + log_z, bright - 1]
    columns = {name: values + random.normal(0, 0.03, n) for name, values in zip(BANDS, clean, strict=True)}
    columns |= {name: np.full(n, 0.03) for name in ERRORS}
    columns[BANDS[2]][:20] = 99.0
    columns[ERRORS[2]][:20] = np.nan
    for name in BANDS:
        columns[name][3] = 99.0
    return columns | {"redshift": np.exp(log_z), "object_id": np.arange(n)}


def test_a_model_goes_through_a_file_and_finds_redshifts(tmp_path) -> None:
    path = tmp_path / "sdgm.specvae"
    informer = SDGMInformer.make_stage(name="inform", model=str(path), settings=QUICK, **COLUMNS)
    informer.inform(catalogue(600, 0))
    assert path.is_file()
    new = catalogue(200, 1)
    estimator = SDGMEstimator.make_stage(
        name="estimate", model=str(path), chunk_size=150, output=str(tmp_path / "z.hdf5"), **COLUMNS
    )
    found = estimator.estimate(new).data
    assert isinstance(found, qp.Ensemble)
    assert found.npdf == 200
    assert np.corrcoef(found.ancil["z_phot"][20:], new["redshift"][20:])[0, 1] > 0.8
    grid = np.linspace(0.01, 1, 50)
    assert np.isfinite(found.pdf(grid)).all()
    assert {"zmode", "z_low", "z_high", "log_density", "redshift"} <= set(found.ancil)
    wide = found.ancil["z_high"] - found.ancil["z_low"]
    assert wide[3] > 2 * np.median(wide[20:])  # nobody detected it


def test_tables_in_groups_and_a_model_in_memory_serve_as_well(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # where RAIL writes what has no path
    table = TableHandle("training", {"photometry": catalogue(300, 0)})
    settings = {**COLUMNS, "hdf5_groupname": "photometry"}
    informer = SDGMInformer.make_stage(name="inform", settings={**QUICK, "max_epochs": 1}, **settings)
    model = informer.inform(table)
    estimator = SDGMEstimator.make_stage(name="estimate", model=model, **COLUMNS)
    frame = pd.DataFrame(catalogue(30, 1))
    assert estimator.estimate({name: frame[name].to_numpy() for name in frame}).data.npdf == 30
