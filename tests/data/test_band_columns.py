"""Bands are found by the names that surveys give their columns."""

import pytest

from specvae_core.data.band_columns import extinction_column, measurements_among


@pytest.mark.parametrize(
    ("columns", "texts"),
    [
        ("u g r u_err g_err r_err redshift", ["u", "g", "r"]),
        ("umag e_umag Jmag e_Jmag", ["u=umag:e_umag", "j=Jmag:e_Jmag"]),
        ("MAG_AUTO_G MAGERR_AUTO_G", ["g=MAG_AUTO_G:MAGERR_AUTO_G"]),
        ("mag_u_lsst mag_err_u_lsst", ["u=mag_u_lsst:mag_err_u_lsst"]),
        (
            "f160w_flux f160w_flux_err flux_w1 flux_err_w1",
            ["f160w=f160w_flux:f160w_flux_err", "w1=flux_w1:flux_err_w1"],
        ),
        ("teff teff_err u", []),
    ],
)
def test_names_of_bands(columns, texts):
    assert [one.text for one in measurements_among(columns.split()) if one.band] == texts


def test_of_two_kinds_of_magnitudes_that_with_more_bands_counts():
    names = ["psfMag_u", "psfMagErr_u", "modelMag_u", "modelMagErr_u", "modelMag_g", "modelMagErr_g"]
    names += ["petroRad_r", "petroRadErr_r"]
    found = {one.name: one for one in measurements_among(names)}
    assert [one.column for one in found.values() if one.band] == ["modelMag_u", "modelMag_g"]
    assert found["petroRad_r"].text == "petroRad_r=petroRad_r:petroRadErr_r"


def test_the_column_of_extinction():
    assert extinction_column(["g", "E(B-V)"]) == "E(B-V)"
    assert extinction_column(["g"]) == ""
