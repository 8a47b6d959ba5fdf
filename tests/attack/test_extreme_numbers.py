"""Numbers that float32 cannot hold: the object is refused alone."""

import numpy as np
import pytest

from specvae_core.data.refused import read_refused
from specvae_core.workspace import Workspace

WAVE = np.linspace(3500.0, 7000.0, 200)


@pytest.mark.parametrize("ivar", [1e39, 1e80, 1e300])
def test_an_infinite_inverse_variance_stops_no_other_object(tmp_path, run, ivar):
    flux = np.random.default_rng(0).normal(1, 0.05, (8, len(WAVE)))
    errors = np.full(flux.shape, 400.0)
    errors[3] = ivar
    for number in range(8):
        path = tmp_path / f"{number}.npz"
        np.savez(path, wave=WAVE, flux=flux[number], ivar=errors[number], z=0.0)
    files = sorted(tmp_path.glob("*.npz"))
    report = run("ingest", *files, "--workspace", tmp_path / "w", "--name", "s", "--grid", "4000:6000:50")
    survey = Workspace.open(tmp_path / "w").survey("s")
    spectra = survey.read()
    assert np.isfinite(spectra.flux).all()
    assert np.isfinite(spectra.ivar).all()
    assert report["ingested"] == 7
    assert [row["source"].rpartition("/")[2] for row in read_refused(survey.folder)] == ["3.npz"]
