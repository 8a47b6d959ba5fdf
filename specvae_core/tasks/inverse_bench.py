"""Comparison of models and baselines on inverse problems (Rissaki et al. 2020, Fig. 2)."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..errors import BadConfig
from ..grid import check_grid
from ..inverse.bench import FIGURE, compare
from ..progress import Report
from ..results import Kind
from ..workspace import Workspace


def inverse_bench(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    models: Sequence[str],
    survey: str,
    test: str | None = None,
    problems: Sequence[str] = FIGURE,
    n: int = 50,
    seed: int = 0,
) -> str:
    """Solve the same problems with all models and baselines; returns the id of the result among the ``benches``.

    Parameters
    ----------
    workspace
        Holds models and surveys, gets the result.
    models
        Ids.
    survey
        Name of the survey that they were trained on.
    test
        Name of a survey that none of them was trained on; by default every second of their common validation spectra,
        which are then used for nothing else.
    problems
        Problems in words, see `inverse.parse_problem`.
    n
        Largest number of spectra of each part.
    seed
        Seed of all random numbers.
    """
    networks = {model: workspace.model(model) for model in models}
    if not networks:
        raise BadConfig("No model was named: give one or more, with commas between them.")
    training = workspace.survey(survey).read()
    for network in networks.values():
        check_grid(network.grid, training.grid)
    if test is not None:
        testing = workspace.survey(test).read()
        check_grid(next(iter(networks.values())).grid, testing.grid)
    else:
        held_out = np.flatnonzero(np.all([model.held_out(training.ids) for model in networks.values()], axis=0))
        if len(held_out) < 4:
            raise BadConfig(
                f"The models share {len(held_out)} validation spectra of {survey}: name another survey --test."
            )
        testing = training.take(held_out[::2])
        training = training.take(np.setdiff1d(np.arange(len(training)), held_out[::2]))
    rows = [asdict(row) for row in compare(networks, training, testing, problems, n=n, seed=seed, report=report)]
    clean = [{key: None if value != value else value for key, value in row.items()} for row in rows]
    result_id = workspace.results.reserve(Kind.BENCHES, f"inverse-{survey}")
    header = {
        "models": list(models),
        "survey": survey,
        "test": test,
        "n": min(n, len(testing)),
        "seed": seed,
        "rows": clean,
    }
    workspace.results.save(Kind.BENCHES, result_id, header)
    return result_id
