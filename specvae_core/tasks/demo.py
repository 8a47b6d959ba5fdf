"""The demo: a synthetic survey of galaxies with known truth, and a model trained on it.

Making 4000 spectra takes some ten seconds, so a workspace with the finished survey lies in ``assets/demo``, and the
first start copies it; ``assets/make_demo.py`` made it.
"""

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

SURVEY, MODEL = "demo", "infovae-6"
N, SEED = 4000, 0


def demo(workspace: Workspace, report: Report, folder: Path, *, n: int = N, seed: int = SEED) -> str:
    """Make the demo survey, put its trained model beside it and encode the one with the other; returns the model's id.

    The spectra take the same way as files do: prepared, judged, classified, infilled.

    Parameters
    ----------
    workspace
        Gets the survey ``demo`` and its model, ``infovae-6`` unless that id is taken.
    report
        Hears about three times a second.
    folder
        The job's own folder.
    n
        Number of spectra.
    seed
        Of all random numbers.
    """
    make_survey(workspace, report, folder.name, n, seed)
    model_id = workspace.reserve_model_id("infovae", 6)
    shutil.copytree(asset("demo") / "models" / MODEL, workspace.model_folder(model_id), dirs_exist_ok=True)
    report(Progress(None, "encoding the demo"))
    encode_survey(workspace, model_id, SURVEY)
    return model_id


def make_survey(workspace: Workspace, report: Report, job: str, n: int = N, seed: int = SEED) -> None:
    """Make the demo survey alone; arguments as those of `demo`."""
    target = workspace.survey_folder(SURVEY)
    if target.exists() and not read_header(target)["complete"]:
        workspace.delete_survey(SURVEY)  # quicker to make anew than to mend
    options = PreprocessOptions()
    provenance = {"synthetic": True, "n": n, "seed": seed, "options": options.to_json(), "job": job}
    writer = SurveyWriter.create(target, SURVEY, options.grid, provenance)
    candidates = ((f"synthetic {item.id}", item) for item in demo_observations(n, seed))
    Ingest(writer, options, report).run(candidates, n)
