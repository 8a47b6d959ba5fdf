"""Spectra with known truth, made for a calibration."""

from dataclasses import replace

import numpy as np
import pytest
from survey_of_curves import SN, curves, new_model

from specvae_core.analysis.calibration.case import Case

SCATTER = 0.08
"""Of every pixel, of which the errors of the spectra know nothing."""


@pytest.mark.parametrize("name", ["cannon", "lux"])
def test_simulated_spectra_scatter_about_the_decoder_as_the_observed_ones_do(name: str) -> None:
    spectra, _ = curves(n=500)
    extra = np.random.default_rng(5).normal(0, SCATTER, spectra.flux.shape).astype(np.float32)
    spectra = replace(spectra, flux=np.where(spectra.seen, spectra.flux + extra, 0))
    model = new_model(name).fit(spectra)
    test = spectra.take(model.unseen(spectra.ids).rows)
    case = Case(model, test, spectra)
    away = (case.simulated.flux - model.decode_like(test, case.latents))[test.seen]
    assert away.std() == pytest.approx(np.hypot(SCATTER, 1 / SN), rel=0.1)
