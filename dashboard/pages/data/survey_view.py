"""One survey: some of its spectra at random, its classes, and the report of its ingest."""

import html
from collections.abc import Callable

import numpy as np
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.theme import PALETTES, class_colours
from dashboard.widgets.card import Card
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL, TALL, WIDE
from dashboard.widgets.name_row import NameRow
from dashboard.widgets.survey_select import noun_of
from dashboard.widgets.table import plain_table
from dashboard.widgets.titles import model_title, survey_title
from specvae_core.data.refused import read_refused
from specvae_core.summaries import SurveySummary
from specvae_core.tasks.refused import off_grid
from specvae_core.workspace import Workspace

from .ingest_report import Refusal, refusals_csv, report_html, understood_html
from .peek_plot import peek_figure
from .refill_row import RefillRow
from .survey_list import class_counts

SPECTRA = 6
"""Spectra shown at once."""

NOTHING = (
    "",
    "Spectra, classes and the report of the ingest appear here.",
)


class SurveyView(Viewer):
    """The survey that is looked at.

    Parameters
    ----------
    on_explore, on_delete, on_resume
        Called with the survey's id.
    on_refused
        Called with the id of a survey whose refused files are to become a survey on the grid that suits them.
    on_rename
        Called with the id and the new name.
    on_copy
        Called with the id of a survey to copy.
    on_refill
        Called with survey, model and the name of the survey that is to have the model's infill.
    save
        Called with name, type and content of a file that the browser is to save.
    """

    def __init__(
        self,
        workspace: Workspace,
        theme: str,
        *,
        on_explore: Callable[[str], object],
        on_delete: Callable[[str], object],
        on_resume: Callable[[str], object],
        on_refill: Callable[[str, str, str], object],
        on_rename: Callable[[str, str], object],
        on_copy: Callable[[str], object],
        on_refused: Callable[[str], object],
        save: Callable[[str, str, bytes], object],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._workspace, self._theme, self._save = workspace, theme, save
        self._random = np.random.default_rng()
        self.survey: SurveySummary | None = None
        self._being_written = False
        self._rows = np.empty(0, np.int32)
        self.refill = RefillRow(workspace, on_refill, guard)
        self.naming = NameRow(on_rename, guard)
        self.buttons = {
            name: _button(label, guard(action), f"survey-{name}")
            for name, label, action in (
                ("more", "Show others", lambda: self._draw(resample=True)),
                ("csv", "Refused files (CSV)", self._save_refused),
                ("refused", "Ingest the refused on their own grid", lambda: on_refused(self.survey.id)),
                ("refill", "Infill with a model…", lambda: self.refill.open(self.survey)),
                ("resume", "Resume", lambda: on_resume(self.survey.id)),
                ("rename", "Rename…", lambda: self.naming.open(self.survey.id, self.survey.title)),
                ("copy", "Copy", lambda: on_copy(self.survey.id)),
                ("explore", "Explore", lambda: on_explore(self.survey.id)),
                ("delete", "Delete…", lambda: self._ask(True)),
            )
        }
        self._question = pn.pane.HTML("", **WIDE)
        self.confirm = pn.Row(
            self._question,
            _button("Delete", guard(lambda: self._delete(on_delete)), "danger"),
            _button("Keep", lambda: self._ask(False)),
            visible=False,
            **WIDE,
            css_classes=["confirm"],
        )
        self.spectra = pn.Column(**FULL, css_classes=["peek"])
        self.facts = pn.pane.HTML("", css_classes=["survey-report"], **TALL, width=400)
        self._body = pn.Row(self.spectra, self.facts, **FULL, css_classes=["survey-body"])
        actions = tuple(self.buttons.values())
        parts = self.confirm, self.naming, self.refill, self._body
        self.card = Card("", *parts, actions=actions, css_classes=["survey-card"], **FULL)

    def show(self, survey: SurveySummary | None, *, being_written: bool = False) -> None:
        """Look into a survey, or into none; one that a job is writing cannot be resumed or deleted."""
        same = survey is not None and (self.survey, self._being_written) == (survey, being_written)
        self.survey, self._being_written = survey, being_written
        self._ask(False)
        self.refill.close()
        self.naming.close()
        complete = survey is not None and survey.complete
        for name in ("more", "explore", "rename", "copy"):
            self.buttons[name].visible = complete
        self.buttons["refill"].visible = complete and "infill" in survey.header and bool(self.refill.models(survey))
        self.buttons["delete"].visible = survey is not None and not being_written
        self.buttons["resume"].visible = (
            survey is not None and not complete and not being_written and "paths" in survey.header["provenance"]
        )
        self.buttons["refused"].visible = complete and bool(off_grid(self._workspace.survey_folder(survey.id)))
        if survey is None:
            self.card.entitle("")
            self.facts.object, self.buttons["csv"].visible = "", False
            self.spectra.objects = [EmptyState(*NOTHING)]
        elif not same:
            self.card.entitle(survey.title, survey.id if survey.title != survey.id else "")
            refusals = read_refused(self._workspace.survey_folder(survey.id))
            self.buttons["csv"].visible = bool(refusals)
            self.facts.object = self._about(survey, refusals)
            self._draw(resample=True)

    def dress(self, theme: str) -> None:
        """Draw in another theme."""
        self._theme = theme
        if self.survey is not None:
            self._draw(resample=False)

    def _about(self, survey: SurveySummary, refusals: list[Refusal]) -> str:
        if self._being_written:
            return "<h3>Being written</h3><p>Its job at the left shows the progress.</p>"
        if not survey.complete:
            return (
                f"<h3>Half-written</h3><p>Its ingest ended after {survey.n:,} spectra. They are kept: resume it, or "
                "delete it and begin again.</p>"
            )
        text = _classes(class_counts(self._workspace, survey.id)) + _infill(
            self._workspace, survey.header.get("infill")
        )
        if "report" in survey.header:
            text += "<h3>Ingest</h3>" + report_html(survey.header["report"], refusals)
        if "understood" in survey.header:
            text += understood_html(survey.header["understood"], survey.n)
        return text

    def _draw(self, *, resample: bool) -> None:
        if not self.survey.complete:
            sentence = "Its spectra can be seen once it is complete."
            self.spectra.objects = [EmptyState(text=sentence)]
            return
        survey = self._workspace.survey(self.survey.id)
        if resample:
            self._rows = np.sort(self._random.choice(survey.n, min(SPECTRA, survey.n), replace=False))
        spectra = survey.read(self._rows)
        table, plain = spectra.table, PALETTES[self._theme].accent
        classes = table["class"].astype(str).tolist() if "class" in table else [""] * len(table)
        palette = class_colours(list(class_counts(self._workspace, survey.name)))
        labels = [
            " · ".join(filter(None, (id_, name, _redshift(z))))
            for id_, name, z in zip(spectra.ids, classes, table.get("z", [np.nan] * len(table)), strict=True)
        ]
        plot = peek_figure(
            survey.grid,
            spectra.complete,
            spectra.seen,
            labels,
            [palette.get(name, plain) for name in classes],
            self._theme,
        )
        self.spectra.objects = [pn.pane.Bokeh(plot, **FULL)]

    def _save_refused(self) -> None:
        refusals = read_refused(self._workspace.survey_folder(self.survey.id))
        self._save(f"{self.survey.id}-refused.csv", "text/csv", refusals_csv(refusals))

    def _ask(self, visible: bool) -> None:
        if visible:
            title = html.escape(survey_title(self._workspace, self.survey.id))
            what = f"its {self.survey.n:,} {noun_of(self.survey)}"
            self._question.object = (
                f"Delete the survey <b>{title}</b> with {what}? The files that it was made from and the models trained "
                "on it stay."
            )
        self.confirm.visible = visible

    def _delete(self, on_delete: Callable[[str], object]) -> None:
        self._ask(False)
        on_delete(self.survey.id)

    def __panel__(self) -> Viewable:
        return self.card


def _button(label: str, action: Callable[[], object], kind: str = "pill") -> pn.widgets.Button:
    button = pn.widgets.Button(label=label, css_classes=["pill", kind])
    button.on_click(lambda _: action())
    return button


def _redshift(z: float) -> str:
    return f"z = {round(float(z), 3) + 0.0:.3f}" if np.isfinite(z) else ""


def _classes(counts: dict[str, int]) -> str:
    if not counts:
        return ""
    colours, total = class_colours(list(counts)), sum(counts.values())
    rows = [
        [
            f'<i class="dot" style="background:{colours[name]}"></i>{html.escape(name)}',
            f"{count:,}",
            f"{100 * count / total:.1f}%",
        ]
        for name, count in counts.items()
    ]
    return f"<h3>Classes</h3>{plain_table(('', '', ''), rows)}"


def _infill(workspace: Workspace, infill: dict | None) -> str:
    """How the filling of holes went."""
    if infill and "model" in infill:
        return _refill(workspace, infill)
    if not infill or "n_iterations" not in infill:
        return ""
    if not infill["n_iterations"]:
        return '<p class="muted">There were no holes to fill.</p>'
    state = "converged" if infill.get("converged") else "had not converged"
    return (
        f'<p class="muted">Holes filled by iterative PCA, which {state} after {infill["n_iterations"]} iterations.</p>'
    )


def _refill(workspace: Workspace, infill: dict) -> str:
    """What a model's infill changed."""
    survey = html.escape(survey_title(workspace, infill["survey"]))
    model = html.escape(model_title(workspace, infill["model"]))
    moved = infill.get("latents_moved", {}).get("p95", 0.0)
    words = (
        "Latents did not move." if moved < 0.001 else f"95% of latents moved by less than {moved:.2g} of their spread."
    )
    return (
        f'<p class="muted">Holes of {survey} filled by the model {model}: {infill["n_filled"]:,} pixels changed by '
        f"{infill['rms_change']:.3g} of the mean flux (rms). {words}</p>"
    )
