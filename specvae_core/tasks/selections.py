"""Selections that are kept by name: some objects of a survey, in a colour of their own."""

import numpy as np

from ..data.catalogue import utf8_ids
from ..data.survey import Survey
from ..errors import BadConfig, NameTaken
from ..results import Kind, Result
from ..workspace import Workspace

COLOURS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#0072B2", "#F0E442", "#7F3C8D")
"""Colours of named selections, in the order in which they are made: those of Okabe and Ito, and a violet."""


def selections_of(workspace: Workspace, survey_id: str) -> list[Result]:
    """Selections of a survey, the oldest first, so that their colours stay."""
    found = [one for one in workspace.results.list(Kind.SELECTIONS) if one.header.get("survey") == survey_id]
    return found[::-1]


def find_selection(workspace: Workspace, survey_id: str, name: str) -> Result | None:
    """The selection of that name, ``None`` where there is none."""
    return next((one for one in selections_of(workspace, survey_id) if name in (one.title, one.id)), None)


def keep_selection(
    workspace: Workspace, survey_id: str, name: str, rows: np.ndarray, *, where: str = "", model_id: str | None = None
) -> str:
    """Keep objects under a name; an older selection of that name and survey is replaced. Returns its id.

    Parameters
    ----------
    workspace
        Gets the result of kind ``selections``: header ``survey, title, n, where, model, colour, survey_uid``; arrays
        ``rows`` (n,) int32 and ``ids`` (n,), UTF-8 bytes.
    survey_id
        The survey.
    name
        What people call it.
    rows
        Rows of its objects.
    where
        The filter that selected them, empty where they were selected by hand.
    model_id
        The model whose columns the filter uses.
    """
    if not (name := name.strip()):
        raise BadConfig("A selection needs a name: give one word, as in --name quiet.")
    survey, older = workspace.survey(survey_id), find_selection(workspace, survey_id, name)
    rows = _rising(rows, survey.n)
    colour = older.header["colour"] if older else _next_colour(workspace, survey_id)
    header = {
        "survey": survey_id,
        "title": name,
        "n": len(rows),
        "where": where,
        "model": model_id,
        "colour": colour,
        "survey_uid": survey_uid(survey),
    }
    if older is not None:
        header["created"] = older.created  # keeps its place in the list
    result_id = older.id if older else workspace.results.reserve(Kind.SELECTIONS, name)
    workspace.results.save(Kind.SELECTIONS, result_id, header, {"rows": rows, "ids": utf8_ids(survey.ids[rows])})
    return result_id


def _rising(rows: np.ndarray, n: int) -> np.ndarray:
    """Rising rows, int32, each once, of n objects; `np.unique` of a million takes a second."""
    chosen = np.zeros(n, dtype=bool)
    chosen[rows] = True
    return np.flatnonzero(chosen).astype(np.int32)


def rename_selection(workspace: Workspace, selection: Result, name: str) -> None:
    """Give a kept selection another name.

    Raises
    ------
    BadConfig
        The name is empty.
    NameTaken
        Another selection of the survey has it.
    """
    if not (name := name.strip()):
        raise BadConfig("A selection needs a name: type the new one first.")
    other = find_selection(workspace, selection.header["survey"], name)
    if other is not None and other.id != selection.id:
        raise _taken(name)
    workspace.results.rename(Kind.SELECTIONS, selection.id, name)


def copy_selection(workspace: Workspace, selection: Result, name: str) -> str:
    """Keep the objects of a selection under a second name, in a colour of its own; returns the id of the copy.

    Raises
    ------
    NameTaken
        A selection of the survey has the name.
    """
    survey_id, name = selection.header["survey"], name.strip()
    if find_selection(workspace, survey_id, name) is not None:
        raise _taken(name)
    rows = rows_of(selection, workspace.survey(survey_id))
    where, model_id = selection.header["where"], selection.header["model"]
    return keep_selection(workspace, survey_id, name, rows, where=where, model_id=model_id)


def _taken(name: str) -> NameTaken:
    return NameTaken(f"There is a selection {name} already: choose another name, or delete that one.")


def _next_colour(workspace: Workspace, survey_id: str) -> str:
    used = [one.header.get("colour") for one in selections_of(workspace, survey_id)]
    return min(COLOURS, key=used.count)


def survey_uid(survey: Survey) -> str:
    """Identity of this survey, different from that of any earlier one of the same name."""
    return str(survey.header.get("uid", survey.header["created"]))


def rows_of(selection: Result, survey: Survey) -> np.ndarray:
    """Rising rows (m,) int32 of a kept selection; by id where the survey was replaced since."""
    if selection.header.get("survey_uid") == survey_uid(survey):
        return selection.arrays["rows"]
    rows = survey.index.rows_of(np.char.decode(selection.arrays["ids"], "utf-8").tolist())
    return np.sort(rows[rows >= 0]).astype(np.int32)
