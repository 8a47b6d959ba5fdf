"""What tests do with the Reconstruct page."""

import numpy as np
from survey_of_lines import wait

from dashboard.pages.reconstruct.page import ReconstructPage


def run(page: ReconstructPage) -> None:
    """Solve the problem of the page."""
    page.run()
    wait(lambda: page.solver.current is None and bool(page.solutions) and not page.solutions[-1].running, page)


def columns(page: ReconstructPage) -> dict[str, np.ndarray]:
    """What the large plot draws, by pixel."""
    return page.spectrum.plot.pixels.data
