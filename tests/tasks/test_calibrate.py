"""Calibration of a model in a workspace: what was promised is there, and what was learnt is left out."""

import json
from dataclasses import replace

import numpy as np
import pytest
from survey_of_curves import curves, new_model

from specvae_core.analysis.calibration.case import Case
from specvae_core.analysis.calibration.quantities import quantities_of
from specvae_core.atomic import read_json, write_json
from specvae_core.data.split import Part
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import BadConfig
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks import calibrate as task
from specvae_core.tasks.calibrate import calibrate
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.trust import kept_calibration, warnings_of
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    made = Workspace.open(tmp_path_factory.mktemp("calibrate") / "w")
    spectra, _ = curves(n=600)
    with SurveyWriter.create(made.survey_folder("curves"), "curves", spectra.grid, {}, spectra.scale) as writer:
        writer.append(spectra)
        writer.write_infilled(slice(0, len(spectra)), spectra.complete)
        writer.finish(report={}, infill={})
    model = new_model("lux").fit(spectra)
    made.save_model(model, "lux-2", survey_id="curves", seconds=0.0, seed=0)
    return made


def test_rows_have_what_was_promised_and_come_from_test_objects(workspace: Workspace, tmp_path) -> None:
    calibrate(workspace, ignore, tmp_path, model="lux-2", survey="curves", n=50)
    header = kept_calibration(workspace, "lux-2", "curves").header
    assert (header["n"], header["part"]) == (50, "test")
    json.dumps(header)
    promised = {"quantity", "subset", "n", "coverage_68", "coverage_95", "pull_mean", "pull_std", "within"}
    assert all(promised <= set(row) for row in header["rows"])
    names = {row["quantity"] for row in header["rows"]}
    assert {"slope", "depth", "latent 1", "component 1", "latents together", "band of inpaint:0.4"} <= names
    assert {row["kind"] for row in header["rows"]} == {"simulated", "held out"}
    failing = [row["quantity"] for row in header["rows"] if row["subset"] == "all" and row["within"] is False]
    assert len(warnings_of(workspace, "lux-2", "curves", sorted(names))) == len(failing)


def test_the_errors_of_a_selection_stand_beside_those_of_all(workspace: Workspace, tmp_path) -> None:
    asked = {"model": "lux-2", "survey": "curves", "n": 60}
    everything = calibrate(workspace, ignore, tmp_path, **asked)
    keep_selection(workspace, "curves", "odd", np.arange(1, 600, 2))
    odd = calibrate(workspace, ignore, tmp_path, **asked, where="@odd")
    assert odd != everything
    assert kept_calibration(workspace, "lux-2", "curves").id == everything
    assert kept_calibration(workspace, "lux-2", "curves", "@odd").header["n"] < 60
    assert calibrate(workspace, ignore, tmp_path, **asked, where="@odd") == odd
    keep_selection(workspace, "curves", "few", np.arange(5))
    with pytest.raises(BadConfig, match="within @few"):
        calibrate(workspace, ignore, tmp_path, **asked, where="@few")


def test_no_quantity_is_asked_about_an_object_that_taught_or_chose(workspace, tmp_path, monkeypatch) -> None:
    asked: list[Case] = []

    def listening(model):
        return [lambda case, report: asked.append(case) or iter(())]

    monkeypatch.setattr(task, "quantities_of", listening)
    with pytest.raises(BadConfig, match="quotes no errors"):
        calibrate(workspace, ignore, tmp_path, model="lux-2", survey="curves")
    model = workspace.model("lux-2")
    assert model.in_part(Part.TEST, asked[0].spectra.ids).all()
    assert not model.in_part(Part.TEST, asked[0].learning.ids).any()


def test_errors_do_not_change_with_what_was_learnt_from(workspace: Workspace) -> None:
    spectra, model = workspace.survey("curves").read(), workspace.model("lux-2")
    test = spectra.take(model.unseen(spectra.ids).rows)
    spoilt = spectra.take(np.flatnonzero(model.learnt(spectra.ids)))
    spoilt = replace(spoilt, flux=-spoilt.flux, table=spoilt.table.assign(slope=9.0, depth=9.0))
    labels = next(quantity for quantity in quantities_of(model) if quantity.__name__ == "labels")
    found = list(labels(Case(model, test, spoilt), ignore))
    assert [one.quantity for one in found] == ["slope", "depth"]
    np.testing.assert_array_equal(found[0].truth, test.table["slope"])


def test_a_survey_that_was_learnt_whole_is_refused(workspace: Workspace, tmp_path) -> None:
    spectra = workspace.survey("curves").read()
    model = new_model("pca", validation_fraction=0.0, test_fraction=0.0).fit(spectra)
    workspace.save_model(model, "pca-2", survey_id="curves", seconds=0.0, seed=0)
    with pytest.raises(BadConfig, match="learnt from all of them"):
        calibrate(workspace, ignore, tmp_path, model="pca-2", survey="curves")


def test_encode_says_which_errors_were_found_wrong(workspace: Workspace, run, tmp_path) -> None:
    calibrate(workspace, ignore, tmp_path, model="lux-2", survey="curves", n=60)
    found = kept_calibration(workspace, "lux-2", "curves").id
    file = workspace.results.path(Kind.CALIBRATIONS, found) / "result.json"
    header = read_json(file)
    rows = [
        row | {"within": row["quantity"] != "latent 2", "coverage_68": 0.4, "factor": 2.1} for row in header["rows"]
    ]
    write_json(file, header | {"rows": rows})
    options = ("--workspace", workspace.folder, "--model", "lux-2", "--survey", "curves", "--out", tmp_path / "z.csv")
    assert run("encode", *options)["trust"] == warnings_of(workspace, "lux-2", "curves", ["latent 2"])
    assert run("encode", *options)["trust"][0].startswith("Errors of latent 2 are 2.1 times too small here")


def test_a_calibration_ends_with_its_model(workspace: Workspace, tmp_path) -> None:
    calibrate(workspace, ignore, tmp_path, model="lux-2", survey="curves", n=20)
    model = workspace.model("lux-2")
    workspace.save_model(model, "lux-2", survey_id="curves", seconds=0.0, seed=0)
    header = workspace.model_folder("lux-2") / "model.json"
    write_json(header, read_json(header) | {"created": "2999-01-01T00:00:00+00:00"})
    assert kept_calibration(workspace, "lux-2", "curves") is None
