"""Columns of the catalogue that stand beside a spectrum, measured and reconstructed, in a small table."""

import html
import math

import numpy as np

from dashboard.pages.explore.predicted_rows import with_error
from specvae_core.data.label_columns import ERROR_SUFFIX
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import UserError
from specvae_core.models import Ability, LatentModel

FAR = 3.0
"""Pull from which on a value is marked."""

_HEAD = (
    "<tr><th>beside the spectrum</th><th>measured</th><th>reconstruction</th>"
    '<th title="measured less reconstruction, over the error and the scatter of the model together">pull</th>'
    '<th class="scale">−3 0 +3</th></tr>'
)


def column_table(model: LatentModel, one: SpectraSet, latents: np.ndarray) -> str:
    """Each column that the model takes in, as HTML; empty where it takes in none.

    Parameters
    ----------
    model
        The model.
    one
        One object, with its row of the catalogue.
    latents
        (1, n_latent), whose spectrum is drawn beside the observed one.
    """
    if Ability.PREDICTS_COLUMNS not in model.abilities or not model.column_names:
        return ""
    try:
        values, pulls = model.reconstruct_columns(one, latents)
    except UserError as error:  # a column of this survey holds no numbers
        return f'<p class="muted">{html.escape(str(error))}</p>'
    record = one.table.iloc[0]
    rows = []
    for name, value, pull in zip(model.column_names, values[0], pulls[0], strict=True):
        measured = with_error(float(record.get(name, math.nan)), float(record.get(name + ERROR_SUFFIX, math.nan)))
        cells = [html.escape(name), measured or "–", with_error(value, math.nan), _pull(pull)]
        rows.append(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + f'<td class="scale">{_bar(pull)}</td></tr>'
        )
    return f"<table>{_HEAD}{''.join(rows)}</table>"


def _pull(pull: float) -> str:
    if not math.isfinite(pull):
        return "–"
    words = f"{pull:+.2f}".replace("-", "−")
    return f'<b class="far">{words}</b>' if abs(pull) > FAR else words


def _bar(pull: float) -> str:
    """A bar from the middle to the pull, cut at `FAR`."""
    if not math.isfinite(pull):
        return ""
    length = 50 * min(abs(pull), FAR) / FAR
    return f'<i class="pull" style="left:{50 - (length if pull < 0 else 0):.1f}%;width:{length:.1f}%"></i>'
