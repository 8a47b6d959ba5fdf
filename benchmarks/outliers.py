"""Whether planted outliers are found and given the right reason, and whether real stars are foreign among galaxies.

``python benchmarks/outliers.py [--seeds 0 1] [--folder FOLDER]``

For each seed a demo survey of 4000 galaxies, 42 of them planted outliers, is made and an InfoVAE with six latents and
default settings is trained on it. Every planted outlier and every ordinary galaxy is given a reason, and the planted
ones among as many objects of the strongest scores are counted. Then stars of
`SPECVAE_REAL_DATA` (the STAR rows of its folder ``sdss``, and ``sdss_stars_noerr.npz``) are laid over the last demo
survey, and over the real galaxies of the folder ``sdss``, under an InfoVAE with four latents trained on these.
"""

import argparse
import os
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from astropy.io import fits

from specvae_core.analysis.density_contrast import density_contrast
from specvae_core.analysis.lof import local_outlier_factor
from specvae_core.analysis.outlier_reasons import Cause
from specvae_core.data.synthetic.objects import OUTLIER_KINDS
from specvae_core.progress import ignore
from specvae_core.tasks.demo import SURVEY, make_survey
from specvae_core.tasks.density import density
from specvae_core.tasks.ingest import ingest
from specvae_core.tasks.outlier_table import explain, make_explainer
from specvae_core.tasks.outliers import outliers
from specvae_core.tasks.overlay import overlay
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

REAL = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data"))
RIGHT = {"A star": Cause.STAR, "M star": Cause.STAR, "blend": Cause.CONTAMINATION}
FAULTS = {
    Cause.STAR,
    Cause.CONTAMINATION,
    Cause.ARM_BREAK,
    Cause.LOW_SN,
    Cause.MISSING,
}


def make_demo(folder: Path, seed: int) -> tuple[Workspace, str]:
    """A workspace with a demo survey, and its model; what the folder holds already is taken as it is."""
    workspace = Workspace.open(folder)
    if not workspace.surveys():
        make_survey(workspace, ignore, "benchmark", seed=seed)
    known = next((model.id for model in workspace.models() if model.survey_id == SURVEY), None)
    return workspace, known or train_on(workspace, SURVEY, 6, seed)


def train_on(workspace: Workspace, survey: str, n_latent: int, seed: int = 0) -> str:
    """An InfoVAE with default settings."""
    config = {"n_latent": n_latent}
    with tempfile.TemporaryDirectory() as job:
        return train(workspace, ignore, Path(job), survey=survey, model="infovae", config=config, seed=seed)


def planted(workspace: Workspace, model: str) -> list[str]:
    """The cells of one demo survey."""
    survey = workspace.survey(SURVEY)
    found = workspace.results.load("outliers", outliers(workspace, ignore, Path(), model=model, survey=SURVEY))
    kinds, lof = survey.table["true_kind"].to_numpy(str), found.arrays["lof"]
    is_planted = np.isin(kinds, OUTLIER_KINDS)
    encoding = workspace.encoding(model, SURVEY)
    rows = explain(make_explainer(survey, encoding, lof), survey, encoding, lof, range(survey.n), ignore)
    given = np.array([row["reason"] for row in rows])
    right = given == [RIGHT.get(kind, kind) for kind in kinds]
    false = np.isin(given, list(FAULTS)) & ~is_planted
    wrong = Counter(f"{kinds[row]} called {given[row]}" for row in np.flatnonzero(is_planted & ~right))
    words = ", ".join(f"{n} x {pair}" for pair, n in wrong.items()) or "none wrong"
    return [
        f"{is_planted[np.argsort(-lof)[:10]].sum()} of 10",
        f"{(right & is_planted).sum()} of {is_planted.sum()} ({words})",
        f"{false.sum()} of {(~is_planted).sum()}",
        *by_score(workspace, model, lof, found.arrays["contrast"], is_planted),
    ]


def by_score(
    workspace: Workspace, model: str, lof: np.ndarray, contrast: np.ndarray, is_planted: np.ndarray
) -> list[str]:
    """Planted objects among as many of the strongest, by LOF and contrast (log variances left out, and in) and flow."""
    encoding = workspace.encoding(model, SURVEY)
    joint = np.column_stack([encoding.latents, encoding.log_variance.mean(axis=1)])
    made = workspace.results.load("densities", density(workspace, ignore, Path(), model=model, survey=SURVEY))
    scores = (
        lof,
        local_outlier_factor(joint).scores,
        density_contrast(encoding.latents),
        contrast,
        -made.arrays["log_density"],
    )
    return [str(is_planted[np.argsort(-score)[: is_planted.sum()]].sum()) for score in scores]


def laid_over(workspace: Workspace, model: str, survey: str, other: str) -> list[str]:
    """The cells of one overlay."""
    header = workspace.results.load(
        "overlays", overlay(workspace, ignore, Path(), model=model, survey=survey, other=other)
    ).header
    named = header["reasons"].get(Cause.STAR, 0)
    return [f"{header['n_foreign']} of {header['n']}", f"{named} of {header['n_explained']}"]


def add_real(workspace: Workspace) -> None:
    """Surveys ``galaxies`` and ``stars`` of the folder ``sdss``, and ``g-and-k`` of the stars without errors."""
    of_class: dict[str, list[str]] = {"GALAXY": [], "STAR": [], "QSO": []}
    for path in sorted((REAL / "sdss").glob("*.fits")):
        of_class[fits.getdata(path, 2)["CLASS"][0].strip()].append(str(path))
    known = {survey.id for survey in workspace.surveys()}
    files = {"galaxies": of_class["GALAXY"], "stars": of_class["STAR"], "g-and-k": [str(REAL / "sdss_stars_noerr.npz")]}
    for name, paths in files.items():
        if name not in known:
            ingest(workspace, ignore, Path(), paths=paths, name=name, options={})


def main() -> None:
    parser = argparse.ArgumentParser(description="Outliers with known truth, and real stars over galaxies.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="of demo surveys and trainings")
    parser.add_argument("--folder", type=Path, help="where to keep surveys and models (default: nowhere)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        print("| demo seed | planted among the ten highest LOF | planted with the right reason | galaxies with a wrong "
              "one | planted among the first 42 by LOF | LOF, variances too | contrast of latents | contrast | flow |\n"
              "|---|---|---|---|---|---|---|---|---|", flush=True)  # fmt: skip
        for seed in options.seeds:
            workspace, model = make_demo(folder / f"demo-{seed}", seed)
            print(f"| {seed} | " + " | ".join(planted(workspace, model)) + " |", flush=True)
        add_real(workspace)
        print("\n| laid over | stars | foreign | of these named a star |\n|---|---|---|---|")
        of_galaxies = train_on(workspace, "galaxies", 4)
        for under, survey in ((model, SURVEY), (of_galaxies, "galaxies")):
            for other in ("stars", "g-and-k"):
                print(f"| {survey} | {other} | " + " | ".join(laid_over(workspace, under, survey, other)) + " |")


if __name__ == "__main__":
    main()
