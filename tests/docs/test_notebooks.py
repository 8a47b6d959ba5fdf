"""The tutorial notebooks run from the first cell to the last in a kernel of Jupyter."""

from collections.abc import Iterator
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "docs" / "notebooks"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """One kernel for all notebooks: to load what all of them use is half of the work of each."""
    from jupyter_client.manager import KernelManager  # here, since every process of a run loads this file

    kernel = KernelManager()
    kernel.start_kernel(cwd=str(tmp_path_factory.mktemp("notebooks")))
    yield kernel
    kernel.shutdown_kernel(now=True)


def executed(notebook: object, kernel: object) -> object:
    """The notebook with the outputs of its cells."""
    from nbclient import NotebookClient

    client = NotebookClient(notebook, km=kernel, timeout=300)
    client.execute()
    client.kc.stop_channels()
    return notebook


@pytest.mark.parametrize("name", ["own-spectra", "own-embeddings"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the kernel's own client
def test_a_notebook_runs(name: str, kernel):
    import nbformat

    # No name is lent by the notebook before.
    forget = nbformat.v4.new_code_cell("%reset -f\n'Path' in globals()")
    forget = executed(nbformat.v4.new_notebook(cells=[forget]), kernel)
    assert forget.cells[0].outputs[0]["data"]["text/plain"] == "False"
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # kept without them
    notebook = executed(notebook, kernel)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    shown = [output for output in outputs if output.output_type == "display_data" or "data" in output]
    assert any("text/html" in output.get("data", {}) for output in shown)
