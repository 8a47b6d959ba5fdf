import numpy as np
import pytest
from survey_of_curves import curves, new_model

from specvae_core.analysis.compare import WAYS, reconstructions
from specvae_core.analysis.latent_search import needs_search, search_latents
from specvae_core.models import LatentModel


@pytest.fixture(scope="module")
def autoencoder() -> LatentModel:
    return new_model("ae", max_epochs=8).fit(curves(n=300)[0])


def test_a_search_lowers_chi2_of_every_spectrum_and_finds_planted_latents(autoencoder: LatentModel) -> None:
    spectra, _ = curves(n=60, seed=3)
    start = autoencoder.encode(spectra)
    chi2 = [
        (spectra.ivar * (spectra.flux - autoencoder.decode(latents)) ** 2).sum(axis=1)
        for latents in (start, search_latents(autoencoder, spectra, start))
    ]
    assert (chi2[1] <= chi2[0] * (1 + 1e-5)).all()
    assert np.median(chi2[1]) < np.median(chi2[0])


def test_linear_models_are_at_the_minimum_already() -> None:
    spectra, _ = curves(n=100)
    pca = new_model("pca").fit(spectra)
    assert not needs_search(pca)
    ways = reconstructions(pca, spectra)
    assert list(ways) == list(WAYS)
    searched = pca.decode(search_latents(pca, spectra, np.zeros((100, 2), np.float32)))
    np.testing.assert_allclose(searched, ways["search"], rtol=2e-3)  # from differences in single precision


def test_an_infovae_is_compared_without_its_own_search_too() -> None:
    spectra, _ = curves(n=150)
    vae = new_model("infovae", max_epochs=4).fit(spectra)
    ways = reconstructions(vae, spectra)
    np.testing.assert_allclose(ways["encoder"], vae.with_posterior("encoder").reconstruct(spectra), atol=1e-6)
    chi2 = {way: float((spectra.ivar * (spectra.flux - flux) ** 2).sum()) for way, flux in ways.items()}
    assert chi2["search"] < chi2["encoder"]
