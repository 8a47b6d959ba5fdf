"""The Data page, and files to ingest."""

import pytest
from data_page import save_spectra

from dashboard.pages.data.page import DataPage


@pytest.fixture
def page(session, notices):
    """The page, in view."""
    page = DataPage(session)
    page.view()
    page.shown()
    return page


@pytest.fixture
def spectra(tmp_path):
    """A folder of a good file, one that is not a spectrum and one that is damaged."""
    folder = tmp_path / "my spectra"
    folder.mkdir()
    save_spectra(folder / "a.npz")
    (folder / "paper.pdf").write_bytes(b"%PDF-1.4 <b>not a spectrum</b>")
    (folder / "b.npz").write_bytes((folder / "a.npz").read_bytes()[:400])
    return folder
