"""As `preprocess`, for the spectra of a block: they come as arrays and stay arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import Refused
from .block import Block
from .catalogue import column_of, own_classes, stored_columns
from .gates import admit_target, rows_with_warnings
from .preprocess import Ready, pieces, prepare_stack
from .preprocess_options import PreprocessOptions
from .spectra import SpectraSet
from .stack import Stack


@dataclass(frozen=True, eq=False)
class PreparedBlock:
    """Spectra of a block ready for a survey, m of them.

    Parameters
    ----------
    spectra
        Those that passed.
    measured_ivar
        (m, n_pixel) float32, before S/N was capped.
    refused
        The others, by their row in the block.
    """

    spectra: SpectraSet
    measured_ivar: np.ndarray
    refused: dict[int, Refused]


def preprocess_block(block: Block, options: PreprocessOptions, *, compiled: bool = False) -> PreparedBlock:
    """Move spectra to their rest frame and onto the grid, see `preprocess_all`, which gives the same row by row.

    Parameters
    ----------
    block
        n spectra.
    options
        Grid, limits and gates.
    compiled
        As in `by_wavelength`.
    """
    refused = _closed_at_once(block, options)
    ready = []
    for some in pieces(len(block), block.flux.shape[1], options):
        one = prepare_stack(Stack.of(block.take(some)), options, compiled=compiled)
        refused = {some.start + row: refusal for row, refusal in one.refused.items()} | refused
        ready.append(one)
    kept = np.array([row for row in range(len(block)) if row not in refused], dtype=int)
    flux, ivar, measured = (
        np.concatenate([getattr(one, name) for one in ready])[kept] for name in ("flux", "ivar", "measured_ivar")
    )
    table = _table(block.take(kept), ready, kept)
    return PreparedBlock(SpectraSet(options.grid, flux, ivar, table, scale="seen"), measured, refused)


def _closed_at_once(block: Block, options: PreprocessOptions) -> dict[int, Refused]:
    """Refusals by the first gate, which looks at the catalogue alone."""
    refused = {}
    sky = [] if block.is_sky is None else np.flatnonzero(block.is_sky).tolist()
    for row in sorted({*rows_with_warnings(block.columns), *sky}):
        try:
            admit_target(block[row], keep_sky=options.keep_sky, any_zwarning=options.any_zwarning)
        except Refused as refusal:
            refused[row] = refusal
    return refused


def _table(block: Block, ready: Sequence[Ready], kept: np.ndarray) -> pd.DataFrame:
    """The catalogue of the spectra that were kept, as `collect` makes it."""
    n = len(block)
    own = {
        "id": np.array(block.ids, dtype=object),
        "class": np.array(own_classes(block.columns, n), dtype=object),
        "z": np.full(n, np.nan) if block.redshift is None else np.asarray(block.redshift, dtype=float),
    }
    numbers = {name: np.concatenate([one.numbers[name] for one in ready])[kept] for name in ready[0].numbers}
    same = {"flux_unit": block.flux_unit, "source": block.source, **ready[0].assumed}
    own |= numbers | {name: column_of(np.array([value] * n)) for name, value in same.items()}
    return pd.DataFrame(own | stored_columns(block.columns), index=range(n))
