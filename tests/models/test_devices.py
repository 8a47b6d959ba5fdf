"""Models on another device give the same as on the processor, and say so where there is none or no room."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from elsewhere import ELSEWHERE, SecondDevice
from survey_of_curves import curves

from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig, UserError
from specvae_core.inverse import parse_problem, solve
from specvae_core.models import MODELS, Ability, LatentModel
from specvae_core.models.devices import over_rows

SETTINGS = {"n_latent": 2, "max_epochs": 1, "epoch_steps": 20}
MOVING = ("ae", "infovae")


@pytest.fixture(scope="module")
def spectra() -> SpectraSet:
    return curves(n=120)[0]


@pytest.fixture(scope="module", params=MOVING)
def fitted(request, spectra) -> LatentModel:
    model = MODELS[request.param]
    return model(spectra.grid, model.Config(**SETTINGS)).fit(spectra)


def both(model: LatentModel, ask: Callable[[LatentModel], object]) -> tuple[object, object]:
    """Answers of a model on the processor and on the other device."""
    here = ask(model)
    with SecondDevice():
        return here, ask(copy.deepcopy(model).to(ELSEWHERE))


def test_latents_and_spectra_are_those_of_the_processor(fitted: LatentModel, spectra: SpectraSet) -> None:
    here, there = both(fitted, lambda model: (model.device, model.encode(spectra), model.reconstruct(spectra)))
    assert (here[0], there[0]) == (torch.device("cpu"), ELSEWHERE)
    if Ability.ENCODES_UNCERTAINTY in fitted.abilities:  # searches of two codes: rounding decides where pieces meet
        width = np.exp(fitted.encode_uncertainty(spectra)[1] / 2)
        apart = np.abs(there[1] - here[1]) / width
        assert np.quantile(apart, 0.98) < 0.01
        assert apart.max() < 0.1
        np.testing.assert_allclose(there[2], here[2], rtol=2e-3, atol=1e-3)
    else:
        np.testing.assert_allclose(there[1], here[1], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(there[2], here[2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("problem", ["inpaint:0.4", "blur:100+downsample:4"])
def test_solutions_are_those_of_the_processor(fitted: LatentModel, spectra: SpectraSet, problem: str) -> None:
    posed, _ = parse_problem(problem, spectra.grid).pose(spectra.take(np.arange(4)), 0)
    codes = fitted.encode(spectra)
    here, there = both(fitted, lambda model: solve(posed, model, candidates=codes, draws=2))
    for name in ("latents", "spectra", "sigma", "draws", "misfit", "converged"):
        np.testing.assert_allclose(getattr(there, name), getattr(here, name), rtol=1e-4, atol=1e-4, err_msg=name)


def test_a_gpu_that_is_not_there_is_refused_in_a_sentence(fitted: LatentModel) -> None:
    assert fitted.on("cpu") is fitted
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert fitted.on("auto") is fitted
    with pytest.raises(BadConfig, match="PyTorch finds no GPU here: use cpu or auto"):
        fitted.on("cuda")


def test_a_model_that_gpus_are_no_use_to_stays_on_the_processor(spectra: SpectraSet) -> None:
    model = MODELS["pca"](spectra.grid, MODELS["pca"].Config(n_latent=2)).fit(spectra)
    assert Ability.COMPUTES_ON_GPU not in model.abilities
    assert model.on("auto") is model


def crowded(room: int) -> Callable[[slice], list[int]]:
    """Work that takes as many rows as there is room for."""

    def work(rows: slice) -> list[int]:
        if rows.stop - rows.start > room:
            raise torch.OutOfMemoryError
        return list(range(rows.start, rows.stop))

    return work


@pytest.mark.parametrize(("n", "size"), [(0, 64), (7, 64), (100, 64), (300, 4096)])
def test_rows_that_a_gpu_has_no_room_for_are_done_in_smaller_parts(n: int, size: int) -> None:
    assert [row for part in over_rows(crowded(40), n, size) for row in part] == list(range(n))


def test_a_gpu_without_room_for_anything_is_named_in_a_sentence() -> None:
    with pytest.raises(UserError, match="The GPU has no room for 16 spectra at once: free its memory, or use"):
        over_rows(crowded(3), 100, 64)
