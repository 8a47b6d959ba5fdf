"""Fields for a catalogue of photometry, which becomes a survey of its own kind."""

import dataclasses
from collections.abc import Mapping, Sequence

import panel as pn

from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine, Setting, field_grid
from specvae_core.data.photometry_options import PhotometryOptions
from specvae_core.errors import BadConfig
from specvae_core.grid import BandGrid
from specvae_core.summaries import SurveySummary

from .column_ticks import ColumnTicks
from .fields import Fields
from .object_fields import group_field, offer_groups

ANY_BANDS = "u,g"
"""Stand for the bands where another option is checked alone."""

OWN_DEPTH = "depth of these files"
"""The choice of the softening that suits the first survey of its kind."""

NO_COLUMNS = "Choose a table in which a column of errors stands beside each magnitude, as u and u_err."
NOTHING = {"measurements": (), "unit": "magnitude", "ebv": "", "numbers": (), "groups": ()}
_TICKED = ("bands", "extras", "ebv")


class BandFields(Fields):
    """The `PhotometryOptions`: bands and further measurements are ticked among the columns of the files."""

    def __init__(self) -> None:
        super().__init__()
        self.bands = ColumnTicks("Bands", NO_COLUMNS, "bands")
        self.extras = ColumnTicks("Further measurements", "The files have none with errors.", "extras")
        self.ebv = pn.widgets.Select(
            label="E(B−V) for extinction", options={"not corrected": ""}, css_classes=["setting-ebv"], **WIDE
        )
        self.softening = pn.widgets.Select(
            label="Softening of asinh magnitudes",
            options={OWN_DEPTH: ""},
            description="For bands with limits or fluxes; surveys for the same models need the same softening.",
            css_classes=["setting-softening"],
            **WIDE,
        )
        self.settings = {
            field.name: Setting(field, lambda given: PhotometryOptions.from_mapping({"bands": ANY_BANDS, **given}))
            for field in dataclasses.fields(PhotometryOptions)
            if field.name not in _TICKED
        }
        self.group = group_field()
        self.error = ErrorLine()
        self._grids: dict[str, BandGrid] = {}
        self._layout = pn.Column(
            self.bands,
            self.extras,
            field_grid(self.settings.values()),
            pn.Row(self.ebv, self.softening, css_classes=["grid-row"], **WIDE),
            self.group,
            self.error,
            css_classes=["form", "photometry"],
            visible=False,
            **WIDE,
        )

    def fill(self, catalogues: Sequence[Mapping]) -> None:
        """Offer the columns that a look found in the first catalogue, its bands ticked."""
        first = next(iter(catalogues), NOTHING)
        found = first["measurements"]
        self.bands.offer(_options(found), [one["text"] for one in found if one["band"]])
        self.extras.offer(_options([one for one in found if not one["band"]]), ())
        self.settings["unit"].widget.value = first["unit"]
        offer_groups(self.group, first["groups"])
        self.ebv.param.update(
            options={"not corrected": "", **{name: name for name in first["numbers"]}}, value=first["ebv"]
        )

    def suit(self, surveys: Sequence[SurveySummary]) -> None:
        """Offer the softening of these surveys, where they are of asinh magnitudes."""
        grids = {one.id: one.grid for one in surveys if isinstance(one.grid, BandGrid) and one.grid.softening}
        if grids != self._grids:
            self._grids = grids
            value = self.softening.value if self.softening.value in grids else ""
            self.softening.param.update(options={OWN_DEPTH: "", **{f"as {id_}": id_ for id_ in grids}}, value=value)

    def arguments(self) -> Mapping[str, object] | None:
        """Arguments ``bands``, ``options`` and ``group`` of the task; ``None`` where one is wrong, as said there."""
        bands, extras = self.bands.ticked, [one for one in self.extras.ticked if one not in self.bands.ticked]
        wrong = [name for name, setting in self.settings.items() if not setting.check()]
        options: dict[str, object] = {"extras": ",".join(extras), "ebv": self.ebv.value}
        for setting in self.settings.values():
            options |= setting.value
        sentence = "" if bands else "Tick the bands."
        try:
            chosen = PhotometryOptions.from_mapping({**options, "bands": ",".join(bands) or ANY_BANDS})
            if self.softening.value:
                chosen = chosen.softened(self._levels(chosen))
        except BadConfig as error:
            sentence = sentence or str(error)
        self.error.show("" if wrong else sentence)
        if sentence or wrong:
            return None
        return {"bands": chosen.bands, "options": options, "group": self.group.value}

    def clear(self) -> None:
        """No files are chosen."""
        self.fill(())

    def _levels(self, chosen: PhotometryOptions) -> list[float | None]:
        """Softening of each band in the survey that was chosen."""
        grid = self._grids[self.softening.value]
        levels = dict(zip(grid.bands, grid.softening, strict=True))
        return [levels.get(one.name) for one in chosen.in_bands]


def _options(measurements: Sequence[Mapping]) -> dict[str, str]:
    """What is offered for a measurement: its name with its columns, and its text."""
    return {f"{one['name']} · {one['column']} ± {one['error']}": one["text"] for one in measurements}
