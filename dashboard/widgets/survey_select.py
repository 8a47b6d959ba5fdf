"""A choice among the surveys of the workspace."""

from collections.abc import Sequence

import panel as pn

from specvae_core.grid import BandGrid
from specvae_core.summaries import SurveySummary

from .choices import offer
from .layout import WIDE
from .titles import titles_of


class SurveySelect(pn.widgets.Select):
    """Offers surveys with their numbers of spectra; its value is the id of one, ``None`` while there are none."""

    def __init__(self) -> None:
        super().__init__(label="Survey", options={}, css_classes=["form-survey"], **WIDE)

    def offer(self, surveys: Sequence[SurveySummary], preferred: str) -> None:
        """Offer these surveys; keep the one that is chosen, or else take the preferred one."""
        titles = titles_of(surveys)
        options = {f"{titles[one.id]} — {one.n:,} {noun_of(one)}": one.id for one in surveys}
        value = self.value if self.value in options.values() else preferred
        value = value if value in options.values() else next(iter(options.values()), None)
        offer(self, options, value)


def noun_of(survey: SurveySummary) -> str:
    """What a survey is made of, in the plural."""
    return "objects" if isinstance(survey.grid, BandGrid) else "spectra"
