"""Tables of what the strips of small spectra draw: similar objects, and objects to score next.

Each function takes a workspace and the ids of a survey and a model first; what follows are the arguments of a recipe
(`figure_kinds.FIGURES`), JSON as they stand there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..data.spectra import SpectraSet
from ..errors import NotFound
from ..progress import ignore
from ..workspace import Workspace
from .similar import similar
from .teach import learn


def similar_table(
    workspace: Workspace, survey_id: str, model_id: str, object_id: str, among: str, top: int
) -> pd.DataFrame:
    """An object and those nearest to it, the nearest first, a row for each pixel of each.

    Parameters
    ----------
    object_id
        The example.
    among
        Survey to look in; empty for that of the example.
    top
        Objects to find.

    Returns
    -------
    table
        ``id``; ``distance`` in latents, 0 for the example; ``wavelength`` in the unit of the grid; ``flux``, NaN where
        unseen; ``residual``, its difference to the example in units of both errors, NaN where not seen in both.
    """
    survey = workspace.survey(survey_id)
    row = int(survey.rows_of([object_id])[0])
    rows, distance = similar(workspace, model_id, survey_id, [row], top, among)
    example, found = survey.row(row), workspace.survey(among or survey_id).read(rows)
    flux, seen = np.vstack([example.flux, found.flux]), np.vstack([example.seen, found.seen])
    with np.errstate(divide="ignore"):
        variance = 1 / np.vstack([example.ivar, found.ivar]).astype(float)
    both = seen & seen[:1]
    residual = np.full(flux.shape, np.nan)
    residual[both] = ((flux - flux[:1]) / np.sqrt(variance + variance[:1]))[both]
    table = _pixels(np.array([object_id, *found.ids]), example, flux, seen)
    table.insert(1, "distance", np.repeat([0.0, *distance], flux.shape[1]))
    return table.assign(residual=residual.ravel())


def proposal_table(
    workspace: Workspace, survey_id: str, model_id: str, scores: Mapping[str, float], top: int, without: Sequence[str]
) -> pd.DataFrame:
    """Objects to score next, as they are learnt from scores; nothing is kept in the workspace.

    Parameters
    ----------
    scores
        0 to 5 by object id, the oldest first.
    top
        Objects that are recommended.
    without
        Ids of those among them that are not shown: they were skipped or scored.

    Returns
    -------
    table
        ``id, interest, sigma`` and ``why``, the same for all pixels of an object; ``wavelength`` in the unit of the
        grid; ``flux``, NaN where unseen.

    Raises
    ------
    NotFound
        None of the objects is left.
    """
    learnt = learn(workspace, ignore, model=model_id, survey=survey_id, scores=scores)
    survey = workspace.survey(survey_id)
    found = learnt.proposals(top)
    names = survey.index.ids_of([one.row for one in found])
    shown = {name: one for name, one in zip(names, found, strict=True) if name not in set(without)}
    if not shown:
        raise NotFound(f"None of the {top} objects to score next is left: learn from the scores first.")
    spectra = survey.read([one.row for one in shown.values()])
    table = _pixels(np.array(list(shown)), spectra, spectra.flux, spectra.seen)
    for place, name in enumerate(("interest", "sigma", "why"), 1):
        values = [getattr(one, name) for one in shown.values()]
        table.insert(place, name, np.repeat(values, spectra.flux.shape[1]))
    return table


def _pixels(ids: np.ndarray, spectra: SpectraSet, flux: np.ndarray, seen: np.ndarray) -> pd.DataFrame:
    """``id, wavelength, flux`` of fluxes (n, n_pixel) on the grid of some spectra, a row for each pixel."""
    n, pixels = flux.shape
    return pd.DataFrame(
        {
            "id": np.repeat(ids, pixels),
            "wavelength": np.tile(spectra.grid.wavelength, n),
            "flux": np.where(seen, flux, np.nan).ravel(),
        }
    )
