"""The wheel holds all that the program needs, and serves the demo from any folder."""

import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("specvae_core", "dashboard", "assets", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel, built outside of the clone, in which setuptools would leave its folders."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", made, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(made.glob("specvae-*.whl"))


@pytest.fixture
def page(wheel: Path, tmp_path: Path) -> Iterator[str]:
    """Address of the demo, served by what the wheel holds; other packages are those of this environment."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    (tmp_path / "elsewhere").mkdir()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed"), "XDG_DATA_HOME": str(tmp_path / "data")}
    command = [sys.executable, "-m", "specvae_core", "serve", "--port", "0", "--no-show"]
    with subprocess.Popen(
        command, cwd=tmp_path / "elsewhere", env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        yield next(line.strip() for line in server.stdout if "http://" in line)
        server.terminate()
    assert (tmp_path / "data" / "specvae" / "demo" / "workspace.json").exists()


def test_the_wheel_serves_the_demo_from_any_folder(page: str):
    assert "token" not in page
    for path in ("", "assets/style.css", "assets/token.html", "assets/logo.svg"):
        with urllib.request.urlopen(f"{page}{path}", timeout=120) as answer:
            assert answer.status == 200
            assert answer.read()


def test_the_wheel_holds_every_module_and_asset(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {str(path.relative_to(ROOT)) for folder in SOURCES[:2] for path in (ROOT / folder).rglob("*.py")}
    assets = {path.name for path in (ROOT / "assets").iterdir() if path.suffix in (".js", ".css", ".html", ".svg")}
    demo = {str(path.relative_to(ROOT / "assets")) for path in (ROOT / "assets" / "demo").rglob("*") if path.is_file()}
    assert modules <= names
    assert {f"specvae_assets/{name}" for name in assets | demo} <= names
