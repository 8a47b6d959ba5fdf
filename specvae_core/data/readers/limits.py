"""Limits of what a reader may hand over, so that one object's names and values cannot burden a whole survey."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from ...errors import Reason, Refused
from ...names import printable, storable
from ..block import Block
from ..spectra import Observation

MOST_PIXELS = 4_000_000
LONGEST_ID, LONGEST_NAME, LONGEST_VALUE = 250, 250, 20_000
"""Characters of an id, of the name of a column and of a value in it."""
MOST_COLUMNS = 5_000


def within_limits(item: Observation | Refused) -> Observation | Refused:
    """The item with texts that can be stored; a refusal in its place where it goes beyond a limit."""
    if isinstance(item, Refused):
        return item
    source, id_ = item.source, item.id
    sentence = _beyond(item)
    if sentence:
        return Refused(Reason.TOO_LARGE, f"{printable(id_[:LONGEST_ID])} {sentence}")
    words = [value for value in item.columns.values() if isinstance(value, str)]
    if all(text.isascii() for text in chain((source, id_), item.columns, words)):
        return item
    columns = {
        storable(str(name)): storable(value) if isinstance(value, str) else value
        for name, value in item.columns.items()
    }
    return replace(item, id=storable(id_), source=printable(source), columns=columns)


def is_within_limits(block: Block) -> bool:
    """Whether all spectra of a block are within the limits and all texts are ASCII, so that `within_limits` need not
    look at each."""
    words = [values for values in block.columns.values() if values.dtype.kind not in "fiub"]
    if any(values.dtype.kind != "U" or values.dtype.itemsize > 4 * LONGEST_VALUE for values in words):
        return False
    if max(map(len, block.ids)) > LONGEST_ID or max(map(len, block.columns), default=0) > LONGEST_NAME:
        return False
    if block.flux.shape[1] > MOST_PIXELS or len(block.columns) > MOST_COLUMNS:
        return False
    texts = chain((block.source,), block.ids, block.columns, *(values.tolist() for values in words))
    return all(text.isascii() for text in texts)


def _beyond(item: Observation) -> str:
    """What goes beyond a limit, as the rest of a sentence that begins with the id."""
    columns: Mapping[str, object] = item.columns
    if len(item.flux) > MOST_PIXELS:
        return f"has {len(item.flux):,} pixels, and a spectrum has at most {MOST_PIXELS:,}: rebin it."
    if len(item.id) > LONGEST_ID:
        return f"… is an id of {len(item.id):,} characters, and at most {LONGEST_ID} are kept: give a shorter one."
    if len(columns) > MOST_COLUMNS:
        return f"has {len(columns):,} columns, and at most {MOST_COLUMNS:,} are kept: leave some out."
    longest = max(columns, key=len, default="")
    if len(longest) > LONGEST_NAME:
        return (
            f"has a column whose name, {printable(longest[:20])}…, is {len(longest):,} characters long: at most "
            f"{LONGEST_NAME} were expected."
        )
    for name, value in columns.items():
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            return f"has a text of {len(value):,} characters in its column {name}: at most {LONGEST_VALUE:,} are kept."
    return ""
