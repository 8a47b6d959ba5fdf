"""Calibration of labels, columns beside spectra, abundances and photometric redshifts, by objects not learnt from."""

from collections.abc import Iterator

import numpy as np

from ...data.fractions import read_fractions
from ...data.label_columns import Labels, read_labels
from ...models import Ability
from ...models.label_errors import HALF_68
from ...models.label_prediction import LabelFlag
from ...progress import Report
from ..photoz import score
from .answers import HELD_OUT, Answers
from .case import Case

ESTIMATORS = {"marginal": "redshift", "importance": "redshift by importance"}
"""Estimators of `PredictsRedshift`, and what their redshifts are called."""


def labels(case: Case, report: Report) -> Iterator[Answers]:
    """Each label that model and catalogue share; errors of the catalogue count, since its truth has them."""
    shared = [name for name in case.model.label_names if name in case.spectra.table]
    if not shared:
        return
    catalogue = read_labels(case.spectra.table, shared, needed=False)
    if Ability.EXPLAINS_LABELS in case.model.abilities:
        yield from _heavy_tailed(case, catalogue)
        return
    values, errors = case.model.predict_labels(case.spectra)
    for i, name in enumerate(shared):
        own = np.where(np.isfinite(catalogue.errors[:, i]), catalogue.errors[:, i], 0.0)
        j = case.model.label_names.index(name)
        note = "errors of the catalogue added" if own.any() else "the catalogue has no errors"
        sigma = np.hypot(errors[:, j], own)
        yield Answers(name, HELD_OUT, catalogue.values[:, i], values[:, j], sigma, note=note)


def _heavy_tailed(case: Case, catalogue: Labels) -> Iterator[Answers]:
    """Labels whose errors follow Student's t distribution, by their PIT; flagged objects are a subset."""
    from scipy.stats import t as student

    found = case.model.label_prediction(case.spectra)
    odd = (found.flags & (LabelFlag.POOR_FIT | LabelFlag.OUTSIDE)) > 0
    subsets = {name: mask for name, mask in (("flagged", odd), ("not flagged", ~odd)) if mask.any()}
    for i, name in enumerate(catalogue.names):
        j = case.model.label_names.index(name)
        own = np.where(np.isfinite(catalogue.errors[:, i]), catalogue.errors[:, i], 0.0)
        scale = found.errors[:, j] / student.ppf(0.5 + HALF_68 / 2, found.freedom[j])
        pit = student.cdf((catalogue.values[:, i] - found.values[:, j]) / np.hypot(scale, own), found.freedom[j])
        yield Answers(
            name,
            HELD_OUT,
            catalogue.values[:, i],
            found.values[:, j],
            pit=pit,
            subsets=subsets,
            note="errors of the catalogue added" if own.any() else "the catalogue has no errors: they are in these",
        )


def columns(case: Case, report: Report) -> Iterator[Answers]:
    """Each column beside the spectra, predicted without its own value; in logarithms where the model takes these."""
    shared = [name for name in case.model.column_names if name in case.spectra.table]
    if not shared:
        return
    catalogue = read_labels(case.spectra.table, shared, needed=False)
    values, errors = case.model.predict_columns(case.spectra)
    for i, name in enumerate(shared):
        j = case.model.column_names.index(name)
        own = np.where(np.isfinite(catalogue.errors[:, i]), catalogue.errors[:, i], 0.0)
        truth, estimate, sigma = catalogue.values[:, i], values[:, j], errors[:, j]
        logarithmic = case.model.logarithmic_columns[j]
        if logarithmic:
            positive = np.where(truth > 0, truth, np.nan)
            own, sigma = own / (positive * np.log(10)), sigma / (estimate * np.log(10))
            truth, estimate = np.log10(positive), np.log10(estimate)
        note = "errors of the catalogue added" if own.any() else "the catalogue has no errors"
        quantity = f"log10 {name}" if logarithmic else name
        yield Answers(quantity, HELD_OUT, truth, estimate, np.hypot(sigma, own), note=note)


def abundances(case: Case, report: Report) -> Iterator[Answers]:
    """The abundance of each endmember, where the catalogue knows it."""
    names = case.model.endmember_names
    if not set(names) <= set(case.spectra.table):
        return
    truth = read_fractions(case.spectra.table, names)
    values, errors = case.model.predict_labels(case.spectra)
    for i, name in enumerate(names):
        yield Answers(f"abundance of {name}", HELD_OUT, truth[:, i], values[:, i], errors[:, i])


def redshifts(case: Case, report: Report) -> Iterator[Answers]:
    """Densities p(z) of both estimators at the spectroscopic redshift."""
    column = case.model.redshift_column
    if column not in case.spectra.table:
        return
    truth = case.spectra.table[column].to_numpy(float)
    truth = np.where(truth > 0, truth, np.nan)
    for estimator, name in ESTIMATORS.items():
        found = score(case.model.redshift_grid, case.model.redshift_pdf(case.spectra, estimator), truth)
        yield Answers(name, HELD_OUT, truth, pit=found.pit)
