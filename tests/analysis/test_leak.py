"""Latents that see the window, and latents that do not."""

import numpy as np
import pytest
import torch
from survey_of_redshifts import GRID, observed

from specvae_core.analysis.leak import cut_leak, leak
from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.survey import Survey
from specvae_core.errors import BadConfig
from specvae_core.models import MODELS, LatentModel
from specvae_core.models.storage import load_model


def windowed(n: int = 150) -> SpectraSet:
    """Spectra at several redshifts, seen between 4600 and 8800 Angstrom in the observed frame."""
    z = np.random.default_rng(0).uniform(0.0, 0.3, n)
    spectra = observed(n, seed=4, z=z)
    at = GRID.wavelength * (1 + z[:, None])
    outside = (at < 4600) | (at > 8800)
    spectra.flux[outside], spectra.ivar[outside] = 0, 0
    mean = spectra.flux.sum(axis=1, keepdims=True) / spectra.seen.sum(axis=1, keepdims=True)
    spectra.flux[:] /= mean
    spectra.ivar[:] *= mean**2
    return spectra


@pytest.fixture(scope="module")
def model() -> LatentModel:
    return MODELS["pca"](GRID, MODELS["pca"].Config(n_latent=2)).fit(observed(300, seed=1))


def test_noise_moves_latents_by_their_error(model: LatentModel) -> None:
    spectra = windowed()
    found = leak(model, spectra, np.random.default_rng(1))
    latents = model.encode(spectra)
    basis = model.components.numpy().astype(float)
    information = np.einsum("np,kp,lp->nkl", spectra.ivar, basis, basis)
    expected = np.sqrt(np.linalg.inv(information)[:, [0, 1], [0, 1]].mean(axis=0)) / latents.std(axis=0)
    np.testing.assert_allclose([row.noise for row in found.latents], expected, rtol=0.25)
    for row in found.latents:
        assert row.both > 0.7 * max(row.noise, row.window)


def test_a_latent_that_reads_the_window_is_found_out() -> None:
    class Ends(MODELS["ae"]):
        """Its only latent is the middle of what is in view."""

        def encode_batch(self, flux, ivar):
            seen = (ivar > 0).float()
            return (seen * torch.arange(GRID.n_pixel)).sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True)

    model = Ends(GRID, MODELS["ae"].Config(n_latent=1))
    row = leak(model, windowed(), np.random.default_rng(1)).latents[0]
    assert row.noise == 0
    assert row.window > 1
    assert row.redshift_correlation < -0.8  # at a higher redshift, shorter wavelengths are in view


def test_spectra_without_different_redshifts_are_refused(model: LatentModel) -> None:
    with pytest.raises(BadConfig, match="redshifts"):
        leak(model, observed(20, seed=1), np.random.default_rng(0))


def test_demo_galaxies_that_lose_an_end_keep_their_latents_and_their_place() -> None:
    demo = asset("demo")
    survey, model = Survey.open(demo / "surveys" / "demo"), load_model(demo / "models" / "infovae-6")
    latents = np.load(demo / "encodings" / "infovae-6" / "demo.npz")["latents"]
    rows = model.unseen(survey.ids).rows
    spectra, others = survey.read(rows), np.delete(latents, rows, axis=0)
    found = leak(model, spectra, np.random.default_rng(0), others, copies=3)
    assert max(row.window for row in found.latents) < 0.1
    for cut in found.cuts:
        assert cut.largest_move < 0.1
        assert cut.foreign <= found.foreign + 0.04
    model.flux_scale = "seen"  # as in version 0.1
    old = cut_leak(model, spectra.on_scale("seen"), others)
    assert min(cut.largest_move for cut in old) > 0.5
    assert min(cut.foreign for cut in old) > found.foreign + 0.2
