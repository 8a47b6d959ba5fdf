"""Tracks from a survey to what is kept and exported; and the demo's own four, on the workspace that is shipped."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specvae_core.analysis.track_paths import Automatic, Between, Traverse
from specvae_core.assets import asset
from specvae_core.errors import BadConfig, NotFound
from specvae_core.results import Kind
from specvae_core.tasks.demo import MODEL, SURVEY, TRACKS
from specvae_core.tasks.track import keep_track, kept_track, make_support, make_track
from specvae_core.tasks.track_files import read_points, write_track
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    """The shipped demo, a copy."""
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    shutil.copytree(asset("demo"), folder)
    return Workspace.open(folder)


@pytest.fixture(scope="module")
def tracks(workspace):
    support = make_support(workspace, MODEL, SURVEY)
    return {
        title[0]: make_track(workspace, MODEL, SURVEY, way, title=title, support=support)
        for title, way in TRACKS.items()
    }


def test_along_the_star_formation_track_the_break_falls_and_h_alpha_rises(tracks):
    lines = tracks["S"].lines
    assert (np.diff(lines["d4000"]) < 0).all()
    assert (np.diff(lines["ew_h_alpha"]) > 0).all()
    assert lines["ew_h_alpha"][-1] > 15


def test_along_the_track_of_extreme_emitters_metals_fall(tracks):
    lines = tracks["E"].lines
    assert lines["ew_h_alpha"][-1] > 100
    assert lines["log_nii_ha"][-1] < lines["log_nii_ha"][0] - 0.5
    assert lines["log_sii_ha"][-1] < lines["log_sii_ha"][0] - 0.15


def test_along_the_post_starburst_track_stars_get_younger_without_emission(tracks):
    lines = tracks["P"].lines
    assert lines["d4000"][0] > 1.7 > 1.4 > lines["d4000"][-1]
    assert (lines["ew_h_alpha"] < 2).all()


def test_along_the_track_of_active_galaxies_h_alpha_broadens(tracks):
    width = tracks["A"].lines["fwhm_h_alpha"]
    assert width[0] < 1000
    assert width[-1] > 1500
    assert width.max() > 3000


def test_the_demo_tracks_are_supported_and_neighbours_are_near(tracks, workspace):
    for track in tracks.values():
        assert not track.extrapolated.any()
        assert track.nearest.shape == (20, 5)
        chords = np.linalg.norm(np.diff(track.latents, axis=0), axis=1)
        assert (chords <= track.position[1] + 1e-5).all()  # equal steps along the path, which turns here and there
    table = workspace.survey(SURVEY).table.set_index("id")["class"]
    assert (table[tracks["A"].nearest[-1]] == "broad-line AGN").all()


def test_far_out_is_extrapolation(workspace):
    components = workspace.encoding(MODEL, SURVEY).basis.components(workspace.encoding(MODEL, SURVEY).latents)
    far = 4 * np.abs(components).max(axis=0)
    support = make_support(workspace, MODEL, SURVEY)
    assert support.percentile(workspace.encoding(MODEL, SURVEY).basis.latents(far[None]))[0] == 0


def test_kept_and_loaded_a_track_is_the_same_and_can_be_renamed_deleted_restored(tracks, workspace):
    first, second = (keep_track(workspace, tracks["A"]) for _ in range(2))
    assert (first, second) == ("A-active-galaxies-2", "A-active-galaxies-3")  # the demo brings one of that name
    loaded = kept_track(workspace.results.load(Kind.TRACKS, second))
    np.testing.assert_array_equal(loaded.flux, tracks["A"].flux)
    np.testing.assert_array_equal(loaded.nearest, tracks["A"].nearest)
    np.testing.assert_array_equal(loaded.lines["fwhm_h_alpha"], tracks["A"].lines["fwhm_h_alpha"])
    assert loaded.way == tracks["A"].way
    workspace.results.rename(Kind.TRACKS, second, "Nuclei")
    assert kept_track(workspace.results.load(Kind.TRACKS, second)).title == "Nuclei"
    workspace.results.delete(Kind.TRACKS, second)
    with pytest.raises(NotFound):
        workspace.results.load(Kind.TRACKS, second)
    workspace.results.restore(Kind.TRACKS, second)
    assert kept_track(workspace.results.load(Kind.TRACKS, second)).title == "Nuclei"


def test_between_two_objects_the_ends_are_their_reconstructions(workspace):
    ids = workspace.survey(SURVEY).table["id"].to_numpy()
    track = make_track(workspace, MODEL, SURVEY, Between(str(ids[10]), str(ids[20])), steps=3)
    latents = workspace.encoding(MODEL, SURVEY).latents[[10, 20]]
    np.testing.assert_allclose(track.flux[[0, 2]], workspace.model(MODEL).decode(latents), atol=1e-5)
    assert (track.nearest[0, 0], track.nearest[-1, 0]) == (ids[10], ids[20])


def test_the_fits_file_is_read_by_astropy_and_specutils(tracks, tmp_path):
    from astropy.table import Table
    from specutils import Spectrum

    track = tracks["S"]
    write_track(track, tmp_path / "s.fits")
    spectra = Spectrum.read(tmp_path / "s.fits", format="wcs1d-fits")
    np.testing.assert_allclose(spectra.spectral_axis.to_value("Angstrom"), track.grid.wavelength, rtol=1e-9)
    np.testing.assert_allclose(spectra.flux.value, track.flux, rtol=1e-6)
    steps = Table.read(tmp_path / "s.fits", hdu="TRACK")
    np.testing.assert_allclose(steps["d4000"], track.lines["d4000"])
    pixels = Table.read(tmp_path / "s.fits", hdu="SPECTRA")
    assert str(pixels["wavelength"].unit) == "Angstrom"
    np.testing.assert_allclose(pixels["S20"], track.flux[-1])


def test_the_ecsv_file_has_wavelengths_and_the_steps(tracks, tmp_path):
    from astropy.table import Table

    track = tracks["A"]
    write_track(track, tmp_path / "a.ecsv")
    table = Table.read(tmp_path / "a.ecsv")
    np.testing.assert_allclose(table["wavelength"].quantity.to_value("Angstrom"), track.grid.wavelength)
    np.testing.assert_allclose(table["S1"], track.flux[0], rtol=1e-6)
    np.testing.assert_allclose(table.meta["steps"]["support"], track.support)


def test_points_come_from_a_file(tmp_path):
    names = ("VAE 1", "VAE 2", "VAE 3")
    path = tmp_path / "path.csv"
    pd.DataFrame({"note": ["a", "b"], "vae_3": [0.0, 1.0], "VAE 1": [2.0, 3.0]}).to_csv(path, index=False)
    points = read_points(path, names, "centroid")
    assert (points.axes, points.frame, points.complete) == ((0, 2), "components", "centroid")
    np.testing.assert_allclose(points.path, [[2, 0], [3, 1]])
    pd.DataFrame({"latent_2": [0.0, 1.0]}).to_csv(path, index=False)
    assert read_points(path, names, "local").frame == "latents"
    pd.DataFrame({"a": [1]}).to_csv(path, index=False)
    with pytest.raises(BadConfig, match="no column that names a component"):
        read_points(path, names, "local")
    with pytest.raises(NotFound, match=r"nowhere\.csv"):
        read_points(Path("nowhere.csv"), names, "local")


def test_a_file_of_another_kind_is_refused(tracks, tmp_path):
    with pytest.raises(BadConfig, match=r"\.fits or \.ecsv"):
        write_track(tracks["S"], tmp_path / "track.pdf")


@pytest.mark.real_data
def test_a_track_through_temperature_runs_through_the_stars_in_order(real_data, tmp_path):
    """MILES under six principal components, which need no training."""
    from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
    from specvae_core.data.readers import read_file
    from specvae_core.data.store import SurveyWriter
    from specvae_core.grid import SpectralGrid
    from specvae_core.progress import ignore
    from specvae_core.tasks.train import train

    workspace = Workspace.open(tmp_path / "workspace")
    options = PreprocessOptions(grid=SpectralGrid.parse("3600:7300:1000"), air=True)
    spectra = collect([preprocess(star, options) for star in read_file(real_data / "miles.npz")], options.grid)
    writer = SurveyWriter.create(workspace.survey_folder("miles"), "miles", options.grid, {"paths": []})
    writer.append(spectra)
    writer.write_infilled(slice(0, len(spectra)), spectra.flux)
    writer.finish()
    model = train(workspace, ignore, tmp_path, survey="miles", model="pca", config={"n_latent": 6})
    track = make_track(workspace, model, "miles", Automatic((), "teff"), steps=10)
    temperature = workspace.survey("miles").table.set_index("id")["teff"]
    medians = [np.nanmedian(temperature[ids]) for ids in track.nearest]
    assert (np.diff(medians) > 0).all()
    assert medians[-1] > 10_000 > 5000 > medians[0]


def test_a_traverse_of_a_single_latent_and_its_neighbours(workspace):
    track = make_track(workspace, MODEL, SURVEY, Traverse("5"), steps=7)
    middle = workspace.encoding(MODEL, SURVEY).latents.mean(axis=0)
    np.testing.assert_allclose(track.latents[3], middle, atol=1e-4)
