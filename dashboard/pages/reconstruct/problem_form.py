"""How the spectrum is degraded besides hidden ranges, and how the problem is solved."""

from collections.abc import Callable, Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.card import heading
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine

FIELDS = (
    ("blur", "Resolution λ/Δλ", "as observed", "Resolution to degrade to, for example 300."),
    ("bands", "Filters only", "none", "Only fluxes through these filters, for example ugriz."),
    ("denoise", "Added noise σ", "none", "Standard deviation in units of the mean flux, for example 0.1."),
    ("random", "Lost at random", "none", "Fraction of the pixels, for example 0.4."),
)
"""Word of the problem, label, placeholder, help; in the order in which they are applied."""


AS_IS = "as-is"
"""The problem of a spectrum that is neither degraded nor hidden in part."""


class ProblemForm(Viewer):
    """Fields of the problem; model to compare with, method, starts and seed.

    Parameters
    ----------
    on_change
        Called without arguments when the problem has changed.
    """

    def __init__(self, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self.fields = {
            word: pn.widgets.TextInput(label=label, placeholder=empty, description=help, css_classes=["field"], **WIDE)
            for word, label, empty, help in FIELDS
        }
        self.seed = pn.widgets.IntInput(
            label="Seed",
            value=0,
            start=0,
            css_classes=["field"],
            description="Seed of the random noise and of the pixels lost at random.",
            **WIDE,
        )
        self.other = pn.widgets.Select(
            label="Compare with", options={"no other model": ""}, css_classes=["field"], **WIDE
        )
        self.method = pn.widgets.Select(
            label="Method", options=["regularised", "projected", "density"], css_classes=["field"],
            description="Regularised: a Gaussian prior on the latents. Projected: latents within the training set. "
            "Density: a flow fitted to the latents is the prior.",
            **WIDE,
        )  # fmt: skip
        self.starts = pn.widgets.IntInput(
            label="Starts", value=4, start=1, end=32, css_classes=["field"],
            description="Searches begun at the best-fitting training spectra and at a random place.", **WIDE,
        )  # fmt: skip
        self.weight = pn.widgets.FloatInput(
            label="Weight λ", value=1.0, start=0.001, end=1000.0, css_classes=["field"],
            description="Weight of the prior on the latents: 1 as learnt, larger values pull towards it.", **WIDE,
        )  # fmt: skip
        self.error = ErrorLine()
        for widget in (*self.fields.values(), self.seed):
            widget.param.watch(guard(lambda _: on_change()), "value")
        self._layout = pn.Column(
            pn.Column(*self.fields.values(), self.seed, css_classes=["fields"], **WIDE),
            self.error,
            pn.pane.HTML(heading("Solution"), **WIDE),
            pn.Column(self.method, self.weight, self.starts, css_classes=["fields"], **WIDE),
            self.other,
            css_classes=["form"],
            **WIDE,
        )

    def problem(self, hidden: str) -> str:
        """The problem as text; ``hidden`` are the ranges of `HiddenRanges`."""
        values = {word: widget.value.strip() for word, widget in self.fields.items()} | {"hide": hidden}
        return "+".join(f"{word}:{value}" for word, value in values.items() if value) or AS_IS

    def take(self, problem: str) -> str:
        """Fill the fields from a problem as text and return its hidden ranges."""
        parts = dict(part.partition(":")[::2] for part in problem.split("+"))
        for word, widget in self.fields.items():
            widget.value = parts.get(word, "")
        return parts.get("hide", "")

    def show_models(self, models: Sequence[str], chosen: str) -> None:
        """Offer these models to compare ``chosen`` with."""
        options = {"no other model": ""} | {model: model for model in models if model != chosen}
        if options != self.other.options:
            value = self.other.value if self.other.value in options.values() else ""
            self.other.param.update(options=options, value=value)

    def __panel__(self) -> Viewable:
        return self._layout
