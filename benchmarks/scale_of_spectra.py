"""What latents make of spectra that lose one end of their range, by the scale of spectra and the amplitude of the fit.

``python benchmarks/scale_of_spectra.py [--epochs 12] [--data DIR]`` trains an InfoVAE of six latents on demo galaxies
and one on MILES stars, twice each: on spectra divided by their mean over seen pixels, as version 0.1 did, and over the
whole grid. Spectra that they have not met lose 25 or 40% of the range at either end. Each model encodes them with the
amplitude fixed at 1 and with a free one, and a table gives by how much of its spread the latent that moves most moves
(median over spectra: without noise, and as observed) and how many spectra are foreign among those learnt from.
"""

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from specvae_core.analysis.leak import cut_leak
from specvae_core.analysis.lof import FOREIGN, local_outlier_factor
from specvae_core.assets import asset
from specvae_core.data.infill import fit_infill
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.survey import Survey
from specvae_core.grid import SpectralGrid
from specvae_core.models.infovae import InfoVAE, InfoVAEConfig


class Fixed(InfoVAE):
    """The amplitude of every spectrum is 1."""

    free_amplitude = False


class Free(InfoVAE):
    """The amplitude of every spectrum is fitted."""

    free_amplitude = True


def demo() -> SpectraSet:
    """The demo survey, divided by the mean over the whole grid."""
    return Survey.open(asset("demo") / "surveys" / "demo").read()


def miles(path: Path) -> SpectraSet:
    """The MILES library, divided by the mean over the whole grid."""
    options = PreprocessOptions(grid=SpectralGrid.parse("3600:7300:1000"), air=True)
    spectra = collect([preprocess(star, options) for star in read_file(path)], options.grid)
    infilled = fit_infill(spectra.flux, spectra.ivar).infilled
    return replace(spectra, infilled=infilled).on_scale("mean")


def measure(name: str, spectra: SpectraSet, n_tested: int, epochs: int) -> None:
    """Print one line of the table for each scale, amplitude and cut."""
    order = np.random.default_rng(0).permutation(len(spectra))
    tested, learning = (spectra.take(np.sort(rows)) for rows in np.split(order, [n_tested]))
    for scale in ("seen", "mean"):
        known, new = learning.on_scale(scale), tested.on_scale(scale)
        model = InfoVAE(spectra.grid, InfoVAEConfig(n_latent=6, max_epochs=epochs)).fit(known, seed=0)
        for kind in (Fixed, Free):
            variant = kind(model.grid, model.config)
            variant.load_state_dict(model.state_dict())
            variant.flux_scale = scale
            start = time.perf_counter()
            others = variant.encode(known)
            rate = len(known) / (time.perf_counter() - start)
            whole = (local_outlier_factor(others).newcomers(variant.encode(new)) > FOREIGN).mean()
            for cut in cut_leak(variant, new, others):
                print(
                    f"| {name} | {'whole grid' if scale == 'mean' else 'seen pixels'} | {kind.__name__.lower()} "
                    f"| {cut.end} {cut.lost:.0%} | {cut.largest_move:.3f} | {cut.with_noise:.2f} "
                    f"| {whole:.1%} → {cut.foreign:.1%} | {rate:.0f} |",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description="Latents of spectra that lose one end, by scale and amplitude.")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data")))
    options = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, PyTorch {torch.__version__}, {options.epochs} epochs\n")
    print("| spectra | divided by the mean over | amplitude | lost | move | move, with noise | foreign | encoded a s |")
    print("|---|---|---|---|---:|---:|---:|---:|")
    measure("demo", demo(), 400, options.epochs)
    measure("MILES", miles(options.data / "miles.npz"), 200, options.epochs)


if __name__ == "__main__":
    main()
