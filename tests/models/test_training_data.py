import numpy as np
import pytest
import torch
from survey_of_slopes import write_survey

from specvae_core.data.spool import Spool
from specvae_core.errors import Cancelled
from specvae_core.models import MODELS, Ability, training_data
from specvae_core.models.config import MOST_PASSES, config_from_mapping
from specvae_core.models.training_data import Streamed, shuffled
from specvae_core.workspace import Workspace

STREAMING = [name for name, model in MODELS.items() if Ability.STREAMS in model.abilities]
"""Models that learn from a file."""


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory):
    workspace = Workspace.open(tmp_path_factory.mktemp("streamed"))
    write_survey(workspace, n=3000)
    return workspace.survey("slopes")


@pytest.fixture
def spool(survey, tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(training_data, "BUFFER", 4 * 8 * training_data.BLOCK * survey.grid.n_pixel)  # of four blocks
    with Spool(survey, tmp_path) as spool:
        yield spool


def numbers(batches, flux: np.ndarray) -> list[int]:
    """Row of each spectrum of some batches, known by its first pixel."""
    rows = {float(value): row for row, value in enumerate(flux[:, 0])}
    return [rows[float(value)] for batch in batches for value in batch["flux"][:, 0]]


def test_every_row_comes_equally_often_in_an_epoch() -> None:
    data = {"row": torch.arange(70)}
    batches = [batch["row"] for batch in shuffled(data, 16, 30, torch.Generator().manual_seed(0))]
    counts = torch.bincount(torch.cat(batches))
    assert (counts == counts[0]).all()
    assert len(batches) >= 30
    assert not torch.equal(batches[0], torch.arange(16))


def test_an_epoch_of_few_rows_ends_before_they_are_learnt_by_heart() -> None:
    batches = shuffled({"row": torch.arange(70)}, 16, 5000, torch.Generator().manual_seed(0))
    counts = torch.bincount(torch.cat([batch["row"] for batch in batches]))
    assert (counts == MOST_PASSES).all()


def test_a_file_gives_every_row_of_a_part_equally_often_and_mixed(spool, survey) -> None:
    rows = np.flatnonzero(np.random.default_rng(1).random(3000) < 0.8)
    data = Streamed(spool, rows, torch.device("cpu"), {})
    flux = survey.read().flux
    order = numbers(data.shuffled(64, 100, torch.Generator().manual_seed(0)), flux)
    passes = len(order) / len(rows)
    assert passes == -(-100 * 64 // len(rows))
    assert np.array_equal(np.unique(order), rows)
    assert set(np.bincount(order)[rows]) == {passes}
    first = np.sort(order[:64])
    assert first[-1] - first[0] > 3 * training_data.BLOCK / 2  # not one block alone
    again = numbers(data.shuffled(64, 100, torch.Generator().manual_seed(0)), flux)
    other = numbers(data.shuffled(64, 100, torch.Generator().manual_seed(1)), flux)
    assert order == again
    assert order != other


def test_a_file_gives_all_rows_in_their_order_for_the_validation_loss(spool, survey) -> None:
    rows = np.arange(0, 3000, 7)
    batches = list(Streamed(spool, rows, torch.device("cpu"), {}).chunks())
    np.testing.assert_array_equal(np.concatenate([batch["flux"] for batch in batches]), survey.read(rows).flux)


def fitted(name: str, spectra, **arguments):
    settings = {"n_latent": 2, "max_epochs": 12, "epoch_steps": 150, "batch_size": 64}
    network = MODELS[name](spectra.grid, config_from_mapping(MODELS[name].Config, settings))
    return network.fit(spectra, seed=3, **arguments)


@pytest.mark.parametrize("name", STREAMING)
def test_a_file_teaches_as_much_as_memory(name: str, spool, survey) -> None:
    losses = [
        min(record["validation/loss"] for record in fitted(name, spectra).history) for spectra in (survey.read(), spool)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


def test_a_stopped_and_resumed_run_from_a_file_equals_one_that_was_not_stopped(spool, tmp_path) -> None:
    def stop(progress) -> None:
        if progress.step == 2:
            raise Cancelled

    whole = fitted("infovae", spool)
    with pytest.raises(Cancelled):
        fitted("infovae", spool, report=stop, checkpoint=tmp_path / "c")
    resumed = fitted("infovae", spool, checkpoint=tmp_path / "c")
    assert resumed.history == whole.history


def test_columns_beside_the_spectra_are_learnt_from_a_file_as_well(spool, survey) -> None:
    flux = survey.read().flux
    ratio = np.log(flux[:, -10:].mean(axis=1) / flux[:, :10].mean(axis=1))
    spool.table = spool.table.assign(ratio=np.where(np.arange(len(flux)) % 4, ratio, np.nan))  # a fourth is missing
    settings = {"n_latent": 2, "max_epochs": 6, "epoch_steps": 100, "inputs": "ratio"}
    model = MODELS["infovae"](spool.grid, config_from_mapping(MODELS["infovae"].Config, settings)).fit(spool, seed=3)
    rows = np.arange(0, 3000, 4)
    values, errors = model.predict_columns(spool.take(rows))
    off = values[:, 0] - ratio[rows]
    assert off.std() < 0.2 * ratio.std()
    assert 0.5 < np.mean(np.abs(off) < errors[:, 0]) < 0.9
