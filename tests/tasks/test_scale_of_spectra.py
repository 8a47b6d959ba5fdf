"""The scale of spectra from file to survey: what they are divided by, and that it is not lost."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from specvae_core.analysis.lof import FOREIGN, local_outlier_factor
from specvae_core.assets import asset
from specvae_core.data.preprocess import PreprocessOptions, preprocess
from specvae_core.data.spectra import Observation
from specvae_core.data.store import SurveyWriter
from specvae_core.data.survey import Survey
from specvae_core.data.synthetic import demo_observations
from specvae_core.errors import BadConfig
from specvae_core.grid import SpectralGrid
from specvae_core.models import MODELS
from specvae_core.models.storage import load_model
from specvae_core.progress import ignore
from specvae_core.tasks.ingest_run import Ingest
from specvae_core.tasks.spectra_files import write_spectra

REFLECTANCE = SpectralGrid.from_range(4000, 9000, 60)


def survey_of(folder: Path, observations: list[Observation], **options) -> Survey:
    settings = PreprocessOptions(**options)
    writer = SurveyWriter.create(folder, folder.name, settings.grid, {}, settings.scale)
    return Ingest(writer, settings, ignore).run([(item.id, item) for item in observations], len(observations))


@pytest.fixture(scope="module")
def observations() -> list[Observation]:
    return list(demo_observations(240, seed=5))


@pytest.fixture(scope="module")
def survey(observations: list[Observation], tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return survey_of(tmp_path_factory.mktemp("scale") / "demo", observations)


def test_the_mean_over_the_whole_grid_is_one(survey: Survey) -> None:
    spectra = survey.read()
    assert survey.header["scale"] == spectra.scale == "mean"
    np.testing.assert_allclose(spectra.complete.mean(axis=1), 1, atol=1e-5)
    seen_mean = spectra.flux.sum(axis=1) / spectra.seen.sum(axis=1)
    assert np.ptp(seen_mean) > 0.02  # windows differ, so the two means do


def test_physical_flux_is_that_of_the_file(survey: Survey, observations: list[Observation]) -> None:
    spectra = survey.read()
    physical = spectra.physical().flux
    for row in (0, 17, 101):
        item = next(item for item in observations if item.id == spectra.ids[row])
        prepared = preprocess(item, PreprocessOptions())
        np.testing.assert_allclose(physical[row], prepared.flux * prepared.columns["scale"], rtol=1e-4)
    table = spectra.table
    np.testing.assert_allclose(table["mean_flux"], table["scale"])
    np.testing.assert_allclose(table["brightness"], np.log10(table["mean_flux"]))
    assert set(table["flux_unit"]) == {"1e-17 erg / (s cm2 Angstrom)"}


def test_physical_flux_can_be_exported(survey: Survey, tmp_path: Path) -> None:
    spectra = survey.read(np.array([3, 8]))
    write_spectra(spectra, tmp_path / "flux.ecsv", physical=True)
    table = Table.read(tmp_path / "flux.ecsv")
    np.testing.assert_allclose(table["flux"].reshape(2, -1), spectra.flux * spectra.physical_scale[:, None], rtol=1e-6)
    assert table.meta["FLUXUNIT"] == "1e-17 erg / (s cm2 Angstrom)"
    write_spectra(spectra, tmp_path / "normalised.fits")
    normalised = Table.read(tmp_path / "normalised.fits")
    np.testing.assert_allclose(normalised["infilled"].reshape(2, -1).mean(axis=1), 1, atol=1e-5)
    assert "mean over the whole grid" in normalised.meta["SCALE"]


@pytest.mark.parametrize("physical", [True, False])
def test_specutils_reads_exported_spectra(survey: Survey, tmp_path: Path, physical: bool) -> None:
    from specutils import Spectrum

    rows = np.array([3, 8, 11])
    spectra = survey.read(rows)
    write_spectra(spectra, tmp_path / "flux.fits", physical=physical)
    read, shown = (
        Spectrum.read(tmp_path / "flux.fits", format="wcs1d-fits"),
        spectra.physical() if physical else spectra,
    )
    np.testing.assert_allclose(read.spectral_axis.to_value("Angstrom"), spectra.grid.wavelength, rtol=1e-9)
    np.testing.assert_allclose(read.flux.value, shown.flux, rtol=1e-6)
    assert read.uncertainty.uncertainty_type == "ivar"
    np.testing.assert_allclose(read.uncertainty.array, shown.ivar, rtol=1e-6)
    assert (read.mask == (shown.ivar == 0)).all()
    assert read.flux.unit == ("1e-17 erg / (s cm2 Angstrom)" if physical else "")
    ids = Table.read(tmp_path / "flux.fits")["id"].astype(str)[:: spectra.grid.n_pixel]
    assert ids.tolist() == spectra.ids.tolist()


def test_capped_errors_change_no_class(survey: Survey, observations: list[Observation], tmp_path: Path) -> None:
    capped = survey_of(tmp_path / "capped", observations, max_sn=20.0)
    assert capped.table["class"].tolist() == survey.table["class"].tolist()
    spectra = capped.read()
    assert (spectra.flux * np.sqrt(spectra.ivar)).max() < 20.01


def test_a_survey_may_keep_its_scale(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    level = np.concatenate([random.uniform(0.05, 0.9, 29), [0.0]])  # the last pixel is black
    shape = 1 + 0.2 * np.sin(np.outer(random.uniform(1, 2, 30), np.linspace(0, 3, 60)))
    flux = level[:, None] * shape
    items = [
        Observation(id=f"pixel-{i}", wavelength=REFLECTANCE.wavelength, flux=row, ivar=np.full(60, 1e4))
        for i, row in enumerate(flux)
    ]
    kept = survey_of(tmp_path / "pixels", items, grid=REFLECTANCE, scale="none").read()
    assert kept.scale == "none"
    np.testing.assert_allclose(kept.flux[:, 2:-2], flux[:, 2:-2], rtol=0.01, atol=1e-6)
    np.testing.assert_allclose(kept.table["mean_flux"][:29], flux[:29].mean(axis=1), rtol=0.02)
    assert np.isnan(kept.table["brightness"][29])
    assert (kept.physical_scale == 1).all()
    with pytest.raises(BadConfig, match="--scale none"):
        kept.on_scale("mean").on_scale("none")


def test_tiny_units_stay_finite(tmp_path: Path, observations: list[Observation]) -> None:
    cgs = [
        replace(item, flux=item.flux * 1e-17, ivar=item.ivar * 1e34, flux_unit="erg / (s cm2 Angstrom)")
        for item in observations[:40]
    ]
    spectra = survey_of(tmp_path / "cgs", cgs, scale="none").read()
    assert np.isfinite(spectra.ivar).all()
    assert 1e-19 < spectra.physical_scale[0] < 1e-14
    row, item = spectra.ids.tolist().index(cgs[0].id), preprocess(cgs[0], PreprocessOptions())
    np.testing.assert_allclose(
        spectra.flux[row] * spectra.physical_scale[row], item.flux * item.columns["scale"], rtol=1e-3, atol=1e-22
    )


def test_a_survey_of_version_0_1_opens_on_its_own_scale(survey: Survey, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(survey.folder, old)
    shutil.rmtree(old / "arrays.zarr" / "factor")
    header = json.loads((old / "survey.json").read_text())
    for name in ("scale", "has_checksum", "checksum", "files"):  # version 0.1 wrote none of these
        del header[name]
    (old / "survey.json").write_text(json.dumps(header))
    spectra = Survey.open(old).read()
    assert spectra.scale == "seen"
    np.testing.assert_allclose(spectra.flux.sum(axis=1) / spectra.seen.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(spectra.on_scale("mean").flux, survey.read().flux, atol=1e-4)


def without_end(item: Observation, end: str, lost: float) -> Observation:
    """The observation without a share of the rest-frame grid at one end."""
    grid = PreprocessOptions().grid
    rest, n_lost = item.wavelength / (1 + item.redshift), round(lost * grid.n_pixel)
    kept = rest < grid.wavelength[-n_lost] if end == "red" else rest > grid.wavelength[n_lost - 1]
    return replace(item, wavelength=item.wavelength[kept], flux=item.flux[kept], ivar=item.ivar[kept])


def test_brightness_can_be_what_a_model_learns(observations: list[Observation], tmp_path: Path) -> None:
    writer = SurveyWriter.create(tmp_path / "labelled", "labelled", PreprocessOptions().grid, {})
    made = Ingest(writer, PreprocessOptions(), ignore, ["brightness"])
    survey = made.run([(item.id, item) for item in observations[:120]], 120)
    assert list(survey.header["labels"]) == ["brightness"]
    spectra = survey.read()
    model = MODELS["lux"](spectra.grid, MODELS["lux"].Config(n_latent=4, labels="brightness")).fit(spectra)
    values, sigma = model.predict_labels(spectra)
    assert np.isfinite(values).all()
    assert (sigma > 0).all()


@pytest.mark.parametrize("end", ["red", "blue"])
def test_a_survey_that_shows_nothing_of_one_end_is_not_foreign(
    survey: Survey, observations: list[Observation], tmp_path: Path, end: str
) -> None:
    model = load_model(asset("demo") / "models" / "infovae-6")
    latents = np.load(asset("demo") / "encodings" / "infovae-6" / "demo.npz")["latents"]
    factors = local_outlier_factor(latents)
    cut = survey_of(tmp_path / "cut", [without_end(item, end, 0.4) for item in observations], min_coverage=0.3)
    assert not cut.read().seen.any(axis=0).all()
    whole, foreign = ((factors.newcomers(model.encode(some.read())) > FOREIGN).mean() for some in (survey, cut))
    assert foreign <= whole + 0.04
