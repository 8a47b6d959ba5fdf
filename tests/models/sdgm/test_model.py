"""The photo-z model: each term of its loss by hand, and redshift densities that are known."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from galaxies_of_three_bands import BANDS, galaxies, small
from scipy import stats

from specvae_core.analysis.photoz import point_metrics, score
from specvae_core.errors import BadConfig, GridMismatch, NotFound, UserError
from specvae_core.grid import BandGrid
from specvae_core.models import PredictsRedshift, load_model, save_model
from specvae_core.models.sdgm.density import point_estimates
from specvae_core.models.sdgm.model import SDGM, SDGMConfig, resampled
from specvae_core.models.sdgm.networks import Gaussian


@pytest.fixture(scope="module")
def trained() -> SDGM:
    settings = {"n_latent": 5, "hidden": 32, "max_epochs": 9, "batch_size": 96, "learning_rate": 5e-3}
    return small(**settings, resample=0.0, hide=0.05).fit(galaxies(1500), seed=1)


def constant(network: Gaussian, mean: list[float], log_variance: float) -> None:
    """Let a network give the same output for every input."""
    last = network.network[-1]
    torch.nn.init.zeros_(last.weight)
    last.bias.data = torch.tensor([*mean, log_variance])


def by_hand() -> SDGM:
    """A model whose Gaussians are all known constants; widths of 0 for a and b, so that draws are the means."""
    model = small().eval()
    constant(model.q_b, [0.3], -14.0)
    constant(model.q_a, [-0.2], -14.0)
    constant(model.q_z, [0.5], math.log(0.25))
    constant(model.p_b, [0.1], math.log(4.0))
    constant(model.p_x, [0.0, 1.0, 2.0], math.log(0.09))
    model.prior_mean.data.fill_(0.2)
    model.prior_log_variance.data.fill_(math.log(2.25))
    model.log_z_location.fill_(-1.5)
    model.log_z_scale.fill_(0.4)
    return model


def parts_of(model: SDGM, batch: dict[str, torch.Tensor], seed: int = 0) -> dict[str, float]:
    """The parts of the loss as numbers."""
    with torch.no_grad():
        return {name: float(value) for name, value in model.loss(batch, torch.Generator().manual_seed(seed)).items()}


def copies(**one: torch.Tensor) -> dict[str, torch.Tensor]:
    """An object so many times that the mean over draws is near its expectation."""
    return {name: values.expand(20_000, -1) for name, values in one.items()}


def log_normal(z: float, mean: float, sigma: float) -> float:
    """SciPy's log-normal density in redshift of a Gaussian in standardised log z."""
    return stats.lognorm.logpdf(z, s=0.4 * sigma, scale=math.exp(-1.5 + 0.4 * mean))


def test_the_labelled_terms_are_those_of_equations_3_and_8() -> None:
    model, z = by_hand(), 0.3
    x = np.array([0.4, 0.9, 1.7])
    flux, ivar = torch.tensor(x[None], dtype=torch.float32), torch.ones(1, 3)
    parts = parts_of(model, copies(flux=flux, ivar=ivar, log_z=torch.tensor([[math.log(z)]])))
    width = math.exp(-7.0)
    peak = stats.norm.logpdf(0, 0, width)  # log q at its own mean; draws lie within a thousandth of it
    joint = stats.norm.logpdf(x, [0, 1, 2], 0.3).sum() + stats.norm.logpdf(0.3, 0.1, 2.0) + stats.norm.logpdf(-0.2)
    bound = joint + log_normal(z, 0.2, 1.5) - 2 * peak + 2 * 0.5
    assert parts["labelled"] == pytest.approx(-bound, abs=0.03)
    assert parts["unlabelled"] == 0
    assert parts["predictive"] == pytest.approx(-log_normal(z, 0.5, 0.5), rel=1e-5)
    assert parts["loss"] == pytest.approx(parts["labelled"] + parts["predictive"])


def test_the_unlabelled_term_is_that_of_equation_6_and_a_missing_band_is_left_out() -> None:
    model = by_hand()
    flux, ivar = torch.tensor([[0.4, 99.0, 1.7]]), torch.tensor([[1.0, 0.0, 1.0]])
    parts = parts_of(model, copies(flux=flux, ivar=ivar, log_z=torch.tensor([[torch.nan]])))
    joint = (
        stats.norm.logpdf([0.4, 1.7], [0, 2], 0.3).sum() + stats.norm.logpdf(0.3, 0.1, 2.0) + stats.norm.logpdf(-0.2)
    )
    encoder = 2 * stats.norm.logpdf(0, 0, math.exp(-7.0)) - 2 * 0.5
    divergence = math.log(1.5 / 0.5) + (0.5**2 + (0.5 - 0.2) ** 2) / (2 * 1.5**2) - 0.5  # of q(z|b, x) from p(z)
    assert parts["unlabelled"] == pytest.approx(-(joint - encoder - divergence), abs=0.03)
    assert parts["labelled"] == parts["predictive"] == 0


def test_alpha_is_the_number_of_objects_for_each_labelled_one() -> None:
    spectra = galaxies(200)
    spectra.table.loc[50:, "redshift"] = np.nan
    for model, alpha in ((small(), 4.0), (small(alpha=7.0), 7.0)):
        model.prepare(model.tensors(spectra), torch.Generator().manual_seed(0))
        assert float(model.alpha) == pytest.approx(alpha)


def test_more_draws_estimate_the_same_expectation() -> None:
    spectra = galaxies(100)
    losses = []
    for n_mc in (1, 300):
        model = by_hand()
        model.config = replace(model.config, n_mc=n_mc)
        data = model.tensors(spectra.take(slice(0, 2)))
        draws = [parts_of(model, data, seed)["loss"] for seed in range(300 // n_mc)]
        losses.append(np.mean(draws))
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


def test_magnitudes_are_resampled_with_their_own_errors() -> None:
    flux, ivar = torch.zeros(20_000, 3), torch.tensor([4.0, 100.0, 0.0]).expand(20_000, 3)
    drawn = resampled(flux, ivar, 2.0, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(drawn.std(dim=0), [1.0, 0.2, 0.0], rtol=0.03)


def test_both_estimators_find_the_known_redshift_density(trained: SDGM) -> None:
    spectra = galaxies(400, seed=9)
    truth = spectra.table["redshift"].to_numpy()
    best = np.sqrt(np.mean((truth * np.expm1(0.1)) ** 2))  # the error of the one band that tells the redshift
    for estimator, factor in (("marginal", 1.15), ("importance", 1.6)):
        pdf = trained.redshift_pdf(spectra, estimator)
        np.testing.assert_allclose(np.trapezoid(pdf, trained.redshift_grid, axis=1), 1.0)
        z_phot = point_estimates(trained.redshift_grid, pdf)["z_phot"]
        assert point_metrics(z_phot, truth).rms < factor * best
        assert score(trained.redshift_grid, pdf, truth).metrics()["pit_ks"] < 0.12
    assert isinstance(trained, PredictsRedshift)


def test_wrong_widths_are_put_right_on_the_validation_part(trained: SDGM) -> None:
    model, survey, others = copy.deepcopy(trained), galaxies(1500), galaxies(1500, seed=9)
    model.q_z.network[-1].bias.data[-1] -= 0.8  # too sure by a factor of exp(0.4)
    model.width_scale.fill_(1.0)
    model.pit_shape.zero_()
    truth = others.table["redshift"].to_numpy()

    def ks() -> float:
        return score(model.redshift_grid, model.redshift_pdf(others), truth).metrics()["pit_ks"]

    assert ks() > 0.1
    model.calibrate(survey)
    assert ks() < 0.06
    assert float(model.width_scale / trained.width_scale) == pytest.approx(math.exp(0.4), rel=0.15)


def test_the_grid_of_redshifts_is_fine_where_errors_are_small() -> None:
    model = small()
    model.highest_redshift.fill_(4.8)
    grid = model.redshift_grid
    narrow = stats.norm.pdf(grid, 0.020, 0.002)[None]
    narrow /= np.trapezoid(narrow, grid, axis=1)
    found = point_estimates(grid, narrow)
    assert found["z_phot"][0] == pytest.approx(0.020, abs=1e-4)
    assert found["z_high"][0] - found["z_low"][0] == pytest.approx(0.004, rel=0.05)
    assert np.diff(grid).max() < 0.03
    assert grid[-1] == pytest.approx(4.8)


def test_further_measurements_enter_without_colours_and_tell_the_redshift() -> None:
    spectra = galaxies(600)
    random, log_z = np.random.default_rng(4), np.log(spectra.table["redshift"].to_numpy())
    flat = spectra.flux[:, :1] + random.normal(0, 0.02, (600, 3))  # bands that tell nothing
    radius = -2 * log_z[:, None] + random.normal(0, 0.1, (600, 1))
    grid = BandGrid(BANDS.bands, ("radius",))
    flux = np.hstack([flat, radius]).astype(np.float32)
    further = replace(spectra, grid=grid, flux=flux, ivar=np.full(flux.shape, 100.0, np.float32))
    config = SDGMConfig(n_latent=3, hidden=16, max_epochs=5, learning_rate=5e-3, batch_size=64)
    model = SDGM(grid, config).fit(further)
    assert model.q_b.network[0].in_features == 3 * 4 + 2
    found = model.predict_redshift(further)["z_phot"]
    assert np.corrcoef(np.log(found), log_z)[0, 1] > 0.9


def test_layers_and_widths_of_the_distributions_are_settings() -> None:
    model = small(layers="24,16,8", widths="each")
    sizes = [layer.out_features for layer in model.p_x.network if isinstance(layer, torch.nn.Linear)]
    assert sizes == [24, 16, 8, 6]
    spectra = galaxies(80)
    model.config = replace(model.config, max_epochs=1)
    assert np.isfinite(model.fit(spectra).redshift_pdf(spectra.take(slice(0, 3)))).all()
    assert model.encode_uncertainty(spectra)[1].shape == (80, 3)
    with pytest.raises(BadConfig, match="512,256,128"):
        small(layers="24,x")


def test_an_ensemble_averages_the_densities_of_its_members(tmp_path) -> None:
    spectra, settings = galaxies(150), {"max_epochs": 2, "batch_size": 64, "learning_rate": 5e-3}
    told: list[float] = []
    model = small(members=2, **settings)
    model.fit(spectra, lambda progress: told.append(progress.fraction), seed=1)
    second = model.ensemble[1]
    assert told == sorted(told)
    some, alone = spectra.take(slice(0, 4)), small(**settings)
    alone.load_state_dict({name: values for name, values in model.state_dict().items() if "others" not in name})
    own, other = alone.redshift_pdf(some), second.redshift_pdf(some)
    assert np.abs(own - other).max() > 0.1
    np.testing.assert_allclose(model.redshift_pdf(some), (own + other) / 2, atol=1e-6)
    save_model(model, tmp_path / "m", survey_id="galaxies", seconds=1.0, epochs=1)
    np.testing.assert_array_equal(load_model(tmp_path / "m").redshift_pdf(some), model.redshift_pdf(some))


def test_inputs_drawn_within_their_errors_widen_the_estimate(trained: SDGM) -> None:
    model, spectra = copy.deepcopy(trained), galaxies(100, seed=9)
    narrow = model.predict_redshift(spectra)
    model.config = replace(model.config, resample_estimate=1.0)
    wide = model.predict_redshift(spectra)
    ratio = np.median((wide["z_high"] - wide["z_low"]) / (narrow["z_high"] - narrow["z_low"]))
    assert ratio == pytest.approx(math.sqrt(2), rel=0.1)  # errors that the density knows already are added to it


def test_weights_of_earlier_versions_are_read(trained: SDGM) -> None:
    later = ("importance_shape", "pull_covariance")
    earlier = {name: values for name, values in trained.state_dict().items() if name not in later}
    model = SDGM(BANDS, trained.config)
    model.load_state_dict(earlier, strict=True)
    assert not model.importance_shape.any()
    assert torch.equal(model.pull_covariance, torch.eye(5))


def test_a_missing_band_widens_the_density(trained: SDGM) -> None:
    spectra = galaxies(100, seed=9)
    blind = replace(spectra, ivar=np.where([True, False, True], spectra.ivar, np.float32(0)))
    widths = []
    for survey in (spectra, blind):
        columns = trained.predict_redshift(survey)
        widths.append(np.median(columns["z_high"] - columns["z_low"]))
    assert widths[1] > 2 * widths[0]


def test_the_joint_density_finds_objects_unlike_all_others(trained: SDGM) -> None:
    spectra = galaxies(50, seed=9)
    odd = replace(spectra, flux=spectra.flux + np.where(np.arange(50)[:, None] == 17, np.float32([0, 0, 2]), 0))
    assert np.argmin(trained.log_density(odd)) == 17


def test_a_share_or_a_column_says_whose_redshifts_are_used() -> None:
    spectra = galaxies(200)
    spectra.table["bright"] = np.arange(200) < 30
    assert small(labelled="bright").labelled(spectra).sum() == 30
    fifth, half = (small(labelled=share).labelled(spectra) for share in ("0.2", "0.5"))
    assert (fifth.sum(), half.sum()) == (40, 100)
    assert (fifth <= half).all()
    spectra.table.loc[:9, "redshift"] = [0.0, -1.0, *[np.nan] * 8]
    assert small().labelled(spectra).sum() == 190


def test_mistakes_are_told_in_a_sentence() -> None:
    spectra = galaxies(60)
    with pytest.raises(NotFound, match="no column zspec"):
        small(redshift="zspec").fit(spectra)
    with pytest.raises(NotFound, match="no column secure"):
        small(labelled="secure").fit(spectra)
    with pytest.raises(BadConfig, match="share from 0 to 1"):
        small(labelled="3").fit(spectra)
    spectra.table["redshift"] = np.nan
    with pytest.raises(UserError, match="at least one labelled"):
        small().fit(spectra)
    with pytest.raises(GridMismatch, match="--bands u,g,r"):
        small().encode(replace(galaxies(3), grid=BandGrid(("u", "g", "i"))))


def test_steep_steps_are_skipped_and_counted() -> None:
    spectra = galaxies(100)
    skipping = small(max_gradient=1e-3, max_epochs=2).fit(spectra, seed=3)
    assert [epoch["train/skipped"] for epoch in skipping.history] == [1.0, 1.0]
    assert "train/skipped" in small(max_epochs=1).fit(spectra).history[0]


def test_redshifts_after_saving_are_those_before(trained: SDGM, tmp_path) -> None:
    save_model(trained, tmp_path / "m", survey_id="galaxies", seconds=1.0, epochs=1)
    loaded, spectra = load_model(tmp_path / "m"), galaxies(20, seed=5)
    np.testing.assert_array_equal(loaded.redshift_pdf(spectra), trained.redshift_pdf(spectra))
    np.testing.assert_array_equal(loaded.log_density(spectra), trained.log_density(spectra))
    assert loaded.grid == BANDS
