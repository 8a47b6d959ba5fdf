"""The demo: a synthetic survey of galaxies with known truth, and a model trained on it."""

import shutil
from pathlib import Path

from ..assets import asset
from ..data.preprocess import PreprocessOptions
from ..data.store import SurveyWriter, read_header
from ..data.synthetic import demo_observations
from ..progress import Progress, Report
from ..workspace import Workspace
from .encode import encode_survey
from .ingest import Ingest

SURVEY = "demo"
N, SEED = 4000, 0


def demo(workspace: Workspace, report: Report, folder: Path, *, n: int = N, seed: int = SEED) -> str:
    """Make the demo survey, put its trained model beside it and encode the one with the other; returns the model's id.

    The spectra take the same way as files do: prepared, judged, classified, infilled.

    Parameters
    ----------
    workspace
        Gets the survey ``demo`` and its model, ``infovae-6`` unless that id is taken.
    report
        Hears once a batch.
    folder
        The job's own folder.
    n
        Number of spectra.
    seed
        Of all random numbers.
    """
    target = workspace.survey_folder(SURVEY)
    if target.exists() and not read_header(target)["complete"]:
        workspace.delete_survey(SURVEY)  # quicker to make anew than to mend
    options = PreprocessOptions()
    provenance = {"synthetic": True, "n": n, "seed": seed, "options": options.to_json(), "job": folder.name}
    writer = SurveyWriter.create(target, SURVEY, options.grid, provenance)
    candidates = ((f"synthetic {item.id}", item) for item in demo_observations(n, seed))
    Ingest(writer, options, report).run(candidates, n)
    model_id = workspace.reserve_model_id("infovae", 6)
    shutil.copytree(asset("demo-model"), workspace.model_folder(model_id), dirs_exist_ok=True)
    report(Progress(None, "encoding the demo"))
    encode_survey(workspace, model_id, SURVEY)
    return model_id
