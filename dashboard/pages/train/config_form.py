"""A form made from the fields of a model's ``Config``; nothing here knows any model."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine, Setting, field_grid
from specvae_core.errors import BadConfig
from specvae_core.models.config import GradientConfig, ModelConfig, config_from_mapping

_LOOKED_FOR = {"n_latent", "max_epochs"}
UNDER_MORE = frozenset(field.name for field in dataclasses.fields(GradientConfig)) - _LOOKED_FOR
"""Settings that models share and that rarely need a change; a model's own are always in sight, unless they are rare."""


class ConfigForm(Viewer):
    """All settings of a ``Config``.

    Parameters
    ----------
    config_class
        The model's ``Config``.
    """

    def __init__(self, config_class: type[ModelConfig]) -> None:
        super().__init__()
        self._config_class = config_class
        check = partial(config_from_mapping, config_class)
        self.settings = {field.name: Setting(field, check) for field in dataclasses.fields(config_class)}
        rare = {name for name, setting in self.settings.items() if setting.field.metadata["rare"]} | UNDER_MORE
        self._hidden = [setting for name, setting in self.settings.items() if name in rare]
        common = [setting for name, setting in self.settings.items() if name not in rare]
        self._more = pn.Column(visible=False, **WIDE)
        self.toggle = pn.widgets.Toggle(value=False, css_classes=["more"])
        self.toggle.param.watch(lambda event: self._unfold(event.new), "value")
        self._count()
        self._error = ErrorLine()
        self._layout = pn.Column(
            field_grid(common),
            self.toggle,
            self._more,
            self._error,
            css_classes=["form", config_class.__name__],
            **WIDE,
        )

    @property
    def error(self) -> str:
        """What is wrong with two settings together; empty where all is well."""
        return self._error.sentence

    def show(self, visible: bool) -> None:
        """Show or hide all of it."""
        self._layout.visible = visible

    def declare(self, columns: Mapping[str, str]) -> None:
        """Show columns that the survey was ingested with, by setting, where a field is left empty."""
        for name, setting in self.settings.items():
            setting.declare(columns.get(name, ""))

    def offer_columns(self, columns: Callable[[str], Sequence[str]]) -> None:
        """Offer the columns of a survey, by what they hold, where settings name such; they are asked for only then."""
        kinds = {setting.ticked for setting in self.settings.values()} - {""}
        names = {kind: columns(kind) for kind in kinds}
        for setting in self.settings.values():
            if setting.ticked:
                setting.offer(names[setting.ticked])
        self._count()

    def _unfold(self, open_: bool) -> None:
        """Show the folded settings or hide them; the browser gets them when they are first asked for."""
        if open_ and not self._more.objects:
            self._more.append(field_grid(self._hidden))
        self._more.visible = open_

    def _count(self) -> None:
        """Say how many settings are folded away."""
        n = sum(setting.offered for setting in self._hidden)
        self.toggle.param.update(label=f"More settings ({n})", visible=n > 0)

    def config(self) -> ModelConfig | None:
        """The settings as a config; ``None`` where something is wrong, which then stands at the field."""
        self._error.show("")
        wrong = [setting for setting in self.settings.values() if not setting.check()]
        if any(setting in self._hidden for setting in wrong):
            self.toggle.value = True
        if wrong:
            return None
        values = {name: value for setting in self.settings.values() for name, value in setting.value.items()}
        try:
            return config_from_mapping(self._config_class, values)
        except BadConfig as error:  # two settings that do not go together
            self._error.show(str(error))
            return None

    def __panel__(self) -> Viewable:
        return self._layout
