"""The spectra of the selected objects are saved as a file that specutils reads."""

import time

import numpy as np
from specutils import Spectrum

from dashboard.pages.explore import spectra_file


def test_spectra_of_the_selection_are_saved(page, session, notices, monkeypatch, tmp_path):
    saved: list[tuple[str, str, bytes]] = []
    monkeypatch.setattr(session.bridge, "save", lambda *file: saved.append(file))
    rows = np.array([1, 3, 4], np.int32)
    session.state.param.update(selection=rows, tab="selection")
    tab = page.lower.tab("selection")
    tab.save.value = "FITS spectra"
    deadline = time.monotonic() + 30
    while not saved:
        assert time.monotonic() < deadline
        tab.spectra.look()
        time.sleep(0.02)
    (name, kind, content), path = saved[0], tmp_path / "spectra.fits"
    assert (name, kind) == ("lines-3-spectra.fits", "application/fits")
    path.write_bytes(content)
    np.testing.assert_allclose(
        Spectrum.read(path, format="wcs1d-fits").flux.value, session.workspace.survey("lines").read(rows).flux
    )
    assert "The spectra are saved as lines-3-spectra.fits." in notices


def test_too_many_are_refused_with_the_command(page, session, notices, monkeypatch):
    monkeypatch.setattr(spectra_file, "MOST", 2)
    session.state.param.update(selection=np.array([1, 3, 4], np.int32), tab="selection")
    page.lower.tab("selection").save.value = "FITS spectra"
    assert any("specvae export --survey lines" in text for text in notices)
