import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.readers.fits_unit import Unit, read_unit


def units_of(*units: object) -> list[Unit]:
    """What the reader makes of units that astropy wrote."""
    stream = io.BytesIO()
    fits.HDUList(list(units)).writeto(stream)
    stream.seek(0)
    found = []
    while (unit := read_unit(Path("a.fits"), len(found), stream)) is not None:
        found.append(unit)
    return found


def test_every_kind_of_value_in_a_header():
    primary = fits.PrimaryHDU()
    values = {"ANINT": -7, "AFLOAT": 1.5e-8, "YES": True, "NO": False, "WORD": "it's 5/6", "NOTHING": ""}
    for key, value in values.items():
        primary.header[key] = (value, "a comment / with a slash")
    (unit,) = units_of(primary)
    assert {key: unit.header[key] for key in values} == values
    assert unit.number("ANINT") == -7.0
    assert np.isnan(unit.number("WORD"))
    assert np.isnan(unit.number("YES"))
    assert unit.text("MISSING") == ""


@pytest.mark.parametrize("form", ["L", "B", "I", "J", "K", "E", "D", "7A", "3E", "12X", "C", "PE()"])
def test_columns_after_a_column_of_any_kind_are_where_they_should_be(form):
    first = fits.Column(name="first", format=form)
    second = fits.Column(name="Second", format="J", array=np.array([3, -4]))
    _, unit = units_of(fits.PrimaryHDU(), fits.BinTableHDU.from_columns([first, second], nrows=2))
    assert unit.column_names == {"FIRST", "SECOND"}
    assert unit.table(["SECOND"])["SECOND"].tolist() == [3, -4]


def test_vectors_and_strings_of_a_table():
    columns = [
        fits.Column(name="v", format="3E", array=np.arange(6).reshape(2, 3)),
        fits.Column(name="s", format="4A", array=["ab", "cdef"]),
    ]
    _, unit = units_of(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns))
    table = unit.table(["V", "S", "ABSENT"])
    assert table["V"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert table["S"].tolist() == [b"ab", b"cdef"]
    assert table.dtype.names == ("V", "S")


def test_a_table_without_rows():
    column = fits.Column(name="x", format="E", array=np.empty(0))
    _, unit = units_of(fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column]))
    assert len(unit.table(["X"])) == 0


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_images_of_every_type(kind):
    image = np.arange(12).reshape(3, 4).astype(kind)
    (unit,) = units_of(fits.PrimaryHDU(image))
    assert unit.is_image
    np.testing.assert_array_equal(unit.image(), image)
