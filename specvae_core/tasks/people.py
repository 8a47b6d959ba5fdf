"""What several people say of a survey's objects: annotate, compare, merge and hand out."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from ..analysis.verdicts import agreements
from ..annotation_record import Annotation
from ..errors import UserError
from ..workspace import Workspace

UNNAMED = "unnamed"
"""Stands for the author of annotations of earlier versions, who has no name."""


def _whole(text: str) -> int:
    """A whole number; tables with gaps write it as 4.0."""
    return int(text.removesuffix(".0"))


_READ = {
    "mark": _whole,
    "note": str.strip,
    "tags": lambda text: tuple(dict.fromkeys(filter(None, (tag.strip() for tag in text.split(","))))),
    "redshift": float,
    "quality": _whole,
}
_COLUMNS = {"mark": "mark", "note": "note", "tags": "tags", "z": "redshift", "quality": "quality"}
"""Columns of a table of annotations, and the fields of an annotation that they fill."""


def fields_of(texts: Mapping[str, str]) -> dict[str, object]:
    """Fields of an annotation from texts by column: ``mark``, ``note``, ``tags``, ``z``, ``quality``, where not empty.

    Raises
    ------
    UserError
        A text is not a number where one is needed.
    """
    found: dict[str, object] = {}
    for column, field in _COLUMNS.items():
        text = texts.get(column, "")
        try:
            if text != "":
                found[field] = _READ[field](text)
        except ValueError:
            raise UserError(f"{column} is {text!r}: a number was expected.") from None
    return found


def annotate(workspace: Workspace, survey_id: str, author: str, rows: Mapping[str, Mapping[str, object]]) -> int:
    """Change annotations of objects by one person; all ids are looked up before the first is changed.

    Parameters
    ----------
    workspace
        Holds the survey.
    survey_id
        The survey.
    author
        Who says it.
    rows
        Fields of `Annotation` by object id.

    Returns
    -------
    n
        Objects annotated.
    """
    workspace.survey(survey_id).rows_of(list(rows))
    for fields in rows.values():
        Annotation(**fields)
    for name, fields in rows.items():
        workspace.annotations.change(survey_id, name, f"command of {author}", author, **fields)
    return len(rows)


def agreement(workspace: Workspace, survey_id: str) -> dict[str, object]:
    """How many objects each person has annotated, how far every two agree, and on how many they disagree."""
    workspace.survey_summary(survey_id)
    found = workspace.annotations.by_author(survey_id)
    verdicts = workspace.annotations.verdicts(survey_id).values()
    named = {author or UNNAMED: annotations for author, annotations in found.items()}
    return {
        "people": [{"author": author, "n": len(annotations)} for author, annotations in named.items()],
        "pairs": [asdict(pair) for pair in agreements(named)],
        "objects": len(verdicts),
        "several": sum(verdict.people > 1 for verdict in verdicts),
        "disagree": sum(verdict.disagree for verdict in verdicts),
    }


def everybody(workspace: Workspace, survey_id: str) -> pd.DataFrame:
    """All annotations of a survey, a row for each object and author, with the names that `fields_of` reads."""
    rows = [
        {
            "id": name, "author": author, "mark": said.mark, "note": said.note, "tags": ", ".join(said.tags),
            "z": said.redshift, "quality": said.quality, "features": "; ".join(map(str, said.features)),
        }
        for author, annotations in workspace.annotations.by_author(survey_id).items()
        for name, said in annotations.items()
    ]  # fmt: skip
    columns = ("id", "author", "mark", "note", "tags", "z", "quality", "features")
    table = pd.DataFrame(rows, columns=list(columns)).sort_values(["id", "author"], ignore_index=True)
    return table.astype({"mark": "Int16", "quality": "Int16", "z": float})


def verdict_table(workspace: Workspace, survey_id: str) -> pd.DataFrame:
    """One row for each annotated object, with what all people together say of it; see `Annotations.columns`."""
    ids = np.array(sorted(workspace.annotations.verdicts(survey_id)), dtype=object)
    merged = workspace.annotations.columns(survey_id, ids)
    return pd.concat([pd.DataFrame({"id": ids}), merged], axis=1)
