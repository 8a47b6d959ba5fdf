"""How fast the training loop is, beside the shape of loop that the published code of Portillo et al. (2020) has.

Both train the same network from the same weights on the same spectra, in one process, one after the other:

- *published shape*: a `DataLoader` over a `TensorDataset`, batches of 64, Adam as it comes, each part of the loss
  turned into a number (``.item()``) at every step;
- *this loop*: whole arrays in memory, rows picked by index, fused Adam, numbers only at the end of an epoch; with
  batches of 64, with the batch size that it would choose for the survey, and so in half precision where that pays.

``python benchmarks/training_speed.py [--n 16000] [--seconds 20] [--device cpu]``
"""

import argparse
import platform
import time
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pandas as pd
import torch

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import DEFAULT_GRID
from specvae_core.models import InfoVAE
from specvae_core.models import training as loop
from specvae_core.models.training_data import Batch, InMemory, shuffled


def survey(n: int) -> SpectraSet:
    """Noisy spectra with eight hidden parameters, on the default grid."""
    random = np.random.default_rng(0)
    shapes = np.cumsum(random.normal(size=(8, DEFAULT_GRID.n_pixel)), axis=1) / DEFAULT_GRID.n_pixel**0.5
    clean = 1 + 0.2 * np.tanh(random.normal(size=(n, 8))) @ shapes
    flux = clean / clean.mean(axis=1, keepdims=True) + random.normal(0, 0.05, clean.shape)
    table = pd.DataFrame({"id": [str(row) for row in range(n)]})
    return SpectraSet(DEFAULT_GRID, flux.astype(np.float32), np.full(flux.shape, 400, dtype=np.float32), table)


def new_model(data: Batch, device: torch.device, precision: str) -> InfoVAE:
    """The same first weights each time."""
    model = InfoVAE(DEFAULT_GRID, InfoVAE.Config(precision=precision)).to(device)
    model.prepare(data, torch.Generator(device).manual_seed(0))
    return model


def published_shape(model: InfoVAE, data: Batch, seconds: float, device: torch.device) -> int:
    """Train for some time; returns the number of spectra that were gone through."""
    dataset = torch.utils.data.TensorDataset(data["flux"].cpu(), data["ivar"].cpu())
    loader = torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    generator = torch.Generator(device).manual_seed(0)
    sums = {"loss": 0.0, "reconstruction": 0.0, "kl": 0.0, "mmd": 0.0}
    n_done, start = 0, time.perf_counter()
    model.train()
    while True:
        for flux, ivar in loader:
            optimiser.zero_grad()
            parts = model.loss({"flux": flux.to(device), "ivar": ivar.to(device)}, generator)
            parts["loss"].backward()
            for name in sums:
                sums[name] += parts[name].item()
            optimiser.step()
            n_done += len(flux)
            if time.perf_counter() - start > seconds:
                return n_done


def this_loop(model: InfoVAE, data: Batch, seconds: float, device: torch.device, batch_size: int) -> int:
    """Train for some time; returns the number of spectra that were gone through."""
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    generator = torch.Generator(device).manual_seed(0)
    n_done, start = 0, time.perf_counter()
    while True:
        for batch in shuffled(data, batch_size, model.config.epoch_steps, generator):
            loop.step(model, batch, optimiser, generator)
            n_done += len(batch["flux"])
            if time.perf_counter() - start > seconds:
                return n_done


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the training loop with the published one's shape.")
    parser.add_argument("--n", type=int, default=16_000, help="spectra in the survey")
    parser.add_argument("--seconds", type=float, default=20.0, help="time that each way gets")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    options = parser.parse_args()
    device = torch.device(options.device)
    spectra = survey(options.n + 1000)
    model = InfoVAE(DEFAULT_GRID, InfoVAE.Config())
    whole = {name: values.to(device) for name, values in model.tensors(spectra).items()}
    data = {name: values[1000:] for name, values in whole.items()}
    held_out = {name: values[:1000] for name, values in whole.items()}

    chosen = loop.suitable_batch_size(options.n)
    ways = {
        "published shape, batch 64": ("float32", published_shape),
        "this loop, batch 64, float32": ("float32", partial(this_loop, batch_size=64)),
        f"this loop, batch {chosen}, float32": ("float32", partial(this_loop, batch_size=chosen)),
        f"this loop, batch {chosen}, half precision where it pays (default)": (
            "auto",
            partial(this_loop, batch_size=chosen),
        ),
    }
    machine = f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, {device.type}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}, PyTorch {torch.__version__}, {options.n} spectra x 1000 pixels\n")
    print(f"| loop | spectra/s | ratio | validation loss after {options.seconds:g} s |\n|---|---|---|---|")
    first = None
    for name, (precision, way) in ways.items():
        model = new_model(data, device, precision)
        start = time.perf_counter()
        rate = way(model, data, options.seconds, device) / (time.perf_counter() - start)
        first = first or rate
        loss = loop.evaluate(model, InMemory(held_out, device), torch.Generator(device).manual_seed(0))["loss"]
        print(f"| {name} | {rate:,.0f} | {rate / first:.2f} | {loss:.1f} |", flush=True)


if __name__ == "__main__":
    main()
