"""Search of settings: λ and the sizes of the hidden layers, at random or guided by earlier trials.

Portillo et al. (2020), section 3 and Table 1, choose both by random search. The guided search is the tree-structured
Parzen estimator of Bergstra et al. (2011, NIPS 24, 2546) as Optuna has it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from types import ModuleType

from ..errors import BadConfig
from ..models.config import ModelConfig

METHODS = ("bayesian", "random")

SPACE: dict[str, tuple[float, float]] = {
    "mmd_lambda": (1.0, 30.0),
    "hidden_outer": (64, 2000),
    "hidden_inner": (16, 256),
}
"""Lowest and highest value of each setting that is searched, all on a logarithmic scale; the
settings of Table 1 of the paper lie between them."""

UNGUIDED = 6
"""Random trials at the start of the guided search."""


def searched(config: type[ModelConfig]) -> list[str]:
    """Settings of a model that can be searched.

    Raises
    ------
    BadConfig
        It has none.
    """
    names = [field.name for field in dataclasses.fields(config) if field.name in SPACE]
    if not names:
        raise BadConfig(
            f"This model has none of the settings {', '.join(SPACE)}, so there is nothing to search: choose one that "
            "has, as infovae or ae."
        )
    return names


def propose(
    names: Sequence[str], method: str, trials: Sequence[tuple[Mapping[str, float], float]], seed: int
) -> dict[str, float]:
    """Settings for the next trial.

    It depends on the arguments alone, so that a search that was interrupted goes on as if it had not been.

    Parameters
    ----------
    names
        Settings to choose, of `SPACE`.
    method
        One of `METHODS`.
    trials
        Settings and error of every earlier trial.
    seed
        Seed of the search; together with the number of earlier trials it sets each draw.

    Raises
    ------
    BadConfig
        The method is unknown.
    """
    if method not in METHODS:
        raise BadConfig(f"There is no search method {method!r}: choose one of {', '.join(METHODS)}.")
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    draw = seed * 100_003 + len(trials)
    guided = optuna.samplers.TPESampler(n_startup_trials=UNGUIDED, seed=draw)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=draw) if method == "random" else guided)
    distributions = {name: _distribution(name) for name in names}
    for settings, error in trials:
        study.add_trial(
            optuna.trial.create_trial(params=dict(settings), distributions=distributions, value=float(error))
        )
    return dict(study.ask(distributions).params)


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError:
        raise BadConfig("A search needs Optuna, which is not installed: pip install 'specvae[search]'.") from None
    return optuna


def _distribution(name: str):
    optuna = _optuna()
    low, high = SPACE[name]
    kind = optuna.distributions.IntDistribution if isinstance(low, int) else optuna.distributions.FloatDistribution
    return kind(low, high, log=True)
