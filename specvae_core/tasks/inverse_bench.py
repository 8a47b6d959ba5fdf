"""Comparison of models and baselines on inverse problems (Rissaki et al. 2020, Fig. 2)."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..errors import BadConfig
from ..grid import check_grid
from ..inverse.bench import FIGURE, compare
from ..models import LatentModel
from ..progress import Report
from ..results import Kind
from ..workspace import Workspace
from .unseen import within


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
    where: str = "",
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
        Name of a survey that none of them was trained on; by default the test spectra that they share. Of models
        without a test part, every second validation spectrum, which is then used for nothing else.
    problems
        Problems in words, see `inverse.parse_problem`.
    n
        Largest number of spectra of each part.
    where
        Expression, or kept selection ``@NAME``, from whose objects the test spectra are taken; empty for all.
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
        testing = testing.take(within(workspace, models[0], test, where, np.arange(len(testing))))
        check_grid(next(iter(networks.values())).grid, testing.grid)
    else:
        rows = _common_rows(networks.values(), training.ids)
        tested = within(workspace, models[0], survey, where, rows)
        testing, training = training.take(tested), training.take(np.setdiff1d(np.arange(len(training)), rows))
    if len(testing) < 2:
        what = f"{test or survey}{f' within {where}' if where else ''}"
        raise BadConfig(f"The models share {len(testing)} test spectra of {what}: name another survey --test.")
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
    } | ({"where": where} if where else {})
    workspace.results.save(Kind.BENCHES, result_id, header)
    return result_id


def _common_rows(networks: Iterable[LatentModel], ids: np.ndarray) -> np.ndarray:
    """Rows of a survey that no model has seen; bands are calibrated on other validation spectra."""
    unseen = [network.unseen(ids) for network in networks]
    rows = np.flatnonzero(np.all([one.mask for one in unseen], axis=0))
    return rows[::2] if any(one.part == "validation" for one in unseen) else rows
