"""Metrics of photometric redshifts: of point estimates and of whole distributions.

Point metrics are those of LSST's science requirements with :math:`\\Delta z = (z_{phot} - z_{spec}) / (1 + z_{spec})`;
those of distributions are Schmidt et al.'s (2020, section 4): the probability integral transform (PIT) with its
distances from uniform, and the CDE loss (Izbicki & Lee 2017); besides the CRPS (Gneiting & Raftery 2007).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from ..models.sdgm.density import at, cumulative, point_estimates
from .robust import nmad

OUTLIER = 0.15
"""|Δz| beyond which a redshift counts as a catastrophic outlier."""


@dataclass(frozen=True)
class PointMetrics:
    """Metrics of point estimates against spectroscopic redshifts.

    Parameters
    ----------
    n
        Number of objects.
    bias
        Mean of Δz.
    rms
        Root mean square of z_phot - z_spec.
    nmad
        1.4826 times the median distance of Δz from its median.
    outliers_015
        Share of objects with \\|Δz\\| above 0.15.
    outliers_3sigma
        Share of objects with \\|Δz\\| above three times the NMAD.
    """

    n: int
    bias: float
    rms: float
    nmad: float
    outliers_015: float
    outliers_3sigma: float


@dataclass(frozen=True)
class DensityMetrics:
    """Metrics of densities p(z) against spectroscopic redshifts.

    Parameters
    ----------
    pit_ks, pit_cvm, pit_ad
        Kolmogorov-Smirnov, Cramer-von Mises and Anderson-Darling statistic of the PIT against uniform.
    cde_loss
        :math:`\\langle \\int p^2 dz \\rangle - 2 \\langle p(z_{spec}) \\rangle`; the lower, the better.
    crps
        Mean of :math:`\\int (F(z) - [z \\ge z_{spec}])^2 dz`, in redshift.
    """

    pit_ks: float
    pit_cvm: float
    pit_ad: float
    cde_loss: float
    crps: float


def point_metrics(z_phot: np.ndarray, z_spec: np.ndarray) -> PointMetrics:
    """Metrics of estimates (n,) for objects with a finite spectroscopic redshift; NaN where there are none.

    >>> metrics = point_metrics(np.array([0.11, 0.52, 0.9]), np.array([0.10, 0.50, np.nan]))
    >>> metrics.n, round(metrics.bias, 4), metrics.outliers_015
    (2, 0.0112, 0.0)
    """
    known = np.isfinite(z_spec) & np.isfinite(z_phot)
    difference, z_spec = (z_phot - z_spec)[known], z_spec[known]
    if not known.any():
        return PointMetrics(0, *[float("nan")] * 5)
    scaled = difference / (1 + z_spec)
    scatter = nmad(scaled)
    return PointMetrics(
        n=int(known.sum()),
        bias=float(scaled.mean()),
        rms=float(np.sqrt(np.mean(difference**2))),
        nmad=scatter,
        outliers_015=float(np.mean(np.abs(scaled) > OUTLIER)),
        outliers_3sigma=float(np.mean(np.abs(scaled) > 3 * scatter)),
    )


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of each object, (n,) each, NaN without a spectroscopic redshift.

    Parameters
    ----------
    z_phot, z_spec
        Point estimate and truth.
    pit
        F(z_spec).
    cde
        The object's own term of the CDE loss.
    crps
        Its continuous ranked probability score.
    """

    z_phot: np.ndarray
    z_spec: np.ndarray
    pit: np.ndarray
    cde: np.ndarray
    crps: np.ndarray

    @classmethod
    def joined(cls, parts: "Iterable[Scores]") -> "Scores":
        """Scores of some objects after those of others."""
        columns = [vars(part) for part in parts]
        return cls(**{name: np.concatenate([column[name] for column in columns]) for name in columns[0]})

    def take(self, rows: np.ndarray) -> "Scores":
        """Scores of some objects."""
        return Scores(**{name: values[rows] for name, values in vars(self).items()})

    def metrics(self) -> dict[str, float]:
        """Point and density metrics by name, over the objects with a spectroscopic redshift; NaN where none has one."""
        known = self.take(np.isfinite(self.z_spec))
        return asdict(point_metrics(known.z_phot, known.z_spec)) | asdict(known.density_metrics())

    def density_metrics(self) -> DensityMetrics:
        """Metrics of the densities alone; all objects need a spectroscopic redshift."""
        if not len(self.z_spec):
            return DensityMetrics(*[float("nan")] * 5)
        return DensityMetrics(*uniformity(self.pit), cde_loss=float(self.cde.mean()), crps=float(self.crps.mean()))


def score(grid: np.ndarray, pdf: np.ndarray, z_spec: np.ndarray, z_phot: np.ndarray | None = None) -> Scores:
    """Scores of densities, object by object.

    Parameters
    ----------
    grid
        (n_z,) redshifts.
    pdf
        (n, n_z) densities that integrate to 1.
    z_spec
        (n,) spectroscopic redshifts, NaN where unknown.
    z_phot
        (n,) point estimates; the means of the densities by default.
    """
    if z_phot is None:
        z_phot = point_estimates(grid, pdf)["z_phot"]
    known = np.isfinite(z_spec)
    truth, distribution = np.where(known, z_spec, grid[0]), cumulative(grid, pdf)
    reached = grid[None, :] >= truth[:, None]
    cde = np.trapezoid(pdf**2, grid, axis=1) - 2 * at(grid, pdf, truth)
    crps = np.trapezoid((distribution - reached) ** 2, grid, axis=1)
    values = (np.where(known, value, np.nan) for value in (at(grid, distribution, truth), cde, crps))
    return Scores(z_phot, z_spec, *values)


def uniformity(values: np.ndarray) -> tuple[float, float, float]:
    """Kolmogorov-Smirnov, Cramer-von Mises and Anderson-Darling statistics of values (n,) against uniform on 0 to 1."""
    values = np.sort(values)
    n = len(values)
    above, below, middle = np.arange(1, n + 1) / n, np.arange(n) / n, (2 * np.arange(1, n + 1) - 1) / (2 * n)
    ks = float(max((above - values).max(), (values - below).max()))
    cvm = float(1 / (12 * n) + np.sum((middle - values) ** 2))
    inside = np.clip(values, 1e-6, 1 - 1e-6)  # a PIT of exactly 0 or 1 would make the next one infinite
    ad = float(-n - np.sum(2 * middle * (np.log(inside) + np.log1p(-inside[::-1]))))
    return ks, cvm, ad
