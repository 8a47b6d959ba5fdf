"""Files and objects that did not enter a survey, each with the reason."""

import csv
from collections.abc import Sequence
from pathlib import Path

from ..csv_cells import escape, unescape
from ..errors import Refused

REFUSED = "refused.csv"
csv.field_size_limit(2**30)  # earlier versions kept sentences of any length
REFUSED_COLUMNS = ("source", "reason", "message")


def read_refused(folder: Path) -> list[dict[str, str]]:
    """Files and objects that did not enter the survey in a folder: ``source, reason, message`` each."""
    path = folder / REFUSED
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{name: unescape(row.get(name) or "") for name in REFUSED_COLUMNS} for row in csv.DictReader(file)]
    return list({(row["source"], row["message"]): row for row in rows}.values())


def append_refused(folder: Path, refusals: Sequence[tuple[str, Refused]]) -> None:
    """Add files and objects, with their source, to the refused ones of the survey in a folder."""
    path = folder / REFUSED
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(REFUSED_COLUMNS)
        writer.writerows(map(escape, (source, refusal.reason, str(refusal))) for source, refusal in refusals)
