"""Surveys with names as long as is legal, two of which share their first sixty characters, keep their own results."""

import numpy as np
import pandas as pd
import pytest
from survey_of_slopes import Listener, write_survey

from specvae_core.analysis.track_paths import Traverse
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.grid import BandGrid
from specvae_core.models import MODELS
from specvae_core.results import Kind
from specvae_core.tasks.cluster import cluster
from specvae_core.tasks.compare import compare
from specvae_core.tasks.crossvalidate import crossvalidate
from specvae_core.tasks.infill import infill
from specvae_core.tasks.invert import invert
from specvae_core.tasks.noise import noise
from specvae_core.tasks.outliers import outliers
from specvae_core.tasks.overlay import overlay
from specvae_core.tasks.photoz import kept_redshifts, photoz
from specvae_core.tasks.predict import kept_predictions, predict
from specvae_core.tasks.redshift import measure_leak, redshift
from specvae_core.tasks.track import keep_track, make_track
from specvae_core.workspace import Workspace

SIXTY = "s" * 60
NAMES = (SIXTY, f"{SIXTY}-one", f"{SIXTY}-two")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    """Three surveys that differ in their number of objects, and models of the first."""
    workspace = Workspace.open(tmp_path_factory.mktemp("long") / "w")
    for name, n in zip(NAMES, (60, 70, 80), strict=True):
        write_survey(workspace, name, n)
    spectra = workspace.survey(SIXTY).read()
    for name, config in (("pca", {}), ("nmf", {}), ("infovae", {"max_epochs": 1, "epoch_steps": 10})):
        model = MODELS[name](spectra.grid, MODELS[name].Config(n_latent=2, **config)).fit(spectra)
        workspace.save_model(model, f"{name}-2", survey_id=SIXTY, seconds=1.0, seed=0)
    return workspace


def run(task, workspace: Workspace, tmp_path, **arguments: object) -> list[str]:
    """Ids of what a task makes of the three surveys."""
    made = []
    for name in NAMES:
        job = tmp_path / name
        job.mkdir()
        made.append(task(workspace, Listener(), job, survey=name, **arguments))
    return made


@pytest.mark.parametrize(
    ("task", "kind", "arguments"),
    [
        (predict, Kind.PREDICTIONS, {"model": "nmf-2"}),
        (redshift, Kind.REDSHIFTS, {"model": "pca-2", "ids": ["s-001"]}),
        (measure_leak, Kind.LEAKS, {"model": "pca-2", "n": 20}),
        (noise, Kind.NOISE, {"model": "infovae-2", "ids": ["s-001"], "snr": [10.0], "realisations": 4}),
        (outliers, Kind.OUTLIERS, {"model": "pca-2", "top": 3, "k": 10}),
        (cluster, Kind.CLUSTERS, {"model": "pca-2"}),
        (compare, Kind.COMPARISONS, {"models": ["pca"], "latents": [1]}),
        (invert, Kind.RECONSTRUCTIONS, {"model": "pca-2", "ids": ["s-001"]}),
    ],
)
def test_each_survey_has_a_result_of_its_own(workspace: Workspace, tmp_path, task, kind, arguments) -> None:
    made = run(task, workspace, tmp_path, **arguments)
    assert len(set(made)) == len(NAMES)
    for name, result_id in zip(NAMES, made, strict=True):
        assert workspace.results.load(kind, result_id).header["survey"] == name


def test_a_prediction_is_found_again_and_replaced(workspace: Workspace, tmp_path) -> None:
    for name in NAMES:
        predict(workspace, Listener(), tmp_path, model="nmf-2", survey=name)
    for name in NAMES:
        kept = kept_predictions(workspace, "nmf-2", name)
        assert kept.header["n"] == workspace.survey(name).n
        assert predict(workspace, Listener(), tmp_path, model="nmf-2", survey=name) == kept.id


def test_overlays_and_cross_validations(workspace: Workspace, tmp_path) -> None:
    first, second = (
        overlay(workspace, Listener(), tmp_path, model="pca-2", survey=SIXTY, other=name, k=10) for name in NAMES[1:]
    )
    assert first != second
    trials = run(crossvalidate, workspace, tmp_path, labels="z", latents=[1], regularisations=[1.0], folds=2)
    assert len(set(trials)) == len(NAMES)


def test_tracks_with_long_titles(workspace: Workspace) -> None:
    tracks = [make_track(workspace, "pca-2", name, Traverse("1"), steps=3, title=name) for name in NAMES]
    made = [keep_track(workspace, track) for track in tracks]
    assert len(set(made)) == len(NAMES)
    assert [workspace.results.load(Kind.TRACKS, track_id).title for track_id in made] == list(NAMES)


def test_infill_makes_surveys_with_long_names(workspace: Workspace, tmp_path) -> None:
    for name in NAMES[1:]:
        filled = name.replace("s", "f")
        assert infill(workspace, Listener(), tmp_path, model="pca-2", survey=name, name=filled) == filled
        assert workspace.survey(filled).n == workspace.survey(name).n


@pytest.fixture
def sky(tmp_path) -> Workspace:
    """Two photometric surveys with long names, and a model of the first."""
    workspace = Workspace.open(tmp_path / "sky")
    random = np.random.default_rng(0)
    grid = BandGrid(("u", "g", "r"))
    for name, n in zip(NAMES[1:], (40, 50), strict=True):
        z = np.exp(random.normal(-1.5, 0.4, n))
        magnitudes = np.stack([np.full(n, 20.0), 20 - np.log(z), np.full(n, 19.0)], axis=1).astype(np.float32)
        table = pd.DataFrame({"id": [f"o{i}" for i in range(n)], "redshift": z})
        writer = SurveyWriter.create(workspace.survey_folder(name), name, grid, {})
        writer.append(SpectraSet(grid, magnitudes, np.full_like(magnitudes, 400), table))
        writer.write_infilled(slice(0, n), magnitudes)
        writer.finish(report={}, infill={})
    spectra = workspace.survey(NAMES[1]).read()
    config = MODELS["sdgm"].Config(n_latent=3, hidden=8, max_epochs=1, resample=0)
    model = MODELS["sdgm"](grid, config).fit(spectra)
    workspace.save_model(model, "sdgm-3", survey_id=NAMES[1], seconds=1.0, seed=0)
    return workspace


def test_photometric_redshifts_of_long_names_and_of_older_workspaces(sky: Workspace, tmp_path) -> None:
    assert kept_redshifts(sky, "sdgm-3", NAMES[1]) is None
    made = [photoz(sky, Listener(), tmp_path, model="sdgm-3", survey=name) for name in NAMES[1:]]
    assert len(set(made)) == 2
    for name, result_id in zip(NAMES[1:], made, strict=True):
        kept = kept_redshifts(sky, "sdgm-3", name)
        assert kept.id == result_id
        assert len(kept.arrays["marginal_pit"]) == sky.survey(name).n
    # Before, they lay among the predictions, and their ids were model and survey with a dot between.
    arrays = sky.results.find(Kind.PHOTOZ, survey=NAMES[1]).arrays
    for result_id in made:
        sky.results.delete(Kind.PHOTOZ, result_id)
    sky.results.save(Kind.PREDICTIONS, "sdgm-3.older", {"model": "sdgm-3", "survey": NAMES[1]}, arrays)
    assert kept_redshifts(sky, "sdgm-3", NAMES[1]).id == "sdgm-3.older"
    predict(sky, Listener(), tmp_path, model="sdgm-3", survey=NAMES[1])
    assert kept_redshifts(sky, "sdgm-3", NAMES[1]).id == "sdgm-3.older"
    assert kept_predictions(sky, "sdgm-3", NAMES[1]).id != "sdgm-3.older"


def test_predictions_of_older_workspaces_are_found_and_replaced(workspace: Workspace, tmp_path) -> None:
    made = predict(workspace, Listener(), tmp_path, model="nmf-2", survey=SIXTY)
    result = workspace.results.load(Kind.PREDICTIONS, made)
    header, arrays = {**result.header, "created": "2020-01-01T00:00:00.000+00:00"}, result.arrays
    workspace.results.delete(Kind.PREDICTIONS, made)
    workspace.results.save(Kind.PREDICTIONS, "nmf-2_older", header, arrays)
    assert kept_predictions(workspace, "nmf-2", SIXTY).id == "nmf-2_older"
    assert predict(workspace, Listener(), tmp_path, model="nmf-2", survey=SIXTY) == "nmf-2_older"
