"""What MkDocs calls while it builds the site: equations, and pages that are made from the program itself."""

import argparse
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from specvae_core.commands import GROUPS, parser
from specvae_core.commands.groups import DASHBOARD_COMMANDS

MODULES = {
    "Surveys and models": (
        "workspace", "contents", "summaries", "grid", "data.spectra", "data.survey", "data.survey_files", "data.store",
        "encodings", "results", "annotations",
    ),
    "Reading files": (
        "data.readers", "data.understanding", "data.preprocess_options", "data.preprocess", "data.infill",
    ),
    "Models": (
        "models.base", "models.abilities", "models.label_prediction", "models.infovae", "models.glo",
        "models.lux.model", "models.cannon", "models.sdgm.model", "models.untapped.model", "models.density",
        "models.embedding",
    ),
    "Inverse problems": (
        "inverse.operators", "inverse.instrument_operators", "inverse.solve", "inverse.posterior",
    ),
    "Analysis": (
        "analysis.basis", "analysis.tracks", "analysis.lof", "analysis.clusters", "analysis.explain",
        "analysis.teach", "analysis.redshift", "analysis.redshift_fit",
    ),
    "Long work": ("job", "jobs", "compute", "progress", "errors"),
}  # fmt: skip
"""Modules of ``specvae_core`` with a page in the reference, by chapter."""

NOTEBOOK = ("dashboard.notebook", "dashboard.explorer")
"""Modules of a notebook, which have one too."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Draw blocks between ```` ```math ```` and ```` ``` ```` as equations."""
    config.mdx_configs["pymdownx.superfences"] = {
        "custom_fences": [{"name": "math", "class": "math", "format": equation}]
    }
    return config


def equation(source: str, *place: object, **options: object) -> str:
    """LaTeX as MathML, which browsers draw without a script."""
    return f'<div class="math">{convert(source, display="block")}</div>'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of the folder; MkDocs calls this."""
    docs = Path(config.docs_dir)
    logo = docs.parent / "assets" / "logo.svg"
    files.append(File.generated(config, "logo.svg", content=logo.read_bytes()))
    files.append(File.generated(config, "reference/commands.md", content="\n".join(commands())))
    files.append(File.generated(config, "reference/python.md", content="\n".join(contents())))
    for name in (*NOTEBOOK, *_modules()):
        page = f"# {name}\n\n::: {name}\n"
        files.append(File.generated(config, f"reference/{name}.md", content=page))
    for path in sorted((docs / "notebooks").glob("*.ipynb")):
        page = "\n\n".join(notebook(path))
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=page))
    return files


def commands() -> Iterator[str]:
    """Lines of the page of commands, from the parsers themselves."""
    yield "# Commands\n\nEvery command prints one JSON object with `--json`. A mistake is one sentence, and status 2.\n"
    for words in (*GROUPS.values(), DASHBOARD_COMMANDS):
        for name in words:
            yield from _command(name)


def _command(name: str) -> Iterator[str]:
    made = _subparsers(parser(name)).choices[name]
    yield f"## specvae {name}\n\n{escape(made.description or '', quote=False)}\n"
    yield f"```text\n{made.format_usage().strip()}\n```\n"
    yield "| option | |\n| --- | --- |"
    for action in made._actions:  # argparse has no public list of them
        if action.help != argparse.SUPPRESS and action.dest != "help":
            yield f"| {_option(action)} | {_cell(made, action)} |"
    yield ""


def _subparsers(made: argparse.ArgumentParser) -> argparse.Action:
    return next(action for action in made._actions if isinstance(action, argparse._SubParsersAction))


def _option(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    value = " ".join(value) if isinstance(value, tuple) else value
    named = ", ".join(action.option_strings)
    text = value if not named else named if action.nargs == 0 else f"{named} {value}"
    return f"<code>{_escaped(text)}</code>"


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("|", "&#124;").replace("*", "&#42;").replace("_", "&#95;")


def _cell(made: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = (action.help or "") % (vars(action) | {"prog": made.prog})
    return _escaped(text)


def contents() -> Iterator[str]:
    """Lines of the page that lists the modules of the Python interface."""
    yield "# Python\n\n```python\nfrom specvae_core.workspace import Workspace\n"
    yield 'workspace = Workspace.open("my-spectra")\nspectra = workspace.survey("sdss").read()'
    yield 'latents = workspace.model("infovae-6").encode(spectra)  # (n, 6)\n```\n'
    yield "## In a notebook\n"
    yield from (f"- [{name}]({name}.md)" for name in NOTEBOOK)
    yield ""
    for chapter, names in MODULES.items():
        yield f"## {chapter}\n"
        yield from (f"- [specvae_core.{name}](specvae_core.{name}.md)" for name in names)
        yield ""


def _modules() -> list[str]:
    return [f"specvae_core.{name}" for names in MODULES.values() for name in names]


def notebook(path: Path) -> Iterator[str]:
    """Blocks of a notebook as Markdown, without its outputs."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        yield text if cell["cell_type"] == "markdown" else f"```python\n{re.sub(r'^%.*$', '', text, flags=re.M)}\n```"
    yield f"This page is the notebook `docs/notebooks/{path.name}`; open it in JupyterLab to run it."
