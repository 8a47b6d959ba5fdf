"""Lux as the authors' package `pollux` (JAX) has it, on the stars of `benchmarks/lux.py`, which runs this.

``PYTHON benchmarks/lux_pollux.py STARS.npz LATENTS`` with a Python in which pollux is installed; it needs nothing of
this package. Missing values count as known with an error of 10^4. Prints one JSON object for each way to fit: by
blocks in closed form, which its documentation calls the first choice, and by Adam on all parameters at once.
"""

import json
import sys
import time
from collections.abc import Callable

import jax
import numpy as np
import pollux
from pollux.data import OutputData, PolluxData, ShiftScalePreprocessor

MISSING = 1e4


def data(known: np.ndarray, err: np.ndarray, scale: ShiftScalePreprocessor) -> OutputData:
    """Values with their errors; those that are missing take the mean and a huge error."""
    missing = ~np.isfinite(known)
    values = np.where(missing, np.asarray(scale.loc), known)
    errors = np.where(missing, MISSING * np.asarray(scale.scale), err)
    return OutputData(values.astype(np.float32), err=errors.astype(np.float32), preprocessor=scale)


def main() -> None:
    stars, n_latent = np.load(sys.argv[1]), int(sys.argv[2])
    labels, flux = stars["labels"], stars["flux"]
    scales = [ShiftScalePreprocessor(np.nanmean(known, axis=0), np.nanstd(known, axis=0)) for known in (labels, flux)]
    label, train_flux, new_flux = (
        data(known, float(stars[error]), scale)
        for known, error, scale in (
            (labels, "label_error", scales[0]),
            (flux, "flux_error", scales[1]),
            (stars["new_flux"], "flux_error", scales[1]),
        )
    )
    training = PolluxData(label=label, flux=train_flux).preprocess()
    model = pollux.Lux(n_latent, labels.shape[1], flux.shape[1], intrinsic_scatter=False)
    key = jax.random.PRNGKey(0)

    def by_blocks(max_cycles: int) -> dict:
        return model.optimize_iterative(training, max_cycles=max_cycles, rng_key=key, progress=False).params

    def by_adam(steps: int) -> dict:
        return model.optimize(training, num_steps=steps, rng_key=key, progress=False)[0]

    ways: dict[str, Callable[[], dict]] = {
        "pollux, 10 cycles of blocks": lambda: by_blocks(10),
        "pollux, 100 cycles of blocks": lambda: by_blocks(100),
        "pollux, 1000 steps of Adam": lambda: by_adam(1000),
    }
    for name, fit in ways.items():
        start, cpu = time.perf_counter(), time.process_time()
        params = jax.block_until_ready(fit())
        trained, cpu = time.perf_counter(), time.process_time() - cpu
        new = PolluxData(flux=new_flux).preprocess()
        found = model.optimize_iterative(
            new, blocks=["latents"], fixed_pars=model.output_pars(params), rng_key=key, progress=False
        ).params
        predicted = model.predict_outputs(found, names=["label"])["label"]
        values = np.asarray(scales[0].inverse_transform(predicted))
        error = float(np.sqrt(np.mean((values - stars["truth"]) ** 2)))
        infer = time.perf_counter() - trained
        print(
            json.dumps({"way": name, "train": trained - start, "cpu": cpu, "infer": infer, "error": error}), flush=True
        )


if __name__ == "__main__":
    main()
