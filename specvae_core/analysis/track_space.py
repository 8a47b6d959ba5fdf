"""The latent space that tracks are made in: objects of a survey, the components of their latents, what bins them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ..data.catalogue import ObjectIndex
from ..digits import MOST_DIGITS, whole_number
from ..errors import BadConfig, NotFound
from .basis import Basis


@dataclass(frozen=True, eq=False)
class Space:
    """Latent space of a survey under a model, in which tracks are made.

    Parameters
    ----------
    values
        (n, d) latent means, all finite.
    basis
        Their principal components.
    table
        The catalogue of the same n objects.
    selections
        (n,) bool for each kept selection, by its name.
    """

    values: np.ndarray
    basis: Basis
    table: pd.DataFrame
    selections: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def components(self) -> np.ndarray:
        """(n, d) float64."""
        return self.basis.components(self.values).astype(float)

    @property
    def n_latent(self) -> int:
        """Number of latents, d."""
        return self.values.shape[1]

    def members(self, classes: tuple[str, ...]) -> np.ndarray:
        """(n,) bool, objects of these classes or, as ``@NAME``, kept selections; all of them where none is given.

        Raises
        ------
        NotFound
            For a class or selection that the survey does not have.
        """
        if not classes:
            return np.ones(len(self.values), bool)
        known = self.table["class"].astype(str) if "class" in self.table else pd.Series("", index=self.table.index)
        names = [name for name in known.unique() if name]
        chosen = known.isin(classes).to_numpy()
        for name in classes:
            if name not in names and name.startswith("@"):
                chosen = chosen | self._selected(name[1:])
            elif name not in names:
                listed = f"it has {', '.join(sorted(names))}" if names else "it has no classes, write all"
                raise NotFound(f"There is no class {name!r} in this survey: {listed}.")
        return chosen

    def _selected(self, name: str) -> np.ndarray:
        """(n,) bool, objects of a kept selection."""
        if name not in self.selections:
            kept = f"it has {', '.join(sorted(self.selections))}" if self.selections else "none is kept"
            raise NotFound(f"There is no selection {name!r} of this survey: {kept}.")
        return self.selections[name]

    def row_of(self, object_id: str) -> int:
        """Row of an object by its id."""
        row = ObjectIndex(self.table["id"].to_numpy(dtype=str)).row_of(object_id)
        if row is None:
            raise NotFound(f"There is no object {object_id!r} with latents in this survey: check the id.")
        return row

    def values_of(self, by: str) -> np.ndarray:
        """(n,) what objects are binned by: a combination of components as ``1`` or ``1+0.5*2``, or a numeric column."""
        weights = combination(by, self.n_latent)
        if weights is not None:
            return self.components @ weights
        if by in self.table and pd.api.types.is_numeric_dtype(self.table[by]):
            return self.table[by].to_numpy(dtype=float)
        raise BadConfig(
            f"{by!r} is neither a component (1 to {self.n_latent}), a combination as 1+0.5*2, nor a numeric column of "
            "the catalogue."
        )


def combination(text: str, n_latent: int) -> np.ndarray | None:
    """(d,) weights of the components in ``2``, ``VAE 2``, ``-2`` or ``1+0.5*2``; ``None`` where it reads otherwise.

    Raises
    ------
    BadConfig
        For a component that there is not.

    Examples
    --------
    >>> combination("1+0.5*2", 3).tolist()
    [1.0, 0.5, 0.0]
    >>> combination("redshift", 3) is None
    True
    """
    plain = re.sub(r"(?i)vae|\s", "", text)
    term = r"([+-]?)(?:(\d*\.?\d+)\*)?(\d+)(?![\d.])"
    if not re.fullmatch(rf"(?:{term})(?:(?=[+-]){term})*", plain):
        return None
    weights = np.zeros(n_latent)
    for sign, factor, number in re.findall(term, plain):
        place = whole_number(number)
        if place is None or not 1 <= place <= n_latent:
            raise BadConfig(f"There is no component {number[:MOST_DIGITS]}: this model has 1 to {n_latent}.")
        weights[place - 1] += float(f"{sign}{factor or 1}")
    if not weights.any():
        raise BadConfig(f"The combination {text!r} is zero: give at least one component a weight.")
    return weights
