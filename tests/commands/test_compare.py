"""`specvae compare`: errors of several models, of all test objects and within a selection."""

import numpy as np
import pytest
from survey_of_slopes import write_survey

from specvae_core.results import Kind
from specvae_core.tasks.selections import keep_selection
from specvae_core.workspace import Workspace


@pytest.fixture
def compare(run, tmp_path):
    """Compares two PCAs on 300 objects, of which every fifth is kept as ``some``."""
    workspace = Workspace.open(tmp_path / "workspace")
    write_survey(workspace, n=300)
    keep_selection(workspace, "slopes", "some", np.arange(0, 300, 5))
    asked = "--survey", "slopes", "--models", "pca", "--latents", "1,2", "--workspace", workspace.folder
    return lambda *more: run("compare", *asked, *more), workspace


@pytest.mark.parametrize("where", ["@some", 'class == "red" and z > 0.06'])
def test_errors_within_a_selection_are_those_of_its_test_objects(compare, where):
    command, workspace = compare
    answer = command("--where", where)
    whole, within = sorted(workspace.results.list(Kind.COMPARISONS), key=lambda one: "where" in one.header)
    assert (answer["comparison"], within.header["where"], within.header["of"]) == (within.id, where, whole.id)
    assert answer["rows"] == within.header["rows"]
    for row, of_all in zip(answer["rows"], whole.header["rows"], strict=True):
        assert (row["id"], row["n_latent"]) == (of_all["id"], of_all["n_latent"])
        assert 0 < row["n"] < of_all["n"]
        assert row["mse"] != of_all["mse"]


def test_a_selection_that_cannot_be_is_said_before_anything_is_trained(compare):
    command, workspace = compare
    assert "There is no column sm" in command("--where", "sm > 3")[1]
    assert "its selections are some" in command("--where", "@others")[1]
    assert "selects no object" in command("--where", "z > 5")[1]
    assert workspace.models() == []
