"""The object whose spectrum stands large, with what people say of it."""

from collections.abc import Callable

import numpy as np

from dashboard.page import Session
from dashboard.state import LONGEST_WAVELENGTH
from specvae_core.annotation_record import Annotation, Feature


class Subject:
    """One object of the survey in the header, or an uploaded spectrum, which nobody annotates.

    Parameters
    ----------
    session
        Who annotates.
    on_change
        Called when the marked place or an annotation has changed.
    """

    def __init__(self, session: Session, on_change: Callable[[], object]) -> None:
        self.session, self._on_change = session, on_change
        self.object_id = ""
        """Its id; empty for an uploaded spectrum."""
        self.redshift = np.nan
        """Redshift in the catalogue, NaN where unknown."""

    @property
    def place(self) -> float | None:
        """Marked wavelength, Angstrom, in the frame of the survey; the session's state keeps it."""
        return self.session.state.place

    @property
    def known_redshift(self) -> float:
        """Redshift in the catalogue, 0 where unknown."""
        return self.redshift if np.isfinite(self.redshift) else 0.0

    def mark_at(self, place: float | None) -> None:
        """Mark a wavelength in the frame of the survey (Angstrom)."""
        self.session.state.place = None if place is None else float(np.clip(place, 0, LONGEST_WAVELENGTH))
        self._on_change()

    @property
    def mine(self) -> Annotation:
        """Annotation by the person at this page."""
        return self.session.annotation(self.object_id) if self.object_id else Annotation()

    @property
    def remarks(self) -> tuple[Feature, ...]:
        """Remarks of everybody."""
        if not self.object_id:
            return ()
        said = self.session.workspace.annotations.by_author(self.session.state.survey_id, self.object_id)
        return tuple(feature for found in said.values() for one in found.values() for feature in one.features)

    def annotate(self, **fields: object) -> None:
        """Change the annotation by the person at this page."""
        self.session.annotate(self.object_id, **fields)
        self._on_change()
