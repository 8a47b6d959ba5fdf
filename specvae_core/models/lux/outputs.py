"""Parameters of Lux, and the maps between latents, labels, spectra and further outputs.

The training (`agendas`) fills these buffers; the model (`model`) answers with them. Equations are those of Horta et al.
(2025).
"""

import numpy as np
import torch
from torch import Tensor

from ...data.label_columns import label_names, read_labels
from ...data.spectra import SpectraSet
from ...grid import SpectralGrid
from ..label_model import LabelModel
from ..label_windows import label_windows
from ..least_squares import weighted_least_squares
from ..spectra_tensors import spectra_tensors
from .emulator import LabelEmulator
from .label_network import LabelNetwork
from .settings import LuxConfig

CALIBRATION_DEGREE = 10
"""Degree of the polynomials in log wavelength that describe an error of the flux calibration."""

CALIBRATION_LIMITS = (0.2, 5.0)
"""Limits of level times calibration: they keep spectra of pure noise from diverging."""

FIRST_PIXELS = 500
"""Pixels, evenly taken, from which the first calibration of each spectrum is estimated."""

LEVEL_ERROR = 1.0
"""Prior 1-sigma error of the level of a spectrum, as a share of it: practically free."""

ADDED_LATER = ("emulator.", "typical_ivar", "to_windowed", "label_errors.", "output_")
"""First words of the names of weights that version 0.2 did not have."""

SMALLEST_ERROR = 1e-3
"""Smallest error of a label in units of its scale: nothing in a catalogue is known better."""


class LuxOutputs(LabelModel):
    """Buffers of Lux, and the functions between latents, labels and spectra.

    Further outputs (Horta et al. 2025, sections 3.1 and 6: photometry, parallax) stand behind the pixels of a spectrum
    as more of them, centred and in units of their spread. A level or a calibration of the spectrum is none of theirs.

    Attributes
    ----------
    mean
        (n_pixel + n_output,) mean spectrum, and mean of the further outputs.
    centre, scale
        (M,) float64, median and spread of each label in catalogue units.
    to_labels, to_flux
        The matrices A (M, P) and B (n_pixel + n_output, P) of Eqs. 1 and 2.
    variance
        (n_pixel + n_output,) squared scatter s² of each pixel beside its errors.
    to_windowed
        (M, P) in place of A, for labels that are read from windows, by latents from these alone.
    typical_ivar
        (n_pixel + n_output,) median inverse variance of the training spectra that see a pixel.
    output_centre, output_scale
        (n_output,) float64, median and spread of each further output in catalogue units.
    label_scatter
        (M,) scatter of scaled labels beside all errors.
    calibration_error
        Prior error of smooth flux calibrations, as a share of the flux.
    network, emulator
        `LabelNetwork` from latents to labels and `LabelEmulator` from labels to latents, or ``None``.
    """

    config: LuxConfig

    def __init__(self, grid: SpectralGrid, config: LuxConfig) -> None:
        super().__init__(grid, config)
        m, p = len(self.label_names), config.n_latent
        width, n_output = grid.n_pixel + len(self.output_names), len(self.output_names)
        self.register_buffer("mean", torch.ones(width))
        self.register_buffer("to_labels", torch.zeros(m, p))
        self.register_buffer("to_flux", torch.zeros(width, p))
        self.register_buffer("variance", torch.zeros(width))
        self.register_buffer("to_windowed", torch.zeros(m, p))
        self.register_buffer("typical_ivar", torch.zeros(width))
        self.register_buffer("output_centre", torch.zeros(n_output, dtype=torch.double))
        self.register_buffer("output_scale", torch.ones(n_output, dtype=torch.double))
        self.register_buffer("calibration_error", torch.zeros(()))
        self.network = LabelNetwork(p, m, config.n_hidden) if config.n_hidden else None
        self.emulator = LabelEmulator(m, p, config.n_hidden) if config.n_hidden else None

    @property
    def output_names(self) -> tuple[str, ...]:
        """Columns of the further outputs, as the catalogue spells them."""
        return label_names(self.config.outputs)

    def scale_outputs(self, spectra: SpectraSet) -> None:
        """Learn centre and spread of each further output: those of labels (section 4.1)."""
        if self.output_names:
            values = read_labels(spectra.table, self.output_names).values
            low, middle, high = np.nanpercentile(values, [2.5, 50, 97.5], axis=0)
            self.output_centre.copy_(torch.from_numpy(middle))
            self.output_scale.copy_(torch.from_numpy(np.where(high > low, (high - low) / 4, 1.0)))

    def measurements(self, spectra: SpectraSet, rows: slice) -> tuple[Tensor, Tensor]:
        """Flux and ivar of some rows with the further outputs behind them, (n, n_pixel + n_output) each.

        A column that the catalogue lacks is missing for all objects.
        """
        flux, ivar = spectra_tensors(spectra, rows)
        if not self.output_names:
            return flux, ivar
        table = spectra.table.iloc[rows]
        table = table.assign(**{name: np.nan for name in self.output_names if name not in table})
        found = read_labels(table, self.output_names, needed=False)
        values, weight = self._in_units(found.values, found.errors, self.output_centre, self.output_scale)
        return torch.cat([flux, values], dim=1), torch.cat([ivar, weight], dim=1)

    def with_outputs(self, flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra (n, n_pixel) without further outputs as `measurements` gives them; others as they are."""
        missing = flux.new_zeros(len(flux), len(self.mean) - flux.shape[1])
        return torch.cat([flux, missing], dim=1), torch.cat([ivar, missing.expand(len(ivar), -1)], dim=1)

    @property
    def penalty(self) -> float:
        """Curvature of the L2 term of Eq. 8: twice the setting ``regularisation``."""
        return 2 * self.config.regularisation

    def load_state_dict(self, state_dict, strict: bool = True, assign: bool = False):
        """See PyTorch; the weights of an older version lack some parts, which then stay as they are unfitted."""
        later = {name: value for name, value in self.state_dict().items() if name.startswith(ADDED_LATER)}
        return super().load_state_dict({**later, **state_dict}, strict, assign)

    def weigh(self, ivar: Tensor, pixels: slice = slice(None)) -> Tensor:
        """Inverse variances (n, n_pixel) with the scatter of each pixel added to its errors (Eq. 4)."""
        return ivar / (1 + ivar * self.variance[pixels])

    def infer(self, flux: Tensor, ivar: Tensor, pulse=lambda: None) -> tuple[Tensor, Tensor]:
        """Latents (n, P) of spectra alone, and their covariances (n, P, P): Eq. 10, with the penalty of Eq. 8.

        The level of each spectrum is left free, and its calibration within ``calibration_error``; both are
        marginalised.
        """
        flux, ivar = self.with_outputs(flux, ivar)
        p, factors = self.config.n_latent, self._calibration()
        basis = torch.cat([self.to_flux.T, self.mean * factors])
        errors = torch.tensor([LEVEL_ERROR] + [float(self.calibration_error)] * (len(factors) - 1), dtype=torch.double)
        penalty = torch.cat([torch.full((p,), self.penalty), errors**-2])

        def solve(factor: Tensor, pixels: slice, covariance: bool) -> tuple[Tensor, Tensor | None]:
            """One Gauss-Newton step from level times calibration (n, n_pixel), on some of the pixels."""
            seen, factor, mean = ivar[:, pixels], factor[:, pixels], self.mean[pixels]
            target = torch.where(seen > 0, flux[:, pixels] / factor + mean * (factor - 2), 0.0)
            weight = self.weigh(seen * factor.square(), pixels)
            return weighted_least_squares(weight, target, basis[:, pixels], penalty, covariance=covariance, pulse=pulse)

        thin = slice(None, None, max(1, len(self.mean) // FIRST_PIXELS))
        found, _ = solve(torch.ones_like(self.mean)[None], thin, covariance=False)
        factor = (1 + found[:, p:] @ factors).clamp(*CALIBRATION_LIMITS)
        found, covariance = solve(factor, slice(None), covariance=True)
        return found[:, :p], covariance[:, :p, :p]

    def _calibration(self) -> Tensor:
        """Chebyshev polynomials in log wavelength, 0 for further outputs, (n, n_pixel + n_output).

        The constant, and more where errors are expected.
        """
        orders = torch.arange(1 + CALIBRATION_DEGREE if self.calibration_error else 1)
        polynomials = torch.cos(orders[:, None] * torch.linspace(-1, 1, self.grid.n_pixel).arccos())
        return torch.nn.functional.pad(polynomials, (0, len(self.mean) - self.grid.n_pixel))

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Latents (n, n_latent) of spectra alone (Eq. 10)."""
        return self._latents(flux, ivar)[0]

    def _latents(self, flux: Tensor, ivar: Tensor, covariance: bool = False) -> tuple[Tensor, Tensor | None]:
        """Eq. 10 without calibration errors: these latents are meant to reconstruct the spectra."""
        flux, ivar = self.with_outputs(flux, ivar)
        target = torch.where(ivar > 0, flux - self.mean, 0.0)
        return weighted_least_squares(self.weigh(ivar), target, self.to_flux.T, self.penalty, covariance=covariance)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent), Eq. 2."""
        return self.all_outputs(latents)[:, : self.grid.n_pixel]

    def all_outputs(self, latents: Tensor) -> Tensor:
        """Spectra and further outputs (n, n_pixel + n_output) of latents (n, n_latent)."""
        return self.mean + latents @ self.to_flux.T

    def inputs(self, latents: Tensor) -> Tensor:
        """Inputs of the label network, (n, P): each latent weighted by the root of the flux that it explains."""
        return latents * self._input_scale

    @property
    def _input_scale(self) -> Tensor:
        explained = self.to_flux.square().sum(dim=0).sqrt()
        return (explained / explained.sum().clamp(min=1e-30)).sqrt()

    @property
    def windows(self) -> dict[int, Tensor]:
        """Pixels (n_pixel + n_output,) bool from which a label is read, by its index.

        Labels that are read from all are left out; further outputs are in no window.
        """
        allowed = label_windows(self.config.windows, self.label_names, self.grid.wavelength)
        outputs = np.zeros(len(self.output_names), dtype=bool)
        return {
            i: torch.from_numpy(np.concatenate([column, outputs]))
            for i, column in enumerate(allowed.T)
            if not column.all()
        }

    def label_targets(self, values: np.ndarray, errors: np.ndarray) -> tuple[Tensor, Tensor]:
        """Labels centred and in units of their scale, and their inverse variances, (n, M) float32; 0 where unknown.

        Parameters
        ----------
        values, errors
            (n, M) in catalogue units. An error of NaN is replaced by the setting ``label_error``.
        """
        return self._in_units(values, errors, self.centre, self.scale)

    def _in_units(self, values: np.ndarray, errors: np.ndarray, centre: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        values = (torch.from_numpy(values) - centre) / scale
        errors = torch.from_numpy(np.asarray(errors, dtype=float)) / scale
        errors = torch.where(errors.isnan(), self.config.label_error, errors).clamp(min=SMALLEST_ERROR)
        return values.nan_to_num(0.0).float(), errors.square().reciprocal().float()

    def scaled_labels(self, latents: Tensor) -> Tensor:
        """Labels (n, M) of latents in units of their scale: from the network if there is one, else Eq. 1."""
        return latents @ self.to_labels.T if self.network is None else self.network(self.inputs(latents))

    def label_variance(self, latents: Tensor, covariance: Tensor) -> Tensor:
        """Variances (n, M) of scaled labels that follow from those of the latents; `label_scatter` is not included."""
        slope = self.label_slope(latents)
        return ((slope @ covariance) * slope).sum(dim=2)

    def label_slope(self, latents: Tensor) -> Tensor:
        """Derivatives (n, M, P) of scaled labels with respect to latents (n, P)."""
        if self.network is None:
            return self.to_labels.expand(len(latents), -1, -1)
        return self.network.gradient(self.inputs(latents)) * self._input_scale
