"""Heads: what they learn, what they leave alone, and how they are saved."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from survey_of_curves import curves, new_model

from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig, NotFound
from specvae_core.models import MultiTask, PredictsLabels, load_model, save_model
from specvae_core.models.heads import Heads
from specvae_core.models.multitask import HeadsAfterwards, HeadsAfterwardsConfig

COLUMNS = {"classify": "kind", "regress": "slope,depth"}


def labelled(n: int = 500, seed: int = 0) -> SpectraSet:
    """Curves with a class, some of it unknown, and a slope that is unknown for a third."""
    spectra, _ = curves(n, seed)
    table = spectra.table.copy()
    table["kind"] = np.where(table["depth"] > 0, "deep", "shallow")
    table.loc[::7, "kind"] = ""
    table["true_slope"] = table["slope"]
    table.loc[::3, "slope"] = np.nan
    table["slope_err"] = 0.05
    return replace(spectra, table=table)


@pytest.fixture(scope="module")
def model() -> MultiTask:
    return new_model("multitask", max_epochs=40, **COLUMNS).fit(labelled(), seed=1)


def test_classes_and_numbers_are_predicted(model: MultiTask) -> None:
    spectra = labelled(200, seed=5)
    assert isinstance(model, PredictsLabels)
    assert model.label_names == ("slope", "depth")
    values, sigma = model.predict_labels(spectra)
    assert values.shape == sigma.shape == (200, 2)
    residual = values - spectra.table[["true_slope", "depth"]].to_numpy()
    assert (residual.std(axis=0) < 0.15).all()
    assert 0.4 < np.abs(residual / sigma)[:, 1].mean() < 1.5
    names, probability = model.predict_classes(spectra)["kind"]
    truth = np.where(spectra.table["depth"] > 0, "deep", "shallow")
    assert np.mean(names == truth) > 0.93
    assert ((probability >= 0.5) & (probability <= 1)).all()


def test_saved_and_loaded_predict_the_same(model: MultiTask, tmp_path) -> None:
    save_model(model, tmp_path / "m", survey_id="curves", seconds=1, epochs=40)
    loaded = load_model(tmp_path / "m")
    spectra = labelled(20, seed=6)
    np.testing.assert_array_equal(loaded.predict_labels(spectra)[0], model.predict_labels(spectra)[0])
    np.testing.assert_array_equal(loaded.predict_classes(spectra)["kind"][0], model.predict_classes(spectra)["kind"][0])
    assert loaded.heads.classes == {"kind": ("deep", "shallow")}


def test_unknown_labels_and_objects_without_spectrum_have_no_say() -> None:
    spectra = labelled(60)
    blind = spectra.ivar.copy()
    blind[:10] = 0
    table = spectra.table.copy()
    spectra = replace(spectra, ivar=blind, table=table)
    heads = Heads(2)
    targets = heads.targets(spectra, **COLUMNS)
    latents = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    before = heads.losses(latents, targets)
    table.loc[:9, ["depth", "slope"]] = 1e9
    table.loc[:9, "kind"] = "deep"
    assert heads.targets(spectra, **COLUMNS)["numbers"][:10].isnan().all()
    again = heads.targets(spectra, **COLUMNS)
    assert (again["classes"][:10] == -1).all()
    assert torch.isfinite(before)
    nothing = {name: values.clone() for name, values in targets.items()}
    nothing["classes"][:], nothing["numbers"][:] = -1, torch.nan
    assert float(heads.losses(latents, nothing).detach()) == 0


def test_a_larger_error_of_a_label_makes_it_count_less() -> None:
    spectra = labelled(60)
    heads = Heads(2)
    targets = heads.targets(spectra, "", "slope")
    latents = torch.zeros(60, 2, requires_grad=True)
    pulls = []
    for error in (0.0, 10.0):
        loss = heads.losses(latents, targets | {"number_errors": torch.full((60, 1), error)})
        pulls.append(float(torch.autograd.grad(loss, latents)[0].norm()))
    assert pulls[1] < 0.2 * pulls[0]


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"regress": "kind", "classify": ""}, BadConfig, "holds text"),
        ({"regress": "nothing"}, NotFound, "no label column nothing"),
        ({"classify": "nothing"}, NotFound, "no column nothing"),
        ({"classify": "id"}, BadConfig, "60 different classes|tell|2 to"),
        ({"classify": "", "regress": ""}, BadConfig, "No column was named"),
    ],
)
def test_a_column_that_does_not_fit_is_told_in_a_sentence(settings, error, sentence) -> None:
    spectra = labelled(120)
    with pytest.raises(error, match=sentence):
        new_model("multitask", max_epochs=1, **{**COLUMNS, **settings}).fit(spectra)


def test_a_survey_with_one_class_is_told_in_a_sentence() -> None:
    spectra = labelled(60)
    spectra.table["kind"] = "deep"
    with pytest.raises(BadConfig, match="1 different classes"):
        new_model("multitask", max_epochs=1, classify="kind", regress="").fit(spectra)


def test_heads_trained_afterwards_leave_the_model_as_it_is(model: MultiTask) -> None:
    spectra = labelled()
    before = model.encode(spectra)
    config = HeadsAfterwardsConfig(n_latent=model.n_latent, max_epochs=30, **COLUMNS)
    afterwards = HeadsAfterwards(model, config).fit(spectra)
    np.testing.assert_array_equal(model.encode(spectra), before)
    residual = afterwards.predict_labels(spectra)[0][:, 1] - spectra.table["depth"]
    assert residual.std() < 0.2
    np.testing.assert_allclose(afterwards.reconstruct(spectra), model.reconstruct(spectra), atol=1e-4)
