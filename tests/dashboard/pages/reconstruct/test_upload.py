"""A file in place of an object of the survey, without a browser."""

import base64

import numpy as np
from reconstruct_page import columns, run
from survey_of_lines import GRID, wait

from dashboard.pages.reconstruct.page import ReconstructPage


def upload(page: ReconstructPage, name: str, content: bytes) -> None:
    """Send a file as the browser does."""
    page.picker.source.value = "Upload"
    page.picker.upload.take({"start": [{"name": name, "size": len(content)}]})
    page.picker.upload.take({"file": 0, "data": base64.b64encode(content).decode()})
    page.picker.upload.take({"done": True})


def slope(unit: float) -> bytes:
    """A CSV file of a straight spectrum, with wavelengths in so many Angstrom."""
    wavelength = np.linspace(3900, 8100, 600) / unit
    lines = [f"{w},{1 + 0.2 * (w * unit - 6000) / 2000},0.02" for w in wavelength]
    return "\n".join(["wavelength,flux,error", *lines]).encode()


def test_a_file_takes_the_place_of_the_object(page):
    upload(page, "one.csv", slope(1))
    assert page.target is None
    wait(lambda: page.target is not None, page)
    assert page.target.upload.name == "one.csv"
    run(page)
    assert np.corrcoef(columns(page)["spectrum"], GRID.wavelength)[0, 1] > 0.99


def test_a_file_that_leaves_its_unit_open_is_asked_for_it(page, notices):
    upload(page, "nm.csv", slope(10))
    wait(lambda: bool(notices), page)
    assert "in which unit are these wavelengths" in notices[-1]
    assert notices[-1].endswith("Choose it beneath the file.")
    assert "--" not in notices[-1]
    page.picker.question.unit.value = "nm"
    wait(lambda: page.target is not None, page)
    assert page.target.upload.name == "nm.csv"
    run(page)
    assert np.corrcoef(columns(page)["spectrum"], GRID.wavelength)[0, 1] > 0.99


def test_a_file_is_read_on_another_thread_and_what_it_is_refused_for_is_a_notice(page, notices):
    """Nothing is read before the page looks again, and the page asks once, not at every look."""
    upload(page, "bad.fits", b"no spectrum at all")
    assert page.picker.reader.busy
    wait(lambda: not page.picker.reader.busy, page)
    page.shown()
    page.poll()
    assert [text for text in notices if text.startswith("bad.fits")] == notices
    assert len(notices) == 1
    assert page.target is None
