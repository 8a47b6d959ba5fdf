"""Loading and compiling before the first visitor needs it."""

import time

import numpy as np
import pandas as pd

from specvae_core.jobs import JobRunner
from specvae_core.tasks import TASKS

from .colouring import colouring_of
from .pages import PAGES, page_class
from .pages.explore.lower_card import TABS, tab_class
from .pages.explore.maps.corner_plot import panel_images
from .pages.explore.maps.panel_counts import Panels, count_panels, cut_panels
from .plots.shade import Ink, draw, make_ink

_BETWEEN_BUILDS = 2.0
"""Seconds between two pages that are built ahead, of all sessions: each holds up what others ask for."""


class WarmUp:
    """One per server; part of the work is done before the first visitor comes, the rest once the first page is there.

    Parameters
    ----------
    runner
        Its worker threads load the rest.
    """

    def __init__(self, runner: JobRunner) -> None:
        self._runner = runner
        self._done = False
        self._built = time.monotonic()

    def first_page(self) -> None:
        """Compile what the first corner plot needs."""
        _, panels, inks = _sample(np.ones(8, dtype=bool))
        for ink in inks:
            panel_images(count_panels(panels, ink), ink)

    def may_build(self) -> bool:
        """Whether a session may build a page ahead now; it is noted that it does."""
        now = time.monotonic()
        if now - self._built < _BETWEEN_BUILDS:
            return False
        self._built = now
        return True

    def rest(self) -> None:
        """Load models, tasks, the other pages and drawing on the thread of short jobs, once; it takes seconds."""
        if not self._done:
            self._done = True
            for load in (_load_tasks, _load_pages, _draw_sample):
                self._runner.prepare(load)
            self._runner.prepare(lambda: self._runner.aside(_compile_search))


def _sample(visible: np.ndarray) -> tuple[np.ndarray, Panels, list[Ink]]:
    """Eight points, and panels of them, in the colours of classes and in those of numbers."""
    x = np.linspace(0, 1, 8, dtype=np.float32)
    table = pd.DataFrame({"class": ["a", "b"] * 4, "number": x})
    panels = cut_panels([x, x], np.array([[0.0, 1.0]] * 2), (64, 64))
    return x, panels, [make_ink(colouring_of(table, column), visible, "light") for column in table]


def _load_tasks() -> None:
    for task in TASKS.values():
        task.function()


def _load_pages() -> None:
    for name in PAGES:
        page_class(name)
    for name in TABS:
        tab_class(name)


def _compile_search() -> None:
    from specvae_core.models.compiled_ahead import compile_ahead

    compile_ahead()


def _draw_sample() -> None:
    x, _, inks = _sample(np.arange(8) > 3)  # some are context, which is laid beneath the others
    for ink in inks:
        draw(x, x, ink, (0.0, 1.0), (0.0, 1.0), (16, 16))
