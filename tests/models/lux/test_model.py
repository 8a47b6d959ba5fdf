"""Lux against simulated stars of known truth, and each step against a case that is computed by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from stars_of_labels import FLUX_ERROR, TO_FLUX, TO_LABELS, UNITS, new_lux, stars

from specvae_core.errors import BadConfig, NotFound
from specvae_core.models import Lux, load_model, save_model
from specvae_core.models.lux.agendas import Agendas
from specvae_core.progress import ignore


@pytest.fixture(scope="module")
def lux() -> Lux:
    return new_lux().fit(stars(600)[0])


def test_labels_and_spectra_of_new_stars_are_recovered(lux: Lux) -> None:
    spectra, truth = stars(200, seed=5)
    labels, _ = lux.predict_labels(spectra)
    error = np.sqrt(np.mean(((labels - truth["labels"]) / UNITS) ** 2, axis=0))
    assert (error < 0.05).all()  # 108 pixels of S/N 50 tell more than a label does
    assert np.sqrt(np.mean((lux.reconstruct(spectra) - truth["flux"]) ** 2)) < 0.3 * FLUX_ERROR


def test_the_matrices_are_the_true_ones_up_to_a_rotation(lux: Lux) -> None:
    """What maps fluxes to labels does not depend on how the latent is turned: A B+ of Eq. 13."""
    expected = UNITS[:, None] * (TO_LABELS @ np.linalg.pinv(TO_FLUX))
    np.testing.assert_allclose(lux.label_derivatives(), expected, atol=0.05 * np.abs(expected).max())


def test_errors_of_labels_are_those_that_occur(lux: Lux) -> None:
    spectra, truth = stars(400, seed=6)
    labels, sigma = lux.predict_labels(spectra)
    pull = (labels - truth["labels"]) / sigma
    assert 0.7 < pull.std() < 1.3
    blurred = replace(spectra, ivar=spectra.ivar / 100)
    assert (lux.predict_labels(blurred)[1] > 2 * sigma).all()


def test_labels_follow_neither_the_level_nor_the_calibration_of_a_spectrum() -> None:
    """The same stars divided by another mean, and seen through a smooth error of the calibration."""
    lux, trusting = (new_lux(calibration=error).fit(stars(600)[0]) for error in (0.05, 0.0))
    spectra, _ = stars(200, seed=5)
    x = np.linspace(-1, 1, spectra.grid.n_pixel)
    level, calibration = np.float32(1.3), (1 + 0.06 * x - 0.04 * (2 * x**2 - 1)).astype(np.float32)
    scaled = replace(spectra, flux=level * spectra.flux, ivar=spectra.ivar / level**2)
    tilted = replace(spectra, flux=calibration * spectra.flux)
    for model in (lux, trusting):
        expected, error = model.predict_labels(spectra)
        assert np.abs((model.predict_labels(scaled)[0] - expected) / error).max() < 0.1
    (before, sigma), (trusted, small) = lux.predict_labels(spectra), trusting.predict_labels(spectra)
    assert np.sqrt(np.mean(((lux.predict_labels(tilted)[0] - before) / sigma) ** 2)) < 0.3
    assert np.sqrt(np.mean(((trusting.predict_labels(tilted)[0] - trusted) / small) ** 2)) > 1


def test_the_training_labels_say_whether_calibrations_are_to_be_trusted() -> None:
    """Where spectra are wrongly calibrated they are not; where smooth shapes carry the labels they must be."""
    spectra, _ = stars(600, unlabelled=0.0)
    x, random = np.linspace(-1, 1, spectra.grid.n_pixel), np.random.default_rng(0)
    tilt = 1 + 0.05 * random.normal(size=(600, 1)) * x + 0.05 * random.normal(size=(600, 1)) * (2 * x**2 - 1)
    assert new_lux().fit(replace(spectra, flux=(tilt * spectra.flux).astype(np.float32))).calibration_error > 0
    value = random.normal(size=600)
    smooth = 1 + 0.1 * value[:, None] * x + random.normal(0, 0.02, spectra.flux.shape)
    table = spectra.table.assign(teff=5000 + 500 * value, logg=3 + random.normal(size=600))
    assert new_lux().fit(replace(spectra, flux=smooth.astype(np.float32), table=table)).calibration_error == 0


def test_spectra_from_labels_carry_what_the_labels_tell(lux: Lux) -> None:
    """Two labels leave one of three latents open: the error bars must say so, and hold."""
    _, truth = stars(300, seed=7)
    flux, sigma = lux.spectra_from_labels(truth["labels"])
    residual = flux - truth["flux"]
    assert np.mean(residual**2) < 0.6 * np.mean((truth["flux"] - 1) ** 2)
    assert 0.7 < np.std(residual / sigma) < 1.3
    unknown = np.full((1, 2), np.nan)
    np.testing.assert_allclose(lux.spectra_from_labels(unknown)[0][0], lux.mean.numpy(), atol=1e-5)


def test_one_label_alone_moves_the_spectrum_by_less(lux: Lux) -> None:
    both = lux.spectra_from_labels(np.array([[6000.0, 4.0]]), np.full((1, 2), 1e-3))[1]
    one = lux.spectra_from_labels(np.array([[6000.0, np.nan]]), np.full((1, 2), 1e-3))[1]
    assert (one >= both - 1e-6).all()
    assert one.mean() > 1.05 * both.mean()


def test_latents_to_spare_do_not_learn_the_errors_of_labels() -> None:
    spectra, truth = stars(300, seed=5)
    labels, _ = new_lux(n_latent=24, test_fraction=0.0).fit(stars(300)[0]).predict_labels(spectra)
    assert np.sqrt(np.mean(((labels - truth["labels"]) / UNITS) ** 2)) < 0.08


def test_a_label_without_spectrum_and_a_spectrum_without_label_both_teach() -> None:
    spectra, truth = stars(400, seed=8, unlabelled=0.0)
    no_spectrum = np.arange(400) % 4 == 0
    no_label = np.arange(400) % 4 == 1
    table = spectra.table.copy()
    table.loc[no_label, ["teff", "logg"]] = np.nan
    partial = replace(spectra, table=table, ivar=np.where(no_spectrum[:, None], 0, spectra.ivar).astype(np.float32))
    model = new_lux().fit(partial)
    labels, _ = model.predict_labels(spectra)
    assert np.sqrt(np.mean(((labels - truth["labels"]) / UNITS) ** 2)) < 0.06


def test_labels_with_large_errors_hardly_count() -> None:
    spectra, truth = stars(400, seed=9, unlabelled=0.0)
    wrong = np.arange(400) % 3 == 0
    table = spectra.table.copy()
    table.loc[wrong, "teff"] += 3000.0
    trusted = new_lux().fit(replace(spectra, table=table)).predict_labels(spectra)[0]
    table.loc[wrong, "teff_err"] = 1e5
    doubted = new_lux().fit(replace(spectra, table=table)).predict_labels(spectra)[0]
    errors = [np.sqrt(np.mean((labels[:, 0] - truth["labels"][:, 0]) ** 2)) for labels in (trusted, doubted)]
    assert errors[0] > 500
    assert errors[1] < 50


def test_the_steps_of_the_first_agenda_are_least_squares() -> None:
    """The a-, b- and z-step against NumPy's own solver, star by star and output by output."""
    spectra, _ = stars(60, seed=2)
    model = new_lux()
    with torch.inference_mode():
        agendas = Agendas(model, spectra, spectra.take(slice(0, 5)), ignore)
        agendas.latents = agendas.start(torch.Generator().manual_seed(0))
        constant_and_first = np.column_stack([np.ones(60), agendas.latents.double().numpy()])
        target, weight = agendas.target.double().numpy(), agendas.weight.double().numpy()
        agendas.turn = lambda: None
        agendas.first()
    shifted = agendas.target.double().numpy()
    outputs = np.vstack([model.to_labels.numpy(), model.to_flux.numpy()])
    for i in (0, 1, 2, 50):
        expected = _least_squares(constant_and_first, target[:, i], weight[:, i])
        np.testing.assert_allclose(outputs[i], expected[1:], rtol=2e-3, atol=2e-3 * np.abs(expected).max())
        np.testing.assert_allclose(target[:, i] - shifted[:, i], expected[0], atol=1e-3)
    for n in (0, 30):
        expected = _least_squares(outputs, shifted[n], weight[n])
        np.testing.assert_allclose(agendas.latents[n].numpy(), expected, rtol=2e-3, atol=2e-3)


def test_turning_the_latents_changes_no_prediction_and_gives_them_unit_variance() -> None:
    spectra, _ = stars(100, seed=2)
    model = new_lux()
    with torch.inference_mode():
        agendas = Agendas(model, spectra, spectra.take(slice(0, 5)), ignore)
        agendas.latents = agendas.start(torch.Generator().manual_seed(0)) * torch.tensor([3.0, 0.2, 1.0])
        model.to_flux.copy_(torch.from_numpy(TO_FLUX).float())
        model.to_labels.copy_(torch.from_numpy(TO_LABELS).float())
        before = (
            model.decode_gradient(agendas.latents),
            model.centre + model.scale * model.scaled_labels(agendas.latents),
        )
        agendas.turn()
        after = (
            model.decode_gradient(agendas.latents),
            model.centre + model.scale * model.scaled_labels(agendas.latents),
        )
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(other.numpy(), one.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose((agendas.latents.T @ agendas.latents / 100).numpy(), np.eye(3), atol=1e-3)


def test_the_scatter_of_a_pixel_is_found() -> None:
    spectra, _ = stars(800, seed=3, holes=0.0)
    random = np.random.default_rng(0)
    flux = spectra.flux.copy()
    flux[:, 17] += random.normal(0, 0.1, 800).astype(np.float32)
    model = new_lux().fit(replace(spectra, flux=flux))
    scatter = model.variance.sqrt().numpy()
    assert scatter[17] == pytest.approx(0.1, rel=0.1)
    assert np.median(np.delete(scatter, 17)) < 0.01


def test_a_strong_penalty_draws_latents_towards_zero() -> None:
    spectra, _ = stars(200, seed=4)
    sizes = [np.abs(new_lux(regularisation=omega).fit(spectra).encode(spectra)).mean() for omega in (0.0, 1e4)]
    assert sizes[1] < 0.5 * sizes[0]


def test_the_network_learns_labels_that_bend() -> None:
    spectra, truth = stars(800, seed=5, unlabelled=0.0)
    new, new_truth = stars(300, seed=6)
    errors = []
    for n_hidden in (0, 128):
        table = spectra.table.assign(teff=_bent(truth["labels"]), teff_err=0.02)
        model = new_lux(n_hidden=n_hidden).fit(replace(spectra, table=table))
        errors.append(np.std(model.predict_labels(new)[0][:, 0] - _bent(new_truth["labels"])))
    assert errors[1] < 0.25 * errors[0]


def test_saved_equals_loaded_with_labels_and_errors(lux: Lux, tmp_path) -> None:
    save_model(lux, tmp_path / "lux", survey_id="stars", seconds=1.0, epochs=len(lux.history))
    loaded, spectra = load_model(tmp_path / "lux"), stars(20, seed=11)[0]
    for one, other in zip(loaded.predict_labels(spectra), lux.predict_labels(spectra), strict=True):
        np.testing.assert_array_equal(one, other)
    assert loaded.label_names == ("teff", "logg")


@pytest.mark.parametrize(
    ("labels", "error", "says"),
    [
        ("", BadConfig, "No labels were named"),
        ("teff,mass", NotFound, "no label column mass"),
        ("teff,nothing", BadConfig, "nothing is missing for all 30"),
        ("teff,word", BadConfig, "word holds text"),
        ("teff,teff", BadConfig, "named twice"),
        ("teff,wrong", BadConfig, "wrong_err is negative for 1"),
    ],
)
def test_labels_that_cannot_be_learnt_are_told_in_a_sentence(labels: str, error: type, says: str) -> None:
    spectra, _ = stars(30)
    table = spectra.table.assign(nothing=np.nan, word="K3", wrong=1.0, wrong_err=[-1.0] + [1.0] * 29)
    with pytest.raises(error, match=says):
        new_lux(labels=labels).fit(replace(spectra, table=table))


def test_fewer_latents_than_labels_are_refused() -> None:
    with pytest.raises(BadConfig, match="2 labels need at least 2"):
        new_lux(n_latent=1).fit(stars(30)[0])


def test_labels_of_the_wrong_number_are_refused(lux: Lux) -> None:
    with pytest.raises(BadConfig, match="teff, logg"):
        lux.spectra_from_labels(np.zeros((2, 3)))


def _least_squares(basis: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    root = np.sqrt(weight)
    return np.linalg.lstsq(basis * root[:, None], target * root, rcond=None)[0]


def _bent(labels: np.ndarray) -> np.ndarray:
    return np.sin((labels[:, 0] - 5000) / 500)
