"""Selections: the objects of a survey for which a filter is true, or whose ids are in a file.

One syntax serves every option ``--where``, ``--a`` and ``--b``, and the filter line of the pages: an expression over
the columns of `object_columns` (see `data.filters`) and the selections that were kept (``@quiet and not @bright``), or
``@FILE`` of ids or positions.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.filters import Filter
from ..data.survey import Survey
from ..data.text_lists import read_lines
from ..errors import BadConfig, NotFound, UserError
from ..names import typed_path
from ..results import Result
from ..workspace import Workspace
from .object_columns import object_columns
from .selections import find_selection, rows_of, selections_of


@dataclass(frozen=True, eq=False)
class Chosen:
    """Objects that a text selects.

    Parameters
    ----------
    rows
        Rising rows, int32.
    missing
        Ids or positions of a list that the survey does not have.
    """

    rows: np.ndarray
    missing: tuple[str, ...] = ()


_COMBINED = re.compile(r"[\s)](and|or|not|in)[\s(]|[&|!~=<>]")

POSITION_RADIUS = 2.0
"""Arcsec within which an object is at a position of a list."""


def choose(
    workspace: Workspace, survey_id: str, text: str, model_id: str | None = None, *, files: bool = True
) -> Chosen:
    """The objects that an expression, ``@NAME``, ``@FILE`` or rows by number (``#3-5,9``) select.

    Parameters
    ----------
    workspace
        Holds the survey, its selections, and the model.
    survey_id
        The survey.
    text
        What selects.
    model_id
        A model whose columns an expression may use.
    files
        Whether ``@FILE`` is read, which a visitor of a server may not ask for.

    Raises
    ------
    BadConfig, NotFound
        The text is not a filter, or names a column, selection or file that does not exist.
    """
    text = text.strip()
    survey = workspace.survey(survey_id)
    if text.startswith("#"):
        return Chosen(_numbered(text[1:], survey.n))
    kept = find_selection(workspace, survey_id, text[1:].strip().strip("`")) if text.startswith("@") else None
    if kept is not None:
        return Chosen(rows_of(kept, survey))
    path = typed_path(text[1:].strip())
    if files and text.startswith("@") and os.path.isfile(path):  # which no name is too long for
        return _by_list(survey, path)
    if text.startswith("@") and not _COMBINED.search(text):
        names = ", ".join(one.title for one in selections_of(workspace, survey_id)) or "none yet"
        if not files:
            raise NotFound(f"There is no selection {text[1:]} of {survey_id}: its selections are {names}.")
        raise NotFound(f"{text} is neither a file of ids nor a selection of {survey_id}: its selections are {names}.")
    columns = object_columns(workspace, survey_id, model_id).plus(_kept_columns(workspace, survey))
    return Chosen(np.flatnonzero(Filter.of(text).mask(columns)).astype(np.int32))


def _kept_columns(workspace: Workspace, survey: Survey) -> dict[str, Callable[[], object]]:
    """Whether each object is in a kept selection (n,), by ``@`` and its name."""

    def inside(kept: Result) -> np.ndarray:
        mask = np.zeros(survey.n, dtype=bool)
        mask[rows_of(kept, survey)] = True
        return mask

    kept = selections_of(workspace, survey.name)
    return {f"@{one.title}": lambda one=one: inside(one) for one in kept}


def _numbered(text: str, n: int) -> np.ndarray:
    """Rising rows of runs such as ``3-5,9``, by which pages write what was selected by hand."""
    try:
        runs = [[int(end) for end in part.split("-")] for part in text.split(",") if part.strip()]
    except ValueError:
        runs = []
    if not runs or any(len(run) > 2 for run in runs):
        raise BadConfig(f"#{text[:40]} is not a list of rows: runs such as #3-5,9 were expected.")
    chosen = np.zeros(n, dtype=bool)
    for run in runs:
        if not 0 <= run[0] <= run[-1] < n:  # before anything of that length is made
            raise BadConfig(f"The survey has {n:,} objects, but rows {run[0]:,} to {run[-1]:,} were asked for.")
        chosen[run[0] : run[-1] + 1] = True
    return np.flatnonzero(chosen).astype(np.int32)


def pasted(survey: Survey, text: str) -> Chosen:
    """The objects of a pasted list, with commas, spaces or line ends between its words.

    The words are ids; after the words ``ra dec`` they are positions in degrees, see `at_positions`.
    """
    words = text.replace(",", " ").replace(";", " ").split()
    if [word.lower() for word in words[:2]] == ["ra", "dec"]:
        try:
            positions = np.array(words[2:], dtype=float).reshape(-1, 2)
        except ValueError:
            raise BadConfig(
                "After ra dec there have to be pairs of degrees, as in ra dec 180.1 2.3 181.4 -1.2."
            ) from None
        return at_positions(survey, positions)
    return _by_ids(survey, words)


def at_positions(survey: Survey, positions: np.ndarray, radius: float = POSITION_RADIUS) -> Chosen:
    """The objects nearest to positions, by the columns ``ra`` and ``dec``.

    Parameters
    ----------
    survey
        The survey.
    positions
        (m, 2) right ascension and declination in degrees.
    radius
        Arcsec within which an object counts.
    """
    from scipy.spatial import cKDTree

    names = {str(name).lower(): name for name in survey.catalogue.columns}
    if not {"ra", "dec"} <= set(names):
        raise NotFound(f"The catalogue of {survey.name} has no columns ra and dec: give ids instead.")
    here = np.column_stack([survey.catalogue[names[one]].to_numpy(dtype=float) for one in ("ra", "dec")])
    known = np.flatnonzero(np.isfinite(here).all(axis=1))
    if not np.isfinite(positions).all() or (np.abs(positions[:, 1:]) > 90).any():
        raise BadConfig(
            "A position is not a number, or its declination is beyond ±90: ra and dec in degrees were expected."
        )
    chord = 2 * np.sin(np.radians(radius / 3600) / 2)
    far, place = cKDTree(_directions(here[known])).query(_directions(positions), distance_upper_bound=chord)
    found = np.isfinite(far)
    missing = tuple(f"{ra:g} {dec:g}" for ra, dec in positions[~found])
    return Chosen(np.unique(known[place[found]]).astype(np.int32), missing)


def _directions(degrees: np.ndarray) -> np.ndarray:
    """(m, 3) unit vectors of positions (m, 2)."""
    ra, dec = np.radians(degrees).T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def _by_list(survey: Survey, path: Path) -> Chosen:
    """The objects of a file: by its ids, or by its columns ``ra`` and ``dec`` where it has no column ``id``."""
    names, cells = _cells(path)
    if "id" not in names and {"ra", "dec"} <= set(names):
        pair = names.index("ra"), names.index("dec")
        try:
            positions = np.array([[row[i] for i in pair] for row in cells], dtype=float).reshape(-1, 2)
        except (ValueError, IndexError):
            raise UserError(f"{path} has a line without numbers for ra and dec: give both in degrees.") from None
        return at_positions(survey, positions)
    return _by_ids(survey, read_ids(path))


def _by_ids(survey: Survey, ids: list[str]) -> Chosen:
    rows = survey.index.rows_of(ids)
    missing = tuple(name for name, row in zip(ids, rows, strict=True) if row < 0)
    return Chosen(np.unique(rows[rows >= 0]).astype(np.int32), missing)


def read_ids(path: Path) -> list[str]:
    """Ids in a file: one a line, or the column ``id``, else the first, of a CSV.

    Raises
    ------
    UserError
        The file is not text, or holds no id.
    """
    names, cells = _cells(path)
    column = names.index("id") if "id" in names else 0
    ids = [row[column] for row in cells if len(row) > column and row[column]]
    if not ids:
        raise UserError(f"{path} holds no ids: write one id a line, or a CSV with a column id.")
    return ids


def _cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Names of columns in small letters, none where the first line is not a head, and the cells of the lines."""
    lines = (line.strip() for line in read_lines(path, "one id a line"))
    cells = [[cell.strip().strip('"') for cell in line.split(",")] for line in lines if line and line[0] != "#"]
    names = [cell.lower() for cell in cells[0]] if cells else []
    head = "id" in names or {"ra", "dec"} <= set(names)
    return (names, cells[1:]) if head else ([], cells)


def selected_table(workspace: Workspace, survey_id: str, rows: np.ndarray, model_id: str | None = None) -> pd.DataFrame:
    """Catalogue, annotations and, under a model, latents of some objects, one row each."""
    columns = object_columns(workspace, survey_id, model_id)
    names = sorted(columns, key=lambda name: name != "id")
    picked = {name: pd.Series(columns[name]).iloc[rows].reset_index(drop=True) for name in names}
    return pd.DataFrame(picked)
