"""Columns of the catalogue that stand beside the pixels as more of them: Portillo et al. (2020), section 4.

The paper leaves open how fluxes of lines or bands are brought to the scale of a spectrum. Here each column is centred
and divided by its spread over the training objects; one that is positive and spans more than a factor of `WIDE`, as
fluxes do, is taken as its logarithm. The error beside a column, ``NAME_err``, and the scatter about what the decoder
knows of it are added in quadrature; a missing value has no weight.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..data.label_columns import read_labels
from ..errors import BadConfig

WIDE = 30.0
"""Ratio of the 97.5th to the 2.5th percentile of positive values from which on their logarithm is taken."""

FIRST_SCATTER = 0.1
"""Scatter of a column in units of its spread while the model is trained: no column weighs more than a hundred."""

UNCHECKED_SCATTER = 1.0
"""Scatter of a column in units of its spread where no object that the model did not learn from shows its size."""

SMALLEST_SCATTER = 1e-3
"""Least scatter of a column in units of its spread."""

HALF_68 = 0.6827
"""Share of values within 1 sigma."""

MEDIAN_ERROR = 1.253
"""Standard error of the median of Gaussian values, in units of that of the mean."""

LEAST = 3
"""Known values of a column from which its spread is taken."""


class InputColumns(nn.Module):
    """Scales of the columns, learnt on training objects and kept with the weights.

    Parameters
    ----------
    names
        m columns, as the catalogue spells them.

    Attributes
    ----------
    centre, spread
        (m,) float64, of each column or of its decimal logarithm.
    logarithmic
        (m,) bool, whether the logarithm is taken.
    scatter
        (m,) 1-sigma scatter about the decoder beside the errors of the catalogue, in units of the spread.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        m = len(self.names)
        self.register_buffer("centre", torch.zeros(m, dtype=torch.double))
        self.register_buffer("spread", torch.ones(m, dtype=torch.double))
        self.register_buffer("logarithmic", torch.zeros(m, dtype=torch.bool))
        self.register_buffer("scatter", torch.full((m,), FIRST_SCATTER))

    def __len__(self) -> int:
        return len(self.names)

    def described(self) -> list[dict[str, object]]:
        """Scale of each column, as ``column, scale, centre, spread, scatter``."""
        numbers = zip(*(part.tolist() for part in (self.centre, self.spread, self.scatter)), strict=True)
        kinds = ("log10" if one else "linear" for one in self.logarithmic.tolist())
        return [
            {"column": name, "scale": kind, "centre": centre, "spread": spread, "scatter": scatter}
            for name, kind, (centre, spread, scatter) in zip(self.names, kinds, numbers, strict=True)
        ]

    def read(self, table: pd.DataFrame, needed: bool = False) -> tuple[Tensor, Tensor]:
        """Values and 1-sigma errors (n, m) in catalogue units, double.

        A missing value is NaN, an unknown error 0. A column that the catalogue lacks is missing for all objects.

        Parameters
        ----------
        table
            The catalogue.
        needed
            Whether a column that is missing for all objects is a mistake, as it is for a training.

        Raises
        ------
        NotFound, BadConfig
            A column that is needed is not there, or it holds text.
        """
        if not needed:
            table = table.assign(**{name: np.nan for name in self.names if name not in table})
        found = read_labels(table, self.names, needed, "input")
        errors = np.where(np.isfinite(found.errors), found.errors, 0.0)
        return torch.from_numpy(found.values), torch.from_numpy(errors)

    def learn(self, values: Tensor) -> None:
        """Take centre and spread from the values (n, m) of training objects.

        Raises
        ------
        BadConfig
            A column has fewer than `LEAST` values, or the same for all objects.
        """
        for j, (name, column) in enumerate(zip(self.names, values.cpu().numpy().T, strict=True)):
            known = column[np.isfinite(column)]
            low, high = np.percentile(known, [2.5, 97.5]) if len(known) >= LEAST else (0.0, 0.0)
            if not high > low:
                raise BadConfig(
                    f"The input {name} has {len(known)} values among the training objects"
                    f"{', all the same' if len(known) >= LEAST else ''}: leave it out."
                )
            if logarithmic := bool(low > 0 and high / low > WIDE):
                known = np.log10(known[known > 0])
            low, middle, high = np.percentile(known, [2.5, 50, 97.5])
            self.logarithmic[j], self.centre[j], self.spread[j] = logarithmic, middle, (high - low) / 4
        self.scatter.fill_(FIRST_SCATTER)

    def scaled(self, values: Tensor, errors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Values in units of the spread, 0 where missing, their variances and whether they are known, (n, m) float32.

        A logarithm is not known of values of 0 and below.

        Parameters
        ----------
        values, errors
            (n, m) in catalogue units, as `read` gives them, where the model lies.
        """
        positive = torch.where(values > 0, values, torch.nan)
        values = torch.where(self.logarithmic, positive.log10(), values)
        errors = torch.where(self.logarithmic, errors / (positive * np.log(10)), errors) / self.spread
        known = values.isfinite()
        scaled = torch.where(known, (values - self.centre) / self.spread, 0.0)
        variance = torch.where(known, errors, 0.0).square()
        return scaled.float(), variance.float(), known

    def weighed(self, values: Tensor, errors: Tensor) -> tuple[Tensor, Tensor]:
        """Values in units of the spread and their inverse variances, 0 where missing, (n, m) float32 each."""
        scaled, variance, known = self.scaled(values, errors)
        return scaled, known / (variance + self.scatter.square())

    def in_catalogue_units(self, scaled: Tensor, sigma: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Values and 1-sigma errors (n, m) float64 in catalogue units, of those in units of the spread."""
        values, errors = self.centre + self.spread * scaled.double(), self.spread * sigma.double()
        values = torch.where(self.logarithmic, 10**values, values)
        errors = torch.where(self.logarithmic, values * np.log(10) * errors, errors)
        return values.cpu().numpy(), errors.cpu().numpy()

    def calibrate(self, off: Tensor, variance: Tensor, known: Tensor) -> None:
        """Take the scatter that makes 68% of differences lie within 1 sigma, and out of the centre what they share.

        The scatter is at least as large as what so few objects with such errors could miss. The centre moves by the
        median difference where that is twice its error. Where fewer than `LEAST` values are known, the scatter is
        `UNCHECKED_SCATTER`.

        Parameters
        ----------
        off
            (n, m) values minus predictions that did not know them, in units of the spread.
        variance
            (n, m) of errors and predictions together.
        known
            (n, m) bool.
        """
        for j in range(len(self)):
            rows = known[:, j]
            if (n := int(rows.sum())) < LEAST:
                self.scatter[j] = UNCHECKED_SCATTER
                continue
            shift = off[rows, j].median()
            doubt = MEDIAN_ERROR * torch.quantile((off[rows, j] - shift).abs(), HALF_68) / n**0.5
            shift = torch.where(shift.abs() > 2 * doubt, shift, 0.0)
            self.centre[j] += shift * self.spread[j]
            excess = (off[rows, j] - shift).square() - variance[rows, j]
            unseen = float(variance[rows, j].median()) * (2 / n) ** 0.5
            squared = torch.quantile(excess, HALF_68).clamp(min=max(unseen, SMALLEST_SCATTER**2))
            self.scatter[j] = squared.sqrt().float()
