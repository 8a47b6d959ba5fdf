"""The untapped model: every part of its loss, planted endmembers, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import torch

from specvae_core.analysis.unmixing import spectral_angles
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig, NotFound
from specvae_core.grid import SpectralGrid
from specvae_core.models.untapped.distributions import BoundedNormal, inside, uniform_fractions, uniform_nuisance
from specvae_core.models.untapped.model import Untapped
from specvae_core.models.untapped.objective import recomposed
from specvae_core.models.untapped.settings import SETTINGS, UntappedConfig

GRID = SpectralGrid.from_range(4000.0, 7000.0, 40)
NAMES = ("a", "b", "c")
CONFIG = {"components": ",".join(NAMES), "max_epochs": 12}


def endmembers() -> np.ndarray:
    """Three spectra, each with a band of its own, (3, 40)."""
    position = np.linspace(-1, 1, GRID.n_pixel)
    bands = [np.exp(-0.5 * ((position - at) / 0.2) ** 2) for at in (-0.6, 0.0, 0.6)]
    return 1 - 0.5 * np.array(bands)


def mixtures(n: int = 300, seed: int = 0, unlabelled: int = 0) -> SpectraSet:
    """Mixtures from the middle of the simplex whose brightness varies: the nuisance."""
    random = np.random.default_rng(seed)
    fractions = 0.1 + 0.7 * random.dirichlet(np.ones(3), n)
    brightness = 1 + 0.1 * random.uniform(-1, 1, (n, 1))
    flux = brightness * (fractions @ endmembers()) + random.normal(0, 0.01, (n, GRID.n_pixel))
    fractions[n - unlabelled :] = np.nan
    table = pd.DataFrame(fractions, columns=list(NAMES))
    table.insert(0, "id", [f"{seed}-{i}" for i in range(n)])
    return SpectraSet(GRID, flux.astype(np.float32), np.full(flux.shape, 1e4, np.float32), table)


@pytest.fixture(scope="module")
def fitted() -> Untapped:
    return Untapped(GRID, UntappedConfig(**CONFIG)).fit(mixtures(unlabelled=60))


def test_planted_endmembers_are_found_outside_of_the_training_set(fitted: Untapped) -> None:
    flux = mixtures(unlabelled=60).flux
    found, true = fitted.endmembers, endmembers()
    error = np.linalg.norm(found - true, axis=1)
    nearest = [np.linalg.norm(flux - spectrum, axis=1).min() for spectrum in true]
    assert (error < 0.8 * np.array(nearest)).all()
    assert [int(np.argmin(np.linalg.norm(true - spectrum, axis=1))) for spectrum in found] == [0, 1, 2]


def test_abundances_of_new_spectra_are_right_within_their_errors(fitted: Untapped) -> None:
    spectra = mixtures(200, seed=5)
    values, sigma = fitted.predict_labels(spectra)
    truth = spectra.table[list(NAMES)].to_numpy()
    np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(values, fitted.abundances(spectra), atol=1e-6)
    assert np.sqrt(np.mean((values - truth) ** 2)) < 0.04
    assert (sigma > 0).all()
    assert 0.5 < np.mean(np.abs(values - truth) < sigma) < 0.85


def test_the_nuisance_follows_what_is_no_composition(fitted: Untapped) -> None:
    spectra = mixtures(200, seed=6)
    nuisance = fitted.encode(spectra)[:, -1]
    brightness = spectra.flux.mean(axis=1) / (spectra.table[list(NAMES)].to_numpy() @ endmembers().mean(axis=1))
    assert abs(np.corrcoef(nuisance, brightness)[0, 1]) > 0.9


def _silent(**settings: object) -> Untapped:
    """A model whose networks give 0 for every input: standard normal distributions throughout."""
    model = Untapped(GRID, UntappedConfig(**CONFIG, **settings))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    return model


@pytest.mark.parametrize("setting", ["minerals", "digits"])
def test_made_up_spectra_teach_the_decoder_by_eq_20_and_the_abundances_by_eq_13(setting: str) -> None:
    model = Untapped(GRID, UntappedConfig(**CONFIG | {"setting": setting}))
    data = model.tensors(mixtures(20))
    model.prepare(data, torch.Generator().manual_seed(0))

    def taught(part: str) -> tuple[bool, bool]:
        model.zero_grad()
        model.loss(data, torch.Generator().manual_seed(1))[part].backward()
        networks = (model.spectrum_network, model.fractions_network)
        return tuple(any(p.grad is not None and bool(p.grad.any()) for p in n.parameters()) for n in networks)

    assert taught("reverse_unfeatured") == (True, False)
    assert taught("recomposed") == (False, True)


def test_labels_settle_what_fractions_mean_before_unlabelled_spectra_join_in() -> None:
    def error_at_the_start(unlabelled: int) -> float:
        model = Untapped(GRID, UntappedConfig(**CONFIG))
        data = model.tensors(mixtures(300, unlabelled=unlabelled))
        model.prepare(data, torch.Generator().manual_seed(0))
        with torch.no_grad():
            known = {name: values[: 300 - unlabelled] for name, values in data.items()}
            return float(model.loss(known, torch.Generator().manual_seed(1))["fractions"])

    assert error_at_the_start(unlabelled=200) < 0.1 * error_at_the_start(unlabelled=0)


def test_every_part_of_the_loss_is_what_the_equations_say() -> None:
    model, copies = _silent(), 4000  # of seven objects, so that parts come near their expectations
    seven = {name: values[-7:].clone() for name, values in model.tensors(mixtures(20, unlabelled=3)).items()}
    seven["ivar"][0] = 0  # labels without a spectrum
    with torch.no_grad():
        batch = {name: values.repeat(copies, 1) for name, values in seven.items()}
        parts = model.loss(batch, torch.Generator().manual_seed(2))
    x, y, x_u = seven["flux"][1:4], inside(seven["fractions"][1:4]), seven["flux"][4:]
    half_log, weight = 0.5 * np.log(2 * np.pi), 200 / GRID.n_pixel  # the weights are those of 200 pixels

    def gaussian(values: torch.Tensor) -> torch.Tensor:
        return -(0.5 * values.square() + half_log).sum(dim=1)

    def fractions_density(values: torch.Tensor) -> torch.Tensor:
        logs = values.log()
        return gaussian(logs[:, :2] - logs[:, 2:]) - logs.sum(dim=1)

    def nuisance_density(values: torch.Tensor) -> torch.Tensor:
        share = values / 3 + 0.5
        return gaussian(torch.logit(share)) - (3 * share * (1 - share)).log().sum(dim=1)

    n, generator = 200_000, torch.Generator().manual_seed(9)
    ratios = torch.nn.functional.pad(torch.randn((n, 2), generator=generator), (0, 1))
    drawn_y = float(fractions_density(ratios.softmax(dim=1)).mean())
    drawn_z = float(nuisance_density(3 * torch.randn((n, 1), generator=generator).sigmoid() - 1.5).mean())
    expected = weight * float(gaussian(x).sum()) - 3 * drawn_z
    assert float(parts["forward_labelled"]) == pytest.approx(-expected / 7, abs=0.02)
    expected = weight * float(gaussian(x_u).sum()) - 3 * (drawn_z + drawn_y)
    assert float(parts["forward_unlabelled"]) == pytest.approx(-expected / 7, abs=0.04)
    expected_y = ratios.softmax(dim=1).mean(dim=0)  # of the silent q(y|x): wider in the first two than in the last
    kl = float((y * (y / expected_y).log()).sum())
    assert float(parts["fractions"]) == pytest.approx(kl / 7, abs=5e-4)
    assert float(parts["spectra"]) == pytest.approx(weight * float(x.square().sum()) / 7, rel=1e-4)
    assert float(parts["reverse_labelled"]) == pytest.approx(-float(fractions_density(y).sum()) / 7, rel=1e-4)
    prior = inside(uniform_fractions(n, 3, generator))
    expected = float(fractions_density(inside(seven["fractions"][:1]))[0]) + 3 * float(fractions_density(prior).mean())
    expected += 4 * float(nuisance_density(uniform_nuisance(n, 1, generator)).mean())
    expected += 4 * weight * GRID.n_pixel * (0.5 + half_log)  # minus the mean log-density of standard normal noise
    assert float(parts["reverse_unfeatured"]) == pytest.approx(-expected / 7, abs=0.4)
    kl = 3 * float((prior * (prior / expected_y).log()).sum(dim=1).mean())
    assert float(parts["recomposed"]) == pytest.approx(kl / 7, rel=0.03)
    setting = SETTINGS["minerals"]
    total = setting.forward * (parts["forward_labelled"] + parts["forward_unlabelled"])
    total = total + setting.fractions * parts["fractions"] + setting.spectra * parts["spectra"]
    total = total + setting.reverse * (parts["reverse_labelled"] + setting.unfeatured * parts["reverse_unfeatured"])
    total = total + setting.taught * setting.fractions * parts["recomposed"]
    assert float(parts["loss"]) == pytest.approx(float(total), rel=1e-6)


def test_a_spectrum_of_another_composition_keeps_what_the_decoder_cannot_explain(fitted: Untapped) -> None:
    spectra = mixtures(100, seed=7)
    data = fitted.tensors(spectra)
    y, other = data["fractions"], fitted.tensors(mixtures(100, seed=8))["fractions"]
    x, seen = fitted.standardised(data["flux"]), torch.ones_like(data["flux"])
    seen[:, :5] = 0
    made_up = (fitted.mean + fitted.scatter * recomposed(fitted, x, y, seen, other)).numpy()
    old, new = y.numpy() @ endmembers(), other.numpy() @ endmembers()
    brightness = spectra.flux.mean(axis=1, keepdims=True) / old.mean(axis=1, keepdims=True)
    noise, rest = spectra.flux - brightness * old, made_up - brightness * new
    assert rest.std() < 0.25 * (new - old).std()
    assert np.corrcoef(noise[:, 5:].ravel(), rest[:, 5:].ravel())[0, 1] > 0.7
    assert np.corrcoef(noise[:, :5].ravel(), rest[:, :5].ravel())[0, 1] < 0.4


def test_without_the_reverse_direction_it_is_m2() -> None:
    forward = {"loss", "forward_labelled", "forward_unlabelled", "fractions", "spectra"}
    for recompose, more in ((False, set()), (True, {"recomposed"})):
        model = _silent(reverse=0.0, recompose=recompose)
        assert set(model.loss(model.tensors(mixtures(10)), torch.Generator().manual_seed(0))) == forward | more


@pytest.mark.parametrize("bound", ["eq20", "eq21"])
def test_the_bounds_of_the_paper_train_the_abundances_with_made_up_spectra(bound: str) -> None:
    model = Untapped(GRID, UntappedConfig(**CONFIG, bound=bound))
    data = model.tensors(mixtures(20))
    model.prepare(data, torch.Generator().manual_seed(0))
    model.loss(data, torch.Generator().manual_seed(1))["reverse_unfeatured"].backward()
    for network in (model.spectrum_network, model.fractions_network, model.nuisance_network):
        assert any(bool(p.grad.any()) for p in network.parameters())


def test_eq_9_counts_the_nuisance_and_eq_22_is_0_where_it_does_not_depend_on_the_spectrum() -> None:
    batch = {
        name: values.repeat(4000, 1)
        for name, values in Untapped(GRID, UntappedConfig(**CONFIG)).tensors(mixtures(2)).items()
    }
    with torch.no_grad():
        parts = {
            bound: _silent(bound=bound).loss(batch, torch.Generator().manual_seed(2))
            for bound in ("decoder", "eq20", "eq21")
        }
        z = uniform_nuisance(100_000, 1, torch.Generator().manual_seed(3))
        density = BoundedNormal(torch.zeros_like(z), torch.zeros_like(z)).log_prob(z).mean()
    added = parts["eq20"]["reverse_labelled"] - parts["decoder"]["reverse_labelled"]
    assert float(added) == pytest.approx(-float(density), abs=0.02)
    # with silent networks q(z|y) is q(z|x,y): both cancel in Eq. 21, and Eq. 22 is 0
    assert float(parts["eq21"]["reverse_labelled"]) == pytest.approx(
        float(parts["decoder"]["reverse_labelled"]), abs=1e-3
    )
    assert float(parts["eq21"]["nuisance_of_labels"]) == pytest.approx(0, abs=1e-3)


def test_shapes_weigh_dark_spectra_like_bright_ones() -> None:
    random = np.random.default_rng(0)
    fractions = random.dirichlet(np.ones(3), 400)
    brightness = np.exp(fractions @ np.log([[1.0], [0.8], [0.05]]))
    flux = brightness * (fractions @ endmembers()) * (1 + 0.002 * random.standard_normal((400, GRID.n_pixel)))
    labels = np.where(fractions.max(axis=1, keepdims=True) < 0.8, fractions, np.nan)
    table = pd.DataFrame(labels, columns=list(NAMES)).assign(id=[f"dark-{i}" for i in range(400)])
    spectra = SpectraSet(GRID, flux.astype(np.float32), np.full(flux.shape, 1e4, np.float32), table)
    config = UntappedConfig(**CONFIG | {"max_epochs": 4}, inputs="shape", nonnegative=True, reverse=0.0)
    model = Untapped(GRID, config).fit(spectra)
    assert spectral_angles(model.endmembers, endmembers()).max() < 0.1
    assert (model.endmembers > 0).all()
    x = model.standardised(torch.tensor(spectra.flux))
    np.testing.assert_allclose(model.flux_of(x).numpy(), spectra.flux, rtol=1e-3)
    brighter = model.standardised(torch.tensor(3 * spectra.flux))
    torch.testing.assert_close(brighter[:, :-1], x[:, :-1], rtol=1e-3, atol=1e-3)


def test_digits_are_categories_and_images() -> None:
    spectra = mixtures(60)
    images = SpectraSet(GRID, (spectra.flux > 0.8).astype(np.float32), spectra.ivar, spectra.table)
    model = Untapped(GRID, UntappedConfig(**CONFIG | {"setting": "digits", "max_epochs": 2, "n_nuisance": 2}))
    model.fit(images)
    assert model.endmembers.min() >= 0
    assert model.endmembers.max() <= 1
    assert model.encode(images).shape == (60, 5)


@pytest.mark.parametrize(
    ("table", "error", "sentence"),
    [
        ({"a": 0.5, "b": 0.5}, NotFound, "no label column c"),
        ({"a": 0.5, "b": 0.5, "c": 0.5}, BadConfig, "sum to 1"),
        ({"a": 1.5, "b": -0.5, "c": 0.0}, BadConfig, "at least 0"),
        ({"a": np.nan, "b": 0.5, "c": 0.5}, BadConfig, "a is missing for all"),
        ({"a": "x", "b": 0.5, "c": 0.5}, BadConfig, "holds text"),
    ],
)
def test_wrong_fractions_are_told_in_a_sentence(table: dict, error: type, sentence: str) -> None:
    spectra = mixtures(20)
    wrong = SpectraSet(GRID, spectra.flux, spectra.ivar, pd.DataFrame({"id": spectra.ids} | table))
    with pytest.raises(error, match=sentence):
        Untapped(GRID, UntappedConfig(**CONFIG)).fit(wrong)


def test_a_single_endmember_is_refused() -> None:
    with pytest.raises(BadConfig, match="at least two endmembers"):
        Untapped(GRID, UntappedConfig(components="a"))
    with pytest.raises(BadConfig, match="reverse"):
        UntappedConfig(reverse=-0.5)
