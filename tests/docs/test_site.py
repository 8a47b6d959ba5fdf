"""The site builds without a warning, from the program as it is, and the files beside the code are sound."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from specvae_core.commands import GROUPS
from specvae_core.commands.groups import DASHBOARD_COMMANDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("site")
    code = f"import sys; sys.path.insert(0, 'docs'); import build; sys.exit(build.build({str(target)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr + done.stdout
    return target


def test_every_command_is_in_the_reference(site: Path):
    text = (site / "reference" / "commands" / "index.html").read_text(encoding="utf-8")
    for words in (*GROUPS.values(), DASHBOARD_COMMANDS):
        for name in words:
            assert f"specvae {name}<" in text
    assert "&lt;" not in text.replace("&amp;lt;", "")  # or else escaped once: no placeholder is lost as a tag


def test_docstrings_are_in_the_reference(site: Path):
    text = (site / "reference" / "dashboard.notebook" / "index.html").read_text(encoding="utf-8")
    assert "its <code>selection</code> follows the lasso" in text
    assert "A survey that the model has not encoded yet is encoded first." in text


def test_equations_are_drawn_without_a_script(site: Path):
    text = (site / "methods" / "lux" / "index.html").read_text(encoding="utf-8")
    assert text.count("<math ") >= 4
    assert "\\mid" not in text


def test_the_site_asks_nobody_else(site: Path):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for asks in ('src="http', 'rel="stylesheet" href="http', "fonts.googleapis"):
            assert asks not in text, page


def test_citation_and_forms_can_be_read():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    forms = list((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert forms
    for form in forms:
        assert isinstance(yaml.safe_load(form.read_text(encoding="utf-8")), dict)
