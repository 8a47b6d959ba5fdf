"""The two arrows that must never turn round, and promises of the README, where every test run sees them."""

import ast
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
INTERFACE = {"dashboard", "panel", "param", "holoviews", "datashader", "bokeh"}


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(("package", "forbidden"), [("specvae_core", INTERFACE), ("dashboard", {"torch"})])
def test_imports_point_one_way(package, forbidden):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    wrong = {str(path.relative_to(ROOT)): imports(path) & forbidden for path in files if imports(path) & forbidden}
    assert not wrong


def imported_modules(name: str, files: dict[str, Path]) -> set[str]:
    """Modules of the two packages that a module imports anywhere: at its top, in a function, or for type hints only."""
    found = set()
    for node in ast.walk(ast.parse(files[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = [*name.split("."), *(["__init__"] if files[name].name == "__init__.py" else [])]
            source = ".".join(filter(None, [*(above[: -node.level] if node.level else []), node.module]))
            found |= {one if (one := f"{source}.{alias.name}") in files else source for alias in node.names}
    return found & set(files) - {name}


def test_no_modules_import_each_other_in_a_circle():
    paths = [path for package in ("specvae_core", "dashboard") for path in (ROOT / package).rglob("*.py")]
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
    imported = {name: imported_modules(name, files) for name in files}
    TopologicalSorter(imported).prepare()  # raises CycleError, which names the circle


def test_threads_start_in_one_place():
    starters = {
        path.name
        for path in [*(ROOT / "specvae_core").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")]
        if {"ThreadPoolExecutor", "Thread("}
        & {word for word in ("ThreadPoolExecutor", "Thread(") if word in path.read_text("utf-8")}
    }
    assert starters == {"jobs.py"}


OPTIONAL = {
    "rail_stages.py": {"rail", "ceci", "qp"},
    "compute.py": {"dask", "distributed"},
    "photoz_export.py": {"qp"},
    "search.py": {"optuna"},
    "projection.py": {"umap"},
}
"""The files of the core that import optional packages, and which."""


def test_every_hard_dependency_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name.split(">")[0].strip().lower() for name in project["dependencies"]}
    provided = {
        "sklearn": "scikit-learn",
        "xarray": "datashader",
        "numba": "datashader",
        "param": "panel",
        "tornado": "bokeh",
        "qp": "qp-prob",
        "rail": "pz-rail-base",
        "ceci": "pz-rail-base",
        "dask": "distributed",
        "umap": "umap-learn",
    }
    named = project["optional-dependencies"]
    extras = [name for extra in ("rail", "qp", "scale", "search", "umap") for name in named[extra]]
    optional = {name.split(">")[0] for name in extras}
    used: dict[str, set[str]] = {}
    for path in (path for folder in ("specvae_core", "dashboard") for path in (ROOT / folder).rglob("*.py")):
        used.setdefault(path.name, set()).update(imports(path))
    foreign = set(sys.stdlib_module_names) | {"specvae_core", "dashboard", "specvae_assets"}
    assert {provided.get(name, name) for names in used.values() for name in names - foreign} <= declared | optional
    for file, names in used.items():
        needed = {provided.get(name, name) for name in names - foreign - OPTIONAL.get(file, set())}
        assert not needed & (optional - declared), file


def test_readme_gives_the_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line for line in text.splitlines() if line.startswith("pip install")]
    assert commands == [
        "pip install -e . && python serve.py",
        'pip install -e ".[test]" && python -m pytest -n 3',
    ]


def test_every_package_is_installed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = {
        str(path.parent.relative_to(ROOT)).replace("/", ".")
        for package in ("specvae_core", "dashboard")
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert set(listed) == found | {"specvae_assets"}
