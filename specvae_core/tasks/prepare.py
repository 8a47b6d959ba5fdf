"""What an ingest does to each batch of spectra, wherever it runs: prepare, refuse, classify."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..analysis.classify import assign_classes
from ..data.block import Block
from ..data.preprocess import PreparedSpectrum, collect, preprocess_all
from ..data.preprocess_block import preprocess_block
from ..data.preprocess_options import PreprocessOptions
from ..data.spectra import LineFit, Observation, SpectraSet
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


def prepare(
    batch: Sequence[tuple[str, Observation]] | Block, options: PreprocessOptions, *, compiled: bool = False
) -> Prepared:
    """Prepare a batch.

    Parameters
    ----------
    batch
        Observations, each with the source it came from, or a block, whose ``source`` is that.
    options
        Grid, limits and gates.
    compiled
        Whether compiled code may be imported; the results are the same.
    """
    if isinstance(batch, Block):
        return _prepare_block(batch, options, compiled)
    passed: list[tuple[PreparedSpectrum, Observation]] = []
    refused: dict[int, Refused] = {}
    made = _prepared([observation for _, observation in batch], options, compiled)
    for place, ((source, observation), prepared) in enumerate(zip(batch, made, strict=True)):
        if isinstance(prepared, Refused):
            refused[place] = prepared
            continue
        prepared.columns["source"] = source
        passed.append((prepared, observation))
    if not passed:
        return Prepared(None, refused)
    spectra = collect([prepared for prepared, _ in passed], options.grid)
    measured = np.array([prepared.measured_ivar for prepared, _ in passed])
    return Prepared(_classified(spectra, measured, [observation.line_fits for _, observation in passed]), refused)


def _prepare_block(block: Block, options: PreprocessOptions, compiled: bool) -> Prepared:
    """As `prepare`; where an error comes up that nobody thought of, row by row."""
    try:
        made = preprocess_block(block, options, compiled=compiled)
        spectra = _classified(made.spectra, made.measured_ivar, [()] * len(made.spectra)) if len(made.spectra) else None
        return Prepared(spectra, made.refused)
    except UserError:
        raise
    except Exception:
        log.debug("%d spectra of %s are prepared one by one", len(block), block.source, exc_info=True)
        return prepare([(block.source, observation) for observation in block], options)


def _classified(spectra: SpectraSet, measured_ivar: np.ndarray, line_fits: Sequence[tuple[LineFit, ...]]) -> SpectraSet:
    """Spectra with their classes and the evidence in the catalogue, measured with the errors as they were."""
    evidence = assign_classes(replace(spectra, ivar=measured_ivar), line_fits)
    table = spectra.table.drop(columns=[name for name in evidence if name in spectra.table])
    table = pd.concat([table, evidence.reset_index(drop=True)], axis=1)
    front = ["id", "class"]
    return replace(spectra, table=table[front + [name for name in table if name not in front]])


def _prepared(
    items: Sequence[Observation], options: PreprocessOptions, compiled: bool
) -> list[PreparedSpectrum | Refused]:
    """As `preprocess_all`; an object that leads to an error that nobody thought of is refused alone."""
    try:
        return preprocess_all(items, options, compiled=compiled)
    except UserError:
        raise
    except Exception as error:
        if len(items) > 1:
            return [made for item in items for made in _prepared([item], options, compiled)]
        log.debug("%s cannot be prepared", items[0].id, exc_info=True)
        cause = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
        return [Refused(Reason.UNREADABLE, f"{items[0].id} cannot be prepared ({cause}): look at its numbers.")]
