from dataclasses import replace

import numpy as np
import pytest
import torch
from survey_of_curves import SN, curves, new_model

from specvae_core.errors import BadConfig, Cancelled
from specvae_core.models import GLO, load_model, save_model
from specvae_core.progress import Progress


def unit(codes: np.ndarray) -> bool:
    return np.allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-5)


def test_as_the_paper_has_it() -> None:
    config = GLO.Config()
    assert config.n_latent == 50
    model = GLO(curves(n=1)[0].grid, config)
    kinds = [type(layer).__name__ for layer in model.network]
    assert kinds == ["Linear", "BatchNorm1d", "LeakyReLU"] * 7 + ["Linear"]
    with pytest.raises(BadConfig, match="n_latent"):
        GLO.Config(n_latent=1)


def test_codes_lie_on_the_unit_sphere_one_for_each_training_spectrum() -> None:
    spectra, _ = curves(n=80)
    model = new_model("glo", max_epochs=1).fit(spectra)
    assert model.codes.shape == (model.learnt(spectra.ids).sum(), model.n_latent)
    assert unit(model.codes.numpy())
    assert unit(model.encode(spectra))


def test_projecting_is_differentiable_along_the_sphere_only() -> None:
    model = new_model("glo")
    code = torch.tensor([[3.0, 4.0, 0.0]], requires_grad=True)
    projected = model.project_codes(code)
    np.testing.assert_allclose(projected.detach().numpy(), [[0.6, 0.8, 0.0]], rtol=1e-6)
    (along,) = torch.autograd.grad(projected.sum(), code)
    assert float((along * code.detach()).sum()) == pytest.approx(0, abs=1e-6)


def test_training_codes_explain_their_own_spectra() -> None:
    spectra, clean = curves(n=150)
    model = new_model("glo", max_epochs=12, validation_fraction=0.0, test_fraction=0.0).fit(spectra)
    error = np.mean((model.decode(model.codes.numpy()) - clean) ** 2)
    shuffled = np.mean((model.decode(model.codes.numpy()[::-1].copy()) - clean) ** 2)
    assert error < 0.1 * shuffled


def test_a_stopped_and_resumed_training_continues_its_codes(tmp_path) -> None:
    spectra, _ = curves(n=80)

    def stop(progress: Progress) -> None:
        if progress.step == 2:
            raise Cancelled

    whole = new_model("glo", max_epochs=4, validation_fraction=0.0, test_fraction=0.0).fit(
        spectra, seed=3, checkpoint=tmp_path / "whole"
    )
    stopped = new_model("glo", max_epochs=4, validation_fraction=0.0, test_fraction=0.0)
    with pytest.raises(Cancelled):
        stopped.fit(spectra, stop, seed=3, checkpoint=tmp_path / "parts")
    assert len(stopped.codes) == len(whole.codes)  # a stopped one keeps what it had
    resumed = new_model("glo", max_epochs=4, validation_fraction=0.0, test_fraction=0.0).fit(
        spectra, seed=3, checkpoint=tmp_path / "parts"
    )
    assert resumed.history == whole.history
    np.testing.assert_array_equal(resumed.codes.numpy(), whole.codes.numpy())
    assert not np.allclose(stopped.codes.numpy(), whole.codes.numpy(), atol=1e-3)


def test_a_model_read_from_a_file_has_as_many_codes_as_the_file(tmp_path) -> None:
    spectra, _ = curves(n=40)
    model = new_model("glo", max_epochs=1).fit(spectra)
    save_model(model, tmp_path / "m", survey_id="curves", seconds=1, epochs=1)
    np.testing.assert_array_equal(load_model(tmp_path / "m").codes.numpy(), model.codes.numpy())


def test_codes_and_weights_have_learning_rates_of_their_own_and_only_weights_decay() -> None:
    model = new_model("glo", learning_rate=0.5, code_learning_rate=0.25, weight_decay=0.125)
    weights, codes = model.parameter_groups()
    assert "lr" not in weights  # the loop's own, learning_rate
    assert weights["weight_decay"] == 0.125
    assert codes["lr"] == 0.25
    assert "weight_decay" not in codes


@pytest.mark.parametrize("weighting", ["ivar", "equal"])
def test_the_loss_leaves_unseen_pixels_out(weighting: str) -> None:
    spectra, _ = curves(n=40)
    model = new_model("glo", max_epochs=1, weighting=weighting).fit(spectra).train()
    batch = model.tensors(spectra) | {"row": torch.arange(40) % len(model.codes)}
    garbage = batch | {"flux": torch.where(batch["ivar"] > 0, batch["flux"], 1e9)}
    generator = torch.Generator()
    assert model.loss(garbage, generator)["loss"] == model.loss(batch, generator)["loss"]


def test_equal_weighting_does_not_look_at_errors() -> None:
    spectra, _ = curves(n=60)
    factors = np.random.default_rng(0).uniform(0.1, 10, spectra.ivar.shape).astype(np.float32)
    uneven = replace(spectra, ivar=spectra.ivar * factors)
    settings = {"max_epochs": 1, "weighting": "equal"}
    first, second = (new_model("glo", **settings).fit(survey) for survey in (spectra, uneven))
    np.testing.assert_allclose(first.codes.numpy(), second.codes.numpy(), rtol=1e-4, atol=1e-6)


def test_spectra_that_lack_a_third_of_their_pixels_are_learnt_from() -> None:
    spectra, _ = curves(n=300, holes=0.33)
    judging, clean = curves(n=100, seed=9, holes=0.0)
    model = new_model("glo").fit(spectra)
    assert np.mean((model.reconstruct(judging) - clean) ** 2) < 0.5 / SN**2


def test_a_last_batch_of_one_spectrum_is_trained_on() -> None:
    spectra, _ = curves(n=33)
    model = new_model("glo", max_epochs=1, batch_size=32, validation_fraction=0.0, test_fraction=0.0).fit(spectra)
    assert np.isfinite(model.history[0]["train/loss"])
