"""What an ingest does to each batch of spectra, wherever it runs: prepare, refuse, classify."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..analysis.classify import assign_classes
from ..data.preprocess import PreparedSpectrum, collect, preprocess_all
from ..data.preprocess_options import PreprocessOptions
from ..data.spectra import Observation, SpectraSet
from ..errors import Reason, Refused, UserError

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A batch of observations ready for a survey.

    Parameters
    ----------
    spectra
        Those that passed, m of them, classified; ``None`` where none did.
    refused
        The others, by their place in the batch.
    """

    spectra: SpectraSet | None
    refused: dict[int, Refused]


def prepare(batch: Sequence[tuple[str, Observation]], options: PreprocessOptions) -> Prepared:
    """Prepare a batch of observations, each with the source it came from."""
    passed: list[tuple[PreparedSpectrum, Observation]] = []
    refused: dict[int, Refused] = {}
    made = _prepared([observation for _, observation in batch], options)
    for place, ((source, observation), prepared) in enumerate(zip(batch, made, strict=True)):
        if isinstance(prepared, Refused):
            refused[place] = prepared
            continue
        prepared.columns["source"] = source
        passed.append((prepared, observation))
    return Prepared(_classified(passed, options) if passed else None, refused)


def _classified(passed: Sequence[tuple[PreparedSpectrum, Observation]], options: PreprocessOptions) -> SpectraSet:
    spectra = collect([prepared for prepared, _ in passed], options.grid)
    measured = replace(spectra, ivar=np.array([prepared.measured_ivar for prepared, _ in passed]))
    evidence = assign_classes(measured, [observation.line_fits for _, observation in passed])
    table = spectra.table.drop(columns=[name for name in evidence if name in spectra.table])
    table = pd.concat([table, evidence.reset_index(drop=True)], axis=1)
    front = ["id", "class"]
    return replace(spectra, table=table[front + [name for name in table if name not in front]])


def _prepared(items: Sequence[Observation], options: PreprocessOptions) -> list[PreparedSpectrum | Refused]:
    """As `preprocess_all`; an object that leads to an error that nobody thought of is refused alone."""
    try:
        return preprocess_all(items, options)
    except UserError:
        raise
    except Exception as error:
        if len(items) > 1:
            return [made for item in items for made in _prepared([item], options)]
        log.debug("%s cannot be prepared", items[0].id, exc_info=True)
        cause = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
        return [Refused(Reason.UNREADABLE, f"{items[0].id} cannot be prepared ({cause}): look at its numbers.")]
