"""Heads: small networks from latents to columns of the catalogue, classes and numbers.

They are what multi-task learning adds to an autoencoder (Caruana 1993, as Portillo et al. 2020 propose in section 4). A
class head gives log-probabilities and is trained by cross-entropy. A number head gives a mean and a scatter of its own,
to which the catalogue's error of that number adds, and is trained by the Gaussian likelihood. Both are in nats per
object; unknown values of the catalogue have no weight.
"""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..data.column_names import check_column
from ..data.label_columns import label_names, read_labels
from ..data.spectra import SpectraSet
from ..errors import BadConfig
from .networks import mlp

HIDDEN = 64
MAX_CLASSES = 100
LOG_VARIANCE = (-12.0, 4.0)
UNKNOWN = ("", "nan", "none")


class Heads(nn.Module):
    """One network for each column. What they are is learnt from the catalogue and saved as JSON beside the weights.

    Parameters
    ----------
    n_latent
        Number of inputs.

    Attributes
    ----------
    classes
        Names of the classes of each class column.
    numbers
        Names of the number columns.
    """

    def __init__(self, n_latent: int) -> None:
        super().__init__()
        self.n_latent = n_latent
        self.register_buffer("description", torch.zeros(0, dtype=torch.uint8))
        self._build({}, ())

    def _build(self, classes: dict[str, Sequence[str]], numbers: Sequence[str]) -> None:
        self.classes = {column: tuple(names) for column, names in classes.items()}
        self.numbers = tuple(numbers)
        text = json.dumps({"classes": self.classes, "numbers": self.numbers}).encode()
        self.description = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        sizes = [len(names) for names in self.classes.values()] + [2] * len(self.numbers)
        self.networks = nn.ModuleList([mlp(self.n_latent, HIDDEN, size) for size in sizes])
        self.register_buffer("centre", torch.zeros(len(self.numbers)))
        self.register_buffer("scale", torch.ones(len(self.numbers)))

    def _load_from_state_dict(self, state_dict, prefix, *rest) -> None:
        """Build the networks that the stored description calls for before they are filled."""
        stored = state_dict.get(prefix + "description")
        if stored is not None and not torch.equal(stored.cpu(), self.description.cpu()):
            content = json.loads(bytes(stored.cpu().numpy()).decode())
            self._build(content["classes"], content["numbers"])
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def targets(self, spectra: SpectraSet, classify: str, regress: str) -> dict[str, Tensor]:
        """Read columns of the catalogue, build a head for each, and return what `losses` compares them with.

        Parameters
        ----------
        spectra
            n objects; one without any seen pixel is left out.
        classify, regress
            Names of columns of words and of numbers, with commas between them.

        Returns
        -------
        targets
            ``classes`` (n, C) int64, -1 where unknown; ``numbers`` and ``number_errors`` (n, M), NaN where unknown.

        Raises
        ------
        NotFound, BadConfig
            A column is not there, holds text where numbers are needed, or holds fewer than two classes.
        """
        table, seen = spectra.table, spectra.seen.any(axis=1)
        words = {column: np.where(seen, _words(table, column), "") for column in label_names(classify)}
        names = {column: _class_names(column, values) for column, values in words.items()}
        numbers = label_names(regress)
        self._build(names, numbers)
        indices = np.full((len(table), len(names)), -1)
        for head, (column, values) in enumerate(words.items()):
            for index, name in enumerate(names[column]):
                indices[values == name, head] = index
        values = errors = np.empty((len(table), 0))
        if numbers:
            labels = read_labels(table, numbers)
            values, errors = np.where(seen[:, None], labels.values, np.nan), labels.errors
        return {
            "classes": torch.from_numpy(indices),
            "numbers": torch.tensor(values, dtype=torch.float32),
            "number_errors": torch.tensor(np.nan_to_num(errors, posinf=0.0), dtype=torch.float32),
        }

    def standardise(self, numbers: Tensor) -> None:
        """Take centre and scale of the numbers (n, M) from the training objects."""
        for head in range(len(self.numbers)):
            known = numbers[:, head][numbers[:, head].isfinite()]
            if len(known) > 1:
                self.centre[head], self.scale[head] = known.mean(), known.std().clamp(min=1e-12)

    def losses(self, latents: Tensor, targets: dict[str, Tensor]) -> Tensor:
        """Minus the log-likelihood of the known columns, in nats, summed over columns, the mean over objects."""
        total = latents.new_zeros(())
        for output, known in zip(self._class_outputs(latents), targets["classes"].T, strict=True):
            total = total + nn.functional.cross_entropy(output, known, ignore_index=-1, reduction="sum")
        mean, variance = self._number_outputs(latents)
        known = targets["numbers"].isfinite()
        standardised = torch.where(known, (targets["numbers"] - self.centre) / self.scale, 0.0)
        variance = variance + (targets["number_errors"] / self.scale).square()
        nats = 0.5 * ((standardised - mean).square() / variance + variance.log())
        return (total + torch.where(known, nats, 0.0).sum()) / len(latents)

    def predict_numbers(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Values and 1-sigma scatter of the number columns, each (n, M), in the catalogue's units."""
        mean, variance = self._number_outputs(latents)
        return self.centre + self.scale * mean, self.scale * variance.sqrt()

    def predict_classes(self, latents: Tensor) -> dict[str, Tensor]:
        """Probabilities (n, n_class) of each class column."""
        outputs = zip(self.classes, self._class_outputs(latents), strict=True)
        return {column: output.softmax(dim=1) for column, output in outputs}

    def _class_outputs(self, latents: Tensor) -> list[Tensor]:
        return [network(latents) for network in self.networks[: len(self.classes)]]

    def _number_outputs(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance, each (n, M), of standardised numbers."""
        outputs = [network(latents) for network in self.networks[len(self.classes) :]]
        pairs = torch.stack(outputs, dim=1) if outputs else latents.new_zeros((len(latents), 0, 2))
        return pairs[:, :, 0], pairs[:, :, 1].clamp(*LOG_VARIANCE).exp()


def check_columns(table: pd.DataFrame, classify: str, regress: str) -> None:
    """Refuse columns that no head can learn, see `Heads.targets`, and settings that name none.

    Raises
    ------
    NotFound, BadConfig
        As `Heads.targets`.
    """
    numbers, words = label_names(regress), label_names(classify)
    if not words and not numbers:
        raise BadConfig("No column was named for a head: name one with classify or regress, as classify=class.")
    for column in words:
        _class_names(column, _words(table, column))
    if numbers:
        read_labels(table, numbers)


def _words(table: pd.DataFrame, column: str) -> np.ndarray:
    """A column as (n,) strings, empty where unknown."""
    check_column(column, table, "to classify by")
    words = table[column].astype(str).str.strip().to_numpy(dtype=object)
    return np.array(["" if word.lower() in UNKNOWN else word for word in words], dtype=object)


def _class_names(column: str, words: np.ndarray) -> list[str]:
    names = sorted(set(words) - {""})
    if not 2 <= len(names) <= MAX_CLASSES:
        raise BadConfig(
            f"The column {column} holds {len(names)} different classes, but 2 to {MAX_CLASSES} were expected: name "
            "another column, or give a column of numbers to regress."
        )
    return names
