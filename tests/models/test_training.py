import numpy as np
import pytest
import torch
from survey_of_curves import curves, new_model

from specvae_core.data.split import Part
from specvae_core.errors import BadConfig, Cancelled, UserError
from specvae_core.models import MODELS, Autoencoder, GradientConfig
from specvae_core.models.training import suitable_batch_size
from specvae_core.progress import Progress

GRADIENT = [name for name, model in MODELS.items() if issubclass(model.Config, GradientConfig)]
"""Models that are trained in epochs."""


def stop_after(epoch: int):
    def report(progress: Progress) -> None:
        if progress.step == epoch:
            raise Cancelled

    return report


@pytest.mark.parametrize("name", GRADIENT)
def test_a_stopped_and_resumed_run_equals_one_that_was_not_stopped(name: str, tmp_path) -> None:
    spectra, _ = curves(n=120)
    whole = new_model(name, max_epochs=4, epoch_steps=20).fit(spectra, seed=3, checkpoint=tmp_path / "whole")
    with pytest.raises(Cancelled):
        new_model(name, max_epochs=4, epoch_steps=20).fit(spectra, stop_after(2), seed=3, checkpoint=tmp_path / "parts")
    resumed = new_model(name, max_epochs=4, epoch_steps=20).fit(spectra, seed=3, checkpoint=tmp_path / "parts")
    assert resumed.history == whole.history
    others = resumed.state_dict()
    for key, tensor in whole.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), others[key].numpy(), err_msg=key)


def test_a_run_stopped_within_an_epoch_resumes_at_its_start(tmp_path) -> None:
    spectra, _ = curves(n=120)
    whole = new_model("infovae", max_epochs=3).fit(spectra, seed=3)

    def report(progress: Progress) -> None:
        if progress.step is None and progress.message.startswith("epoch 2"):
            raise Cancelled

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specvae_core.models.training.PULSE", 0.0)
        stopped = new_model("infovae", max_epochs=3)
        with pytest.raises(Cancelled):
            stopped.fit(spectra, report, seed=3, checkpoint=tmp_path / "c")
    assert len(stopped.history) == 1
    resumed = new_model("infovae", max_epochs=3).fit(spectra, seed=3, checkpoint=tmp_path / "c")
    assert resumed.history == whole.history


def test_the_checkpoint_of_another_run_is_refused_by_name(tmp_path) -> None:
    spectra, _ = curves(n=80)
    path = tmp_path / "c"
    new_model("ae", max_epochs=1).fit(spectra, checkpoint=path)
    with pytest.raises(BadConfig, match="another seed"):
        new_model("ae", max_epochs=1).fit(spectra, seed=9, checkpoint=path)
    with pytest.raises(BadConfig, match="another config"):
        new_model("ae", max_epochs=1, learning_rate=0.01).fit(spectra, checkpoint=path)
    with pytest.raises(BadConfig, match="another survey"):
        new_model("ae", max_epochs=1).fit(curves(n=81)[0], checkpoint=path)


def test_a_damaged_checkpoint_is_told_in_a_sentence(tmp_path) -> None:
    spectra, _ = curves(n=80)
    (tmp_path / "c").write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match="damaged"):
        new_model("ae", max_epochs=1).fit(spectra, checkpoint=tmp_path / "c")


def test_training_ends_when_the_validation_loss_no_longer_falls() -> None:
    spectra, _ = curves(n=150)
    model = new_model("ae", max_epochs=400, patience=2, stop_patience=3)
    model.fit(spectra)
    losses = [record["validation/loss"] for record in model.history]
    assert len(losses) < 400
    assert np.argmin(losses) == len(losses) - 4


def test_the_best_weights_are_kept() -> None:
    spectra, _ = curves(n=150)
    model = new_model("ae", max_epochs=30, learning_rate=0.02, patience=30, stop_patience=30).fit(spectra)
    losses = [record["validation/loss"] for record in model.history]
    assert losses[-1] > min(losses)
    rows = model.in_part(Part.VALIDATION, spectra.ids)
    held_out = spectra.take(np.flatnonzero(rows))
    residual = held_out.flux - model.reconstruct(held_out)
    loss = 0.5 * (held_out.ivar * residual**2).sum(axis=1).mean()
    assert loss == pytest.approx(min(losses), rel=1e-4)


def test_without_a_validation_part_the_training_loss_decides() -> None:
    spectra, _ = curves(n=80)
    model = new_model("ae", max_epochs=2, validation_fraction=0.0).fit(spectra)
    assert not model.in_part(Part.VALIDATION, spectra.ids).any()
    assert all("validation/loss" not in record for record in model.history)


def test_a_gpu_that_is_not_there_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    spectra, _ = curves(n=80)
    with pytest.raises(BadConfig, match="no GPU here: use cpu or auto"):
        new_model("ae", max_epochs=1, device="cuda").fit(spectra)


def test_the_global_random_state_is_left_alone() -> None:
    spectra, _ = curves(n=80)
    model = new_model("infovae", max_epochs=1)
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    model.fit(spectra)
    assert torch.equal(torch.rand(3), expected)


def test_large_surveys_get_large_batches() -> None:
    sizes = [suitable_batch_size(n) for n in (10, 700, 4000, 64_000, 10**6)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 32
    assert sizes[-1] <= 512


class Crowded(Autoencoder):
    """A model on a GPU that has room for a number of spectra, as PyTorch says it."""

    room = 20

    def loss(self, batch, generator):
        if self.training and len(batch["flux"]) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().loss(batch, generator)


def test_batches_that_a_gpu_has_no_room_for_are_halved(caplog) -> None:
    spectra, _ = curves(n=150)
    model = Crowded(spectra.grid, Crowded.Config(n_latent=2, max_epochs=2, batch_size=64)).fit(spectra)
    assert len(model.history) == 2
    assert [record.args for record in caplog.records] == [(64, 32), (32, 16)]


def test_a_gpu_without_room_for_the_smallest_batch_is_named_in_a_sentence() -> None:
    spectra, _ = curves(n=150)
    model = Crowded(spectra.grid, Crowded.Config(n_latent=2, batch_size=64))
    model.room = 3
    with pytest.raises(
        UserError, match="The GPU has no room for 16 spectra at once: free its memory, or use the processor"
    ):
        model.fit(spectra)
