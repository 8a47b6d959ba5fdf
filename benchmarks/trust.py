"""Claimed against measured: every error that a model quotes, checked by a truth that it did not learn from.

``python benchmarks/trust.py [demo] [miles] [photoz] [--workspace DIR] [--write]``

``demo`` is the embedded model; ``miles`` trains Lux, The Cannon and PLS on the MILES library, ``photoz`` redshifts on
5000 SDSS galaxies, all with default settings and seed 0. Each is checked as ``specvae calibrate`` does. Prints a
Markdown table; ``--write`` puts it into ``docs/trust.md``. The files are read where SPECVAE_REAL_DATA points to.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from specvae_core.assets import asset
from specvae_core.commands.running import run_job
from specvae_core.results import Kind
from specvae_core.workspace import Workspace

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data"))
PAGE = Path(__file__).parent.parent / "docs" / "trust.md"
BEGIN, END = "<!-- made by benchmarks/trust.py -->\n", "<!-- end -->\n"

Pairs = Iterator[tuple[str, str]]
"""Model and survey ids."""


def demo(workspace: Workspace) -> Pairs:
    if not workspace.survey_folder("demo").exists():
        shutil.copytree(asset("demo") / "surveys" / "demo", workspace.survey_folder("demo"))
        shutil.copytree(asset("demo") / "models" / "infovae-6", workspace.model_folder("infovae-6"))
    yield "infovae-6", "demo"


def miles(workspace: Workspace) -> Pairs:
    if not workspace.survey_folder("miles").exists():
        options = {"grid": "3600:7300:1000", "air": True}
        run_job(workspace, "ingest", paths=[str(DATA / "miles.npz")], name="miles", options=options)
    for name in ("lux", "cannon", "pls"):
        yield trained(workspace, name, "miles", {"labels": "teff,logg,feh"}), "miles"


def photoz(workspace: Workspace) -> Pairs:
    if not workspace.survey_folder("sdss-photometry").exists():
        paths = [str(DATA / "photoz_sdss_train.csv")]
        run_job(workspace, "ingest_photometry", paths=paths, name="sdss-photometry", bands="u,g,r,i,z")
    yield trained(workspace, "sdgm", "sdss-photometry", {}), "sdss-photometry"


def trained(workspace: Workspace, name: str, survey: str, config: dict[str, object]) -> str:
    """Id of the model of that kind, trained unless the workspace has one."""
    found = [model.id for model in workspace.models() if (model.name, model.survey_id) == (name, survey)]
    return found[0] if found else run_job(workspace, "train", model=name, survey=survey, config=config).result


def lines(workspace: Workspace, model: str, survey: str) -> list[str]:
    """Rows of the table for one model; the whole test part, then the worst subset."""
    job = run_job(workspace, "calibrate", model=model, survey=survey)
    header = workspace.results.load(Kind.CALIBRATIONS, job.result).header
    rows, found = header["rows"], []
    for row in rows:
        if row["subset"] != "all" or (row["within"] and _further(row["quantity"])):
            continue
        parts = [one for one in rows if one["quantity"] == row["quantity"] and one["within"] is False]
        worst = max(
            (one for one in parts if one["subset"] != "all"),
            key=lambda one: abs(one["coverage_68"] - 0.683),
            default=None,
        )
        where = f"{worst['subset']}: {worst['coverage_68']:.0%}" if worst else "–"
        verdict = {True: "within", False: "**outside**", None: "too few"}[row["within"]]
        cells = [f"{survey}, {model}", row["quantity"], row["kind"], str(row["n"]), f"{row['coverage_68']:.1%}"]
        cells += [f"{row['coverage_95']:.1%}", f"{row['pull_mean']:+.2f}", f"{row['pull_std']:.2f}", verdict, where]
        found.append("| " + " | ".join(cells) + " |")
    return found


def _further(quantity: str) -> bool:
    """Whether it is a latent or a component beyond the sixth: these are listed where they are outside alone."""
    kind, _, number = quantity.rpartition(" ")
    return kind in ("latent", "component") and int(number) > 6


SETS: dict[str, Callable[[Workspace], Pairs]] = {"demo": demo, "miles": miles, "photoz": photoz}

HEADS = (
    "survey, model",
    "quantity",
    "truth",
    "n",
    "in 1σ (68.3%)",
    "in 2σ (95.4%)",
    "mean pull",
    "scatter of pulls",
    "verdict",
    "worst subset outside",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Claimed errors against truth.")
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(SETS)}; all by default")
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table into docs/trust.md")
    options = parser.parse_args()
    if unknown := set(options.sets) - set(SETS):
        parser.error(f"there is no set {sorted(unknown)[0]!r}: choose from {', '.join(SETS)}")
    workspace = Workspace.open(options.workspace or Path(tempfile.mkdtemp()) / "w")
    table = ["| " + " | ".join(HEADS) + " |", "|---|---|---|" + "---:|" * 5 + "---|---|"]
    for name in options.sets or SETS:
        for model, survey in SETS[name](workspace):
            table += lines(workspace, model, survey)
            print(f"{model} on {survey}: done", file=sys.stderr, flush=True)
    text = "\n".join(table) + "\n"
    print(text)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        PAGE.write_text(before + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
