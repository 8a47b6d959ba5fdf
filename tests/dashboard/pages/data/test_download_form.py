"""Public data are fetched by the Data page, from an archive of the test's own."""

import base64

import pytest
from archive import serving
from data_page import fill, save_spectra
from survey_of_lines import wait

from dashboard.pages.data.source_picker import PUBLIC, SERVER
from specvae_core.tasks import submit

PATHS = "/sdss/spectro/redux/26/spectra/lite/0266/spec-0266-51602-{:04d}.fits"


@pytest.fixture
def archive(tmp_path):
    """A public archive with two files; what they hold is not an SDSS file, which the look then says."""
    save_spectra(tmp_path / "a.npz")
    with serving() as archive:
        archive.files["/night/a.npz"] = (tmp_path / "a.npz").read_bytes()
        for fibre in (1, 2):
            archive.files[PATHS.format(fibre)] = b"SIMPLE  =" * 1000
        yield archive


def test_public_data_are_fetched_looked_at_and_ingested(page, archive, notices):
    form = page.form.download
    page.form.source.switch.value = PUBLIC
    form.sample.value = "urls"
    form.start.clicks += 1
    wait(lambda: "came without a list" in form.error.sentence, page)
    form.list.value = "NGC 1068"
    form.start.clicks += 1
    wait(lambda: "an address" in form.error.sentence, page)
    form.list.value = f"{archive.address}/night/a.npz\n{archive.address}/night/b.npz"
    form.folder_name.value = "my night"
    form.start.clicks += 1
    assert "cannot name a download" in form.error.sentence
    assert page.session.runner.jobs() == []
    form.folder_name.value = "night"
    form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert "1 file is in night. 1 could not be fetched" in notices[-1]
    folder = page.session.workspace.folder / "downloads" / "night"
    assert page.form.source.switch.value == SERVER
    assert page.form.source.paths() == [str(folder)]
    wait(lambda: "12 objects" in page.form.look.view.text, page)
    for field, text in zip(page.form.grid.numbers, ("4000", "8000", "80"), strict=True):
        field.value = text
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert page.session.workspace.survey("night").n == 11


def test_a_download_that_ends_before_the_page_looks_is_told_all_the_same(page, archive, notices, monkeypatch):
    def submit_and_wait(*arguments, **more):
        job = submit(*arguments, **more)
        wait(lambda: not job.active)
        return job

    monkeypatch.setattr("dashboard.pages.data.page.submit", submit_and_wait)
    form = page.form.download
    page.form.source.switch.value = PUBLIC
    form.sample.value = "urls"
    form.list.value = f"{archive.address}/night/a.npz"
    form.start.clicks += 1
    wait(lambda: page.session.runner.jobs(), page)
    assert notices == ["1 file is in urls."]
    assert page.form.source.switch.value == SERVER


def test_a_list_of_objects_comes_as_a_file_and_the_user_is_not_interrupted(page, archive, spectra, notices):
    form = page.form.download
    form.sample.value = "sdss"
    form.archive.value = archive.address
    content = b"plate,mjd,fiberid\n266,51602,1\n266,51602,2\n"
    form.upload.take({"start": [{"name": "mine.csv", "size": len(content)}]})
    form.upload.take({"file": 0, "data": base64.b64encode(content).decode()})
    form.upload.take({"done": True})
    form.start.clicks += 1
    fill(page, spectra)
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert notices[-1] == "2 files are in sdss. Click the job to look at them."
    assert page.form.source.paths() == [str(spectra)]
    job = page.session.runner.jobs()[0]
    assert job.arguments["items"] == content.decode().splitlines()
    page.jobs.rows[job.id].pick.clicks += 1
    assert page.form.source.paths() == [str(page.session.workspace.folder / "downloads" / "sdss")]
    assert form.folder_name.value == "sdss-2"
