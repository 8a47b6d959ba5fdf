"""The posterior from the likelihood, against what is known in closed form for a linear decoder."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from survey_of_curves import GRID, SN, curves, new_model
from torch import nn

from specvae_core.models import InfoVAE
from specvae_core.models.decoder_slopes import DecoderSlopes
from specvae_core.models.networks import initialise, mlp
from specvae_core.models.posterior import PRIOR_WIDTH, likelihood_posterior
from specvae_core.models.posterior_search import AMPLITUDE_VARIANCE, Search

NO_MEAN = torch.zeros(50)


@pytest.fixture(scope="module")
def model() -> InfoVAE:
    return new_model("infovae", max_epochs=30).fit(curves(n=600)[0], seed=2)


def linear_case(n: int = 40) -> tuple[nn.Sequential, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A linear decoder and its matrix, targets, weights with holes, and the start.

    A pair of rectifiers, for either sign of a latent, makes it one of the decoders that the search knows.
    """
    generator = torch.Generator().manual_seed(0)
    one, decoder = nn.Linear(3, 50), mlp(3, 6, 50)
    initialise(one, generator)
    with torch.no_grad():
        decoder[0].weight.copy_(torch.cat([torch.eye(3), -torch.eye(3)]))
        decoder[0].bias.zero_()
        decoder[2].weight.copy_(torch.cat([one.weight, -one.weight], dim=1))
        decoder[2].bias.copy_(one.bias)
    target = torch.randn(n, 50, generator=generator)
    weight = 20 * torch.rand(n, 50, generator=generator) * (torch.rand(n, 50, generator=generator) > 0.3)
    return decoder, one.weight.detach().double(), target, weight, torch.randn(n, 3, generator=generator)


@pytest.fixture(scope="module")
def network() -> nn.Sequential:
    generator = torch.Generator().manual_seed(1)
    network = mlp(3, 8, 16, 20)
    initialise(network, generator)
    return network


def test_slopes_are_those_of_automatic_differentiation(network: nn.Sequential) -> None:
    generator = torch.Generator().manual_seed(2)
    latents, gradient = torch.randn(5, 3, generator=generator), torch.randn(5, 20, generator=generator)
    with torch.inference_mode():
        slopes = DecoderSlopes(network)
        hidden = slopes.hidden(latents)
        values, derivatives = slopes.spectra(hidden), slopes.jacobian(latents, hidden)
        pulled = slopes.pulled_back(gradient, hidden)
    torch.testing.assert_close(values, network(latents))
    for row in range(5):
        expected = torch.autograd.functional.jacobian(network, latents[row])
        torch.testing.assert_close(derivatives[row], expected.T)
        torch.testing.assert_close(pulled[row], gradient[row] @ expected)


def test_differences_are_those_of_decoded_spectra(network: nn.Sequential) -> None:
    generator = torch.Generator().manual_seed(3)
    latents, aside = torch.randn(5, 3, generator=generator), torch.randn(5, 2, 3, generator=generator)
    with torch.inference_mode():
        found = DecoderSlopes(network).differences(latents, aside)
        expected = (network(latents[:, None] + aside) - network(latents[:, None] - aside)) / 2
    torch.testing.assert_close(found, expected)


def test_mean_and_covariance_of_a_linear_decoder_are_those_of_least_squares() -> None:
    decoder, matrix, target, weight, start = linear_case()
    mean, covariance, _ = likelihood_posterior(decoder, start, target, weight, NO_MEAN, free_amplitude=False)
    offset = decoder[2].bias.detach().double()
    for row in range(len(start)):
        w = weight[row].double()
        precision = matrix.T @ (w[:, None] * matrix) + torch.eye(3, dtype=torch.double) / PRIOR_WIDTH**2
        expected = torch.linalg.solve(precision, matrix.T @ (w * (target[row].double() - offset)))
        torch.testing.assert_close(mean[row].double(), expected, rtol=1e-4, atol=1e-4)
        scale = torch.linalg.inv(precision).diagonal().max()
        torch.testing.assert_close(
            covariance[row].double() / scale, torch.linalg.inv(precision) / scale, rtol=1e-4, atol=1e-5
        )


def test_a_free_amplitude_is_marginalised_as_one_more_parameter_would_be() -> None:
    decoder, matrix, _, weight, start = linear_case()
    mean = torch.full((50,), 10.0)
    truth = 0.3 * start
    target = 1.4 * (decoder(truth).detach() + mean)
    found, told, _ = likelihood_posterior(decoder, start, target, 20 * weight, mean, free_amplitude=True)
    offset = decoder[2].bias.detach().double()
    for row in range(len(start)):
        w = 20 * weight[row].double()
        shape = offset + mean.double() + matrix @ found[row].double()
        jacobian = torch.cat([1.4 * matrix, shape[:, None]], dim=1)
        prior = torch.diag(torch.tensor([PRIOR_WIDTH**-2] * 3 + [1 / AMPLITUDE_VARIANCE]).double())
        covariance = torch.linalg.inv(jacobian.T @ (w[:, None] * jacobian) + prior)
        torch.testing.assert_close(told[row].double().diagonal(), covariance.diagonal()[:3], rtol=0.02, atol=0)
    assert (found - truth).abs().max() < 0.01


def test_a_spectrum_without_seen_pixels_gets_the_prior() -> None:
    decoder, _, target, weight, start = linear_case(4)
    mean, covariance, _ = likelihood_posterior(
        decoder, start, target, torch.zeros_like(weight), NO_MEAN, free_amplitude=False
    )
    torch.testing.assert_close(mean, torch.zeros(4, 3), rtol=0, atol=1e-5)
    torch.testing.assert_close(covariance, (torch.eye(3) * PRIOR_WIDTH**2).expand(4, 3, 3))


def spectra_of_a_network(widths: tuple[int, ...], n: int = 60) -> tuple[nn.Sequential, *tuple[torch.Tensor, ...]]:
    """A decoder, noisy spectra of 700 pixels and three columns that it decodes, weights with holes, and a start."""
    generator = torch.Generator().manual_seed(9)
    decoder = mlp(3, *widths, 703)
    initialise(decoder, generator)
    truth = torch.randn(n, 3, generator=generator)
    weight = 400 * (torch.rand(n, 703, generator=generator) > 0.2)
    noise = 0.05 * torch.randn(n, 703, generator=generator)
    with torch.inference_mode():
        target = 1.2 * decoder(truth) + 2 + noise
    return decoder, target, weight, truth + 0.3 * torch.randn(n, 3, generator=generator)


@pytest.mark.parametrize("widths", [(40,), (20, 90)])
@pytest.mark.parametrize("n_column", [0, 3])
@pytest.mark.parametrize("free_amplitude", [True, False])
def test_compiled_and_written_in_tensors_the_search_is_the_same(
    widths: tuple[int, ...], n_column: int, free_amplitude: bool
) -> None:
    decoder, target, weight, start = spectra_of_a_network(widths)
    mean = torch.full((703,), 2.0)
    variance = AMPLITUDE_VARIANCE if free_amplitude else 0.0
    with torch.inference_mode():
        search = Search.of(decoder, mean, 703 - n_column, variance, PRIOR_WIDTH)
        expected, covariance, objective = search.posterior(start, target, weight)
    found, width, value = likelihood_posterior(
        decoder, start, target, weight, mean, free_amplitude=free_amplitude, n_column=n_column
    )
    spread = covariance.diagonal(dim1=1, dim2=2).sqrt()
    assert ((found - expected).abs() / spread).max() < 0.01
    scale = spread[:, :, None] * spread[:, None]
    assert ((width - covariance).abs() / scale).max() < 0.01
    torch.testing.assert_close(value, objective, rtol=1e-4, atol=1e-3)


def test_a_spectrum_alone_has_the_posterior_that_it_has_among_others() -> None:
    decoder, target, weight, start = spectra_of_a_network((20, 90))
    mean = torch.full((703,), 2.0)
    together = likelihood_posterior(decoder, start, target, weight, mean, free_amplitude=True)
    alone = likelihood_posterior(decoder, start[7:8], target[7:8], weight[7:8], mean, free_amplitude=True)
    for one, all_of_them in zip(alone, together, strict=True):
        torch.testing.assert_close(one[0], all_of_them[7], rtol=0, atol=0)


def test_the_likelihood_improves_on_the_encoder(model: InfoVAE) -> None:
    spectra, clean = curves(n=200, seed=3)
    errors = {
        name: np.mean((model.with_posterior(name).reconstruct(spectra) - clean) ** 2)
        for name in ("encoder", "likelihood")
    }
    assert errors["likelihood"] < errors["encoder"]
    assert model.config.posterior == "likelihood"


def test_the_width_grows_with_the_noise_where_the_likelihood_is_asked(model: InfoVAE) -> None:
    spectra, _ = curves(n=50, seed=4)
    noisier = replace(spectra, ivar=spectra.ivar / 16)
    for posterior, growth in (("encoder", 1.0), ("likelihood", 16.0)):
        widths = [np.exp(model.with_posterior(posterior).encode_uncertainty(s)[1]).mean() for s in (spectra, noisier)]
        assert widths[1] / widths[0] == pytest.approx(growth, rel=0.25)


def test_reported_errors_cover_the_noise(model: InfoVAE) -> None:
    random = np.random.default_rng(5)
    one, clean = curves(n=1, seed=6, holes=0.0)
    for snr in (0.3 * SN, SN, 3 * SN):
        flux = (clean + random.normal(0, 1 / snr, (400, GRID.n_pixel))).astype(np.float32)
        repeated = replace(
            one.take(np.zeros(400, dtype=int)), flux=flux, ivar=np.full_like(flux, snr**2), infilled=None
        )
        mean, log_variance = model.encode_uncertainty(repeated)
        ratio = np.exp(log_variance).mean(axis=0) / mean.var(axis=0)
        assert ((ratio > 0.5) & (ratio < 2)).all()


def test_errors_along_any_direction_cover_the_noise(model: InfoVAE) -> None:
    random = np.random.default_rng(7)
    spectra, clean = curves(n=6, seed=8, holes=0.0)
    for row in range(len(spectra)):
        flux = (clean[row] + random.normal(0, 1 / SN, (400, GRID.n_pixel))).astype(np.float32)
        repeated = replace(spectra.take(np.full(400, row)), flux=flux, ivar=np.full_like(flux, SN**2), infilled=None)
        mean, covariance = model.encode_covariance(repeated)
        values, axes = np.linalg.eigh(np.cov(mean.T))  # a direction that is known well, and one that is not
        told = np.einsum("dk,nkl,dl->nd", axes.T, covariance, axes.T).mean(axis=0)
        assert ((told / values > 0.6) & (told / values < 1.7)).all()
