import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.readers import read_file
from specvae_core.data.readers.fits_unit import Unit, read_unit
from specvae_core.errors import Reason, Refused


def units_of(*units: object) -> list[Unit]:
    """What the reader makes of units that astropy wrote."""
    stream = io.BytesIO()
    fits.HDUList(list(units)).writeto(stream)
    found: list[Unit] = []
    while (unit := read_unit(Path("a.fits"), len(found), stream, found[-1].end if found else 0)) is not None:
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
    assert unit.image_shape == (3, 4)
    np.testing.assert_array_equal(unit.image(), image)


@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 3, 5)])
def test_images_of_one_to_three_axes_and_some_of_their_rows(shape):
    image = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    (unit,) = units_of(fits.PrimaryHDU(image))
    assert unit.image_shape == shape
    np.testing.assert_array_equal(unit.image(), image)
    np.testing.assert_array_equal(unit.image(slice(1, 2)), image[1:2])


def test_a_scaled_image_with_blank_pixels():
    primary = fits.PrimaryHDU(np.array([1, 2, -32768], dtype=np.int16))
    primary.header["BLANK"] = -32768
    stored = io.BytesIO()
    fits.HDUList([primary]).writeto(stored)
    content = stored.getvalue().replace(b"BLANK   ", b"BSCALE  =                  0.5" + b" " * 50 + b"BLANK   ", 1)
    at = content.index(b"END" + b" " * 77)
    content = content[: at + 80] + content[at + 160 :]
    unit = read_unit(Path("a.fits"), 0, io.BytesIO(content), 0)
    np.testing.assert_array_equal(unit.image(), [0.5, 1.0, np.nan])


def test_column_forms_in_lower_case_with_their_units_and_names_as_spelt(tmp_path):
    column = fits.Column(name="Wave", format="D", unit="nm", array=[400.0, 500.0])
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column])]).writeto(tmp_path / "a.fits")
    content = (tmp_path / "a.fits").read_bytes().replace(b"TFORM1  = 'D ", b"TFORM1  = 'd ")
    stream = io.BytesIO(content)
    primary = read_unit(Path("a.fits"), 0, stream, 0)
    unit = read_unit(Path("a.fits"), 1, stream, primary.end)
    assert unit.table(["WAVE"])["WAVE"].tolist() == [400.0, 500.0]
    assert (unit.column_text("TUNIT", "WAVE"), unit.column_text("TTYPE", "WAVE")) == ("nm", "Wave")


def test_scaled_and_unsigned_columns():
    columns = [
        fits.Column(name="dq", format="J", bzero=2**31, array=np.array([0, 1, 2**32 - 1], dtype=np.uint32)),
        fits.Column(name="id", format="K", bzero=2**63, array=np.array([7, 2**63 + 1, 2**64 - 1], dtype=np.uint64)),
        fits.Column(name="x", format="E", bscale=0.5, bzero=10, array=np.array([10.0, 10.5, 9.0])),
        fits.Column(name="y", format="D", array=[1.0, 2.0, 3.0]),
    ]
    _, unit = units_of(fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns))
    table = unit.table(["DQ", "ID", "X", "Y"])
    assert table["DQ"].tolist() == [0, 1, 2**32 - 1]
    assert table["ID"].tolist() == [7, 2**63 + 1, 2**64 - 1]
    assert table["X"].tolist() == [10.0, 10.5, 9.0]
    assert table["Y"].tolist() == [1.0, 2.0, 3.0]


def test_data_are_read_only_when_asked_for():
    first, second = units_of(fits.PrimaryHDU(np.zeros(10_000)), fits.ImageHDU(np.ones(3)))
    second.stream.seek(0)
    assert second.image().tolist() == [1.0, 1.0, 1.0]
    assert second.stream.tell() == second.start + 24
    assert first.image().sum() == 0.0


@pytest.mark.parametrize(("prefix", "extra"), [("", ""), ("Z", "ZIMAGE  =                    T")])
def test_a_header_that_claims_a_billion_axes_is_refused_at_once(tmp_path, prefix, extra):
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    0"]
    cards = [card for card in cards if prefix or not card.startswith("NAXIS")]
    cards += [f"{prefix + 'NAXIS':<8}= {10**9:>20}", *([extra] if extra else []), "END"]
    (tmp_path / "a.fits").write_bytes("".join(f"{card:<80}" for card in cards).ljust(2880).encode())
    with pytest.raises(Refused, match="NAXIS is 1000000000") as caught:
        list(read_file(tmp_path / "a.fits"))
    assert caught.value.reason is Reason.UNREADABLE
