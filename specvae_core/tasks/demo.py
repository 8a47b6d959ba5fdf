"""The demo: a synthetic survey of galaxies with known truth, and a model trained on it.

Making 4000 spectra takes some ten seconds, so a workspace with the finished survey lies in ``assets/demo``, and the
first start copies it; ``assets/make_demo.py`` made it.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from ..analysis.track_paths import Automatic
from ..assets import asset
from ..data.preprocess_options import PreprocessOptions
from ..data.store import SurveyWriter
from ..data.survey_files import read_header
from ..data.synthetic import demo_observations
from ..errors import BadConfig, NotFound
from ..progress import Progress, Report
from ..workspace import Workspace
from .encode import encode_survey
from .ingest_run import Ingest
from .track import keep_track, make_track

SURVEY, MODEL = "demo", "infovae-6"
N, SEED = 4000, 0

TRACKS = {
    "S star formation": Automatic(("quiescent", "emission-line"), "1", low=55, high=92),
    "E extreme line emitters": Automatic(("emission-line",), "1", low=75, high=99),
    "P post-starburst": Automatic(("quiescent",), "hd_a", low=1, high=99.5),
    "A active galaxies": Automatic(("narrow-line AGN", "broad-line AGN"), "balmer_fwhm", bins=5),
}
"""The four tracks of Portillo et al. (2020, section 3.2). Where the paper bins by a component that happens to lie along
them in its own latent space, the demo bins by what changes along them: HδA for P, the width of Balmer lines for A."""


def demo(workspace: Workspace, report: Report, folder: Path, *, n: int = N, seed: int = SEED) -> str:
    """Make the demo survey, put its trained model beside it, encode the one with the other; returns the model's id.

    The spectra are prepared, checked, classified and infilled like those of files.

    Parameters
    ----------
    workspace
        Gets the survey ``demo`` and its model, ``infovae-6`` unless that id is taken.
    report
        Progress callback, called about three times a second.
    folder
        The job's own folder.
    n
        Number of spectra.
    seed
        Seed of all random numbers.
    """
    make_survey(workspace, report, folder.name, n, seed)
    model_id = workspace.reserve_model_id("infovae", 6)
    shutil.copytree(asset("demo") / "models" / MODEL, workspace.model_folder(model_id), dirs_exist_ok=True)
    report(Progress(None, "encoding the demo"))
    encode_survey(workspace, model_id, SURVEY)
    make_tracks(workspace, model_id)
    return model_id


def make_tracks(workspace: Workspace, model_id: str) -> None:
    """Keep the four tracks of the paper under a model of the demo survey."""
    for title, way in reversed(TRACKS.items()):  # lists show the newest first
        with suppress(BadConfig, NotFound):  # a small survey may have too few active galaxies
            keep_track(workspace, make_track(workspace, model_id, SURVEY, way, title=title))


def make_survey(workspace: Workspace, report: Report, job: str, n: int = N, seed: int = SEED) -> None:
    """Make the demo survey alone; arguments as those of `demo`."""
    target = workspace.survey_folder(SURVEY)
    if target.exists() and not read_header(target)["complete"]:
        workspace.delete_survey(SURVEY)  # made again within seconds
    options = PreprocessOptions()
    provenance = {"synthetic": True, "n": n, "seed": seed, "options": options.to_json(), "job": job}
    candidates = ((f"synthetic {item.id}", item) for item in demo_observations(n, seed))
    with SurveyWriter.create(target, SURVEY, options.grid, provenance, options.scale) as writer:
        Ingest(writer, options, report).run(candidates, n)
