"""Abilities that some models have: their names, which a model declares on its class, and what each one promises.

Pages and tasks ask for the ability they need, as ``Ability.PREDICTS_LABELS in model.abilities``, never for the type or
the name of a model. Importing this does not import PyTorch.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import numpy as np

from .label_prediction import LabelPrediction

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from ..data.spectra import SpectraSet


class Ability(StrEnum):
    """Names of the abilities; each completes the sentence "the model …"."""

    DECODES_GRADIENT = "decodes with gradients"
    DECODES_LINEARLY = "decodes by a linear function"
    PROJECTS_CODES = "keeps its latents on a set of their own"
    TAKES_HOLES = "encodes spectra with holes as they are"
    ENCODES_UNCERTAINTY = "reports widths of its latents"
    ENCODES_COVARIANCE = "reports correlations of its latents' errors"
    CHOOSES_POSTERIOR = "encodes with or without the likelihood"
    HAS_ENDMEMBERS = "has endmembers"
    PREDICTS_LABELS = "predicts labels"
    EXPLAINS_LABELS = "flags its labels"
    PREDICTS_CLASSES = "predicts classes and numbers by heads"
    SPECTRA_FROM_LABELS = "predicts spectra from labels"
    PREDICTS_REDSHIFT = "predicts redshifts"
    PREDICTS_COLUMNS = "predicts columns that stand beside spectra"
    STREAMS = "learns from a survey that does not fit into memory"
    KEEPS_EPOCHS = "is encoded in moments while it is trained"
    STARTS_FROM = "goes on from the weights of another of its kind"
    COMPUTES_ON_GPU = "computes on a GPU, too"
    LOOKS_UP = "knows the objects of a file, and encodes no other spectra"


@runtime_checkable
class DecodesGradient(Protocol):
    """Models whose decoder can be differentiated in the latents."""

    def decode_gradient(self, latents: "Tensor") -> "Tensor":
        """Spectra (n, n_pixel) of latents (n, n_latent), with gradients."""
        ...


@runtime_checkable
class DecodesLinearly(Protocol):
    """Models whose spectra are a mean plus components times latents."""

    mean: "Tensor"
    components: "Tensor"


@runtime_checkable
class ProjectsCodes(Protocol):
    """Models whose latents lie on a set of their own, as a sphere."""

    def project_codes(self, codes: "Tensor") -> "Tensor":
        """The nearest latents (n, n_latent) on that set; differentiable."""
        ...


@runtime_checkable
class EncodesUncertainty(Protocol):
    """Models whose encoder gives a width beside each latent."""

    def encode_uncertainty(self, spectra: "SpectraSet") -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance of the latents, each (n, n_latent) float32."""
        ...


@runtime_checkable
class EncodesCovariance(Protocol):
    """Models that know how the errors of their latents are correlated."""

    def encode_covariance(self, spectra: "SpectraSet") -> tuple[np.ndarray, np.ndarray]:
        """Mean (n, n_latent) and covariance (n, n_latent, n_latent) of the latents, float32."""
        ...


@runtime_checkable
class ChoosesPosterior(Protocol):
    """Models with a setting ``posterior``: latents from the encoder alone, or refined by the likelihood."""

    def with_posterior(self, posterior: str) -> Self:
        """The same weights under ``encoder`` or ``likelihood``."""
        ...


@runtime_checkable
class HasEndmembers(Protocol):
    """Models that explain a spectrum as a non-negative mixture of endmembers."""

    @property
    def endmember_names(self) -> tuple[str, ...]:
        """Names of the endmembers."""
        ...

    @property
    def endmembers(self) -> np.ndarray:
        """Spectra of the endmembers, (n_endmember, n_pixel)."""
        ...

    def mixture(self, fractions: np.ndarray) -> np.ndarray:
        """Spectra (n, n_pixel) of mixtures with these abundances (n, n_endmember)."""
        ...

    def abundances(self, spectra: "SpectraSet") -> np.ndarray:
        """Share of each endmember, (n, n_endmember), non-negative, rows sum to 1."""
        ...


@runtime_checkable
class PredictsLabels(Protocol):
    """Models that predict labels of an object (effective temperature, mass…) from its spectrum."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels, as the catalogue spells them."""
        ...

    def predict_labels(self, spectra: "SpectraSet") -> tuple[np.ndarray, np.ndarray]:
        """Labels and their 1-sigma errors, each (n, n_label) float64, in the units of the catalogue."""
        ...


@runtime_checkable
class ExplainsLabels(Protocol):
    """Models whose labels come with intervals, correlations, χ² of the fit and flags."""

    @property
    def errors_with_catalogue(self) -> tuple[bool, ...]:
        """For each label, whether errors of the catalogue are in those quoted: they are where it states none."""
        ...

    def label_prediction(self, spectra: "SpectraSet") -> LabelPrediction:
        """Labels of spectra and how far they can be trusted."""
        ...


@runtime_checkable
class PredictsClasses(Protocol):
    """Models with heads, trained together with the latents, for columns of the catalogue."""

    def predict_classes(self, spectra: "SpectraSet") -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The most probable class (n,) and its probability (n,), for each class column."""
        ...


@runtime_checkable
class PredictsColumns(Protocol):
    """Models that may take columns of the catalogue in beside a spectrum, and predict them."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, as the catalogue spells them; none where it was trained on spectra alone."""
        ...

    def predict_columns(self, spectra: "SpectraSet") -> tuple[np.ndarray, np.ndarray]:
        """Columns and their 1-sigma errors, each (n, n_column) float64, in the units of the catalogue."""
        ...

    def reconstruct_columns(self, spectra: "SpectraSet", latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns of latents in the units of the catalogue, and pulls of those measured, each (n, n_column) float64."""
        ...

    @property
    def logarithmic_columns(self) -> np.ndarray:
        """Whether the model takes the logarithm of each, (n_column,) bool: errors are Gaussian there."""
        ...

    def simulated_columns(
        self, latents: np.ndarray, table: "pd.DataFrame", random: np.random.Generator
    ) -> "pd.DataFrame":
        """A catalogue whose known columns are those of latents (n, n_latent), with new errors."""
        ...


@runtime_checkable
class SpectraFromLabels(Protocol):
    """Models that predict spectra from labels."""

    def spectra_from_labels(
        self, labels: np.ndarray, errors: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Spectra of labels (n, n_label) and their 1-sigma errors, each (n, n_pixel)."""
        ...

    def label_derivatives(self) -> np.ndarray:
        """Derivative spectra (n_label, n_pixel)."""
        ...


@runtime_checkable
class LooksUp(Protocol):
    """Embeddings: latents of named objects, whatever their spectra."""

    @property
    def vectors(self) -> np.ndarray:
        """(m, d) float32 of the objects in the file."""
        ...

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """(n,) rows of the vectors of objects, -1 where there is none."""
        ...


@runtime_checkable
class PredictsRedshift(Protocol):
    """Models that predict a density of redshift from photometry."""

    @property
    def redshift_column(self) -> str:
        """The catalogue column with spectroscopic redshifts."""
        ...

    @property
    def redshift_grid(self) -> np.ndarray:
        """Redshifts at which densities are given, (n_z,) rising."""
        ...

    def redshift_pdf(
        self, spectra: "SpectraSet", estimator: str = "marginal", on_share: Callable[[float], None] = ...
    ) -> np.ndarray:
        """Densities of redshift, (n, n_z) float64; each row integrates to 1 over the grid.

        ``on_share`` is called now and then with the share that is done.
        """
        ...

    def predict_redshift(self, spectra: "SpectraSet") -> dict[str, np.ndarray]:
        """Columns for a catalogue, (n,) each: ``z_phot`` and other point estimates."""
        ...

    def labelled(self, spectra: "SpectraSet") -> np.ndarray:
        """Mask (n,) bool of the objects whose spectroscopic redshift the model may learn from."""
        ...


PROTOCOLS: dict[Ability, type] = {
    Ability.DECODES_GRADIENT: DecodesGradient,
    Ability.DECODES_LINEARLY: DecodesLinearly,
    Ability.PROJECTS_CODES: ProjectsCodes,
    Ability.ENCODES_UNCERTAINTY: EncodesUncertainty,
    Ability.ENCODES_COVARIANCE: EncodesCovariance,
    Ability.CHOOSES_POSTERIOR: ChoosesPosterior,
    Ability.HAS_ENDMEMBERS: HasEndmembers,
    Ability.PREDICTS_LABELS: PredictsLabels,
    Ability.EXPLAINS_LABELS: ExplainsLabels,
    Ability.PREDICTS_CLASSES: PredictsClasses,
    Ability.SPECTRA_FROM_LABELS: SpectraFromLabels,
    Ability.PREDICTS_REDSHIFT: PredictsRedshift,
    Ability.PREDICTS_COLUMNS: PredictsColumns,
    Ability.LOOKS_UP: LooksUp,
}
"""Methods and attributes that a model with an ability has; encoding spectra with holes needs none of its own."""
