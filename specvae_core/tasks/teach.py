"""Teach what is interesting by the scores of a few objects, and recommend the next ones to score."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..analysis.lof import NEIGHBOURS, local_outlier_factor, with_latents
from ..analysis.propose import Proposal, isolation, propose
from ..analysis.teach import AT_ONCE, LARGEST, MOST_LABELS, Teacher, features_of
from ..data.text_lists import read_lines
from ..encodings import Encoding
from ..errors import BadConfig, NotFound, UserError
from ..jobs import on_all_cores
from ..progress import Progress, Report, sub_report
from ..results import Kind, Result
from ..workspace import Workspace
from .outlier_table import encoded
from .selections import survey_uid

MOST_COMPONENTS = 10
"""Principal components of latents in which isolation is measured where a model has more: in many dimensions all objects
are about as far from each other, and each search looks at all of them."""

MOST_IN_TREE = 50_000
"""Objects, evenly taken, against which isolation is measured in a larger survey."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """What was learnt from the scores of a survey, and what it was learnt from.

    Parameters
    ----------
    teacher
        Fitted to the scored objects.
    features
        (n, d + 4) of all objects, see `features_of`.
    alone
        (n,) see `isolation`.
    rows, scores
        (m,) rows of the scored objects, and their scores by id in the same order.
    """

    teacher: Teacher
    features: np.ndarray
    alone: np.ndarray
    rows: np.ndarray
    scores: Mapping[str, float]

    def proposals(self, top: int) -> list[Proposal]:
        """The next objects to score, the most worthwhile first.

        Raises
        ------
        BadConfig
            ``top`` is below 1.
        """
        if top < 1:
            raise BadConfig(f"{top} objects were asked for: give a number of at least 1.")
        return propose(self.teacher, self.features, self.alone, self.rows, np.array(list(self.scores)), top)


def learn(workspace: Workspace, report: Report, *, model: str, survey: str, scores: Mapping[str, float]) -> Learnt:
    """Learn what is interesting, and keep nothing; arguments and errors are those of `teach`."""
    index, names = workspace.survey(survey).index, list(scores)[-MOST_LABELS:]
    rows = index.rows_of(names)
    known = {name: float(scores[name]) for name, row in zip(names, rows, strict=True) if row >= 0}
    if not known:
        raise BadConfig(
            f"None of the {len(names)} scored objects is in {survey}: give ids of that survey, 0 to 5 each."
        )
    encoding = encoded(workspace, model, survey, sub_report(report, 0.0, 0.3, survey))
    alone = _isolation(
        workspace, encoding, {"model": model, "survey": survey}, sub_report(report, 0.3, 0.5, "isolation")
    )
    features = _features(workspace, survey, encoding, alone)
    report(Progress(0.8, f"learning from {len(known)} scores"))
    rows = rows[rows >= 0]
    teacher = Teacher.fit(features[rows], np.array(list(known.values())))
    return Learnt(teacher, features, alone, rows, known)


def teach(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    scores: Mapping[str, float],
    replaces: str = "",
) -> str:
    """Learn what is interesting; returns the teacher's id.

    Parameters
    ----------
    workspace
        Holds model and survey; gets the result of kind ``teachers``: header ``model, survey, survey_uid, n, scale,
        weights, scores`` (by id) and ``not_found``; arrays ``interest, sigma`` (n,), 0 to 5, and ``alone`` (n,),
        0 to 1.
    scores
        0 to 5 by object id; ids that the survey lacks are counted.
    replaces
        Id of an older teacher that this one takes the place of.

    Raises
    ------
    BadConfig
        No score is of an object of the survey, or one is outside 0 to 5.
    """
    learnt = learn(workspace, report, model=model, survey=survey, scores=scores)
    interest, sigma = learnt.teacher.predict(learnt.features)
    header = {
        "model": model,
        "survey": survey,
        "survey_uid": survey_uid(workspace.survey(survey)),
        "n": len(learnt.scores),
        "scale": learnt.teacher.scale,
        "weights": list(learnt.teacher.weights),
        "scores": dict(learnt.scores),
        "not_found": min(len(scores), MOST_LABELS) - len(learnt.scores),
    }
    result_id = replaces or workspace.results.reserve(Kind.TEACHERS, f"teacher-{survey}")
    arrays = {"interest": interest, "sigma": sigma, "alone": learnt.alone}
    workspace.results.save(
        Kind.TEACHERS, result_id, header, {name: values.astype(np.float32) for name, values in arrays.items()}
    )
    return result_id


def _features(workspace: Workspace, survey: str, encoding: Encoding, alone: np.ndarray) -> np.ndarray:
    table = workspace.survey(survey).catalogue
    sn = table["sn"].to_numpy(float) if "sn" in table else np.full(len(table), np.nan)
    extras = {"chi2": encoding.chi2_per_pixel, "lof": 1 + alone, "sn": sn, "seen": encoding.n_seen.astype(float)}
    return features_of(encoding.latents, extras)


def _isolation(workspace: Workspace, encoding: Encoding, asked: Mapping[str, str], report: Report) -> np.ndarray:
    """(n,) 0 to 1 to the digits of float32: of the last teacher of the same model and survey, or computed."""
    n = len(encoding.latents)
    older = workspace.results.find(Kind.TEACHERS, **asked)
    if older is not None and len(older.arrays["alone"]) == n and older.created > _encoded_at(workspace, asked):
        return older.arrays["alone"].astype(float)
    step = -(-n // MOST_IN_TREE)
    latents = _few_components(encoding)
    points = latents[::step]
    k = min(NEIGHBOURS, len(points) - 1)
    if k < 1:
        return np.zeros(n)
    factors = local_outlier_factor(points, k, report, on_all_cores)
    scores = np.full(n, np.nan)
    if step == 1:
        scores = factors.scores
    else:
        known = with_latents(latents)
        scores[known] = factors.newcomers(latents[known], report)
    return isolation(scores).astype(np.float32).astype(float)  # as the next teacher reads it


def _few_components(encoding: Encoding) -> np.ndarray:
    """(n, d) latents, or their first principal components where there are many; NaN for objects without any."""
    if encoding.latents.shape[1] <= MOST_COMPONENTS:
        return encoding.latents
    few = np.empty((len(encoding.latents), MOST_COMPONENTS), np.float32)
    for first in range(0, len(few), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        few[rows] = encoding.basis.components(encoding.latents[rows])[:, :MOST_COMPONENTS]
    return few


def _encoded_at(workspace: Workspace, asked: Mapping[str, str]) -> str:
    """When the model was trained or the survey made, whichever is later."""
    model, survey = workspace.model_summary(asked["model"]), workspace.survey_summary(asked["survey"])
    return max(str(model.created), str(survey.created))


def recommend(workspace: Workspace, teacher_id: str, top: int) -> tuple[Result, list[Proposal]]:
    """The next objects to score, the most worthwhile first, and the teacher that recommends them.

    Raises
    ------
    BadConfig
        ``top`` is below 1.
    NotFound
        The survey that the teacher was taught on was replaced.
    """
    kept = workspace.results.load(Kind.TEACHERS, teacher_id)
    model, survey = kept.header["model"], kept.header["survey"]
    data, encoding = workspace.survey(survey), workspace.encoding(model, survey)
    if encoding is None or kept.header["survey_uid"] != survey_uid(data):
        raise NotFound(f"The survey or model that {teacher_id} was taught on was replaced: teach it again.")
    alone, scores = kept.arrays["alone"].astype(float), kept.header["scores"]
    features, rows = _features(workspace, survey, encoding, alone), data.rows_of(list(scores))
    values = np.array(list(scores.values()))
    teacher = Teacher(features[rows], values, kept.header["scale"], tuple(kept.header["weights"]))
    return kept, Learnt(teacher, features, alone, rows, scores).proposals(top)


def read_scores(path: Path) -> dict[str, float]:
    """Scores by object id, from a CSV of the columns ``id`` and ``score``, or of two columns without names.

    Raises
    ------
    UserError
        The file cannot be read, or a score is not a number from 0 to 5; the message names the line.
    """
    try:
        rows = csv.reader(read_lines(path, "a CSV of id and score"))
        lines = [[cell.strip() for cell in line] for line in rows if any(map(str.strip, line))]
    except csv.Error as error:
        raise UserError(f"{path} cannot be read as a CSV of id and score ({error}).") from None
    names = [cell.lower() for cell in lines[0]] if lines else []
    has_names = "id" in names and "score" in names
    id_column, score_column = (names.index("id"), names.index("score")) if has_names else (0, 1)
    scores = {}
    for number, line in enumerate(lines[has_names:], start=1 + has_names):
        try:
            score = float(line[score_column])
        except (IndexError, ValueError):
            score = np.nan
        if not 0 <= score <= LARGEST:
            raise UserError(
                f"Line {number} of {path.name} ({','.join(line)[:100]}) has no score from 0 to {LARGEST:g}: write the "
                "columns id,score."
            )
        scores[line[id_column]] = score
    if not scores:
        raise UserError(f"{path.name} holds no scores: write the columns id,score with a line for each object.")
    return scores
