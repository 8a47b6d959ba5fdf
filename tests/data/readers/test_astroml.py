import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.errors import Reason, Refused

N, M = 6, 30


@pytest.fixture
def contents() -> dict[str, np.ndarray]:
    """The keys of spec4000.npz, six galaxies long."""
    rng = np.random.default_rng(0)
    mask = np.zeros((N, M), dtype=bool)
    mask[:, :3] = True
    return {
        "spectra": rng.uniform(1, 2, (N, M)).astype(np.float32),
        "mask": mask,
        "coeff0": np.array(3.5),
        "coeff1": np.array(4e-4),
        "z": np.linspace(0.01, 0.3, N).astype(np.float32),
        "zerr": np.full(N, 1e-4, dtype=np.float32),
        "spec_cln": np.array([2, 2, 2, 2, 3, 1], dtype=np.int32),
        "lineindex_cln": np.array([2, 3, 4, 5, 6, 1], dtype=np.int32),
        "log_NII_Ha": np.zeros(N, dtype=np.float32),
        "log_OIII_Hb": np.zeros(N, dtype=np.float32),
        "mu": np.zeros(M),
        "evecs": np.zeros((M, M)),
        "evals": np.zeros(M),
        "norms": np.ones(N),
        "coeffs": np.zeros((N, 10)),
    }


def test_galaxies_at_rest_with_their_classes(contents, tmp_path):
    np.savez(tmp_path / "spec4000.npz", **contents)
    galaxies = list(read_file(tmp_path / "spec4000.npz"))
    assert [g.columns["class"] for g in galaxies] == [
        *("quiescent", "quiescent", "emission-line", "narrow-line AGN", "broad-line AGN", "STAR")
    ]
    assert len({g.id for g in galaxies}) == N
    for row, galaxy in enumerate(galaxies):
        assert galaxy.rest_frame
        assert galaxy.redshift == contents["z"][row]
        assert galaxy.ivar is None
        np.testing.assert_allclose(galaxy.wavelength, 10 ** (3.5 + 4e-4 * np.arange(M)))
        assert np.isnan(galaxy.flux[:3]).all()
        np.testing.assert_array_equal(galaxy.flux[3:], contents["spectra"][row, 3:])
        assert galaxy.columns["z_err"] == pytest.approx(1e-4)


def test_arrays_that_do_not_fit_each_other_are_refused(contents, tmp_path):
    np.savez(tmp_path / "spec4000.npz", **contents | {"mask": contents["mask"][:, :-1]})
    with pytest.raises(Refused, match=r"mask \(6, 29\)") as caught:
        list(read_file(tmp_path / "spec4000.npz"))
    assert caught.value.reason is Reason.SHAPE
