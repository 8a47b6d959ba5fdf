"""The tutorial notebooks run from the first cell to the last in a kernel of Jupyter."""

from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "docs" / "notebooks"


@pytest.mark.parametrize("name", ["own-spectra", "own-embeddings"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the kernel's own client
def test_a_notebook_runs(name: str, tmp_path: Path):
    import nbformat  # here, since every process of a run loads this file, and Jupyter takes seconds
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # kept without them
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    shown = [output for output in outputs if output.output_type == "display_data" or "data" in output]
    assert any("text/html" in output.get("data", {}) for output in shown)
