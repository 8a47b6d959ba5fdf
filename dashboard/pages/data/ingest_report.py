"""The report of an ingest: spectra in the survey and what they were taken for, spectra refused and the reasons."""

import csv
import html
import io
from collections.abc import Mapping, Sequence

from dashboard.widgets.table import plain_table
from specvae_core.csv_cells import escape
from specvae_core.errors import Reason

from .kind_table import counts_html, kind_html

FIRST = 5
"""Files that are named for each reason; the table to download has all of them."""

NONE_REFUSED = '<p class="muted">Nothing was refused.</p>'

Refusal = Mapping[str, str]
"""``source, reason, message``, as the core lists them."""


def report_html(report: Mapping[str, object], refusals: Sequence[Refusal]) -> str:
    """The report of an ingest: the sums, then a table of reasons with the first files of each.

    Parameters
    ----------
    report
        ``ingested, skipped, reasons {reason: count}, files, seconds`` from the survey's header; of photometry also
        ``missing {band: objects}`` and ``notes``.
    refusals
        One for each file or object that was refused.
    """
    files = report["files"]
    sums = (
        f'<div class="sums"><span><b>{report["ingested"]:,}</b> in the survey</span>'
        f"<span><b>{report['skipped']:,}</b> refused</span>"
        f"<span><b>{files:,}</b> {'file' if files == 1 else 'files'} in <b>{report['seconds']:,.1f} s</b></span></div>"
    )
    rows = [_row(reason, int(count), refusals) for reason, count in report["reasons"].items()]
    refused = plain_table(("reason", "files", "count"), rows, words=2) if rows else NONE_REFUSED
    return sums + refused + _bands(report.get("missing", {}), report.get("notes", ()))


def _bands(missing: Mapping[str, int], notes: Sequence[str]) -> str:
    """Objects without a measurement in each band, and what was done with the others."""
    counts = ", ".join(f"{html.escape(band)} {count:,}" for band, count in missing.items() if count)
    told = [f"Without a measurement: {counts}." if counts else "All have all bands."] if missing else []
    return "".join(f'<p class="muted">{sentence}</p>' for sentence in [*told, *map(html.escape, notes)])


def understood_html(understood: Mapping, n: int) -> str:
    """What the n spectra of a survey were understood as, one entry a kind of file.

    Parameters
    ----------
    understood
        ``with`` and ``kinds`` from the survey's header.
    n
        Spectra in the survey.
    """
    kinds = "".join(kind_html(kind, kind["spectra"], "spectrum") for kind in understood["kinds"][:FIRST])
    more = len(understood["kinds"]) - FIRST
    rest = f'<p class="muted">and {more:,} more kinds</p>' if more > 0 else ""
    counts = counts_html(understood["with"], n)
    return f"{counts}<details><summary>How the files were read</summary>{kinds}{rest}</details>" if kinds else counts


def _row(reason: str, count: int, refusals: Sequence[Refusal]) -> tuple[str, str, str]:
    mine = [refusal for refusal in refusals if refusal["reason"] == reason]
    shown = "".join(f"<li>{html.escape(refusal['message'])}</li>" for refusal in mine[:FIRST])
    rest = f'<li class="muted">and {count - FIRST:,} more</li>' if count > FIRST else ""
    files = f"<details><summary>{html.escape(_name(mine))}</summary><ul>{shown}{rest}</ul></details>"
    return html.escape(explanation(reason)), files, f"{count:,}"


def _name(refusals: Sequence[Refusal]) -> str:
    return refusals[0]["source"].rsplit("/", 1)[-1] if refusals else ""


def explanation(reason: str) -> str:
    """A reason in words; its bare name where a newer version wrote it."""
    return Reason(reason).explanation if reason in set(Reason) else reason


def refusals_csv(refusals: Sequence[Refusal]) -> bytes:
    """All refusals as a table to download: source, reason, explanation, message."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("source", "reason", "explanation", "message"))
    for refusal in refusals:
        texts = (refusal["source"], refusal["reason"], explanation(refusal["reason"]), refusal["message"])
        writer.writerow(map(escape, texts))
    return text.getvalue().encode()
