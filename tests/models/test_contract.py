"""What every model in MODELS must do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from survey_of_curves import GRID, SN, curves, has_setting, new_model, passes

from specvae_core.data.split import Part
from specvae_core.errors import BadConfig, Cancelled, GridMismatch
from specvae_core.grid import SpectralGrid
from specvae_core.models import (
    MODELS,
    Ability,
    LatentModel,
    load_model,
    save_model,
)
from specvae_core.models.abilities import PROTOCOLS
from specvae_core.models.training import GradientModel
from specvae_core.progress import Progress

NAMES = list(MODELS)


def test_a_model_says_who_it_is(fitted: LatentModel) -> None:
    assert MODELS[fitted.name] is type(fitted)
    assert fitted.title
    assert fitted.n_latent == fitted.encode(curves(n=1)[0]).shape[1]


def test_the_truth_is_recovered_from_new_noisy_spectra_with_holes(fitted: LatentModel) -> None:
    spectra, clean = curves(n=200, seed=7)
    error = np.mean((fitted.reconstruct(spectra) - clean) ** 2)
    spread = np.mean((clean.mean(axis=0) - clean) ** 2)
    assert error < 0.1 * spread
    assert error < 0.5 / SN**2  # the noise of 60 pixels is averaged into a few numbers


def test_shapes_and_types(fitted: LatentModel) -> None:
    spectra, _ = curves(n=5)
    latents = fitted.encode(spectra)
    assert latents.shape == (5, fitted.n_latent)
    assert latents.dtype == np.float32
    decoded = fitted.decode(latents)
    assert decoded.shape == (5, GRID.n_pixel)
    assert decoded.dtype == np.float32
    assert np.isfinite(decoded).all()


def test_no_spectra_give_no_latents(fitted: LatentModel) -> None:
    spectra, _ = curves(n=3)
    assert fitted.encode(spectra.take(slice(0, 0))).shape == (0, fitted.n_latent)
    assert fitted.decode(np.empty((0, fitted.n_latent))).shape == (0, GRID.n_pixel)


def test_what_stands_in_unseen_pixels_does_not_matter(fitted: LatentModel) -> None:
    spectra, _ = curves(n=50, seed=3)
    garbage = replace(spectra, flux=np.where(spectra.seen, spectra.flux, np.float32(1e6)))
    np.testing.assert_array_equal(fitted.encode(garbage), fitted.encode(spectra))


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_unseen_pixels_does_not_matter_to_the_fit(name: str) -> None:
    spectra, _ = curves(n=60)
    garbage = replace(spectra, flux=np.where(spectra.seen, spectra.flux, np.float32(1e6)))
    first, second = (new_model(name, **passes(name, 2)).fit(survey) for survey in (spectra, garbage))
    _assert_same_weights(first, second)


def test_a_spectrum_is_encoded_the_same_alone_and_among_others(fitted: LatentModel) -> None:
    spectra, _ = curves(n=20, seed=4)
    together, alone = fitted.encode(spectra)[7], fitted.encode(spectra.take(slice(7, 8)))[0]
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)


def test_an_object_without_any_seen_pixel_gets_finite_latents(fitted: LatentModel) -> None:
    spectra, _ = curves(n=3)
    blind = replace(spectra, flux=np.zeros_like(spectra.flux), ivar=np.zeros_like(spectra.ivar))
    assert np.isfinite(fitted.reconstruct(blind)).all()


def test_a_model_takes_holes_as_they_are_where_it_says_so(fitted: LatentModel) -> None:
    spectra, clean = curves(n=50, seed=5, holes=0.5)
    infilled = np.where(spectra.seen, spectra.flux, clean.astype(np.float32))
    with_infill, without = (
        np.mean((fitted.reconstruct(survey) - clean) ** 2) for survey in (replace(spectra, infilled=infilled), spectra)
    )
    if Ability.TAKES_HOLES in fitted.abilities:
        assert without < 1.1 * with_infill
    else:
        assert with_infill < 0.7 * without


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_model(name: str) -> None:
    spectra, _ = curves(n=80)
    models = [new_model(name, **passes(name, 2)).fit(spectra, seed=seed) for seed in (5, 5, 6)]
    _assert_same_weights(models[0], models[1])
    if isinstance(models[0], GradientModel):  # others may draw no random number
        assert not np.allclose(models[0].encode(spectra), models[2].encode(spectra), atol=1e-6)


def test_saved_and_loaded_are_equal_by_numbers(fitted: LatentModel, tmp_path) -> None:
    save_model(fitted, tmp_path / "m", survey_id="curves", seconds=1.5, epochs=len(fitted.history), seed=1)
    loaded = load_model(tmp_path / "m")
    spectra, _ = curves(n=30, seed=8)
    np.testing.assert_array_equal(loaded.encode(spectra), fitted.encode(spectra))
    np.testing.assert_array_equal(loaded.reconstruct(spectra), fitted.reconstruct(spectra))
    assert type(loaded) is type(fitted)
    assert loaded.config == fitted.config
    assert loaded.grid == fitted.grid
    assert loaded.history == fitted.history
    for part in Part:
        np.testing.assert_array_equal(loaded.part_ids[part], fitted.part_ids[part])


def test_another_grid_is_refused_with_the_grid_to_ask_for(fitted: LatentModel) -> None:
    spectra, _ = curves(n=3)
    elsewhere = replace(spectra, grid=SpectralGrid.from_range(4100.0, 7000.0, GRID.n_pixel))
    with pytest.raises(GridMismatch, match="--grid 4000:7000:60"):
        fitted.encode(elsewhere)
    with pytest.raises(GridMismatch):
        fitted.fit(elsewhere)


def test_latents_of_the_wrong_number_are_refused(fitted: LatentModel) -> None:
    with pytest.raises(BadConfig, match=rf"\(n, {fitted.n_latent}\)"):
        fitted.decode(np.zeros((2, fitted.n_latent + 1)))


@pytest.mark.parametrize("name", NAMES)
def test_progress_tells_losses_of_each_epoch(name: str) -> None:
    spectra, _ = curves(n=80)
    heard: list[Progress] = []
    model = new_model(name, **passes(name, 3)).fit(spectra, heard.append)
    epochs = [progress for progress in heard if progress.step is not None]
    assert [progress.step for progress in epochs] == [record["epoch"] for record in model.history]
    for progress, record in zip(epochs, model.history, strict=True):
        assert {"train/loss", "validation/loss"} <= set(progress.values)
        assert dict(progress.values) == {name: value for name, value in record.items() if name != "epoch"}
        assert all(np.isfinite(value) for value in progress.values.values())
        assert 0 <= progress.fraction <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_cancelled_fit_stops_and_keeps_what_it_had(name: str) -> None:
    spectra, _ = curves(n=80)

    def report(progress: Progress) -> None:
        if progress.step == 2:
            raise Cancelled

    settings = {"tolerance": 1e-9} if has_setting(name, "tolerance") else {}
    model = new_model(name, **settings)
    with pytest.raises(Cancelled):
        model.fit(spectra, report)
    assert len(model.history) == 2
    _, clean = curves(n=80)
    assert np.mean((model.reconstruct(spectra) - clean) ** 2) < np.mean((clean.mean(axis=0) - clean) ** 2)


@pytest.mark.parametrize("name", NAMES)
def test_the_test_part_teaches_nothing_and_is_the_same_for_all(name: str) -> None:
    spectra, _ = curves(n=80)
    model = new_model(name, test_fraction=0.25, **passes(name, 2)).fit(spectra)
    test = model.unseen(spectra.ids)
    assert (test.part, len(test.rows)) == ("test", 20)
    nonsense = replace(spectra, flux=np.where(test.mask[:, None], -spectra.flux, spectra.flux))
    other = new_model(name, test_fraction=0.25, **passes(name, 2)).fit(nonsense)
    _assert_same_weights(model, other)
    assert [epoch["validation/loss"] for epoch in other.history if "validation/loss" in epoch] == [
        epoch["validation/loss"] for epoch in model.history if "validation/loss" in epoch
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_validation_part_is_not_learnt_from(name: str) -> None:
    spectra, _ = curves(n=80)
    model = new_model(name, validation_fraction=0.25, **passes(name, 1)).fit(spectra)
    held_out = model.in_part(Part.VALIDATION, spectra.ids)
    assert 0.1 < held_out.mean() < 0.4
    nonsense = replace(spectra, flux=np.where(held_out[:, None], -spectra.flux, spectra.flux))
    other = new_model(name, validation_fraction=0.25, **passes(name, 1)).fit(nonsense)
    _assert_same_weights(model, other, calibrated=("error_scale", "label_errors."))


def test_the_decoder_can_be_differentiated(fitted: LatentModel) -> None:
    if Ability.DECODES_GRADIENT not in fitted.abilities:
        pytest.skip("the model declares no differentiable decoder")
    spectra, _ = curves(n=4)
    latents = torch.tensor(fitted.encode(spectra), requires_grad=True)
    spectrum = fitted.decode_gradient(latents)
    np.testing.assert_allclose(spectrum.detach().numpy(), fitted.decode(latents.detach().numpy()), rtol=1e-5, atol=1e-6)
    spectrum[:, 10].sum().backward()
    assert torch.isfinite(latents.grad).all()
    assert (latents.grad != 0).any(dim=1).all()


@pytest.mark.parametrize("ability", PROTOCOLS)
def test_abilities_are_declared_where_and_only_where_they_are(fitted: LatentModel, ability: Ability) -> None:
    bases = [base for base in PROTOCOLS[ability].__mro__ if base.__module__ == PROTOCOLS[ability].__module__]
    members = {name for base in bases for name in (*vars(base), *base.__annotations__) if not name.startswith("_")}
    # Not by isinstance, which sees no buffers of PyTorch from Python 3.12 on.
    assert members
    assert (ability in fitted.abilities) == all(hasattr(fitted, name) for name in members)


def test_abilities_without_a_protocol_say_how_the_methods_of_all_models_behave() -> None:
    manners = {
        Ability.TAKES_HOLES,
        Ability.STREAMS,
        Ability.KEEPS_EPOCHS,
        Ability.STARTS_FROM,
        Ability.COMPUTES_ON_GPU,
    }
    assert set(Ability) - set(PROTOCOLS) == manners


def _assert_same_weights(first: LatentModel, second: LatentModel, calibrated: tuple[str, ...] = ()) -> None:
    """All equal but what is ``calibrated`` on the validation part after the fit."""
    others = second.state_dict()
    for name in first.state_dict():
        if name.startswith(calibrated):
            continue
        tensor = first.state_dict()[name]
        np.testing.assert_array_equal(tensor.numpy(), others[name].numpy(), err_msg=name)


def test_every_model_of_labels_has_learnt_its_errors(fitted: LatentModel) -> None:
    if Ability.EXPLAINS_LABELS in fitted.abilities:
        assert int(fitted.label_errors.n_used) > 100
