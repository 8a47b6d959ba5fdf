"""Figures of single runs, kept in a JSON file: a benchmark of many trainings is taken in parts and goes on."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from specvae_core.atomic import read_json, write_json


class KeptRuns:
    """Figures by the name of a run.

    Parameters
    ----------
    path
        JSON file, written after each run; without one nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.figures: dict[str, list[float]] = read_json(path) if path and path.exists() else {}

    def of(self, name: str, run: Callable[[], Sequence[float]]) -> list[float]:
        """Figures of a run: those kept under its name, which has to contain its settings, or those of a new one."""
        if name not in self.figures:
            self.figures[name] = [float(value) for value in run()]
            if self.path:
                write_json(self.path, self.figures)
        print(f"    {name}: {' '.join(f'{value:.4f}' for value in self.figures[name])}", flush=True)
        return self.figures[name]


def in_seeds(
    options: argparse.Namespace, name: str, figures: Callable[[str, int], Sequence[float]]
) -> dict[str, np.ndarray]:
    """Figures of runs by kind and seed: (n_seed, n_figure) of each kind."""
    found: dict[str, list[list[float]]] = {kind: [] for kind in options.kinds}
    for seed in options.all_seeds:
        for kind in options.kinds:
            one = f"{name}, {kind}, seed {seed}"
            found[kind].append(options.runs.of(one, lambda k=kind, s=seed: figures(k, s)))
    return {kind: np.array(values) for kind, values in found.items()}


def in_folds(
    options: argparse.Namespace, n_fold: int, name: str, figures: Callable[[str, int, int], Sequence[float]]
) -> dict[str, np.ndarray]:
    """Figures of runs by kind, seed and fold: (n_fold, n_seed, n_figure) of each kind."""
    runs: dict[tuple[str, int, int], list[float]] = {}
    for seed in options.all_seeds:
        for fold in range(n_fold):
            for kind in options.kinds:
                one = f"{name}, {kind}, seed {seed}, fold {fold}"
                runs[kind, seed, fold] = options.runs.of(one, lambda k=kind, s=seed, f=fold: figures(k, s, f))
    return {
        kind: np.array([[runs[kind, seed, fold] for seed in options.all_seeds] for fold in range(n_fold)])
        for kind in options.kinds
    }
