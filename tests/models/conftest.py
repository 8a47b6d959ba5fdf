"""A fitted model of each kind, made once."""

import pytest
from survey_of_curves import curves, new_model

from specvae_core.models import MODELS, LatentModel


@pytest.fixture(scope="session", params=list(MODELS))
def fitted(request: pytest.FixtureRequest) -> LatentModel:
    spectra, _ = curves()
    return new_model(request.param, test_fraction=0.0).fit(spectra, seed=1)  # the truth is known
