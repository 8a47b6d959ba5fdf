"""What a GPU gains: training, encoding with the likelihood, inversion and photometric redshifts, beside the processor.

Makes a survey of 46,747 noisy spectra of 1000 pixels itself, as many as Portillo et al. (2020) had. Every section
stands alone: one that fails says so in its line, and the next one runs. Lines are printed and appended to ``gpu.jsonl``
in the folder, with the names of card and processor in the first. Sections begin until the time is up.

``python benchmarks/gpu.py FOLDER [--n 46747] [--seconds 420] [--device cuda] [--only training_epoch,encode]``
"""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also where the package is not installed

import numpy as np
import pandas as pd
import torch
from gpu_card import Warnings, fill_up, limited_to, machine

from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import Cancelled, UserError
from specvae_core.grid import DEFAULT_GRID, BandGrid
from specvae_core.inverse import learn_residuals, parse_problem, solve
from specvae_core.models import SDGM, InfoVAE
from specvae_core.progress import Progress

SETTINGS = {"n_latent": 6}

TO_LINES = np.random.default_rng(1).normal(size=(8, 12)) / 8**0.5
"""How the logarithms of twelve lines follow the eight parameters."""

Figures = dict[str, object]


def survey(n: int, seed: int = 0) -> SpectraSet:
    """Spectra with eight hidden parameters, whose shapes bend with them, and lines; S/N of 3 to 50 a pixel."""
    law, random = np.random.default_rng(0), np.random.default_rng(seed)
    pixel = np.arange(DEFAULT_GRID.n_pixel)
    shapes = np.cumsum(law.normal(size=(8, len(pixel))), axis=1) / len(pixel) ** 0.5
    places = law.uniform(50, 950, 12)
    lines = np.exp(-0.5 * ((pixel - places[:, None]) / 3) ** 2)
    flux, ivar = (np.empty((n, len(pixel)), dtype=np.float32) for _ in range(2))
    for start in range(0, n, 4096):
        rows = slice(start, min(start + 4096, n))
        hidden = random.normal(size=(rows.stop - start, 8))
        clean = 1 + 0.2 * np.tanh(hidden) @ shapes + np.exp(0.5 * hidden @ TO_LINES) @ lines * 0.3
        clean /= clean.mean(axis=1, keepdims=True)
        error = 1 / random.uniform(3, 50, (len(clean), 1))
        flux[rows] = clean + error * random.standard_normal(clean.shape)
        ivar[rows] = error**-2
    ivar[:, ::97] = 0  # some pixels that nobody saw
    table = pd.DataFrame({"id": [f"{seed}-{row}" for row in range(n)]})
    return SpectraSet(DEFAULT_GRID, flux, ivar, table, infilled=np.where(ivar > 0, flux, np.float32(1)))


class Bench:
    """The survey, a model that is trained once, and the sections."""

    def __init__(self, n: int, device: str) -> None:
        self.spectra, self.device = survey(n), device
        self.model: InfoVAE | None = None

    def trained(self) -> InfoVAE:
        """The model of `full_fit`, or one after three epochs where that has not run."""
        if self.model is None:
            self.model = self._fit("auto", self.device, max_epochs=3)[0]
        return self.model

    def _fit(self, precision: str, device: str, **settings: int) -> tuple[InfoVAE, list[float]]:
        """A training, and the seconds of each of its epochs after the first."""
        ends = []

        def report(progress: Progress) -> None:
            if progress.step is not None:
                ends.append(time.perf_counter())

        config = InfoVAE.Config(**SETTINGS, precision=precision, device=device, **settings)
        model = InfoVAE(DEFAULT_GRID, config).fit(self.spectra, report)
        return model, np.diff(ends).tolist()

    def training_epoch(self) -> Figures:
        """Seconds of an epoch of 500 steps, in both precisions."""
        found: Figures = {}
        for name, precision in (("float32", "float32"), ("half", "auto")):
            model, seconds = self._fit(precision, self.device, max_epochs=3)
            found[f"{name}_epoch_s"] = round(float(np.median(seconds)), 3)
            found[f"{name}_validation_after_3"] = round(model.history[-1]["validation/loss"], 3)
        return found

    def full_fit(self) -> Figures:
        """A whole training with default settings, until it stops by itself; goal: 60 s."""
        start = time.perf_counter()
        self.model, seconds = self._fit("auto", self.device)
        total = time.perf_counter() - start
        best = min(entry["validation/loss"] for entry in self.model.history)
        epochs = len(self.model.history)
        return {"seconds": round(total, 1), "epochs": epochs, "epoch_s": np.median(seconds), "validation_loss": best}

    def resumed(self) -> Figures:
        """Largest difference of a weight between a training and one that was stopped after two epochs and went on."""

        def stop(progress: Progress) -> None:
            if progress.step == 2:
                raise Cancelled

        def fit(**to: object) -> dict[str, torch.Tensor]:
            config = InfoVAE.Config(**SETTINGS, device=self.device, max_epochs=4)
            return InfoVAE(DEFAULT_GRID, config).fit(self.spectra, **to).state_dict()

        with TemporaryDirectory() as folder:
            checkpoint = Path(folder) / "checkpoint"
            with suppress(Cancelled):
                fit(report=stop, checkpoint=checkpoint)
            resumed, whole = fit(checkpoint=checkpoint), fit()
        return {"largest_difference": max(float((whole[name] - resumed[name]).abs().max()) for name in whole)}

    def encode(self) -> Figures:
        """Latents with the likelihood, covariances and reconstructions: a second, and as the processor has them."""
        there = self.trained().on(self.device)
        rows = np.arange(min(4096, len(self.spectra)))
        some = self.spectra.take(rows)
        there.encode_covariance(some)  # the first call loads libraries
        (mean, covariance), seconds = timed(lambda: there.encode_covariance(self.spectra))
        _, again = timed(lambda: there.decode_like(self.spectra, mean))
        (mean_here, covariance_here), seconds_here = timed(lambda: self.trained().encode_covariance(some))
        width = np.sqrt(np.einsum("nkk->nk", covariance_here))
        off = np.abs(mean[rows] - mean_here) / width
        ratio = np.sqrt(np.einsum("nkk->nk", covariance[rows])) / width
        return {
            "per_second": len(self.spectra) / seconds,
            "per_second_with_reconstruction": len(self.spectra) / (seconds + again),
            "per_second_processor": len(rows) / seconds_here,
            "means_off_in_widths": quantiles(off.max(axis=1)),
            "widths_off": quantiles(np.abs(ratio - 1).max(axis=1)),
            "share_within_1_percent": float(((off < 0.01) & (np.abs(ratio - 1) < 0.01)).all(axis=1).mean()),
        }

    def invert(self) -> Figures:
        """Inpainting of 1000 spectra that the model did not learn from; the processor does 200 of them."""
        model = self.trained()
        there, new = model.on(self.device), survey(1000, seed=1)
        residuals = learn_residuals(model, self.spectra.take(np.arange(min(1000, len(self.spectra)))))
        prior = {"candidates": residuals.codes, "residual": residuals.residual}
        posed, _ = parse_problem("inpaint:0.4", DEFAULT_GRID).pose(new, 0)
        few = replace(posed, observed=posed.observed[:200], ivar=posed.ivar[:200])
        solve(few, there, **prior)
        solution, seconds = timed(lambda: solve(posed, there, **prior))
        here, seconds_here = timed(lambda: solve(few, model, **prior))
        off = np.abs(solution.spectra[:200] - here.spectra) / here.sigma
        return {
            "seconds_for_1000": seconds,
            "per_second": 1000 / seconds,
            "per_second_processor": 200 / seconds_here,
            "spectra_off_in_sigma": quantiles(off.max(axis=1)),
            "converged": float(solution.converged.mean()),
        }

    def photometric_redshifts(self) -> Figures:
        """Densities of redshift of 20,000 objects of five bands; the processor does a tenth of them."""
        random, n = np.random.default_rng(0), min(20_000, len(self.spectra))
        redshift = random.uniform(0.02, 1, n)
        magnitudes = 20 + np.outer(redshift, [3.0, 2.0, 1.0, 0.5, 0.2]) + random.normal(0, 0.05, (n, 5))
        table = pd.DataFrame({"id": [str(row) for row in range(n)], "z": redshift})
        bands = BandGrid(tuple("ugriz"))
        objects = SpectraSet(bands, magnitudes.astype(np.float32), np.full((n, 5), 400, np.float32), table)
        model = SDGM(bands, SDGM.Config(max_epochs=2, device=self.device, redshift="z")).fit(objects)
        there, some = model.on(self.device), objects.take(np.arange(n // 10))
        there.redshift_pdf(some)
        pdf, seconds = timed(lambda: there.redshift_pdf(objects))
        here, seconds_here = timed(lambda: model.redshift_pdf(some))
        return {
            "per_second": n / seconds,
            "per_second_processor": len(here) / seconds_here,
            "largest_difference": float(np.abs(pdf[: len(here)] - here).max() / here.max()),
        }

    def processor_epoch(self) -> Figures:
        """Seconds of the same epochs on the processor with all its cores."""
        found: Figures = {}
        for name, precision in (("float32", "float32"), ("half", "auto")):
            model, seconds = self._fit(precision, "cpu", max_epochs=3)
            found[f"{name}_epoch_s"] = round(float(np.median(seconds)), 3)
            found[f"{name}_validation_after_3"] = round(model.history[-1]["validation/loss"], 3)
        return found

    def too_little_memory(self) -> Figures:
        """With a limit on the card's memory batches are halved, and where nothing fits a sentence says so."""
        model = self.trained()
        there, some = model.on(self.device), self.spectra.take(np.arange(min(4096, len(self.spectra))))
        free = there.encode(some)
        with limited_to(250), Warnings() as warnings:
            limited = there.encode(some)
        found: Figures = {
            "encode_warnings": warnings.lines,
            "encode_off": float(np.abs(limited - free).max()),
        }
        large = {"batch_size": 32768, "max_epochs": 1, "epoch_steps": 4}
        with limited_to(700), Warnings() as warnings:
            self._fit("float32", self.device, **large)
        found["training_warnings"] = warnings.lines
        with limited_to(0):
            filled = fill_up()
            try:
                there.encode(some)
                found["nothing_fits"] = "it fitted"
            except UserError as error:
                found["nothing_fits"] = str(error)
            del filled
        return found


SECTIONS: tuple[Callable[[Bench], Figures], ...] = (
    Bench.training_epoch,
    Bench.full_fit,
    Bench.resumed,
    Bench.encode,
    Bench.invert,
    Bench.too_little_memory,
    Bench.photometric_redshifts,
    Bench.processor_epoch,
)


def timed(work: Callable[[], object]) -> tuple[object, float]:
    """A result, which is on the processor, and its seconds."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def quantiles(values: np.ndarray) -> dict[str, float]:
    """Median, 95th and 99th percentile, and largest."""
    found = np.quantile(values, [0.5, 0.95, 0.99, 1.0])
    return dict(zip(("median", "95", "99", "largest"), (float(f"{value:.3g}") for value in found), strict=True))


def run(section: Callable[[Bench], Figures], bench: Bench) -> Figures:
    """Figures of one section, or what went wrong in it."""
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    try:
        figures = section(bench)
    except Exception as error:  # one section must not cost the others
        figures = {"error": f"{type(error).__name__}: {error}", "where": traceback.format_exc().splitlines()[-8:]}
    figures["section_s"] = round(time.perf_counter() - start, 1)
    if gpu:
        figures["peak_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="gets gpu.jsonl")
    parser.add_argument("--n", type=int, default=46_747, help="spectra")
    parser.add_argument("--seconds", type=float, default=420.0, help="after which no section begins")
    parser.add_argument("--device", default="cuda", help="cuda, or cpu to try the script itself")
    parser.add_argument("--only", default="", help="names of sections, with commas between them")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()

    def tell(name: str, figures: Figures) -> None:
        line = json.dumps({"section": name, **figures}, default=float)
        print(line, flush=True)
        with (options.folder / "gpu.jsonl").open("a") as file:
            file.write(f"{line}\n")

    tell("machine", machine())
    bench = Bench(options.n, options.device)
    tell("survey", {"n": options.n, "n_pixel": DEFAULT_GRID.n_pixel, "seconds": time.perf_counter() - start})
    for section in SECTIONS:
        name = section.__name__
        if options.only and name not in options.only.split(","):
            continue
        if time.perf_counter() - start > options.seconds:
            tell(name, {"error": "the time was up"})
            continue
        tell(name, run(section, bench))


if __name__ == "__main__":
    main()
