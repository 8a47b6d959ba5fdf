"""What is known of a survey or model from its header alone, without arrays or weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .data import survey_files
from .errors import UserError
from .grid import Grid, grid_from_json
from .models import storage

if TYPE_CHECKING:
    from .models.abilities import Ability


@dataclass(frozen=True)
class SurveySummary:
    """One line about a survey, from its header alone."""

    id: str
    n: int
    grid: Grid
    created: str
    complete: bool
    header: dict

    @property
    def title(self) -> str:
        """Name shown to people: the id, unless it was renamed."""
        return self.header.get("title") or self.id


@dataclass(frozen=True)
class ModelSummary:
    """One line about a model, from its header alone."""

    id: str
    name: str
    n_latent: int
    grid: Grid
    survey_id: str
    created: str
    header: dict

    @property
    def title(self) -> str:
        """Name shown to people: the id, unless it was renamed."""
        return self.header.get("title") or self.id

    @property
    def abilities(self) -> "frozenset[Ability]":
        """Abilities that models of that name declare. The weights are not loaded, but PyTorch is imported once."""
        from .models import abilities_of

        return abilities_of(self.name)


@dataclass(frozen=True)
class Damaged:
    """A survey or model whose header cannot be read.

    Parameters
    ----------
    kind
        ``survey`` or ``model``.
    id
        Its name.
    reason
        One sentence.
    """

    kind: str
    id: str
    reason: str


@contextmanager
def _naming_damage(path: Path) -> Iterator[None]:
    """Turn what a damaged header leads to into one sentence."""
    try:
        yield
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UserError(
            f"{path.name} of {path.parent.name} is damaged ({type(error).__name__}: {error}): restore it from a copy, "
            f"or delete {path.parent.name}."
        ) from None


def survey_summary(path: Path) -> SurveySummary:
    """Summary of the survey with a ``survey.json``."""
    header = survey_files.read_header(path.parent)
    with _naming_damage(path):
        grid = grid_from_json(header["grid"])
        n, complete = int(header["n"]), bool(header["complete"])
        header["provenance"] = dict(header["provenance"])
        return SurveySummary(path.parent.name, n, grid, str(header["created"]), complete, header)


def model_summary(path: Path) -> ModelSummary:
    """Summary of the model with a ``model.json``."""
    header = storage.read_header(path.parent)
    with _naming_damage(path):
        header["history"] = [dict(epoch) for epoch in header["history"]]
        return ModelSummary(
            id=path.parent.name,
            name=str(header["model"]),
            n_latent=int(header["n_latent"] if "n_latent" in header else header["config"]["n_latent"]),
            grid=grid_from_json(header["grid"]),
            survey_id=str(header["survey_id"]),
            created=str(header["created"]),
            header=header,
        )
