"""Gaia's own examples, sampled, in four formats, and what is not a spectrum beside them."""

import numpy as np
import pytest
from astropy.table import Table

from specvae_core.data.readers import read_file
from specvae_core.errors import Reason, Refused


@pytest.mark.real_data
@pytest.mark.parametrize("ending", ["csv", "ecsv", "fits", "xml"])
def test_sampled_spectra_are_the_same_in_every_format(real_data, ending):
    folder = real_data / "formats" / "gaia"
    spectra = list(read_file(folder / f"calibrator.{ending}"))
    truth = Table.read(folder / "calibrator.fits")
    assert [s.id for s in spectra] == ["5853498713190525696", "5762406957886626816"]
    for spectrum, row in zip(spectra, truth, strict=True):
        np.testing.assert_allclose(spectrum.wavelength, np.arange(3360.0, 10201.0, 20.0))
        np.testing.assert_allclose(spectrum.flux, row["flux"] * 1e19, rtol=1e-6)  # W m-2 nm-1 in 1e-17 erg/s/cm2/A
        np.testing.assert_allclose(spectrum.ivar, (row["flux_error"] * 1e19) ** -2.0, rtol=1e-5)
        assert not spectrum.in_air


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("18Sco-XP-spectra.csv", "coefficients"),
        ("SampledMeanSpectrum.csv", "pseudo-wavelengths"),
        ("XP_SPECTRA_RAW_mini.fits", "307 samples"),
    ],
)
def test_what_is_no_sampled_spectrum_is_refused_as_such(real_data, name, reason):
    with pytest.raises(Refused, match=reason) as caught:
        list(read_file(real_data / "formats" / "gaia" / name))
    assert caught.value.reason in (Reason.FOREIGN, Reason.UNIT)


def test_another_sampling_is_taken_from_the_file_beside(tmp_path):
    sampling = 400.0 + np.arange(343.0)
    (tmp_path / "out.csv").write_text(f'source_id,flux\n{2**60 + 1},"{list(range(343))}"\n')
    (tmp_path / "out_sampling.csv").write_text(f'pos\n"({", ".join(map(str, sampling))})"\n')
    (spectrum,) = read_file(tmp_path / "out.csv")
    assert spectrum.id == str(2**60 + 1)
    np.testing.assert_allclose(spectrum.wavelength, 10 * sampling)
