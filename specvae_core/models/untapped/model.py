"""Untapped: endmembers and abundances from spectra, labels, and labels without spectra: Gemp et al. (2017).

A spectrum x comes from fractions y of endmembers, on a simplex, and nuisances z unrelated to
composition (illumination, grain size). The same two networks are trained in both directions:

- forward, p(y) p(z) p(x|y,z) with q(y|x) q(z|x,y) to recognise (Eqs. 1-3; bounds Eqs. 7-8, objective Eq. 11);
- reverse, q(x) q(y|x) q(z|x,y) with p(x|y,z) to recognise (Eqs. 4-6; bounds Eq. 9 and, z observed as in the paper's own
  experiments, Eq. 20; objective Eq. 12).

The reverse direction learns from *unfeatured* labels, compositions of which nobody has a spectrum: those of a survey,
as the corners of the simplex, which are the endmembers, and any number of draws from the prior of y. What is minimised
is in `objective`. Without the reverse direction (``reverse`` = 0) it is the model M2 of Kingma et al. (2014).

What the paper leaves open and is done here: spectra enter and leave standardised, see `networks`. Where some spectra
have no label, training begins with those that have one: else the meaning of the fractions is settled by the others,
which labels seldom correct.
"""

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ...data.fractions import read_fractions
from ...data.spectra import SpectraSet
from ...data.split import Part
from ...errors import BadConfig
from ...progress import Report, ignore
from ..abilities import Ability
from ..networks import initialise
from ..spectra_tensors import spectra_tensors
from ..training import step, suitable_batch_size
from ..training_data import Batch, shuffled
from .networks import UntappedNetworks, check_endmembers
from .objective import objective
from .settings import UntappedConfig

FILLINGS = 8
"""Rounds in which the holes of a spectrum are filled with its reconstruction before it is encoded."""

FIRST_STEPS = 500
"""Steps on labelled spectra alone, before those without labels join in."""

DRAWS = 64
"""Draws from the posterior that give the errors of abundances."""


class Untapped(UntappedNetworks):
    """Semi²-supervised variational autoencoder; its latents are the fractions, then the nuisances."""

    name = "untapped"
    title = "Untapped"
    Config = UntappedConfig
    abilities = frozenset(
        {
            Ability.DECODES_GRADIENT,
            Ability.TAKES_HOLES,
            Ability.HAS_ENDMEMBERS,
            Ability.PREDICTS_LABELS,
            Ability.STARTS_FROM,
        }
    )

    @classmethod
    def check_catalogue(cls, config: UntappedConfig, table: pd.DataFrame) -> None:
        """See `LatentModel.check_catalogue`: there are two endmembers or more, and some objects with all fractions."""
        super().check_catalogue(config, table)
        check_endmembers(config)
        if not np.isfinite(read_fractions(table, config.names)).all(axis=1).any():
            raise BadConfig(
                f"No object has all the fractions {', '.join(config.names)}: give those of some, or name other columns."
            )

    def tensors(self, spectra: SpectraSet) -> Batch:
        """Flux, ivar and fractions; a row of NaN where a spectrum has no label."""
        flux, ivar = spectra_tensors(spectra, slice(None))
        fractions = read_fractions(spectra.table, self.config.names)
        return {"flux": flux, "ivar": ivar, "fractions": torch.tensor(fractions, dtype=torch.float32)}

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """Mean spectrum and scatter of the training spectra, and new weights."""
        if not torch.isfinite(data["fractions"]).all(dim=1).any():
            raise BadConfig("No spectrum outside the validation set has fractions: label some, or keep fewer out.")
        if not self.setting.discrete:
            self.learn_scale(data["flux"], data["ivar"])
        initialise(self, generator)
        self._learn_labels(data, generator)

    def _learn_labels(self, data: Batch, generator: torch.Generator) -> None:
        """Some steps on labelled spectra alone, where there are unlabelled ones: labels define the fractions first."""
        with_x = (data["ivar"] > 0).any(dim=1)
        labelled = with_x & torch.isfinite(data["fractions"]).all(dim=1)
        if (labelled == with_x).all():
            return
        optimiser = torch.optim.Adam(self.parameters(), lr=self.config.learning_rate)
        known = {name: values[labelled] for name, values in data.items()}
        for batch in shuffled(known, suitable_batch_size(len(labelled)), FIRST_STEPS, generator):
            step(self, batch, optimiser, generator)

    def filled(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Standardised spectra (n, n_input) whose holes are filled by the reconstruction."""
        x, seen = self.standardised(flux), self.seen_inputs(ivar)
        if seen.all():
            return x
        for _ in range(FILLINGS):
            y = self.fractions_given(x).mean
            x = torch.where(seen, x, self.spectrum_given(y, self.nuisance_given(x, y).centre).mean)
        return x

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Mean fractions, then nuisances at their centre, (n, n_latent)."""
        x = self.filled(flux, ivar)
        y = self.fractions_given(x).mean
        return torch.cat([y, self.nuisance_given(x, y).centre], dim=1)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of fractions and nuisances (n, n_latent)."""
        k = len(self.config.names)
        return self.flux_of(self.spectrum_given(latents[:, :k], latents[:, k:]).mean)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the endmembers."""
        return self.config.names

    @property
    def endmembers(self) -> np.ndarray:
        """Spectra at the corners of the simplex (Eq. 18), (n_endmember, n_pixel)."""
        return self.mixture(np.eye(len(self.config.names)))

    @property
    def endmember_names(self) -> tuple[str, ...]:
        """Names of the endmembers, those of the columns of fractions."""
        return self.config.names

    def mixture(self, fractions: np.ndarray) -> np.ndarray:
        """Spectra (n, n_pixel) of mixtures with these fractions (n, n_endmember), at the mean nuisances."""
        return self.decode(np.hstack([fractions, np.tile(self.usual_nuisance.numpy(), (len(fractions), 1))]))

    def abundances(self, spectra: SpectraSet) -> np.ndarray:
        """Mean fraction of each endmember, (n, n_endmember)."""
        return self.encode(spectra)[:, : len(self.config.names)]

    def predict_labels(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Abundances and their 1-sigma errors from draws of q(y|x), each (n, n_endmember) float64."""

        def moments(flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
            x, generator = self.filled(flux, ivar), torch.Generator().manual_seed(0)
            posterior = self.fractions_given(x)
            draws = torch.stack([posterior.draw(generator)[0] for _ in range(DRAWS)])
            return posterior.mean.double(), (self.error_scale * draws.std(dim=0)).double()

        return self.over_chunks(moments, spectra)

    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey; see `LatentModel.fit`. Then the errors of abundances are calibrated.

        Neither bound constrains the width of q(y|x) where spectra are labelled. Its scale is taken from the residuals
        of labelled spectra of the validation part; where there are none it stays as learnt, since residuals of
        the training spectra are too small.
        """
        super().fit(spectra, report, seed=seed, checkpoint=checkpoint)
        known = np.isfinite(read_fractions(spectra.table, self.config.names)).all(axis=1) & spectra.seen.any(axis=1)
        validation = known & self.in_part(Part.VALIDATION, spectra.ids)
        self.error_scale.fill_(1)
        if validation.any():
            labelled = spectra.take(np.flatnonzero(validation))
            values, sigma = self.predict_labels(labelled)
            off = (values - read_fractions(labelled.table, self.config.names)) / np.maximum(sigma, 1e-6)
            self.error_scale.copy_(torch.from_numpy(np.sqrt(np.mean(off**2, axis=0))))
        learnt = spectra.take(np.flatnonzero(known & self.learnt(spectra.ids)))
        self.usual_nuisance.copy_(torch.from_numpy(self.encode(learnt)[:, len(self.config.names) :].mean(axis=0)))
        return self

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Minus Eq. 15 per object of the batch, and its parts; see `objective`."""
        return objective(self, batch, generator)

    def criterion(self, parts: dict[str, float]) -> float:
        """Error of the fractions (Eq. 13) where validation spectra have labels; for images the loss itself.

        The bounds of a few held-out spectra begin to rise within an epoch, when widths become smaller than the misfit,
        long before fractions have been learnt. Images have no widths, and may have classes without labels, which
        the error of labelled ones does not measure.
        """
        return parts["loss"] if self.setting.discrete else parts["fractions"] or parts["loss"]
