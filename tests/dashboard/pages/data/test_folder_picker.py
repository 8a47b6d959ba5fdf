"""Folders on the server are listed and walked through."""

import pytest

from dashboard.pages.data.source_picker import SERVER
from dashboard.server_files import LISTED, list_folder
from specvae_core.errors import UserError


def test_folders_first_hidden_left_out_and_long_lists_cut(tmp_path):
    for name in ("b.fits", ".hidden", "a.fits"):
        (tmp_path / name).touch()
    (tmp_path / "z").mkdir()
    assert list_folder(tmp_path).folders == ("z",)
    assert list_folder(tmp_path).files == ("a.fits", "b.fits")
    for i in range(LISTED):
        (tmp_path / f"{i:04d}.fits").touch()
    listing = list_folder(tmp_path)
    assert (len(listing.folders) + len(listing.files), listing.left_out) == (LISTED, 3)


def test_folders_that_cannot_be_listed_are_told(tmp_path):
    (tmp_path / "file").touch()
    for name, sentence in (("missing", "no folder"), ("file", "is a file")):
        with pytest.raises(UserError, match=sentence):
            list_folder(tmp_path / name)


def test_browsing_fills_the_field(page, spectra):
    picker = page.form.source.server
    picker.field.value = str(spectra.parent / "nowhere")
    picker.browse.value = True
    assert picker.folder == spectra.parent
    picker.field.value = ""
    picker.entries.value = [str(spectra)]
    assert picker.folder == spectra
    assert list(picker.entries.options)[:2] == ["↑ up", "a.npz"]
    picker.entries.value = [str(spectra / "a.npz"), str(spectra / "b.npz")]
    assert picker.paths == [str(spectra / "a.npz"), str(spectra / "b.npz")]
    assert page.form.chosen_name == "a"
    page.form.source.switch.value = SERVER
    assert page.form.source.names == picker.paths
