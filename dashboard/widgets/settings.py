"""One field of a form, made from the metadata of a dataclass field."""

import dataclasses
import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from specvae_core.errors import BadConfig

from .layout import WIDE

_SPELLED = {"sn": "S/N", "mmd": "MMD", "kl": "KL", "lambda": "λ", "zwarning": "ZWARNING", "ebv": "E(B−V)"}
_AUTOMATIC = re.compile(r"\(\s*0: ([^)]+)\)")


class ErrorLine(pn.pane.HTML):
    """One sentence in the colour of errors; takes no room while it is empty."""

    def __init__(self) -> None:
        super().__init__("", visible=False, css_classes=["field-error"], **WIDE)

    def show(self, sentence: str) -> None:
        """Show a sentence; an empty one hides the line."""
        self.object = html.escape(sentence)
        self.visible = bool(sentence)

    @property
    def sentence(self) -> str:
        """The sentence; empty where there is no error."""
        return html.unescape(self.object) if self.visible else ""


class Setting(Viewer):
    """One setting: its widget, with its error beneath.

    Parameters
    ----------
    field
        With ``help`` and, for numbers, ``minimum`` and ``maximum`` in its metadata; ``choices`` for words.
    check
        Called with ``{name: value}``; raises `BadConfig`, in a sentence that begins with *The setting NAME is*
        where the value is wrong whatever the others are.
    """

    def __init__(self, field: dataclasses.Field, check: Callable[[Mapping[str, object]], object]) -> None:
        super().__init__()
        self.field = field
        self._check = check
        self.widget = _widget(field)
        self.error_line = ErrorLine()
        self._heading = pn.pane.HTML("", css_classes=["ticks-label"], visible=bool(self.ticked), **WIDE)
        self.declare("")
        self._layout = pn.Column(
            self._heading,
            self.widget,
            self.error_line,
            css_classes=["field", f"field-{'ticks' if self.ticked else type(field.default).__name__}"],
            **WIDE,
        )
        self.widget.param.watch(lambda event: self.check(), "value")

    @property
    def ticked(self) -> str:
        """What the columns hold that it names, which are ticked, ``numbers`` or ``words``; empty for other settings."""
        return self.field.metadata.get("columns", "")

    @property
    def heading(self) -> str:
        """What stands above columns to tick, as HTML."""
        return self._heading.object

    def declare(self, columns: str) -> None:
        """Show the columns that are taken where none is named: those that the survey was ingested with."""
        if self.ticked:
            about = html.escape(_about(self.field))
            taken = f' <span class="muted">(none ticked: {html.escape(columns)})</span>' if columns else ""
            self._heading.object = f'<span title="{about}">{label_of(self.field)}</span>{taken}'
        elif type(self.field.default) is str and hasattr(self.widget, "placeholder"):
            self.widget.placeholder = columns

    def offer(self, columns: Sequence[str]) -> None:
        """Offer columns to tick; those that are ticked and still there stay so."""
        if list(columns) != self.widget.options:
            kept = [name for name in self.widget.value if name in columns]
            self.widget.param.update(options=list(columns), value=kept)
        self._layout.visible = bool(columns)

    @property
    def offered(self) -> bool:
        """Whether it is in the form: columns to tick are not where the survey has none."""
        return self._layout.visible

    @property
    def value(self) -> dict[str, object]:
        """The setting by name; nothing where the field was left empty, which means the default."""
        value = self.widget.value
        if self.ticked:
            value = ",".join(name for name in self.widget.options if name in value)
        if isinstance(value, str):
            value = value.strip() if type(self.field.default) is str else _number(value.strip())
        return {} if value in (None, "") else {self.field.name: value}

    @property
    def error(self) -> str:
        """What stands beneath the field; empty where all is well."""
        return self.error_line.sentence

    def check(self) -> bool:
        """Say beneath the field what is wrong with it; whether all is well."""
        try:
            self._check(self.value)
        except BadConfig as error:  # what concerns two settings together is for the form to show
            sentence, alone = re.subn(rf"^The \w+ {self.field.name} is ", f"“{label_of(self.field)}” is ", str(error))
            self.error_line.show(sentence if alone else "")
        else:
            self.error_line.show("")
        return not self.error_line.visible

    def __panel__(self) -> Viewable:
        return self._layout


def field_grid(settings: Iterable[Setting]) -> pn.Column:
    """Settings two abreast."""
    return pn.Column(*settings, css_classes=["fields"], **WIDE)


def label_of(field: dataclasses.Field) -> str:
    """Its title, else its name in words: ``learning_rate`` is *Learning rate*, ``n_latent`` *Latents*."""
    if field.metadata["title"]:
        return field.metadata["title"]
    words = " ".join(_SPELLED.get(word, word) for word in field.name.removeprefix("n_").split("_"))
    return (words[0].upper() + words[1:]) + ("s" if field.name.startswith("n_") and not words.endswith("s") else "")


def range_of(field: dataclasses.Field) -> str:
    """The allowed range in words; empty where there is none."""
    low, high = field.metadata.get("minimum"), field.metadata.get("maximum")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return f"at most {high:g}" if high is not None else ""


def automatic(field: dataclasses.Field) -> bool:
    """Whether the program chooses the value by default: the default is 0, and the help says what 0 means."""
    return field.default == 0 and _AUTOMATIC.search(field.metadata["help"]) is not None


def _about(field: dataclasses.Field) -> str:
    """The help of a setting as a sentence."""
    return field.metadata["help"][0].upper() + field.metadata["help"][1:] + "."


def _number(text: str) -> int | float | str:
    """The number that a text spells; else the text, for the check to refuse."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _widget(field: dataclasses.Field) -> pn.widgets.Widget:
    """The widget that suits the type of the setting's default.

    Numbers are typed as text, so that a value out of range gets an error message instead of being clipped silently.
    """
    meta, label = field.metadata, label_of(field)
    sizes = {"css_classes": [f"setting-{field.name}"]} | WIDE
    about = _about(field)
    if meta.get("choices") is not None:
        return pn.widgets.Select(
            label=label, options=list(meta["choices"]), value=field.default, description=about, **sizes
        )
    if isinstance(field.default, bool):
        return pn.widgets.Checkbox(label=about.removesuffix("."), value=field.default, **sizes)
    if meta.get("columns"):
        return pn.widgets.CheckBoxGroup(options=[], value=[], css_classes=["ticks", f"setting-{field.name}"], **WIDE)
    if isinstance(field.default, str):
        return pn.widgets.TextInput(label=label, value=field.default, description=about, **sizes)
    if range_of(field):
        about += f" Allowed: {range_of(field)}."
    unset = automatic(field)
    return pn.widgets.TextInput(
        label=label,
        value="" if unset else f"{field.default:g}",
        placeholder="automatic" if unset else f"{field.default:g}",
        description=about,
        **sizes,
    )
