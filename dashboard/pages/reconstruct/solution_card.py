"""The solution in numbers; it can be renamed, saved and deleted."""

import html
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import panel as pn

from dashboard.page import Session
from dashboard.theme import hint
from dashboard.widgets.card import Card
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import UNKNOWN, plain_table
from dashboard.widgets.trust_note import TrustNote
from specvae_core.analysis.reconstruction_lines import NAMES
from specvae_core.errors import BadConfig
from specvae_core.results import Kind
from specvae_core.tasks.figures import solution_recipe
from specvae_core.tasks.reconstruction_files import write_reconstruction

from .solution import Solution

EMPTY = (
    "No solution yet",
    "Hide a part of the spectrum by dragging over it, degrade it with the fields at the left, or leave it as it "
    "is to fill its own holes. Then press <b>Run</b>.",
)

TYPES = {"fits": "application/fits", "ecsv": "text/plain"}


class SolutionCard:
    """Figures of merit and measured lines of one solution, and of another beside it.

    Parameters
    ----------
    on_renamed
        Called without arguments when the name has changed.
    on_delete
        Called without arguments by its button.
    """

    def __init__(
        self,
        session: Session,
        on_renamed: Callable[[], object],
        on_delete: Callable[[], object],
    ) -> None:
        self.session, self._on_renamed = session, on_renamed
        self._solution: Solution | None = None
        guard = session.guard
        self.name = pn.widgets.TextInput(placeholder="name", css_classes=["field-inline", "grow"], **WIDE)
        self.name.param.watch(guard(self._rename), "value")
        buttons = []
        for kind in TYPES:
            button = pn.widgets.Button(
                label=kind.upper(),
                css_classes=["pill", "small"],
                description=hint("Save all curves and their provenance"),
            )
            button.on_click(guard(lambda _, kind=kind: self.save(kind)))
            buttons.append(button)
        away = pn.widgets.Button(label="Delete", css_classes=["pill", "small"])
        away.on_click(guard(lambda _: on_delete()))
        recipe = RecipeButton(session, "this solution", self._recipe)
        row = pn.Row(self.name, *buttons, recipe, away, css_classes=["bar-row", "answer-head"], **WIDE)
        self.head = pn.Column(row, visible=False, **WIDE)
        self.body = pn.pane.HTML("", css_classes=["answer"], visible=False, **FULL)
        self.empty = EmptyState(*EMPTY)
        self.trust = TrustNote(session)
        self.card = Card("Solution", self.head, self.empty, self.trust, self.body, css_classes=("answer-card",), **FULL)

    def show(self, found: Solution | None, other: Solution | None) -> None:
        """Show a solution and another beside it, with lines measured in the observed spectrum and in each."""
        self._solution = found
        self.head.visible = found is not None and not found.running
        self.empty.visible, self.body.visible = found is None, found is not None
        columns = [one for one in (found, other) if one is not None]
        self.body.object = _facts(columns) + _lines(columns) if columns else ""
        if found is not None:
            self.name.value = found.result.title
            self.trust.ask(found.model, found.header["survey"], [f"band of {found.header['problem']}"])

    def save(self, kind: str) -> None:
        """Have the browser save the solution; ``fits`` or ``ecsv``."""
        found = self._solution
        name = f"{found.result.id}.{kind}"
        with tempfile.TemporaryDirectory() as folder:
            write_reconstruction(found.result, self.session.workspace.model(found.model).grid, Path(folder) / name)
            self.session.bridge.save(name, TYPES[kind], (Path(folder) / name).read_bytes())
        self.session.notify(f"Saved {found.result.title} as {name}.", kind="good")

    def _recipe(self) -> tuple[dict, str]:
        found = self._solution
        if found is None or found.running:
            raise BadConfig("There is no solution yet: wait until the search is over.")
        return solution_recipe(self.session.workspace, found.result), found.result.id

    def _rename(self, event: object) -> None:
        found, title = self._solution, event.new.strip()
        if found is not None and title and title != found.result.title:
            self.session.workspace.results.rename(Kind.RECONSTRUCTIONS, found.result.id, title)
            self._on_renamed()


def _facts(columns: Sequence[Solution]) -> str:
    """The figures of merit, a column for each solution."""
    rows = {
        "method": lambda found: html.escape(f"{found.header['method']}, {found.header['starts']} starts"),
        "χ² per datum": lambda found: _number(float(found.trace[-1])),
        "hidden pixels, mean square error": lambda found: _number(found.header.get("mse_hidden")),
        "hidden pixels in the 68 / 95% band": _coverage,
        "other solutions that fit as well": lambda found: str(len(found.alternatives)),
        "search": _search,
    }
    heads = ["", *(html.escape(found.model) for found in columns)]
    return plain_table(heads, [[label, *map(cell, columns)] for label, cell in rows.items()])


def _coverage(found: Solution) -> str:
    shares = [found.header.get("coverage68"), found.header.get("coverage95")]
    return UNKNOWN if None in shares else " / ".join(f"{100 * share:.0f}%" for share in shares)


def _search(found: Solution) -> str:
    steps = f"{len(found.trace) - 1} steps"
    if found.running:
        return f"{steps} so far"
    if found.header.get("state") == "stopped":
        return f"{steps}, stopped: the best so far"
    return f"{steps}, {found.header.get('seconds') or 0:.1f} s"


def _lines(columns: Sequence[Solution]) -> str:
    """A row for each line on the grid: observed, then each solution, with errors."""
    measured = [found.lines for found in columns]
    if not all(measured):
        return ""
    all_of_them = [measured[0]["observed"], *(lines["found"] for lines in measured)]
    rows = []
    for key, name in NAMES.items():
        cells = [_measured(*one.get(key, (None, None))) for one in all_of_them]
        if set(cells) != {UNKNOWN}:
            rows.append([name, *cells])
    heads = ["", "observed", *(html.escape(found.model) for found in columns)]
    return f"<h3>Lines</h3>{plain_table(heads, rows)}" if rows else ""


def _measured(value: float | None, error: float | None) -> str:
    if value is None:
        return UNKNOWN
    text = f"{value:.2f}".replace("-", "−")
    return text if error is None else f'{text} <span class="muted">± {error:.2f}</span>'


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:.3g}".replace("e-0", "e−").replace("e-", "e−")
