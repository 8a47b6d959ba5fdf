"""The surveys of a workspace: what each holds, and a click to look into it."""

import html
from collections.abc import Callable, Collection, Mapping, Sequence

import pandas as pd
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.colouring import tally
from dashboard.page import Guard
from dashboard.theme import class_colours, hint
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import WIDE
from specvae_core.data.stored_table import StoredTable
from specvae_core.errors import NotFound
from specvae_core.folders import size_on_disk
from specvae_core.grid import BandGrid, Grid, PixelGrid
from specvae_core.summaries import SurveySummary
from specvae_core.workspace import Workspace

EMPTY = (
    "No surveys yet",
    "Give the folder of your spectra at the left, or upload files. SDSS, DESI, LAMOST, APOGEE, JWST, tables, text and "
    "arrays are read as they are; what is understood is shown before anything is stored.<br>Nothing at hand? Begin "
    "with synthetic galaxies whose truth is known.",
)


def class_counts(workspace: Workspace, survey_id: str) -> dict[str, int]:
    """Objects in each class of a complete survey, the largest first; empty where it has none, or is just deleted."""
    try:
        table = workspace.survey(survey_id).catalogue
    except NotFound:
        return {}
    if "class" not in table:
        return {}
    words = table.words("class") if isinstance(table, StoredTable) else pd.Categorical(table["class"].astype(str))
    found = zip(words.categories, tally(words.codes, len(words.categories)).tolist(), strict=True)
    counts = dict(sorted(found, key=lambda one: one[1], reverse=True))
    return {name or "unclassified": count for name, count in counts.items()} if set(counts) != {""} else {}


def class_bar(counts: Mapping[str, int]) -> str:
    """The shares of the classes as one coloured bar."""
    total, colours = max(1, sum(counts.values())), class_colours(list(counts))
    parts = "".join(
        f'<i style="width:{100 * count / total:.2f}%;background:{colours[name]}" '
        f'title="{html.escape(name)}: {count:,}"></i>'
        for name, count in counts.items()
    )
    return f'<div class="class-bar">{parts}</div>' if counts else '<span class="muted">no classes</span>'


def _unfinished(being_written: bool) -> str:
    return (
        '<span class="state state-running">being written</span>'
        if being_written
        else ('<span class="state state-interrupted">half-written</span>')
    )


def megabytes(size: int) -> str:
    """A size in kB, MB or GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


class SurveyList(Viewer):
    """One row a survey.

    Parameters
    ----------
    on_pick
        Called with the id of the survey that was clicked.
    on_demo
        Called when the demo survey is asked for.
    """

    def __init__(
        self,
        workspace: Workspace,
        on_pick: Callable[[str], object],
        on_demo: Callable[[], object],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._workspace, self._on_pick, self._guard = workspace, on_pick, guard
        self._facts: dict[tuple, str] = {}
        self._being_written: Collection[str] = ()
        self.empty = EmptyState(*EMPTY, "Make the demo survey", guard(on_demo), **WIDE)
        self.rows: dict[str, pn.Row] = {}
        self._list = pn.Column(css_classes=["survey-list"], **WIDE)
        self._layout = pn.Column(self.empty, self._list, **WIDE)

    def update(self, surveys: Sequence[SurveySummary], picked: str, being_written: Collection[str]) -> None:
        """Show these surveys, some of which a job may be writing at this moment."""
        self._being_written = being_written
        self.rows = {survey.id: self.rows.get(survey.id) or self._row(survey.id) for survey in surveys}
        for survey in surveys:
            row = self.rows[survey.id]
            row.css_classes = ["survey-row", "picked"] if survey.id == picked else ["survey-row"]
            row[0].param.update(label=survey.title, description=hint(survey.id) if survey.title != survey.id else None)
            row[1].object = self._text(survey)
        if list(self._list) != list(self.rows.values()):
            self._list.objects = list(self.rows.values())
        self.empty.visible = not surveys

    def _row(self, survey_id: str) -> pn.Row:
        name = pn.widgets.Button(label=survey_id, css_classes=["job-pick", "survey-pick"], width=190)
        name.on_click(self._guard(lambda _: self._on_pick(survey_id)))
        return pn.Row(name, pn.pane.HTML("", css_classes=["survey-text"], **WIDE), **WIDE)

    def _text(self, survey: SurveySummary) -> str:
        """The row's facts; classes and bytes are counted once for each state of a survey, since that takes a while."""
        key = (survey.id, survey.created, survey.n, survey.complete, survey.id in self._being_written)
        if key not in self._facts:
            bar = (
                class_bar(class_counts(self._workspace, survey.id))
                if survey.complete
                else _unfinished(survey.id in self._being_written)
            )
            self._facts[key] = (
                f"<b>{survey.n:,}</b>{_grid(survey.grid)}"
                f"{bar}<span>{megabytes(size_on_disk(self._workspace.survey_folder(survey.id)))}</span>"
                f"<span>{html.escape(survey.created[:16].replace('T', ' '))}</span>"
            )
        return f'<div class="survey-facts">{self._facts[key]}</div>'

    def __panel__(self) -> Viewable:
        return self._layout


def _grid(grid: Grid) -> str:
    """What a row is, and where its pixels lie."""
    if isinstance(grid, BandGrid):
        return f"<span>objects</span><span>{html.escape(' '.join(grid.bands))} · {grid.n_pixel} bands</span>"
    if isinstance(grid, PixelGrid):
        return f"<span>objects</span><span>{grid.n_pixel} pixels without wavelengths</span>"
    low, high = grid.wavelength[[0, -1]]
    return f"<span>spectra</span><span>{low:.0f}–{high:.0f} Å · {grid.n_pixel} px</span>"
