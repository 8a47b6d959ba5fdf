"""The two agendas that train Lux (Horta et al. 2025, section 4.2 and Fig. 2), every step in closed form."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...data.label_columns import read_labels
from ...data.spectra import SpectraSet
from ...progress import Progress, Report
from ..least_squares import pixel_scatter, weighted_least_squares
from ..spectra_tensors import seen_mean
from .outputs import LuxOutputs

CALIBRATION_ERRORS = (0.0, 0.05)
"""Prior errors of the flux calibration, as a share of the flux, of which the training labels choose one."""

TRUST = 0.05
"""Least gain in the log of the label residual for which calibrations are taken as exact."""

ROWS_AT_ONCE = 256
"""Objects whose loss is summed at once: few enough to stay in the processor's cache."""

PRIOR_OF_A = 1.0
"""Inverse prior variance of A in its last step: latents and scaled labels are both of unit size."""


class LabelFit(NamedTuple):
    """A last a-step under one prior error of the calibration.

    Attributes
    ----------
    calibration_error
        That error, as a share of the flux.
    score
        Mean log of the absolute residual of scaled labels; the lowest is chosen.
    latents, covariance
        (n, P) and (n, P, P), inferred from spectra alone.
    to_labels
        The matrix A, (M, P).
    """

    calibration_error: float
    score: float
    latents: Tensor
    covariance: Tensor
    to_labels: Tensor


class Agendas:
    """One training of Lux.

    Parameters
    ----------
    model
        The model whose buffers are filled.
    training, validation
        Objects to learn from, and objects on which the loss is reported.
    report
        Called after every pass, and often within one.

    Attributes
    ----------
    target, weight
        (n, M + n_pixel) scaled labels beside mean-free fluxes, and their inverse variances. A stacked on B maps
        latents to such rows.
    label_variance
        (n, M) squared errors of scaled labels as the catalogue states them.
    latents
        (n, P) latents of the training objects.
    """

    def __init__(self, model: LuxOutputs, training: SpectraSet, validation: SpectraSet, report: Report) -> None:
        self.model, self.report = model, report
        self.n_label = len(model.label_names)
        model.scale_outputs(training)
        flux, ivar = model.measurements(training, slice(None))
        model.mean.copy_(seen_mean(flux, ivar))
        model.variance.zero_()
        self._scale(training)
        self.target, self.weight = self._side_by_side(training)
        self.label_variance = self._stated_variance(training)
        self.held_out = self._side_by_side(validation)

    def run(self, generator: torch.Generator) -> None:
        """Both agendas, then the label output, which needs the final latents."""
        self.latents = self.start(generator)
        n_passes = self.model.config.max_iterations
        for iteration in range(1, n_passes + 1):
            self.first()
            self._report_losses(iteration)
        self.second()
        self._report_losses(n_passes + 1)
        self.finish_labels(generator)

    def start(self, generator: torch.Generator) -> Tensor:
        """First latents: the scaled labels (Eq. 9), then the principal components of what they leave of the flux.

        Zeros, as in Eq. 9, would stay zeros under exact least squares.
        """
        labels, flux = self.target[:, : self.n_label], self.target[:, self.n_label :]
        extra = self.model.n_latent - self.n_label
        flux = flux - labels @ (torch.linalg.pinv(labels) @ flux)
        sample = flux @ torch.randn(flux.shape[1], extra + 8, generator=generator)
        for _ in range(2):
            self._pulse()
            sample = flux @ (flux.T @ torch.linalg.qr(sample).Q)
        basis = torch.linalg.qr(sample).Q
        left = torch.linalg.svd(basis.T @ flux, full_matrices=False).U
        leading = (basis @ left)[:, :extra] * len(flux) ** 0.5
        return torch.cat([labels, leading, flux.new_zeros(len(flux), extra - leading.shape[1])], dim=1)

    def first(self) -> None:
        """The a-, b- and z-step of Agenda 1: without scatter and penalty.

        The a- and the b-step are one, since at fixed z the rows of A and of B are independent. The constant element
        of Eq. 9 stands beside z here, and what it explains is moved into the means.
        """
        basis = torch.cat([torch.ones(1, len(self.latents)), self.latents.T])
        outputs, _ = weighted_least_squares(self.weight.T, self.target.T, basis, pulse=self._pulse)
        self._shift(outputs[:, 0])
        self._set_outputs(outputs[:, 1:])
        self.latents, _ = weighted_least_squares(self.weight, self.target, outputs[:, 1:].T, pulse=self._pulse)
        self.turn()

    def _shift(self, offset: Tensor) -> None:
        """Move an offset (M + n_pixel,) of all outputs into the centres of labels and the mean spectrum."""
        model = self.model
        model.centre += model.scale * offset[: self.n_label]
        model.mean += offset[self.n_label :]
        self.target -= offset
        self.held_out[0].sub_(offset)

    def turn(self) -> None:
        """Among equivalent latents choose those of mean 0 and variance 1, in the order of the flux that they explain.

        Only then does one penalty mean the same for all of them and for every survey.
        """
        model = self.model
        middle = self.latents.mean(dim=0)
        self._shift(self._outputs() @ middle)
        latents = (self.latents - middle).double()
        spread, axes = torch.linalg.eigh(latents.T @ latents / len(latents))
        spread = spread.clamp(min=1e-12 * spread[-1])
        flux = (model.to_flux.double() @ axes) * spread.sqrt()
        order = torch.linalg.eigh(flux.T @ flux).eigenvectors.flip(dims=[1])
        order = order * torch.where((flux @ order).sum(dim=0) < 0, -1.0, 1.0)
        self.latents = (latents @ (axes * spread.rsqrt()) @ order).float()
        for output in (model.to_labels, model.to_flux):
            output.copy_(output.double() @ (axes * spread.sqrt()) @ order)

    def second(self) -> None:
        """The s-, B- and z-step of Agenda 2, the last with the L2 penalty."""
        model = self.model
        flux, ivar = self.target[:, self.n_label :], self.weight[:, self.n_label :]
        self._pulse()
        model.variance.copy_(pixel_scatter(flux - self.latents @ model.to_flux.T, ivar))
        weight = self._with_scatter(self.weight)
        to_flux, _ = weighted_least_squares(weight[:, self.n_label :].T, flux.T, self.latents.T, pulse=self._pulse)
        model.to_flux.copy_(to_flux)
        self.latents, _ = weighted_least_squares(
            weight, self.target, self._outputs().T, model.penalty, pulse=self._pulse
        )

    def finish_labels(self, generator: torch.Generator) -> None:
        """A last a-step, the network if there is one, and the scatter of labels beyond all stated errors.

        The latents are inferred from spectra alone, as they are when labels are predicted: those of the agendas carry
        the errors of the very labels that they are to explain. A label that no spectrum has keeps the A of Agenda 1.
        """
        model, m = self.model, self.n_label
        labels, weight = self.target[:, :m], self.weight[:, :m] * (self.weight[:, m:] > 0).any(dim=1, keepdim=True)
        asked = model.config.calibration
        fits = [self._fit_labels(error, labels, weight) for error in (CALIBRATION_ERRORS if asked < 0 else (asked,))]
        best = min(fits, key=lambda fit: fit.score + (0 if fit.calibration_error else TRUST))
        model.calibration_error.fill_(best.calibration_error)
        model.to_labels.copy_(best.to_labels)
        latents, covariance, residual = best.latents, best.covariance, labels - best.latents @ best.to_labels.T
        if model.network is not None:
            self._pulse()
            residual = model.network.fit(model.inputs(latents), labels, weight, generator).float()
        for i, pixels in model.windows.items():
            flux, ivar = self._spectra(self.target, self.weight)
            seen, _ = model.infer(flux, ivar * pixels, self._pulse)
            found, _ = weighted_least_squares(weight[:, i : i + 1].T, labels[:, i : i + 1].T, seen.T, PRIOR_OF_A)
            model.to_windowed[i] = found[0]
        if model.emulator is not None:
            self._fit_emulator(generator)
        expected = model.label_variance(latents, covariance) + self.label_variance
        for i in range(m):
            known = weight[:, i] > 0
            if known.any():
                typical = (1.4826 * residual[known, i].abs().median()) ** 2
                learnt = typical * min(1.0, latents.shape[1] / int(known.sum()))  # the uncertainty of A itself
                model.label_scatter[i] = (typical - expected[known, i].median()).clamp(min=learnt).sqrt()

    def _fit_emulator(self, generator: torch.Generator) -> None:
        """Latents of spectra as a function of labels, from the objects that have all labels and a spectrum."""
        self._pulse()
        model, m = self.model, self.n_label
        used = (self.weight[:, :m] > 0).all(dim=1) & (self.weight[:, m:] > 0).any(dim=1)
        latents = model.encode_batch(*self._spectra(self.target[used], self.weight[used]))
        ivar = self.weight[used, m:]
        model.typical_ivar.copy_(torch.where(ivar > 0, ivar, torch.nan).nanmedian(dim=0).values.nan_to_num())
        model.emulator.fit(self.target[used, :m], latents, model.to_flux, generator)

    def _fit_labels(self, calibration_error: float, labels: Tensor, weight: Tensor) -> LabelFit:
        """The last a-step under a prior error of the calibration."""
        model = self.model
        model.calibration_error.fill_(calibration_error)
        latents, covariance = model.infer(*self._spectra(self.target, self.weight), self._pulse)
        to_labels, _ = weighted_least_squares(weight.T, labels.T, latents.T, PRIOR_OF_A, pulse=self._pulse)
        taught = (weight > 0).any(dim=0)
        to_labels = torch.where(taught[:, None], to_labels, model.to_labels)
        residual = ((weight > 0) * (labels - latents @ to_labels.T).abs()).sum(dim=0)[taught]
        return LabelFit(calibration_error, float(residual.log().mean()), latents, covariance, to_labels)

    def _spectra(self, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Flux and ivar, each (n, n_pixel)."""
        return target[:, self.n_label :] + self.model.mean, weight[:, self.n_label :]

    def _scale(self, spectra: SpectraSet) -> None:
        """Centre and scale of each label: the median and a quarter of the central 95% (section 4.1)."""
        values = read_labels(spectra.table, self.model.label_names).values
        low, middle, high = np.nanpercentile(values, [2.5, 50, 97.5], axis=0)
        self.model.centre.copy_(torch.from_numpy(middle))
        self.model.scale.copy_(torch.from_numpy(np.where(high > low, (high - low) / 4, 1.0)))

    def _stated_variance(self, spectra: SpectraSet) -> Tensor:
        """Squared errors (n, M) of scaled labels as the catalogue states them, 0 where it states none."""
        errors = read_labels(spectra.table, self.model.label_names).errors
        stated = torch.from_numpy(np.where(np.isfinite(errors), errors, 0.0)) / self.model.scale
        return stated.square().float()

    def _side_by_side(self, spectra: SpectraSet) -> tuple[Tensor, Tensor]:
        found = read_labels(spectra.table, self.model.label_names, needed=False)
        labels, weight = self.model.label_targets(found.values, found.errors)
        flux, ivar = self.model.measurements(spectra, slice(None))
        flux = torch.where(ivar > 0, flux - self.model.mean, 0.0)
        return torch.cat([labels, flux], dim=1), torch.cat([weight, ivar], dim=1)

    def _outputs(self) -> Tensor:
        return torch.cat([self.model.to_labels, self.model.to_flux])

    def _set_outputs(self, outputs: Tensor) -> None:
        self.model.to_labels.copy_(outputs[: self.n_label])
        self.model.to_flux.copy_(outputs[self.n_label :])

    def _with_scatter(self, weight: Tensor) -> Tensor:
        return torch.cat([weight[:, : self.n_label], self.model.weigh(weight[:, self.n_label :])], dim=1)

    def _pulse(self) -> None:
        self.report(Progress(None, "least squares"))

    def _report_losses(self, iteration: int) -> None:
        """Add the losses of a pass to the history; validation latents are inferred from spectra alone."""
        values = {"train/loss": self._loss(self.target, self.weight, self.latents)}
        values["validation/loss"] = self._loss(*self.held_out, self.model.encode_batch(*self._spectra(*self.held_out)))
        self.model.history.append({"epoch": iteration, **values})
        share = iteration / (self.model.config.max_iterations + 1)
        self.report(Progress(share, f"pass {iteration}: loss {values['train/loss']:.5g}", iteration, values))

    def _loss(self, target: Tensor, weight: Tensor, latents: Tensor) -> float:
        """Minus the log-likelihood (Eqs. 3 to 5) without its constants, mean over objects.

        That is half of the χ² of Eq. A1, and :math:`\\tfrac12 \\sum \\ln(1 + s^2/\\sigma^2)`.
        """
        outputs, variance, total = self._outputs().T, self.model.variance, 0.0
        for some, w, z in zip(*(part.split(ROWS_AT_ONCE) for part in (target, weight, latents)), strict=True):
            total += float((self._with_scatter(w) * (some - z @ outputs).square()).sum(dtype=torch.double))
            total += float(torch.log1p(w[:, self.n_label :] * variance).sum(dtype=torch.double))
        return 0.5 * total / max(len(target), 1)
