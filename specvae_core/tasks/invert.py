"""Inverse problems for spectra of a survey or of an uploaded file, with a model as prior."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..data.readers.axis import read_hints
from ..data.spectra import SpectraSet
from ..errors import BadConfig, Cancelled
from ..grid import check_grid
from ..inverse import parse_problem
from ..models import LatentModel
from ..progress import Report
from ..results import Kind
from ..workspace import Workspace
from .prior import prior_of
from .reconstruction import LEARNING, PosedProblem, SearchRecord
from .uploaded import MOST, Uploaded, rescaled


def invert(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str | None = None,
    ids: Sequence[str] = (),
    problem: str = "inpaint:0.4",
    method: str = "regularised",
    starts: int = 4,
    seed: int = 0,
    weight: float = 1.0,
    name: str | None = None,
    upload: str | None = None,
    redshift_range: Sequence[float] | None = None,
    hints: Mapping[str, object] | None = None,
    device: str = "auto",
) -> str:
    """Pose a problem and solve it; returns the id of the result among the ``reconstructions``.

    While it runs, the best solution so far is saved a few times a second, with the ``state`` ``running``; at the end it
    is ``finished`` or, where the job was stopped, ``stopped``. The prior is learnt without the spectra in question.

    Parameters
    ----------
    workspace
        Holds the model and the survey, gets the result.
    ids
        Spectra of the survey.
    problem
        In words, see `inverse.parse_problem`.
    method
        ``projected``, ``regularised`` or ``density``; see `inverse.solve`.
    starts
        Number of searches for each spectrum.
    seed
        Seed of windows, noise and random starts.
    weight
        The λ of Eq. 4 in units of the precision of the codes.
    name
        An id that was reserved for the result.
    upload
        Path of a file with the spectra, in place of a survey.
    redshift_range
        Lowest and highest redshift of the uploaded spectrum, where its redshift is to be fitted too; otherwise the
        spectrum is at rest or at the redshift in the file.
    hints
        The user's hints on that file: fields of `FileHints`.
    device
        ``auto``, ``cpu`` or ``cuda``, where searches run.

    Raises
    ------
    NotFound, BadConfig, GridMismatch
        An input cannot be used.
    """
    network = workspace.model(model).on(device)
    question = parse_problem(problem, network.grid)
    if upload is None and redshift_range is not None:
        raise BadConfig("A redshift can be found for an uploaded spectrum only: those of a survey are at rest already.")
    file = Uploaded(Path(upload), network, read_hints(hints or {})) if upload is not None else None
    spectra = file.at_rest() if file is not None else _asked(workspace, network, survey, ids)
    posed = PosedProblem.of(question, spectra, seed)  # a problem that cannot be posed is refused before the long work
    result_id = name or workspace.results.reserve(Kind.RECONSTRUCTIONS, f"{model}-{survey or 'upload'}")
    try:
        prior = prior_of(workspace, model, survey, question, report, LEARNING, spectra.ids, method, weight, device)
        if file is not None and redshift_range is not None:
            spectra = file.with_redshift(redshift_range, prior, seed, report)
        if file is not None:
            posed = PosedProblem.of(question, rescaled(spectra, network, prior, seed, report), seed)
        header = {"model": model, "survey": survey, "problem": problem, "method": method, "starts": starts}
        header |= {"seed": seed, "weight": weight, "ids": posed.spectra.ids.tolist(), **_about(file)}
        record = SearchRecord(workspace, result_id, header, posed, network)
        solution = record.solve(prior, report, method=method, starts=starts, seed=seed)
    except BaseException:
        workspace.results.release(Kind.RECONSTRUCTIONS, result_id)
        raise
    if record.stopped:
        raise Cancelled(f"The search was stopped after {solution.n_steps} steps; its best so far is kept.")
    return result_id


def _about(file: Uploaded | None) -> dict[str, object]:
    """Entries of the header for an upload."""
    if file is None or file.redshift is None:
        return {"notes": file.notes if file is not None else []}
    return {"notes": file.notes, "redshift": file.redshift.redshift, "redshift_sigma": file.redshift.sigma}


def _asked(workspace: Workspace, model: LatentModel, survey_id: str | None, ids: Sequence[str]) -> SpectraSet:
    if survey_id is None:
        raise BadConfig("Neither a survey nor an uploaded file was given: choose one of the two.")
    survey = workspace.survey(survey_id)
    check_grid(model.grid, survey.grid)
    if not 1 <= len(ids) <= MOST:
        raise BadConfig(
            f"{len(ids)} spectra were asked for, but a reconstruction takes 1 to {MOST}: put more into a new survey "
            "(--all --name NEW)."
        )
    return survey.read(survey.rows_of(ids)).on_scale(model.flux_scale)
