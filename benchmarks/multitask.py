"""The gain of training heads together with an InfoVAE, over heads trained on its latents afterwards.

``python benchmarks/multitask.py [FILE] [--latents 6] [--weights 1,10,100]``

On the MILES library: effective temperature (as its logarithm), gravity and metallicity, unknown for some stars. An
InfoVAE is trained on three quarters of the stars, heads are trained on its latents, and both are compared on the other
quarter with an InfoVAE with heads of several weights. Prints rms errors, and the error of the reconstruction beside.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import miles as library
import numpy as np

from specvae_core.data.spectra import SpectraSet
from specvae_core.models import InfoVAE, MultiTask
from specvae_core.models.multitask import HeadsAfterwards, HeadsAfterwardsConfig
from specvae_core.tasks.heads import scores

DEFAULT_FILE = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data")) / "miles.npz"
COLUMNS = "log_teff,logg,feh"


def with_log_teff(spectra: SpectraSet) -> SpectraSet:
    """The same survey with log10 of the effective temperature as a column."""
    columns = {name.lower(): name for name in spectra.table}
    table = spectra.table.rename(columns={columns["logg"]: "logg", columns["feh"]: "feh"})
    return replace(spectra, table=table.assign(log_teff=np.log10(table[columns["teff"]])))


def main() -> None:
    parser = argparse.ArgumentParser(description="Heads trained together with an InfoVAE, and afterwards.")
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT_FILE)
    parser.add_argument("--latents", type=int, default=6)
    parser.add_argument("--weights", default="1,10,100")
    options = parser.parse_args()
    spectra = with_log_teff(library.miles(options.file))
    judging, common = library.split(spectra)[1], {"n_latent": options.latents, "test_fraction": library.TEST_FRACTION}
    plain = InfoVAE(spectra.grid, InfoVAE.Config(**common)).fit(spectra)
    afterwards = HeadsAfterwards(plain, HeadsAfterwardsConfig(**common, regress=COLUMNS)).fit(spectra)
    print("| heads | " + " | ".join(COLUMNS.split(",")) + " | reconstruction |")
    print("|---|" + "---:|" * 4)
    _line("afterwards", afterwards, plain, judging)
    for weight in options.weights.split(","):
        config = MultiTask.Config(**common, regress=COLUMNS, head_weight=float(weight))
        together = MultiTask(spectra.grid, config).fit(spectra)
        _line(f"together, weight {weight}", together, together, judging)


def _line(name: str, predictor, model: InfoVAE, judging: SpectraSet) -> None:
    errors = " | ".join(f"{score['value']:.3f}" for score in scores(predictor, [judging]).values())
    print(f"| {name} | {errors} | {library.squared_error(model, judging):.2e} |", flush=True)


if __name__ == "__main__":
    main()
