"""Reconstruction error of several models against the number of latents (Portillo et al. 2020, Fig. 3), as a picture.

``python benchmarks/compare.py miles|demo --workspace DIR [--models pca,nmf,ae,infovae] [--latents 2,6] [--seeds 3]
    [--settings epoch_steps=100,max_epochs=40]``

Does what ``specvae compare`` does, with every model's default settings but those given, on the MILES library or on the
demo survey, which are brought into the workspace where they are missing. The test part, by the hashes of the ids, is a
quarter of the stars and a tenth of the galaxies. A run that was stopped goes on with the models that are left. Prints a
Markdown table of the mean squared error of test flux, overall and per class, and draws it into
``docs/compare-NAME.png`` with a Chromium (``SPECVAE_CHROMIUM``, default ``/usr/bin/chromium``).
"""

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from bokeh.embed import file_html
from bokeh.layouts import gridplot
from bokeh.plotting import figure
from bokeh.resources import INLINE
from miles import DEFAULT_FILE
from miles import TEST_FRACTION as OF_STARS
from playwright.sync_api import sync_playwright

from dashboard.pages.compare.error_plots import error_figure
from dashboard.pages.compare.errors_view import error_curves
from specvae_core.analysis.compare import WAYS
from specvae_core.assets import asset
from specvae_core.commands.running import run_job
from specvae_core.models import MODELS
from specvae_core.workspace import Workspace

DOCS = Path(__file__).parent.parent / "docs"
COLUMNS, WIDTH, HEIGHT = 3, 430, 330
TEST_FRACTION = {"miles": OF_STARS, "demo": 0.1}


def bring(workspace: Workspace, name: str) -> None:
    """Make the survey unless the workspace has it."""
    if name in {survey.id for survey in workspace.surveys()}:
        return
    if name == "demo":
        shutil.copytree(asset("demo") / "surveys" / "demo", workspace.survey_folder("demo"))
    else:
        options = {"grid": "3600:7300:1000", "air": True}
        run_job(workspace, "ingest", paths=[str(DEFAULT_FILE)], name=name, options=options)


def error(row: dict, kind: str) -> float:
    """Error of one model, overall or of one class."""
    value = row["per_class"].get(kind) if kind else row["mse"]
    return float("nan") if value is None else value


def table(rows: Sequence[dict], kinds: Sequence[str]) -> str:
    """Models and ways to find latents down, kinds across; mean and standard deviation over seeds."""
    heads = ["model", "latents", "found", *[kind or "all" for kind in kinds]]
    lines = ["| " + " | ".join(heads) + " |", "|---|---:|---|" + "---:|" * len(kinds)]
    for name, k in dict.fromkeys((row["model"], row["n_latent"]) for row in rows):
        some = [row for row in rows if (row["model"], row["n_latent"]) == (name, k)]
        for way in WAYS:
            errors = [[error(row["by"][way], kind) for row in some] for kind in kinds]
            cells = [f"{np.mean(values):.2e} ± {np.std(values):.0e}" for values in errors]
            lines.append("| " + " | ".join([MODELS[name].title, str(k), way, *cells]) + " |")
    return "\n".join(lines)


def panel(rows: Sequence[dict], kind: str) -> figure:
    """The curves of one class, or of all spectra."""
    curves = error_curves(rows, [error(row["by"]["search"], kind) for row in rows])
    plot = error_figure(curves, [row["n_latent"] for row in rows], f"MSE, {kind or 'all test spectra'}", "light")
    plot.update(sizing_mode="fixed", width=WIDTH, height=HEIGHT)
    plot.legend.visible = not kind
    return plot


def draw(plots: Sequence[figure], path: Path) -> None:
    """All plots as one picture."""
    html = file_html(gridplot(list(plots), ncols=COLUMNS, toolbar_location=None), INLINE, path.stem)
    size = {
        "width": WIDTH * min(len(plots), COLUMNS) + 20,
        "height": HEIGHT * -(-len(plots) // COLUMNS) + 20,
    }
    chromium = os.environ.get("SPECVAE_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=size, device_scale_factor=1.5)
        page.set_content(html)
        page.wait_for_function("window.Bokeh && Bokeh.index.roots.length > 0")
        page.wait_for_timeout(1000)
        page.screenshot(path=path)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Reconstruction error against the number of latents.")
    parser.add_argument("survey", choices=("miles", "demo"))
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--models", default="pca,nmf,ae,infovae")
    parser.add_argument("--latents", default="2,4,6,10")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--settings", default="", help="of the models that have them, NAME=VALUE with commas")
    options = parser.parse_args()
    workspace = Workspace.open(options.workspace)
    bring(workspace, options.survey)
    latents = [int(word) for word in options.latents.split(",")]
    given = dict(word.split("=") for word in filter(None, options.settings.split(",")))
    config = {"test_fraction": TEST_FRACTION[options.survey], **given}
    asked = {"models": options.models.split(","), "latents": latents, "config": config, "seeds": options.seeds}
    job = run_job(workspace, "compare", survey=options.survey, **asked)
    rows = workspace.results.load("comparisons", job.result).header["rows"]
    classes = sorted({name for row in rows for name in row["per_class"]})
    kinds = ["", *(classes if len(classes) > 1 else [])]
    print(f"{options.survey}: {rows[0]['n']} test spectra\n\n{table(rows, kinds)}")
    draw([panel(rows, kind) for kind in kinds], DOCS / f"compare-{options.survey}.png")


if __name__ == "__main__":
    main()
