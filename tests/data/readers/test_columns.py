import numpy as np
import pytest

from specvae_core.data.readers.columns import error_kind, find_column, identify, redshifts, split_name
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Refused


@pytest.mark.parametrize(
    ("name", "base", "unit", "in_air"),
    [
        ("Wavelength (Angstrom)", "wavelength", "Angstrom", None),
        ("wave_um", "wave", "um", None),
        ("lambda_air [nm]", "lambda", "nm", True),
        ("WAVELENGTH_VAC_NM", "wavelength", "nm", False),
        ("Flux (erg/s/cm2/A)", "flux", "erg/s/cm2/A", None),
        ("flux_err", "flux_err", "", None),
        ("# wave", "wave", "", None),
    ],
)
def test_names_are_taken_apart(name, base, unit, in_air):
    split = split_name(name)
    assert (split.base, split.unit, split.in_air) == (base, unit, in_air)


@pytest.mark.parametrize(
    ("names", "role", "found"),
    [
        (["z", "z_spec"], "redshift", "z_spec"),
        (["ZBEST", "mag"], "redshift", "ZBEST"),
        (["wave", "flux", "sky", "FLUXERR"], "error", "FLUXERR"),
        (["e_flux", "ivar"], "error", "ivar"),
        (["TARGETID", "flux"], "id", "TARGETID"),
        (["SDSS_ID", "RACAT"], "id", "SDSS_ID"),
        (["SDSS_ID", "RACAT"], "ra", "RACAT"),
        (["wave", "flux"], "mask", None),
    ],
)
def test_common_names(names, role, found):
    assert find_column(names, role) == found


def test_the_word_of_the_user_outranks_common_names():
    assert find_column(["flux", "myflux"], "flux", FileHints({"flux": "MyFlux"})) == "myflux"
    with pytest.raises(Refused, match="no column 'other'") as caught:
        find_column(["flux"], "flux", FileHints({"flux": "other"}))
    assert caught.value.answer == "columns.flux"


@pytest.mark.parametrize(("name", "kind"), [("FLUX_IVAR", "ivar"), ("var", "variance"), ("sigma", "error")])
def test_kinds_of_errors(name, kind):
    assert error_kind(name) == kind


def test_one_odd_cell_leaves_the_other_redshifts():
    np.testing.assert_array_equal(redshifts(np.array(["0.1", "--", "star", "0.4"])), [0.1, np.nan, np.nan, 0.4])
    np.testing.assert_array_equal(redshifts(np.ma.array([0.1, 0.2], mask=[False, True])), [0.1, np.nan])


def test_ids_are_kept_to_the_last_digit():
    assert identify(np.array(["007", "008"]), "a", 2).names == ("007", "008")
    assert identify(np.array([39627652591521793, 39627652591521794]), "a", 2).names[1] == "39627652591521794"


def test_missing_ids_are_filled_and_counted():
    ids = identify(["5", "", None], "a", 3)
    assert ids.names == ("5", "a-00001", "a-00002")
    assert ids.n_filled == 2
    assert ids.assumed == ("2 missing ids are file name and row",)


def test_without_ids_objects_are_called_after_the_file():
    assert identify(None, "a", 1).names == ("a",)
    assert identify(None, "a", 2).names == ("a-00000", "a-00001")
