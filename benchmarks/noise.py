"""Whether reported widths of latents are those by which noise moves them (Portillo et al. 2020, Fig. 17).

``python benchmarks/noise.py [--survey demo|miles] [--latents 6] [--objects 8] [--realisations 200]``

On ``demo`` the embedded model is tested, on ``miles`` one that is trained here with default settings on three quarters
of the library, tested on stars of the rest. White noise is added for each S/N. Prints, for the encoder alone (as in the
paper) and for the encoder followed by the likelihood (the default), the range over latents of reported variance over
Monte Carlo variance, the median over objects; the share of all ratios, object by object, within a factor of 2; and the
largest bias in units of the reported width.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch

from specvae_core.analysis.noise import brightest, noise_test
from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.models import InfoVAE, load_model
from specvae_core.tasks.noise import SNR

DEFAULT_FILE = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data")) / "miles.npz"


def demo(n: int) -> tuple[InfoVAE, SpectraSet]:
    """The embedded model and the spectra of highest S/N that it was not fitted to."""
    from specvae_core.data.survey import Survey

    folder = asset("demo")
    model = load_model(folder / "models" / "infovae-6")
    survey = Survey.open(folder / "surveys" / "demo")
    held_out = np.flatnonzero(model.unseen(survey.ids).mask)
    return model, survey.read(held_out[brightest(survey.table.iloc[held_out], n)])


def miles(n: int, latents: int) -> tuple[InfoVAE, SpectraSet]:
    """A model of three quarters of MILES, and n of the other stars."""
    import miles as library

    spectra = library.miles(DEFAULT_FILE)
    judging = library.split(spectra)[1]
    config = InfoVAE.Config(n_latent=latents, test_fraction=library.TEST_FRACTION)
    model = InfoVAE(spectra.grid, config).fit(spectra)
    return model, judging.take(brightest(judging.table, n))


def main() -> None:
    parser = argparse.ArgumentParser(description="Reported widths of latents against Monte Carlo.")
    parser.add_argument("--survey", choices=("demo", "miles"), default="demo")
    parser.add_argument("--latents", type=int, default=6)
    parser.add_argument("--objects", type=int, default=8)
    parser.add_argument("--realisations", type=int, default=200)
    options = parser.parse_args()
    n = options.objects
    model, spectra = demo(n) if options.survey == "demo" else miles(n, options.latents)
    print(f"{options.survey}: {len(spectra)} objects, {options.realisations} realisations, {torch.__version__}\n")
    print("| posterior | S/N | variance ratio, lowest to highest latent | within a factor 2 | largest bias |")
    print("|---|---:|---:|---:|---:|")
    for posterior in ("encoder", "likelihood"):
        test = noise_test(model.with_posterior(posterior), spectra, SNR, options.realisations, np.random.default_rng(0))
        for i, snr in enumerate(SNR):
            ratio = test.variance_ratio[:, i][:, test.used]
            median = np.median(ratio, axis=0)
            bias = np.median(np.abs(test.bias[:, i][:, test.used]), axis=0).max()
            honest = np.mean((ratio > 0.5) & (ratio < 2))
            span = f"{median.min():.3g} to {median.max():.3g}"
            print(f"| {posterior} | {snr:g} | {span} | {100 * honest:.0f}% | {bias:.2f} |", flush=True)


if __name__ == "__main__":
    main()
