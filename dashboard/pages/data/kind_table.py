"""What a kind of file was taken for, as a table: in the look before an ingest, and in its report."""

import html
from collections.abc import Mapping

from dashboard.widgets.table import plain_table
from specvae_core.data.readers.axis import PIXEL

_PARTS = ("wavelength", "flux", "error", "mask", "redshift", "id", "position")
_PLURALS = {"object": "objects", "spectrum": "spectra"}
_ARTICLES = {"redshift": "a redshift", "mask": "a mask", "position": "a position"}


def kind_html(kind: Mapping, n: int, what: str) -> str:
    """A heading with the number of spectra, and what was taken for what.

    Parameters
    ----------
    kind
        As `tally.kind_to_json` gives it, perhaps with ``wavelength_range``.
    n
        Number of spectra.
    what
        What they are called: ``object`` or ``spectrum``.
    """
    rows = []
    if kind.get("wavelength_range"):
        low, high = kind["wavelength_range"]
        behind = " pixels" if counts_pixels(kind) else f" Å, {kind.get('medium', 'vacuum')}"
        rows.append(("range", f"{low:,.0f} to {high:,.0f}{behind}"))
    rows += [(part, _taken(kind, part)) for part in _PARTS if kind.get(part)]
    rows += [(word, "; ".join(kind[word])) for word in ("converted", "assumed") if kind.get(word)]
    heading = f"<b>{html.escape(kind['reader'])}</b>: {n:,} {what if n == 1 else _PLURALS[what]}"
    cells = [(name, html.escape(str(text))) for name, text in rows]
    return f'<div class="kind">{heading}</div>{plain_table(("", ""), cells, words=2)}'


def counts_pixels(kind: Mapping) -> bool:
    """Whether the spectra of a kind have counted pixels, which carry no wavelength."""
    return kind.get("wavelength_unit") == PIXEL


def counts_html(counts: Mapping[str, int], n: int) -> str:
    """How many of n objects come with a redshift, errors, a mask and a position."""
    found = ", ".join(f"{count:,} with {_ARTICLES.get(name, name)}" for name, count in counts.items())
    return f'<p class="muted">Of {n:,} {"object" if n == 1 else "objects"}: {found}.</p>'


def _taken(kind: Mapping, part: str) -> str:
    unit = kind.get(f"{part}_unit", "")
    return f"{kind[part]} [{unit}]" if unit else kind[part]
